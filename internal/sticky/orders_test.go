package sticky

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"dagger/iac/marker"

	"iac/internal/githubapi"
)

func TestOneCommentIsKept(t *testing.T) {
	w := newWorld(t)
	w.publish(text(0, "3 to create"))
	w.asked(list, post, list)
	w.publish(text(time.Minute, "2 to create"))
	w.asked(list, post, list, list, patch, list)
	w.left(text(time.Minute, "2 to create"))
	w.warned()
}

func TestEqualTextIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	w.add(bot, strings.ReplaceAll(text(0, "nothing to change"), "\n", "\r\n")+"\r\n")
	w.publish(text(0, "nothing to change"))
	w.asked(list)
	w.warned()
}

// Otherwise a run that began between the two could write over it.
func TestTextThatDiffersInItsBeginningOnlyIsSent(t *testing.T) {
	w := newWorld(t)
	w.add(bot, text(0, "nothing to change"))
	w.publish(text(time.Minute, "nothing to change"))
	w.left(text(time.Minute, "nothing to change"))
}

func TestCommentOfALaterRunStays(t *testing.T) {
	unknown := about(0)
	unknown.Began = time.Time{}
	newer := strings.Replace(text(time.Second, "1 to create"), `Z"} -->`, `Z","digest":"ab"} -->`, 1)
	for name, test := range map[string]struct {
		there string
		stays bool
	}{
		"earlier":                      {text(-time.Second, "1 to create"), false},
		"at the same time":             {text(0, "1 to create"), false},
		"a millisecond later":          {text(time.Millisecond, "1 to create"), true},
		"later, by a newer iac":        {newer, true},
		"not known":                    {textFor(unknown, "1 to create"), false},
		"an hour ahead of now":         {text(65*time.Minute, "1 to create"), true},
		"more than an hour ahead":      {text(65*time.Minute+time.Millisecond, "1 to create"), false},
		"years ahead, for a bad clock": {text(50_000*time.Hour, "1 to create"), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.add(bot, test.there)
			w.publish(text(0, "2 to create"))
			if !test.stays {
				w.left(text(0, "2 to create"))
				w.warned()
				return
			}
			w.left(test.there)
			w.asked(list)
			w.warned("a run that began later (2026-01-02T1", "has already reported on this pull request")
		})
	}
}

func TestOnlyAnExistingCommentIsBroughtUpToDate(t *testing.T) {
	w := newWorld(t)
	w.publisher.OnlyExisting = true
	w.publish(text(0, "nothing to change"))
	w.left()
	w.add(bot, text(-time.Hour, "3 to create"))
	w.publish(text(0, "nothing to change"))
	w.left(text(0, "nothing to change"))
}

func TestCommentsOfOthersAreNeitherReadNorChanged(t *testing.T) {
	w := newWorld(t)
	old := text(-time.Hour, "old")
	other := func(change func(*marker.Marker)) string {
		m := about(-time.Hour)
		change(&m)
		return textFor(m, "old")
	}
	var want []string
	for _, c := range []struct{ login, body string }{
		{stranger, old},
		{stranger, text(time.Minute, "of a later run, they say")},
		{bot, "a comment of another workflow"},
		{bot, "Look at this:\n\n" + old},
		{bot, "```\n" + old + "\n```"},
		{bot, " " + old},
		{bot, strings.Replace(old, " -->", " --> x", 1)},
		{bot, strings.Replace(old, `"v":1`, `"v":2`, 1)},
		{bot, other(func(m *marker.Marker) { m.Key = "nightly" })},
		{bot, other(func(m *marker.Marker) { m.Stack = "acme/dev" })},
		{bot, other(func(m *marker.Marker) { m.Project = "site" })},
	} {
		w.add(c.login, c.body)
		want = append(want, c.body)
	}
	w.publish(text(0, "new"))
	w.publish(text(time.Second, "newer"))
	w.left(append(want, text(time.Second, "newer"))...)
	w.warned()
}

func TestCommentIsFoundBehind250Others(t *testing.T) {
	w := newWorld(t)
	for i := range 250 {
		w.add(stranger, fmt.Sprint("comment ", i))
	}
	own := w.add(bot, text(-time.Hour, "old"))
	w.publish(text(0, "new"))
	all := w.comments()
	if c := all[len(all)-1]; len(all) != 251 || c.ID != own.ID || c.Body != text(0, "new") {
		t.Errorf("there are %d comments, the last is %+v", len(all), c)
	}
}

func TestEnterpriseServer(t *testing.T) {
	w := newWorld(t)
	w.github.AddPullRequest(onPrem+"/acme/shop", number, "On premises")
	w.publisher.GH = w.gh("GH_HOST="+onPrem, "GH_ENTERPRISE_TOKEN="+token)
	w.publisher.Repository.Host = onPrem
	w.publish(text(0, "1"))
	w.publish(text(time.Second, "2"))
	if there := w.github.Comments(onPrem+"/acme/shop", number); len(there) != 1 || there[0].Body != text(time.Second, "2") {
		t.Errorf("the Enterprise Server has %+v", there)
	}
	w.left()
}

// What happens to the comment that is there, at each moment of a publication.
func TestCommentChangedMeanwhile(t *testing.T) {
	old, fresh, later := text(-time.Hour, "old"), text(0, "new"), text(time.Minute, "later")
	for name, test := range map[string]struct {
		method string
		skip   int
		act    func(*world, githubapi.Comment)
		want   []string
	}{
		"deleted before the look":   {list, 0, func(w *world, c githubapi.Comment) { w.must(w.github.DeleteComment(c.ID)) }, []string{fresh}},
		"minimised before the look": {list, 0, func(w *world, c githubapi.Comment) { w.must(w.github.Minimize(c.ID)) }, []string{old, fresh}},
		"deleted before the edit":   {patch, 0, func(w *world, c githubapi.Comment) { w.must(w.github.DeleteComment(c.ID)) }, []string{fresh}},
		// It had the new text already: nobody needs another one.
		"deleted after the edit":                 {list, 1, func(w *world, c githubapi.Comment) { w.must(w.github.DeleteComment(c.ID)) }, nil},
		"minimised after the edit":               {list, 1, func(w *world, c githubapi.Comment) { w.must(w.github.Minimize(c.ID)) }, []string{fresh}},
		"written by a later run before the look": {list, 0, func(w *world, c githubapi.Comment) { w.must(w.github.EditComment(c.ID, bot, later)) }, []string{later}},
		"written by a later run after the edit":  {list, 1, func(w *world, c githubapi.Comment) { w.must(w.github.EditComment(c.ID, bot, later)) }, []string{later}},
		"written by a slow older run after the edit": {list, 1, func(w *world, c githubapi.Comment) {
			w.must(w.github.EditComment(c.ID, bot, text(-time.Minute, "slow")))
		}, []string{fresh}},
		"a twin by an older run after the look": {patch, 0, func(w *world, _ githubapi.Comment) { w.add(bot, text(-time.Minute, "twin")) }, []string{fresh}},
		"a twin by a later run after the look":  {patch, 0, func(w *world, _ githubapi.Comment) { w.add(bot, later) }, []string{later}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.add(bot, old)
			w.before(test.method, test.skip, func() { test.act(w, c) })
			w.publish(fresh)
			w.left(test.want...)
		})
	}
}

// While a publication waits for GitHub, a later run reports: what was about to be written is not.
func TestLaterRunReportsDuringAWait(t *testing.T) {
	w := newWorld(t)
	c := w.add(bot, text(-time.Hour, "old"))
	w.github.Fail(githubapi.Fault{Match: is(patch), Kind: githubapi.BadGateway})
	later := text(time.Minute, "later")
	w.clock.onWait = func() { w.must(w.github.EditComment(c.ID, bot, later)) }
	w.publish(text(0, "new"))
	w.left(later)
	w.asked(list, patch, list)
	w.warned("trying again", "a run that began later")
}

func TestTwinsBecomeOne(t *testing.T) {
	mine, earlier, later := text(0, "mine"), text(-time.Minute, "earlier"), text(time.Minute, "later")
	for name, test := range map[string]struct {
		there []string
		want  string
		asked []string
	}{
		"two earlier ones":               {[]string{earlier, earlier}, mine, []string{list, patch, list, remove, list}},
		"three earlier ones":             {[]string{earlier, earlier, earlier}, mine, []string{list, patch, list, remove, list, remove, list}},
		"the second has it":              {[]string{earlier, mine}, mine, []string{list, patch, list, remove, list}},
		"the first is of a later run":    {[]string{later, earlier}, later, []string{list, remove, list}},
		"the second is of a later run":   {[]string{earlier, later}, later, []string{list, patch, list, remove, list}},
		"both are of the same later run": {[]string{later, later}, later, []string{list, remove, list}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, body := range test.there {
				w.add(bot, body)
			}
			first := w.comments()[0].ID
			w.before(remove, 0, func() {
				if body := w.comments()[0].Body; body != test.want {
					t.Errorf("a twin is deleted while the first comment is %q", body)
				}
			})
			w.publish(mine)
			w.left(test.want)
			w.asked(test.asked...)
			if id := w.comments()[0].ID; id != first {
				t.Errorf("comment %d is left, want the oldest, %d", id, first)
			}
		})
	}
}

// Two jobs whose first looks come before either has created its comment.
func TestTwoJobsAtOnceLeaveOneComment(t *testing.T) {
	for name, second := range map[string]time.Duration{"the second began later": time.Minute, "they began at once": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.twoLookFirst()
			bodies := []string{text(0, "first"), text(second, "second")}
			var jobs sync.WaitGroup
			for _, body := range bodies {
				jobs.Go(func() { w.must(w.newPublisher().Publish(t.Context(), body)) })
			}
			jobs.Wait()
			left := w.comments()
			if len(left) != 1 {
				t.Fatalf("%d comments are left", len(left))
			}
			if second > 0 && left[0].Body != bodies[1] {
				t.Errorf("it is %q", left[0].Body)
			}
		})
	}
}

// A broken Pulumi.yaml does not tell the project.
func TestAProjectThatIsNotKnownTakesTheOnlyComment(t *testing.T) {
	of := func(project string, after time.Duration) marker.Marker {
		m := about(after)
		m.Project = project
		return m
	}
	unknown := textFor(of("", time.Minute), "could not start")
	for name, test := range map[string]struct{ there, left []string }{
		"none":             {nil, nil},
		"one":              {[]string{"shop"}, []string{textFor(of("shop", time.Minute), "could not start")}},
		"several projects": {[]string{"shop", "web"}, []string{textFor(of("shop", 0), "shop"), textFor(of("web", 0), "web")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, project := range test.there {
				w.add(bot, textFor(of(project, 0), project))
			}
			w.publish(unknown)
			w.left(test.left...)
		})
	}
}
