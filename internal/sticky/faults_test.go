package sticky

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"iac/internal/githubapi"
)

// steps are the requests of publications, and what is on the pull request before.
var steps = []struct {
	name   string
	there  []string
	method string
	skip   int
	// wrote is true where the comment has the new text before the request comes.
	wrote bool
}{
	{"the first look", nil, list, 0, false},
	{"creating", nil, post, 0, false},
	{"the look after creating", nil, list, 1, true},
	{"editing", []string{"old"}, patch, 0, false},
	{"the look after editing", []string{"old"}, list, 1, true},
	{"deleting a twin", []string{"old", "older"}, remove, 0, true},
}

var passing = []githubapi.Kind{
	githubapi.TooManyRequests, githubapi.ForbiddenForNow, githubapi.SecondaryRateLimit, githubapi.ServerError,
	githubapi.BadGateway, githubapi.Unavailable, githubapi.GatewayTimeout, githubapi.HangUpBefore,
	githubapi.HangUpAfter, githubapi.Truncated,
}

func TestPassingFaultLeavesTheRightTextInOneComment(t *testing.T) {
	for _, step := range steps {
		kinds := passing
		if step.method == list {
			kinds = append(kinds[:len(kinds):len(kinds)], githubapi.QueryFailed)
		}
		for _, kind := range kinds {
			if step.method == remove && kind == githubapi.Truncated {
				continue // The answer to a deletion has no body that could be cut off.
			}
			t.Run(fmt.Sprintf("%s, %s", step.name, kind), func(t *testing.T) {
				w := newWorld(t)
				for i, words := range step.there {
					w.add(bot, text(time.Duration(i-60)*time.Minute, words))
				}
				w.github.Fail(githubapi.Fault{Match: is(step.method), Skip: step.skip, Kind: kind})
				w.publish(text(0, "new"))
				w.left(text(0, "new"))
				w.warned("trying again in")
			})
		}
	}
}

func TestLastingFaultIsAnErrorUntilTheTextIsThere(t *testing.T) {
	for _, step := range steps {
		for kind, words := range map[githubapi.Kind][]string{
			githubapi.ServerError: {"GitHub, asked about acme/shop#7: Server Error (HTTP 500)", "longer than 3m0s in all"},
			githubapi.BadGateway:  {"HTTP 502"},
			githubapi.ReadOnly:    {"github-token may not write comments on acme/shop#7", "`pull-requests: write`", "fork", "Dependabot"},
		} {
			t.Run(fmt.Sprintf("%s, %s", step.name, kind), func(t *testing.T) {
				w := newWorld(t)
				for i, words := range step.there {
					w.add(bot, text(time.Duration(i-60)*time.Minute, words))
				}
				w.github.Fail(githubapi.Fault{Match: is(step.method), Skip: step.skip, Times: -1, Kind: kind})
				if step.wrote {
					w.publish(text(0, "new"))
					w.warned(append(words, "it is not known whether the pull request has a second comment")...)
					if c := w.comments()[0]; c.Body != text(0, "new") {
						t.Errorf("it left %+v", c)
					}
				} else {
					has(t, w.fail(text(0, "new")), words...)
				}
				if kind == githubapi.ReadOnly && len(w.clock.waits) > 0 {
					t.Errorf("it waited %v", w.clock.waits)
				}
				if waited := w.clock.Now().Sub(now); waited > 3*time.Minute {
					t.Errorf("it waited %s in all", waited)
				}
			})
		}
	}
}

func TestRefusalsAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		body   string
		want   string
		asked  int
	}{
		"a pull request that is not there": {
			func(w *world) { w.publisher.Number = 99 }, text(0, "new"),
			"GitHub, asked about acme/shop#99: Could not resolve to a PullRequest with the number of 99.", 1,
		},
		"a token that only reads": {
			func(w *world) { w.publisher.GH = w.gh("GH_TOKEN=" + readOnly) }, text(0, "new"),
			"github-token may not write comments on acme/shop#7: it needs the permission `pull-requests: write`", 2,
		},
		"a token that nobody knows": {
			func(w *world) { w.publisher.GH = w.gh("GH_TOKEN=nobody") }, text(0, "new"),
			"invalid github-token: github.com does not take it: Bad credentials (HTTP 401)", 1,
		},
		"no token": {
			func(w *world) { w.publisher.GH = w.gh() }, text(0, "new"), "GitHub, asked about acme/shop#7: ", 0,
		},
		"a text that is too long": {
			func(*world) {}, text(0, strings.Repeat("x", 70_000)), "Body is too long (maximum is 65536 characters) (HTTP 422)", 2,
		},
		"a text without a marker": {
			func(*world) {}, "### new", "invalid comment: want a marker as its first line", 0,
		},
		"a gh that cannot be run": {
			func(w *world) {
				w.publisher.GH = func(context.Context, []string, string) (string, string, int, error) {
					return "", "", 0, errors.New("no such file")
				}
			}, text(0, "new"), "gh could not be run: no such file", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			has(t, w.fail(test.body), test.want)
			w.left()
			w.warned()
			if n := len(w.github.Requests()); n != test.asked {
				t.Errorf("it asked %d times, want %d", n, test.asked)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	const s, m = time.Second, time.Minute
	for name, test := range map[string]struct {
		faults []githubapi.Fault
		want   []time.Duration
		fails  bool
	}{
		"a secondary limit without Retry-After": {[]githubapi.Fault{{Match: is(post), Kind: githubapi.SecondaryRateLimit}}, []time.Duration{m}, false},
		"Retry-After":                           {[]githubapi.Fault{{Match: is(post), Kind: githubapi.ForbiddenForNow, RetryAfter: 30}}, []time.Duration{30 * s}, false},
		"Retry-After beyond all patience":       {[]githubapi.Fault{{Kind: githubapi.TooManyRequests, RetryAfter: 3600}}, nil, true},
		"faults that follow each other":         {[]githubapi.Fault{{Match: is(post), Times: 3, Kind: githubapi.Unavailable}}, []time.Duration{s, 2 * s, 4 * s}, false},
		"one that lasts":                        {[]githubapi.Fault{{Times: -1, Kind: githubapi.BadGateway}}, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s}, true},
		"one deadline for all requests": {[]githubapi.Fault{
			{Match: is(list), Times: 2, Kind: githubapi.SecondaryRateLimit}, {Match: is(post), Times: -1, Kind: githubapi.SecondaryRateLimit},
		}, []time.Duration{m, m, m}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, fault := range test.faults {
				w.github.Fail(fault)
			}
			err := w.publisher.Publish(t.Context(), text(0, "new"))
			if (err != nil) != test.fails {
				t.Errorf("it gave %v", err)
			}
			if fmt.Sprint(w.clock.waits) != fmt.Sprint(test.want) {
				t.Errorf("it waited %v, want %v", w.clock.waits, test.want)
			}
			if len(w.warnings) != len(test.want) {
				t.Errorf("it waited %d times and warned of %q", len(test.want), w.warnings)
			}
			for i, wait := range test.want {
				has(t, w.warnings[i], "trying again in "+wait.String())
			}
		})
	}
}

func TestEndOfTheContextEndsThePublication(t *testing.T) {
	t.Run("in a wait", func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		w.clock.onWait = cancel
		w.github.Fail(githubapi.Fault{Times: -1, Kind: githubapi.BadGateway})
		if err := w.publisher.Publish(ctx, text(0, "new")); !errors.Is(err, context.Canceled) {
			t.Errorf("it gave %v", err)
		}
		w.asked(list)
	})
	t.Run("in a request", func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		w.before(post, 0, cancel)
		w.github.Fail(githubapi.Fault{Match: is(post), Kind: githubapi.Slow, Delay: 10 * time.Minute})
		start := time.Now()
		if err := w.publisher.Publish(ctx, text(0, "new")); !errors.Is(err, context.Canceled) {
			t.Errorf("it gave %v", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		w.asked(list, post)
	})
}

func TestErrorsAndWarningsAreShownAsEverythingElseIs(t *testing.T) {
	w := newWorld(t)
	w.publisher.Show = func(s string) string {
		return strings.NewReplacer("acme/shop", "***", "Server Error", "***", "began", "***").Replace(s)
	}
	w.add(bot, text(time.Minute, "later"))
	w.publish(text(0, "new"))
	w.warned("a run that *** later")
	w.github.Fail(githubapi.Fault{Times: -1, Kind: githubapi.ServerError})
	has(t, w.fail(text(0, "new")), "GitHub, asked about ***#7: *** (HTTP 500)")
	w.warned(`GitHub answered "***", trying again`)
}
