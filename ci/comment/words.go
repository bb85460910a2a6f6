package comment

import (
	"strconv"
	"strings"

	"dagger/iac/report"
)

// number writes n with commas between its thousands.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural writes n and what is counted.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// words are how an operation is called: its mark in Pulumi's output, and what will be and has been done.
type words struct{ mark, present, past string }

var operations = map[report.Operation]words{
	report.Create:            {"+", "create", "created"},
	report.Update:            {"~", "update", "updated"},
	report.Replace:           {"+-", "replace", "replaced"},
	report.Delete:            {"-", "delete", "deleted"},
	report.CreateReplacement: {"++", "create as replacement", "created as replacement"},
	report.DeleteReplaced:    {"--", "delete after replacement", "deleted after replacement"},
	report.Import:            {"=", "import", "imported"},
	report.ImportReplacement: {"=>", "import as replacement", "imported as replacement"},
	report.Read:              {">", "read", "read"},
	report.ReadReplacement:   {">>", "read as replacement", "read as replacement"},
	report.Refresh:           {"~", "refresh", "refreshed"},
	report.Discard:           {"<", "discard", "discarded"},
	report.DiscardReplaced:   {"<<", "discard after replacement", "discarded after replacement"},
	report.RemovePending:     {"~", "remove after replacement", "removed after replacement"},
}

// other is an operation of a Pulumi that is newer than this list.
var other = words{"", "do otherwise", "done otherwise"}

func wordsOf(operation report.Operation) words {
	if w, ok := operations[operation]; ok {
		return w
	}
	return other
}

// changes are the counts of what changes, in the report's order.
func changes(r report.Report) []report.Count {
	var out []report.Count
	for _, count := range r.Counts {
		if count.Number > 0 && count.Operation != report.Same {
			out = append(out, count)
		}
	}
	return out
}

// done reports whether the run has changed what it counts, or only told what it would change: Pulumi tells
// how long it took only of the former.
func done(r report.Report) bool { return r.Duration > 0 }

// verb says of an operation that it is to be done or has been.
func verb(r report.Report, operation report.Operation) string {
	if done(r) {
		return wordsOf(operation).past
	}
	return "to " + wordsOf(operation).present
}

// outcome says in words and numbers how a run ended, failure first.
func outcome(r report.Report) string {
	failure := "failed with exit code " + strconv.Itoa(r.ExitCode)
	switch counted := counted(r); {
	case r.ExitCode != 0 && counted != "":
		return failure + "; " + counted
	case r.ExitCode != 0:
		return failure
	case !r.Summarised:
		return "ended without a summary"
	case counted != "":
		return counted
	}
	nothing := "nothing to change"
	if done(r) {
		nothing = "nothing changed"
	}
	if r.Unchanged > 0 {
		nothing += " in " + plural(r.Unchanged, "resource")
	}
	return nothing
}

// counted says what changes: the resources, or if there are none the outputs.
func counted(r report.Report) string {
	var parts []string
	for _, count := range changes(r) {
		parts = append(parts, number(count.Number)+" "+verb(r, count.Operation))
	}
	if r.Errored > 0 {
		parts = append(parts, number(r.Errored)+" errored")
	}
	if len(parts) > 0 || len(r.Outputs) == 0 {
		return strings.Join(parts, ", ")
	}
	if done(r) {
		return plural(len(r.Outputs), "output") + " changed"
	}
	return plural(len(r.Outputs), "output") + " to change"
}
