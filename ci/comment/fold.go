package comment

import (
	"slices"
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

// diff is what was printed of a run: the diff, or everything where the run failed or its log is not whole.
type diff struct {
	title string
	// open is from how many lines on it is folded away.
	open int
	// What is quiet stands apart.
	loud, apart []part
}

// newFolds gives the diff of a run in at most room bytes. What is quiet stands in a fold of its own behind. It gives
// none if there is nothing to show.
func newFolds(r report.Report, quiet map[string]bool, room int) []*fold {
	d := newDiff(r, quiet)
	if d == nil {
		return nil
	}
	var out []*fold
	for _, f := range d.folds(room) {
		if f != nil {
			out = append(out, f)
		}
	}
	return out
}

// newDiff gives nothing if there is nothing to show.
func newDiff(r report.Report, quiet map[string]bool) *diff {
	understood := r.OK() && r.Whole()
	if understood && len(r.Counts)+len(r.Outputs) == 0 || onlyError(r) {
		return nil
	}
	var text string
	out := &diff{title: "Diff", open: openLines}
	if understood {
		text = diffOf(r)
	} else {
		out.title, text = "Output", printed(r)
		if len(r.Steps) == 0 {
			out.open = openLog
		}
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	out.loud = splitParts(text, lossURNs(r))
	switch {
	case len(quiet) == 0:
	case len(quiet) == r.Changes() && len(quiet) == len(r.Steps):
		out.loud, out.apart = nil, out.loud
	default:
		out.loud, out.apart = setApart(out.loud, quiet)
	}
	return out
}

// folds shows as much as there is room for: first what is loud, then what is quiet, each of which may be nil.
func (d *diff) folds(room int) [2]*fold {
	reserved := 0
	if len(d.apart) > 0 {
		// What is loud takes the other three quarters if it needs them, and what is quiet all that is left.
		reserved = leastFold + 3*foldBytes
		for _, p := range d.apart {
			reserved += 3 * p.bytes() // two fences may each be as long as all that is within
		}
		reserved = min(reserved, room/4)
	}
	loud := folded(d.title, d.loud, d.open, room-reserved)
	if loud != nil {
		room -= len(loud.Block) + foldBytes
	}
	return [2]*fold{loud, folded("Diff of quiet updates", d.apart, 0, room)}
}

// lines is how many there are.
func (d *diff) lines() int {
	n := 0
	for _, p := range slices.Concat(d.loud, d.apart) {
		n += p.lines
	}
	return n
}

// bytes is about what all of it takes, and lossBytes what is lost takes of that.
func (d *diff) bytes() int {
	n := 3 * foldBytes
	for _, p := range slices.Concat(d.loud, d.apart) {
		n += p.bytes()
	}
	return n
}

func (d *diff) lossBytes() int {
	n := 0
	for _, p := range d.loud {
		if p.loss {
			n += p.bytes()
		}
	}
	return n
}

// folded shows as much of the parts as there is room for, without being asked for if they have fewer lines than open.
func folded(title string, parts []part, open, room int) *fold {
	lines := 0
	for _, p := range parts {
		lines += p.lines
	}
	if lines == 0 {
		return nil
	}
	for budget, step := room-2*foldBytes, firstStep; budget > leastFold; budget, step = budget-min(step, budget/4), 2*step {
		// The fences are longer than any run of backticks in the block, so they are known only now.
		if out := block("diff", paint(parts, choose(parts, budget))); len(out) <= room-foldBytes {
			return &fold{Title: title + ", " + plural(lines, "line"), Open: lines < open, Block: out}
		}
	}
	return nil
}

// lossURNs are the resources whose blocks are shown before all others.
func lossURNs(r report.Report) map[string]bool {
	out := map[string]bool{}
	for _, step := range r.Steps {
		if step.Operation == report.Delete || step.Operation == report.Replace {
			out[step.URN] = true
		}
	}
	return out
}

// onlyError reports whether all that was printed stands above the fold already: an error, or the text of a run
// without a log.
func onlyError(r report.Report) bool {
	text := printed(r)
	if r.OK() || len(text) > usual.text || strings.Count(text, "\n") >= usual.lines {
		return false
	}
	if r.NoLog {
		return true
	}
	if len(r.Diagnostics) != 1 {
		return false
	}
	d := r.Diagnostics[0]
	return strings.TrimSpace(text) == d.Severity+": "+strings.TrimSpace(d.Message)
}
