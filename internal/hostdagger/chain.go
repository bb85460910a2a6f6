package hostdagger

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/pflag"

	"iac/internal/bindings"
	"iac/internal/hostengine"
)

// link is one call of a chain: of a function, or of a field, of an object. The first one is the
// constructor's.
type link struct {
	object   *bindings.Object
	function *bindings.Function
	field    *bindings.Field
	// core says that the object is not one of the module's.
	core bool
	args map[string]any
}

func (l *link) result() bindings.Type {
	if l.field != nil {
		return l.field.Type
	}
	return l.function.Result
}

func (l *link) doc() string {
	if l.field != nil {
		return l.field.Doc
	}
	return l.function.Doc
}

// chain is a command line that has been read.
type chain struct {
	links []*link
	// path are the words that lead to the last link.
	path []string
}

func (c *chain) last() *link { return c.links[len(c.links)-1] }

// reader reads the words after "call".
type reader struct {
	module   *bindings.Module
	defaults *defaults
	options  *options
	stderr   io.Writer
	chain
}

// usageError is an error of the command line, for which help can be had.
type usageError struct {
	error
	path []string
}

func (e usageError) Unwrap() error { return e.error }

func (r *reader) read(args []string) error {
	r.path = []string{"call"}
	constructor := r.module.Main.Constructor
	if constructor == nil {
		constructor = &bindings.Function{Result: bindings.Type{Kind: bindings.Own, Name: r.module.Main.Name}}
	}
	rest, err := r.add(&link{object: r.module.Main, function: constructor}, args)
	for err == nil && len(rest) > 0 {
		var next *link
		if next, err = r.find(rest[0]); err == nil {
			r.path = append(r.path, rest[0])
			rest, err = r.add(next, rest[1:])
		}
	}
	if err != nil {
		return usageError{err, r.path}
	}
	return nil
}

// find looks a function up in what the chain gives so far.
func (r *reader) find(name string) (*link, error) {
	links := functionsOf(r.module, r.last().result())
	var similar []string
	for _, l := range links {
		if l.name() == name {
			return l, nil
		}
		if strings.HasPrefix(l.name(), name) || levenshtein.ComputeDistance(l.name(), name) <= 2 {
			similar = append(similar, l.name())
		}
	}
	err := fmt.Errorf("unknown command %q for %q", name, program+" "+strings.Join(r.path, " "))
	if len(similar) > 0 {
		err = fmt.Errorf("%w\n\nDid you mean this?\n\t%s", err, strings.Join(similar, "\n\t"))
	}
	return nil, err
}

func (l *link) name() string {
	if l.field != nil {
		return bindings.KebabName(l.field.Name)
	}
	return bindings.KebabName(l.function.Name)
}

// functionsOf gives what can be called on a value of a type, by name.
func functionsOf(m *bindings.Module, t bindings.Type) []*link {
	var object *bindings.Object
	switch t.Kind {
	case bindings.Own:
		object = m.Objects[t.Name]
	case bindings.Core:
		object = coreObject(t.Name)
	}
	if object == nil {
		return nil
	}
	var links []*link
	for _, field := range object.Fields {
		if !field.Private {
			links = append(links, &link{object: object, field: field})
		}
	}
	for _, f := range object.Functions {
		links = append(links, &link{object: object, function: f, core: t.Kind == bindings.Core})
	}
	slices.SortFunc(links, func(a, b *link) int { return strings.Compare(a.name(), b.name()) })
	return links
}

// add reads the flags of a link, and adds it to the chain. It gives the words after the flags.
func (r *reader) add(l *link, args []string) (rest []string, err error) {
	r.links = append(r.links, l)
	f := l.function
	if f == nil {
		f = &bindings.Function{}
	}
	flags := flagsOf(f)
	r.options.addTo(flags.FlagSet)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	l.args = map[string]any{}
	flags.Visit(func(flag *pflag.Flag) {
		for _, a := range f.Args {
			if bindings.KebabName(a.Name) == flag.Name {
				l.args[a.Name] = flags.values[a.Name]()
			}
		}
	})
	// Of .env, the command of an engine knows only what the constructor and the first function take: of a
	// later one it asks what is required itself. What is optional the engine takes from there anyway.
	if len(r.links) > 2 {
		if err := r.checkRequired(l, f); err != nil {
			return nil, err
		}
	}
	if err := r.addDefaults(l, f); err != nil {
		return nil, err
	}
	return flags.Args(), r.checkRequired(l, f)
}

// addDefaults gives the arguments that were left out their values from .env, or from the module.
func (r *reader) addDefaults(l *link, f *bindings.Function) error {
	values := map[string]string{}
	if !l.core {
		var err error
		if values, err = r.defaults.of(l.object, f); err != nil {
			return err
		}
	}
	for _, a := range f.Args {
		if _, given := l.args[a.Name]; given {
			continue
		}
		text, there := values[a.Name]
		switch {
		case there:
			value, err := parseDefault(a, text)
			if err != nil {
				return err
			}
			l.args[a.Name] = value
			r.tell(f, a, text)
		case a.Default != nil:
			l.args[a.Name] = a.Default
		case a.DefaultPath != "":
			l.args[a.Name] = address{a.Type.Name, r.module.ContextPath(a.DefaultPath)}
		}
	}
	return nil
}

func (r *reader) tell(f *bindings.Function, a *bindings.Argument, text string) {
	if r.options.help {
		return
	}
	name := r.module.Name
	if f.Name != "" {
		name += "." + bindings.CamelName(f.Name)
	}
	_, _ = fmt.Fprintf(r.stderr, "user default: %s(%s=%s)\n", name, bindings.CamelName(a.Name), shown(a, text))
}

func (r *reader) checkRequired(l *link, f *bindings.Function) error {
	if r.options.help {
		return nil
	}
	var missing []string
	for _, a := range f.Args {
		if _, given := l.args[a.Name]; !given && a.Required() {
			missing = append(missing, bindings.KebabName(a.Name))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf(`required flag(s) "%s" not set`, strings.Join(missing, `", "`))
}

// coreObject describes an object of Dagger's own by the schema of the host engine. Functions that
// take other objects are left out: only ids could be given for them.
func coreObject(name string) *bindings.Object {
	definition := hostengine.Schema().Types[name]
	if definition == nil {
		return nil
	}
	o := &bindings.Object{Name: name}
fields:
	for _, field := range definition.Fields {
		f := &bindings.Function{Name: field.Name, Result: schemaType(field.Type)}
		for _, arg := range field.Arguments {
			t := schemaType(arg.Type)
			if t.Kind == bindings.Core || t.Kind == bindings.List && t.Elem.Kind == bindings.Core {
				continue fields
			}
			f.Args = append(f.Args, &bindings.Argument{Name: arg.Name, Type: t, Optional: !arg.Type.NonNull || arg.DefaultValue != nil})
		}
		if field.Name != "id" && field.Name != "sync" && !strings.HasPrefix(field.Name, "__") {
			o.Functions = append(o.Functions, f)
		}
	}
	return o
}
