package hostdagger

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"iac/internal/bindings"
)

// address is text that stands for an object of a type: a path, an image, where a secret is.
type address struct {
	typeName, text string
}

// addressTypes are the types of objects that can be given on the command line.
var addressTypes = []string{"Container", "Directory", "File", "Secret"}

func (a address) check() error {
	if !slices.Contains(addressTypes, a.typeName) {
		return fmt.Errorf("a %s cannot be given on this command line", a.typeName)
	}
	if a.typeName == "Secret" {
		_, err := secretURI(a.text)
		return err
	}
	return nil
}

// secretURI gives the URI of a secret. A bare word is the name of a variable, for Dagger's sake.
func secretURI(text string) (string, error) {
	if !strings.Contains(text, ":") {
		return "env://" + text, nil
	}
	scheme, rest, _ := strings.Cut(text, ":")
	rest = strings.TrimPrefix(rest, "//")
	if !slices.Contains([]string{"env", "file", "cmd"}, scheme) {
		return "", fmt.Errorf("secrets of the scheme %q are not known to the host engine; it takes env://NAME, file://PATH and cmd://COMMAND", scheme)
	}
	return scheme + "://" + rest, nil
}

// addressFlag is the value of a flag for an object, or for a list of objects.
type addressFlag struct {
	typeName string
	list     bool
	set      []address
}

func (f *addressFlag) String() string { return "" }

func (f *addressFlag) Type() string {
	if f.list {
		return "[]" + f.typeName
	}
	return f.typeName
}

func (f *addressFlag) Set(text string) error {
	if !f.list {
		f.set = []address{{f.typeName, text}}
		return f.set[0].check()
	}
	items, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return err
	}
	for _, item := range items {
		a := address{f.typeName, strings.TrimSpace(item)}
		if err := a.check(); err != nil {
			return err
		}
		f.set = append(f.set, a)
	}
	return nil
}

// functionFlags are the flags of a function's arguments.
type functionFlags struct {
	*pflag.FlagSet
	values map[string]func() any
}

// newFlags makes a set of flags that stops at the first word that is none, and takes camelCase too.
func newFlags() *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SetInterspersed(false)
	set.SortFlags = false
	set.Usage = func() {}
	set.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(bindings.KebabName(name))
	})
	return set
}

func flagsOf(f *bindings.Function) *functionFlags {
	flags := &functionFlags{newFlags(), map[string]func() any{}}
	for _, required := range []bool{true, false} {
		for _, a := range f.Args {
			if a.Required() == required {
				flags.add(a)
			}
		}
	}
	return flags
}

func (f *functionFlags) add(a *bindings.Argument) {
	name, text := bindings.KebabName(a.Name), argumentText(a)
	switch a.Type.Kind {
	case bindings.String:
		f.values[a.Name] = valueOf(f.String(name, "", text))
	case bindings.Int:
		f.values[a.Name] = valueOf(f.Int(name, 0, text))
	case bindings.Float:
		f.values[a.Name] = valueOf(f.Float64(name, 0, text))
	case bindings.Bool:
		f.values[a.Name] = valueOf(f.Bool(name, false, text))
	case bindings.List:
		f.addList(a, name, text)
	default:
		flag := &addressFlag{typeName: a.Type.String()}
		f.Var(flag, name, text)
		f.values[a.Name] = func() any { return flag.set[0] }
	}
}

func (f *functionFlags) addList(a *bindings.Argument, name, text string) {
	switch a.Type.Elem.Kind {
	case bindings.String:
		f.values[a.Name] = valueOf(f.StringSlice(name, nil, text))
	case bindings.Int:
		f.values[a.Name] = valueOf(f.IntSlice(name, nil, text))
	case bindings.Float:
		f.values[a.Name] = valueOf(f.Float64Slice(name, nil, text))
	case bindings.Bool:
		f.values[a.Name] = valueOf(f.BoolSlice(name, nil, text))
	default:
		flag := &addressFlag{typeName: a.Type.Elem.String(), list: true}
		f.Var(flag, name, text)
		f.values[a.Name] = func() any { return flag.set }
	}
}

func valueOf[T any](p *T) func() any { return func() any { return *p } }
