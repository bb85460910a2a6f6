package comment

import (
	"html"
	"slices"
	"strings"
)

// stackFold is what is told of one stack below the table.
type stackFold struct {
	Open bool
	// Summary is HTML, in which there is no Markdown.
	Summary string
	// About names the stack as Pulumi does, and says why it was chosen.
	About string
	Page  *page
	// LeftOut says that there was no room for the rest.
	LeftOut string
	// Diff is the diff itself, and Folds are what stands folded away in it.
	Diff  string
	Folds []*fold

	// Alone is true where all that is lost stands above already.
	Alone   bool
	row     Row
	content Content
	diff    *diff
}

const (
	// leastStack is about what a stack takes of which next to nothing is told.
	leastStack = 300
	// leastDiff is the room below which a diff is not worth to be begun.
	leastDiff = leastFold + 3*foldBytes
	// openStack is how long the diff of the only stack may be to be shown without being asked for.
	openStack = 60
)

func (f *stackFold) text() string {
	var out strings.Builder
	if err := allLayout.ExecuteTemplate(&out, "stack", f); err != nil {
		panic(err) // As in execute.
	}
	return out.String()
}

// folds writes those of the stacks about which there is more to say than the table does, in at most so many bytes.
func (a All) folds(rows []Row, room int) (texts []string, more string) {
	room -= len("\n\n… and 1,000,000 more stacks: see the job's log\n")
	all := a.newFolds(rows)
	if len(all) == 1 {
		all[0].Open = all[0].diff == nil || all[0].diff.lines() < openStack
		all[0].Alone = all[0].row.Report.Preview != a.past()
	}
	given, used := outlined(all[:max(0, min(len(all), room/leastStack))], room)
	fillDiffs(given, room-used)
	for _, fold := range given {
		texts = append(texts, fold.text())
	}
	if n := len(all) - len(given); n > 0 {
		more = plural(n, "more stack") + ": see the job's log"
	}
	return texts, more
}

func (a All) newFolds(rows []Row) []*stackFold {
	var out []*stackFold
	for _, row := range in(rows, failed, notApplied, losing, changing, remarked) {
		if row.state() == remarked && len(row.Report.Diagnostics)+len(row.Report.Policies) == 0 {
			continue
		}
		content := row.content(a.Quiet)
		fold := &stackFold{row: row, content: content}
		if row.ran() {
			quiet, _ := a.Quiet.of(row.Report)
			fold.diff = newDiff(row.Report, quiet)
		}
		if fold.diff != nil {
			fold.LeftOut = fold.diff.title + " left out, " + plural(fold.diff.lines(), "line") + ": see the job's log"
		}
		out = append(out, fold)
	}
	return out
}

// outlined writes all but the diffs, each within its share, of as many stacks as there is room for. It gives those and
// how many bytes they take.
func outlined(folds []*stackFold, room int) (given []*stackFold, used int) {
	needs := make([]int, len(folds))
	for i, fold := range folds {
		needs[i] = fold.within(usual)
	}
	for i, share := range shares(room, needs) {
		fold, l := folds[i], usual
		n := needs[i]
		for n > share && l != l.tighter() {
			l = l.tighter()
			n = fold.within(l)
		}
		if n > share {
			n = fold.bare(l)
		}
		if used+n > room {
			return folds[:i], used
		}
		used += n
	}
	return folds, used
}

// within writes all but the diff within limits, and gives how many bytes that takes.
func (f *stackFold) within(l limits) int {
	f.Page = newPage(f.content, l)
	if f.Alone {
		f.Page.Losses = nil
	}
	f.Summary = l.summary(f.row, f.Page.Outcome)
	about := []string{f.Page.Name}
	if why := l.code(f.row.Why); why != "" {
		about = append(about, "chosen for "+why)
	}
	if f.Page.Link != "" {
		about = append(about, f.Page.Link)
	}
	f.About = strings.Join(about, " · ")
	return len(f.text())
}

// bare leaves nothing but the line that is seen of a closed fold.
func (f *stackFold) bare(l limits) int {
	f.Summary, f.About, f.Page, f.diff = l.summary(f.row, l.cells().outcome(f.row)), "", nil, nil
	f.LeftOut = "Left out: see the job's log"
	return len(f.text())
}

// summary names a stack and says what became of it.
func (l limits) summary(row Row, outcome string) string {
	name := "<code>" + html.EscapeString(line(l.short(row.Name()))) + "</code>"
	return joined(mark(row), " ", name+": "+outcome)
}

// fillDiffs gives the diffs what room is left, what is lost before all else. Those that would get next to nothing get
// nothing, the last ones first, unless the others leave enough.
func fillDiffs(folds []*stackFold, room int) {
	var diffs, late []*stackFold
	for _, fold := range folds {
		if fold.diff != nil {
			diffs = append(diffs, fold)
		}
	}
	given := diffShares(diffs, room)
	for last := tooLittle(diffs, given); last >= 0; last = tooLittle(diffs, given) {
		late = append(late, diffs[last])
		diffs = slices.Delete(diffs, last, last+1)
		given = diffShares(diffs, room)
	}
	spare := room
	for _, n := range given {
		spare -= n
	}
	// What is left by those that are whole goes first to those that have nothing, then to those that are cut.
	var isCut []int
	for i, fold := range diffs {
		if given[i] < fold.diff.bytes() {
			isCut = append(isCut, i)
			continue
		}
		spare += given[i] - fold.fill(given[i])
	}
	for _, fold := range slices.Backward(late) {
		if spare >= leastDiff {
			spare -= fold.fill(spare)
		}
	}
	for _, i := range isCut {
		spare += given[i] - diffs[i].fill(given[i]+max(0, spare))
	}
}

// tooLittle gives the last of the diffs whose share is not worth to be begun, or -1.
func tooLittle(folds []*stackFold, given []int) int {
	for i, share := range slices.Backward(given) {
		if share < min(leastDiff, folds[i].diff.bytes()) {
			return i
		}
	}
	return -1
}

// diffShares divides room among diffs: first among what is lost in each of them, then among the rest.
func diffShares(folds []*stackFold, room int) []int {
	losses, others := make([]int, len(folds)), make([]int, len(folds))
	for i, fold := range folds {
		losses[i] = fold.diff.lossBytes()
		others[i] = max(0, fold.diff.bytes()-losses[i])
	}
	out := shares(room, losses)
	for _, n := range out {
		room -= n
	}
	for i, n := range shares(room, others) {
		out[i] += n
	}
	return out
}

// fill shows as much of the diff as there is room for, and gives how many bytes that takes.
func (f *stackFold) fill(room int) int {
	before, leftOut := len(f.text()), f.LeftOut
	folds := f.diff.folds(max(room, leastDiff))
	if loud := folds[0]; loud != nil && f.diff.title == "Diff" {
		// Who has opened the stack's fold wants to see it.
		f.Diff, folds[0] = loud.Block, nil
	}
	for _, fold := range folds {
		if fold != nil {
			f.Folds = append(f.Folds, fold)
		}
	}
	if f.Diff == "" && len(f.Folds) == 0 {
		return 0
	}
	f.LeftOut = ""
	if n := len(f.text()) - before; n <= room {
		return n
	}
	f.Diff, f.Folds, f.LeftOut = "", nil, leftOut
	return 0
}
