package comment

import (
	"slices"
	"strings"

	"dagger/iac/report"
)

// alert is a box in the comment: GitHub's word for its kind, a title, and lines that name resources.
type alert struct {
	Kind, Title string
	Lines       []string
}

// halted reports whether a run began a step and did not bring it to its end. A preview begins none.
func halted(r report.Report, step report.Step) bool {
	return !r.Preview && (step.Outcome == report.Errored || step.Outcome == report.Unfinished)
}

func unfinished(r report.Report) int {
	n := 0
	for _, step := range r.Steps {
		if step.Outcome == report.Unfinished {
			n++
		}
	}
	return n
}

// leftOver are the resources of an earlier run that are to be deleted, or have been.
func leftOver(r report.Report) []report.Step {
	return slices.DeleteFunc(r.Pending(), func(s report.Step) bool { return halted(r, s) })
}

// halts names what a run began and did not bring to its end: nothing else tells in which state it is.
func (l limits) halts(r report.Report) *alert {
	var lines, counts []string
	more := 0
	for _, step := range r.Steps {
		if !halted(r, step) {
			continue
		}
		if len(lines) == l.maxLosses {
			more++
			continue
		}
		after := ""
		if step.Outcome == report.Unfinished {
			after = " and did not finish"
		}
		if step.Pending {
			step.Operation = report.Delete
			after += " (left over from an earlier run)"
		}
		lines = append(lines, happens(step)+" "+l.stepName(step)+after)
	}
	if len(lines) == 0 {
		return nil
	}
	if more > 0 {
		lines = append(lines, number(more)+" more")
	}
	if n := r.ErroredSteps(); n > 0 {
		counts = append(counts, number(n)+" errored")
	}
	if n := unfinished(r); n > 0 {
		counts = append(counts, number(n)+" not finished")
	}
	return &alert{Kind: "CAUTION", Title: strings.Join(counts, ", "), Lines: lines}
}

// losses are the resources that a reviewer must have seen: those that are deleted or replaced. Where the summary
// counts more of them than the steps tell, the summary is believed.
func (l limits) losses(r report.Report) *alert {
	deleted, replaced := stepsOf(r, report.Delete), stepsOf(r, report.Replace)
	pending := leftOver(r)
	var counts, lines []string
	add := func(operation report.Operation, steps []report.Step, half, others int) {
		// Neither takes the other's half of the places.
		count, named := l.lost(r, operation, steps, max(half, l.maxLosses-others))
		if count != "" {
			counts, lines = append(counts, count), append(lines, named...)
		}
	}
	add(report.Delete, deleted, (l.maxLosses+1)/2, len(replaced))
	add(report.Replace, replaced, l.maxLosses/2, len(deleted))
	if len(pending) > 0 {
		counts = append(counts, number(len(pending))+" "+tense(r, "left over to delete", "leftover deleted"))
		lines = append(lines, l.leftOver(r, pending))
	}
	if len(counts) == 0 {
		return nil
	}
	return &alert{Kind: "CAUTION", Title: strings.Join(counts, ", "), Lines: lines}
}

// stepsOf gives the steps of an operation that a provider carries out, but for those that a run did not bring to their end.
func stepsOf(r report.Report, operation report.Operation) []report.Step {
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s report.Step) bool {
		return s.Operation != operation || s.Pending || halted(r, s)
	})
}

// lost counts the resources of one operation, and names as many as there are places for.
func (l limits) lost(r report.Report, operation report.Operation, steps []report.Step, places int) (count string, lines []string) {
	total := max(len(steps), lossCount(r, operation))
	if total == 0 {
		return "", nil
	}
	for _, step := range steps[:min(len(steps), places)] {
		lines = append(lines, l.loss(r, step))
	}
	count = number(total) + " " + verb(r, operation)
	more := number(total-len(lines)) + " more " + verb(r, operation)
	switch {
	case len(lines) == 0 && len(steps) > 0:
		lines = append(lines, count)
	case len(lines) == 0:
		lines = append(lines, count+"; the event log does not tell which")
	case len(lines) < len(steps):
		lines = append(lines, more)
	case len(lines) < total:
		lines = append(lines, more+"; the event log does not tell which")
	}
	return count, lines
}

// lossCount is the number in the summary, without what is told of as halted.
func lossCount(r report.Report, operation report.Operation) int {
	n := 0
	for _, count := range r.Counts {
		if count.Operation == operation || count.Operation == report.ImportReplacement && operation == report.Replace {
			n += count.Number
		}
	}
	for _, step := range r.Steps {
		if step.Operation == operation && halted(r, step) {
			n--
		}
	}
	return n
}

// loss says in one line what happens to a resource, and why.
func (l limits) loss(r report.Report, step report.Step) string {
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
	forced := l.properties(r, step.ForcedBy)
	others := l.properties(r, otherChanges(step))
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
		return "began to " + step.Operation.Present()
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
		if i == l.maxLosses {
			names = append(names, number(len(steps)-i)+" more")
			break
		}
		name := l.stepName(step)
		if step.Outcome == report.Errored {
			name += " (failed)"
		}
		names = append(names, name)
	}
	return tense(r, "will also be deleted: ", "also deleted: ") + list(names) + " (left over from an earlier run)"
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
		if total <= l.maxLosses {
			lines = append(lines, l.code(property)+owner+" was a secret and "+tense(r, "becomes plain", "is plain now"))
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
	if total > l.maxLosses {
		lines = append(lines, number(total-l.maxLosses)+" more")
	}
	return &alert{Kind: "WARNING", Title: plural(total, "value") + " no longer secret", Lines: lines}
}

// properties says which properties change, or have.
func (l limits) properties(r report.Report, properties []string) string {
	names := l.names(properties)
	switch {
	case names == "":
		return ""
	case len(properties) == 1:
		return names + tense(r, " changes", " changed")
	}
	return names + tense(r, " change", " changed")
}

// names lists the first few of what others have named.
func (l limits) names(all []string) string {
	var names []string
	for i, one := range all {
		if i == l.maxProperties {
			names = append(names, number(len(all)-i)+" more")
			break
		}
		if name := l.code(one); name != "" {
			names = append(names, name)
		}
	}
	return list(names)
}

// resource names a resource by its name and type.
func (l limits) resource(kind, name string) string {
	kind, name = l.code(kind), l.code(name)
	if kind == "" || name == "" {
		return name + kind
	}
	return name + " (" + kind + ")"
}
