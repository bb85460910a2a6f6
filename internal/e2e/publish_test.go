package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"dagger/iac/marker"
	"iac/internal/githubapi"
)

// What the rules of publishing are is tested in internal/sticky; here, that the module keeps to them.

func isMethod(method string) func(githubapi.Request) bool {
	return func(r githubapi.Request) bool { return r.Method == method && r.Operation == "" }
}

func TestPassingFaultIsWaitedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.github.Fail(githubapi.Fault{Match: isMethod(http.MethodPost), Kind: githubapi.BadGateway})
	a := w.call(w.preview(inContainer)...)
	if a.code != 0 {
		t.Fatalf("it failed:\n%s", a.stderr)
	}
	w.has(w.comment().Body, "to create")
	w.has(a.stderr, "trying again in 1s")
}

// A fault that stays is a clear error that has the preview in it, or a warning where that is asked for.
func TestLastingFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.github.Fail(githubapi.Fault{Kind: githubapi.ReadOnly, Times: -1})
	w.has(w.fail(w.preview(inContainer)...), "acme/shop#7", "its comment was not posted", "pull-requests: write", "to create")
	a := w.call(w.preview(inContainer, "--comment-optional")...)
	if a.code != 0 {
		t.Fatalf("with comment-optional it failed:\n%s", a.stderr)
	}
	w.has(a.stdout, "to create")
	w.has(a.stderr, "pull-requests: write")
}

// The comment of a run that began later stays.
func TestLaterRunIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.succeed(w.preview(inContainer)...)
	own := w.comment()
	line, rest, _ := strings.Cut(own.Body, "\n")
	m, ok := marker.Parse(line)
	if !ok || time.Since(m.Began) > 10*time.Minute || time.Since(m.Began) < 0 {
		t.Fatalf("the marker is %s", line)
	}
	w.must(w.github.DeleteComment(own.ID))
	m.Began = time.Now().Add(30 * time.Minute)
	if _, err := w.github.AddComment(repo, number, bot, m.String()+"\n"+rest); err != nil {
		t.Fatal(err)
	}
	a := w.call(w.preview(inContainer, "--commit", "0123456789abcdef")...)
	if a.code != 0 {
		t.Fatalf("it failed:\n%s", a.stderr)
	}
	w.has(a.stderr, "a run that began later")
	w.hasNot(w.comment().Body, "0123456")
}

func TestReadOnlyTokenIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.environ = append(w.environ, "GITHUB_TOKEN="+readOnly)
	w.has(w.fail(w.preview(inContainer)...), "github-token", "pull-requests: write", "fork", "Dependabot")
}

func TestFailedCommentDoesNotHideFailedPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.github.Fail(githubapi.Fault{Kind: githubapi.ReadOnly, Times: -1})
	w.stack.Name = "organization/infra/nosuch"
	for _, more := range [][]string{nil, {"--comment-optional"}} {
		w.has(w.fail(w.preview(inContainer, more...)...), "no stack named", "comment was not posted", "pull-requests: write")
	}
}

func TestNothingToChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	if _, err := w.stack.Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", w.stack.Name); err != nil {
		t.Fatal(err)
	}
	w.succeed(w.preview(inContainer, "--comment-only-changes")...)
	if n := len(w.comments()); n != 0 {
		t.Fatalf("a comment that says nothing was posted, there are %d", n)
	}
	w.succeed(w.preview(inContainer)...)
	w.has(w.comment().Body, "nothing to change")
	w.succeed(w.preview(inContainer, "--comment-only-changes", "--commit", "0123456789abcdef")...)
	w.has(w.comment().Body, "nothing to change", "0123456")
}

func TestEachKeyAndStackHasItsComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	for range 2 {
		w.succeed(w.preview(inContainer)...)
		w.succeed(w.preview(inContainer, "--comment-key", "nightly")...)
	}
	if n := len(w.comments()); n != 2 {
		t.Errorf("two keys have %d comments", n)
	}
}

func TestEnterpriseServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	const there = "ghe.example.com/acme/shop"
	w.github.AddPullRequest(there, 12, "On premises")
	for range 2 {
		w.succeed(w.verb(inContainer, "preview", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "https://ghe.example.com/acme/shop/pull/12", "--commit", "0123456789abcdef")...)
		w.succeed(w.verb(inContainer, "preview", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "12", "--github-repository", "https://ghe.example.com/acme/shop")...)
	}
	list := w.github.Comments(there, 12)
	if len(list) != 1 || len(w.comments()) != 0 {
		t.Errorf("there are %d comments on the Enterprise Server and %d on github.com", len(list), len(w.comments()))
	}
}

func TestMissingPullRequestIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.has(w.fail(w.preview(inContainer, "--github-ref", "99")...), "99", "acme/shop#99", "to create")
}

func TestTokensInValuesAreNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	for _, args := range [][]string{
		{"--github-repository", "https://x-access-token:" + githubToken + "@github.com/acme/shop", "--github-ref", "https://github.com/acme/other/pull/7"},
		{"--github-repository", "https://x-access-token:" + githubToken + "@github.com/a b"},
		{"--github-token", githubToken},
		{"--run-url", "ftp://user:" + githubToken + "@example.com/"},
	} {
		w.hasNot(w.fail(w.preview(inContainer, args...)...), githubToken)
	}
	w.has(w.fail(w.preview(inContainer, "--github-repository", "https://ghe.example.com/acme/shop", "--github-ref", "https://github.com/acme/shop/pull/7")...), "ghe.example.com/acme/shop")
}
