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

// tense chooses between the words for what would be and what was.
func tense(r report.Report, present, past string) string {
	if r.Preview {
		return present
	}
	return past
}

// verb says of an operation that it is to be done or has been.
func verb(r report.Report, operation report.Operation) string {
	return tense(r, "to "+operation.Present(), operation.Past())
}

// word tells an applied from a previewed at a glance.
func word(verb string, r report.Report) string {
	switch {
	case verb != "up":
		return ""
	case r.OK():
		return "Applied"
	case r.Preview && r.Whole():
		// Pulumi previews before it applies, and its log begins anew with that.
		return "Not applied"
	}
	return "Applying"
}

// outcome says in words and numbers how a run ended, failure first.
func outcome(r report.Report) string { return outcomeWith(r, plainly) }

// outcomeWith lets what is lost stand out.
func outcomeWith(r report.Report, loss func(string) string) string {
	changes := countedWith(r, loss)
	if changes != "" && r.Broken != "" {
		changes += ", maybe more"
	}
	if failure := failure(r); failure != "" {
		if changes != "" {
			return failure + "; " + changes
		}
		return failure
	}
	switch {
	case changes != "":
		return changes
	case !r.Whole():
		return tense(r, "what changes", "what changed") + " is not known"
	}
	nothing := tense(r, "nothing to change", "nothing changed")
	if r.Unchanged > 0 {
		nothing += " in " + plural(r.Unchanged, "resource")
	}
	return nothing
}

// Exit codes that say why a run failed.
const (
	// Unexpected is Pulumi's where --expect-no-changes is not met.
	Unexpected = 7
	// timedOut is that of the program timeout.
	timedOut = 124
	// killed is that of a program that was ended by force, as by a machine that has no memory left.
	killed = 137
)

// failure says that a run failed, or gives nothing.
func failure(r report.Report) string {
	switch {
	case r.OK():
		return ""
	case r.ExitCode == timedOut:
		return "interrupted by its timeout"
	case r.Result == report.Canceled:
		return "canceled"
	case r.ExitCode == Unexpected:
		return "changes were not expected"
	case r.ExitCode == 0:
		return "failed"
	case r.ExitCode == killed:
		return "killed, with exit code " + strconv.Itoa(killed)
	}
	return "failed with exit code " + strconv.Itoa(r.ExitCode)
}

// counted says what changes: the resources, or if there are none the outputs, or at least what Pulumi keeps of resources.
func counted(r report.Report) string { return countedWith(r, plainly) }

func plainly(text string) string { return text }

func countedWith(r report.Report, loss func(string) string) string {
	var parts []string
	for _, count := range r.Counts {
		part := number(count.Number) + " " + verb(r, count.Operation)
		switch count.Operation {
		case report.Delete, report.Replace, report.ImportReplacement:
			part = loss(part)
		}
		parts = append(parts, part)
	}
	if n := len(leftOver(r)); n > 0 {
		parts = append(parts, loss(number(n)+" "+tense(r, "left over to delete", "leftover deleted")))
	}
	if n := r.ErroredSteps(); n > 0 {
		parts = append(parts, number(n)+" errored")
	}
	if n := unfinished(r); n > 0 {
		parts = append(parts, number(n)+" not finished")
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case len(r.Outputs) > 0:
		return plural(len(r.Outputs), "output") + " " + tense(r, "to change", "changed")
	case r.StateOnly:
		return onlyOptions(r)
	}
	return ""
}

// onlyOptions says that resources stay as they are, and what Pulumi keeps of them does not.
func onlyOptions(r report.Report) string {
	return "only resource options " + tense(r, "to change", "changed")
}
