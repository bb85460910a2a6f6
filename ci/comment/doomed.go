package comment

import (
	"slices"

	"dagger/iac/report"
)

// doomed are the resources that a reviewer must have seen: those that are replaced or deleted.
type doomed struct {
	Title string
	// Lines name them, and say how many are not named.
	Lines []string
}

// fates are what becomes of a doomed resource, by operation.
var fates = map[report.Operation]report.Operation{
	report.Delete:            report.Delete,
	report.Replace:           report.Replace,
	report.CreateReplacement: report.Replace,
	report.DeleteReplaced:    report.Replace,
	report.ImportReplacement: report.Replace,
}

// doomed names the resources that are replaced or deleted. Where the summary counts more of them than the
// diff tells, the summary is believed.
func (l limits) doomed(r report.Report) *doomed {
	deleted, replaced := merged(r.Resources, report.Delete), merged(r.Resources, report.Replace)
	// Neither takes the other's half of the places.
	const half = maxDoomed / 2
	deletes, first := l.named(r, report.Delete, deleted, max(half, maxDoomed-len(replaced)))
	replaces, second := l.named(r, report.Replace, replaced, max(half, maxDoomed-len(deleted)))
	switch {
	case deletes == "" && replaces == "":
		return nil
	case deletes != "" && replaces != "":
		deletes += ", "
	}
	return &doomed{Title: deletes + replaces, Lines: append(first, second...)}
}

// named counts the resources of one fate, and names as many as there are places for.
func (l limits) named(r report.Report, fate report.Operation, resources []report.Resource, places int) (count string, lines []string) {
	total := max(len(resources), doomedCount(r, fate))
	if total == 0 {
		return "", nil
	}
	for _, resource := range resources[:min(len(resources), places)] {
		lines = append(lines, l.fate(r, resource))
	}
	rest := number(total-len(lines)) + " " + verb(r, fate)
	if len(lines) > 0 {
		rest = number(total-len(lines)) + " more " + verb(r, fate)
	}
	switch {
	case len(lines) < len(resources):
		lines = append(lines, rest)
	case len(lines) < total:
		lines = append(lines, rest+"; the output does not tell which")
	}
	return number(total) + " " + verb(r, fate), lines
}

// merged gives the resources with this fate, each once: Pulumi can tell the steps of a replacement one by one.
func merged(resources []report.Resource, fate report.Operation) []report.Resource {
	var out []report.Resource
	at := map[string]int{}
	for _, resource := range resources {
		if fates[resource.Operation] != fate {
			continue
		}
		resource.Operation = fate
		if i, known := at[resource.URN]; known && resource.URN != "" {
			out[i].ForcedBy = union(out[i].ForcedBy, resource.ForcedBy)
			out[i].Changes = union(out[i].Changes, resource.Changes)
			continue
		}
		at[resource.URN] = len(out)
		out = append(out, resource)
	}
	return out
}

// union gives what is in a or b, each once.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// doomedCount is the number in the summary.
func doomedCount(r report.Report, fate report.Operation) int {
	n, imported := 0, 0
	for _, count := range r.Counts {
		switch {
		case count.Operation == report.ImportReplacement && fate == report.Replace:
			imported = count.Number
		case fates[count.Operation] == fate:
			// The steps of a replacement are counted each; there are as many replacements as of one of them.
			n = max(n, count.Number)
		}
	}
	return n + imported
}

// fate says in one line what happens to a resource, and why as far as Pulumi tells.
func (l limits) fate(r report.Report, resource report.Resource) string {
	out := wordsOf(resource.Operation).present
	if done(r) {
		out = wordsOf(resource.Operation).past
	}
	name := l.resource(resource.Type, resource.Name)
	if name == "" {
		name = l.code(resource.URN)
	}
	out += " " + name
	if resource.Retained {
		out += " (kept, only forgotten by Pulumi)"
	}
	if why := l.change(resource.ForcedBy); why != "" {
		return out + " because " + why
	}
	if what := l.change(resource.Changes); what != "" && resource.Operation == report.Replace {
		return out + ": " + what
	}
	return out
}

// change says which properties change.
func (l limits) change(properties []string) string {
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
