package sticky

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what came of one call of `gh api --include`.
type answer struct {
	// status is the HTTP status of the last response, 0 where there was none.
	status int
	// values are the JSON values of all pages, one for each line that the call's --jq printed.
	// There are none after a failure.
	values []json.RawMessage
	failed bool
	// message says why it failed, in GitHub's words or in gh's.
	message string
	// passing is true for a fault that passes: the call is worth another try, after pause or more. It
	// may have taken effect nevertheless.
	passing bool
	pause   time.Duration
}

// gone is true where GitHub does not know, or no longer, what was to be changed.
func (a answer) gone() bool {
	return a.failed && (a.status == http.StatusNotFound || a.status == http.StatusGone)
}

// limitPause is what GitHub asks for after its secondary rate limit where no Retry-After says more.
const limitPause = time.Minute

// readAnswer reads the standard output, the standard error and the exit code of gh. Each --jq value has
// to be an object on a line of its own, so that no text of a comment can be taken for a header.
func readAnswer(stdout, stderr string, exitCode int) answer {
	last := lastResponse(stdout)
	a := answer{status: last.status, failed: exitCode != 0}
	if !a.failed {
		a.values = objects(stdout)
		return a
	}
	a.message = message(last.body, stderr)
	seconds, err := strconv.Atoi(last.header("Retry-After"))
	retryAfter := err == nil && seconds >= 0
	limited := strings.Contains(a.message, "secondary rate limit")
	switch {
	case retryAfter:
		a.pause = time.Duration(min(seconds, 3600)) * time.Second
	case limited:
		a.pause = limitPause
	}
	switch {
	case a.status == 0:
		// The connection broke, unless gh refused to call at all: then it names no URL.
		a.passing = exitCode == 1 && broken(stderr)
	case a.status == http.StatusTooManyRequests, a.status >= 500:
		a.passing = true
	case a.status == http.StatusForbidden:
		a.passing = retryAfter || limited
	case a.status < 300:
		// GitHub did it, and its answer was lost on the way; or a query failed inside GitHub.
		a.passing = !strings.Contains(last.body, `"errors"`) || limited ||
			strings.HasPrefix(a.message, "Something went wrong while executing your query")
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

func lastResponse(stdout string) response {
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

func objects(stdout string) []json.RawMessage {
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
