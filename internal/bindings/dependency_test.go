package bindings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"iac/internal/hostengine"
)

// TestDependencies holds the descriptions of the dependencies to the schema, in which arguments have
// no order and objects are all just ids.
func TestDependencies(t *testing.T) {
	for _, d := range []struct{ name, source, pin string }{
		{"gh", "github.com/aweris/daggerverse/gh@ff990b1897334421e5619afd4559279f445aeb57", "ff990b1897334421e5619afd4559279f445aeb57"},
		{"pulumi", "github.com/matipan/daggerverse/pulumi@c7b770853361d99d0502a08f35cbc75cc95550d0", "c7b770853361d99d0502a08f35cbc75cc95550d0"},
	} {
		found, err := findDependency(d.name, d.source, d.pin)
		if err != nil {
			t.Fatal(err)
		}
		types, err := found.types()
		if err != nil {
			t.Fatal(err)
		}
		for _, described := range types {
			if diff := cmp.Diff(fields(hostengine.Schema().Types[described.Name]), fields(described)); diff != "" {
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
