package recordings

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"
)

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile("../../ci/comment/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// document is the report of a run as JSON, read again.
func document(t *testing.T, r report.Report) map[string]any {
	t.Helper()
	content := comment.Content{ID: marker.Marker{Project: "cases", Stack: "organization/dev"}, Commit: "0123456"}.Of(r, "")
	return parsed(t, content.JSON)
}

// parsed reads a document again.
func parsed(t *testing.T, write func() (string, error)) map[string]any {
	t.Helper()
	text, err := write()
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
	schema := compileSchema(t, "report.schema.json")
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
	schema := compileSchema(t, "report.schema.json")
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

// many is a run over stacks that have something in every field.
func many() comment.All {
	broken := full
	broken.ExitCode = 1
	return comment.All{
		ID: marker.Marker{Plan: strings.Repeat("0", 64)}, Total: 9, Commit: "0123456",
		Rows: []comment.Row{
			{Dir: "a", Project: "p", Stack: "s", Organization: "o", Why: "w", Reads: []string{"b:s"}, Digest: strings.Repeat("1", 64), Report: full},
			{Dir: "b", Project: "p", Stack: "s", Skipped: "a:s failed"},
			{Dir: "c", Stack: "s", Removed: true},
			{Dir: "d", Stack: "s", NotRun: "no network"}, {Dir: "e", Stack: "s", NotApplied: "another plan"}, {Dir: "f", Stack: "s", Report: broken},
			{Dir: "g", Stack: "s", Report: report.Report{Preview: true, NoLog: true}}, {Dir: "h", Stack: "s", Report: report.Report{Preview: true}},
		},
	}
}

func TestTheReportOfManyStacksIsByItsSchema(t *testing.T) {
	schema := compileSchema(t, "all.schema.json")
	all := many()
	each(t, func(t *testing.T, r Recording, got report.Report) {
		row := comment.Row{Dir: r.Name, Project: "cases", Stack: "dev", Report: got}
		all.Rows = append(all.Rows, row)
		if err := schema.Validate(parsed(t, comment.All{Rows: []comment.Row{row}}.JSON)); err != nil {
			t.Error(err)
		}
	})
	for _, all := range []comment.All{all, {}, {NotStarted: "no project"}, {NotApplied: "another plan"}} {
		if err := schema.Validate(parsed(t, all.JSON)); err != nil {
			t.Error(err)
		}
	}
}

func TestAWrongDocumentOfManyStacksIsRefused(t *testing.T) {
	schema := compileSchema(t, "all.schema.json")
	whole := func(d map[string]any) map[string]any { return d }
	stack := func(d map[string]any) map[string]any { return d["stacks"].([]any)[0].(map[string]any) }
	run := func(d map[string]any) map[string]any { return stack(d)["report"].(map[string]any) }
	optional := []string{"commit", "digest", "organization", "reason", "report"}
	for _, of := range []func(map[string]any) map[string]any{whole, stack, run} {
		for name := range of(parsed(t, many().JSON)) {
			d := parsed(t, many().JSON)
			of(d)[name] = []any{map[string]any{}}
			if schema.Validate(d) == nil {
				t.Errorf("%s of a wrong type is not refused", name)
			}
			delete(of(d), name)
			if (schema.Validate(d) == nil) != slices.Contains(optional, name) {
				t.Errorf("without %s it is refused, or not", name)
			}
		}
		d := parsed(t, many().JSON)
		of(d)["unknown"] = 1
		if schema.Validate(d) == nil {
			t.Error("an unknown field is not refused")
		}
	}
	d := parsed(t, many().JSON)
	stack(d)["state"] = "lost"
	if schema.Validate(d) == nil {
		t.Error("an unknown state is not refused")
	}
}
