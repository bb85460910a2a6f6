// Package ghapi reads what `gh api --include` printed.
package ghapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answer is what came of one call of gh.
type Answer struct {
	// Status is the HTTP status of the last response, 0 where there was none.
	Status int
	// Values are the JSON values of all pages, one for each line that the call's --jq printed.
	// There are none after a failure.
	Values []json.RawMessage
	// Failed is true when the call did not succeed.
	Failed bool
	// Message says why, in GitHub's words or in gh's.
	Message string
	// Again is true for a fault that passes: the call is worth another try, after Pause.
	Again bool
	Pause time.Duration
	// Unknown is true when it cannot be told whether a failed call took effect.
	Unknown bool
}

// Read reads the standard output, the standard error and the exit code of gh. Each --jq value has to
// be an object on a line of its own, so that no text of a comment can be taken for a header.
func Read(stdout, stderr string, exitCode int) Answer {
	last := readLast(stdout)
	a := Answer{Status: last.status, Failed: exitCode != 0}
	if !a.Failed {
		a.Values = values(stdout)
		return a
	}
	a.Message = message(last.body, stderr)
	seconds, err := strconv.Atoi(last.header("Retry-After"))
	retryAfter := err == nil && seconds >= 0
	if retryAfter {
		a.Pause = time.Duration(min(seconds, 3600)) * time.Second
	}
	limited := retryAfter || strings.Contains(a.Message, "secondary rate limit")
	switch {
	case a.Status == 0:
		// The connection broke, unless gh refused to call at all: then it names no URL.
		a.Again = exitCode == 1 && broken(stderr)
		a.Unknown = a.Again
	case a.Status == http.StatusTooManyRequests:
		a.Again = true
	case a.Status == http.StatusForbidden:
		a.Again = limited
	case a.Status == http.StatusBadGateway, a.Status == http.StatusServiceUnavailable:
		a.Again, a.Unknown = true, true
	case a.Status < 300 && !strings.Contains(last.body, `"errors"`):
		// GitHub did it, and its answer was lost on the way.
		a.Again, a.Unknown = true, true
	}
	return a
}

// broken is true for the error of a request that was sent, or tried to be.
func broken(stderr string) bool {
	if strings.Contains(stderr, "x509:") || strings.Contains(stderr, ": Forbidden") || strings.Contains(stderr, "no such host") {
		return false
	}
	for _, sign := range []string{`": `, "EOF", "stream error", "connection"} {
		if strings.Contains(stderr, sign) {
			return true
		}
	}
	return false
}

// response is the last one of the pages that were asked for.
type response struct {
	status  int
	headers string
	body    string
}

func (r response) header(name string) string {
	for line := range strings.Lines(r.headers) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func readLast(stdout string) response {
	start := strings.LastIndex("\n"+stdout, "\nHTTP/")
	if start < 0 {
		return response{body: stdout}
	}
	first, rest, _ := strings.Cut(stdout[start:], "\n")
	headers, body, _ := strings.Cut(rest, "\r\n\r\n")
	fields := strings.Fields(first)
	r := response{headers: headers, body: body}
	if len(fields) > 1 {
		r.status, _ = strconv.Atoi(fields[1])
	}
	return r
}

func values(stdout string) []json.RawMessage {
	var out []json.RawMessage
	for line := range strings.Lines(stdout) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
			out = append(out, json.RawMessage(line))
		}
	}
	return out
}

// message gives GitHub's own words where the body has them, else those of gh.
func message(body, stderr string) string {
	var said struct {
		Message string `json:"message"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	// One page's values may stand before the body of the failed one.
	start := strings.LastIndex("\n"+body, "\n{")
	if start >= 0 && json.Unmarshal([]byte(strings.TrimSpace(body[start:])), &said) == nil {
		words := []string{}
		if said.Message != "" {
			words = append(words, said.Message)
		}
		for _, e := range said.Errors {
			if e.Message != "" {
				words = append(words, e.Message)
			}
		}
		if len(words) > 0 {
			return strings.Join(words, ": ")
		}
	}
	return strings.TrimPrefix(strings.TrimSpace(stderr), "gh: ")
}
