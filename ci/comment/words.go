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

// verb says of an operation that it is to be done or has been.
func verb(r report.Report, operation report.Operation) string {
	if r.Preview {
		return "to " + operation.Present()
	}
	return operation.Past()
}

// outcome says in words and numbers how a run ended, failure first.
func outcome(r report.Report) string {
	changes := counted(r)
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
		return "what changes is not known"
	}
	nothing := "nothing to change"
	if !r.Preview {
		nothing = "nothing changed"
	}
	if r.Unchanged > 0 {
		nothing += " in " + plural(r.Unchanged, "resource")
	}
	return nothing
}

// killed is the exit code of a program that was ended by force, as by a machine that has no memory left.
const killed = 137

// failure says that a run failed, or gives nothing.
func failure(r report.Report) string {
	switch {
	case r.OK():
		return ""
	case r.Result == report.Canceled:
		return "canceled"
	case r.ExitCode == 0:
		return "failed"
	case r.ExitCode == killed:
		return "killed, with exit code " + strconv.Itoa(killed)
	}
	return "failed with exit code " + strconv.Itoa(r.ExitCode)
}

// counted says what changes: the resources, or if there are none the outputs.
func counted(r report.Report) string {
	var parts []string
	for _, count := range r.Counts {
		parts = append(parts, number(count.Number)+" "+verb(r, count.Operation))
	}
	if n := len(r.Pending()); n > 0 {
		parts = append(parts, number(n)+" left over "+verb(r, report.Delete))
	}
	if n := r.ErroredSteps(); n > 0 {
		parts = append(parts, number(n)+" errored")
	}
	switch {
	case len(parts) > 0 || len(r.Outputs) == 0:
		return strings.Join(parts, ", ")
	case r.Preview:
		return plural(len(r.Outputs), "output") + " to change"
	}
	return plural(len(r.Outputs), "output") + " changed"
}
