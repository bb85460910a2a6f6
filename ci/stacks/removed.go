package stacks

import (
	"cmp"
	"fmt"
	"io/fs"
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
			for _, s := range r.removedBy(name, gone) {
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

// removedBy gives the stacks that a path which is gone was the own file of. Where the file is now does not matter: only a
// stack that keeps its name in a project that moved is still there.
func (r *Repository) removedBy(name string, gone goneProjects) []Removed {
	stack := stackName(path.Base(name))
	if stack == "" || strings.HasSuffix(stack, ".deploy") {
		return nil
	}
	var list []Removed
	for _, o := range r.owners(name) {
		if o.unit.stack(stack) == nil {
			list = append(list, Removed{o.unit.dir, stack, removedHere})
		}
	}
	for dir := range up(path.Dir(name)) {
		moved := gone.moved[dir]
		switch {
		case gone.removed[dir]:
			return append(list, Removed{dir, stack, removedHere})
		case moved != nil && moved.stack(stack) == nil:
			return append(list, Removed{moved.dir, stack, removedHere})
		case moved != nil, r.byDir[dir] != nil:
			return list
		}
	}
	return list
}

// checkRoot refuses changed files that do not look as if meant from the root of src: nothing of the change is in a project,
// and all files of projects and stacks in it are in src without the folders before them, of which the first is not in src.
// A change that removes a project with a stack is let through, as it can be a copy that goes.
func (r *Repository) checkRoot(changes Changes, gone []Removed) error {
	names := r.outsideProjects(changes.Files)
	if changes.Everything != "" || len(names) == 0 || slices.ContainsFunc(gone, func(g Removed) bool { return g.Stack != "" }) {
		return nil
	}
	first, _, _ := strings.Cut(names[0], "/")
	if _, err := fs.Stat(r.tree, first); err == nil {
		return nil
	}
	for prefix := range up(path.Dir(names[0])) {
		inSrc := func(name string) bool {
			rest, ok := strings.CutPrefix(name, prefix+"/")
			return ok && strings.Contains(rest, "/") && r.files[rest]
		}
		if !slices.ContainsFunc(names, func(name string) bool { return !inSrc(name) }) {
			return fmt.Errorf("changed files: %q is not in src, but %q is: want paths from the root of src", names[0], names[0][len(prefix)+1:])
		}
	}
	return nil
}

// outsideProjects gives the changed files of projects and stacks, none if a changed file is a manifest or in a project.
func (r *Repository) outsideProjects(files []File) []string {
	var names []string
	for _, f := range files {
		for _, name := range []string{f.Path, f.Previous} {
			if r.files[name] || r.owners(name) != nil {
				return nil
			}
			for dir := range up(name) {
				if dir != "." && r.byDir[dir] != nil {
					return nil
				}
			}
			if base := path.Base(name); isProject(base) || stackName(base) != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
