package stacks

import (
	"cmp"
	"path"
	"slices"

	"dagger/iac/project"
)

const removedHere = "removed here, its stack still exists"

func (g Removed) id() string { return g.Dir + ":" + g.Stack }

// removed finds the stacks whose files a change takes away.
func (r *Repository) removed(files []File) []Removed {
	projects := map[string]bool{}
	for _, f := range files {
		for _, gone := range r.gone(f, isProject) {
			if dir := path.Dir(gone); r.byDir[dir] == nil {
				projects[dir] = true
			}
		}
	}
	found := map[Removed]bool{}
	add := func(dir, stack string) {
		if project.CheckStack(stack) == nil {
			found[Removed{dir, stack, removedHere}] = true
		}
	}
	for _, f := range files {
		for _, gone := range r.gone(f, func(base string) bool { return stackName(base) != "" }) {
			for _, o := range r.owners(gone) {
				if o.unit.stack(o.name) == nil {
					add(o.unit.dir, o.name)
				}
			}
			for dir := range up(path.Dir(gone)) {
				if projects[dir] {
					add(dir, stackName(path.Base(gone)))
				}
				if projects[dir] || r.byDir[dir] != nil {
					break
				}
			}
		}
	}
	for dir := range projects {
		if !slices.ContainsFunc(sorted(found), func(g Removed) bool { return g.Dir == dir }) {
			found[Removed{dir, "", removedHere}] = true
		}
	}
	return sorted(found)
}

func sorted(found map[Removed]bool) []Removed {
	var list []Removed
	for g := range found {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b Removed) int { return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Stack, b.Stack)) })
	return list
}

// gone gives the paths of a kind that a file was at and that are no longer there. One that was renamed to another of its
// kind is not gone.
func (r *Repository) gone(f File, kind func(base string) bool) []string {
	var gone []string
	for _, name := range []string{f.Path, f.Previous} {
		if name == "" || !kind(path.Base(name)) || r.files[name] {
			continue
		}
		if name == f.Previous && kind(path.Base(f.Path)) && r.files[f.Path] {
			continue
		}
		gone = append(gone, name)
	}
	return gone
}
