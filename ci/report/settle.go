package report

import "strings"

// settle writes into the report what was read, as far as it agrees with itself.
func (s *scanner) settle(r *Report) {
	r.Policies = s.policies
	r.Disputed = s.strange || s.summaries > 1
	// Of several summaries the last one is Pulumi's, unless a program could log one after it.
	if (!r.Disputed || s.ownEnd(r)) && s.understood(r) {
		s.count(r)
	}
	if s.last != s.first && !r.Summarised && r.ExitCode == 0 {
		r.Disputed = true // a run was begun after the preview, and did not end
	}
	s.disputed, s.settled = r.Disputed, r.Summarised && !r.Disputed
	r.Link = s.page()
}

// ownEnd reports whether nothing but Pulumi itself can have written the last summary: a program cannot
// write to standard output after the diff, and Pulumi came to its end.
func (s *scanner) ownEnd(r *Report) bool {
	return !s.joined && r.ExitCode == 0
}

// understood reports whether there is a summary that fits the run that it ends.
func (s *scanner) understood(r *Report) bool {
	switch {
	case !s.summary.clear || s.summary.empty && r.ExitCode != 0:
		return false
	case s.last == nil:
		return true
	case s.last.preview && s.summary.done, !s.last.preview && s.summary.planned:
		r.Disputed = true
		return false
	}
	// The summary of a run ends with its duration; without it the end is missing.
	return s.last.preview || s.summary.timed
}

// count writes the counts, and the resources of each operation of which there are as many as counted.
func (s *scanner) count(r *Report) {
	kept, ok := s.compare(r)
	if !ok {
		r.Disputed = true
		if !s.ownEnd(r) {
			return
		}
	}
	r.Summarised = true
	r.Counts, r.Unchanged, r.Errored = s.summary.counts, s.summary.unchanged, s.summary.errored
	if !s.summary.planned && (s.last == nil || !s.last.preview) {
		r.Duration = s.summary.duration
	}
	r.Resources = s.keep(kept)
	if !r.Disputed {
		r.Outputs = s.outputs
	}
}

// choice is what to take of the resources of an operation.
type choice int

const (
	none choice = iota
	outsideTexts
	everywhere
)

// compare sets the resources of each operation against the summary. It is not ok when there are fewer
// than counted: then either is not what Pulumi wrote.
func (s *scanner) compare(r *Report) (kept [len(operations)]choice, ok bool) {
	failed := r.ExitCode != 0
	ok = true
	told := s.stackOp != "" || len(s.resources) > 0
	for i, o := range operations {
		counted, all, listed := s.summary.numbers[i], s.all[i], s.listed[i]
		switch {
		case all == counted:
			kept[i] = everywhere
		case all < counted && told && o.op != Import:
			ok = false
		case all < counted:
			// Without --diff no resource is told, and the import of a component never is.
		case listed == counted:
			kept[i] = outsideTexts
			r.Disputed = r.Disputed || !o.inner
		case o.inner:
			// With --show-replacement-steps these are told without being counted.
		case failed && listed == all:
			if s.excess() <= s.summary.errored {
				kept[i] = everywhere
			}
		default:
			r.Disputed = true
		}
	}
	return kept, ok
}

// excess is the number of resources that are told but not counted: in a run, those that failed.
func (s *scanner) excess() int {
	n := 0
	for i, o := range operations {
		if !o.inner {
			n += s.all[i] - s.summary.numbers[i]
		}
	}
	return n
}

// keep reads the chosen resources once more, now in full.
func (s *scanner) keep(kept [len(operations)]choice) []Resource {
	chosen := func(p place) bool {
		return kept[p.op] == everywhere || kept[p.op] == outsideTexts && !p.inText
	}
	n := 0
	for _, p := range s.resources {
		if chosen(p) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	resources := make([]Resource, 0, n)
	for i, p := range s.resources {
		if !chosen(p) {
			continue
		}
		end := len(s.text)
		if i+1 < len(s.resources) {
			end = s.resources[i+1].pos
		}
		found, _ := s.resourceAt(p.pos)
		resources = append(resources, Resource{
			Operation: operations[found.op].op,
			Type:      found.typ,
			Name:      found.urn.name,
			URN:       found.urn.text,
			Retained:  found.retained,
			Changes:   s.changes(found, end),
		})
	}
	return resources
}

// changes are the marked properties of an update or a replacement, up to end.
func (s *scanner) changes(r found, end int) []string {
	switch operations[r.op].op {
	case Update, Replace, CreateReplacement:
	default:
		return nil
	}
	var names []string
	for pos := r.next; pos < end; {
		line, next := lineAt(s.text, pos)
		n := indentOf(line)
		if n < 4*r.depth+2 || n%4 == 0 && line[n:] == "--outputs:--" {
			break
		}
		if _, ok := parsePolicy(line, n); ok {
			break
		}
		mark, name, ok := parseTitle(line, n, 4*r.depth+4)
		if ok && mark != ' ' && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
		pos = next
	}
	return names
}

// page is the link of the run, or of its preview where a program could have had a hand in the second.
func (s *scanner) page() string {
	if len(s.links) == 0 {
		return ""
	}
	first, last := s.links[0], s.links[len(s.links)-1]
	if len(s.links) == 1 || s.disputed {
		return first
	}
	base, _, _ := strings.Cut(first, "/previews/")
	if first == "" || !strings.HasPrefix(last, base+"/updates/") {
		return ""
	}
	return last
}
