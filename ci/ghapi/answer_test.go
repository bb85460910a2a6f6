package ghapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// page is a response as gh 2.23 prints it with --include: the status line ends in a line feed, the
// headers in CRLF.
func page(status, headers, body string) string {
	return "HTTP/2.0 " + status + "\nContent-Type: application/json\r\n" + headers + "\r\n" + body
}

func TestRead(t *testing.T) {
	const broken = "Post \"https://api.github.com/graphql\": unexpected EOF\n"
	for name, c := range map[string]struct {
		stdout, stderr string
		exit           int
		want           Answer
		values         int
	}{
		"success": {page("200 OK", "", "{\"url\":\"a\"}\n"), "", 0, Answer{Status: 200}, 1},
		"two pages": {
			page("200 OK", "", "{\"url\":\"a\"}\n{\"url\":\"b\"}\n") + "\n" + page("200 OK", "", "{\"url\":\"c\"}\n"), "", 0,
			Answer{Status: 200}, 3,
		},
		"a comment that looks like an answer": {
			page("200 OK", "", `{"body":"x\nHTTP/2.0 502 Bad Gateway\n{\"url\":\"evil\"}"}`+"\n"), "", 0, Answer{Status: 200}, 1,
		},
		"no content": {page("204 No Content", "", ""), "", 0, Answer{Status: 204}, 0},
		"rate limit": {
			page("429 Too Many Requests", "Retry-After: 7\r\n", `{"message":"slow down"}`), "gh: slow down (HTTP 429)\n", 1,
			Answer{Status: 429, Failed: true, Message: "slow down", Again: true, Pause: 7 * time.Second}, 0,
		},
		"403 with Retry-After": {
			page("403 Forbidden", "Retry-After: 60\r\n", `{"message":"wait"}`), "gh: wait (HTTP 403)\n", 1,
			Answer{Status: 403, Failed: true, Message: "wait", Again: true, Pause: time.Minute}, 0,
		},
		"403 with a secondary rate limit": {
			page("403 Forbidden", "", `{"message":"You have exceeded a secondary rate limit."}`), "gh: x (HTTP 403)\n", 1,
			Answer{Status: 403, Failed: true, Message: "You have exceeded a secondary rate limit.", Again: true}, 0,
		},
		"a read-only token": {
			page("403 Forbidden", "", `{"message":"Resource not accessible by integration"}`), "gh: Resource not accessible by integration (HTTP 403)\n", 1,
			Answer{Status: 403, Failed: true, Message: "Resource not accessible by integration"}, 0,
		},
		"a bad gateway in HTML": {
			page("502 Bad Gateway", "", "<html>502</html>"), "invalid character '<' looking for beginning of value\n", 1,
			Answer{Status: 502, Failed: true, Message: "invalid character '<' looking for beginning of value", Again: true, Unknown: true}, 0,
		},
		"503": {page("503 Service Unavailable", "", `{"message":"no server"}`), "gh: no server (HTTP 503)\n", 1,
			Answer{Status: 503, Failed: true, Message: "no server", Again: true, Unknown: true}, 0},
		"500 is final": {page("500 Internal Server Error", "", `{"message":"oops"}`), "gh: oops (HTTP 500)\n", 1,
			Answer{Status: 500, Failed: true, Message: "oops"}, 0},
		"a body that is too long": {
			page("422 Unprocessable Entity", "", `{"message":"Validation Failed","errors":[{"message":"Body is too long (maximum is 65536 characters)"}]}`), "gh: Validation Failed (HTTP 422)\n", 1,
			Answer{Status: 422, Failed: true, Message: "Validation Failed: Body is too long (maximum is 65536 characters)"}, 0,
		},
		"a GraphQL error": {
			page("200 OK", "", `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a PullRequest with the number of 7."}]}`), "gh: Could not resolve to a PullRequest with the number of 7.\n", 1,
			Answer{Status: 200, Failed: true, Message: "Could not resolve to a PullRequest with the number of 7."}, 0,
		},
		"a second page that fails": {
			page("200 OK", "", "{\"url\":\"a\"}\n") + "\n" + page("502 Bad Gateway", "", `{"message":"bad"}`), "gh: bad (HTTP 502)\n", 1,
			Answer{Status: 502, Failed: true, Message: "bad", Again: true, Unknown: true}, 0,
		},
		"a broken connection": {"", broken, 1, Answer{Failed: true, Message: strings.TrimSpace(broken), Again: true, Unknown: true}, 0},
		"refused": {"", "Post \"https://api.github.com/graphql\": dial tcp 1.2.3.4:443: connect: connection refused\n", 1,
			Answer{Failed: true, Message: `Post "https://api.github.com/graphql": dial tcp 1.2.3.4:443: connect: connection refused`, Again: true, Unknown: true}, 0},
		"a certificate that nobody knows": {"", "Post \"https://x\": x509: certificate signed by unknown authority\n", 1,
			Answer{Failed: true, Message: `Post "https://x": x509: certificate signed by unknown authority`}, 0},
		"created, but the answer was lost": {page("201 Created", "", ""), "unexpected EOF\n", 1,
			Answer{Status: 201, Failed: true, Message: "unexpected EOF", Again: true, Unknown: true}, 0},
		"no token": {"", "To get started with GitHub CLI, please run:  gh auth login\n", 4,
			Answer{Failed: true, Message: "To get started with GitHub CLI, please run:  gh auth login"}, 0},
	} {
		got := Read(c.stdout, c.stderr, c.exit)
		if len(got.Values) != c.values {
			t.Errorf("%s: %d values, want %d", name, len(got.Values), c.values)
		}
		got.Values = nil
		if !same(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
		}
	}
}

func same(a, b Answer) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func FuzzRead(f *testing.F) {
	f.Add(page("200 OK", "", "{\"url\":\"a\"}\n"), "", 0)
	f.Add(page("429 Too Many Requests", "Retry-After: 7\r\n", `{"message":"slow down"}`), "gh: slow down (HTTP 429)\n", 1)
	f.Add("HTTP/", "EOF", 1)
	f.Fuzz(func(t *testing.T, stdout, stderr string, exit int) {
		a := Read(stdout, stderr, exit)
		if a.Failed != (exit != 0) || a.Failed && a.Values != nil || a.Pause < 0 || a.Unknown && !a.Again {
			t.Errorf("%+v", a)
		}
	})
}
