package comment

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"dagger/iac/marker"
	"dagger/iac/report"
)

// shop is a preview that has something of everything.
func shop() Content {
	return Content{
		ID:     marker.Marker{Project: "shop", Stack: "acme/prod"},
		Commit: "0123456789abcdef0123456789abcdef01234567",
		RunURL: "https://github.com/acme/shop/actions/runs/42",
		Time:   time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600)),
		Report: report.Report{
			Preview:   true,
			Counts:    []report.Count{{Operation: report.Create, Number: 1}, {Operation: report.Replace, Number: 1}, {Operation: report.Delete, Number: 1}},
			Unchanged: 61,
			Steps: []report.Step{
				{Operation: report.Create, Type: "aws:s3/bucket:Bucket", Name: "assets", URN: "urn:assets"},
				{Operation: report.Replace, Type: "aws:rds/instance:Instance", Name: "orders", URN: "urn:orders", ForcedBy: []string{"engine", "username"}, Changes: changes("engine", "size", "username")},
				{Operation: report.Delete, Type: "aws:s3/bucket:Bucket", Name: "logs", URN: "urn:logs"},
			},
			Diagnostics: []report.Diagnostic{{Severity: "warning", Type: "aws:s3/bucket:Bucket", Name: "assets", Message: "it is public\n"}},
			Policies:    []report.Policy{{Enforcement: "advisory", Pack: "house", Policy: "tagged", Type: "aws:s3/bucket:Bucket", Name: "assets", Message: "no tags\nat all"}},
			Outputs:     []report.Output{{Operation: report.Create, Name: "url"}, {Operation: report.Update, Name: "ip"}},
			Stdout: "Previewing update (acme/prod)\n\nView Live: https://app.pulumi.com/acme/shop/prod/previews/1\n\n" +
				"    + aws:s3/bucket:Bucket: (create)\n        name: \"assets\"\nResources:\n    + 1 to create\n",
		},
	}
}

const shopComment = `<!-- iac {"v":1,"project":"shop","stack":"acme/prod"} -->
### ¬acme/shop/prod¬: 1 to create, 1 to replace, 1 to delete

| ¬+¬ create | ¬+-¬ replace | ¬-¬ delete | unchanged |
| ---: | ---: | ---: | ---: |
| 1 | 1 | 1 | 61 |

> [!CAUTION]
> **1 to delete, 1 to replace**
>
> - delete ¬logs¬ (¬aws:s3/bucket:Bucket¬)
> - replace ¬orders¬ (¬aws:rds/instance:Instance¬) because ¬engine¬ and ¬username¬ change; also ¬size¬ changes

**Warning** in ¬assets¬ (¬aws:s3/bucket:Bucket¬): ¬it is public¬

**Advisory policy violation** of ¬tagged¬ in pack ¬house¬ by ¬assets¬ (¬aws:s3/bucket:Bucket¬)

¬¬¬
no tags
at all
¬¬¬

**Outputs:** new ¬url¬; changed ¬ip¬

[View on Pulumi Cloud](https://app.pulumi.com/acme/shop/prod/previews/1)

<details open>
<summary>Diff, 2 lines</summary>

¬¬¬diff
+     + aws:s3/bucket:Bucket: (create)
          name: "assets"
¬¬¬

</details>

<sub>commit ¬0123456¬ · [run](https://github.com/acme/shop/actions/runs/42) · 2 January 2026, 03:04 UTC</sub>
`

func TestRender(t *testing.T) {
	if got, want := Render(shop()), strings.ReplaceAll(shopComment, "¬", "`"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func changes(paths ...string) (out []report.Change) {
	for _, path := range paths {
		out = append(out, report.Change{Path: path, Kind: "update"})
	}
	return out
}

func TestTheTitleTellsTheOutcome(t *testing.T) {
	counts := []report.Count{{Operation: report.Create, Number: 1200}, {Operation: report.Update, Number: 1}, {Operation: "invent", Number: 2}}
	outputs := []report.Output{{Operation: report.Create, Name: "a"}, {Operation: report.Delete, Name: "b"}}
	pending := []report.Step{{Operation: report.DeleteReplaced, Name: "a", Pending: true}}
	unfinished := []report.Step{{Operation: report.Create, Name: "a", Outcome: report.Unfinished}}
	errored := []report.Step{{Operation: report.Create, Name: "a", Outcome: report.Errored}}
	for _, test := range []struct {
		name   string
		report report.Report
		want   string
	}{
		{"changes", report.Report{Preview: true, Counts: counts}, "1,200 to create, 1 to update, 2 to change otherwise"},
		{"changes made", report.Report{Counts: counts}, "1,200 created, 1 updated, 2 changed otherwise"},
		{"only outputs", report.Report{Preview: true, Unchanged: 3, Outputs: outputs}, "2 outputs to change"},
		{"only outputs, made", report.Report{Outputs: outputs[:1]}, "1 output changed"},
		{"nothing", report.Report{Preview: true}, "nothing to change"},
		{"nothing in one", report.Report{Preview: true, Unchanged: 1}, "nothing to change in 1 resource"},
		{"nothing in many", report.Report{Preview: true, Unchanged: 61}, "nothing to change in 61 resources"},
		{"nothing done", report.Report{Unchanged: 61}, "nothing changed in 61 resources"},
		{"only what is left over", report.Report{Preview: true, Unchanged: 5, Steps: pending}, "1 left over to delete"},
		{"only what was left over", report.Report{Unchanged: 5, Steps: pending}, "1 leftover deleted"},
		{"timed out", report.Report{Result: report.Failed, ExitCode: 124, Counts: counts[1:2]}, "interrupted by its timeout; 1 updated"},
		{"unexpected", report.Report{Preview: true, Result: report.Succeeded, ExitCode: 7, Counts: counts[1:2]}, "changes were not expected; 1 to update"},
		{"not finished", report.Report{ExitCode: 137, Broken: "it has no summary", Steps: unfinished}, "killed, with exit code 137; 1 not finished, maybe more"},
		{"no log of what was done", report.Report{NoLog: true}, "what changed is not known"},
		{"failed", report.Report{ExitCode: 255}, "failed with exit code 255"},
		{"failed by its events", report.Report{Preview: true, Result: report.Failed}, "failed"},
		{"canceled", report.Report{Result: report.Canceled, ExitCode: 8, Counts: counts[1:2]}, "canceled; 1 updated"},
		{"failed after a summary", report.Report{Preview: true, ExitCode: 1, Counts: counts[:1]}, "failed with exit code 1; 1,200 to create"},
		{"failed half-way", report.Report{ExitCode: 1, Counts: counts[1:2], Steps: errored}, "failed with exit code 1; 1 updated, 1 errored"},
		{"no log", report.Report{Preview: true, NoLog: true, Stdout: "hello"}, "what changes is not known"},
		{"a broken log that tells nothing", report.Report{Preview: true, Broken: "it has no summary", Unchanged: 3}, "what changes is not known"},
		{"a broken log", report.Report{Preview: true, Broken: "it has no summary", Counts: counts[:1]}, "1,200 to create, maybe more"},
	} {
		got := strings.Split(Render(Content{ID: marker.Marker{Project: "p", Stack: "s", Key: ""}, Report: test.report}), "\n")[1]
		mark := ""
		if !test.report.OK() {
			mark = "❌ "
		}
		if want := "### " + mark + "`p/s`: " + test.want; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, want)
		}
	}
}

func TestTheTitleNamesTheStackAsPulumiDoes(t *testing.T) {
	for _, test := range []struct {
		id   marker.Marker
		want string
	}{
		{marker.Marker{Project: "shop", Stack: "prod", Key: ""}, "### `shop/prod`: "},
		{marker.Marker{Project: "shop", Stack: "acme/prod", Key: ""}, "### `acme/shop/prod`: "},
		{marker.Marker{Project: "shop", Stack: "acme/shop/prod", Key: ""}, "### `acme/shop/prod`: "},
		{marker.Marker{Project: "", Stack: "prod", Key: ""}, "### `prod`: "},
		{marker.Marker{Project: "shop", Stack: "prod", Key: "nightly"}, "### `shop/prod` (`nightly`): "},
	} {
		if got := Render(Content{ID: test.id}); !strings.Contains(got, "\n"+test.want) {
			t.Errorf("%+v:\ngot  %s\nwant %s", test.id, got, test.want)
		}
	}
}

func TestNothingToChangeIsSaidInOneLine(t *testing.T) {
	c := Content{ID: marker.Marker{Project: "shop", Stack: "prod", Key: ""}, Report: report.Report{Preview: true, Unchanged: 61, Stdout: "  pulumi:pulumi:Stack: (same)\n"}}
	want := c.ID.String() + "\n### `shop/prod`: nothing to change in 61 resources\n"
	if got := Render(c); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAFailureIsToldBeforeEverythingElse(t *testing.T) {
	c := shop()
	c.Report.ExitCode = 1
	c.Report.Diagnostics = append(c.Report.Diagnostics, report.Diagnostic{Severity: "error", Message: "no zone called eu-x"})
	got := Render(c)
	order := []string{"failed with exit code 1", "**Error**", "no zone called eu-x", "**Warning**", "| ---:", "[!CAUTION]", "<summary>Output, 8 lines</summary>", "Previewing update"}
	at := -1
	for _, part := range order {
		next := strings.Index(got, part)
		if next <= at {
			t.Errorf("%q is missing or at the wrong place in\n%s", part, got)
		}
		at = next
	}
}

func TestWhatIsNotKnownIsSaid(t *testing.T) {
	for _, test := range []struct {
		name   string
		report report.Report
		want   string
	}{
		{"no log", report.Report{Preview: true, NoLog: true}, "> [!WARNING]\n> Pulumi wrote no event log, so what changes is not known.\n"},
		{"no log of a failed run", report.Report{NoLog: true, ExitCode: 6, Stderr: "error: no stack named 'x' found\n"}, "exit code 6\n\n**Pulumi printed**: `error: no stack named 'x' found`\n"},
		{"a log that is not whole", report.Report{Preview: true, Broken: "line 7 is not JSON"}, "> [!WARNING]\n> Pulumi's event log is not whole (`line 7 is not JSON`), so there may be more than what is shown here.\n"},
		{"deletes without names", report.Report{Preview: true, Counts: []report.Count{{Operation: report.Delete, Number: 3}}}, "> **3 to delete**\n>\n> - 3 to delete; the event log does not tell which\n"},
		{"one name of three", report.Report{
			Preview: true, Counts: []report.Count{{Operation: report.Delete, Number: 3}},
			Steps: []report.Step{{Operation: report.Delete, Name: "a"}},
		}, "> - delete `a`\n> - 2 more to delete; the event log does not tell which\n"},
	} {
		if got := Render(Content{Report: test.report}); !strings.Contains(got, test.want) {
			t.Errorf("%s: got\n%s", test.name, got)
		}
	}
}

func TestReplacedAndDeletedResourcesAreNamed(t *testing.T) {
	for _, test := range []struct {
		name string
		step report.Step
		want string
	}{
		{"deleted", report.Step{Operation: report.Delete, Type: "t", Name: "a"}, "delete `a` (`t`)"},
		{"retained", report.Step{Operation: report.Delete, Name: "a", Retained: true}, "delete `a` (kept, only forgotten by Pulumi)"},
		{"protected", report.Step{Operation: report.Delete, Name: "a", Protected: true}, "delete `a` (protected)"},
		{"gone from the cloud", report.Step{Operation: report.Delete, Name: "a", Refreshed: true}, "delete `a`, which is gone from the cloud"},
		{"forced by one", report.Step{Operation: report.Replace, Name: "a", ForcedBy: []string{"x"}, Changes: changes("x", "y")}, "replace `a` because `x` changes; also `y` changes"},
		{"forced by one alone", report.Step{Operation: report.Replace, Name: "a", ForcedBy: []string{"x"}, Changes: changes("x")}, "replace `a` because `x` changes"},
		{"forced within", report.Step{Operation: report.Replace, Name: "a", ForcedBy: []string{"x"}, Changes: changes("x.y[0]", "xy", "z")}, "replace `a` because `x` changes; also `xy` and `z` change"},
		{"forced by unknown", report.Step{Operation: report.Replace, Name: "a", Changes: changes("x", "y")}, "replace `a`: `x` and `y` change"},
		{"forced by many", report.Step{Operation: report.Replace, Name: "a", ForcedBy: strings.Split("abcdefgh", "")}, "replace `a` because `a`, `b`, `c`, `d`, `e` and 3 more change"},
		{"only a URN", report.Step{Operation: report.Delete, URN: "urn:a"}, "delete `urn:a`"},
		{"done", report.Step{Operation: report.Delete, Name: "a", Outcome: report.Done}, "deleted `a`"},
		{"failed", report.Step{Operation: report.Replace, Name: "a", Outcome: report.Errored}, "failed to replace `a`"},
		{"left over", report.Step{Operation: report.DeleteReplaced, Name: "a", Pending: true}, "will also be deleted: `a` (left over from an earlier run)"},
	} {
		if got := Render(Content{Report: report.Report{Preview: true, Steps: []report.Step{test.step}}}); !strings.Contains(got+"\n", "> - "+test.want+"\n") {
			t.Errorf("%s: got\n%s", test.name, got)
		}
	}
}

// What was done is told in the past, and first what a run began and did not bring to its end.
func TestAnUpTellsWhatWasDone(t *testing.T) {
	step := func(operation report.Operation, name string, outcome report.Outcome) report.Step {
		return report.Step{Operation: operation, Type: "t", Name: name, URN: name, Outcome: outcome}
	}
	replaced := step(report.Replace, "moved", report.Done)
	replaced.ForcedBy, replaced.Changes = []string{"region"}, changes("region", "size")
	left, kept := step(report.DeleteReplaced, "old", report.Done), step(report.DeleteReplaced, "older", report.Errored)
	left.Pending, kept.Pending = true, true
	plain := step(report.Update, "plain", report.Done)
	plain.NotSecret = []string{"password"}
	r := report.Report{
		ExitCode: 124, Result: report.Failed,
		Counts: []report.Count{{Operation: report.Update, Number: 1}, {Operation: report.Delete, Number: 1}, {Operation: report.Replace, Number: 1}},
		Steps: []report.Step{
			step(report.Delete, "gone", report.Done), step(report.Delete, "stuck", report.Errored), replaced, left, kept, plain,
			step(report.Create, "begun", report.Unfinished),
		},
		Diagnostics: []report.Diagnostic{{Severity: "error", Message: "it is in use"}},
	}
	want := strings.ReplaceAll(`### ❌ Applying ¬p/s¬: interrupted by its timeout; 1 updated, 1 deleted, 1 replaced, 1 leftover deleted, 2 errored, 1 not finished

**Error**: ¬it is in use¬

> [!CAUTION]
> **2 errored, 1 not finished**
>
> - failed to delete ¬stuck¬ (¬t¬)
> - failed to delete ¬older¬ (¬t¬) (left over from an earlier run)
> - began to create ¬begun¬ (¬t¬) and did not finish

| ¬~¬ updated | ¬-¬ deleted | ¬+-¬ replaced | leftover deleted | errored | not finished |
| ---: | ---: | ---: | ---: | ---: | ---: |
| 1 | 1 | 1 | 1 | 2 | 1 |

> [!CAUTION]
> **1 deleted, 1 replaced, 1 leftover deleted**
>
> - deleted ¬gone¬ (¬t¬)
> - replaced ¬moved¬ (¬t¬) because ¬region¬ changed; also ¬size¬ changed
> - also deleted: ¬old¬ (¬t¬) (left over from an earlier run)

> [!WARNING]
> **1 value no longer secret**
>
> - ¬password¬ of ¬plain¬ (¬t¬) was a secret and is plain now
`, "¬", "`")
	if _, got, _ := strings.Cut(Render(Content{ID: marker.Marker{Project: "p", Stack: "s", Verb: "up"}, Report: r}), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnAppliedIsToldFromAPreviewedAtAGlance(t *testing.T) {
	id := marker.Marker{Project: "p", Stack: "s", Verb: "up"}
	counts := []report.Count{{Operation: report.Create, Number: 1}}
	for _, test := range []struct {
		name    string
		content Content
		want    string
	}{
		{"done", Content{Report: report.Report{Counts: counts}}, "Applied `p/s`: 1 created"},
		{"nothing to do", Content{Report: report.Report{Unchanged: 2}}, "Applied `p/s`: nothing changed in 2 resources"},
		{"failed half-way", Content{Report: report.Report{ExitCode: 1, Counts: counts}}, "❌ Applying `p/s`: failed with exit code 1; 1 created"},
		{"failed in its preview", Content{Report: report.Report{Preview: true, ExitCode: 1, Counts: counts}}, "❌ Not applied `p/s`: failed with exit code 1; 1 to create"},
		{"failed, nobody knows where", Content{Report: report.Report{Preview: true, ExitCode: 1, Broken: "its end is missing"}}, "❌ Applying `p/s`: failed with exit code 1"},
		{"could not start", Content{NotStarted: "a"}, "❌ Applying `p/s`: could not start"},
		{"did not run", Content{NotRun: "a"}, "❌ Applying `p/s`: Pulumi did not run to its end"},
		{"not applied", Content{NotApplied: "its plan is not the one that was reviewed on acme/shop#7"}, "❌ `p/s`: not applied\n\n**Reason**: `its plan is not the one that was reviewed on acme/shop#7`"},
	} {
		test.content.ID = id
		if _, got, _ := strings.Cut(Render(test.content), "\n"); !strings.HasPrefix(got, "### "+test.want+"\n") {
			t.Errorf("%s: got\n%s", test.name, got)
		}
	}
}

func TestASecretThatBecomesPlainIsNamed(t *testing.T) {
	r := report.Report{
		Preview: true,
		Steps:   []report.Step{{Operation: report.Update, Type: "t", Name: "a", NotSecret: []string{"password"}}},
		Outputs: []report.Output{{Operation: report.Update, Name: "url", NotSecret: true}},
	}
	want := "> [!WARNING]\n> **2 values no longer secret**\n>\n> - `password` of `a` (`t`) was a secret and becomes plain\n" +
		"> - `url` of the stack's outputs was a secret and becomes plain\n"
	if got := Render(Content{Report: r}); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheWorstPolicyComesFirst(t *testing.T) {
	r := report.Report{Preview: true, ExitCode: 1, Policies: []report.Policy{
		{Enforcement: "advisory", Severity: "critical", Policy: "d"}, {Enforcement: "mandatory", Policy: "c"},
		{Enforcement: "mandatory", Severity: "low", Policy: "b"}, {Enforcement: "mandatory", Severity: "high", Policy: "a"},
	}}
	got := Render(Content{Report: r})
	at := -1
	for _, want := range []string{"(severity `high`) of `a`", "(severity `low`) of `b`", "violation** of `c`", "(severity `critical`) of `d`"} {
		next := strings.Index(got, want)
		if next <= at {
			t.Errorf("%q is missing or at the wrong place in\n%s", want, got)
		}
		at = next
	}
}

func TestTwentyAreNamedAndTheOthersCounted(t *testing.T) {
	r := report.Report{Preview: true, Counts: []report.Count{{Operation: report.Delete, Number: 500}}}
	for i := range 500 {
		r.Steps = append(r.Steps, report.Step{Operation: report.Delete, Name: fmt.Sprint("bucket-", i)})
		r.Diagnostics = append(r.Diagnostics, report.Diagnostic{Severity: "error", Message: "bad"}, report.Diagnostic{Severity: "warning", Message: "odd"})
		r.Outputs = append(r.Outputs, report.Output{Operation: report.Create, Name: fmt.Sprint("output-", i)})
	}
	got := Render(Content{Report: r})
	for part, want := range map[string]int{
		"> - delete `bucket-": 20, "> - 480 more to delete\n": 1,
		"**Error**": 10, "… and 490 more errors and 500 more warnings\n": 1,
		"`output-": 20, " and 480 more\n": 1,
	} {
		if n := strings.Count(got, part); n != want {
			t.Errorf("%q is there %d times, want %d, in\n%s", part, n, want, got)
		}
	}
}

func TestDeletedAndReplacedShareThePlaces(t *testing.T) {
	for _, test := range []struct{ deleted, replaced, wantDeleted, wantReplaced int }{
		{500, 500, 10, 10},
		{500, 3, 17, 3},
		{3, 500, 3, 17},
		{500, 0, 20, 0},
		{10, 10, 10, 10},
	} {
		r := report.Report{Preview: true}
		for i := range test.deleted {
			r.Steps = append(r.Steps, report.Step{Operation: report.Delete, URN: fmt.Sprint("d", i)})
		}
		for i := range test.replaced {
			r.Steps = append(r.Steps, report.Step{Operation: report.Replace, URN: fmt.Sprint("r", i)})
		}
		got := Render(Content{Report: r})
		if d, r := strings.Count(got, "> - delete"), strings.Count(got, "> - replace"); d != test.wantDeleted || r != test.wantReplaced {
			t.Errorf("%+v: %d deleted and %d replaced are named", test, d, r)
		}
	}
}

func TestTheEchoOfAnErrorIsNotShown(t *testing.T) {
	failed := report.Diagnostic{Severity: "error", Message: "preview failed\n"}
	for _, test := range []struct {
		name  string
		other report.Report
		want  int
	}{
		{"alone", report.Report{}, 1},
		{"after a warning", report.Report{Diagnostics: []report.Diagnostic{{Severity: "warning", Message: "odd"}}}, 1},
		{"after an error", report.Report{Diagnostics: []report.Diagnostic{{Severity: "error", Message: "bad"}}}, 0},
		{"after a policy", report.Report{Policies: []report.Policy{{Enforcement: "mandatory"}}}, 0},
	} {
		r := test.other
		r.ExitCode = 1
		r.Diagnostics = append(r.Diagnostics, failed)
		if got := strings.Count(Render(Content{Report: r}), "preview failed"); got != test.want {
			t.Errorf("%s: it is there %d times", test.name, got)
		}
	}
}

func TestSaysNothing(t *testing.T) {
	for name, test := range map[string]struct {
		report report.Report
		want   bool
	}{
		"nothing":   {report.Report{Preview: true, Unchanged: 3, Stdout: "text"}, true},
		"a change":  {report.Report{Counts: []report.Count{{Operation: report.Update, Number: 1}}}, false},
		"an output": {report.Report{Outputs: []report.Output{{Operation: report.Update, Name: "a"}}}, false},
		"a warning": {report.Report{Diagnostics: []report.Diagnostic{{Severity: "warning"}}}, false},
		"a policy":  {report.Report{Policies: []report.Policy{{}}}, false},
		"a failure": {report.Report{ExitCode: 1}, false},
		"canceled":  {report.Report{Result: report.Canceled}, false},
		"no log":    {report.Report{NoLog: true}, false},
		"a gap":     {report.Report{Broken: "1 event is missing"}, false},
		"the state": {report.Report{Preview: true, StateOnly: true}, false}, // up --reviewed wants a comment for it
		"left over": {report.Report{Steps: []report.Step{{Operation: report.DeleteReplaced, Pending: true}}}, false},
	} {
		if got := SaysNothing(test.report); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// banner is what stands before the diff of shop.
const banner = "Previewing update (acme/prod)\n\nView Live: https://app.pulumi.com/acme/shop/prod/previews/1\n\n"

// checkSize checks what GitHub takes.
func checkSize(t *testing.T, body string) {
	t.Helper()
	if len(body) > 60_000 || len(utf16.Encode([]rune(body))) > 65_536 || !utf8.ValidString(body) {
		t.Errorf("%d bytes, %d UTF-16 units, UTF-8 %t", len(body), len(utf16.Encode([]rune(body))), utf8.ValidString(body))
	}
}

func TestALongDiffIsCutBetweenLines(t *testing.T) {
	for _, test := range []struct {
		name, line string
		// least is how much of the room must be used.
		least int
	}{
		{"short lines", "      + %06d: x", 59_000},
		{"long lines", "      + %06d: " + strings.Repeat("ä🦊", 300), 55_000},
		{"many ticks", "      + %06d: " + strings.Repeat("`", 500), 55_000},
		{"very many ticks", "      + %06d: " + strings.Repeat("`", 5000), 35_000},
		{"dirt", "      + %06d: \x1b[31m\u202e" + strings.Repeat("\xff", 400), 55_000},
		{"empty", "%06d\n\n\n\n", 59_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			var diff strings.Builder
			diff.WriteString("    + a:b:C: (create)\n")
			const lines = 50_000
			for i := range lines {
				fmt.Fprintf(&diff, test.line+"\n", i)
			}
			c := shop()
			c.Report.Stdout = banner + diff.String()
			got := Render(c)
			checkSize(t, got)
			above, below := parts(t, Render(shop()))
			if !strings.HasPrefix(got, above) || !strings.HasSuffix(got, below) {
				t.Errorf("what stands around the fold was changed:\n%s", got[:2000])
			}
			if !strings.Contains(got, "000000") || !strings.Contains(got, "049999") {
				t.Error("the first or the last line is missing")
			}
			checkCount(t, got, diff.String())
			if len(got) < test.least {
				t.Errorf("only %d bytes are used", len(got))
			}
		})
	}
}

// What is deleted or replaced is shown before all else, and what is left out is counted by resources.
func TestALongDiffKeepsWhatIsLost(t *testing.T) {
	var diff strings.Builder
	block := func(mark, operation, name string) {
		fmt.Fprintf(&diff, "    %sa:b:C: (%s)\n        [id=%[3]s]\n        [urn=urn:pulumi:dev::p::a:b:C::%[3]s]\n", mark, operation, name)
		for i := range 20 {
			fmt.Fprintf(&diff, "        property%02d: \"%s\"\n", i, strings.Repeat("x", 40))
		}
	}
	c := shop()
	for i := range 1000 {
		name := fmt.Sprint("n", i)
		if i%100 == 50 {
			block("- ", "delete", name)
			c.Report.Steps = append(c.Report.Steps, report.Step{Operation: report.Delete, Name: name, URN: "urn:pulumi:dev::p::a:b:C::" + name})
			continue
		}
		block("+ ", "create", name)
	}
	c.Report.Stdout = banner + diff.String()
	got := Render(c)
	checkSize(t, got)
	for i := 50; i < 1000; i += 100 {
		if !strings.Contains(got, fmt.Sprintf("-     - a:b:C: (delete)\n          [id=n%d]\n", i)) {
			t.Errorf("the deletion of n%d is not shown", i)
		}
	}
	if !strings.Contains(got, "[id=n0]") {
		t.Error("what is left of the room is not used from the beginning on")
	}
	shown := strings.Count(got, "[urn=")
	left := 0
	for line := range strings.Lines(strings.ReplaceAll(got, ",", "")) {
		var resources, lines int
		if n, _ := fmt.Sscanf(line, "@@ %d resources (%d lines) left out @@", &resources, &lines); n == 2 {
			left += resources
		}
	}
	if shown+left != 1000 {
		t.Errorf("%d resources are shown and %d said to be left out", shown, left)
	}
}

// parts gives what stands before and after the fold.
func parts(t *testing.T, body string) (above, below string) {
	t.Helper()
	start, end := strings.Index(body, "<details"), strings.LastIndex(body, "\n</details>")
	if start < 0 || end < 0 {
		t.Fatalf("no fold in\n%s", body)
	}
	return body[:start], body[end:]
}

// checkCount checks that the lines shown and those said to be left out are all there are.
func checkCount(t *testing.T, body, diff string) {
	t.Helper()
	_, block, _ := strings.Cut(body, "```diff\n")
	block = block[:strings.LastIndex(block, "\n\n</details>")]
	shown := strings.Split(block, "\n")
	left := 0
	for _, line := range shown {
		if n, err := fmt.Sscanf(strings.ReplaceAll(line, ",", ""), "@@ %d lines left out @@", &left); n == 1 && err != nil {
			t.Fatal(err)
		}
	}
	// Two lines are ours: how many are left out, and the fence.
	if want := strings.Count(strings.TrimRight(diff, "\n"), "\n") + 1; len(shown)-2+left != want {
		t.Errorf("%d lines shown and %d left out of %d", len(shown)-2, left, want)
	}
}

func TestASingleEndlessLineIsCut(t *testing.T) {
	for name, text := range map[string]string{
		"ASCII":     strings.Repeat("x", 1<<20),
		"wide":      "a" + strings.Repeat("🦊", 1<<18),
		"backticks": strings.Repeat("`", 1<<20),
		"dirt":      strings.Repeat("\x1b[31m\x00\u202e", 1<<17),
		"bytes":     strings.Repeat("\xff", 1<<20),
		"after":     "first\n" + strings.Repeat("x", 1<<20) + "\nlast",
	} {
		c := shop()
		c.Report.Stdout = banner + text
		got := Render(c)
		checkSize(t, got)
		if !strings.Contains(got, "bytes of this line left out") {
			t.Errorf("%s: nothing says that a line was cut", name)
		}
		if name == "after" && (!strings.Contains(got, "  first\n") || !strings.Contains(got, "\n  last\n")) {
			t.Error("the lines around it are missing")
		}
	}
}

func TestNothingAboveTheFoldIsTooLong(t *testing.T) {
	for name, unit := range map[string]string{"x": "x", "backticks": "`", "spaced": "` ", "wide": "🦊", "lines": "\n`", "dirt": "\x1b[31m\xff"} {
		long := strings.Repeat(unit, 100_000)
		c := Content{ID: marker.Marker{Project: long, Stack: long, Key: long}, Commit: long, RunURL: "https://example.com/" + long, Time: time.Unix(0, 0)}
		r := report.Report{ExitCode: 1, Broken: long, Stdout: "View Live: https://example.com/" + long + "/previews/1\n" + long, Duration: 1 << 60}
		for range 100 {
			r.Counts = append(r.Counts, report.Count{Operation: report.Operation(long), Number: 1 << 60})
			r.Steps = append(r.Steps, report.Step{Operation: report.Replace, Type: long, Name: long, ForcedBy: []string{long, long, long, long, long, long}, NotSecret: []string{long}})
			r.Diagnostics = append(r.Diagnostics, report.Diagnostic{Severity: long, Type: long, Name: long, Message: long})
			r.Policies = append(r.Policies, report.Policy{Enforcement: "mandatory", Pack: long, Policy: long, Type: long, Name: long, Message: long})
			r.Outputs = append(r.Outputs, report.Output{Operation: report.Create, Name: long}, report.Output{Operation: report.Update, Name: long})
		}
		c.Report = r
		got := Render(c)
		checkSize(t, got)
		if !strings.Contains(got, "<summary>Output, ") || !strings.Contains(got, "</details>") {
			t.Errorf("%s: no room was left for the output", name)
		}
		if n := strings.Count(got, "> - replace"); n != 20 {
			t.Errorf("%s: %d resources named", name, n)
		}
	}
}

// long is an output of 100 MB.
func long(line string) Content {
	c := shop()
	c.Report.Stdout = banner + strings.Repeat(line, 100_000_000/len(line))
	return c
}

func BenchmarkRender100MB(b *testing.B) {
	for name, line := range map[string]string{
		"lines":    "    + aws:s3/bucket:Bucket: (create)\n        name: \"a name that is quite long\"\n",
		"one line": "x",
		"ticks":    "```````````````````````\n",
		"dirt":     "\x1b[31m\u202e",
	} {
		b.Run(name, func(b *testing.B) {
			c := long(line)
			b.SetBytes(int64(len(c.Report.Stdout)))
			for b.Loop() {
				Render(c)
			}
		})
	}
}
