package comment

import (
	"strings"
	"text/tabwriter"
)

// Text tells the same on a terminal: the outcome, a table of the stacks, and what Pulumi printed of each that changes,
// failed or has remarks.
func (a All) Text() string {
	var out strings.Builder
	out.WriteString(joined(a.word(), ": ", a.plainOutcome()) + "\n")
	if reason := a.NotStarted + a.NotApplied; reason != "" {
		out.WriteString("\n" + strings.TrimRight(reason, "\n") + "\n")
	}
	if scope := a.scope(); scope != "" {
		out.WriteString(scope + "\n")
	}
	rows := a.sorted()
	a.printTable(&out, in(rows, failed, notApplied, skipped, losing, changing, gone, remarked))
	if same := in(rows, unchanged); len(same) > 0 {
		var names []string
		for _, row := range same {
			names = append(names, line(row.Name()))
		}
		out.WriteString("\n" + number(len(same)) + " unchanged: " + strings.Join(names, ", ") + "\n")
	}
	for _, row := range in(rows, failed, notApplied, losing, changing, remarked) {
		text := printed(row.Report)
		if !row.ran() {
			text = row.NotApplied + row.NotRun
		}
		if text = strings.Trim(text, "\n"); text != "" {
			out.WriteString("\n── " + line(row.Name()) + ": " + newPage(row.content(nil), usual).Outcome + " ──\n\n" + text + "\n")
		}
	}
	return out.String()
}

// plainOutcome begins with a capital letter where no word stands before it.
func (a All) plainOutcome() string {
	if a.word() != "" {
		return a.outcome()
	}
	return a.Outcome()
}

func (a All) printTable(out *strings.Builder, rows []Row) {
	if len(rows) == 0 {
		return
	}
	out.WriteString("\n")
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = columns.Write([]byte(line(row.Name()) + "\t" + onTerminal.outcome(row) + "\t" + onTerminal.note(row) + "\n"))
	}
	_ = columns.Flush()
	for line := range strings.Lines(table.String()) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}
