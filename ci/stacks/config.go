package stacks

import (
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// config is what iac.yaml says.
type config struct {
	watch map[*unit]watch
	// after are the IDs that go before each stack, by its ID.
	after map[string][]string
}

// watch are the files outside a project that touch it.
type watch struct{ in, out []pathGlob }

// match tells whether a file is watched, or something in it if it is a folder, as a submodule of git's is.
func (w watch) match(file string) bool {
	matches := func(g pathGlob) bool { return g.match(file) }
	return slices.ContainsFunc(w.in, matches) && !slices.ContainsFunc(w.out, matches) ||
		slices.ContainsFunc(w.in, func(g pathGlob) bool { return g.isIn(file) })
}

// configReader gathers what is wrong with iac.yaml.
type configReader struct {
	r    *Repository
	errs []error
}

// readConfig reads the text of iac.yaml for a repository.
func readConfig(text string, r *Repository) (config, error) {
	c := config{map[*unit]watch{}, map[string][]string{}}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return c, nil
	} else if err != nil {
		return c, notYAML(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return c, fmt.Errorf("iac.yaml: line %d: a second document: want one", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return c, notYAML(err)
	}
	reader := &configReader{r: r}
	top := document.Content[0]
	if top.Tag == "!!null" {
		return c, nil
	}
	for _, e := range reader.mapping(top, "iac.yaml", "watch and after", func(key string) string { return key }) {
		switch e.key.Value {
		case "watch":
			reader.watch(e.value, c.watch)
		case "after":
			reader.after(e.value, c.after)
		default:
			reader.wrong(e.key, "unknown key %q: want watch or after", e.key.Value)
		}
	}
	return c, joined(reader.errs)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(line [0-9]+: )?`)

func notYAML(err error) error {
	text := err.Error()
	where := yamlLine.FindStringSubmatch(text)
	return fmt.Errorf("iac.yaml: %sit is not YAML: %s", where[1], text[len(where[0]):])
}

func (c *configReader) wrong(at *yaml.Node, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("iac.yaml: line %d: "+format, append([]any{at.Line}, args...)...))
}

type entry struct{ key, value *yaml.Node }

// mapping gives the entries of a mapping, of which no two may mean the same.
func (c *configReader) mapping(node *yaml.Node, name, want string, meaning func(key string) string) []entry {
	if node.Kind != yaml.MappingNode {
		c.wrong(node, "%s is not a mapping: want %s", name, want)
		return nil
	}
	var entries []entry
	first := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode {
			c.wrong(key, "%s has a key that is not a word: want %s", name, want)
			continue
		}
		if line, ok := first[meaning(key.Value)]; ok {
			c.wrong(key, "%q is there twice: it is in line %d already", key.Value, line)
			continue
		}
		first[meaning(key.Value)] = key.Line
		entries = append(entries, entry{key, node.Content[i+1]})
	}
	return entries
}

// list gives the texts of a list.
func (c *configReader) list(node *yaml.Node, name, want string) []*yaml.Node {
	if node.Kind != yaml.SequenceNode {
		c.wrong(node, "%s is not a list: want %s", name, want)
		return nil
	}
	var texts []*yaml.Node
	for _, item := range node.Content {
		if item.Kind != yaml.ScalarNode || item.Value == "" || item.Tag == "!!null" {
			c.wrong(item, "an item of %s is empty or not a text: want %s", name, want)
			continue
		}
		texts = append(texts, item)
	}
	return texts
}

func (c *configReader) watch(node *yaml.Node, all map[*unit]watch) {
	for _, e := range c.mapping(node, "watch", "folders of projects, each with a list of globs", path.Clean) {
		u := c.project(e.key)
		var w watch
		for _, item := range c.list(e.value, e.key.Value, "globs of files, such as lib/**") {
			pattern, out := strings.CutPrefix(item.Value, "!")
			clean, ok := within(".", pattern)
			switch {
			case pattern == "":
				c.wrong(item, "empty glob: want one such as lib/**")
				continue
			case !ok || slices.Contains(strings.Split(pattern, "/"), ".."):
				c.wrong(item, "%q leaves src: want a glob of files inside src, from its root", item.Value)
				continue
			case strings.HasSuffix(pattern, "/"):
				clean += "/"
			}
			if glob := newPathGlob(clean); out {
				w.out = append(w.out, glob)
			} else {
				w.in = append(w.in, glob)
			}
		}
		if w.in == nil && w.out != nil {
			c.wrong(e.key, "%q watches nothing: want a glob without ! too", e.key.Value)
		}
		if u != nil {
			all[u] = w
		}
	}
}

func (c *configReader) project(node *yaml.Node) *unit {
	u := c.r.byDir[path.Clean(node.Value)]
	if u == nil || node.Value == "" {
		c.wrong(node, "no project in %q: want the folder of a Pulumi.yaml%s", node.Value, c.r.examples())
		return nil
	}
	return u
}

// examples lists folders of projects, for an error.
func (r *Repository) examples() string {
	var dirs []string
	for _, u := range r.units[:min(10, len(r.units))] {
		dirs = append(dirs, u.dir)
	}
	if dirs == nil {
		return ""
	}
	more := ""
	if len(r.units) > len(dirs) {
		more = ", …"
	}
	return ", which are " + strings.Join(dirs, ", ") + more
}

func (c *configReader) after(node *yaml.Node, all map[string][]string) {
	const want = "folders of projects, or folder:stack, each with a list of what goes before"
	for _, e := range c.mapping(node, "after", want, path.Clean) {
		later := c.stacks(e.key)
		for _, item := range c.list(e.value, e.key.Value, "folders of projects, or folder:stack") {
			before := c.stacks(item)
			for _, s := range later {
				all[s.id()] = append(all[s.id()], before.before(s)...)
			}
		}
	}
}

// named are the stacks that a folder, or a folder and a stack, names.
type named []*stack

// before gives the IDs of those that go before a stack: of a project that of the same name if it has one.
func (n named) before(s *stack) []string {
	var ids []string
	for _, other := range n {
		if other.name == s.name {
			return []string{other.id()}
		}
		ids = append(ids, other.id())
	}
	return ids
}

// stacks gives the stacks that a folder or folder:stack names.
func (c *configReader) stacks(node *yaml.Node) named {
	if u := c.r.byDir[path.Clean(node.Value)]; u != nil && node.Value != "" {
		return u.stacks
	}
	i := strings.LastIndex(node.Value, ":")
	if i < 0 {
		c.project(node)
		return nil
	}
	folder := *node
	folder.Value = node.Value[:i]
	u := c.project(&folder)
	if u == nil {
		return nil
	}
	s := u.stack(node.Value[i+1:])
	if s == nil {
		c.wrong(node, "no stack %q in %s: want %s", node.Value[i+1:], u.dir, u.wanted())
		return nil
	}
	return named{s}
}

// wanted says which stacks a unit has, for an error.
func (u *unit) wanted() string {
	var names []string
	for _, s := range u.stacks[:min(10, len(u.stacks))] {
		names = append(names, s.name)
	}
	switch {
	case names == nil:
		return "a Pulumi.<stack>.yaml there"
	case len(names) < len(u.stacks):
		names = append(names, "…")
	}
	return "one of " + strings.Join(names, ", ")
}
