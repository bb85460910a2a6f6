package comment

import (
	"strings"

	"dagger/iac/clean"
	"dagger/iac/report"
)

// table has a row a stack: its name, and what becomes of it with what there is to remark. A column of its own for remarks
// would be empty for most, and make the names wrap.
type table struct {
	Rows []tableRow
	// More counts what there was no place for.
	More string
}

type tableRow struct{ Name, Outcome, Note string }

// newTable makes a table of as many stacks as there are places for.
func newTable(rows []Row, places int, n noter, more func([]Row) string) *table {
	if len(rows) == 0 {
		return nil
	}
	out := &table{}
	for _, row := range rows[:min(places, len(rows))] {
		out.Rows = append(out.Rows, tableRow{Name: joined(mark(row), " ", n.code(row.Name())), Outcome: n.outcome(row), Note: n.note(row)})
	}
	out.More = more(rows[len(out.Rows):])
	return out
}

// mark tells a stack that failed, or whose plan was not applied, at a glance.
func mark(row Row) string {
	if s := row.state(); s == failed || s == notApplied {
		return "❌"
	}
	return ""
}

// kindsOf counts the stacks by what became of them.
func kindsOf(rows []Row, r report.Report) string {
	var parts []string
	for _, kind := range []struct {
		words  string
		states []state
	}{
		{"failed", []state{failed}},
		{"not applied", []state{notApplied}},
		{"not run", []state{skipped}},
		{tense(r, "with changes", "changed"), []state{losing, changing}},
		{"removed here", []state{gone}},
		{"unchanged", []state{remarked, unchanged}},
	} {
		if n := len(in(rows, kind.states...)); n > 0 {
			parts = append(parts, number(n)+" "+kind.words)
		}
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return number(len(rows)) + " more: " + list(parts)
}

// maxMessage is how much of a message stands in the table.
const maxMessage = 80

// noter writes what became of a stack and what there is to remark about it.
type noter struct {
	// code writes a name of others, message the beginning of what others say, and loss what must be seen.
	code, message, loss func(string) string
	// reads is how many stacks are named that one reads from.
	reads int
	// brief is true where all that changes is one number.
	brief bool
}

func (n noter) outcome(row Row) string {
	switch {
	case row.Removed:
		return "removed here, its stack still exists"
	case row.NotApplied != "":
		return "not applied"
	case row.Skipped != "":
		return "not run"
	case row.NotRun != "":
		return "Pulumi did not run to its end"
	}
	r := row.Report
	r.Counts = merged(r.Counts)
	if changes := r.Changes(); n.brief && changes > 0 {
		return joined(failure(r), "; ", plural(changes, "change"))
	}
	return outcomeWith(r, n.loss)
}

func (n noter) note(row Row) string {
	if !row.ran() {
		return n.message(pith(row.NotApplied + row.Skipped + row.NotRun))
	}
	var parts []string
	for _, part := range []string{n.message(firstError(row.Report)), remarksOf(row.Report), n.reading(row)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if alert := usual.exposures(row.Report); alert != nil {
		parts = append(parts, n.loss(alert.Title))
	}
	return strings.Join(parts, "; ")
}

// firstError is the first error of a run that failed.
func firstError(r report.Report) string {
	if r.OK() || surprising(r) {
		return ""
	}
	for _, d := range r.Diagnostics {
		if d.Severity == "error" && !echo.MatchString(strings.TrimSpace(upTo(d.Message, 30))) {
			return pith(d.Message)
		}
	}
	if r.NoLog {
		return pith(printed(r))
	}
	return ""
}

// pith is the first line of a message that says more than that something follows.
func pith(message string) string {
	begin := upTo(message, 1<<12)
	for line := range strings.Lines(begin) {
		line = strings.TrimLeft(strings.TrimSpace(line), "* ")
		if line != "" && !strings.HasSuffix(line, ":") {
			return line
		}
	}
	return strings.TrimSpace(begin)
}

// remarksOf counts what was remarked by others beside errors.
func remarksOf(r report.Report) string {
	numbers := make([]int, len(kinds))
	for _, remark := range usual.remarks(r) {
		numbers[remark.kind]++
	}
	var parts []string
	for kind, n := range numbers {
		if n > 0 && kind != failing {
			parts = append(parts, plural(n, kinds[kind]))
		}
	}
	return strings.Join(parts, ", ")
}

// reading says of which stacks the outputs will have changed when this one is applied.
func (n noter) reading(row Row) string {
	if len(row.Reads) == 0 {
		return ""
	}
	var names []string
	for i, name := range row.Reads {
		if i == n.reads {
			names = append(names, number(len(row.Reads)-i)+" more")
			break
		}
		names = append(names, n.code(name))
	}
	changes := ", which changes too"
	if len(row.Reads) > 1 {
		changes = ", which change too"
	}
	return "reads " + list(names) + changes + ": shown with the outputs of today"
}

// cells writes in a table, where a bar would end the cell even in code.
func (l limits) cells() noter {
	in := func(l limits) func(string) string {
		return func(text string) string { return strings.ReplaceAll(l.code(text), "|", `\|`) }
	}
	short := l
	short.name = min(l.name, maxMessage)
	n := noter{code: in(l), message: in(short), loss: func(text string) string { return "**" + text + "**" }, reads: maxReads}
	if l == l.tighter() {
		n.reads, n.brief = 1, true
	}
	return n
}

// onTerminal writes plain text, each in one line.
var onTerminal = noter{code: line, message: func(text string) string { return line(usual.short(text)) }, loss: plainly, reads: maxReads}

// line gives a text of others as one line.
func line(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\n", " ", "\t", " ").Replace(clean.Text(text)))
}
