package bindings

import (
	"embed"
	"fmt"
	"go/format"
	"path"
	"strings"

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

// code writes the Go code of the module's types.
func (d dependency) code() ([]byte, error) {
	types, err := d.types()
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	out.WriteString(generatedHeader + "\npackage dagger\n\nimport (\n\t\"context\"\n\t\"encoding/json\"\n\n\t\"github.com/dagger/querybuilder\"\n)\n")
	fmt.Fprintf(&out, "\nfunc (r *Client) %[1]s() *%[1]s {\n\treturn &%[1]s{query: r.QueryBuilder().Select(%[2]q)}\n}\n", exported(d.name), d.name)
	for _, t := range types {
		writeType(&out, t)
	}
	return format.Source([]byte(out.String()))
}

// objectCode is what every type of the API has.
const objectCode = `
type %[1]s struct {
	query *querybuilder.Selection
}

func (r *%[1]s) WithGraphQLQuery(q *querybuilder.Selection) *%[1]s {
	return &%[1]s{query: q}
}

type With%[1]sFunc func(r *%[1]s) *%[1]s

func (r *%[1]s) With(f With%[1]sFunc) *%[1]s {
	return f(r)
}

func (r *%[1]s) XXX_GraphQLType() string { return %[1]q }

func (r *%[1]s) XXX_GraphQLIDType() string { return "ID" }

func (r *%[1]s) XXX_GraphQLID(ctx context.Context) (string, error) {
	id, err := r.ID(ctx)
	return string(id), err
}

func (r *%[1]s) MarshalJSON() ([]byte, error) {
	id, err := r.ID(context.Background())
	if err != nil {
		return nil, err
	}
	return json.Marshal(id)
}
`

func writeType(out *strings.Builder, t *ast.Definition) {
	fmt.Fprintf(out, objectCode, t.Name)
	for _, field := range t.Fields {
		writeOptions(out, t, field)
		writeMethod(out, t, field)
	}
}

func optionsName(t *ast.Definition, field *ast.FieldDefinition) string {
	return t.Name + goName(field.Name) + "Opts"
}

func optional(arg *ast.ArgumentDefinition) bool {
	return !arg.Type.NonNull || arg.DefaultValue != nil
}

func hasOptions(field *ast.FieldDefinition) bool {
	for _, arg := range field.Arguments {
		if optional(arg) {
			return true
		}
	}
	return false
}

func writeOptions(out *strings.Builder, t *ast.Definition, field *ast.FieldDefinition) {
	if !hasOptions(field) {
		return
	}
	name := optionsName(t, field)
	fmt.Fprintf(out, "\n// %s contains options for %s.%s\ntype %s struct {\n", name, t.Name, goName(field.Name), name)
	for _, arg := range field.Arguments {
		if optional(arg) {
			fmt.Fprintf(out, "\t%s %s\n", goName(arg.Name), goType(arg.Type))
		}
	}
	out.WriteString("}\n")
}

func writeMethod(out *strings.Builder, t *ast.Definition, field *ast.FieldDefinition) {
	scalar := isScalar(field.Type)
	var params, body []string
	if scalar {
		params = append(params, "ctx context.Context")
	}
	body = append(body, fmt.Sprintf("q := r.query.Select(%q)", field.Name))
	for _, arg := range field.Arguments {
		if optional(arg) {
			continue
		}
		params = append(params, arg.Name+" "+goType(arg.Type))
		if strings.HasPrefix(goType(arg.Type), "*") {
			body = append([]string{fmt.Sprintf("assertNotNil(%q, %s)", arg.Name, arg.Name)}, body...)
		}
		body = append(body, fmt.Sprintf("q = q.Arg(%q, %s)", arg.Name, arg.Name))
	}
	if hasOptions(field) {
		params = append(params, "opts ..."+optionsName(t, field))
		body = append(body, optionsBody(field))
	}
	result := goType(field.Type)
	if scalar {
		body = append(body, "var response "+result, "err := q.Bind(&response).Execute(ctx)", "return response, err")
		result = "(" + result + ", error)"
	} else {
		body = append(body, fmt.Sprintf("return (&%s{}).WithGraphQLQuery(q)", strings.TrimPrefix(result, "*")))
	}
	fmt.Fprintf(out, "\nfunc (r *%s) %s(%s) %s {\n\t%s\n}\n", t.Name, goName(field.Name), strings.Join(params, ", "), result, strings.Join(body, "\n\t"))
}

// optionsBody is the code that passes the options that were set; the first of several wins.
func optionsBody(field *ast.FieldDefinition) string {
	var out strings.Builder
	out.WriteString("for i := len(opts) - 1; i >= 0; i-- {\n")
	for _, arg := range field.Arguments {
		if optional(arg) {
			fmt.Fprintf(&out, "if !querybuilder.IsZeroValue(opts[i].%[1]s) {\nq = q.Arg(%[2]q, opts[i].%[1]s)\n}\n", goName(arg.Name), arg.Name)
		}
	}
	out.WriteString("}")
	return out.String()
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
