package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"iac/internal/githubapi"
)

// steps are the requests of a publication: the list of comments while Pulumi runs, the comment
// itself, and the second look after a new one.
var steps = []struct {
	name  string
	there bool
	match func(githubapi.Request) bool
	skip  int
}{
	{"the first look", false, isQuery, 0},
	{"creating", false, isMethod(http.MethodPost), 0},
	{"the second look", false, isQuery, 1},
	{"editing", true, isMethod(http.MethodPatch), 0},
}

func isQuery(r githubapi.Request) bool { return r.Operation != "" }

func isMethod(method string) func(githubapi.Request) bool {
	return func(r githubapi.Request) bool { return r.Method == method && r.Operation == "" }
}

var passing = []githubapi.Kind{
	githubapi.TooManyRequests, githubapi.ForbiddenForNow, githubapi.SecondaryRateLimit, githubapi.BadGateway,
	githubapi.Unavailable, githubapi.HangUpBefore, githubapi.HangUpAfter, githubapi.Truncated,
}

// A fault that passes leaves the right text in exactly one comment.
func TestPassingFaults(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		for _, kind := range passing {
			t.Run(fmt.Sprintf("%s, %s", step.name, kind), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, "infra-yaml")
				if step.there {
					w.succeed(w.preview(inContainer)...)
				}
				w.github.Fail(githubapi.Fault{Match: step.match, Skip: step.skip, Kind: kind})
				a := w.call(w.preview(inContainer, "--commit", "0123456789abcdef")...)
				if a.code != 0 {
					t.Fatalf("it failed:\n%s", a.stderr)
				}
				w.has(w.comment().Body, "to create", "0123456")
				w.has(a.stderr, "trying again")
			})
		}
	}
}

// A fault that stays is a clear error that has the preview in it, or a warning where that is asked for.
func TestLastingFaults(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		for kind, words := range map[githubapi.Kind]string{
			githubapi.ServerError: "HTTP 500",
			githubapi.ReadOnly:    "pull-requests: write",
		} {
			t.Run(fmt.Sprintf("%s, %s", step.name, kind), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, "infra-yaml")
				if step.there {
					w.succeed(w.preview(inContainer)...)
				}
				w.github.Fail(githubapi.Fault{Match: step.match, Skip: step.skip, Kind: kind, Times: -1})
				if step.name == "the second look" {
					a := w.call(w.preview(inContainer, "--commit", "0123456789abcdef")...)
					w.has(a.stderr, words, "not known")
					w.has(w.comment().Body, "0123456")
					return
				}
				failed := w.fail(w.preview(inContainer, "--commit", "0123456789abcdef")...)
				w.has(failed, words, "acme/shop#7", "its comment was not posted", "to create")
				w.hasNot(failed, "trying again", "goroutine")
				if n := len(w.comments()); n > 1 {
					t.Errorf("%d comments are left", n)
				}
				a := w.call(w.preview(inContainer, "--commit", "0123456789abcdef", "--comment-optional")...)
				if a.code != 0 {
					t.Fatalf("with comment-optional it failed:\n%s", a.stderr)
				}
				w.has(a.stdout, "to create")
				w.has(a.stderr, words)
			})
		}
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.github.Fail(githubapi.Fault{Match: isMethod(http.MethodPost), Kind: githubapi.BadGateway, Times: -1})
	w.has(w.fail(w.preview(inContainer)...), "HTTP 502", "not posted", "to create")
	requests := w.github.Requests()
	if took := requests[len(requests)-1].Time.Sub(requests[0].Time).Seconds(); took > 125 {
		t.Errorf("it went on for %.0f s", took)
	}
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
	w.github.Fail(githubapi.Fault{Kind: githubapi.ServerError, Times: -1})
	w.stack.Name = "organization/infra/nosuch"
	for _, more := range [][]string{nil, {"--comment-optional"}} {
		w.has(w.fail(w.preview(inContainer, more...)...), "no stack named", "comment was not posted", "HTTP 500")
	}
}

func TestUnchangedTextIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	if _, err := w.stack.Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", w.stack.Name); err != nil {
		t.Fatal(err)
	}
	w.succeed(w.preview(inContainer)...)
	w.succeed(w.preview(inContainer)...)
	if n := w.requests(http.MethodPatch, ""); n > 1 {
		t.Errorf("the same text was sent %d times", n)
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

func TestTwoJobsAtOnceLeaveOneComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	// Each job's first look comes before either has created its comment.
	var looks sync.WaitGroup
	looks.Add(2)
	var mu sync.Mutex
	seen := 0
	w.github.Before(func(r githubapi.Request) {
		mu.Lock()
		first := isQuery(r) && seen < 2
		if first {
			seen++
		}
		mu.Unlock()
		if first {
			looks.Done()
		}
		if r.Method == http.MethodPost && r.Operation == "" {
			looks.Wait()
		}
	})
	var jobs sync.WaitGroup
	for range 2 {
		jobs.Go(func() {
			if a := w.call(w.preview(inContainer)...); a.code != 0 && !strings.Contains(a.stderr, "locked") {
				t.Errorf("a job failed:\n%s", a.stderr)
			}
		})
	}
	jobs.Wait()
	if n := w.requests(http.MethodPost, "/comments"); n != 2 {
		t.Fatalf("%d comments were created, the jobs did not meet", n)
	}
	first := int64(1 << 62)
	for _, r := range w.comments() {
		first = min(first, r.ID)
	}
	if c := w.comment(); c.ID != first {
		t.Errorf("the comment that stayed is %d", c.ID)
	}
}

func TestCommentDeletedMeanwhileIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.succeed(w.preview(inContainer)...)
	old := w.comment().ID
	var once sync.Once
	w.github.Before(func(r githubapi.Request) {
		if r.Method == http.MethodPatch {
			once.Do(func() {
				if err := w.github.DeleteComment(old); err != nil {
					t.Error(err)
				}
			})
		}
	})
	w.succeed(w.preview(inContainer, "--commit", "0123456789abcdef")...)
	if c := w.comment(); c.ID == old || !strings.Contains(c.Body, "0123456") {
		t.Errorf("it left %+v", c)
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

// Pulumi takes its time: what the first look saw may be otherwise when it is done.
func TestCommentChangedWhilePulumiRanIsSeenAgain(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*world, githubapi.Comment){
		"deleted":   func(w *world, c githubapi.Comment) { w.must(w.github.DeleteComment(c.ID)) },
		"minimised": func(w *world, c githubapi.Comment) { w.must(w.github.Minimize(c.ID)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra-yaml")
			w.succeed(w.preview(inContainer)...)
			old := w.comment()
			var once sync.Once
			looked := false
			w.github.Before(func(githubapi.Request) {
				if looked {
					once.Do(func() { act(w, old) })
				}
				looked = true
			})
			w.succeed(w.preview(inContainer)...)
			last := w.comments()[len(w.comments())-1]
			if last.ID == old.ID || last.Minimized != "" || last.Body != old.Body {
				t.Errorf("it left %+v", w.comments())
			}
		})
	}
}

func TestPassingServerErrorAtTheFirstLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.github.Fail(githubapi.Fault{Match: isQuery, Kind: githubapi.ServerError})
	w.succeed(w.preview(inContainer)...)
	w.has(w.comment().Body, "to create")
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
