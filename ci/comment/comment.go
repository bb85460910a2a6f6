// Package comment writes the comment of a pull request from the report of a run.
//
// Everything in it that the program, the stack or Pulumi could have chosen stands inside code, where
// GitHub reads no Markdown and no HTML. The exceptions are the two links, whose texts are ours.
package comment

import (
	"time"

	"dagger/iac/report"
)

// ID is what a comment belongs to: there is one comment on a pull request for each.
type ID struct {
	Project string `json:"project"`
	Stack   string `json:"stack"`
	// Key tells apart two comments for the same stack; empty for most.
	Key string `json:"key,omitempty"`
}

// Content is what a comment says.
type Content struct {
	ID     ID
	Report report.Report
	// NotRun says why Pulumi was not run or did not come to its end, such as dependencies that could not
	// be installed. Empty for most; where it is set, Report says nothing and the comment shows these words.
	NotRun string
	// Commit, RunURL and Time stand in the last line, each where it is not empty. RunURL is left out if it
	// is no http or https URL.
	Commit string
	RunURL string
	Time   time.Time
}

// SaysNothing reports whether a comment about r would tell a reviewer nothing: the run succeeded, nothing
// is to change, and nobody has anything to remark.
func SaysNothing(r report.Report) bool {
	return r.ExitCode == 0 && r.Summarised && !r.Disputed && counted(r) == "" &&
		len(r.Diagnostics) == 0 && len(r.Policies) == 0
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
	l := usual
	page := newPage(c, l)
	around := page.execute()
	for len(around) > maxTop && l != l.halved() {
		l = l.halved()
		page = newPage(c, l)
		around = page.execute()
	}
	page.Fold = newFold(c.Report, maxBytes-len(around))
	return page.execute()
}

// limits are what may be shown of texts of others above the fold.
type limits struct {
	// name is in bytes, text (of a message) in bytes and lines.
	name, text, lines int
}

// How many of each are named before the rest is only counted.
const (
	maxDoomed     = 20
	maxProblems   = 10
	maxOutputs    = 20
	maxProperties = 5
)

// usual is enough for nearly every run. Texts of nothing but backticks, which take fences as long as they
// are, take less.
var usual = limits{name: 240, text: 4000, lines: 24}

func (l limits) halved() limits {
	return limits{name: max(20, l.name/2), text: max(200, l.text/2), lines: max(4, l.lines/2)}
}
