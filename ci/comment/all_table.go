package comment

import (
	"strings"

	"dagger/iac/clean"
	"dagger/iac/report"
)

// table has a row a stack: its name, how much of it changes in what way, and what there is to remark.
type table struct {
	Heads []string
	Rows  []tableRow
	// Notes is true where a row has a note.
	Notes bool
	// More counts what there was no place for.
	More string
}

type tableRow struct {
	Name  string
	Cells []string
	Note  string
}

// outputsHead is the column of stacks of which nothing but outputs changes.
const outputsHead = "outputs"

// newTable makes a table of as many stacks as there are places for. Texts of others are written by code.
func (a All) newTable(rows []Row, places int, n noter) *table {
	if len(rows) == 0 {
		return nil
	}
	out := &table{}
	together := a.together()
	for _, column := range columns(together) {
		out.Heads = append(out.Heads, column.Head)
	}
	for _, row := range rows {
		if row.ran() && onlyOutputs(row.Report) {
			out.Heads = append(out.Heads, outputsHead)
			break
		}
	}
	for _, row := range rows[:min(places, len(rows))] {
		told := tableRow{Name: n.code(row.Name()), Note: n.note(row)}
		if row.state() <= skipped {
			told.Name = joined(mark(row), " ", told.Name)
		}
		numbers := map[string]string{}
		if row.ran() && row.Report.Preview == together.Preview {
			numbers = cells(row.Report)
		}
		for _, head := range out.Heads {
			told.Cells = append(told.Cells, numbers[head])
		}
		out.Notes = out.Notes || told.Note != ""
		out.Rows = append(out.Rows, told)
	}
	out.More = kindsOf(rows[len(out.Rows):], together)
	return out
}

// mark tells a stack that failed, or whose plan was not applied, at a glance.
func mark(row Row) string {
	if s := row.state(); s == failed || s == notApplied {
		return "❌"
	}
	return ""
}

// cells are the numbers of a stack by the heads of their columns. What is lost stands out.
func cells(r report.Report) map[string]string {
	counts := map[report.Operation]int{}
	for _, count := range r.Counts {
		counts[known(count.Operation)] += count.Number
	}
	r.Counts = nil
	for _, operation := range append(report.Operations(), other) {
		if n := counts[operation]; n > 0 {
			r.Counts = append(r.Counts, report.Count{Operation: operation, Number: n})
		}
	}
	out := map[string]string{}
	for _, column := range columns(r) {
		out[column.Head] = column.Number
	}
	if onlyOutputs(r) {
		out[outputsHead] = number(len(r.Outputs))
	}
	return out
}

func onlyOutputs(r report.Report) bool { return len(r.Outputs) > 0 && len(columns(r)) == 0 }

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

// noter writes what there is to remark about a stack.
type noter struct {
	// code writes a text of others.
	code func(string) string
	// reads is how many stacks are named that one reads from.
	reads int
}

func (n noter) note(row Row) string {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	switch {
	case row.Removed:
		return "removed here, its stack still exists"
	case row.NotApplied != "":
		return joined("not applied", ": ", n.code(row.NotApplied))
	case row.Skipped != "":
		return joined("not run", ": ", n.code(row.Skipped))
	case row.NotRun != "":
		return joined("Pulumi did not run to its end", ": ", n.code(row.NotRun))
	}
	add(n.failure(row.Report))
	if row.state() == remarked {
		add("unchanged")
	}
	if !row.Report.Whole() && row.Report.OK() {
		words := tense(row.Report, "what changes is not known", "what changed is not known")
		if counted(row.Report) != "" {
			words = "maybe more"
		}
		add(words)
	}
	if alert := usual.exposures(row.Report); alert != nil {
		add(alert.Title)
	}
	add(remarksOf(row.Report))
	add(n.reading(row))
	return strings.Join(parts, "; ")
}

// failure says that a run failed, and its first error.
func (n noter) failure(r report.Report) string {
	out := failure(r)
	if out == "" || surprising(r) {
		return out
	}
	remarks := withoutEcho(usual.remarks(r))
	for _, d := range r.Diagnostics {
		isEcho := len(remarks) > 0 && !remarks[0].echo && echo.MatchString(strings.TrimSpace(upTo(d.Message, 30)))
		if d.Severity == "error" && !isEcho {
			return joined(out, ": ", n.code(firstLine(d.Message)))
		}
	}
	if r.NoLog {
		return joined(out, ": ", n.code(firstLine(printed(r))))
	}
	return out
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(text, " \t\r\n"), "\n")
	return strings.TrimRight(line, "\r")
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

// cell gives a text of others as code in a table, where a bar would end the cell even in code.
func (l limits) cell(text string) string {
	return strings.ReplaceAll(l.code(text), "|", `\|`)
}

// line gives a text of others as one line of plain text.
func line(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\n", " ", "\t", " ").Replace(clean.Text(text)))
}
