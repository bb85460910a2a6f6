package stacks

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// uses is what a project uses outside its own folder.
type uses struct {
	// paths are files, and folders with all in them, by what they are used for.
	paths map[string]string
	// packages are the folders of Go packages, by what they are used for.
	packages map[string]string
	// folders are those that hold the others, and the others themselves.
	folders map[string]string
}

// add takes in a file or folder. The first reason stays.
func (u *uses) add(name, why string) {
	if u.paths == nil {
		u.paths = map[string]string{}
	}
	if u.paths[name] == "" {
		u.paths[name] = why
	}
}

// match says what a file, or a folder with all in it, is used for, empty if it is not used. isStack says that it is the file of a stack, which no
// program uses.
func (u uses) match(file string, isStack bool, r *Repository) string {
	if isStack {
		return ""
	}
	for dir := range up(file) { // the file itself first
		if why := u.paths[dir]; why != "" {
			return why
		}
	}
	if u.packages != nil {
		if why := u.packages[r.goPackage(file)]; why != "" {
			return why
		}
	}
	return u.folders[file]
}

// addFolders takes in the folders that hold what is used. The first reason stays.
func (u *uses) addFolders() {
	u.folders = map[string]string{}
	for _, used := range []map[string]string{u.paths, u.packages} {
		for _, name := range slices.Sorted(maps.Keys(used)) {
			for dir := range up(name) {
				if u.folders[dir] == "" {
					u.folders[dir] = used[name]
				}
			}
		}
	}
}

// usesOf finds what a project uses.
func (r *Repository) usesOf(u *unit) (uses, error) {
	var found uses
	program, ok := r.program(u)
	if !ok {
		return found, leaves(u.file, "main", u.Main)
	}
	var errs []error
	// Inside it can be the folder of another project, or hold one. Go code is followed by its imports.
	if !below(u.dir, program) || program != u.dir && u.Runtime != "go" {
		found.add(program, "main in "+shown(u.file))
	}
	for _, local := range u.Local {
		folder, ok := within(u.dir, local)
		if !ok {
			errs = append(errs, leaves(u.file, "package or plugin", local))
			continue
		}
		found.add(folder, "package in "+shown(u.file))
	}
	switch u.Runtime {
	case "go":
		errs = append(errs, r.goUses(u, program, &found))
	case "nodejs", "bun":
		errs = append(errs, r.nodeUses(program, &found))
	}
	found.addFolders()
	return found, errors.Join(errs...)
}

// leaves says that what a file names lies outside the repository.
func leaves(file, what, name string) error {
	return fmt.Errorf("%s: its %s %q leaves src: want a path inside src, or a src that holds it too", shown(file), what, name)
}

// program gives the folder of a project's program, false where it lies outside the repository.
func (r *Repository) program(u *unit) (string, bool) {
	if u.Main == "" {
		return u.dir, true
	}
	program, ok := within(u.dir, u.Main)
	return r.programFolder(program), ok
}

// programFolder gives the folder of a program, of which main can name the file too.
func (r *Repository) programFolder(program string) string {
	if info, err := fs.Stat(r.tree, program); path.Ext(program) == "" || err == nil && info.IsDir() {
		return program
	}
	return path.Dir(program)
}
