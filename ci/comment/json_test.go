package comment

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// object is what is read of the schema of an object.
type object struct {
	Description string
	Properties  map[string]struct{ Description, Ref string }
	Required    []string
}

// readSchema reads a schema and those of its parts.
func readSchema(t *testing.T, file string) (whole object, parts map[string]object) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	// References have no description of their own.
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), `"$ref"`, `"ref"`)), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.object, schema.Defs
}

// Each field stands in the schema and in Go, is required there where it is always written here, and is described.
func TestTheSchemaHasTheFieldsOfTheReport(t *testing.T) {
	single, parts := readSchema(t, "report.schema.json")
	all, allParts := readSchema(t, "all.schema.json")
	for _, test := range []struct {
		name   string
		schema object
		goes   any
	}{
		{"report", single, jsonReport{}},
		{"step", parts["step"], jsonStep{}},
		{"property", parts["property"], jsonProperty{}},
		{"output", parts["output"], jsonOutput{}},
		{"diagnostic", parts["diagnostic"], jsonDiagnostic{}},
		{"policy", parts["policy"], jsonPolicy{}},
		{"all", all, jsonAll{}},
		{"stack", allParts["stack"], jsonRow{}},
		{"report of a stack", allParts["report"], jsonRun{}},
	} {
		var all, always []string
		for _, field := range reflect.VisibleFields(reflect.TypeOf(test.goes)) {
			if field.Anonymous {
				continue
			}
			name, omitted, _ := strings.Cut(field.Tag.Get("json"), ",")
			all = append(all, name)
			if omitted == "" {
				always = append(always, name)
			}
		}
		slices.Sort(all)
		if got := slices.Sorted(maps.Keys(test.schema.Properties)); !slices.Equal(got, all) {
			t.Errorf("%s: the schema has %v, Go %v", test.name, got, all)
		}
		if !slices.Equal(slices.Sorted(slices.Values(test.schema.Required)), slices.Sorted(slices.Values(always))) {
			t.Errorf("%s: the schema requires %v, Go always writes %v", test.name, test.schema.Required, always)
		}
		for name, property := range test.schema.Properties {
			if property.Description == "" && property.Ref == "" || test.schema.Description == "" {
				t.Errorf("%s.%s is not described", test.name, name)
			}
		}
	}
}
