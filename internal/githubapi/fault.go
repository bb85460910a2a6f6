package githubapi

import (
	"fmt"
	"net/http"
	"time"
)

// Kind is a way in which a request goes wrong.
type Kind int

const (
	// None is no fault.
	None Kind = iota
	// TooManyRequests answers 429 with Retry-After.
	TooManyRequests
	// ForbiddenForNow answers 403 with Retry-After.
	ForbiddenForNow
	// SecondaryRateLimit answers 403 with GitHub's words about its secondary rate limit and,
	// as GitHub often does, without Retry-After.
	SecondaryRateLimit
	// ReadOnly answers 403 as to a token that may not write.
	ReadOnly
	// ServerError answers 500.
	ServerError
	// BadGateway answers 502 with a page of HTML.
	BadGateway
	// Unavailable answers 503 with a page of HTML.
	Unavailable
	// GatewayTimeout answers 504 after the request was processed.
	GatewayTimeout
	// HangUpBefore breaks the connection off before the request is processed.
	HangUpBefore
	// HangUpAfter breaks the connection off after the request was processed.
	HangUpAfter
	// Slow processes the request at once and answers after the Delay.
	Slow
	// Truncated processes the request and breaks off in the middle of the answer.
	Truncated
	// QueryRateLimit answers a GraphQL request with 200 and an error of type RATE_LIMITED.
	QueryRateLimit
	// QueryFailed answers a GraphQL request with 200 and the error by which GitHub says that
	// something went wrong on its side.
	QueryFailed
)

var kindNames = [...]string{
	"none", "429", "403 with Retry-After", "secondary rate limit", "read-only", "500", "502", "503", "504",
	"hang up before", "hang up after", "slow", "truncated", "query rate limit", "query failed",
}

func (k Kind) String() string { return kindNames[k] }

// Fault is a rule by which requests fail.
type Fault struct {
	// Match says which requests it is about; nil is all.
	Match func(Request) bool
	// Skip is how many of those go well first.
	Skip int
	// Times is how many of those then fail; 0 is one, less than 0 all that come.
	Times int
	Kind  Kind
	// RetryAfter is the value of that header in seconds, where the kind has one; 0 is 1.
	RetryAfter int
	// Delay is how long a Slow answer takes.
	Delay time.Duration
}

// Fail adds a rule. The first rule that applies to a request decides; every rule counts the
// requests that it matches.
func (s *Server) Fail(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fault.Times == 0 {
		fault.Times = 1
	}
	if fault.RetryAfter == 0 {
		fault.RetryAfter = 1
	}
	s.faults = append(s.faults, &fault)
}

// Recover takes all rules away.
func (s *Server) Recover() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault finds the fault that a request meets, and notes it.
func (s *Server) fault(index int, request Request) Fault {
	s.mu.Lock()
	rules := s.faults
	s.mu.Unlock()

	// Match is the caller's and may call the server: it runs without the lock.
	var matching []*Fault
	for _, rule := range rules {
		if rule.Match == nil || rule.Match(request) {
			matching = append(matching, rule)
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	var met Fault
	for _, rule := range matching {
		if rule.applies() && met.Kind == None {
			met = *rule
		}
	}
	s.requests[index].Fault = met.Kind
	return met
}

// applies counts a request and tells whether it fails.
func (f *Fault) applies() bool {
	switch {
	case f.Skip > 0:
		f.Skip--
		return false
	case f.Times == 0:
		return false
	case f.Times > 0:
		f.Times--
	}
	return true
}

// send answers a request, or does what the fault does instead.
func (f Fault) send(w http.ResponseWriter, r *http.Request, handle func() response) {
	switch f.Kind {
	case HangUpBefore:
		hangUp(r)
	case HangUpAfter:
		handle()
		hangUp(r)
	case Slow:
		result := handle()
		select {
		case <-time.After(f.Delay):
			result.write(w)
		case <-r.Context().Done():
		}
	case Truncated:
		handle().writeHalf(w)
	case GatewayTimeout:
		handle()
		text(http.StatusGatewayTimeout, "text/html; charset=utf-8", errorPage("504 Gateway Timeout")).write(w)
	default:
		handle().write(w)
	}
}

// writeHalf announces the whole answer and breaks off in the middle of its body.
func (r response) writeHalf(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body[:len(r.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// response is the answer of a fault that answers in place of the API.
func (f Fault) response() (result response, answered bool) {
	const (
		limited = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
		wrong   = "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
	)
	retryAfter := fmt.Sprint(f.RetryAfter)
	switch f.Kind {
	case TooManyRequests:
		result = failure(http.StatusTooManyRequests, limited).with("Retry-After", retryAfter)
	case ForbiddenForNow:
		result = failure(http.StatusForbidden, limited).with("Retry-After", retryAfter)
	case SecondaryRateLimit:
		result = failure(http.StatusForbidden, limited)
	case ReadOnly:
		result = failure(http.StatusForbidden, notAccessible)
	case ServerError:
		result = answer(http.StatusInternalServerError, map[string]any{"message": "Server Error"})
	case QueryRateLimit:
		result = answer(http.StatusOK, map[string]any{
			"errors": []any{map[string]any{"type": "RATE_LIMITED", "message": "API rate limit exceeded."}},
		})
	case QueryFailed:
		result = answer(http.StatusOK, map[string]any{
			"data":   nil,
			"errors": []any{map[string]any{"message": wrong}},
		})
	case Unavailable:
		result = text(http.StatusServiceUnavailable, "text/html; charset=utf-8", errorPage("503 Service Unavailable"))
	case BadGateway:
		result = text(http.StatusBadGateway, "text/html; charset=utf-8", errorPage("502 Bad Gateway"))
	default:
		return response{}, false
	}
	return result, true
}

func errorPage(title string) string {
	return "<!DOCTYPE html>\n<html>\n<head><title>" + title + "</title></head>\n<body><h1>" + title + "</h1></body>\n</html>\n"
}
