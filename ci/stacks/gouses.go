package stacks

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// goSources keeps what was read of Go code, of which many projects share much.
type goSources struct {
	// holdsGo says which folders hold a .go file.
	holdsGo map[string]bool
	// imports are those of the packages in folders. A package whose imports cannot be told has none, but is there.
	imports map[string]goImports
}

type goImports struct {
	paths []string
	ok    bool
}

// goModule is a module that can be imported. One that lies outside the repository has no dir.
type goModule struct {
	path, dir string
	// replacedIn is the file that replaces it by a folder, which is shared as a whole.
	replacedIn string
}

// goProgram is what Go builds a program of.
type goProgram struct {
	// dir is its folder, mod that of its go.mod.
	dir, mod string
	modules  []goModule
	// spread says that it can import packages outside the project's own folder, or in the folder of another project in it,
	// which are shared one by one.
	spread bool
}

// goUses finds what a Go program uses.
func (r *Repository) goUses(u *unit, dir string, found *uses) error {
	p, err := r.goProgram(u, dir, found)
	if p.spread {
		r.followImports(p, found)
	}
	return err
}

// goProgram finds the modules that a program is built of, and takes in the files that say so.
func (r *Repository) goProgram(u *unit, dir string, found *uses) (goProgram, error) {
	mod, ok := r.above(dir, "go.mod")
	for d := range up(dir) {
		// A change can remove a go.mod that lies nearer, and add or remove a go.work, or the program in it.
		if !ok || below(mod, d) {
			found.addGoMod(d, "Go module of the program")
		}
		found.add(path.Join(d, "go.work"), "Go workspace above the program")
	}
	if !ok {
		return goProgram{}, nil
	}
	p := goProgram{dir: dir, mod: mod}
	err := r.addModule(&p, mod)
	for _, m := range p.modules {
		if m.replacedIn != "" {
			found.add(m.dir, "replace in "+shown(m.replacedIn))
		}
	}
	p.spread = !below(u.dir, mod) && mod != dir || r.holdsOther(mod, u)
	if work, ok := r.goWork(mod, dir); ok {
		p.spread = true
		err = errors.Join(err, r.addWork(&p, work, found))
	}
	if p.spread {
		found.add(path.Join(mod, "vendor"), "vendor folder of the program's Go module")
	}
	return p, err
}

// holdsOther tells whether a module holds another project than u. A file there is that project's own, and can
// be of a package that the program imports.
func (r *Repository) holdsOther(mod string, u *unit) bool {
	return slices.ContainsFunc(r.units, func(other *unit) bool {
		if other == u || !below(mod, other.dir) {
			return false
		}
		of, _ := r.above(other.dir, "go.mod")
		return of == mod
	})
}

func (u *uses) addGoMod(dir, why string) {
	u.add(path.Join(dir, "go.mod"), why)
	u.add(path.Join(dir, "go.sum"), why)
}

// addModule adds a module and those that its go.mod names.
func (r *Repository) addModule(p *goProgram, dir string) error {
	name := path.Join(dir, "go.mod")
	file := r.readGoFile(name)
	p.modules = append(p.modules, goModule{path: file.module, dir: dir})
	for _, required := range file.requires {
		p.modules = append(p.modules, goModule{path: required})
	}
	return p.addReplaces(name, file)
}

// addReplaces adds the folders that stand for modules by a go.mod or go.work.
func (p *goProgram) addReplaces(name string, file goFile) error {
	var errs []error
	for _, replace := range file.replaces {
		dir, ok := within(path.Dir(name), replace.path)
		if !ok {
			errs = append(errs, fmt.Errorf("%s: line %d: its replace %q leaves src: want a path inside src, or a src that holds it too", shown(name), replace.line, replace.path))
			continue
		}
		p.modules = append(p.modules, goModule{replace.module, dir, name})
	}
	return errors.Join(errs...)
}

// goWork gives the folder of the nearest go.work at or above a program that uses its module.
func (r *Repository) goWork(mod, dir string) (string, bool) {
	for d := range up(dir) {
		name := path.Join(d, "go.work")
		if !r.files[name] {
			continue
		}
		for _, use := range r.readGoFile(name).uses {
			if used, ok := within(d, use.path); ok && used == mod {
				return d, true
			}
		}
	}
	return "", false
}

// addWork adds the modules of a go.work, and takes in its files.
func (r *Repository) addWork(p *goProgram, work string, found *uses) error {
	name := path.Join(work, "go.work")
	file := r.readGoFile(name)
	found.add(path.Join(work, "go.work.sum"), "Go workspace above the program")
	found.add(path.Join(work, "vendor"), "vendor folder of the Go workspace")
	var errs []error
	for _, use := range file.uses {
		dir, ok := within(work, use.path)
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%s: line %d: its use %q leaves src: want a path inside src, or a src that holds it too", shown(name), use.line, use.path))
		case dir != p.mod:
			errs = append(errs, r.addModule(p, dir))
		}
	}
	before := len(p.modules)
	errs = append(errs, p.addReplaces(name, file))
	for _, m := range p.modules[before:] {
		found.add(m.dir, "replace in "+shown(name))
	}
	return errors.Join(errs...)
}

// module gives the module that a package belongs to: that of the longest path, and of two that in the repository.
func (p *goProgram) module(imported string) (goModule, bool) {
	var best goModule
	for _, m := range p.modules {
		if m.path == "" || imported != m.path && !strings.HasPrefix(imported, m.path+"/") {
			continue
		}
		if len(m.path) > len(best.path) || m.path == best.path && best.dir == "" {
			best = m
		}
	}
	return best, best.dir != ""
}

// followImports takes in the packages that a program imports, and those that they import. Where that cannot be told, it
// takes in all modules whole: too much is shown then, and nothing is lost.
func (r *Repository) followImports(p goProgram, found *uses) {
	why := "imported by " + shown(p.dir)
	found.packages = map[string]string{p.dir: why}
	for todo := []string{p.dir}; len(todo) > 0; todo = todo[1:] {
		imports := r.importsIn(todo[0])
		if !imports.ok {
			for _, m := range p.modules {
				if m.dir != "" {
					found.add(m.dir, "the imports in "+shown(todo[0])+" cannot be read")
				}
			}
			return
		}
		for _, imported := range imports.paths {
			m, ok := p.module(imported)
			if !ok {
				continue
			}
			if found.addGoMod(m.dir, why); m.replacedIn != "" {
				found.add(m.dir, "replace in "+shown(m.replacedIn))
			}
			dir := path.Join(m.dir, strings.TrimPrefix(imported, m.path))
			if found.packages[dir] == "" {
				found.packages[dir] = why
				todo = append(todo, dir)
			}
		}
	}
}

// importsIn gives the imports of the package in a folder, without those of its tests.
func (r *Repository) importsIn(dir string) goImports {
	if known, ok := r.imports[dir]; ok {
		return known
	}
	if r.imports == nil {
		r.imports = map[string]goImports{}
	}
	r.imports[dir] = r.readImports(dir)
	return r.imports[dir]
}

func (r *Repository) readImports(dir string) goImports {
	found := map[string]bool{}
	read := false
	for _, name := range r.goFilesIn(dir) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			continue
		}
		text, err := fs.ReadFile(r.tree, path.Join(dir, name))
		if err != nil {
			return goImports{}
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.SkipObjectResolution)
		if err != nil {
			return goImports{}
		}
		read = true
		for _, spec := range file.Imports {
			if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
				found[imported] = true
			}
		}
	}
	return goImports{slices.Sorted(maps.Keys(found)), read}
}

// goFilesIn gives the names of the .go files in a folder.
func (r *Repository) goFilesIn(dir string) []string {
	entries, err := fs.ReadDir(r.tree, dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if path.Ext(e.Name()) == ".go" && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// goPackage gives the folder of the package that a file belongs to: the nearest at or above it that holds a .go file. A
// .go file that is gone belongs to its own folder.
func (r *Repository) goPackage(file string) string {
	dir := path.Dir(file)
	if path.Ext(file) == ".go" {
		return dir
	}
	if r.holdsGo == nil {
		r.holdsGo = map[string]bool{}
	}
	for d := range up(dir) {
		holds, ok := r.holdsGo[d]
		if !ok {
			holds = r.goFilesIn(d) != nil
			r.holdsGo[d] = holds
		}
		if holds {
			return d
		}
	}
	return ""
}

// GoFiles are patterns, as of Manifests, of the Go code that tells which packages a program imports. Most repositories
// have none. The files have to be in the tree before Choose is called.
func (r *Repository) GoFiles() []string {
	found := map[string]bool{}
	for _, u := range r.units {
		dir, ok := r.program(u)
		if u.broken != nil || u.Runtime != "go" || len(u.stacks) == 0 || !ok {
			continue
		}
		// What is wrong with paths is for Choose to say.
		p, _ := r.goProgram(u, dir, new(uses))
		for _, m := range p.modules {
			if p.spread && m.dir != "" {
				found[goPattern(m.dir)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// goPattern is the pattern of the Go files in a folder; of one that would be read as a pattern itself, all there are.
func goPattern(dir string) string {
	if dir == "." || strings.ContainsAny(dir, "*?[]\\!") {
		return "**/*.go"
	}
	return dir + "/**/*.go"
}
