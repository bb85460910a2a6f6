package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// nodeSources keeps what was read of Node.js packages, of which many projects share much.
type nodeSources struct {
	packages   map[string]*nodePackage
	workspaces map[string]*nodeWorkspace
}

// nodePackage is a package.json.
type nodePackage struct {
	// dir is its folder.
	dir, name string
	// dependencies are those of all kinds.
	dependencies []nodeDependency
	// workspaces are patterns of the folders of other packages, nil if it does not speak of any.
	workspaces []string
	broken     error
}

type nodeDependency struct{ name, version string }

// nodeWorkspace are packages that are installed together.
type nodeWorkspace struct {
	root    string
	members map[string]string // folders by name
}

// nodeFiles are those that say what is installed.
var nodeFiles = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
	"bun.lock", "bun.lockb", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs",
}

// nodeUses finds what a Node.js program uses.
func (r *Repository) nodeUses(program string, found *uses) error {
	dir, ok := r.above(program, "package.json")
	for d := range up(program) {
		// A change can remove one that lies nearer, or the root of a workspace.
		for _, name := range []string{"package.json", "pnpm-workspace.yaml"} {
			if gone := path.Join(d, name); !r.files[gone] {
				found.add(gone, "what the program installs")
			}
		}
	}
	if !ok {
		return nil
	}
	found.addNodeFiles(dir)
	if w := r.workspace(dir); w != nil {
		found.addNodeFiles(w.root)
	}
	var errs []error
	seen := map[string]bool{dir: true}
	for todo := []string{dir}; len(todo) > 0; todo = todo[1:] {
		targets, err := r.nodeTargets(todo[0])
		errs = append(errs, err)
		why := "dependency in " + shown(path.Join(todo[0], "package.json"))
		for _, target := range targets {
			if seen[target] {
				continue
			}
			seen[target] = true
			found.add(target, why)
			if r.files[path.Join(target, "package.json")] {
				todo = append(todo, target)
			}
		}
	}
	return errors.Join(errs...)
}

func (u *uses) addNodeFiles(dir string) {
	for _, name := range nodeFiles {
		u.add(path.Join(dir, name), "what the program installs")
	}
}

// nodeTargets gives the folders and files of the repository that the package in a folder depends on.
func (r *Repository) nodeTargets(dir string) ([]string, error) {
	w := r.workspace(dir)
	var errs []error
	var targets []string
	for _, d := range r.nodePackage(dir).dependencies {
		if local, ok := d.path(); ok {
			target, ok := within(dir, local)
			if !ok {
				errs = append(errs, fmt.Errorf("%s: its dependency %q leaves src by %q: want a path inside src, or a src that holds it too", shown(path.Join(dir, "package.json")), d.name, d.version))
				continue
			}
			targets = append(targets, target)
			continue
		}
		if w != nil {
			targets = append(targets, w.find(d)...)
		}
	}
	return targets, errors.Join(errs...)
}

// path gives the path on disk that a dependency is taken from.
func (d nodeDependency) path() (string, bool) {
	for _, prefix := range []string{"file:", "link:", "portal:"} {
		if local, ok := strings.CutPrefix(d.version, prefix); ok {
			// Yarn binds a path to the package that names it behind ::.
			local, _, _ = strings.Cut(local, "::")
			return local, true
		}
	}
	local := strings.TrimPrefix(d.version, "workspace:")
	return local, local == "." || local == ".." || strings.HasPrefix(local, "./") || strings.HasPrefix(local, "../") ||
		strings.HasPrefix(local, "/") || strings.HasPrefix(local, "~/")
}

// find gives the folder of the package of the workspace that a dependency means. One that must be of the workspace and is
// not known is taken for all of them.
func (w *nodeWorkspace) find(d nodeDependency) []string {
	version, must := strings.CutPrefix(d.version, "workspace:")
	name := d.name
	if at := strings.LastIndex(version, "@"); must && at > 0 {
		name = version[:at] // workspace:other@*
	}
	if dir, ok := w.members[name]; ok {
		return []string{dir}
	}
	if !must {
		return nil
	}
	dirs := slices.Sorted(maps.Values(w.members))
	if dir := path.Join(w.root, version); slices.Contains(dirs, dir) {
		return []string{dir} // workspace:packages/other
	}
	return dirs
}

// nodePackage reads the package.json in a folder; without one it is empty.
func (r *Repository) nodePackage(dir string) *nodePackage {
	if p := r.packages[dir]; p != nil {
		return p
	}
	if r.packages == nil {
		r.packages = map[string]*nodePackage{}
	}
	p := &nodePackage{dir: dir}
	r.packages[dir] = p
	name := path.Join(dir, "package.json")
	if !r.files[name] {
		return p
	}
	text, err := fs.ReadFile(r.tree, name)
	if err == nil {
		err = p.parse(text)
	}
	if err != nil {
		p.broken = fmt.Errorf("%s cannot be read: %w", shown(name), err)
	}
	return p
}

// parse reads the text of a package.json. What is of another kind than it should be is left to the package manager.
func (p *nodePackage) parse(text []byte) error {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	_ = json.Unmarshal(file["name"], &p.name)
	for _, key := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "resolutions", "overrides", "pnpm"} {
		var value any
		if json.Unmarshal(file[key], &value) == nil {
			p.addDependencies(value)
		}
	}
	p.workspaces = workspacePatterns(file["workspaces"])
	return nil
}

// addDependencies adds all texts in a value of package.json, with the key that each stands at.
func (p *nodePackage) addDependencies(value any) {
	group, _ := value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(group)) {
		if version, ok := group[name].(string); ok {
			p.dependencies = append(p.dependencies, nodeDependency{name, version})
			continue
		}
		p.addDependencies(group[name])
	}
}

// workspacePatterns reads the workspaces of a package.json, a list or an object with a list.
func workspacePatterns(value json.RawMessage) []string {
	var object struct {
		Packages []string `json:"packages"`
	}
	var list []string
	if json.Unmarshal(value, &list) == nil && list != nil {
		return list
	}
	if json.Unmarshal(value, &object) == nil && object.Packages != nil {
		return object.Packages
	}
	return nil
}

// workspace gives the workspace that the package in a folder is of, nil if it stands alone.
func (r *Repository) workspace(dir string) *nodeWorkspace {
	for root := range up(dir) {
		patterns := r.workspaceOf(root)
		if patterns == nil || root != dir && !isMember(patterns, root, dir) {
			continue
		}
		if r.workspaces == nil {
			r.workspaces = map[string]*nodeWorkspace{}
		}
		if r.workspaces[root] == nil {
			r.workspaces[root] = r.readWorkspace(root, patterns)
		}
		return r.workspaces[root]
	}
	return nil
}

// workspaceOf gives the patterns of the packages that a folder is the root of, nil if it is of none.
func (r *Repository) workspaceOf(root string) []string {
	patterns := r.nodePackage(root).workspaces
	name := path.Join(root, "pnpm-workspace.yaml")
	if !r.files[name] {
		return patterns
	}
	var file struct {
		Packages []string `yaml:"packages"`
	}
	text, err := fs.ReadFile(r.tree, name)
	if err != nil || yaml.Unmarshal(text, &file) != nil {
		return []string{"**"}
	}
	return append(append([]string{}, patterns...), file.Packages...)
}

// isMember tells whether the patterns of a workspace mean a folder.
func isMember(patterns []string, root, dir string) bool {
	relative := strings.TrimPrefix(dir, root+"/")
	member := false
	for _, pattern := range patterns {
		pattern, out := strings.CutPrefix(pattern, "!")
		for _, plain := range expand(pattern) {
			if newPathGlob(path.Clean(plain)).exactly(relative) {
				member = !out
			}
		}
	}
	return member
}

func (r *Repository) readWorkspace(root string, patterns []string) *nodeWorkspace {
	w := &nodeWorkspace{root, map[string]string{}}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(r.files))) {
		dir := path.Dir(name)
		if path.Base(name) != "package.json" || !below(root, dir) || dir != root && !isMember(patterns, root, dir) {
			continue
		}
		if p := r.nodePackage(dir); p.name != "" {
			w.members[p.name] = dir
		}
	}
	return w
}

// maxExpanded is up to how many patterns one with braces is taken for.
const maxExpanded = 1000

// expand gives the patterns that one with braces stands for, such as a/{b,c}. What else such patterns know is taken for
// any text.
func expand(pattern string) []string {
	for i, part := range strings.Split(pattern, "/") {
		if strings.ContainsAny(part, "[(") {
			parts := strings.Split(pattern, "/")
			parts[i] = "*"
			pattern = strings.Join(parts, "/")
		}
	}
	done, todo := []string{}, []string{pattern}
	for len(todo) > 0 && len(done)+len(todo) < maxExpanded {
		next := todo[0]
		todo = todo[1:]
		end := strings.Index(next, "}")
		start := strings.LastIndex(next[:max(end, 0)], "{")
		if start < 0 || end < 0 {
			done = append(done, next)
			continue
		}
		for _, choice := range strings.Split(next[start+1:end], ",") {
			todo = append(todo, next[:start]+choice+next[end+1:])
		}
	}
	return append(done, todo...)
}

// brokenNodes tells of the package.json files that could not be read.
func (r *Repository) brokenNodes() []string {
	var list []string
	for _, dir := range slices.Sorted(maps.Keys(r.packages)) {
		if broken := r.packages[dir].broken; broken != nil {
			list = append(list, broken.Error())
		}
	}
	return list
}
