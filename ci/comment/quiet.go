package comment

import (
	"fmt"
	"slices"
	"strings"

	"dagger/iac/report"
)

// Quiet are patterns of the paths of properties that the team does not want to read about. A pattern names a property
// and all that is within it, `*` any run of characters: `tags` and `tags.*` are tags and each tag, `rules[*].note` is
// the note of each rule.
type Quiet []string

// Check gives an error for each that is no such pattern.
func (q Quiet) Check() []error {
	const longest = 200
	var errs []error
	for _, pattern := range q {
		if strings.Trim(pattern, `*.[]"'\ `+"\t\r\n") == "" || len(pattern) > longest || strings.ContainsAny(pattern, "\r\n") {
			errs = append(errs, fmt.Errorf("invalid quiet-property %q: want the path of a property, in which * is any text, such as tags.*", pattern))
		}
	}
	return errs
}

// of gives the URNs of the resources that are updated in quiet properties only, and the patterns by which they are
// quiet. Of a run that failed, and of one that is not known to its end, none is.
func (q Quiet) of(r report.Report) (urns map[string]bool, by []string) {
	if len(q) == 0 || !r.OK() || !r.Whole() {
		return nil, nil
	}
	urns, loud, used := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, step := range r.Steps {
		patterns := q.whole(step)
		if len(patterns) == 0 || urns[step.URN] {
			loud[step.URN] = true
			continue
		}
		urns[step.URN] = true
		for _, pattern := range patterns {
			used[pattern] = true
		}
	}
	for urn := range loud {
		delete(urns, urn)
	}
	if len(urns) > 0 {
		for _, pattern := range q {
			if used[pattern] && !slices.Contains(by, pattern) {
				by = append(by, pattern)
			}
		}
	}
	return urns, by
}

// whole gives the patterns that name all that a step changes, or none if it does anything else.
func (q Quiet) whole(step report.Step) []string {
	if step.URN == "" || step.Operation != report.Update || step.Pending || step.Refreshed || step.Outcome == report.Errored ||
		len(step.ForcedBy) > 0 || len(step.NotSecret) > 0 {
		return nil
	}
	var by []string
	for _, change := range step.Changes {
		path := report.Segments(change.Path)
		if slices.ContainsFunc(path, report.IsInternal) {
			continue
		}
		at := slices.IndexFunc(q, func(pattern string) bool { return names(pattern, path) })
		if at < 0 || change.Forces() {
			return nil
		}
		by = append(by, q[at])
	}
	return by
}

// names reports whether a pattern names a path or the beginning of it.
func names(pattern string, path []string) bool {
	// No name of a property has this character; where one has, a pattern could take its parts for two.
	const end = "\x00"
	text := strings.Join(path, end) + end
	wanted := strings.Join(report.Segments(strings.TrimSuffix(pattern, ".*")), end) + end
	parts := strings.Split(wanted, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	for _, part := range parts {
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return true
}

// quiet says how many updates are quiet, and why.
func (l limits) quiet(urns map[string]bool, by []string) string {
	switch patterns := l.names(by); len(urns) {
	case 0:
		return ""
	case 1:
		return "1 of the updates changes only " + patterns
	default:
		return number(len(urns)) + " of the updates change only " + patterns
	}
}

// setApart takes the quiet resources out of a diff. What cannot be told for sure to be one's stays: where another text
// looks like the beginning of the same resource, and what stands behind the resource's own lines, such as the outputs
// of the stack.
func setApart(parts []part, quiet map[string]bool) (loud, apart []part) {
	times := map[string]int{}
	for _, p := range parts {
		times[p.urn]++
	}
	for _, p := range parts {
		header, _ := lineAt(p.text, 0)
		depth, mark, _ := headerOf(header)
		if !quiet[p.urn] || times[p.urn] > 1 || depth == 0 || mark != "~ " {
			loud = append(loud, p)
			continue
		}
		own, rest := p.ends(depth)
		apart = append(apart, own)
		if rest.lines > 0 {
			loud = append(loud, rest)
		}
	}
	return loud, apart
}

// ends cuts a piece before the first line that is not deeper than its resource.
func (p part) ends(depth int) (own, rest part) {
	_, at := lineAt(p.text, 0)
	for lines := 1; at < len(p.text); lines++ {
		line, next := lineAt(p.text, at)
		if text := strings.TrimLeft(line, " "); text != "" && len(line)-len(text) <= depth {
			own, rest = p, part{text: p.text[at:], lines: p.lines - lines}
			own.text, own.lines = strings.TrimSuffix(p.text[:at], "\n"), lines
			return own, rest
		}
		at = next
	}
	return p, part{}
}
