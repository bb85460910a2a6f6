package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// phase is what an event tells about a step.
type phase int

const (
	begun phase = iota
	finished
	failed
)

// key tells the steps of a run apart: a resource can be refreshed and then updated.
type key struct {
	urn       string
	operation Operation
	// refreshed is the ID of what a refresh found, with a mark before it; empty for what Pulumi does itself.
	refreshed string
}

// deposed is one copy of a resource, which a replacement leaves behind.
type deposed struct{ urn, id string }

// steps puts the events about resources together.
type steps struct {
	order []*building
	by    map[key]*building
	// replaced are the copies that a replacement of this run takes away, deletions the events that delete a copy.
	replaced  map[deposed]*building
	deletions map[deposed]*building
	secrets   map[string]bool
}

// building is a step while its events come in.
type building struct {
	Step
	old deposed
	// contents are what the events tell.
	contents map[Hash]bool
	// open are the parts that have begun and not ended.
	open   int
	failed bool
	// compared is true once the values before and after were looked at.
	compared bool
	// inner is true for a deletion that belongs to a replacement, until it is known to be left over.
	inner bool
}

func newSteps() *steps {
	return &steps{by: map[key]*building{}, replaced: map[deposed]*building{}, deletions: map[deposed]*building{}, secrets: map[string]bool{}}
}

// add takes in one event.
func (s *steps) add(m *metadata, phase phase) {
	if isDefaultProvider(m.URN) {
		return
	}
	operation, refreshed := m.Op, ""
	switch m.Op {
	case Same, "":
		return
	case Refresh:
		if phase == begun || phase == finished && !drifted(m) {
			return
		}
		refreshed = "@" + copyOf(m).id
	case CreateReplacement, ImportReplacement, Replace:
		operation = Replace
	case Update, Delete:
		// What Pulumi does for the program is logical.
		if !m.Logical && phase == finished {
			refreshed = "@" + copyOf(m).id
		}
	}
	b := s.step(m, key{m.URN, operation, refreshed})
	b.contents[contentOf(m, phase, b.Refreshed)] = true
	switch phase {
	case begun:
		// A component has no provider that would say when it is done.
		if m.New == nil || m.New.Custom {
			b.open++
		}
	case finished:
		b.open = max(0, b.open-1)
	case failed:
		b.open, b.failed = max(0, b.open-1), true
	}
}

// isDefaultProvider reports whether a resource is a provider that Pulumi makes by itself. Its text and its summary pass
// over it too.
func isDefaultProvider(urn string) bool {
	typ, name := splitURN(urn)
	return strings.HasPrefix(typ, "pulumi:providers:") && strings.HasPrefix(name, "default")
}

// drifted reports whether a refresh before a preview or a run found a resource changed or gone.
func drifted(m *metadata) bool {
	return m.New == nil || len(m.Diffs) > 0 || len(m.DetailedDiff) > 0
}

// step finds the step of an event, or begins it, and takes in what the event tells about it.
func (s *steps) step(m *metadata, k key) *building {
	b := s.by[k]
	if k.operation == DeleteReplaced {
		// Of one resource several copies can be left.
		b = s.deletions[copyOf(m)]
	}
	if b == nil {
		b = &building{Step: Step{Operation: k.operation, URN: m.URN, Refreshed: k.refreshed != ""}, contents: map[Hash]bool{}}
		_, b.Name = splitURN(m.URN)
		b.Type = m.Type
		s.order = append(s.order, b)
		s.by[k] = b
	}
	switch k.operation {
	case DeleteReplaced:
		b.inner, b.old = true, copyOf(m)
		s.deletions[b.old] = b
	case Replace:
		b.old = copyOf(m)
		s.replaced[b.old] = b
	}
	s.describe(b, m)
	return b
}

func copyOf(m *metadata) deposed {
	if m.Old == nil {
		return deposed{urn: m.URN}
	}
	return deposed{cmp.Or(m.Old.URN, m.URN), m.Old.ID}
}

// describe takes in what an event tells about its resource.
func (s *steps) describe(b *building, m *metadata) {
	switch m.Op {
	case Delete, DeleteReplaced, Replace, CreateReplacement:
		if m.Old != nil {
			b.Protected = b.Protected || m.Old.Protect
			b.Retained = b.Retained || m.Old.RetainOnDelete
		}
	}
	if m.New != nil {
		b.Protected = b.Protected || m.New.Protect
	}
	if b.Operation != Update && b.Operation != Replace && !b.Refreshed {
		return
	}
	changes, forced := changesOf(m)
	if len(b.Changes) == 0 {
		b.Changes = changes
	}
	if len(b.ForcedBy) == 0 && b.Operation == Replace {
		b.ForcedBy = forced
	}
	if m.Old != nil && m.New != nil && !b.compared && !b.Refreshed {
		b.compared = true
		var now []string
		b.NotSecret, now = secrecy(m.Old.Inputs, m.New.Inputs)
		for _, value := range now {
			s.secrets[value] = true
		}
	}
}

// changesOf gives the properties that change, and those that force a replacement. A provider tells them in detail,
// or only by their first names.
func changesOf(m *metadata) (changes []Change, forced []string) {
	for path, detail := range m.DetailedDiff {
		changes = append(changes, Change{path, detail.Kind})
		if (Change{Kind: detail.Kind}).Forces() {
			forced = append(forced, path)
		}
	}
	if len(changes) == 0 {
		for _, name := range m.Diffs {
			changes = append(changes, Change{Path: name})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	if len(m.Keys) > 0 {
		forced = slices.Clone(m.Keys)
	}
	slices.Sort(forced)
	return changes, slices.Compact(forced)
}

// settle gives the steps, and the values that have become secrets.
func (s *steps) settle(preview, succeeded bool) (out []Step, nowSecret []string) {
	for _, b := range s.order {
		if b.inner {
			if replacement := s.replaced[b.old]; replacement != nil {
				replacement.open += b.open
				replacement.failed = replacement.failed || b.failed
				replacement.Retained = replacement.Retained || b.Retained
				maps.Copy(replacement.contents, b.contents)
			}
		}
	}
	for _, b := range s.order {
		if b.inner && s.replaced[b.old] != nil {
			continue
		}
		step := b.Step
		step.Pending = b.inner
		step.Outcome = b.outcome(preview, succeeded)
		step.Content = together(b.contents)
		out = append(out, step)
	}
	return out, slices.Sorted(maps.Keys(s.secrets))
}

func (b *building) outcome(preview, succeeded bool) Outcome {
	switch {
	case b.failed:
		return Errored
	case preview:
		return Planned
	case b.open > 0 && !succeeded:
		return Unfinished
	}
	return Done
}
