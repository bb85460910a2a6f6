package markdown

import (
	"path/filepath"
	"testing"
	"time"

	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"
)

// found is what a recording shows as a check that was to find no change.
func found(t *testing.T, recording string, unapplied bool) comment.Check {
	t.Helper()
	r := row(t, ".", "dev", recording).Report
	if r.ExitCode == 0 {
		r.ExitCode = 7
	}
	return comment.Check{Report: r, Unapplied: unapplied}
}

// TestIssuesAboutDrift compares the issues about recorded runs with those in testdata.
func TestIssuesAboutDrift(t *testing.T) {
	c := comment.Content{
		ID:     marker.Marker{Project: "cases", Stack: "acme/dev", Verb: "drift"},
		RunURL: "https://github.com/acme/infra/actions/runs/42", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	for name, checks := range map[string][]comment.Check{
		"cloud":     {found(t, "refresh-only", false)},
		"both":      {found(t, "refresh-only", false), found(t, "same-expect", true)},
		"unapplied": {found(t, "replace", true)},
		"failed":    {found(t, "refresh-only", false), found(t, "compile-error", true)},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, filepath.Join(comments, "issues", name+".md"), comment.Drift(c, checks...))
		})
	}
	compare(t, filepath.Join(comments, "issues", "none.md"), comment.NoDrift(c))
}

// No text of others makes a difference outside code.
func TestTextsOfOthersInIssuesAboutDrift(t *testing.T) {
	both := func(c comment.Content) string {
		return comment.Drift(c, comment.Check{Report: c.Report}, comment.Check{Report: c.Report, Unapplied: true})
	}
	one := func(c comment.Content) string { return comment.Drift(c, comment.Check{Report: c.Report}) }
	for _, attack := range attacks {
		for _, exit := range []int{0, 2, 7} {
			c := everywhere(attack, exit)
			proveAs(t, both, c, 2)
			proveAs(t, one, c, 1)
			proveAs(t, comment.NoDrift, c, 1)
		}
		not := comment.Check{NotRun: attack + " "}
		proveAs(t, func(c comment.Content) string {
			not.NotRun = c.NotRun
			return comment.Drift(c, not, comment.Check{Report: report.Report{ExitCode: 7}})
		}, comment.Content{NotRun: "c" + attack}, 1)
	}
}
