package bindings

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"path"
	"strings"
	"text/template"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// dependency is a module that dagger.json names. What its functions take and give stands in
// dependencies/, for one commit, which the first line names.
type dependency struct {
	name, source string
}

//go:embed dependencies/*.graphqls
var dependencyFiles embed.FS

// findDependency gives the description of a dependency. Another commit may have other functions, so
// it is refused.
func findDependency(name, source, pin string) (dependency, error) {
	text, err := dependencyFiles.ReadFile(path.Join("dependencies", name+".graphqls"))
	if err != nil {
		return dependency{}, fmt.Errorf("the functions of the dependency %q are not described in internal/bindings/dependencies", name)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	known := strings.TrimPrefix(first, "# ")
	if source != known || !strings.HasSuffix(known, "@"+pin) {
		return dependency{}, fmt.Errorf("internal/bindings/dependencies describes %q; the source of the dependency is %q, its pin %q", known, source, pin)
	}
	return dependency{name, string(text)}, nil
}

func (d dependency) file() string { return d.name + ".gen.go" }

// types are the object types of the module.
func (d dependency) types() (ast.DefinitionList, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: d.name + ".graphqls", Input: d.source})
	if err != nil {
		return nil, err
	}
	return doc.Definitions, nil
}

//go:embed dependency.go.tmpl
var dependencyText string

var dependencyCode = template.Must(template.New("dependency").Funcs(template.FuncMap{
	"goName": goName, "goType": goType, "isScalar": isScalar,
	"optional": func(all ast.ArgumentDefinitionList) ast.ArgumentDefinitionList { return arguments(all, true) },
	"required": func(all ast.ArgumentDefinitionList) ast.ArgumentDefinitionList { return arguments(all, false) },
}).Parse(dependencyText))

// code writes the Go code of the module's types.
func (d dependency) code() ([]byte, error) {
	types, err := d.types()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(generatedHeader + "\n")
	if err := dependencyCode.Execute(&out, struct {
		Name  string
		Types ast.DefinitionList
	}{d.name, types}); err != nil {
		return nil, err
	}
	return format.Source(out.Bytes())
}

// arguments gives those arguments that are optional, or those that are not.
func arguments(all ast.ArgumentDefinitionList, optional bool) (some ast.ArgumentDefinitionList) {
	for _, arg := range all {
		if optional == (!arg.Type.NonNull || arg.DefaultValue != nil) {
			some = append(some, arg)
		}
	}
	return some
}

var goScalars = map[string]string{"String": "string", "Boolean": "bool", "Int": "int", "Float": "float64", "ID": "ID"}

func isScalar(t *ast.Type) bool { return goScalars[t.NamedType] != "" }

// goType gives the Go type of an argument or a result. The id of an object stands for the object.
func goType(t *ast.Type) string {
	if scalar := goScalars[t.NamedType]; scalar != "" {
		return scalar
	}
	return "*" + strings.TrimSuffix(t.NamedType, "ID")
}

// goName gives the Go name of a field or an argument of the API.
func goName(name string) string {
	if name == "id" {
		return "ID"
	}
	return exported(name)
}
