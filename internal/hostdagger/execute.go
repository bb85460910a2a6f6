package hostdagger

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"iac/internal/bindings"
	"iac/internal/hostengine"
)

// execute makes the calls of a chain, each with what the one before it gave, and prints the last
// result.
func (inv Invocation) execute(ctx context.Context, m *bindings.Module, o *options, c *chain) (err error) {
	progress := inv.Stderr
	if o.silent {
		progress = io.Discard
	}
	binary, err := m.Build(ctx, modules(inv.cache(m.Root)), progress)
	if err != nil {
		return err
	}
	session, err := inv.start(ctx, m.Root, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	e := &execution{inv, o.output, session, binary}
	var state json.RawMessage
	for _, l := range c.links {
		if state, err = e.follow(ctx, l, state); err != nil {
			return err
		}
	}
	return e.print(ctx, c, state)
}

// cache is the folder of what outlives the command, for a module or a repository with its dagger.json in root.
func (inv Invocation) cache(root string) string {
	return inv.path(cmp.Or(inv.Cache, filepath.Join(root, "build", "cache")))
}

// modules is the folder of the programs of modules.
func modules(cache string) string { return filepath.Join(cache, "module") }

// start starts a session.
func (inv Invocation) start(ctx context.Context, root string, progress io.Writer) (*hostengine.Session, error) {
	cache := inv.cache(root)
	return hostengine.Start(ctx, hostengine.Options{
		Dir:         cmp.Or(inv.Session, filepath.Join(cache, "session")),
		ImageCaches: filepath.Join(cache, "images"), Modules: modules(cache),
		Programs: cmp.Or(inv.Programs, filepath.Join(root, "build", "bin")),
		Workdir:  inv.Dir, Hidden: []string{cache}, Environ: inv.Environ, Progress: progress,
		PulumiEnv: inv.PulumiEnv, GitHubEnv: inv.GitHubEnv,
	})
}

// execution is a chain while it runs.
type execution struct {
	Invocation
	// output is where the result is saved, or empty.
	output  string
	session *hostengine.Session
	binary  string
}

// follow makes one call on a value: the state of an object of the module, or an id.
func (e *execution) follow(ctx context.Context, l *link, value json.RawMessage) (json.RawMessage, error) {
	switch {
	case string(value) == "null":
		return nil, fmt.Errorf("there is nothing that %q could be called on", l.name())
	case l.field != nil:
		var fields map[string]json.RawMessage
		err := json.Unmarshal(value, &fields)
		return fields[l.field.Name], err
	case l.core:
		return e.followCore(ctx, l, value)
	case value == nil && l.object.Constructor == nil:
		return json.RawMessage("{}"), nil
	}
	args := map[string]json.RawMessage{}
	for name, given := range l.args {
		text, err := e.resolve(ctx, l, name, given)
		if err != nil {
			return nil, fmt.Errorf("failed to get value for argument %q: %w", bindings.KebabName(name), err)
		}
		args[name] = text
	}
	return e.session.Call(ctx, e.binary, hostengine.Call{
		ParentName: l.object.Name, Parent: value, Name: l.function.Name, Args: args,
	})
}

// resolve gives the value of an argument as JSON: of an object, its id.
func (e *execution) resolve(ctx context.Context, l *link, name string, given any) (json.RawMessage, error) {
	var ignore []string
	for _, a := range l.function.Args {
		if a.Name == name {
			ignore = a.Ignore
		}
	}
	switch given := given.(type) {
	case address:
		return e.object(ctx, given, ignore)
	case []address:
		ids := []json.RawMessage{}
		for _, a := range given {
			id, err := e.object(ctx, a, ignore)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return json.Marshal(ids)
	}
	return json.Marshal(given)
}

// object asks the session for the object that an address stands for.
func (e *execution) object(ctx context.Context, a address, ignore []string) (json.RawMessage, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	switch a.typeName {
	case "Secret":
		uri, err := secretURI(a.text)
		if err != nil {
			return nil, err
		}
		if file, ok := strings.CutPrefix(uri, "file://"); ok {
			uri = "file://" + e.path(file)
		}
		return e.query(ctx, `query($uri: String!) {secret(uri: $uri) {id}}`, map[string]any{"uri": uri})
	case "Container":
		return e.query(ctx, `query($address: String!) {container {from(address: $address) {id}}}`, map[string]any{"address": a.text})
	}
	if strings.Contains(a.text, "://") || strings.HasPrefix(a.text, "git@") {
		return nil, fmt.Errorf("only paths on this host are known to the host engine, not %q", a.text)
	}
	if a.typeName == "File" {
		return e.query(ctx, `query($path: String!) {host {file(path: $path) {id}}}`, map[string]any{"path": e.path(a.text)})
	}
	return e.query(ctx, `query($path: String!, $exclude: [String!]) {host {directory(path: $path, exclude: $exclude) {id}}}`,
		map[string]any{"path": e.path(a.text), "exclude": anySlice(ignore)})
}

func anySlice(items []string) []any {
	out := []any{}
	for _, item := range items {
		out = append(out, item)
	}
	return out
}

// query runs a query that selects one field at each level, and gives the value of the innermost.
func (e *execution) query(ctx context.Context, query string, vars map[string]any) (json.RawMessage, error) {
	var data json.RawMessage
	if err := e.session.Query(ctx, query, vars, &data); err != nil {
		return nil, err
	}
	for {
		var level map[string]json.RawMessage
		if json.Unmarshal(data, &level) != nil || len(level) != 1 {
			return data, nil //nolint:nilerr // what is not one level more is the value
		}
		for _, data = range level {
		}
	}
}

// followCore calls a function of an object of Dagger's own.
func (e *execution) followCore(ctx context.Context, l *link, id json.RawMessage) (json.RawMessage, error) {
	definition := hostengine.Schema().Types[l.object.Name].Fields.ForName(l.function.Name)
	vars := map[string]any{}
	var declared, passed strings.Builder
	for _, arg := range definition.Arguments {
		value, given := l.args[arg.Name]
		if !given {
			continue
		}
		if l.function.Name == "export" && arg.Name == "path" {
			value = e.path(value.(string))
		}
		if list, ok := value.([]string); ok {
			value = anySlice(list)
		}
		vars[arg.Name] = value
		fmt.Fprintf(&declared, " $%s: %s", arg.Name, arg.Type)
		fmt.Fprintf(&passed, " %[1]s: $%[1]s", arg.Name)
	}
	return e.field(ctx, l.object.Name, id, definition, "$id: ID!"+declared.String(), passed.String(), vars)
}

func (e *execution) field(ctx context.Context, typeName string, id json.RawMessage, field *ast.FieldDefinition, declared, passed string, vars map[string]any) (json.RawMessage, error) {
	var text string
	if err := json.Unmarshal(id, &text); err != nil {
		return nil, err
	}
	vars["id"] = text
	if passed != "" {
		passed = "(" + passed + ")"
	}
	below := ""
	if schemaType(field.Type).Kind == bindings.Core {
		below = " {id}"
	}
	return e.query(ctx, fmt.Sprintf("query(%s) {node(id: $id) {... on %s {%s%s%s}}}", declared, typeName, field.Name, passed, below), vars)
}

// schemaType gives the type of a field or an argument of the API.
func schemaType(t *ast.Type) bindings.Type {
	if t.Elem != nil {
		elem := schemaType(t.Elem)
		return bindings.Type{Kind: bindings.List, Elem: &elem}
	}
	switch definition := hostengine.Schema().Types[t.NamedType]; {
	case t.NamedType == "ID", definition.Kind == ast.Object, definition.Kind == ast.Interface:
		return bindings.Type{Kind: bindings.Core, Name: t.NamedType}
	case t.NamedType == "Int":
		return bindings.Type{Kind: bindings.Int}
	case t.NamedType == "Boolean":
		return bindings.Type{Kind: bindings.Bool}
	case t.NamedType == "Void":
		return bindings.Type{}
	}
	return bindings.Type{Kind: bindings.String}
}

// print shows the last result, or saves it where --output says.
func (e *execution) print(ctx context.Context, c *chain, value json.RawMessage) error {
	t := c.last().result()
	if t.Kind == bindings.Void {
		return nil
	}
	if t.Kind == bindings.Core && e.output != "" && (t.Name == "File" || t.Name == "Directory") {
		saved, err := e.core(ctx, t.Name, value, "export", map[string]any{"path": e.output})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.Stderr, "Saved to %s.\n", saved)
		return err
	}
	text, err := e.text(ctx, t, value)
	if err != nil {
		return err
	}
	if e.output != "" {
		if err := save(e.path(e.output), text); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(e.Stderr, "Saved output to %q.\n", e.path(e.output))
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = io.WriteString(e.Stdout, text)
	return err
}

func save(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

func (e *execution) core(ctx context.Context, typeName string, id json.RawMessage, function string, args map[string]any) (json.RawMessage, error) {
	for _, f := range coreObject(typeName).Functions {
		if f.Name == function {
			return e.followCore(ctx, &link{object: &bindings.Object{Name: typeName}, function: f, args: args}, id)
		}
	}
	return nil, fmt.Errorf("the host engine has no function %q of %s", function, typeName)
}

// text gives a result as it is printed: strings and files as they are, the items of a list on a line
// each, and objects by their digest.
func (e *execution) text(ctx context.Context, t bindings.Type, value json.RawMessage) (string, error) {
	switch t.Kind {
	case bindings.String:
		var text string
		err := json.Unmarshal(value, &text)
		return text, err
	case bindings.List:
		return e.listText(ctx, *t.Elem, value)
	case bindings.Core:
		if t.Name != "File" {
			break
		}
		contents, err := e.core(ctx, t.Name, value, "contents", nil)
		if err != nil {
			return "", err
		}
		return e.text(ctx, bindings.Type{Kind: bindings.String}, contents)
	case bindings.Own:
		break
	default:
		return string(bytes.TrimSpace(value)), nil
	}
	return fmt.Sprintf("%s@sha256:%x\n", t.Name, sha256.Sum256(value)), nil
}

func (e *execution) listText(ctx context.Context, t bindings.Type, value json.RawMessage) (string, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return "", err
	}
	var out strings.Builder
	for _, item := range items {
		text, err := e.text(ctx, t, item)
		if err != nil {
			return "", err
		}
		out.WriteString(strings.TrimSuffix(text, "\n") + "\n")
	}
	return out.String(), nil
}
