// Package comment writes the comment of a pull request from the report of a run.
//
// Everything in it that the program, the stack or Pulumi could have chosen stands inside code, where
// GitHub reads no Markdown and no HTML. The exceptions are the two links, whose texts are ours.
package comment

import (
	"time"

	"dagger/iac/marker"
	"dagger/iac/plan"
	"dagger/iac/report"
)

// Content is what a comment says.
type Content struct {
	// ID is the comment's marker.
	ID     marker.Marker
	Report report.Report
	// NotStarted says why nothing was run, such as a broken Pulumi.yaml. Empty for most; where it is set, Report says
	// nothing and the comment shows these words.
	NotStarted string
	// NotRun says in the same way why Pulumi was not run or did not come to its end, such as dependencies that could
	// not be installed.
	NotRun string
	// NotApplied says in the same way why a plan was not applied.
	NotApplied string
	// Commit, RunURL and Time stand in the last line, each where it is not empty. RunURL is left out if it
	// is no http or https URL.
	Commit string
	RunURL string
	Time   time.Time
	// Quiet are patterns of the properties that are not worth reading about.
	Quiet Quiet
}

// Of gives the content with the report of a preview, and with its plan in the marker. NotRun says why there is none.
func (c Content) Of(r report.Report, notRun string) Content {
	c.Report, c.NotRun = r, notRun
	if notRun == "" {
		reviewed := plan.Of(r).Reviewed()
		c.ID.Plan, c.ID.Steps = reviewed.Digest, reviewed.Steps
	}
	return c
}

// SaysNothing reports whether a comment about r would tell a reviewer nothing: the run succeeded, nothing
// is to change or left over, and nobody has anything to remark.
func SaysNothing(r report.Report) bool {
	return r.OK() && r.Whole() && counted(r) == "" && len(r.Diagnostics) == 0 && len(r.Policies) == 0
}

const (
	// maxBytes keeps a comment under GitHub's 65,536 characters, however those are counted: no character
	// is more UTF-16 units than bytes.
	maxBytes = 60_000
	// maxTop is what may stand around the folded output.
	maxTop = 36_000
)

// Render writes the comment for c, in at most 60,000 bytes. What stands above the fold is never cut away by
// a long diff.
func Render(c Content) string {
	return fitted(c, maxBytes, maxTop, func(l limits) *page { return newPage(c, l) })
}

// fitted writes a page about c in at most this many bytes, of which no more than top are around the folded output.
func fitted(c Content, bytes, top int, write func(limits) *page) string {
	l := usual
	page := write(l)
	around := page.execute()
	for len(around) > top && l != l.halved() {
		l = l.halved()
		page = write(l)
		around = page.execute()
	}
	quiet, _ := c.Quiet.of(c.Report)
	page.Folds = newFolds(c.Report, quiet, bytes-len(around))
	return page.execute()
}

// limits are what may be shown of texts of others above the fold.
type limits struct {
	// name is in bytes, text (of a message) in bytes and lines.
	name, text, lines int
	// How many of each are named before the rest is only counted.
	maxLosses, maxProblems, maxOutputs, maxProperties int
}

// usual is enough for nearly every run. Texts of nothing but backticks, which take fences as long as they
// are, take less.
var usual = limits{name: 240, text: 4000, lines: 24, maxLosses: 20, maxProblems: 10, maxOutputs: 20, maxProperties: 5}

func (l limits) halved() limits {
	l.name, l.text, l.lines = max(20, l.name/2), max(200, l.text/2), max(4, l.lines/2)
	return l
}
