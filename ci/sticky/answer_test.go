package sticky

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// page is a response as gh 2.23 prints it with --include: the status line ends in a line feed, the
// headers in CRLF.
func page(status, headers, body string) string {
	return "HTTP/2.0 " + status + "\nContent-Type: application/json\r\n" + headers + "\r\n" + body
}

func TestReadAnswer(t *testing.T) {
	const broken = "Post \"https://api.github.com/graphql\": unexpected EOF\n"
	for name, c := range map[string]struct {
		stdout, stderr string
		exit           int
		want           answer
		values         int
	}{
		"success": {page("200 OK", "", "{\"url\":\"a\"}\n"), "", 0, answer{status: 200}, 1},
		"two pages": {
			page("200 OK", "", "{\"url\":\"a\"}\n{\"url\":\"b\"}\n") + "\n" + page("200 OK", "", "{\"url\":\"c\"}\n"), "", 0,
			answer{status: 200}, 3,
		},
		"a comment that looks like an answer": {
			page("200 OK", "", `{"body":"x\nHTTP/2.0 502 Bad Gateway\n{\"url\":\"evil\"}"}`+"\n"), "", 0, answer{status: 200}, 1,
		},
		"no content": {page("204 No Content", "", ""), "", 0, answer{status: 204}, 0},
		"rate limit": {
			page("429 Too Many Requests", "Retry-After: 7\r\n", `{"message":"slow down"}`), "gh: slow down (HTTP 429)\n", 1,
			answer{status: 429, failed: true, message: "slow down", passing: true, pause: 7 * time.Second}, 0,
		},
		"403 with Retry-After": {
			page("403 Forbidden", "Retry-After: 60\r\n", `{"message":"wait"}`), "gh: wait (HTTP 403)\n", 1,
			answer{status: 403, failed: true, message: "wait", passing: true, pause: time.Minute}, 0,
		},
		"403 with a secondary rate limit": {
			page("403 Forbidden", "", `{"message":"You have exceeded a secondary rate limit."}`), "gh: x (HTTP 403)\n", 1,
			answer{status: 403, failed: true, message: "You have exceeded a secondary rate limit.", passing: true, pause: time.Minute}, 0,
		},
		"a read-only token": {
			page("403 Forbidden", "", `{"message":"Resource not accessible by integration"}`), "gh: Resource not accessible by integration (HTTP 403)\n", 1,
			answer{status: 403, failed: true, message: "Resource not accessible by integration"}, 0,
		},
		"a bad gateway in HTML": {
			page("502 Bad Gateway", "", "<html>502</html>"), "invalid character '<' looking for beginning of value\n", 1,
			answer{status: 502, failed: true, message: "invalid character '<' looking for beginning of value", passing: true}, 0,
		},
		"503": {page("503 Service Unavailable", "", `{"message":"no server"}`), "gh: no server (HTTP 503)\n", 1,
			answer{status: 503, failed: true, message: "no server", passing: true}, 0},
		"500": {page("500 Internal Server Error", "", `{"message":"oops"}`), "gh: oops (HTTP 500)\n", 1,
			answer{status: 500, failed: true, message: "oops", passing: true}, 0},
		"504": {page("504 Gateway Timeout", "", ""), "gh: HTTP 504\n", 1,
			answer{status: 504, failed: true, message: "HTTP 504", passing: true}, 0},
		"a query that failed inside GitHub": {
			page("200 OK", "", `{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout."}]}`), "gh: Something went wrong\n", 1,
			answer{status: 200, failed: true, message: "Something went wrong while executing your query. This may be the result of a timeout.", passing: true}, 0,
		},
		"a body that is too long": {
			page("422 Unprocessable Entity", "", `{"message":"Validation Failed","errors":[{"message":"Body is too long (maximum is 65536 characters)"}]}`), "gh: Validation Failed (HTTP 422)\n", 1,
			answer{status: 422, failed: true, message: "Validation Failed: Body is too long (maximum is 65536 characters)"}, 0,
		},
		"a GraphQL error": {
			page("200 OK", "", `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a PullRequest with the number of 7."}]}`), "gh: Could not resolve to a PullRequest with the number of 7.\n", 1,
			answer{status: 200, failed: true, message: "Could not resolve to a PullRequest with the number of 7."}, 0,
		},
		"a second page that fails": {
			page("200 OK", "", "{\"url\":\"a\"}\n") + "\n" + page("502 Bad Gateway", "", `{"message":"bad"}`), "gh: bad (HTTP 502)\n", 1,
			answer{status: 502, failed: true, message: "bad", passing: true}, 0,
		},
		"a broken connection": {"", broken, 1, answer{failed: true, message: strings.TrimSpace(broken), passing: true}, 0},
		"refused": {"", "Post \"https://api.github.com/graphql\": dial tcp 1.2.3.4:443: connect: connection refused\n", 1,
			answer{failed: true, message: `Post "https://api.github.com/graphql": dial tcp 1.2.3.4:443: connect: connection refused`, passing: true}, 0},
		"a certificate that nobody knows": {"", "Post \"https://x\": x509: certificate signed by unknown authority\n", 1,
			answer{failed: true, message: `Post "https://x": x509: certificate signed by unknown authority`}, 0},
		"created, but the answer was lost": {page("201 Created", "", ""), "unexpected EOF\n", 1,
			answer{status: 201, failed: true, message: "unexpected EOF", passing: true}, 0},
		"no token": {"", "To get started with GitHub CLI, please run:  gh auth login\n", 4,
			answer{failed: true, message: "To get started with GitHub CLI, please run:  gh auth login"}, 0},
	} {
		got := readAnswer(c.stdout, c.stderr, c.exit)
		if len(got.values) != c.values {
			t.Errorf("%s: %d values, want %d", name, len(got.values), c.values)
		}
		got.values = nil
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(page("200 OK", "", "{\"url\":\"a\"}\n"), "", 0)
	f.Add(page("429 Too Many Requests", "Retry-After: 7\r\n", `{"message":"slow down"}`), "gh: slow down (HTTP 429)\n", 1)
	f.Add("HTTP/", "EOF", 1)
	f.Fuzz(func(t *testing.T, stdout, stderr string, exit int) {
		a := readAnswer(stdout, stderr, exit)
		if a.failed != (exit != 0) || a.failed && a.values != nil || a.pause < 0 || a.passing && !a.failed {
			t.Errorf("%+v", a)
		}
	})
}
