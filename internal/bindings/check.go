package bindings

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// newestGo is the Go version of the engine's image: a go.mod that asks for a later one does not load.
const newestGo = "go1.26.1"

// cliFlags are the flags of the command line that no argument may be named as.
var cliFlags = []string{
	"output", "json", "debug", "workdir", "progress", "lock", "silent", "quiet", "verbose", "interactive",
	"web", "cloud", "mod", "scale-out", "auto-apply", "help",
}

// generatedNames are the names that an engine's generated code declares or imports in package main.
var generatedNames = []string{
	"DaggerObject", "ExecError", "Tracer", "context", "convertError", "convertSlice", "dag", "dagger",
	"dispatch", "findSingleGQLError", "fmt", "gqlerror", "invoke", "json", "main", "marshalCtx", "os",
	"otel", "ptr", "querybuilder", "resource", "semconv", "setMarshalContext", "slog", "sort",
	"telemetry", "trace",
}

func (s *source) checkName(name *ast.Ident) {
	if slices.Contains(generatedNames, name.Name) {
		s.refuse(name, "the generated code declares %s too", name.Name)
	}
}

func (s *source) checkArgument(where string, p parameter, a *Argument) {
	if flag := KebabName(a.Name); slices.Contains(cliFlags, flag) {
		s.refuse(p.name, "%s: argument %s clashes with the flag --%s of the command line (flag already exists)", where, a.Name, flag)
	}
	isPath := a.Type.Kind == Core && (a.Type.Name == "Directory" || a.Type.Name == "File")
	if a.DefaultPath != "" && !isPath {
		s.refuse(p.name, "%s: +defaultPath of %s is for directories and files, not for %s", where, a.Name, a.Type)
	}
	if len(a.Ignore) > 0 && (a.Type.Kind != Core || a.Type.Name != "Directory") {
		s.refuse(p.name, "%s: +ignore of %s is for directories, not for %s", where, a.Name, a.Type)
	}
	if a.Default != nil && !validDefault(a.Type, a.Default) {
		s.refuse(p.name, "%s: +default of %s must be a %s, not %s", where, a.Name, a.Type, a.Default)
	}
}

// validDefault says whether JSON text is a value of a type. Objects have no such text.
func validDefault(t Type, text json.RawMessage) bool {
	var target any
	switch t.Kind {
	case String:
		target = new(string)
	case Int:
		target = new(int)
	case Float:
		target = new(float64)
	case Bool:
		target = new(bool)
	case List:
		var items []json.RawMessage
		return json.Unmarshal(text, &items) == nil &&
			!slices.ContainsFunc(items, func(item json.RawMessage) bool { return !validDefault(*t.Elem, item) })
	default:
		return false
	}
	return json.Unmarshal(text, target) == nil
}

func validCache(policy string) bool {
	if policy == "" || policy == "never" || policy == "session" {
		return true
	}
	_, err := time.ParseDuration(policy)
	return err == nil
}

// checkGoMod reads the module's path and refuses what an engine's Go would.
func (m *Module) checkGoMod() error {
	path := filepath.Join(m.Source, "go.mod")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: go.mod is missing: an engine would invent one", m.Source)
	}
	if err != nil {
		return err
	}
	file, err := modfile.Parse(path, text, nil)
	if err != nil {
		return err
	}
	if file.Module == nil {
		return fmt.Errorf("%s: no module path", path)
	}
	m.Path = file.Module.Mod.Path
	if file.Go != nil && version.Compare("go"+file.Go.Version, newestGo) > 0 {
		return fmt.Errorf("%s:%d: go %s is newer than the engine's %s", path, file.Go.Syntax.Start.Line, file.Go.Version, newestGo)
	}
	return nil
}

// checkInternal refuses files of ours where an engine deletes or overwrites them.
func (m *Module) checkInternal() error {
	internal := filepath.Join(m.Source, "internal")
	generated := []string{filepath.Join("dagger", generatedMain)}
	for _, d := range m.dependencies {
		generated = append(generated, filepath.Join("dagger", d.file()))
	}
	var errs []error
	err := filepath.WalkDir(internal, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(internal, name)
		if err != nil {
			return err
		}
		if !slices.Contains(generated, rel) && !strings.HasPrefix(rel, "telemetry"+string(filepath.Separator)) {
			errs = append(errs, fmt.Errorf("%s: an engine deletes this folder while it loads the module; packages belong beside it", name))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(append(errs, err)...)
}
