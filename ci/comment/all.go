package comment

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"dagger/iac/marker"
	"dagger/iac/report"
)

// Row is one stack of a run over many.
type Row struct {
	// Dir is the folder of the project in the source, "." for its root; Stack is the stack's own name. Organization may
	// be empty.
	Dir, Project, Stack, Organization string
	// Why is why the stack was chosen.
	Why    string
	Report report.Report
	// NotRun and NotApplied are those of Content: why Pulumi was not run or did not come to its end, and why a plan was
	// not applied.
	NotRun, NotApplied string
	// Skipped says why the stack was not run on purpose, such as "infra/network:prod failed".
	Skipped string
	// Removed is true where the project or the stack's file is gone. The stack itself still exists, and nothing was run.
	Removed bool
	// Reads are the stacks, as dir:stack, that this one reads from and that change too. Its report is that of today's
	// outputs of them.
	Reads []string
	// Digest is that of the plan, empty for none.
	Digest string
}

// All is what is told of many stacks.
type All struct {
	// ID is the comment's marker, with "up", "refresh" or "drift" as its verb, or none for a preview.
	ID   marker.Marker
	Rows []Row
	// Total is how many stacks there are, chosen or not.
	Total int
	// NotStarted and NotApplied are those of Content, for the whole call. There may be rows or none.
	NotStarted, NotApplied string
	// Commit, RunURL and Time stand in the last line, each where it is not empty.
	Commit, RunURL string
	Time           time.Time
	Quiet          Quiet
}

// Name is the stack as it is called among many: dir:stack.
func (r Row) Name() string { return cmp.Or(r.Dir, ".") + ":" + r.Stack }

// content is what a comment about the stack alone would say.
func (r Row) content(quiet Quiet) Content {
	id := marker.Marker{Project: r.Project, Stack: r.Stack, Plan: r.Digest}
	if r.Organization != "" {
		id.Stack = r.Organization + "/" + r.Stack
	}
	r.Report.Counts = merged(r.Report.Counts)
	return Content{ID: id, Report: r.Report, NotRun: r.NotRun, NotApplied: r.NotApplied, Quiet: quiet}
}

// state is what became of a stack. The lower ones are told first.
type state int

const (
	failed state = iota
	notApplied
	skipped
	// losing is a change that deletes or replaces something.
	losing
	changing
	// gone is a stack whose project or file was removed.
	gone
	// remarked is a stack that stays as it is and about which there is something to say.
	remarked
	unchanged
)

func (r Row) state() state {
	switch {
	case r.Removed:
		return gone
	case r.NotApplied != "":
		return notApplied
	case r.Skipped != "":
		return skipped
	case r.NotRun != "" || !r.Report.OK() && !surprising(r.Report):
		return failed
	case loses(r.Report):
		return losing
	case counted(r.Report) != "" || !r.Report.Whole():
		return changing
	case len(r.Report.Diagnostics)+len(r.Report.Policies)+len(r.Reads) > 0:
		return remarked
	}
	return unchanged
}

// loses reports whether a run deletes or replaces something, as losses does.
func loses(r report.Report) bool {
	return lossCount(r, report.Delete) > 0 || lossCount(r, report.Replace) > 0 || slices.ContainsFunc(r.Steps, func(s report.Step) bool {
		return !halted(r, s) && (s.Pending || s.Operation == report.Delete || s.Operation == report.Replace)
	})
}

// surprising reports whether a run ended well but for changes that were not expected, as one that looks for drift does.
func surprising(r report.Report) bool {
	return r.ExitCode == Unexpected && r.Result != report.Failed && r.Result != report.Canceled
}

// sorted are the rows in the order in which they are told: by their state, and else as they came.
func (a All) sorted() []Row {
	states := map[state][]Row{}
	for _, row := range a.Rows {
		states[row.state()] = append(states[row.state()], row)
	}
	var out []Row
	for s := failed; s <= unchanged; s++ {
		out = append(out, states[s]...)
	}
	return out
}

// in gives the rows that are in one of the states.
func in(rows []Row, states ...state) []Row {
	var out []Row
	for _, row := range rows {
		if slices.Contains(states, row.state()) {
			out = append(out, row)
		}
	}
	return out
}

// Failed names the stacks that failed, were not run or not applied, in their order. One that changes where no change
// was expected is among them.
func (a All) Failed() []string {
	var out []string
	for _, row := range a.Rows {
		if s := row.state(); s <= skipped || s != gone && !row.Report.OK() {
			out = append(out, row.Name())
		}
	}
	return out
}

// SaysNothing reports whether a comment would tell a reviewer nothing: nothing changes, failed or was removed, and
// nobody has anything to remark.
func (a All) SaysNothing() bool {
	return a.NotStarted+a.NotApplied == "" && !slices.ContainsFunc(a.Rows, func(r Row) bool {
		return r.state() < remarked || !SaysNothing(r.Report)
	})
}

// Changes is the number of resources and outputs that change, over all stacks.
func (a All) Changes() int {
	n := 0
	for _, row := range a.Rows {
		if row.ran() {
			n += row.Report.Changes()
		}
	}
	return n
}

// ran reports whether there is a report of the stack.
func (r Row) ran() bool { return !r.Removed && r.Skipped+r.NotRun+r.NotApplied == "" }

// past reports whether the run was more than a preview.
func (a All) past() bool {
	if ran := slices.DeleteFunc(slices.Clone(a.Rows), func(r Row) bool { return !r.ran() }); len(ran) > 0 {
		return slices.ContainsFunc(ran, func(r Row) bool { return !r.Report.Preview })
	}
	return a.ID.Verb == "up" || a.ID.Verb == "refresh"
}

// together is one report of what happens in all stacks. Of a run that was more than a preview, what failed in its
// preview is not part of it: nothing was done there.
func (a All) together() report.Report {
	out := report.Report{Preview: !a.past()}
	var counts []report.Count
	for _, row := range a.Rows {
		if !row.ran() || row.Report.Preview != out.Preview {
			continue
		}
		counts = append(counts, row.Report.Counts...)
		out.Steps = append(out.Steps, row.Report.Steps...)
		out.Outputs = append(out.Outputs, row.Report.Outputs...)
	}
	out.Counts = merged(counts)
	return out
}

// merged adds up what is counted of the same operation. All that are not known are one.
func merged(counts []report.Count) []report.Count {
	const other report.Operation = "other"
	operations := append(report.Operations(), other)
	numbers := map[report.Operation]int{}
	for _, count := range counts {
		operation := count.Operation
		if !slices.Contains(operations, operation) {
			operation = other
		}
		numbers[operation] += count.Number
	}
	var out []report.Count
	for _, operation := range operations {
		if n := numbers[operation]; n > 0 {
			out = append(out, report.Count{Operation: operation, Number: n})
		}
	}
	return out
}

// Outcome says in words and numbers what became of the stacks, failure first.
func (a All) Outcome() string {
	out := a.outcome()
	return strings.ToUpper(out[:1]) + out[1:]
}

func (a All) outcome() string {
	switch {
	case a.NotStarted != "":
		return "could not start"
	case a.NotApplied != "":
		return "not applied"
	case len(a.Rows) == 0 && (a.ID.Verb == "" || a.ID.Verb == "up"):
		return "no stack is touched by this change"
	case len(a.Rows) == 0:
		return "no stack was chosen"
	}
	out := a.bad()
	if changed := a.changed(out != ""); changed != "" {
		out = joined(out, "; ", changed)
	}
	together := a.together()
	if counts := counted(together); counts != "" {
		out = joined(out, ": ", counts)
	}
	if unknown := a.unknown(); unknown > 0 && out != "" {
		out += ", maybe more"
	} else if unknown > 0 {
		out = tense(together, "what changes in ", "what changed in ") + a.of(unknown) + " is not known"
	}
	if n := len(in(a.Rows, gone)); n > 0 && out != "" {
		out += "; " + number(n) + " removed here"
	} else if n > 0 {
		out = plural(n, "stack") + " removed here"
	}
	if out == "" {
		return a.nothing() + " in " + plural(len(a.Rows), "stack")
	}
	return out
}

// joined puts what separates two texts between them if there are two.
func joined(a, between, b string) string {
	if a == "" {
		return b
	}
	return a + between + b
}

// bad counts the stacks that failed, were not run or not applied.
func (a All) bad() string {
	out := ""
	for _, kind := range []struct {
		state state
		words string
	}{{failed, " failed"}, {notApplied, " not applied"}, {skipped, " not run"}} {
		n := len(in(a.Rows, kind.state))
		switch {
		case n > 0 && out == "":
			out = a.of(n) + kind.words
		case n > 0:
			out += ", " + number(n) + kind.words
		}
	}
	return out
}

// changed counts the stacks that change and did not fail.
func (a All) changed(short bool) string {
	n, surprises := 0, 0
	for _, row := range in(a.Rows, losing, changing) {
		if counted(row.Report) != "" {
			n++
		}
		if surprising(row.Report) {
			surprises++
		}
	}
	if n == 0 {
		return ""
	}
	who := a.of(n)
	if short {
		who = number(n)
	}
	one, many := "changes", "change"
	switch {
	case a.ID.Verb == "drift":
		one, many = "has drifted", "have drifted"
	case a.past():
		one, many = "changed", "changed"
	}
	if n > 1 {
		one = many
	}
	if surprises > 0 && a.ID.Verb != "drift" {
		one += " unexpectedly"
	}
	return who + " " + one
}

// unknown counts the stacks of which it is not known whether this is all that changes.
func (a All) unknown() int {
	n := 0
	for _, row := range a.Rows {
		if row.ran() && (row.Report.Broken != "" || row.Report.NoLog && row.Report.OK()) {
			n++
		}
	}
	return n
}

func (a All) nothing() string {
	switch {
	case a.ID.Verb == "drift":
		return "no drift"
	case a.past():
		return "nothing changed"
	}
	return "nothing to change"
}

// looked counts the stacks that were looked at, and total all there are.
func (a All) looked() int { return len(a.Rows) - len(in(a.Rows, gone)) }
func (a All) total() int  { return max(a.Total, a.looked()) }

// of names a number of all stacks.
func (a All) of(n int) string {
	if a.total() < 2 {
		return "1 stack"
	}
	return number(n) + " of " + plural(a.total(), "stack")
}
