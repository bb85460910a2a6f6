package sticky

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dagger/iac/marker"

	"iac/internal/githubapi"
)

const title = "Drift in acme/shop/prod"

// drift is the text of a run that found drift, or the comment of one that found none, some time after the usual one.
func drift(after time.Duration, words string) string { return textFor(driftAt(after), words) }

func driftAt(after time.Duration) marker.Marker {
	m := about(after)
	m.Verb = "drift"
	return m
}

// over is the comment with which a drift ends that began at one time, by a run that began at another one.
func over(drifted, after time.Duration, words string) string {
	m := driftAt(after)
	m.Key = began.Add(drifted).Format("2006-01-02T15:04:05.000Z")
	return textFor(m, words)
}

func (w *world) open(body string) {
	w.t.Helper()
	if err := w.publisher.OpenIssue(w.t.Context(), title, body); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) close(comment string) {
	w.t.Helper()
	if err := w.publisher.CloseIssue(w.t.Context(), comment); err != nil {
		w.t.Fatal(err)
	}
}

// there opens an issue in somebody's name.
func (w *world) there(login, body string) githubapi.Issue {
	w.t.Helper()
	i, err := w.github.AddIssue(repo, login, title, body)
	w.must(err)
	return i
}

// issue is the only issue.
func (w *world) issue() githubapi.Issue {
	w.t.Helper()
	all := w.github.Issues(repo)
	if len(all) != 1 {
		w.t.Fatalf("there are %d issues, want 1: %+v", len(all), all)
	}
	return all[0]
}

// is checks the only issue: whether it is open, its text and its comments.
func (w *world) is(state, body string, comments ...string) githubapi.Issue {
	w.t.Helper()
	i := w.issue()
	var got []string
	for _, c := range i.Comments {
		got = append(got, c.Body)
	}
	if closed := state == "closed"; i.Closed != closed || i.Body != body || !slices.Equal(got, comments) {
		w.t.Errorf("the issue is closed: %v, with the text\n%s\nand the comments\n%s\nwant it %s, with\n%s\nand\n%s",
			i.Closed, i.Body, strings.Join(got, "\n"), state, body, strings.Join(comments, "\n"))
	}
	return i
}

// did checks the requests since the last call, a query being LIST.
func (w *world) did(want ...string) {
	w.t.Helper()
	var got []string
	for _, r := range w.github.Requests()[w.seen:] {
		got = append(got, named(r))
	}
	w.seen += len(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("it asked %q, want %q", got, want)
	}
}

func named(r githubapi.Request) string {
	if r.Operation != "" {
		return list
	}
	return r.Method + " " + strings.TrimPrefix(r.Path, "/repos/"+repo+"/")
}

func TestLifeOfAnIssue(t *testing.T) {
	w := newWorld(t)
	day := 24 * time.Hour
	w.clock.now = now.Add(5 * day)
	w.close(drift(0, "no drift"))
	w.did(list)
	if all := w.github.Issues(repo); len(all) > 0 {
		t.Fatalf("a run without drift opened %+v", all)
	}

	w.open(drift(day, "1 updated"))
	w.did(list, "POST issues", list)
	if i := w.is("open", drift(day, "1 updated")); i.Title != title || i.Author != bot || i.Number != number+1 || len(i.Labels) > 0 {
		t.Errorf("it opened %+v", i)
	}
	w.open(drift(2*day, "2 updated"))
	w.did(list, "PATCH issues/8", list)
	w.is("open", drift(2*day, "2 updated"))

	w.close(drift(3*day, "no drift"))
	w.did(list, list, "POST issues/8/comments", list, list, "PATCH issues/8", list)
	if i := w.is("closed", drift(3*day, "2 updated"), over(2*day, 3*day, "no drift")); i.Reason != "completed" {
		t.Errorf("it was closed as %q", i.Reason)
	}
	w.close(drift(4*day, "no drift"))
	w.did(list)

	w.open(drift(5*day, "3 updated"))
	w.did(list, "PATCH issues/8", list)
	w.is("open", drift(5*day, "3 updated"), over(2*day, 3*day, "no drift"))
	w.close(drift(6*day, "no drift again"))
	w.is("closed", drift(6*day, "3 updated"), over(2*day, 3*day, "no drift"), over(5*day, 6*day, "no drift again"))
	w.warned()
	if len(w.comments()) > 0 {
		t.Errorf("the pull request has %+v", w.comments())
	}
}

func TestEqualTextOfAnIssueIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	w.there(bot, strings.ReplaceAll(drift(0, "1 updated"), "\n", "\r\n"))
	w.open(drift(0, "1 updated"))
	w.did(list)
}

func TestIssueOfALaterRunStays(t *testing.T) {
	later := drift(time.Minute, "later")
	for name, closed := range map[string]bool{"open": false, "closed": true} {
		for what, act := range map[string]func(*world){
			"drift":    func(w *world) { w.open(drift(0, "new")) },
			"no drift": func(w *world) { w.close(drift(0, "none")) },
		} {
			t.Run(what+", it is "+name, func(t *testing.T) {
				w := newWorld(t)
				i := w.there(bot, later)
				if closed {
					w.must(w.github.CloseIssue(repo, i.Number, "completed"))
				}
				act(w)
				w.is(name, later)
				w.did(list)
				w.warned("a run that began later (2026-01-02T15:05:05Z) has already written the issue of this stack: it stays as it is")
			})
		}
	}
}

func TestIssuesOfOthersAreNeitherReadNorChanged(t *testing.T) {
	w := newWorld(t)
	old := drift(-time.Hour, "old")
	other := func(change func(*marker.Marker)) string {
		m := driftAt(-time.Hour)
		change(&m)
		return textFor(m, "old")
	}
	for _, i := range []struct{ login, body string }{
		{stranger, old},
		{stranger, drift(time.Minute, "of a later run, they say")},
		{"github-actions", old},
		{bot, "an issue of another workflow"},
		{bot, "Look at this:\n\n" + old},
		{bot, " " + old},
		{bot, strings.Replace(old, " -->", " --> x", 1)},
		{bot, strings.Replace(old, `"v":1`, `"v":2`, 1)},
		{bot, other(func(m *marker.Marker) { m.Verb = "" })},
		{bot, other(func(m *marker.Marker) { m.Verb = "up" })},
		{bot, other(func(m *marker.Marker) { m.Key = "nightly" })},
		{bot, other(func(m *marker.Marker) { m.Stack = "acme/dev" })},
		{bot, other(func(m *marker.Marker) { m.Project = "site" })},
	} {
		w.there(i.login, i.body)
	}
	before := w.github.Issues(repo)
	w.close(drift(0, "none"))
	w.open(drift(time.Second, "new"))
	w.open(drift(2*time.Second, "newer"))
	w.close(drift(3*time.Second, "none"))
	after := w.github.Issues(repo)
	if len(after) != len(before)+1 {
		t.Fatalf("there are %d issues, were %d", len(after), len(before))
	}
	for n, i := range before {
		if fmt.Sprintf("%+v", after[n]) != fmt.Sprintf("%+v", i) {
			t.Errorf("it is %+v, was %+v", after[n], i)
		}
	}
	if own := after[len(before)]; !own.Closed || own.Body != drift(3*time.Second, "newer") || len(own.Comments) != 1 {
		t.Errorf("its own is %+v", own)
	}
	w.warned()
}

// What others have said on the issue is not the comment that ends it.
func TestCommentsOfOthersOnTheIssueStay(t *testing.T) {
	w := newWorld(t)
	i := w.there(bot, drift(0, "old"))
	var want []string
	for _, c := range []struct{ login, body string }{
		{stranger, "Who was that?"}, {stranger, over(0, 0, "planted")}, {bot, "A comment of another workflow"}, {bot, over(-time.Hour, 0, "an earlier end")},
	} {
		_, err := w.github.AddComment(repo, i.Number, c.login, c.body)
		w.must(err)
		want = append(want, c.body)
	}
	w.close(drift(time.Minute, "none"))
	w.is("closed", drift(time.Minute, "old"), append(want, over(0, time.Minute, "none"))...)
}

func TestIssueIsFoundBehind250Others(t *testing.T) {
	w := newWorld(t)
	for i := range 250 {
		w.there([]string{stranger, bot}[i%2], fmt.Sprint("issue ", i))
	}
	own := w.there(bot, drift(0, "old"))
	w.open(drift(time.Minute, "new"))
	all := w.github.Issues(repo)
	if i := all[len(all)-1]; len(all) != 251 || i.Number != own.Number || i.Body != drift(time.Minute, "new") {
		t.Errorf("there are %d issues, the last is %+v", len(all), i)
	}
}

func TestIssueOnAnEnterpriseServer(t *testing.T) {
	w := newWorld(t)
	w.github.AddPullRequest(onPrem+"/acme/shop", number, "On premises")
	w.publisher.GH = w.gh("GH_HOST="+onPrem, "GH_ENTERPRISE_TOKEN="+token)
	w.publisher.Repository.Host = onPrem
	w.open(drift(0, "1"))
	w.close(drift(time.Second, "none"))
	if all := w.github.Issues(onPrem + "/acme/shop"); len(all) != 1 || !all[0].Closed || len(all[0].Comments) != 1 {
		t.Errorf("the Enterprise Server has %+v", all)
	}
	if all := w.github.Issues(repo); len(all) > 0 {
		t.Errorf("github.com has %+v", all)
	}
}

func TestWhatPeopleDoToTheIssue(t *testing.T) {
	for name, test := range map[string]struct {
		do    func(*world, int)
		state string
		body  string
		// comment ends the drift where it is over.
		comment bool
	}{
		"closed as not planned, and it drifts still": {func(w *world, n int) {
			w.must(w.github.CloseIssue(repo, n, "not_planned"))
			w.open(drift(time.Minute, "new"))
		}, "open", drift(time.Minute, "new"), false},
		"closed, and there is no drift": {func(w *world, n int) {
			w.must(w.github.CloseIssue(repo, n, "completed"))
			w.close(drift(time.Minute, "none"))
		}, "closed", drift(0, "old"), false},
		"closed and opened again, and there is no drift": {func(w *world, n int) {
			w.must(w.github.CloseIssue(repo, n, "completed"))
			w.must(w.github.CloseIssue(repo, n, ""))
			w.close(drift(time.Minute, "none"))
		}, "closed", drift(time.Minute, "old"), true},
		"text changed, and it drifts": {func(w *world, n int) {
			w.must(w.github.EditIssue(repo, n, stranger, drift(30*time.Minute, "later, they say")))
			w.open(drift(time.Minute, "new"))
		}, "open", drift(time.Minute, "new"), false},
		"closed right after it was written": {func(w *world, n int) {
			w.before(list, 1, func() { w.must(w.github.CloseIssue(repo, n, "completed")) })
			w.open(drift(time.Minute, "new"))
		}, "closed", drift(time.Minute, "new"), false},
		"closed while it is written": {func(w *world, n int) {
			w.before(patch, 0, func() { w.must(w.github.CloseIssue(repo, n, "completed")) })
			w.open(drift(time.Minute, "new"))
		}, "open", drift(time.Minute, "new"), false},
		"opened right after it was closed": {func(w *world, n int) {
			w.before(list, 4, func() { w.must(w.github.CloseIssue(repo, n, "")) })
			w.close(drift(time.Minute, "none"))
		}, "open", drift(time.Minute, "old"), true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			i := w.there(bot, drift(0, "old"))
			test.do(w, i.Number)
			var comments []string
			if test.comment {
				comments = append(comments, over(0, time.Minute, "none"))
			}
			w.is(test.state, test.body, comments...)
			w.warned()
		})
	}
}

// Otherwise the text of somebody else would come to stand there as the bot's own.
func TestTextOfSomebodyElseIsNotKeptInAnIssueThatIsClosed(t *testing.T) {
	w := newWorld(t)
	i := w.there(bot, drift(0, "old"))
	w.must(w.github.EditIssue(repo, i.Number, stranger, drift(30*time.Minute, "planted")))
	w.close(drift(time.Minute, "none"))
	if i := w.issue(); !i.Closed || i.Body != drift(time.Minute, "none") || len(i.Comments) != 1 {
		t.Errorf("it is %+v", i)
	}
}

// People may change the title: the issue is known by its marker.
func TestTitleStays(t *testing.T) {
	w := newWorld(t)
	_, err := w.github.AddIssue(repo, bot, "P1: the shop drifts", drift(0, "old"))
	w.must(err)
	w.open(drift(time.Minute, "new"))
	if i := w.is("open", drift(time.Minute, "new")); i.Title != "P1: the shop drifts" {
		t.Errorf("the title is %q", i.Title)
	}
}

func TestTwinIssuesBecomeOne(t *testing.T) {
	const gone = "Two runs opened an issue at the same time: #8 tells about this stack."
	w := newWorld(t)
	for _, after := range []time.Duration{-2, -3, -1} {
		w.there(bot, drift(after*time.Minute, "old"))
	}
	w.open(drift(0, "new"))
	w.did(list, "PATCH issues/8", list, "PATCH issues/9", list, "PATCH issues/10", list)
	for n, i := range w.github.Issues(repo) {
		switch {
		case n == 0 && (i.Body != drift(0, "new") || i.Closed), n > 0 && (i.Body != gone || !i.Closed || i.Reason != "not_planned"):
			t.Errorf("issue %d is %+v", i.Number, i)
		}
	}
	w.close(drift(time.Minute, "none"))
	w.open(drift(2*time.Minute, "again"))
	if all := w.github.Issues(repo); len(all) != 3 || all[0].Closed || !all[1].Closed || !all[2].Closed {
		t.Errorf("there are %+v", all)
	}
}

// Two jobs whose first looks come before either has opened its issue.
func TestTwoJobsAtOnceLeaveOneOpenIssue(t *testing.T) {
	w := newWorld(t)
	w.twoLookFirst()
	var jobs sync.WaitGroup
	for _, body := range []string{drift(0, "first"), drift(time.Minute, "second")} {
		jobs.Go(func() { w.must(w.newPublisher().OpenIssue(t.Context(), title, body)) })
	}
	jobs.Wait()
	var open []githubapi.Issue
	for _, i := range w.github.Issues(repo) {
		if !i.Closed {
			open = append(open, i)
		}
	}
	if len(open) != 1 || open[0].Body != drift(time.Minute, "second") {
		t.Errorf("there are open %+v", open)
	}
}

// A job that was cut off after it had commented leaves it to the next one to close the issue, with that comment.
func TestCommentOfAJobThatWasCutOffIsTakenOver(t *testing.T) {
	w := newWorld(t)
	w.there(bot, drift(0, "old"))
	ctx, cancel := context.WithCancel(t.Context())
	w.before(patch, 0, cancel)
	w.github.Fail(githubapi.Fault{Match: is(patch), Kind: githubapi.HangUpBefore})
	if w.publisher.CloseIssue(ctx, drift(time.Minute, "none")) == nil {
		t.Fatal("it closed the issue")
	}
	w.is("open", drift(0, "old"), over(0, time.Minute, "none"))
	w.github.Before(nil)
	w.close(drift(2*time.Minute, "none either"))
	w.is("closed", drift(2*time.Minute, "old"), over(0, 2*time.Minute, "none either"))
}

// issueSteps are the requests about an issue, and whether one is there before, or for the closing of one its text.
var issueSteps = []struct {
	name   string
	there  bool
	closes bool
	method string
	skip   int
	// wrote is true where the issue is as it should be before the request comes.
	wrote bool
}{
	{"the first look", true, false, list, 0, false},
	{"opening", false, false, post, 0, false},
	{"the look after opening", false, false, list, 1, true},
	{"editing", true, false, patch, 0, false},
	{"the look after editing", true, false, list, 1, true},
	{"the first look for comments", true, true, list, 1, false},
	{"commenting", true, true, post, 0, false},
	{"the look after commenting", true, true, list, 2, false},
	{"the look before closing", true, true, list, 3, false},
	{"closing", true, true, patch, 0, false},
	{"the look after closing", true, true, list, 4, true},
}

// act opens or closes the issue.
func (w *world) act(closes bool) error {
	if closes {
		return w.publisher.CloseIssue(w.t.Context(), drift(0, "none"))
	}
	return w.publisher.OpenIssue(w.t.Context(), title, drift(0, "new"))
}

// acted checks that it was done.
func (w *world) acted(closes bool) {
	w.t.Helper()
	if closes {
		w.is("closed", drift(0, "old"), over(-time.Hour, 0, "none"))
	} else {
		w.is("open", drift(0, "new"))
	}
}

func TestPassingFaultLeavesOneIssueAsItShouldBe(t *testing.T) {
	for _, step := range issueSteps {
		kinds := passing
		if step.method == list {
			kinds = append(kinds[:len(kinds):len(kinds)], githubapi.QueryFailed)
		}
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s, %s", step.name, kind), func(t *testing.T) {
				w := newWorld(t)
				if step.there {
					w.there(bot, drift(-time.Hour, "old"))
				}
				w.github.Fail(githubapi.Fault{Match: is(step.method), Skip: step.skip, Kind: kind})
				w.must(w.act(step.closes))
				w.acted(step.closes)
				w.warned("trying again in")
			})
		}
	}
}

func TestLastingFaultIsAnErrorUntilTheIssueIsWritten(t *testing.T) {
	for _, step := range issueSteps {
		for kind, words := range map[githubapi.Kind][]string{
			githubapi.ServerError: {"GitHub, asked about acme/shop", "Server Error (HTTP 500)", "longer than 3m0s in all"},
			githubapi.ReadOnly:    {"github-token may not write ", "acme/shop", "it needs the permission `issues: write` (Resource not accessible by integration)"},
		} {
			t.Run(fmt.Sprintf("%s, %s", step.name, kind), func(t *testing.T) {
				w := newWorld(t)
				if step.there {
					w.there(bot, drift(-time.Hour, "old"))
				}
				w.github.Fail(githubapi.Fault{Match: is(step.method), Skip: step.skip, Times: -1, Kind: kind})
				err := w.act(step.closes)
				switch {
				case step.wrote && err != nil:
					t.Errorf("it gave %v", err)
				case step.wrote:
					w.acted(step.closes)
					w.warned(append(words, "it is not known whether the repository has a second issue of this stack")...)
				case err == nil:
					t.Errorf("it succeeded, and left %+v", w.github.Issues(repo))
				default:
					has(t, err.Error(), words...)
				}
				if waited := w.clock.Now().Sub(now); waited > 3*time.Minute {
					t.Errorf("it waited %s in all", waited)
				}
			})
		}
	}
}

func TestRefusedIssuesAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		body   string
		want   string
	}{
		"a token that only reads":           {func(w *world) { w.publisher.GH = w.gh("GH_TOKEN=" + readOnly) }, "new", "github-token may not write issues of acme/shop: it needs the permission `issues: write` (Resource not accessible by integration)"},
		"a token that nobody knows":         {func(w *world) { w.publisher.GH = w.gh("GH_TOKEN=nobody") }, "new", "invalid github-token: github.com does not take it: Bad credentials (HTTP 401)"},
		"issues are turned off":             {func(w *world) { w.github.DisableIssues(repo) }, "new", "acme/shop takes no issues: Issues has been disabled in this repository. (HTTP 410)"},
		"a repository that is not there":    {func(w *world) { w.publisher.Repository.Name = "nosuch" }, "new", "GitHub, asked about acme/nosuch: Could not resolve to a Repository with the name 'acme/nosuch'."},
		"a text that is too long":           {func(*world) {}, strings.Repeat("x", 70_000), "body is too long (maximum is 65536 characters) (HTTP 422)"},
		"a repository with a secret's name": {func(w *world) { w.publisher.Repository.Name, w.publisher.Show = "no-shop", hideShop }, "new", "GitHub, asked about acme/no-***: Could not resolve"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			err := w.publisher.OpenIssue(t.Context(), title, drift(0, test.body))
			if err == nil {
				t.Fatal("it succeeded")
			}
			has(t, err.Error(), test.want)
			if all := w.github.Issues(repo); len(all) > 0 {
				t.Errorf("it left %+v", all)
			}
			if len(w.clock.waits) > 0 {
				t.Errorf("it waited %v", w.clock.waits)
			}
			w.warned()
		})
	}
	t.Run("closing, a token that only reads", func(t *testing.T) {
		w := newWorld(t)
		w.there(bot, drift(-time.Hour, "old"))
		w.publisher.GH = w.gh("GH_TOKEN=" + readOnly)
		err := w.publisher.CloseIssue(t.Context(), drift(0, "none"))
		if err == nil {
			t.Fatal("it succeeded")
		}
		has(t, err.Error(), "github-token may not write comments on acme/shop#8: it needs the permission `issues: write` (")
		w.is("open", drift(-time.Hour, "old"))
	})
}

// A run without drift asks once, and needs no permission to write.
func TestNothingToCloseNeedsNoPermission(t *testing.T) {
	w := newWorld(t)
	w.publisher.GH = w.gh("GH_TOKEN=" + readOnly)
	w.close(drift(0, "none"))
	w.did(list)
}
