package githubapi

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestPage(t *testing.T) {
	s := start(t, Options{})
	comment(t, s, "mona", "Looks *good*, <script>alert(1)</script>")
	edited := comment(t, s, bot, "x")
	if _, _, err := s.store.edit(githubHost, edited.ID, bot, "> [!CAUTION]\n> Deletes `a`\n\n```diff\n+ b\n```"); err != nil {
		t.Fatal(err)
	}
	old := comment(t, s, bot, "old")
	if err := s.Minimize(old.ID); err != nil {
		t.Fatal(err)
	}

	page, err := s.Page("octo/infra", 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<h1>Move the queue <span class="number">#7</span></h1>`,
		`<span class="badge">Open</span>`,
		`<span class="avatar" aria-hidden="true">M</span>`,
		`<span class="avatar app" aria-hidden="true">G</span>`,
		`<strong>mona</strong> commented`,
		`<strong>github-actions</strong> <span class="label">bot</span> commented`,
		`<span class="edited">• edited</span>`,
		`<p>Looks <em>good</em>,`,
		`class="markdown-alert markdown-alert-caution"`,
		`class="diff-add"`,
		`This comment was marked as outdated.`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("the page has a script")
	}
	if strings.Count(page, `class="edited"`) != 1 {
		t.Error("not just the one comment is shown as edited")
	}

	browser, proxied := &http.Client{}, client(t, s)
	for address, c := range map[string]*http.Client{
		s.PageURL("octo/infra", 7):                  browser,
		s.PageURL(enterprise+"/octo/infra", 7):      browser,
		"https://github.com/octo/infra/pull/7":      proxied,
		"https://ghe.example.com/octo/infra/pull/7": proxied,
	} {
		status, header, body := send(t, c, "", http.MethodGet, address, "")
		if status != http.StatusOK || !strings.Contains(body, "<h1>Move the queue") || header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d", address, status)
		}
	}
	if status, _, _ := send(t, browser, "", http.MethodGet, s.PageURL("octo/infra", 8), ""); status != http.StatusNotFound {
		t.Errorf("an unknown pull request: %d", status)
	}
	if _, err := s.Page("octo/infra", 8); err == nil {
		t.Error("there is a page for an unknown pull request")
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		59 * time.Second:  "now",
		90 * time.Second:  "1 minute ago",
		59 * time.Minute:  "59 minutes ago",
		100 * time.Minute: "1 hour ago",
		49 * time.Hour:    "2 days ago",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
