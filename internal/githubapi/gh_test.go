package githubapi

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const listQuery = `query($number: Int!, $endCursor: String) {
  repository(owner: "octo", name: "infra") {
    pullRequest(number: $number) {
      comments(first: 100, after: $endCursor) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId body viewerDidAuthor isMinimized }
      }
    }
  }
}`

// list are the arguments by which gh lists the comments.
func list(more ...string) []string {
	return append([]string{
		"api", "graphql", "--paginate", "-F", "number=7", "-f", "query=" + listQuery,
		"--jq", ".data.repository.pullRequest.comments.nodes[].body",
	}, more...)
}

func TestGhListsEveryPage(t *testing.T) {
	s := start(t, Options{})
	var want strings.Builder
	for i := range 250 {
		body := fmt.Sprintf("comment %d", i)
		comment(t, s, "mona", body)
		want.WriteString(body + "\n")
	}

	if diff := cmp.Diff(result{stdout: want.String()}, gh(t, s, asBot, list()...), cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	if got := len(s.Requests()); got != 3 {
		t.Errorf("%d requests for 250 comments, want 3", got)
	}
	rest := gh(t, s, asBot, "api", "--paginate", "repos/octo/infra/issues/7/comments?per_page=90", "--jq", ".[].body")
	if rest.stdout != want.String() {
		t.Errorf("REST lists %d comments, want 250", strings.Count(rest.stdout, "\n"))
	}
	if got := len(s.Requests()); got != 6 {
		t.Errorf("%d requests after REST, want 6", got)
	}
}

func TestGhPublishes(t *testing.T) {
	sites := []struct {
		name      string
		variables []string
		repo      string
		login     string
		host      string
		url       string
	}{
		{
			"github.com", asBot, "octo/infra", bot, "api.github.com", "https://github.com/octo/infra/pull/7",
		},
		{
			"Enterprise Server", []string{"GH_HOST=" + enterprise, "GH_ENTERPRISE_TOKEN=enterprise-token"},
			enterprise + "/octo/infra", "robot", enterprise, "https://ghe.example.com/octo/infra/pull/7",
		},
	}
	for _, site := range sites {
		t.Run(site.name, func(t *testing.T) {
			s := start(t, Options{})
			first, second := "it's `$(id)` @everyone </details>\n", "123"

			created := gh(t, s, site.variables, "api", "repos/octo/infra/issues/7/comments", "-F", "body=@"+file(t, first), "--jq", ".html_url")
			comments := s.Comments(site.repo, 7)
			if len(comments) != 1 {
				t.Fatalf("%d comments after gh said %+v", len(comments), created)
			}
			id := comments[0].ID
			if want := fmt.Sprintf("%s#issuecomment-%d\n", site.url, id); created.stdout != want {
				t.Errorf("gh printed %q, want %q", created.stdout, want)
			}
			if comments[0].Body != first || comments[0].Author != site.login || comments[0].Edits != 0 {
				t.Errorf("created %+v", comments[0])
			}

			path := fmt.Sprintf("repos/octo/infra/issues/comments/%d", id)
			edited := gh(t, s, site.variables, "api", "-X", "PATCH", path, "-F", "body=@"+file(t, second), "--jq", ".body")
			if edited.stdout != second+"\n" {
				t.Errorf("edit: %+v", edited)
			}
			if c := s.Comments(site.repo, 7)[0]; c.Body != second || c.Edits != 1 || c.ID != id {
				t.Errorf("edited %+v", c)
			}

			listed := gh(t, s, site.variables, list()...)
			if listed.stdout != second+"\n" {
				t.Errorf("list: %+v", listed)
			}

			if deleted := gh(t, s, site.variables, "api", "-X", "DELETE", path); deleted != (result{}) {
				t.Errorf("delete: %+v", deleted)
			}
			if left := s.Comments(site.repo, 7); len(left) != 0 {
				t.Errorf("left after deletion: %v", left)
			}
			for _, request := range s.Requests() {
				if request.Host != site.host || request.User != site.login {
					t.Errorf("%v by %q", request, request.User)
				}
			}
		})
	}
}

func TestGhInclude(t *testing.T) {
	s := start(t, Options{})
	made := gh(t, s, asBot, "api", "-i", "repos/octo/infra/issues/7/comments", "-f", "body=x", "--jq", ".body")
	head, body, _ := strings.Cut(made.stdout, "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/2.0 201 Created\n") || body != "x\n" {
		t.Errorf("%+v", made)
	}
	if !strings.Contains(head, "\r\nLocation: https://api.github.com/repos/octo/infra/issues/comments/") {
		t.Errorf("no location in %q", head)
	}
}

func TestGhIsRefused(t *testing.T) {
	tests := []struct {
		name      string
		variables []string
		arguments []string
		stderr    string
	}{
		{
			"an unknown token", []string{"GH_TOKEN=nobody"},
			[]string{"api", "repos/octo/infra/issues/7/comments"}, "gh: Bad credentials (HTTP 401)\n",
		},
		{
			"a token of another host", []string{"GH_TOKEN=enterprise-token"},
			list(), "gh: Bad credentials (HTTP 401)\n",
		},
		{
			"a read-only token", []string{"GH_TOKEN=fork-token"},
			[]string{"api", "repos/octo/infra/issues/7/comments", "-f", "body=x"},
			"gh: Resource not accessible by integration (HTTP 403)\n",
		},
		{
			"the user of a workflow's token", asBot,
			[]string{"api", "user"}, "gh: Resource not accessible by integration (HTTP 403)\n",
		},
		{
			"an unknown pull request", asBot,
			[]string{"api", "repos/octo/infra/issues/8/comments", "-f", "body=x"}, "gh: Not Found (HTTP 404)\n",
		},
		{
			"an unknown pull request in GraphQL", asBot,
			[]string{"api", "graphql", "-F", "number=8", "-f", "query=" + listQuery},
			"gh: Could not resolve to a PullRequest with the number of 8.\n",
		},
		{
			"an unknown comment", asBot,
			[]string{"api", "-X", "PATCH", "repos/octo/infra/issues/comments/1", "-f", "body=x"}, "gh: Not Found (HTTP 404)\n",
		},
		{
			"a host that is nobody's", []string{"GH_HOST=ghe.example.net", "GH_ENTERPRISE_TOKEN=x"},
			[]string{"api", "user"}, "Get \"https://ghe.example.net/api/v3/user\": Forbidden\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, Options{})
			got := gh(t, s, test.variables, test.arguments...)
			if got.exit != 1 || got.stderr != test.stderr {
				t.Errorf("exit %d, %q; want exit 1, %q", got.exit, got.stderr, test.stderr)
			}
			if comments := s.Comments("octo/infra", 7); len(comments) != 0 {
				t.Errorf("it left %v", comments)
			}
		})
	}
}

// What gh makes of each fault of a request that creates a comment, and whether the comment is there.
func TestGhMeetsFaults(t *testing.T) {
	const limited = "gh: You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
	tests := []struct {
		fault  Fault
		status string
		header string
		stderr []string
		exit   int
		left   int
	}{
		{Fault{Kind: TooManyRequests, RetryAfter: 30}, "429 Too Many Requests", "Retry-After: 30", []string{limited + "(HTTP 429)"}, 1, 0},
		{Fault{Kind: ForbiddenForNow}, "403 Forbidden", "Retry-After: 1", []string{limited + "(HTTP 403)"}, 1, 0},
		{Fault{Kind: SecondaryRateLimit}, "403 Forbidden", "", []string{limited + "(HTTP 403)"}, 1, 0},
		{Fault{Kind: ReadOnly}, "403 Forbidden", "", []string{"gh: Resource not accessible by integration (HTTP 403)"}, 1, 0},
		{Fault{Kind: ServerError}, "500 Internal Server Error", "", []string{"gh: Server Error (HTTP 500)"}, 1, 0},
		{Fault{Kind: BadGateway}, "502 Bad Gateway", "Content-Type: text/html; charset=utf-8", []string{"gh: HTTP 502"}, 1, 0},
		{Fault{Kind: Unavailable}, "503 Service Unavailable", "Content-Type: text/html; charset=utf-8", []string{"gh: HTTP 503"}, 1, 0},
		{Fault{Kind: GatewayTimeout}, "504 Gateway Timeout", "Content-Type: text/html; charset=utf-8", []string{"gh: HTTP 504"}, 1, 1},
		{Fault{Kind: HangUpBefore}, "", "", []string{"unexpected EOF", "connection reset by peer"}, 1, 0},
		{Fault{Kind: HangUpAfter}, "", "", []string{"unexpected EOF", "connection reset by peer"}, 1, 1},
		{Fault{Kind: Slow, Delay: 300 * time.Millisecond}, "201 Created", "", []string{""}, 0, 1},
		{Fault{Kind: Truncated}, "201 Created", "", []string{"stream error"}, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.fault.Kind.String(), func(t *testing.T) {
			s := start(t, Options{})
			s.Fail(test.fault)
			began := time.Now()
			got := gh(t, s, asBot, "api", "-i", "repos/octo/infra/issues/7/comments", "-f", "body=x")

			status, _, _ := strings.Cut(got.stdout, "\n")
			if strings.TrimPrefix(status, "HTTP/2.0 ") != test.status || !strings.Contains(got.stdout, test.header) {
				t.Errorf("standard output is %q", got.stdout)
			}
			if got.exit != test.exit || !containsAny(got.stderr, test.stderr) {
				t.Errorf("exit %d, %q; want exit %d, %q", got.exit, got.stderr, test.exit, test.stderr)
			}
			if left := len(s.Comments("octo/infra", 7)); left != test.left {
				t.Errorf("%d comments, want %d", left, test.left)
			}
			if time.Since(began) < test.fault.Delay {
				t.Error("the slow answer was not slow")
			}
			if requests := s.Requests(); len(requests) != 1 || requests[0].Fault != test.fault.Kind {
				t.Errorf("requests: %v", requests)
			}

			again := gh(t, s, asBot, "api", "repos/octo/infra/issues/7/comments", "-f", "body=x", "--silent")
			if again != (result{}) {
				t.Errorf("the next request meets %+v", again)
			}
		})
	}
}

func TestGhMeetsFaultsOfQueries(t *testing.T) {
	for kind, stderr := range map[Kind]string{
		QueryRateLimit: "gh: API rate limit exceeded.\n",
		QueryFailed:    "gh: Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug.\n",
	} {
		t.Run(kind.String(), func(t *testing.T) {
			s := start(t, Options{})
			s.Fail(Fault{Kind: kind})
			if got := gh(t, s, asBot, list()...); got.exit != 1 || got.stderr != stderr {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Pages that came before the fault stay on standard output.
func TestGhFailsOnTheSecondPage(t *testing.T) {
	s := start(t, Options{})
	for i := range 101 {
		comment(t, s, "mona", strconv.Itoa(i))
	}
	s.Fail(Fault{
		Match: func(r Request) bool { return r.Operation == "query repository" },
		Skip:  1,
		Kind:  BadGateway,
	})
	got := gh(t, s, asBot, list()...)
	if got.exit != 1 || strings.Count(got.stdout, "\n") != 100 {
		t.Errorf("exit %d with %d lines", got.exit, strings.Count(got.stdout, "\n"))
	}
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
