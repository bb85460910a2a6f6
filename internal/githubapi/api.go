package githubapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxRequest is more than any request that GitHub would take.
const maxRequest = 8 << 20

// Request is a request that the server got.
type Request struct {
	Method string
	// Host is the host that was asked, such as api.github.com.
	Host string
	// Path is the path with the query.
	Path string
	// Operation is what a GraphQL request asks for: the kind of operation and its outermost
	// fields, such as "query repository" or "mutation minimizeComment".
	Operation string
	// User is the login that the token belongs to; empty for an unknown one.
	User string
	// Fault is the kind of fault that it met.
	Fault Kind
	// Status is the status of the answer, also of one that a fault kept from arriving; 0 where
	// there was none.
	Status int
	// Time is when it came.
	Time time.Time
}

func (r Request) String() string {
	text := fmt.Sprintf("%s https://%s%s", r.Method, r.Host, r.Path)
	if r.Operation != "" {
		text += " (" + r.Operation + ")"
	}
	text += fmt.Sprintf(": %d", r.Status)
	if r.Fault != None {
		text += " with fault " + r.Fault.String()
	}
	return text
}

// call is a request on its way through the server.
type call struct {
	*http.Request
	body []byte
	// site is the GitHub that is asked: github.com or an Enterprise Server.
	site string
	// user is nil where the token is unknown.
	user *User
	// path is the path below the root of the REST API, or empty.
	path    string
	graphql bool
}

// baseURL is the root of the REST API.
func (c *call) baseURL() string {
	if c.site == githubHost {
		return "https://api.github.com"
	}
	return "https://" + c.site + "/api/v3"
}

// response is an answer, whole before a byte of it is sent.
type response struct {
	status int
	header http.Header
	body   []byte
}

func (r response) write(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}

// with adds a header.
func (r response) with(name, value string) response {
	r.header = r.header.Clone()
	r.header.Set(name, value)
	return r
}

// answer is a response with a value as JSON.
func answer(status int, value any) response {
	body, err := json.Marshal(value)
	if err != nil {
		return text(http.StatusInternalServerError, "text/plain", err.Error())
	}
	return text(status, "application/json; charset=utf-8", string(body))
}

func text(status int, contentType, body string) response {
	return response{status, http.Header{"Content-Type": {contentType}}, []byte(body)}
}

// failure is a refusal in the form of the REST API.
func failure(status int, message string) response {
	return answer(status, map[string]any{
		"message":           message,
		"documentation_url": "https://docs.github.com/rest",
		"status":            fmt.Sprint(status),
	})
}

// serve answers the requests that came through a tunnel.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	c := &call{Request: r, body: body}
	s.route(c)

	index := s.begin(c)
	request := s.request(index)
	if before := s.hook(); before != nil {
		before(request)
	}
	fault := s.fault(index, request)
	defer s.report(index)
	fault.send(w, r, func() response {
		result, answered := fault.response()
		if !answered {
			result = s.handle(c)
		}
		s.finish(index, result.status)
		return result
	})
}

// route finds out which GitHub is asked, by whom, and for which API.
func (s *Server) route(c *call) {
	c.site = c.Host
	path := c.URL.Path
	switch {
	case c.Host == "api.github.com":
		c.site = githubHost
		c.path, c.graphql = path, path == "/graphql"
	case slices.Contains(s.hosts, c.Host):
		c.graphql = path == "/api/graphql"
		if rest, ok := strings.CutPrefix(path, "/api/v3/"); ok {
			c.path = "/" + rest
		}
	}
	c.user = s.user(c.site, c.Header.Get("Authorization"))
}

// user finds whom the token of an Authorization header belongs to.
func (s *Server) user(site, authorization string) *User {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "token") && !strings.EqualFold(scheme, "bearer") {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, user := range s.users {
		if user.Token == token && user.Host == site {
			return &user
		}
	}
	return nil
}

// handle answers a request.
func (s *Server) handle(c *call) response {
	var result response
	switch {
	case !c.graphql && c.path == "":
		return s.page(c.site, c.Request)
	case c.user == nil && c.Header.Get("Authorization") == "":
		result = failure(http.StatusUnauthorized, "Requires authentication")
	case c.user == nil:
		result = failure(http.StatusUnauthorized, "Bad credentials")
	case c.graphql:
		result = s.graphql(c)
	default:
		result = s.rest(c)
	}
	return result.with("X-GitHub-Media-Type", "github.v3; format=json")
}

// begin notes a request and gives its place among those noted.
func (s *Server) begin(c *call) int {
	request := Request{
		Method: c.Method,
		Host:   c.Host,
		Path:   c.URL.RequestURI(),
		Time:   time.Now(),
	}
	if c.graphql {
		request.Operation = describeOperation(c.body)
	}
	if c.user != nil {
		request.User = c.user.Login
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
	return len(s.requests) - 1
}

// finish notes how a request was answered.
func (s *Server) finish(index, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[index].Status = status
}

// report writes a line about a request.
func (s *Server) report(index int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log != nil {
		_, _ = fmt.Fprintln(s.log, s.requests[index])
	}
}

func (s *Server) request(index int) Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[index]
}

func (s *Server) hook() func(Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.before
}

// Requests gives the requests that came through TLS, in the order in which they came.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Before has a function called with every request before it is processed, for instance to do what
// another job does between two requests. It may call the server. nil takes it away.
func (s *Server) Before(do func(Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = do
}

// connectionKey is where the context of a request has its connection.
type connectionKey struct{}

// hangUp breaks the connection of a request off, without a word.
func hangUp(r *http.Request) {
	if connection, ok := r.Context().Value(connectionKey{}).(net.Conn); ok {
		_ = connection.(interface{ NetConn() net.Conn }).NetConn().Close()
	}
	panic(http.ErrAbortHandler)
}
