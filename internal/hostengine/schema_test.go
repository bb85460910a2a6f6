package hostengine

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// realSchema is the API of a Dagger v0.21.8 engine with the two modules, taken by introspection.
const realSchema = "../../../shared/dagger/schema-v0.21.8.graphqls"

func TestSchemaIsTrue(t *testing.T) {
	text, err := os.ReadFile(realSchema)
	if os.IsNotExist(err) {
		t.Skipf("%s is not here: nothing to compare with", realSchema)
	}
	if err != nil {
		t.Fatal(err)
	}
	engine, err := gqlparser.LoadSchema(&ast.Source{Name: "engine", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	for name, ours := range Schema().Types {
		if ours.BuiltIn {
			continue
		}
		theirs := engine.Types[name]
		if theirs == nil || theirs.Kind != ours.Kind {
			t.Errorf("the engine has no %s %s", ours.Kind, name)
			continue
		}
		compareType(t, ours, theirs)
	}
}

func compareType(t *testing.T, ours, theirs *ast.Definition) {
	for _, v := range ours.EnumValues {
		if theirs.EnumValues.ForName(v.Name) == nil {
			t.Errorf("the engine has no %s.%s", ours.Name, v.Name)
		}
	}
	for _, f := range ours.Fields {
		if f.Name == "__schema" || f.Name == "__type" {
			continue
		}
		engine := theirs.Fields.ForName(f.Name)
		if engine == nil {
			t.Errorf("the engine has no %s.%s", ours.Name, f.Name)
			continue
		}
		if got, want := f.Type.String(), engine.Type.String(); got != want {
			t.Errorf("%s.%s is %s, on the engine %s", ours.Name, f.Name, got, want)
		}
		compareArguments(t, ours.Name+"."+f.Name, f.Arguments, engine.Arguments)
	}
}

func compareArguments(t *testing.T, field string, ours, theirs ast.ArgumentDefinitionList) {
	for _, a := range ours {
		engine := theirs.ForName(a.Name)
		if engine == nil {
			t.Errorf("the engine has no argument %s of %s", a.Name, field)
			continue
		}
		if a.Type.String() != engine.Type.String() || defaultOf(a) != defaultOf(engine) {
			t.Errorf("%s(%s) is %s = %q, on the engine %s = %q", field, a.Name, a.Type, defaultOf(a), engine.Type, defaultOf(engine))
		}
	}
	for _, a := range theirs {
		if ours.ForName(a.Name) == nil && a.Type.NonNull && a.DefaultValue == nil {
			t.Errorf("%s lacks %s, which the engine requires", field, a.Name)
		}
	}
}

func defaultOf(a *ast.ArgumentDefinition) string {
	if a.DefaultValue == nil {
		return ""
	}
	return a.DefaultValue.String()
}

func TestEveryFieldIsBuilt(t *testing.T) {
	for name, def := range Schema().Types {
		if def.BuiltIn || def.Kind != ast.Object {
			continue
		}
		for _, f := range def.Fields {
			if f.Name == "id" || f.Name == "__schema" || f.Name == "__type" {
				continue
			}
			if resolvers[name+"."+f.Name] == nil {
				t.Errorf("%s.%s is in the schema but not built", name, f.Name)
			}
		}
	}
	for name := range resolvers {
		object, field, _ := strings.Cut(name, ".")
		if def := Schema().Types[object]; def == nil || def.Fields.ForName(field) == nil {
			t.Errorf("%s is built but not in the schema", name)
		}
	}
}
