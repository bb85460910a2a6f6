package hostdagger

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"iac/internal/bindings"
	"iac/internal/hostengine"
)

// defaults are the values that .env files give to the arguments of a module.
type defaults struct {
	module *bindings.Module
	all    variables
	getenv func(string) string
}

// readDefaults reads the .env beside dagger.json, and the nearest one from dir upwards, in which only
// the variables with the module's name in front count.
func readDefaults(m *bindings.Module, dir string, environ []string) (*defaults, error) {
	d := &defaults{module: m, getenv: func(name string) string { return environment(environ, name) }}
	inner, err := readDotEnv(filepath.Join(m.Root, ".env"))
	if err != nil {
		return nil, err
	}
	outer, err := readDotEnv(findUp(dir, ".env"))
	if err != nil {
		return nil, err
	}
	d.all = inner.with(outer.namespace(m.Name))
	if _, err := d.all.expand(d.getenv); err != nil {
		return nil, err
	}
	return d, nil
}

// findUp gives the path of the nearest file of a name in dir or above it; where there is none, a path
// at the root.
func findUp(dir, name string) string {
	for {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil || dir == filepath.Dir(dir) {
			return file
		}
		dir = filepath.Dir(dir)
	}
}

// environment gives the last NAME=value of a name, or nothing.
func environment(environ []string, name string) string {
	value, _ := hostengine.Lookup(environ, name)
	return value
}

// of gives the values for the arguments of a function of an object, as text.
func (d *defaults) of(o *bindings.Object, f *bindings.Function) (map[string]string, error) {
	vars := d.all
	if o != d.module.Main {
		vars = vars.namespace(o.Name)
	}
	if f.Name != "" {
		vars = vars.namespace(f.Name)
	}
	values, err := vars.expand(d.getenv)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, a := range f.Args {
		for name, value := range values {
			if strings.EqualFold(name, bindings.CamelName(a.Name)) {
				out[a.Name] = value
			}
		}
	}
	return out, nil
}

// parseDefault reads the text of a default as a value of the argument's type.
func parseDefault(a *bindings.Argument, text string) (any, error) {
	switch a.Type.Kind {
	case bindings.String:
		return text, nil
	case bindings.Core:
		return address{a.Type.Name, text}, nil
	case bindings.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf(".env: the value for --%s must be an integer, not %q", bindings.KebabName(a.Name), text)
		}
		return n, nil
	case bindings.List:
		return parseDefaultList(a, strings.Split(text, ",")), nil
	}
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf(".env: the value for --%s must be a %s, not %q", bindings.KebabName(a.Name), a.Type, text)
	}
	return json.RawMessage(text), nil
}

func parseDefaultList(a *bindings.Argument, items []string) any {
	if a.Type.Elem.Kind != bindings.Core {
		return items
	}
	var list []address
	for _, item := range items {
		list = append(list, address{a.Type.Elem.Name, strings.TrimSpace(item)})
	}
	return list
}

// shown is a default as it may be shown: a secret's text is not, unless it says where the secret is.
func shown(a *bindings.Argument, text string) string {
	if a.Type.Name == "Secret" && !strings.Contains(text, "://") {
		return "*****"
	}
	return strconv.Quote(text)
}
