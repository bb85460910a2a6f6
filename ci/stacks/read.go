package stacks

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"dagger/iac/project"
)

// Manifests are the patterns, as Dagger's Directory.filter takes them, of the files that Read reads.
var Manifests = []string{
	"**/Pulumi.yaml", "**/Pulumi.yml", "**/Pulumi.*.yaml", "**/Pulumi.*.yml",
	"**/go.mod", "**/go.work", "**/package.json", "**/pnpm-workspace.yaml",
	"iac.yaml", "iac.yml",
}

// Repository is what Read found. It is for one goroutine at a time.
type Repository struct {
	tree  fs.FS
	units []*unit
	// byDir are the units by their folder, byConfig by the folder that holds the files of their stacks.
	byDir    map[string]*unit
	byConfig map[string][]*unit
	// files are those in the tree that have the name of a manifest.
	files map[string]bool
	// links are the files of projects and stacks that are links, by what they lead to.
	links  map[string][]string
	config config
	goSources
	nodeSources
}

// unit is a project with its stacks.
type unit struct {
	// dir is its folder, file the path of its Pulumi.yaml.
	dir, file string
	// config is the folder that holds the files of the stacks.
	config string
	project.Project
	// broken says what is wrong with the file, outside that the stacks are looked for outside the repository.
	broken, outside error
	stacks          []*stack
}

// stack is a stack of a unit.
type stack struct {
	unit *unit
	name string
	// file is its own file.
	file string
}

func (s *stack) id() string { return s.unit.dir + ":" + s.name }

func (u *unit) stack(name string) *stack {
	for _, s := range u.stacks {
		if s.name == name {
			return s
		}
	}
	return nil
}

// Read finds the projects and stacks of a repository in a tree that holds its Manifests. The tree should not follow links
// out of itself, which that of an os.Root does not.
func Read(tree fs.FS) (*Repository, error) {
	r := &Repository{
		tree:  tree,
		byDir: map[string]*unit{}, byConfig: map[string][]*unit{},
		files: map[string]bool{}, links: map[string][]string{},
	}
	if err := fs.WalkDir(tree, ".", r.visit); err != nil {
		return nil, err
	}
	for _, u := range r.units {
		r.readProject(u)
	}
	r.findStacks()
	if r.files["iac.yml"] {
		return nil, errors.New("iac.yml is not read: name it iac.yaml")
	}
	if !r.files["iac.yaml"] {
		return r, nil
	}
	text, err := fs.ReadFile(tree, "iac.yaml")
	if err != nil {
		return nil, err
	}
	r.config, err = readConfig(string(text), r)
	return r, err
}

// visit takes in a file of the tree. What is installed from elsewhere is left out.
func (r *Repository) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		if entry.Name() == "node_modules" || entry.Name() == ".git" {
			return fs.SkipDir
		}
		return nil
	}
	base, dir := path.Base(name), path.Dir(name)
	switch {
	case isProject(base):
		r.files[name] = true
		// Where both are there, Pulumi takes Pulumi.yaml, which comes first.
		if r.byDir[dir] == nil {
			u := &unit{dir: dir, file: name}
			r.byDir[dir] = u
			r.units = append(r.units, u)
		}
	case slices.Contains([]string{"go.mod", "go.work", "package.json", "pnpm-workspace.yaml"}, base), name == "iac.yaml", name == "iac.yml", stackName(base) != "":
		r.files[name] = true
	}
	if r.files[name] && entry.Type()&fs.ModeSymlink != 0 {
		if target, err := fs.ReadLink(r.tree, name); err == nil {
			if target, ok := within(dir, target); ok {
				r.links[target] = append(r.links[target], name)
			}
		}
	}
	return nil
}

func isProject(base string) bool { return base == "Pulumi.yaml" || base == "Pulumi.yml" }

// stackName gives the name of the stack whose file has this name, empty if it is no such file.
func stackName(base string) string {
	name, ok := strings.CutPrefix(base, "Pulumi.")
	ext := path.Ext(name)
	if !ok || ext != ".yaml" && ext != ".yml" {
		return ""
	}
	return strings.TrimSuffix(name, ext)
}

// readProject reads the Pulumi.yaml of a unit.
func (r *Repository) readProject(u *unit) {
	text, err := fs.ReadFile(r.tree, u.file)
	if err != nil {
		u.broken = fmt.Errorf("it cannot be read: %w", err)
	} else {
		u.Project, u.broken = project.Parse(string(text))
	}
	u.File = path.Base(u.file)
	// Pulumi takes one that begins with / from the project's folder too.
	config, ok := within(".", path.Join(u.dir, u.StackConfigDir))
	if !ok {
		u.outside = fmt.Errorf("%s: its stackConfigDir %q leaves src: want a folder inside src, or a src that holds it too", u.file, u.StackConfigDir)
		return
	}
	u.config = config
	r.byConfig[config] = append(r.byConfig[config], u)
}

// findStacks finds the stacks of all units by the names of files.
func (r *Repository) findStacks() {
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		for _, u := range r.byConfig[path.Dir(name)] {
			// Pulumi reads a .yml only where the project's file is one.
			if s := stackName(path.Base(name)); s != "" && (path.Ext(name) == ".yaml" || path.Ext(u.file) == ".yml") && u.stack(s) == nil {
				u.stacks = append(u.stacks, &stack{u, s, name})
			}
		}
	}
	for _, u := range r.units {
		known := slices.Clone(u.stacks)
		u.stacks = slices.DeleteFunc(u.stacks, func(s *stack) bool {
			// The settings of Pulumi's deployments lie beside the stack's own file.
			of, ok := strings.CutSuffix(s.name, ".deploy")
			return ok && slices.ContainsFunc(known, func(other *stack) bool { return other.name == of })
		})
		slices.SortFunc(u.stacks, func(a, b *stack) int { return strings.Compare(a.name, b.name) })
	}
	slices.SortFunc(r.units, func(a, b *unit) int { return strings.Compare(a.dir, b.dir) })
}

// owner is a unit and the name of the stack whose file a path is, whether the stack is still there or not.
type owner struct {
	unit *unit
	name string
}

// owners gives the stacks whose own file a path is.
func (r *Repository) owners(name string) []owner {
	base := stackName(path.Base(name))
	if base == "" {
		return nil
	}
	var owners []owner
	for _, u := range r.byConfig[path.Dir(name)] {
		if path.Ext(name) != ".yaml" && path.Ext(u.file) != ".yml" {
			continue
		}
		if of := strings.TrimSuffix(base, ".deploy"); of != base && u.stack(base) == nil {
			owners = append(owners, owner{u, of})
			continue
		}
		owners = append(owners, owner{u, base})
	}
	return owners
}

// up gives a folder and those above it, the root last.
func up(dir string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for yield(dir) && dir != "." && dir != "/" {
			dir = path.Dir(dir)
		}
	}
}

// above gives the nearest folder at or above another that holds a manifest, false where there is none.
func (r *Repository) above(dir, manifest string) (string, bool) {
	for d := range up(dir) {
		if r.files[path.Join(d, manifest)] {
			return d, true
		}
	}
	return "", false
}
