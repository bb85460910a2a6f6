package hostdagger

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"iac/internal/bindings"
)

// variables are those of .env files, not expanded yet. Those in own give defaults; those in context
// can only be used in the values of others.
type variables struct {
	own, context map[string]string
}

// readDotEnv reads a .env file. A file that is not there holds no variables.
func readDotEnv(name string) (variables, error) {
	v := variables{own: map[string]string{}, context: map[string]string{}}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return v, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return v, err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(exportWord.ReplaceAllString(line, ""), "=")
		v.own[name] = value
	}
	return v, nil
}

var exportWord = regexp.MustCompile(`^export\s+`)

// namespace keeps the variables whose names start with the prefix and an underscore, without it, in
// camelCase or snake_case and any capitals. The others become context.
func (v variables) namespace(prefix string) variables {
	out := variables{own: map[string]string{}, context: maps.Clone(v.context)}
	for _, name := range slices.Sorted(maps.Keys(v.own)) {
		if rest, ok := cutPrefix(name, prefix); ok {
			out.own[rest] = v.own[name]
		} else {
			out.context[name] = v.own[name]
		}
	}
	return out
}

func cutPrefix(name, prefix string) (rest string, ok bool) {
	for _, form := range []string{bindings.CamelName(prefix) + "_", bindings.SnakeName(prefix) + "_"} {
		if len(name) >= len(form) && strings.EqualFold(name[:len(form)], form) {
			return name[len(form):], true
		}
	}
	return "", false
}

// with adds other variables, which win over those of the same name.
func (v variables) with(other variables) variables {
	out := variables{own: maps.Clone(v.own), context: maps.Clone(v.context)}
	maps.Copy(out.own, other.own)
	maps.Copy(out.context, other.context)
	return out
}

// ExpandDotEnv gives what the variables of a .env file come to with the variables of an environment,
// given as NAME=value.
func ExpandDotEnv(file string, environ []string) (map[string]string, error) {
	v, err := readDotEnv(file)
	if err != nil {
		return nil, err
	}
	return v.expand(func(name string) string { return environment(environ, name) })
}

// expand gives the values of the own variables, with shell parameters replaced: by variables of the
// files, those of its own first, or else of the environment. A parameter that is unset or empty and
// has no default is an error, as is a command in a value.
func (v variables) expand(getenv func(string) string) (map[string]string, error) {
	e := expansion{words: map[string][]*syntax.Word{}, done: map[string]string{}, busy: map[string]bool{}, getenv: getenv}
	for _, group := range []map[string]string{v.context, v.own} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			if err := e.parse(name, group[name]); err != nil {
				return nil, err
			}
		}
	}
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.own)) {
		value, err := e.value(name)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// expansion expands variables that may refer to each other.
type expansion struct {
	words  map[string][]*syntax.Word
	done   map[string]string
	busy   map[string]bool
	getenv func(string) string
}

var (
	plainName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	shellFeatures = regexp.MustCompile("[`\"'\\\\]|\\$[A-Za-z_{(]")
)

// parse reads a value as a shell would read the right side of an assignment, but for unquoted spaces,
// which end nothing.
func (e *expansion) parse(name, value string) error {
	if plainName.MatchString(name) && !shellFeatures.MatchString(value) {
		e.words[name] = []*syntax.Word{{Parts: []syntax.WordPart{&syntax.Lit{Value: value}}}}
		return nil
	}
	line := name + "=" + value
	file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
	if err != nil {
		return fmt.Errorf(".env: %q cannot be read: %w", line, err)
	}
	if len(file.Stmts) == 0 {
		return nil
	}
	call, ok := file.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) != 1 || call.Assigns[0].Name == nil {
		return fmt.Errorf(".env: %q is not one assignment NAME=value", line)
	}
	var words []*syntax.Word
	if call.Assigns[0].Value != nil {
		words = append(words, call.Assigns[0].Value)
	}
	e.words[call.Assigns[0].Name.Value] = append(words, call.Args...)
	return nil
}

func (e *expansion) value(name string) (string, error) {
	if value, ok := e.done[name]; ok {
		return value, nil
	}
	if e.busy[name] {
		return "", fmt.Errorf(".env: %s refers to itself", name)
	}
	e.busy[name] = true
	defer delete(e.busy, name)
	var parts []string
	for _, word := range e.words[name] {
		fields, err := expand.Fields(&expand.Config{NoUnset: true, Env: expand.FuncEnviron(e.lookup(word))}, word)
		if err != nil {
			return "", fmt.Errorf(".env: %s: %w", name, err)
		}
		parts = append(parts, strings.Join(fields, " "))
	}
	e.done[name] = strings.Join(parts, " ")
	return e.done[name], nil
}

// lookup gives what a parameter in a word stands for. An empty string counts as unset, and so does a
// variable of the files that cannot be expanded, one that refers to itself above all.
func (e *expansion) lookup(word *syntax.Word) func(string) string {
	return func(name string) string {
		if _, ok := e.words[name]; ok {
			value, err := e.value(name)
			if err != nil {
				return ""
			}
			return value
		}
		switch {
		case word.Lit() != "":
			return ""
		case name == "IFS":
			return " \t\n"
		}
		return e.getenv(name)
	}
}
