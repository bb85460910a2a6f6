package githubapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const issuesURL = "https://api.github.com/repos/octo/infra/issues"

func issue(t *testing.T, s *Server, login, title string, labels ...string) Issue {
	t.Helper()
	i, err := s.AddIssue("octo/infra", login, title, "text of "+title, labels...)
	ok(t, err)
	return i
}

func TestGhKeepsAnIssue(t *testing.T) {
	for name, site := range map[string]struct {
		variables        []string
		repo, login, url string
	}{
		"github.com":        {asBot, "octo/infra", bot, "https://github.com/octo/infra/issues/8"},
		"Enterprise Server": {[]string{"GH_HOST=" + enterprise, "GH_ENTERPRISE_TOKEN=enterprise-token"}, enterprise + "/octo/infra", "robot", "https://ghe.example.com/octo/infra/issues/8"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			run := func(want string, arguments ...string) Issue {
				t.Helper()
				got := gh(t, s, site.variables, append([]string{"api"}, arguments...)...)
				if got.stdout != want || got.exit != 0 {
					t.Errorf("%v: %+v, want %q", arguments, got, want)
				}
				return s.Issues(site.repo)[0]
			}
			const text = "it's `$(id)` @everyone\n"
			made := run(site.url+" open null\n", "repos/octo/infra/issues", "-f", "title=Drift in a/b", "-F", "body=@"+file(t, text), "-f", "labels[]=drift", "--jq", `"\(.html_url) \(.state) \(.state_reason)"`)
			if made.Number != 8 || made.Title != "Drift in a/b" || made.Body != text || made.Author != site.login || made.Edits != 0 || fmt.Sprint(made.Labels) != "[drift]" {
				t.Errorf("made %+v", made)
			}
			one := "repos/octo/infra/issues/8"
			edited := run("Drift in a/b\n", "-X", "PATCH", one, "-F", "body=@"+file(t, "123"), "--jq", ".title")
			if edited.Body != "123" || edited.Edits != 1 || edited.Editor != site.login || edited.Closed {
				t.Errorf("edited %+v", edited)
			}
			closed := run("closed completed true\n", "-X", "PATCH", one, "-f", "state=closed", "-f", "state_reason=completed", "--jq", `"\(.state) \(.state_reason) \(.closed_at != null)"`)
			if !closed.Closed || closed.Edits != 1 {
				t.Errorf("closed %+v", closed)
			}
			opened := run("open reopened false 1\n", "-X", "PATCH", one, "-f", "state=open", "-F", "body=@"+file(t, "again"), "--jq", `"\(.state) \(.state_reason) \(.closed_at != null) \(.labels | length)"`)
			if opened.Closed || opened.Body != "again" {
				t.Errorf("opened %+v", opened)
			}
			run(site.url+"#issuecomment-\n", one+"/comments", "-f", "body=x", "--jq", `.html_url | sub("[0-9]+$"; "")`)
		})
	}
}

func TestGhListsIssues(t *testing.T) {
	s := start(t, Options{})
	issue(t, s, bot, "one", "drift", "infra")
	issue(t, s, "mona", "two", "Drift")
	issue(t, s, bot, "three")
	ok(t, s.CloseIssue("octo/infra", 10, "not_planned"))
	s.AddPullRequest("octo/infra", 11, "Merged")
	ok(t, s.Merge("octo/infra", 11, merge))
	s.AddPullRequest("octo/site", 1, "Of another repository")
	for query, want := range map[string]string{
		"":                                     "9 open mona, 8 open github-actions[bot], 7 open PR, ",
		"?state=closed":                        "11 closed PR, 10 closed github-actions[bot], ",
		"?state=all":                           "11 closed PR, 10 closed github-actions[bot], 9 open mona, 8 open github-actions[bot], 7 open PR, ",
		"?state=all&creator=mona":              "9 open mona, ",
		"?state=all&creator=github-actions":    "",
		"?creator=github-actions[bot]":         "8 open github-actions[bot], ",
		"?labels=drift":                        "9 open mona, 8 open github-actions[bot], ",
		"?labels=drift,infra":                  "8 open github-actions[bot], ",
		"?labels=nosuch":                       "",
		"?state=all&per_page=2":                "11 closed PR, 10 closed github-actions[bot], 9 open mona, 8 open github-actions[bot], 7 open PR, ",
		"?state=closed&creator=ghost&labels=a": "",
	} {
		got := gh(t, s, asBot, "api", "--paginate", "repos/octo/infra/issues"+query, "--jq", `.[] | "\(.number) \(.state) \(if .pull_request then "PR" else .user.login end)"`)
		if list := strings.ReplaceAll(got.stdout, "\n", ", "); list != want || got.exit != 0 {
			t.Errorf("%s: %q, want %q: %s", query, list, want, got.stderr)
		}
	}
	for number, want := range map[int]string{7: "true Move the queue\n", 9: "false two\n"} {
		got := gh(t, s, asBot, "api", fmt.Sprintf("repos/octo/infra/issues/%d", number), "--jq", `"\(has("pull_request")) \(.title)"`)
		if got.stdout != want {
			t.Errorf("%d: %+v, want %q", number, got, want)
		}
	}
}

// issuesQuery lists issues as package sticky does.
const issuesQuery = `query($endCursor: String) { repository(owner: "octo", name: "infra") { issues(first: 100, after: $endCursor) {
  nodes { number viewerDidAuthor closed } pageInfo { hasNextPage endCursor } } } }`

func TestGhListsEveryPageOfIssues(t *testing.T) {
	s := start(t, Options{})
	for i := range 250 {
		issue(t, s, map[bool]string{true: bot, false: "mona"}[i%2 == 0], fmt.Sprint(i))
	}
	got := gh(t, s, asBot, "api", "graphql", "--paginate", "-f", "query="+issuesQuery, "--jq", ".data.repository.issues.nodes[] | select(.viewerDidAuthor) | .number")
	if n := strings.Count(got.stdout, "\n"); n != 125 || !strings.HasPrefix(got.stdout, "8\n10\n") || len(s.Requests()) != 3 {
		t.Errorf("%d issues in %d requests: %s", n, len(s.Requests()), got.stderr)
	}
	rest := gh(t, s, asBot, "api", "--paginate", "repos/octo/infra/issues?per_page=100", "--jq", ".[].number")
	if n := strings.Count(rest.stdout, "\n"); n != 251 || len(s.Requests()) != 6 {
		t.Errorf("REST lists %d in %d requests", n, len(s.Requests()))
	}
}

func TestEveryFieldOfAnIssue(t *testing.T) {
	s := start(t, Options{})
	made := issue(t, s, bot, "one")
	ok(t, s.EditIssue("octo/infra", 8, "mona", "two"))
	ok(t, s.CloseIssue("octo/infra", 8, "duplicate"))
	added := query(t, s, "mona-token", `mutation($id: ID!) { addComment(input: {subjectId: $id, body: "hello"}) { subject { id __typename } commentEdge { node { body url pullRequest { number } } } } }`, map[string]any{"id": made.NodeID()})
	comments := s.Comments("octo/infra", 8)
	if len(comments) != 1 {
		t.Fatalf("%v: %s", comments, added)
	}
	if want := fmt.Sprintf(`{"body":"hello","pullRequest":null,"url":"https://github.com/octo/infra/issues/8#issuecomment-%d"}`, comments[0].ID); !strings.Contains(added, want) || !strings.Contains(added, `"__typename":"Issue"`) {
		t.Errorf("%s, want %s", added, want)
	}
	got := query(t, s, "bot-token", `query($id: ID!) {
		node(id: $id) { id ... on Issue { title } }
		repository(owner: "OCTO", name: "infra") {
			issue(number: 8) {
				author { __typename login } editor { __typename login } body closed closedAt createdAt id lastEditedAt number state stateReason title updatedAt url viewerDidAuthor
				comments(first: 1) { totalCount nodes { body } }
			}
			issues(last: 5) { totalCount edges { cursor node { number } } }
		}
	}`, map[string]any{"id": made.NodeID()})
	var answer struct {
		Data struct {
			Node       struct{ Title string }
			Repository struct {
				Issue struct {
					Author, Editor           struct{ Typename, Login string }
					Body, State, StateReason string
					Closed, ViewerDidAuthor  bool
					ClosedAt, LastEditedAt   *time.Time
					URL                      string
					Comments                 struct{ TotalCount int }
				}
				Issues struct{ TotalCount int }
			}
		}
		Errors []any
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(got, "__typename", "typename")), &answer); err != nil || answer.Errors != nil {
		t.Fatalf("%v: %s", err, got)
	}
	i := answer.Data.Repository.Issue
	if i.Author.Typename != "Bot" || i.Author.Login != "github-actions" || i.Editor.Login != "mona" || i.Body != "two" || i.State != "CLOSED" || i.StateReason != "DUPLICATE" ||
		!i.Closed || !i.ViewerDidAuthor || i.ClosedAt == nil || i.LastEditedAt == nil || i.URL != "https://github.com/octo/infra/issues/8" || i.Comments.TotalCount != 1 {
		t.Errorf("%+v", i)
	}
	if answer.Data.Node.Title != "one" || answer.Data.Repository.Issues.TotalCount != 1 {
		t.Error(got)
	}
}

// A comment on an issue is one as on a pull request.
func TestCommentsOnIssues(t *testing.T) {
	s := start(t, Options{})
	issue(t, s, bot, "one")
	made, err := s.AddComment("octo/infra", 8, bot, "x")
	ok(t, err)
	ok(t, s.EditComment(made.ID, "mona", "y"))
	ok(t, s.Minimize(made.ID))
	if c := s.Comments("octo/infra", 8)[0]; c.Body != "y" || c.Editor != "mona" || c.Minimized == "" {
		t.Errorf("%+v", c)
	}
	got := gh(t, s, asBot, "api", fmt.Sprintf("repos/octo/infra/issues/comments/%d", made.ID), "--jq", ".issue_url")
	if got.stdout != issuesURL+"/8\n" {
		t.Errorf("%+v", got)
	}
	ok(t, s.DeleteComment(made.ID))
	if len(s.Comments("octo/infra", 8))+len(s.Comments("octo/infra", 7)) > 0 {
		t.Error("the comment is there")
	}
}

func TestIssuesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		token, method, path, body string
		status                    int
		message                   string
	}{
		"no title":                             {"bot-token", "POST", "", `{"body":"x"}`, 422, "title is missing"},
		"an empty title":                       {"bot-token", "POST", "", `{"title":" "}`, 422, "title can't be blank"},
		"a long title":                         {"bot-token", "POST", "", `{"title":"` + strings.Repeat("x", 257) + `"}`, 422, "title is too long (maximum is 256 characters)"},
		"a long text":                          {"bot-token", "POST", "", `{"title":"x","body":"` + strings.Repeat("x", 65537) + `"}`, 422, "body is too long (maximum is 65536 characters)"},
		"a number":                             {"bot-token", "POST", "", `{"title":5}`, 422, "cannot unmarshal number"},
		"no JSON":                              {"bot-token", "POST", "", `{`, 400, "Problems parsing JSON"},
		"a token that only reads":              {"fork-token", "POST", "", `{"title":"x"}`, 403, notAccessible},
		"a token that only reads, an edit":     {"fork-token", "PATCH", "/8", `{"body":"x"}`, 403, notAccessible},
		"an unknown token":                     {"nobody", "GET", "", "", 401, "Bad credentials"},
		"an issue that is not there":           {"bot-token", "PATCH", "/99", `{"body":"x"}`, 404, "Not Found"},
		"another state":                        {"bot-token", "PATCH", "/8", `{"state":"done"}`, 422, `state \"done\" is not one of open, closed`},
		"another reason":                       {"bot-token", "PATCH", "/8", `{"state":"closed","state_reason":"done"}`, 422, "is not one of completed, not_planned, duplicate, reopened"},
		"another method":                       {"bot-token", "DELETE", "/8", "", 404, "Not Found"},
		"a repository that is not there":       {"bot-token", "POST", "/../../nosuch/issues", `{"title":"x"}`, 404, "Not Found"},
		"a reason without a state is no fault": {"bot-token", "PATCH", "/8", `{"state_reason":"completed"}`, 200, `"state":"open","state_reason":null`},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			issue(t, s, bot, "one")
			status, _, body := send(t, client(t, s), test.token, test.method, strings.Replace(issuesURL+test.path, "infra/issues/../..", "..", 1), test.body)
			if status != test.status || !strings.Contains(body, test.message) {
				t.Errorf("%d %s", status, body)
			}
			if left := s.Issues("octo/infra"); len(left) != 1 || left[0].Body != "text of one" || left[0].Closed {
				t.Errorf("it left %+v", left)
			}
		})
	}
}

func TestRepositoryWithoutIssues(t *testing.T) {
	s := start(t, Options{})
	s.DisableIssues("octo/infra")
	if got := gh(t, s, asBot, "api", "repos/OCTO/infra/issues", "-f", "title=x"); got.stderr != "gh: Issues has been disabled in this repository. (HTTP 410)\n" {
		t.Errorf("%+v", got)
	}
	got := gh(t, s, asBot, "api", "graphql", "-f", "query="+issuesQuery, "--jq", ".data.repository.issues.nodes | length")
	if got.stdout != "0\n" || len(s.Issues("octo/infra")) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestGhMeetsFaultsOfIssues(t *testing.T) {
	for kind, made := range map[Kind]int{BadGateway: 0, HangUpBefore: 0, HangUpAfter: 1, GatewayTimeout: 1, ReadOnly: 0} {
		s := start(t, Options{})
		s.Fail(Fault{Kind: kind, Match: func(r Request) bool { return r.Method == http.MethodPost && r.Path == "/repos/octo/infra/issues" }})
		if got := gh(t, s, asBot, "api", "repos/octo/infra/issues", "-f", "title=x"); got.exit != 1 || len(s.Issues("octo/infra")) != made {
			t.Errorf("%s: %+v, and there are %d issues", kind, got, len(s.Issues("octo/infra")))
		}
	}
}

func TestIssuesLast(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	first := start(t, Options{State: state})
	issue(t, first, bot, "one", "drift")
	_, err := first.AddComment("octo/infra", 8, bot, "x")
	ok(t, err)
	first.DisableIssues("octo/site")
	second := start(t, Options{State: state})
	left := second.Issues("octo/infra")
	if len(left) != 1 || left[0].Title != "one" || left[0].Number != 8 || len(left[0].Comments) != 1 || fmt.Sprint(left[0].Labels) != "[drift]" || second.store.takesIssues(githubHost, "octo/Site") {
		t.Errorf("%+v", left)
	}
}
