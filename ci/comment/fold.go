package comment

import (
	"math"
	"strings"

	"dagger/iac/report"
)

// fold is the output, folded away where it is long.
type fold struct {
	Title string
	Open  bool
	Block string
}

const (
	// openLines is how short a diff is shown without being asked for, and openLog the output of a run that
	// failed before it had a diff: the reason stands in what the program printed, not in Pulumi's error.
	openLines = 15
	openLog   = 60
	// leastFold is the room below which it is not worth to show any.
	leastFold = 1000
	// foldBytes is what a fold takes beside its block, and a block beside its lines, with a margin.
	foldBytes = 200
	// firstStep is by how much less is tried next when a block came out too long, and then twice as much.
	firstStep = 1000
)

// newFold gives the diff, or everything that was printed where the run failed or was not understood, in at
// most room bytes. It gives nil if there is nothing to show.
func newFold(r report.Report, room int) *fold {
	understood := r.ExitCode == 0 && r.Summarised && !r.Disputed
	if understood && counted(r) == "" || onlyError(r) {
		return nil
	}
	title, text, open := "Diff", r.Diff, openLines
	if !understood {
		title, text = "Output", r.Text
		if len(r.Resources) == 0 {
			open = openLog
		}
	}
	for budget, step := room-2*foldBytes, firstStep; budget > leastFold; budget, step = budget-min(step, budget/4), 2*step {
		k := keep(text, math.MaxInt, budget)
		if len(k.head) == 0 && k.left == 0 {
			return nil
		}
		lines := strings.Count(k.text, "\n") + 1
		// The fences are longer than any run of backticks in the block, so they are known only now.
		if out := block("diff", k.diff()); len(out) <= room-foldBytes {
			return &fold{Title: title + ", " + plural(lines, "line"), Open: lines < open, Block: out}
		}
	}
	return nil
}

// onlyError reports whether all that was printed is an error, which stands above the fold.
func onlyError(r report.Report) bool {
	if r.ExitCode == 0 || len(r.Diagnostics) != 1 || len(r.Text) > usual.text {
		return false
	}
	d := r.Diagnostics[0]
	return strings.TrimSpace(r.Text) == d.Severity+": "+strings.TrimSpace(d.Message)
}
