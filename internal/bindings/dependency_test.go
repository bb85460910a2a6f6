package bindings

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestDependencies holds the descriptions of the dependencies to the schema of the host engine, in which arguments have
// no order and objects are all just ids.
func TestDependencies(t *testing.T) {
	text, err := os.ReadFile("../hostengine/schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	module, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(module.dependencies) != 2 {
		t.Errorf("the module has %d dependencies, want 2", len(module.dependencies))
	}
	for _, found := range module.dependencies {
		types, err := found.types()
		if err != nil {
			t.Fatal(err)
		}
		for _, described := range types {
			if diff := cmp.Diff(fields(schema.Types[described.Name]), fields(described)); diff != "" {
				t.Errorf("%s: %s", described.Name, diff)
			}
		}
	}
}

// fields writes each field of a type on a line of its own.
func fields(t *ast.Definition) []string {
	var lines []string
	for _, field := range t.Fields {
		var args []string
		for _, arg := range field.Arguments {
			typeName := arg.Type.String()
			if strings.HasSuffix(typeName, "ID!") {
				typeName = "ID!"
			}
			args = append(args, fmt.Sprintf("%s: %s = %v", arg.Name, typeName, arg.DefaultValue))
		}
		slices.Sort(args)
		if !strings.HasPrefix(field.Name, "__") {
			lines = append(lines, fmt.Sprintf("%s%q: %s", field.Name, args, field.Type))
		}
	}
	slices.Sort(lines)
	return lines
}
