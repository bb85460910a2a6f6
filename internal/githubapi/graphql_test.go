package githubapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everything asks for every field of the schema.
const everything = `
query($id: ID!, $comments: Boolean!) {
  viewer { __typename id login url }
  node(id: $id) { __typename id ... on Minimizable { isMinimized } ...Comment }
  repository(owner: "octo", name: "infra") {
    id name nameWithOwner url
    pullRequest(number: 7) {
      id number state title url
      comments(first: 10, orderBy: {field: UPDATED_AT, direction: DESC}) @include(if: $comments) {
        totalCount
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
        edges { cursor node { ...Comment } }
        nodes { body }
        nodes { twice: body, author { login } }
      }
      none: comments(first: 10) @skip(if: $comments) { totalCount }
    }
  }
}
fragment Comment on IssueComment {
  id databaseId fullDatabaseId body url createdAt updatedAt lastEditedAt
  isMinimized minimizedReason viewerDidAuthor
  author { __typename login url ... on Bot { id } ... on User { id } }
  pullRequest { number }
}`

func TestEveryField(t *testing.T) {
	s := start(t, Options{})
	comment(t, s, "mona", "one")
	made := comment(t, s, bot, "two")
	if err := s.Minimize(made.ID); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Data struct {
			Viewer struct{ Login string }
			Node   struct {
				Typename        string `json:"__typename"`
				DatabaseID      *int64
				FullDatabaseID  string
				IsMinimized     bool
				MinimizedReason string
				ViewerDidAuthor bool
				Author          struct {
					Typename string `json:"__typename"`
					Login    string
				}
			}
			Repository struct {
				PullRequest struct {
					Comments struct {
						TotalCount int
						Nodes      []map[string]any
					}
					None any
				}
			}
		}
		Errors []any
	}
	answer := query(t, s, "bot-token", everything, map[string]any{"id": made.NodeID(), "comments": true})
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	if got.Errors != nil {
		t.Fatal(got.Errors)
	}
	node := got.Data.Node
	if node.Typename != "IssueComment" || node.DatabaseID != nil || node.FullDatabaseID != fmt.Sprint(made.ID) ||
		!node.IsMinimized || node.MinimizedReason != "outdated" || !node.ViewerDidAuthor {
		t.Errorf("node %+v", node)
	}
	if node.Author.Typename != "Bot" || node.Author.Login != "github-actions" || got.Data.Viewer.Login != bot {
		t.Errorf("author %+v, viewer %+v", node.Author, got.Data.Viewer)
	}
	pull := got.Data.Repository.PullRequest
	want := []map[string]any{
		{"body": "two", "twice": "two", "author": map[string]any{"login": "github-actions"}},
		{"body": "one", "twice": "one", "author": map[string]any{"login": "mona"}},
	}
	if diff := cmp.Diff(want, pull.Comments.Nodes); diff != "" || pull.Comments.TotalCount != 2 || pull.None != nil {
		t.Errorf("%+v %s", pull, diff)
	}
}

func TestMutations(t *testing.T) {
	s := start(t, Options{})
	pull, err := s.store.pull(githubHost, "octo/infra", 7)
	if err != nil {
		t.Fatal(err)
	}
	comments := func() string { return fmt.Sprint(len(s.Comments("octo/infra", 7))) }

	got := query(t, s, "mona-token", `mutation($id: ID!, $body: String!) {
		addComment(input: {subjectId: $id, body: $body, clientMutationId: "m"}) {
			clientMutationId commentEdge { cursor node { body author { login } } } subject { id }
		}
	}`, map[string]any{"id": nodeID("PR", pull.ID), "body": "one"})
	if !strings.Contains(got, `"clientMutationId":"m"`) || !strings.Contains(got, `"node":{"author":{"login":"mona"},"body":"one"}`) {
		t.Error(got)
	}
	made := s.Comments("octo/infra", 7)[0]
	id := map[string]any{"id": made.NodeID()}

	got = query(t, s, "mona-token", `mutation($id: ID!) { updateIssueComment(input: {id: $id, body: "two"}) { clientMutationId issueComment { body } } }`, id)
	if want := `{"data":{"updateIssueComment":{"clientMutationId":null,"issueComment":{"body":"two"}}}}`; got != want {
		t.Error(got)
	}
	got = query(t, s, "mona-token", `mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OFF_TOPIC}) { clientMutationId minimizedComment { isMinimized minimizedReason } } }`, id)
	if want := `{"data":{"minimizeComment":{"clientMutationId":null,"minimizedComment":{"isMinimized":true,"minimizedReason":"off-topic"}}}}`; got != want {
		t.Error(got)
	}
	if c := s.Comments("octo/infra", 7)[0]; c.Body != "two" || c.Edits != 1 || c.Minimized != "off-topic" {
		t.Errorf("%+v", c)
	}
	got = query(t, s, "mona-token", `mutation($id: ID!) { deleteIssueComment(input: {id: $id}) { clientMutationId } }`, id)
	if want := `{"data":{"deleteIssueComment":{"clientMutationId":null}}}`; got != want || comments() != "0" {
		t.Error(got, comments())
	}
}

func TestQueryErrors(t *testing.T) {
	tests := []struct {
		name  string
		token string
		query string
		// data is the part of the answer with that name, empty for none at all.
		data   string
		errors string
	}{
		{
			"an unknown repository", "bot-token", `{repository(owner:"octo",name:"x"){id} viewer{login}}`,
			`{"repository":null,"viewer":{"login":"github-actions[bot]"}}`,
			`[{"locations":[{"line":1,"column":2}],"message":"Could not resolve to a Repository with the name 'octo/x'.","path":["repository"],"type":"NOT_FOUND"}]`,
		},
		{
			"an unknown pull request", "bot-token", `{repository(owner:"octo",name:"infra"){pullRequest(number:9){id}}}`,
			`{"repository":{"pullRequest":null}}`,
			`[{"locations":[{"line":1,"column":40}],"message":"Could not resolve to a PullRequest with the number of 9.","path":["repository","pullRequest"],"type":"NOT_FOUND"}]`,
		},
		{
			"a long page", "bot-token", `{repository(owner:"octo",name:"infra"){a:pullRequest(number:7){b:comments(first:101){totalCount}}}}`,
			`{"repository":{"a":null}}`,
			"[{\"locations\":[{\"line\":1,\"column\":64}],\"message\":\"Requesting 101 records on the `comments` connection exceeds the `first` limit of 100 records.\",\"path\":[\"repository\",\"a\",\"b\"],\"type\":\"EXCESSIVE_PAGINATION\"}]",
		},
		{
			"a page without end", "bot-token", `{repository(owner:"octo",name:"infra"){pullRequest(number:7){comments{totalCount}}}}`,
			`{"repository":{"pullRequest":null}}`, `MISSING_PAGINATION_BOUNDARIES`,
		},
		{
			"no cursor", "bot-token", `{repository(owner:"octo",name:"infra"){pullRequest(number:7){comments(first:1,after:"x"){totalCount}}}}`,
			`{"repository":{"pullRequest":null}}`, `INVALID_CURSOR_ARGUMENTS`,
		},
		{
			"an unknown node", "bot-token", `{node(id:"IC_x"){id}}`, `{"node":null}`,
			`Could not resolve to a node with the global id of 'IC_x'`,
		},
		{
			"a read-only token", "fork-token", `mutation{addComment(input:{subjectId:"x",body:"x"}){clientMutationId}}`,
			`{"addComment":null}`, `"message":"Resource not accessible by integration","path":["addComment"],"type":"FORBIDDEN"`,
		},
		{
			"a subject that is none", "bot-token", `mutation{addComment(input:{subjectId:"x",body:"x"}){clientMutationId}}`,
			`{"addComment":null}`, `Could not resolve to a node with the global id of 'x'`,
		},
		{"an unknown field", "bot-token", `{viewer{shoeSize}}`, ``, `shoeSize`},
		{"a missing variable", "bot-token", `query($x:ID!){node(id:$x){id}}`, ``, `must be defined`},
		{"no query", "bot-token", `{`, ``, `Expected Name`},
	}
	s := start(t, Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got struct{ Data, Errors json.RawMessage }
			if err := json.Unmarshal([]byte(query(t, s, test.token, test.query, nil)), &got); err != nil {
				t.Fatal(err)
			}
			if string(got.Data) != test.data || !strings.Contains(string(got.Errors), test.errors) {
				t.Errorf("data %s, errors %s", got.Data, got.Errors)
			}
		})
	}
}

// pages lists comments page by page, and lets something happen between the pages.
func pages(t *testing.T, s *Server, arguments string, between func()) []string {
	t.Helper()
	text := `query($after: String) { repository(owner: "octo", name: "infra") { pullRequest(number: 7) {
		comments(first: 2, after: $after` + arguments + `) { pageInfo { endCursor hasNextPage } nodes { body } } } } }`
	var bodies []string
	variables := map[string]any{}
	for {
		var got struct {
			Data struct {
				Repository struct {
					PullRequest struct {
						Comments struct {
							PageInfo struct {
								EndCursor   string
								HasNextPage bool
							}
							Nodes []struct{ Body string }
						}
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(query(t, s, "mona-token", text, variables)), &got); err != nil {
			t.Fatal(err)
		}
		page := got.Data.Repository.PullRequest.Comments
		for _, node := range page.Nodes {
			bodies = append(bodies, node.Body)
		}
		if !page.PageInfo.HasNextPage {
			return bodies
		}
		variables["after"] = page.PageInfo.EndCursor
		between()
	}
}

func TestPages(t *testing.T) {
	s := start(t, Options{})
	for i := range 5 {
		comment(t, s, "mona", fmt.Sprint(i))
	}
	if got := pages(t, s, "", func() {}); fmt.Sprint(got) != "[0 1 2 3 4]" {
		t.Errorf("in order: %v", got)
	}
	if got := pages(t, s, ", orderBy: {field: UPDATED_AT, direction: DESC}", func() {}); fmt.Sprint(got) != "[4 3 2 1 0]" {
		t.Errorf("backwards: %v", got)
	}
	last := query(t, s, "mona-token", `{repository(owner:"octo",name:"infra"){pullRequest(number:7){comments(last:2){nodes{body} pageInfo{hasPreviousPage hasNextPage}}}}}`, nil)
	if !strings.Contains(last, `"nodes":[{"body":"3"},{"body":"4"}],"pageInfo":{"hasNextPage":false,"hasPreviousPage":true}`) {
		t.Error(last)
	}

	deletions := s.Comments("octo/infra", 7)
	got := pages(t, s, "", func() {
		if err := s.DeleteComment(deletions[0].ID); err != nil {
			t.Error(err)
		}
		deletions = deletions[1:]
	})
	if fmt.Sprint(got) != "[0 1 2 3 4]" {
		t.Errorf("with comments deleted between the pages: %v", got)
	}
}
