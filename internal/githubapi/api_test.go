package githubapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const commentsURL = "https://api.github.com/repos/octo/infra/issues/7/comments"

func TestBodies(t *testing.T) {
	const (
		tooLong = "Body is too long (maximum is 65536 characters)"
		blank   = "Body cannot be blank"
	)
	tests := []struct {
		name    string
		body    any
		status  int
		message string
	}{
		{"as long as may be", strings.Repeat("é", 65536), http.StatusCreated, ""},
		{"one more", strings.Repeat("x", 65537), http.StatusUnprocessableEntity, tooLong},
		{"characters of two units", strings.Repeat("😀", 32769), http.StatusUnprocessableEntity, tooLong},
		{"empty", "", http.StatusUnprocessableEntity, blank},
		{"only space", " \n", http.StatusUnprocessableEntity, blank},
		{"a number", 5, http.StatusUnprocessableEntity, "is not a string"},
		{"none", nil, http.StatusUnprocessableEntity, "wasn't supplied"},
	}
	s := start(t, Options{})
	c := client(t, s)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body, err := json.Marshal(map[string]any{"body": test.body})
			if err != nil {
				t.Fatal(err)
			}
			status, _, answer := send(t, c, "bot-token", http.MethodPost, commentsURL, string(body))
			if status != test.status || !strings.Contains(answer, test.message) {
				t.Errorf("%d %.300s", status, answer)
			}
		})
	}
	if status, _, _ := send(t, c, "bot-token", http.MethodPost, commentsURL, "{"); status != http.StatusBadRequest {
		t.Errorf("broken JSON: %d", status)
	}
}

func TestRESTComment(t *testing.T) {
	s := start(t, Options{})
	made := comment(t, s, bot, "x")
	_, _, answer := send(t, client(t, s), "mona-token", http.MethodGet,
		fmt.Sprintf("https://api.github.com/repos/OCTO/infra/issues/comments/%d", made.ID), "")
	var got map[string]any
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	user := got["user"].(map[string]any)
	if user["login"] != bot || user["type"] != "Bot" {
		t.Errorf("user %v", user)
	}
	want := map[string]any{
		"id":         float64(made.ID),
		"node_id":    made.NodeID(),
		"url":        fmt.Sprintf("https://api.github.com/repos/octo/infra/issues/comments/%d", made.ID),
		"html_url":   fmt.Sprintf("https://github.com/octo/infra/pull/7#issuecomment-%d", made.ID),
		"body":       "x",
		"created_at": made.CreatedAt.Format("2006-01-02T15:04:05Z"),
		"updated_at": made.CreatedAt.Format("2006-01-02T15:04:05Z"),
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %v, want %v", key, got[key], value)
		}
	}
}

func TestRESTPages(t *testing.T) {
	s := start(t, Options{})
	for i := range 5 {
		comment(t, s, "mona", fmt.Sprint(i))
	}
	link := func(page int, name string) string {
		return fmt.Sprintf(`<%s?page=%d&per_page=2>; rel="%s"`, commentsURL, page, name)
	}
	tests := []struct {
		query string
		count int
		link  string
	}{
		{"", 5, ""},
		{"?per_page=1000", 5, ""},
		{"?per_page=2", 2, link(2, "next") + ", " + link(3, "last")},
		{"?per_page=2&page=2", 2, link(1, "prev") + ", " + link(3, "next") + ", " + link(3, "last") + ", " + link(1, "first")},
		{"?per_page=2&page=3", 1, link(2, "prev") + ", " + link(1, "first")},
		{"?page=9", 0, ""},
	}
	c := client(t, s)
	for _, test := range tests {
		_, header, answer := send(t, c, "mona-token", http.MethodGet, commentsURL+test.query, "")
		var got []map[string]any
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != test.count || (test.link != "" && header.Get("Link") != test.link) {
			t.Errorf("%q gives %d comments and the link %q", test.query, len(got), header.Get("Link"))
		}
	}
}

// Anybody who may write may change everybody's comments, as on GitHub: a client has to look itself
// whose comment it edits.
func TestWritersMayEditAll(t *testing.T) {
	s := start(t, Options{})
	made := comment(t, s, "mona", "x")
	address := fmt.Sprintf("https://api.github.com/repos/octo/infra/issues/comments/%d", made.ID)
	if status, _, answer := send(t, client(t, s), "bot-token", http.MethodPatch, address, `{"body":"y"}`); status != http.StatusOK {
		t.Errorf("%d %s", status, answer)
	}
	if c := s.Comments("octo/infra", 7)[0]; c.Author != "mona" || c.Body != "y" {
		t.Errorf("%+v", c)
	}
}

func TestBeforeActsBetweenRequests(t *testing.T) {
	s := start(t, Options{})
	made := comment(t, s, bot, "x")
	s.Before(func(r Request) {
		if r.Method == http.MethodPatch {
			if err := s.DeleteComment(made.ID); err != nil {
				t.Error(err)
			}
		}
	})
	address := fmt.Sprintf("https://api.github.com/repos/octo/infra/issues/comments/%d", made.ID)
	c := client(t, s)
	if status, _, _ := send(t, c, "bot-token", http.MethodGet, address, ""); status != http.StatusOK {
		t.Errorf("before: %d", status)
	}
	if status, _, _ := send(t, c, "bot-token", http.MethodPatch, address, `{"body":"y"}`); status != http.StatusNotFound {
		t.Errorf("after: %d", status)
	}
}

func TestFaultsCount(t *testing.T) {
	s := start(t, Options{})
	get := func(r Request) bool { return r.Method == http.MethodGet }
	s.Fail(Fault{Match: get, Skip: 1, Times: 2, Kind: ServerError})
	s.Fail(Fault{Match: func(r Request) bool { return r.Method == http.MethodPost }, Times: -1, Kind: BadGateway})
	c := client(t, s)
	var got []int
	for range 4 {
		status, _, _ := send(t, c, "bot-token", http.MethodGet, commentsURL, "")
		got = append(got, status)
	}
	for range 2 {
		status, _, _ := send(t, c, "bot-token", http.MethodPost, commentsURL, `{"body":"x"}`)
		got = append(got, status)
	}
	s.Recover()
	status, _, _ := send(t, c, "bot-token", http.MethodPost, commentsURL, `{"body":"x"}`)
	got = append(got, status)
	if want := "[200 500 500 200 502 502 201]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestStateLasts(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	first := start(t, Options{State: state})
	kept := comment(t, first, "mona", "kept")
	gone := comment(t, first, "mona", "gone")
	if err := first.Minimize(kept.ID); err != nil {
		t.Fatal(err)
	}
	if err := first.DeleteComment(gone.ID); err != nil {
		t.Fatal(err)
	}

	second := start(t, Options{State: state})
	kept.Minimized = "outdated"
	if got := second.Comments("octo/infra", 7); len(got) != 1 || got[0] != kept {
		t.Errorf("got %+v, want %+v", got, kept)
	}
	if next := comment(t, second, "mona", "next"); next.ID <= gone.ID {
		t.Errorf("the id %d is given anew after %d", next.ID, gone.ID)
	}
	text, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "token") {
		t.Errorf("a token is in the state: %s", text)
	}
}

func TestBrokenState(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(state, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(Options{State: state}); err == nil || !strings.Contains(err.Error(), state) {
		t.Errorf("error %v does not name the file", err)
	}
}

func TestStateThatCannotBeKept(t *testing.T) {
	s, err := Start(Options{State: filepath.Join(t.TempDir(), "missing", "state.json")})
	if err != nil {
		t.Fatal(err)
	}
	s.AddPullRequest("octo/infra", 7, "x")
	if err := s.Close(); err == nil {
		t.Error("Close does not say that the comments are lost")
	}
}

func TestManyAtOnce(t *testing.T) {
	s := start(t, Options{State: filepath.Join(t.TempDir(), "state.json"), Log: &strings.Builder{}})
	s.Fail(Fault{Match: func(Request) bool { return s.Requests() == nil }, Kind: ServerError})
	s.Before(func(Request) { s.Comments("octo/infra", 7) })
	c := client(t, s)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			send(t, c, "bot-token", http.MethodPost, commentsURL, fmt.Sprintf(`{"body":"%d"}`, i))
			query(t, s, "bot-token", `{repository(owner:"octo",name:"infra"){pullRequest(number:7){comments(first:100){nodes{body}}}}}`, nil)
			if _, err := s.Page("octo/infra", 7); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(s.Comments("octo/infra", 7)); got != 20 {
		t.Errorf("%d comments, want 20", got)
	}
}

func TestLogHasNoTokens(t *testing.T) {
	var log strings.Builder
	s, err := Start(Options{Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	s.AddUser(User{Token: "bot-token", Login: bot})
	send(t, client(t, s), "bot-token", http.MethodPost, "https://api.github.com/graphql", `{"query":"{viewer{login}}"}`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "POST https://api.github.com/graphql (query viewer): 200\n"; log.String() != want {
		t.Errorf("log is %q, want %q", log.String(), want)
	}
}
