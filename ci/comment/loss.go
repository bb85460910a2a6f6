package comment

import (
	"slices"
	"strings"

	"dagger/iac/report"
)

// alert is a box in the comment: a title, and lines that name resources.
type alert struct {
	Title string
	Lines []string
}

// losses are the resources that a reviewer must have seen: those that are deleted or replaced. Where the summary
// counts more of them than the steps tell, the summary is believed.
func (l limits) losses(r report.Report) *alert {
	deleted, replaced := stepsOf(r, report.Delete), stepsOf(r, report.Replace)
	pending := r.Pending()
	var counts, lines []string
	add := func(operation report.Operation, steps []report.Step, others int) {
		// Neither takes the other's half of the places.
		count, named := l.lost(r, operation, steps, max(maxLosses/2, maxLosses-others))
		if count != "" {
			counts, lines = append(counts, count), append(lines, named...)
		}
	}
	add(report.Delete, deleted, len(replaced))
	add(report.Replace, replaced, len(deleted))
	if len(pending) > 0 {
		counts = append(counts, number(len(pending))+" left over "+verb(r, report.Delete))
		lines = append(lines, l.leftOver(r, pending))
	}
	if len(counts) == 0 {
		return nil
	}
	return &alert{Title: strings.Join(counts, ", "), Lines: lines}
}

// stepsOf gives the steps of an operation that a provider carries out.
func stepsOf(r report.Report, operation report.Operation) []report.Step {
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s report.Step) bool {
		return s.Operation != operation || s.Pending
	})
}

// lost counts the resources of one operation, and names as many as there are places for.
func (l limits) lost(r report.Report, operation report.Operation, steps []report.Step, places int) (count string, lines []string) {
	total := max(len(steps), lossCount(r, operation))
	if total == 0 {
		return "", nil
	}
	for _, step := range steps[:min(len(steps), places)] {
		lines = append(lines, l.loss(step))
	}
	count = number(total) + " " + verb(r, operation)
	more := number(total-len(lines)) + " more " + verb(r, operation)
	switch {
	case len(lines) == 0:
		lines = append(lines, count+"; the event log does not tell which")
	case len(lines) < len(steps):
		lines = append(lines, more)
	case len(lines) < total:
		lines = append(lines, more+"; the event log does not tell which")
	}
	return count, lines
}

// lossCount is the number in the summary.
func lossCount(r report.Report, operation report.Operation) int {
	n := 0
	for _, count := range r.Counts {
		if count.Operation == operation || count.Operation == report.ImportReplacement && operation == report.Replace {
			n += count.Number
		}
	}
	return n
}

// loss says in one line what happens to a resource, and why.
func (l limits) loss(step report.Step) string {
	out := happens(step) + " " + l.stepName(step)
	switch {
	case step.Refreshed && step.Operation == report.Delete:
		out += ", which is gone from the cloud"
	case step.Retained && step.Operation == report.Replace:
		out += " (the old one is kept, only forgotten by Pulumi)"
	case step.Retained:
		out += " (kept, only forgotten by Pulumi)"
	}
	if step.Protected {
		out += " (protected)"
	}
	forced := l.properties(step.ForcedBy)
	others := l.properties(otherChanges(step))
	switch {
	case forced != "" && others != "":
		return out + " because " + forced + "; also " + others
	case forced != "":
		return out + " because " + forced
	case others != "" && step.Operation == report.Replace:
		return out + ": " + others
	}
	return out
}

// happens says what is done to a resource, has been, or was tried.
func happens(step report.Step) string {
	switch step.Outcome {
	case report.Done:
		return step.Operation.Past()
	case report.Errored:
		return "failed to " + step.Operation.Present()
	case report.Unfinished:
		return "did not finish to " + step.Operation.Present()
	}
	return step.Operation.Present()
}

// otherChanges are the properties that change without forcing anything, by their first names where the forcing ones
// are told so.
func otherChanges(step report.Step) []string {
	var out []string
	for _, change := range step.Changes {
		if !isForcing(change, step.ForcedBy) && !slices.Contains(out, change.Path) {
			out = append(out, change.Path)
		}
	}
	return out
}

func isForcing(change report.Change, forcedBy []string) bool {
	if change.Forces() {
		return true
	}
	return slices.ContainsFunc(forcedBy, change.Within)
}

// leftOver names what an earlier run replaced and did not delete.
func (l limits) leftOver(r report.Report, steps []report.Step) string {
	var names []string
	for i, step := range steps {
		if i == maxLosses {
			names = append(names, number(len(steps)-i)+" more")
			break
		}
		name := l.stepName(step)
		if step.Outcome == report.Errored {
			name += " (failed)"
		}
		names = append(names, name)
	}
	text := "will also be deleted: "
	if !r.Preview {
		text = "also deleted: "
	}
	return text + list(names) + " (left over from an earlier run)"
}

// stepName names the resource of a step.
func (l limits) stepName(step report.Step) string {
	if name := l.resource(step.Type, step.Name); name != "" {
		return name
	}
	return l.code(step.URN)
}

// exposures names the secrets that become plain.
func (l limits) exposures(r report.Report) *alert {
	var lines []string
	total := 0
	add := func(property, owner string) {
		total++
		if total <= maxLosses {
			lines = append(lines, l.code(property)+owner+" was a secret and becomes plain")
		}
	}
	for _, step := range r.Steps {
		for _, property := range step.NotSecret {
			add(property, " of "+l.stepName(step))
		}
	}
	for _, output := range r.Outputs {
		if output.NotSecret {
			add(output.Name, " of the stack's outputs")
		}
	}
	if total == 0 {
		return nil
	}
	if total > maxLosses {
		lines = append(lines, number(total-maxLosses)+" more")
	}
	return &alert{Title: plural(total, "value") + " no longer secret", Lines: lines}
}

// properties says which properties change.
func (l limits) properties(properties []string) string {
	var names []string
	for i, property := range properties {
		if i == maxProperties {
			names = append(names, number(len(properties)-i)+" more")
			break
		}
		if name := l.code(property); name != "" {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(properties) == 1:
		return names[0] + " changes"
	}
	return list(names) + " change"
}

// resource names a resource by its name and type.
func (l limits) resource(kind, name string) string {
	kind, name = l.code(kind), l.code(name)
	if kind == "" || name == "" {
		return name + kind
	}
	return name + " (" + kind + ")"
}
