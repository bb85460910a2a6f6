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

// Each field stands in the schema and in Go, is required there where it is always written here, and is described.
func TestTheSchemaHasTheFieldsOfTheReport(t *testing.T) {
	text, err := os.ReadFile("report.schema.json")
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
	for _, test := range []struct {
		name   string
		schema object
		goes   any
	}{
		{"report", schema.object, jsonReport{}},
		{"step", schema.Defs["step"], jsonStep{}},
		{"property", schema.Defs["property"], jsonProperty{}},
		{"output", schema.Defs["output"], jsonOutput{}},
		{"diagnostic", schema.Defs["diagnostic"], jsonDiagnostic{}},
		{"policy", schema.Defs["policy"], jsonPolicy{}},
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
