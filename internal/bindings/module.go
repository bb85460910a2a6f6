// Package bindings stands in for the code generation of a Dagger engine: it reads the Go source of a
// module, refuses what an engine would refuse, writes the code that `dagger develop` would write, and
// builds the module's program.
//
// What is written is the module's own view of the API: the core types of the public library
// dagger.io/dagger, and the types of the modules that dagger.json names, which this package describes
// in dependencies/.
package bindings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Module is what the source of a module says about itself.
type Module struct {
	// Root is the folder of dagger.json, Source the one of package main.
	Root, Source string
	// Name is the module's name in dagger.json, Path its path in go.mod.
	Name, Path string
	// Doc is the comment above the package clause, in the file with the main object.
	Doc string
	// Main is the type named as the module. Objects holds it and every other type that can be
	// reached from it, by name.
	Main    *Object
	Objects map[string]*Object

	dependencies []dependency
}

// Object is a type of the module: a struct of package main.
type Object struct {
	Name, Doc string
	// Constructor is the function New; only the main object may have one.
	Constructor *Function
	// Fields are the exported fields, Functions the exported methods, each as declared.
	Fields    []*Field
	Functions []*Function
}

// Field is an exported field of an object. A private one is kept between the calls of a chain and
// cannot be asked for.
type Field struct {
	Name, Doc string
	Type      Type
	Private   bool
}

// Function is an exported method of an object, or its constructor, whose name is empty.
type Function struct {
	Name, Doc string
	Args      []*Argument
	Result    Type
	// Cache is the value of the pragma +cache.
	Cache string

	goName string
}

// Argument is an argument of a function; the context is none.
type Argument struct {
	Name, Doc string
	Type      Type
	Optional  bool
	// Default is the value of the pragma +default, as JSON.
	Default json.RawMessage
	// DefaultPath is the value of the pragma +defaultPath, Ignore the one of +ignore.
	DefaultPath string
	Ignore      []string
}

// Required says whether a caller has to give the argument.
func (a *Argument) Required() bool { return !a.Optional && a.Default == nil }

// Kind is a kind of types.
type Kind int

// The kinds of types that a function may take and give.
const (
	Void Kind = iota
	String
	Int
	Float
	Bool
	// Core is an object of Dagger's own or of a dependency, Own one of the module's.
	Core
	Own
	List
)

// Type is the type of an argument, a field or a result. Name is set for Core and Own, Elem for List.
type Type struct {
	Kind Kind
	Name string
	Elem *Type
}

// String gives the type as help texts call it.
func (t Type) String() string {
	switch t.Kind {
	case String:
		return "string"
	case Int:
		return "int"
	case Float:
		return "float"
	case Bool:
		return "bool"
	case List:
		return "[]" + t.Elem.String()
	}
	return t.Name
}

// Find gives the folder of the dagger.json that dir belongs to: dir itself or the nearest one above.
func Find(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "dagger.json")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("there is no dagger.json in %q or in a folder above it", start)
		}
	}
}

// ContextPath gives the path on this host of a default: from the root of the repository that the module
// lies in, or, if it begins with no slash, from the module's.
func (m *Module) ContextPath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return filepath.Join(m.Root, path)
	}
	for dir := m.Root; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return filepath.Join(dir, path)
		}
		if dir == filepath.Dir(dir) {
			return filepath.Join(m.Root, path)
		}
	}
}

// Load reads the module whose dagger.json lies in root. The error names, with their positions, all
// things that an engine would refuse.
func Load(root string) (*Module, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "dagger.json"))
	if err != nil {
		return nil, err
	}
	var config struct {
		Name   string
		Source string
		SDK    struct{ Source string }

		Dependencies []struct{ Name, Source, Pin string }
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(root, "dagger.json"), err)
	}
	if config.Name == "" || config.SDK.Source != "go" {
		return nil, fmt.Errorf(`%s: "name" must be set and "sdk.source" must be "go", they are %q and %q`,
			filepath.Join(root, "dagger.json"), config.Name, config.SDK.Source)
	}
	m := &Module{Root: root, Name: config.Name, Source: filepath.Join(root, filepath.FromSlash(config.Source))}
	for _, d := range config.Dependencies {
		known, err := findDependency(d.Name, d.Source, d.Pin)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(root, "dagger.json"), err)
		}
		m.dependencies = append(m.dependencies, known)
	}
	goModErr := m.checkGoMod()
	internalErr := m.checkInternal()
	return m, errors.Join(goModErr, internalErr, m.parse())
}

// sourceFiles gives the files of the source folder, without what an engine generates, by their
// slash-separated paths below it. Tests and what belongs to them are left out if not asked for.
func (m *Module) sourceFiles(tests bool) ([]string, error) {
	var files []string
	err := filepath.WalkDir(m.Source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(m.Source, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		base := path.Base(rel)
		if entry.IsDir() {
			if rel == "internal" || base == ".git" || !tests && base == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || rel == generatedMain || base == ".env" ||
			!tests && strings.HasSuffix(base, "_test.go") {
			return nil
		}
		files = append(files, rel)
		return nil
	})
	return files, err
}
