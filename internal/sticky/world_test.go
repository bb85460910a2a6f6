// Package sticky tests how the one comment on a pull request is kept, with the real gh and a stand-in for
// GitHub, on a clock that does not let anybody wait.
package sticky

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dagger/iac/marker"
	"dagger/iac/pullrequest"
	"dagger/iac/sticky"

	"iac/internal/githubapi"
)

const (
	repo     = "acme/shop"
	number   = 7
	onPrem   = "ghe.example.com"
	bot      = "github-actions[bot]"
	token    = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
	readOnly = "ghs_readonly000000000000000000000000000"
	stranger = "mona"
)

// began is when the run of most tests began, and now is when it publishes.
var (
	began = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	now   = began.Add(5 * time.Minute)
)

// text is a comment of a run that began some time after the usual one.
func text(after time.Duration, words string) string { return textFor(about(after), words) }

func textFor(m marker.Marker, words string) string { return m.String() + "\n### " + words }

func about(after time.Duration) marker.Marker {
	return marker.Marker{Project: "shop", Stack: "acme/prod", Began: began.Add(after)}
}

// clock is one that is put forward by waiting.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
	// onWait is called before a wait; nil for most.
	onWait func()
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	if c.onWait != nil {
		c.onWait()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.waits = append(c.waits, d)
	return context.Cause(ctx)
}

// world is a GitHub with one pull request.
type world struct {
	t         *testing.T
	github    *githubapi.Server
	clock     *clock
	publisher *sticky.Publisher

	mu       sync.Mutex
	warnings []string
	// seen are the requests that were looked at.
	seen int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	github, err := githubapi.Start(githubapi.Options{Hosts: []string{onPrem}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := github.Close(); err != nil {
			t.Error(err)
		}
	})
	github.AddUser(githubapi.User{Token: token, Login: bot})
	github.AddUser(githubapi.User{Token: token, Login: bot, Host: onPrem})
	github.AddUser(githubapi.User{Token: readOnly, Login: bot, ReadOnly: true})
	github.AddPullRequest(repo, number, "Move the shop to larger machines")
	w := &world{t: t, github: github, clock: &clock{now: now}}
	w.publisher = w.newPublisher()
	return w
}

// twoLookFirst lets nobody create anything before two have looked.
func (w *world) twoLookFirst() {
	var looks sync.WaitGroup
	looks.Add(2)
	var mu sync.Mutex
	seen := 0
	w.github.Before(func(r githubapi.Request) {
		mu.Lock()
		first := method(r) == list && seen < 2
		if first {
			seen++
		}
		mu.Unlock()
		if first {
			looks.Done()
		}
		if method(r) == post {
			looks.Wait()
		}
	})
}

// newPublisher is one of a job of its own.
func (w *world) newPublisher() *sticky.Publisher {
	return &sticky.Publisher{
		GH:         w.gh("GH_TOKEN=" + token),
		Repository: pullrequest.Repository{Host: "github.com", Owner: "acme", Name: "shop"}, Number: number,
		Show: func(s string) string { return s },
		Warn: func(s string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.warnings = append(w.warnings, s)
		},
		Clock: w.clock,
	}
}

// gh runs the real gh, with the variables given and no others of this process.
func (w *world) gh(variables ...string) sticky.GH {
	w.t.Helper()
	path, err := exec.LookPath(filepath.Join("..", "..", "build", "bin", "gh"))
	if err != nil {
		path, err = exec.LookPath("gh")
	}
	if err != nil {
		w.t.Fatal("gh is neither in build/bin nor on PATH: make tools sees to it, or Debian's package gh")
	}
	dir := w.t.TempDir()
	environ := append(append(w.github.Env(), "HOME="+dir), variables...)
	return func(ctx context.Context, args []string, body string) (string, string, int, error) {
		if body != "" {
			file, err := os.CreateTemp(dir, "body")
			if err != nil {
				return "", "", 0, err
			}
			_, err = file.WriteString(body)
			if err := errors.Join(err, file.Close()); err != nil {
				return "", "", 0, err
			}
			args = append(slices.Clone(args), "-F", "body=@"+file.Name())
		}
		command := exec.CommandContext(ctx, path, args...)
		command.Env = environ
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		if err := command.Run(); err != nil && command.ProcessState == nil {
			return "", "", 0, err
		}
		return stdout.String(), stderr.String(), command.ProcessState.ExitCode(), nil
	}
}

func (w *world) publish(body string) {
	w.t.Helper()
	if err := w.publisher.Publish(w.t.Context(), body); err != nil {
		w.t.Fatal(err)
	}
}

// fail publishes what cannot be published, and gives the error's words.
func (w *world) fail(body string) string {
	w.t.Helper()
	err := w.publisher.Publish(w.t.Context(), body)
	if err == nil {
		w.t.Fatalf("it succeeded, and left %+v", w.comments())
	}
	return err.Error()
}

func (w *world) add(login, body string) githubapi.Comment {
	w.t.Helper()
	c, err := w.github.AddComment(repo, number, login, body)
	w.must(err)
	return c
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

func (w *world) comments() []githubapi.Comment { return w.github.Comments(repo, number) }

// left checks the texts on the pull request, the oldest first.
func (w *world) left(want ...string) {
	w.t.Helper()
	var got []string
	for _, c := range w.comments() {
		got = append(got, c.Body)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("the comments are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// warned checks that the warnings have these words, and that there are none without.
func (w *world) warned(words ...string) {
	w.t.Helper()
	all := strings.Join(w.warnings, "\n")
	if len(words) == 0 && all != "" {
		w.t.Errorf("it warned:\n%s", all)
	}
	has(w.t, all, words...)
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, part := range words {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// asked checks the requests that came, by method, a query being LIST.
func (w *world) asked(want ...string) {
	w.t.Helper()
	var got []string
	for _, r := range w.github.Requests() {
		got = append(got, method(r))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("it asked %v, want %v", got, want)
	}
}

func method(r githubapi.Request) string {
	if r.Operation != "" {
		return "LIST"
	}
	return r.Method
}

func is(want string) func(githubapi.Request) bool {
	return func(r githubapi.Request) bool { return method(r) == want }
}

// before has something done right before the request of this method comes that follows skip others of it.
func (w *world) before(want string, skip int, do func()) {
	var mu sync.Mutex
	seen := 0
	w.github.Before(func(r githubapi.Request) {
		if method(r) != want {
			return
		}
		mu.Lock()
		now := seen == skip
		seen++
		mu.Unlock()
		if now {
			do()
		}
	})
}

const (
	list   = "LIST"
	post   = http.MethodPost
	patch  = http.MethodPatch
	remove = http.MethodDelete
)
