package sticky

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dagger/iac/marker"
	"dagger/iac/pullrequest"

	"iac/internal/githubapi"
)

const (
	commit  = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	another = "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"
)

// merge adds a pull request that was merged by this commit and holds others.
func (w *world) merge(repo string, number int, sha string, holds ...string) {
	w.t.Helper()
	w.github.AddPullRequest(repo, number, "A change")
	for _, c := range holds {
		w.must(w.github.AddCommit(repo, c, number))
	}
	w.must(w.github.Merge(repo, number, sha))
}

func TestMergedPullRequestIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		make   func(*world)
		commit string
		want   int
		why    string
	}{
		"its merge":                 {func(w *world) { w.merge(repo, 7, commit) }, commit, 7, ""},
		"its merge, shortened":      {func(w *world) { w.merge(repo, 7, commit) }, strings.ToUpper(commit[:7]), 7, ""},
		"one of its commits":        {func(w *world) { w.merge(repo, 7, another, commit) }, commit, 7, ""},
		"in a repository otherwise": {func(w *world) { w.merge("Acme/SHOP", 8, commit) }, commit, 8, ""},
		"among open ones": {func(w *world) {
			w.github.AddPullRequest(repo, 8, "Open")
			w.must(w.github.AddCommit(repo, commit, 8))
			w.merge(repo, 7, commit)
		}, commit, 7, ""},
		"among others that were merged with it": {func(w *world) {
			w.merge(repo, 8, another, commit)
			w.merge(repo, 7, commit)
			w.merge(repo, 9, another, commit)
		}, commit, 7, ""},
		"on the second page": {func(w *world) {
			w.merge(repo, 1000, commit)
			for i := range 150 {
				w.github.AddPullRequest(repo, 100+i, "Open")
				w.must(w.github.AddCommit(repo, commit, 100+i))
			}
		}, commit, 1000, ""},
		"none is merged":                     {func(w *world) { w.must(w.github.AddCommit(repo, commit, 7)) }, commit, 0, "no merged pull request of acme/shop has the commit " + commit},
		"none at all":                        {func(w *world) { w.must(w.github.AddCommit(repo, commit)) }, commit, 0, "no merged pull request of acme/shop has the commit " + commit},
		"a commit that GitHub does not know": {func(*world) {}, commit, 0, "acme/shop does not know the commit " + commit},
		"several, of which none is the merge": {func(w *world) {
			w.merge(repo, 9, another, commit)
			w.merge(repo, 8, another[1:]+"0", commit)
		}, commit, 0, "several merged pull requests of acme/shop have the commit " + commit + ": #8, #9"},
		"several of one merge": {func(w *world) {
			w.merge(repo, 8, commit)
			w.merge(repo, 7, commit)
		}, commit, 0, "several merged pull requests of acme/shop have the commit " + commit + ": #7, #8"},
		// Whoever has a fork could merge there what they like, with a number of their choice.
		"one of a fork": {func(w *world) { w.merge("mallory/shop", 7, commit) }, commit, 0, "no merged pull request of acme/shop"},
		"one of a fork beside our own": {func(w *world) {
			w.merge(repo, 9, commit)
			w.merge("mallory/shop", 7, commit)
		}, commit, 9, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publisher.Number = 0
			test.make(w)
			got, why, err := w.publisher.Merged(t.Context(), test.commit)
			if err != nil || got != test.want || (why == "") != (test.why == "") {
				t.Errorf("it is %d (%s), %v, want %d (%s)", got, why, err, test.want, test.why)
			}
			has(t, why, test.why)
			w.warned()
		})
	}
}

func TestMergedPullRequestOnAnEnterpriseServer(t *testing.T) {
	w := newWorld(t)
	w.merge(onPrem+"/acme/shop", 12, commit)
	w.publisher.GH = w.gh("GH_HOST="+onPrem, "GH_ENTERPRISE_TOKEN="+token)
	w.publisher.Repository = pullrequest.Repository{Host: onPrem, Owner: "acme", Name: "shop"}
	if got, why, err := w.publisher.Merged(t.Context(), commit); got != 12 || err != nil {
		t.Errorf("it is %d (%s), %v", got, why, err)
	}
}

func TestPassingFaultOfAQuestionIsWaitedOut(t *testing.T) {
	for _, kind := range passing {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			w.merge(repo, 7, commit)
			w.add(bot, textFor(planned(0, "a"), "1 to create"))
			w.github.Fail(githubapi.Fault{Match: is(http.MethodGet), Kind: kind})
			w.github.Fail(githubapi.Fault{Match: is(list), Kind: kind})
			if got, why, err := w.publisher.Merged(t.Context(), commit); got != 7 || err != nil {
				t.Errorf("it is %d (%s), %v", got, why, err)
			}
			if got, err := w.publisher.Reviewed(t.Context(), about(0)); got != planned(0, "a") || err != nil {
				t.Errorf("it is %+v, %v", got, err)
			}
			if len(w.clock.waits) != 2 {
				t.Errorf("it waited %v", w.clock.waits)
			}
		})
	}
}

func TestLastingFaultOfAQuestionIsAnError(t *testing.T) {
	for name, test := range map[string]struct {
		kind  githubapi.Kind
		token string
		words string
	}{
		"a gateway":  {githubapi.BadGateway, token, "would take longer than 3m0s in all"},
		"read-only":  {githubapi.ReadOnly, token, "Resource not accessible"},
		"bad token":  {githubapi.None, "nobody", "invalid github-token"},
		"rate limit": {githubapi.SecondaryRateLimit, token, "secondary rate limit"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.merge(repo, 7, commit)
			w.publisher.GH = w.gh("GH_TOKEN=" + test.token)
			w.github.Fail(githubapi.Fault{Kind: test.kind, Times: -1})
			w.publisher.Number = 0
			got, why, err := w.publisher.Merged(t.Context(), commit)
			if err == nil || got != 0 || why != "" {
				t.Fatalf("it is %d (%s), %v", got, why, err)
			}
			has(t, err.Error(), test.words)
			if strings.Contains(err.Error(), "#0") {
				t.Errorf("a pull request 0 is named: %v", err)
			}
			if _, err := w.publisher.Reviewed(t.Context(), about(0)); err == nil {
				t.Error("a comment was found")
			}
		})
	}
}

func TestMergedPullRequestOfARepositoryThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.publisher.Number, w.publisher.Repository.Name = 0, "nosuch"
	_, _, err := w.publisher.Merged(t.Context(), commit)
	if err == nil {
		t.Fatal("it is found")
	}
	has(t, err.Error(), "acme/nosuch is not there, or github-token may not see it: Not Found (HTTP 404)")
}

func TestQuestionsShowNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.publisher.Show = func(s string) string { return strings.ReplaceAll(s, "shop", "***") }
	w.publisher.GH = w.gh("GH_TOKEN=nobody")
	_, _, notMerged := w.publisher.Merged(t.Context(), commit)
	_, notReviewed := w.publisher.Reviewed(t.Context(), about(0))
	if all := errors.Join(notMerged, notReviewed); all == nil || strings.Contains(all.Error(), "shop") {
		t.Error(all)
	}
}

// planned is the marker of a run with a plan whose digest is this digit.
func planned(after time.Duration, digit string) marker.Marker {
	m := about(after)
	m.Plan, m.Steps = strings.Repeat(digit, 64), strings.Repeat(digit, 12)
	return m
}

func TestReviewedPlanIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		make func(*world)
		want marker.Marker
	}{
		"as it was posted": {func(w *world) { w.add(bot, textFor(planned(0, "a"), "x")) }, planned(0, "a")},
		"edited by the same bot": {func(w *world) {
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			w.must(w.github.EditComment(c.ID, bot, textFor(planned(time.Minute, "b"), "x")))
		}, planned(time.Minute, "b")},
		"mended by the bot after somebody's edit": {func(w *world) {
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			w.must(w.github.EditComment(c.ID, stranger, textFor(planned(0, "e"), "x")))
			w.must(w.github.EditComment(c.ID, bot, textFor(planned(time.Minute, "b"), "x")))
		}, planned(time.Minute, "b")},
		"of the later of two": {func(w *world) {
			w.add(bot, textFor(planned(time.Minute, "b"), "x"))
			w.add(bot, textFor(planned(0, "a"), "x"))
		}, planned(time.Minute, "b")},
		"of the later of two, the second": {func(w *world) {
			w.add(bot, textFor(planned(0, "a"), "x"))
			w.add(bot, textFor(planned(time.Minute, "b"), "x"))
		}, planned(time.Minute, "b")},
		"a failed preview has none": {func(w *world) {
			w.add(bot, textFor(planned(0, "a"), "x"))
			w.add(bot, textFor(about(time.Minute), "failed"))
		}, about(time.Minute)},
		"beside one that somebody else planted": {func(w *world) {
			w.add(bot, textFor(planned(0, "a"), "x"))
			w.add(stranger, textFor(planned(time.Minute, "e"), "x"))
			w.add("github-actions", textFor(planned(time.Minute, "e"), "x"))
		}, planned(0, "a")},
		"beside the one of up": {func(w *world) {
			w.add(bot, textFor(planned(0, "a"), "x"))
			m := planned(time.Minute, "e")
			m.Verb = "up"
			w.add(bot, textFor(m, "x"))
		}, planned(0, "a")},
		"behind 250 others": {func(w *world) {
			for i := range 250 {
				w.add(stranger, fmt.Sprint(i))
			}
			w.add(bot, textFor(planned(0, "a"), "x"))
		}, planned(0, "a")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.make(w)
			before := len(w.comments())
			if got, err := w.publisher.Reviewed(t.Context(), about(time.Hour)); got != test.want || err != nil {
				t.Errorf("it is %+v, %v, want %+v", got, err, test.want)
			}
			if len(w.comments()) != before {
				t.Errorf("there are %d comments, want %d", len(w.comments()), before)
			}
			w.asked(append([]string{list}, w.pages(before)...)...)
			w.warned()
		})
	}
}

// pages are the further requests that listing so many comments takes.
func (w *world) pages(comments int) (more []string) {
	for range (comments - 1) / 100 {
		more = append(more, list)
	}
	return more
}

func TestReviewedPlanIsNotTrusted(t *testing.T) {
	const missing, edited = "acme/shop#7 has no comment of a preview of this stack that is by the owner of github-token and not hidden", "the preview's comment was edited by "
	other := func(change func(*marker.Marker)) string {
		m := planned(0, "e")
		change(&m)
		return textFor(m, "x")
	}
	for name, test := range map[string]struct {
		make func(*world)
		want string
	}{
		"there is none": {func(*world) {}, missing},
		"somebody else planted it": {func(w *world) {
			w.add(stranger, textFor(planned(0, "e"), "x"))
			w.add("github-actions", textFor(planned(0, "e"), "x"))
		}, missing},
		"it is hidden": {func(w *world) {
			w.must(w.github.Minimize(w.add(bot, textFor(planned(0, "a"), "x")).ID))
		}, missing},
		"it is quoted by the bot":  {func(w *world) { w.add(bot, "> "+textFor(planned(0, "e"), "x")) }, missing},
		"it is of another stack":   {func(w *world) { w.add(bot, other(func(m *marker.Marker) { m.Stack = "acme/dev" })) }, missing},
		"it is of another project": {func(w *world) { w.add(bot, other(func(m *marker.Marker) { m.Project = "site" })) }, missing},
		"it has another key":       {func(w *world) { w.add(bot, other(func(m *marker.Marker) { m.Key = "nightly" })) }, missing},
		"it is that of up":         {func(w *world) { w.add(bot, other(func(m *marker.Marker) { m.Verb = "up" })) }, missing},
		"it is on another pull request": {func(w *world) {
			w.github.AddPullRequest(repo, 8, "Another")
			_, err := w.github.AddComment(repo, 8, bot, textFor(planned(0, "e"), "x"))
			w.must(err)
		}, missing},
		"somebody edited it": {func(w *world) {
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			w.must(w.github.EditComment(c.ID, stranger, textFor(planned(0, "e"), "x")))
		}, edited + "mona: https://github.com/acme/shop/pull/7#issuecomment-"},
		// A user may have the name that a bot has in GraphQL.
		"a user with the bot's name edited it": {func(w *world) {
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			w.must(w.github.EditComment(c.ID, "github-actions", textFor(planned(0, "e"), "x")))
		}, edited + "github-actions: "},
		"somebody who is gone edited it": {func(w *world) {
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			w.must(w.github.EditComment(c.ID, "", textFor(planned(0, "e"), "x")))
		}, edited + "ghost: "},
		"somebody edited an older one": {func(w *world) {
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			w.add(bot, textFor(planned(time.Minute, "b"), "x"))
			w.must(w.github.EditComment(c.ID, stranger, textFor(planned(2*time.Minute, "e"), "x")))
		}, edited + "mona: "},
		"somebody made another comment of the bot's into one": {func(w *world) {
			w.add(bot, textFor(planned(0, "a"), "x"))
			c := w.add(bot, "Coverage: 80 %")
			w.must(w.github.EditComment(c.ID, stranger, textFor(planned(time.Minute, "e"), "x")))
		}, edited + "mona: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.make(w)
			got, err := w.publisher.Reviewed(t.Context(), about(time.Hour))
			if err == nil || got != (marker.Marker{}) {
				t.Fatalf("it is %+v, %v", got, err)
			}
			has(t, err.Error(), test.want)
		})
	}
}

// Otherwise the text of somebody else would come to stand there as the bot's own.
func TestTextOfSomebodyElseIsNeverTakenOver(t *testing.T) {
	for name, twin := range map[string]bool{"in the comment itself": false, "in another one of the bot's": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.add(bot, textFor(planned(0, "a"), "x"))
			if twin {
				c = w.add(bot, "Coverage: 80 %")
			}
			w.must(w.github.EditComment(c.ID, stranger, textFor(planned(30*time.Minute, "e"), "later, they say")))
			want := planned(2*time.Minute, "b")
			w.publish(textFor(want, "new"))
			w.left(textFor(want, "new"))
			if got, err := w.publisher.Reviewed(t.Context(), about(0)); got != want || err != nil {
				t.Errorf("the plan is %+v, %v", got, err)
			}
		})
	}
}
