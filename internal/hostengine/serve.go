package hostengine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"iac/internal/bindings"
	"iac/internal/graphql"
)

// A client that is no module asks for a module by its folder and serves it. From then on its types are part of the schema
// that this client sees, and a field of Query with the module's name is its constructor.

// moduleSource is the folder of a module on this host, the one of dagger.json.
type moduleSource struct{ root string }

func (moduleSource) typeName() string { return "ModuleSource" }
func (s moduleSource) key() string    { return s.root }

// module is a module that was read.
type module struct{ *bindings.Module }

func (module) typeName() string { return "Module" }
func (m module) key() string    { return m.Root }

// moduleObject is an object of a served module.
type moduleObject struct {
	of    *served
	about *bindings.Object
	state json.RawMessage
}

func (o *moduleObject) typeName() string { return o.of.nameOf(o.about.Name) }
func (o *moduleObject) key() string      { return string(o.state) }

// served is the module that a session serves.
type served struct {
	*bindings.Module
	binary string
	schema *ast.Schema
}

func init() {
	resolvers["Query.moduleSource"] = func(r *request, _ object, a arguments) (any, error) {
		if r.client != r.root {
			return nil, errors.New("a module cannot serve modules here")
		}
		dir := r.callersFile(a.string("refString"))
		if !isFolder(dir) {
			return nil, fmt.Errorf("the host engine knows modules on this host only, and %s is no folder", dir)
		}
		root, err := bindings.Find(dir)
		return moduleSource{root}, err
	}
	method("ModuleSource.asModule", func(_ *request, s moduleSource, _ arguments) (any, error) {
		m, err := bindings.Load(s.root)
		if err != nil {
			return nil, fmt.Errorf("an engine would not load the module:\n%w", err)
		}
		return module{m}, nil
	})
	method("Module.name", func(_ *request, m module, _ arguments) (any, error) { return m.Name, nil })
	method("Module.serve", func(r *request, m module, a arguments) (any, error) {
		if a.bool("entrypoint") || a.bool("includeDependencies") {
			return nil, errors.New("the host engine serves a module by itself, neither as entrypoint nor with its dependencies")
		}
		return nil, r.serve(r, m.Module)
	})
}

// serve builds a module and adds it to the schema of the caller.
func (s *Session) serve(ctx context.Context, m *bindings.Module) error {
	// An engine takes defaults from there.
	if _, err := os.Stat(filepath.Join(m.Root, ".env")); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the host engine reads no .env for a module that is served, and there is one in %s", m.Root)
	}
	binary, err := m.Build(ctx, s.Modules, s.Progress)
	if err != nil {
		return err
	}
	v := &served{Module: m, binary: binary}
	v.schema, err = gqlparser.LoadSchema(
		&ast.Source{Name: "schema.graphqls", Input: schemaText}, &ast.Source{Name: m.Name + ".graphqls", Input: v.types()})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.served != nil && s.served.Root != m.Root {
		return fmt.Errorf("the host engine serves one module, and that is %s", s.served.Root)
	}
	s.served = v
	return nil
}

// nameOf is the name of a type of the module in the schema: the module's name stands before it.
func (v *served) nameOf(name string) string {
	if strings.HasPrefix(name, v.Main.Name) {
		return name
	}
	return v.Main.Name + name
}

// types are the module's types in the language of schemas.
func (v *served) types() string {
	var out strings.Builder
	constructor := v.constructor()
	fmt.Fprintf(&out, "extend type Query {\n  %s%s: %s!\n}\n", bindings.CamelName(v.Name), v.arguments(constructor), v.nameOf(v.Main.Name))
	for _, o := range v.Objects {
		fmt.Fprintf(&out, "type %s implements Node {\n  id: ID!\n", v.nameOf(o.Name))
		for _, f := range o.Fields {
			if !f.Private {
				fmt.Fprintf(&out, "  %s: %s\n", bindings.CamelName(f.Name), v.result(f.Type))
			}
		}
		for _, f := range o.Functions {
			fmt.Fprintf(&out, "  %s%s: %s\n", bindings.CamelName(f.Name), v.arguments(f), v.result(f.Result))
		}
		out.WriteString("}\n")
	}
	return out.String()
}

func (v *served) constructor() *bindings.Function {
	if v.Main.Constructor != nil {
		return v.Main.Constructor
	}
	return &bindings.Function{}
}

// arguments are those of a function. An object is given by its id.
func (v *served) arguments(f *bindings.Function) string {
	var all []string
	for _, a := range f.Args {
		text := bindings.CamelName(a.Name) + ": " + strings.TrimSuffix(v.argument(a.Type), "!")
		switch {
		case a.Default != nil:
			text += " = " + string(a.Default)
		case a.Required():
			text += "!"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return ""
	}
	return "(" + strings.Join(all, ", ") + ")"
}

func (v *served) argument(t bindings.Type) string {
	switch t.Kind {
	case bindings.List:
		return "[" + v.argument(*t.Elem) + "]!"
	case bindings.Core, bindings.Own:
		return "ID!"
	}
	return v.result(t)
}

func (v *served) result(t bindings.Type) string {
	switch t.Kind {
	case bindings.String:
		return "String!"
	case bindings.Int:
		return "Int!"
	case bindings.Float:
		return "Float!"
	case bindings.Bool:
		return "Boolean!"
	case bindings.List:
		return "[" + v.result(*t.Elem) + "]!"
	case bindings.Own:
		return v.nameOf(t.Name) + "!"
	case bindings.Core:
		return t.Name + "!"
	}
	return "Void"
}

// resolver gives the field of an object that belongs to the module, nil where it has none of this name.
func (v *served) resolver(of object, name string) resolver {
	if v == nil {
		return nil
	}
	if _, root := of.(query0); root && name == bindings.CamelName(v.Name) {
		return v.construct
	}
	o, ours := of.(*moduleObject)
	if !ours {
		return nil
	}
	for _, f := range o.about.Fields {
		if !f.Private && bindings.CamelName(f.Name) == name {
			return func(r *request, _ object, _ arguments) (any, error) { return v.field(r, o, f) }
		}
	}
	for _, f := range o.about.Functions {
		if bindings.CamelName(f.Name) == name {
			return func(r *request, _ object, a arguments) (any, error) { return v.call(r, o.about, o.state, f, a) }
		}
	}
	return nil
}

func (v *served) construct(r *request, _ object, a arguments) (any, error) {
	if v.Main.Constructor == nil {
		return &moduleObject{v, v.Main, json.RawMessage("{}")}, nil
	}
	return v.call(r, v.Main, nil, v.Main.Constructor, a)
}

func (v *served) field(r *request, o *moduleObject, f *bindings.Field) (any, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(o.state, &fields); err != nil {
		return nil, err
	}
	return v.value(r, f.Type, fields[f.Name])
}

// call runs a function on the state of an object.
func (v *served) call(r *request, of *bindings.Object, state json.RawMessage, f *bindings.Function, a arguments) (any, error) {
	args := map[string]json.RawMessage{}
	for _, arg := range f.Args {
		given, err := v.given(r, arg, a[bindings.CamelName(arg.Name)])
		if err != nil {
			return nil, err
		}
		if given != nil {
			args[arg.Name] = given
		}
	}
	out, err := r.Call(r, v.binary, Call{ParentName: of.Name, Parent: state, Name: f.Name, Args: args})
	if err != nil {
		return nil, err
	}
	return v.value(r, f.Result, out)
}

// given is the value of an argument as JSON, nil where there is none. A folder comes without what +ignore leaves out, one
// that was left out from its default path.
func (v *served) given(r *request, a *bindings.Argument, value any) (json.RawMessage, error) {
	isFolder := a.Type.Kind == bindings.Core && a.Type.Name == "Directory"
	switch {
	case value == nil && a.DefaultPath != "" && isFolder:
		d, err := r.hostDirectory(v.ContextPath(a.DefaultPath), filter{exclude: a.Ignore})
		if err != nil {
			return nil, err
		}
		value = r.id(d)
	case value == nil && a.DefaultPath != "":
		file, err := r.store.addFile(v.ContextPath(a.DefaultPath))
		if err != nil {
			return nil, err
		}
		value = r.id(file)
	case value == nil:
		return nil, nil
	case isFolder && len(a.Ignore) > 0:
		d, err := byID[*directory](r, value)
		if err != nil {
			return nil, err
		}
		if d, err = r.store.addFolder(d.path, filter{exclude: a.Ignore}); err != nil {
			return nil, err
		}
		value = r.id(d)
	}
	return json.Marshal(value)
}

// value reads what a function gave or a field holds.
func (v *served) value(r *request, t bindings.Type, text json.RawMessage) (any, error) {
	switch t.Kind {
	case bindings.Void:
		return nil, nil
	case bindings.Own:
		if string(text) == "null" {
			return nil, nil
		}
		return &moduleObject{v, v.Objects[t.Name], text}, nil
	case bindings.Core:
		var id string
		if err := json.Unmarshal(text, &id); err != nil {
			return nil, err
		}
		return byID[object](r, id)
	case bindings.List:
		if t.Elem.Kind == bindings.Own || t.Elem.Kind == bindings.Core {
			return v.objects(r, *t.Elem, text)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var out any
	err := decoder.Decode(&out)
	return out, err
}

func (v *served) objects(r *request, t bindings.Type, text json.RawMessage) ([]object, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, err
	}
	out := []object{}
	for _, item := range items {
		o, err := v.value(r, t, item)
		if err != nil {
			return nil, err
		}
		out = append(out, o.(object))
	}
	return out, nil
}

// Extend says in the extensions what the module said of the error.
func (e *FunctionError) Extend(answered *graphql.Error) {
	answered.Extensions = map[string]any{}
	for name, value := range e.Values {
		answered.Extensions[name] = value
	}
}
