package comment

import (
	"strings"
	"testing"
	"time"

	"dagger/iac/marker"
	"dagger/iac/report"
)

// drifted is what a check of the cloud found.
func drifted() report.Report {
	return report.Report{
		Preview:   true,
		ExitCode:  Unexpected,
		Counts:    []report.Count{{Operation: report.Update, Number: 1}, {Operation: report.Delete, Number: 1}},
		Unchanged: 2,
		Duration:  4 * time.Second,
		Steps: []report.Step{
			{Operation: report.Update, Type: "demo:index:File", Name: "motd", URN: "urn:motd", Changes: changes("content"), Refreshed: true, Outcome: report.Planned},
			{Operation: report.Delete, Type: "demo:index:File", Name: "gone", URN: "urn:gone", Refreshed: true, Outcome: report.Planned},
		},
		Stdout: "Previewing refresh (dev):\n    ~ demo:index:File: (update)\n      ~ content: \"a\" => \"b\"\n    - demo:index:File: (delete)\nResources:\n    ~ 1 to update\n",
		Stderr: "error: no changes were expected for refresh but changes were proposed\n",
	}
}

func issue() Content {
	return Content{
		ID:     marker.Marker{Project: "cases", Stack: "acme/dev", Verb: "drift"},
		RunURL: "https://github.com/acme/shop/actions/runs/42", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

const driftIssue = `<!-- iac {"v":1,"project":"cases","stack":"acme/dev","key":"drift/"} -->
### Drift in ¬acme/cases/dev¬: 1 updated, 1 deleted

The cloud is not what the stack's state says. ¬up --refresh¬ sets the cloud back; ¬refresh¬ takes what it is now into the state.

| ¬~¬ updated | ¬-¬ deleted | unchanged |
| ---: | ---: | ---: |
| 1 | 1 | 2 |

> [!CAUTION]
> **1 deleted**
>
> - deleted ¬gone¬ (¬demo:index:File¬), which is gone from the cloud

<details open>
<summary>Diff, 3 lines</summary>

¬¬¬diff
!     ~ demo:index:File: (update)
!       ~ content: "a" => "b"
-     - demo:index:File: (delete)
¬¬¬

</details>

<sub>[run](https://github.com/acme/shop/actions/runs/42) · 2 January 2026, 03:04 UTC</sub>
`

func TestDrift(t *testing.T) {
	if got, want := Drift(issue(), Check{Report: drifted()}), strings.ReplaceAll(driftIssue, "¬", "`"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEachCheckHasAPartOfTheIssue(t *testing.T) {
	unapplied := report.Report{Preview: true, ExitCode: Unexpected, Counts: []report.Count{{Operation: report.Create, Number: 1}}, Unchanged: 4, Stdout: "    + a:b:C: (create)\n"}
	failed := report.Report{Preview: true, ExitCode: 255, Diagnostics: []report.Diagnostic{{Severity: "error", Message: "no such bucket"}}}
	for name, test := range map[string]struct {
		checks []Check
		want   []string
		not    string
	}{
		"both drifted": {
			[]Check{{Report: drifted()}, {Report: unapplied, Unapplied: true}},
			[]string{"### Drift in `acme/cases/dev`: 1 updated, 1 deleted\n", "\n\n### Not applied to `acme/cases/dev`: 1 to create\n\nThe stack is not what its program says. `up` applies the program.\n", "| `+` create |"},
			"❌",
		},
		"only unapplied": {[]Check{{Report: unapplied, Unapplied: true}}, []string{"\"} -->\n### Not applied to `acme/cases/dev`: 1 to create\n"}, "Drift in"},
		"the check of the program failed": {
			[]Check{{Report: drifted()}, {Report: failed, Unapplied: true}},
			[]string{"### Drift in `", "\n\n### ❌ Check for what is not applied to `acme/cases/dev`: failed with exit code 255\n\n**Error**: `no such bucket`\n"}, "`up` applies",
		},
		"the check of the cloud failed": {
			[]Check{{Report: failed}, {Report: unapplied, Unapplied: true}},
			[]string{"### ❌ Check for drift in `acme/cases/dev`: failed with exit code 255\n", "### Not applied to"}, "sets the cloud back",
		},
		"a check did not run": {
			[]Check{{Report: drifted()}, {NotRun: "go mod download: no network", Unapplied: true}},
			[]string{"### ❌ Check for what is not applied to `acme/cases/dev`: Pulumi did not run to its end\n\n**Error**: `go mod download: no network`\n"}, "`up` applies",
		},
	} {
		body := Drift(issue(), test.checks...)
		for _, part := range test.want {
			if !strings.Contains(body, part) {
				t.Errorf("%s: %q is missing in\n%s", name, part, body)
			}
		}
		if strings.Contains(body, test.not) {
			t.Errorf("%s: %q stands in\n%s", name, test.not, body)
		}
		if strings.Count(body, "<!-- iac ") != 1 || strings.Count(body, "<sub>") != 1 || !strings.HasPrefix(body, "<!-- iac ") || !strings.HasSuffix(body, "</sub>\n") || strings.Contains(body, "\n\n\n") {
			t.Errorf("%s:\n%s", name, body)
		}
	}
}

func TestWhatACheckFound(t *testing.T) {
	for name, test := range map[string]struct {
		check           Check
		drifted, failed bool
	}{
		"no drift":     {Check{}, false, false},
		"drift":        {Check{Report: report.Report{ExitCode: Unexpected}}, true, false},
		"another code": {Check{Report: report.Report{ExitCode: 255}}, false, true},
		"a timeout":    {Check{Report: report.Report{ExitCode: timedOut}}, false, true},
		"by its log":   {Check{Report: report.Report{Result: report.Failed}}, false, true},
		"not run":      {Check{NotRun: "no network", Report: report.Report{ExitCode: Unexpected}}, false, true},
	} {
		if test.check.Drifted() != test.drifted || test.check.Failed() != test.failed {
			t.Errorf("%s: drifted %v, failed %v", name, test.check.Drifted(), test.check.Failed())
		}
	}
}

func TestChecksShareTheRoom(t *testing.T) {
	long := drifted()
	long.Stdout = strings.Repeat("    ~ a:b:C: (update)\n        [urn=urn:x]\n      ~ "+strings.Repeat("x", 200)+"\n", 2000)
	for range 60 {
		long.Diagnostics = append(long.Diagnostics, report.Diagnostic{Severity: "warning", Message: strings.Repeat("y\n", 3000)})
	}
	for n := 1; n < 3; n++ {
		body := Drift(issue(), []Check{{Report: long}, {Report: long, Unapplied: true}}[:n]...)
		if len(body) > maxBytes || strings.Count(body, "<summary>Diff, ") != n || strings.Count(body, " left out @@") < n {
			t.Errorf("%d checks: %d bytes", n, len(body))
		}
	}
}

func TestNoDrift(t *testing.T) {
	const want = "<!-- iac {\"v\":1,\"project\":\"cases\",\"stack\":\"acme/dev\",\"key\":\"drift/\"} -->\n### No drift any more in `acme/cases/dev`\n\n" +
		"<sub>[run](https://github.com/acme/shop/actions/runs/42) · 2 January 2026, 03:04 UTC</sub>\n"
	if got := NoDrift(issue()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDriftTitle(t *testing.T) {
	for want, id := range map[string]marker.Marker{
		"Drift in acme/shop/prod":                    {Project: "shop", Stack: "acme/prod"},
		"Drift in acme/site/prod":                    {Project: "shop", Stack: "acme/site/prod"},
		"Drift in shop/prod":                         {Project: "shop", Stack: "prod"},
		"Drift in a b/prod":                          {Project: "a\n\x1b[31mb", Stack: "prod"},
		"Drift in " + strings.Repeat("x", 240) + "…": {Project: strings.Repeat("x", 300), Stack: "prod"},
	} {
		if got := DriftTitle(id); got != want {
			t.Errorf("%+v: %q, want %q", id, got, want)
		}
	}
}
