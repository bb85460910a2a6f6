package stacks

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"dagger/iac/project"
)

const removedHere = "removed here, its stack still exists"

func (g Removed) id() string { return g.Dir + ":" + g.Stack }

// goneProjects are the folders that a change took the project out of.
type goneProjects struct {
	removed map[string]bool
	// moved are those whose Pulumi.yaml is in another folder now.
	moved map[string]*unit
}

// removed finds the stacks whose files a change takes away.
func (r *Repository) removed(files []File) []Removed {
	gone := r.goneProjects(files)
	found := map[Removed]bool{}
	known := map[string]bool{}
	for _, f := range files {
		for _, name := range r.goneSides(f) {
			for _, s := range r.removedBy(f, name, gone) {
				if project.CheckStack(s.Stack) == nil {
					found[s] = true
					known[s.Dir] = true
				}
			}
		}
	}
	for dir := range gone.removed {
		if !known[dir] {
			found[Removed{dir, "", removedHere}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b Removed) int {
		return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Stack, b.Stack))
	})
}

// goneSides gives the paths that a file was at and where no manifest is any more.
func (r *Repository) goneSides(f File) []string {
	return slices.DeleteFunc([]string{f.Path, f.Previous}, func(name string) bool { return name == "" || r.files[name] })
}

func (r *Repository) goneProjects(files []File) goneProjects {
	gone := goneProjects{map[string]bool{}, map[string]*unit{}}
	for _, f := range files {
		for _, name := range r.goneSides(f) {
			dir := path.Dir(name)
			if !isProject(path.Base(name)) || r.byDir[dir] != nil {
				continue
			}
			if u := r.byDir[path.Dir(f.Path)]; name == f.Previous && u != nil && u.file == f.Path {
				gone.moved[dir] = u
			} else {
				gone.removed[dir] = true
			}
		}
	}
	return gone
}

// removedBy gives the stacks that a path which is gone was the own file of.
func (r *Repository) removedBy(f File, name string, gone goneProjects) []Removed {
	stack := stackName(path.Base(name))
	if stack == "" || strings.HasSuffix(stack, ".deploy") {
		return nil
	}
	renamed := name == f.Previous && slices.ContainsFunc(r.owners(f.Path), func(o owner) bool { return o.unit.stack(o.name) != nil })
	var list []Removed
	for _, o := range r.owners(name) {
		if !renamed && o.unit.stack(stack) == nil {
			list = append(list, Removed{o.unit.dir, stack, removedHere})
		}
	}
	for dir := range up(path.Dir(name)) {
		moved := gone.moved[dir]
		switch {
		case gone.removed[dir]:
			return append(list, Removed{dir, stack, removedHere})
		case moved != nil && !renamed && moved.stack(stack) == nil:
			return append(list, Removed{moved.dir, stack, removedHere})
		case moved != nil, r.byDir[dir] != nil:
			return list
		}
	}
	return list
}
