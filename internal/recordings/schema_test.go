package recordings

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile("../../ci/comment/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// document is the report of a run as JSON, read again.
func document(t *testing.T, r report.Report) map[string]any {
	t.Helper()
	content := comment.Content{ID: marker.Marker{Project: "cases", Stack: "organization/dev"}, Commit: "0123456"}.Of(r, "")
	text, err := content.JSON()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

// full is a report that has something in every field.
var full = report.Report{
	Preview: true, Unchanged: 1, Duration: 2e9,
	Counts: []report.Count{{Operation: report.Replace, Number: 1}, {Operation: "invent", Number: 1}},
	Steps: []report.Step{{
		Operation: report.Replace, URN: "a", Type: "t", Name: "n", Outcome: report.Planned, ForcedBy: []string{"p"}, NotSecret: []string{"p"},
		Changes: []report.Change{{Path: "p", Kind: "update-replace"}}, Protected: true, Retained: true, Pending: true, Refreshed: true,
	}},
	Outputs:     []report.Output{{Operation: report.Update, Name: "o", NotSecret: true}},
	Diagnostics: []report.Diagnostic{{Severity: "warning", URN: "a", Message: "m"}},
	Policies:    []report.Policy{{Enforcement: "mandatory", Severity: "high", Pack: "k", Policy: "p", URN: "a", Message: "m"}},
}

func TestEveryRecordingHasAReportByTheSchema(t *testing.T) {
	schema := compileSchema(t)
	if err := schema.Validate(document(t, full)); err != nil {
		t.Error(err)
	}
	each(t, func(t *testing.T, _ Recording, got report.Report) {
		if err := schema.Validate(document(t, got)); err != nil {
			t.Error(err)
		}
	})
}

func TestAWrongDocumentIsRefused(t *testing.T) {
	schema := compileSchema(t)
	first := func(list string) func(map[string]any) map[string]any {
		return func(d map[string]any) map[string]any { return d[list].([]any)[0].(map[string]any) }
	}
	whole := func(d map[string]any) map[string]any { return d }
	for _, of := range []func(map[string]any) map[string]any{
		whole, first("steps"), first("outputs"), first("diagnostics"), first("policies"),
		func(d map[string]any) map[string]any { return first("properties")(first("steps")(d)) },
	} {
		refused := func(what string, edit func(map[string]any)) {
			t.Helper()
			d := document(t, full)
			edit(of(d))
			if schema.Validate(d) == nil {
				t.Errorf("%s: it is not refused", what)
			}
		}
		refused("an unknown field", func(o map[string]any) { o["unknown"] = 1 })
		for name := range of(document(t, full)) {
			refused(name+" of a wrong type", func(o map[string]any) { o[name] = []any{map[string]any{}} })
		}
	}
	for _, test := range []struct {
		of    func(map[string]any) map[string]any
		field string
		value any
	}{
		{whole, "version", json.Number("2")},
		{whole, "digest", "x"},
		{whole, "changes", json.Number("-1")},
		{whole, "counts", map[string]any{"create": json.Number("0")}},
		{first("steps"), "outcome", "skipped"},
		{first("outputs"), "operation", "replace"},
		{first("diagnostics"), "severity", "info"},
	} {
		d := document(t, full)
		test.of(d)[test.field] = test.value
		if schema.Validate(d) == nil {
			t.Errorf("%s %v is not refused", test.field, test.value)
		}
	}
	d := document(t, full)
	for name := range d {
		without := document(t, full)
		delete(without, name)
		if optional := name == "commit" || name == "digest"; (schema.Validate(without) == nil) != optional {
			t.Errorf("without %s it is refused, or not: want %t", name, !optional)
		}
	}
}
