package comment

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"dagger/iac/report"
)

// shop is a preview that has something of everything.
func shop() Content {
	return Content{
		ID:     ID{Project: "shop", Stack: "acme/prod"},
		Commit: "0123456789abcdef0123456789abcdef01234567",
		RunURL: "https://github.com/acme/shop/actions/runs/42",
		Time:   time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600)),
		Report: report.Report{
			Summarised: true,
			Counts:     []report.Count{{Operation: report.Create, Number: 1}, {Operation: report.Replace, Number: 1}, {Operation: report.Delete, Number: 1}},
			Unchanged:  61,
			Resources: []report.Resource{
				{Operation: report.Create, Type: "aws:s3/bucket:Bucket", Name: "assets", URN: "urn:assets"},
				{Operation: report.Replace, Type: "aws:rds/instance:Instance", Name: "orders", URN: "urn:orders", ForcedBy: []string{"engine", "username"}},
				{Operation: report.Delete, Type: "aws:s3/bucket:Bucket", Name: "logs", URN: "urn:logs"},
			},
			Diagnostics: []report.Diagnostic{{Severity: "warning", Type: "aws:s3/bucket:Bucket", Name: "assets", Message: "it is public\n"}},
			Policies:    []report.Policy{{Enforcement: "advisory", Pack: "house", Policy: "tagged", Type: "aws:s3/bucket:Bucket", Name: "assets", Message: "no tags\nat all"}},
			Outputs:     []report.Output{{Operation: report.Create, Name: "url"}, {Operation: report.Update, Name: "ip"}},
			Link:        "https://app.pulumi.com/acme/shop/prod/previews/1",
			Diff:        "    + aws:s3/bucket:Bucket: (create)\n        name: \"assets\"\n",
			Text:        "everything",
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
> - replace ¬orders¬ (¬aws:rds/instance:Instance¬) because ¬engine¬ and ¬username¬ change

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

func TestTheTitleTellsTheOutcome(t *testing.T) {
	counts := []report.Count{{Operation: report.Create, Number: 1200}, {Operation: report.Update, Number: 1}, {Operation: report.Same, Number: 3}, {Operation: "invent", Number: 2}}
	outputs := []report.Output{{Operation: report.Create, Name: "a"}, {Operation: report.Delete, Name: "b"}}
	for _, test := range []struct {
		name   string
		report report.Report
		want   string
	}{
		{"changes", report.Report{Summarised: true, Counts: counts}, "1,200 to create, 1 to update, 2 to do otherwise"},
		{"changes made", report.Report{Summarised: true, Counts: counts, Duration: time.Second}, "1,200 created, 1 updated, 2 done otherwise"},
		{"only outputs", report.Report{Summarised: true, Unchanged: 3, Outputs: outputs}, "2 outputs to change"},
		{"only outputs, made", report.Report{Summarised: true, Outputs: outputs[:1], Duration: time.Second}, "1 output changed"},
		{"nothing", report.Report{Summarised: true}, "nothing to change"},
		{"nothing in one", report.Report{Summarised: true, Unchanged: 1}, "nothing to change in 1 resource"},
		{"nothing in many", report.Report{Summarised: true, Unchanged: 61}, "nothing to change in 61 resources"},
		{"nothing done", report.Report{Summarised: true, Unchanged: 61, Duration: time.Second}, "nothing changed in 61 resources"},
		{"failed", report.Report{ExitCode: 255}, "failed with exit code 255"},
		{"failed after a summary", report.Report{ExitCode: 1, Summarised: true, Counts: counts[:1]}, "failed with exit code 1; 1,200 to create"},
		{"failed half-way", report.Report{ExitCode: 1, Summarised: true, Counts: counts[1:2], Errored: 1, Duration: time.Second}, "failed with exit code 1; 1 updated, 1 errored"},
		{"no summary", report.Report{Text: "hello"}, "ended without a summary"},
	} {
		got := strings.Split(Render(Content{ID: ID{"p", "s", ""}, Report: test.report}), "\n")[1]
		mark := ""
		if test.report.ExitCode != 0 {
			mark = "❌ "
		}
		if want := "### " + mark + "`p/s`: " + test.want; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, want)
		}
	}
}

func TestTheTitleNamesTheStackAsPulumiDoes(t *testing.T) {
	for _, test := range []struct {
		id   ID
		want string
	}{
		{ID{"shop", "prod", ""}, "### `shop/prod`: "},
		{ID{"shop", "acme/prod", ""}, "### `acme/shop/prod`: "},
		{ID{"shop", "acme/shop/prod", ""}, "### `acme/shop/prod`: "},
		{ID{"", "prod", ""}, "### `prod`: "},
		{ID{"shop", "prod", "nightly"}, "### `shop/prod` (`nightly`): "},
	} {
		if got := Render(Content{ID: test.id}); !strings.Contains(got, "\n"+test.want) {
			t.Errorf("%+v:\ngot  %s\nwant %s", test.id, got, test.want)
		}
	}
}

func TestNothingToChangeIsSaidInOneLine(t *testing.T) {
	c := Content{ID: ID{"shop", "prod", ""}, Report: report.Report{Summarised: true, Unchanged: 61, Diff: "  pulumi:pulumi:Stack: (same)\n", Text: "text"}}
	want := Marker(c.ID) + "\n### `shop/prod`: nothing to change in 61 resources\n"
	if got := Render(c); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAFailureIsToldBeforeEverythingElse(t *testing.T) {
	c := shop()
	c.Report.ExitCode = 1
	c.Report.Diagnostics = append(c.Report.Diagnostics, report.Diagnostic{Severity: "error", Message: "no zone called eu-x"})
	got := Render(c)
	order := []string{"failed with exit code 1", "**Error**", "no zone called eu-x", "**Warning**", "| ---:", "[!CAUTION]", "<summary>Output, 1 line</summary>", "everything"}
	at := -1
	for _, part := range order {
		next := strings.Index(got, part)
		if next <= at {
			t.Errorf("%q is missing or at the wrong place in\n%s", part, got)
		}
		at = next
	}
}

func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	for _, test := range []struct {
		name   string
		report report.Report
		want   string
	}{
		{"no summary", report.Report{Text: "hello"}, "> [!WARNING]\n> Pulumi printed no summary, so what changes is not known.\n"},
		{"disputed", report.Report{Summarised: true, Disputed: true}, "> [!WARNING]\n> Something in the output imitates Pulumi's own lines, so read the output itself.\n"},
		{"deletes without names", report.Report{Summarised: true, Counts: []report.Count{{Operation: report.Delete, Number: 3}}}, "> **3 to delete**\n>\n> - 3 to delete; the output does not tell which\n"},
		{"one name of three", report.Report{
			Summarised: true, Counts: []report.Count{{Operation: report.Delete, Number: 3}},
			Resources: []report.Resource{{Operation: report.Delete, Name: "a"}},
		}, "> - delete `a`\n> - 2 more to delete; the output does not tell which\n"},
	} {
		if got := Render(Content{Report: test.report}); !strings.Contains(got, test.want) {
			t.Errorf("%s: got\n%s", test.name, got)
		}
	}
}

func TestReplacedAndDeletedResourcesAreNamed(t *testing.T) {
	for _, test := range []struct {
		name      string
		resources []report.Resource
		want      string
	}{
		{"deleted", []report.Resource{{Operation: report.Delete, Type: "t", Name: "a"}}, "> - delete `a` (`t`)\n"},
		{"retained", []report.Resource{{Operation: report.Delete, Name: "a", Retained: true}}, "> - delete `a` (kept, only forgotten by Pulumi)\n"},
		{"forced by one", []report.Resource{{Operation: report.Replace, Name: "a", ForcedBy: []string{"x"}, Changes: []string{"x", "y"}}}, "> - replace `a` because `x` changes\n"},
		{"forced by unknown", []report.Resource{{Operation: report.Replace, Name: "a", Changes: []string{"x", "y"}}}, "> - replace `a`: `x` and `y` change\n"},
		{"forced by many", []report.Resource{{Operation: report.Replace, Name: "a", ForcedBy: strings.Split("abcdefgh", "")}}, "because `a`, `b`, `c`, `d`, `e` and 3 more change\n"},
		{"only a URN", []report.Resource{{Operation: report.Delete, URN: "urn:a"}}, "> - delete `urn:a`\n"},
		{"the steps of one replacement", []report.Resource{
			{Operation: report.CreateReplacement, Name: "a", URN: "urn:a"},
			{Operation: report.Replace, Name: "a", URN: "urn:a", Changes: []string{"x"}},
			{Operation: report.DeleteReplaced, Name: "a", URN: "urn:a"},
		}, "> **1 to replace**\n>\n> - replace `a`: `x` changes\n\n"},
	} {
		if got := Render(Content{Report: report.Report{Summarised: true, Resources: test.resources}}); !strings.Contains(got+"\n", test.want) {
			t.Errorf("%s: got\n%s", test.name, got)
		}
	}
}

func TestTwentyAreNamedAndTheOthersCounted(t *testing.T) {
	r := report.Report{Summarised: true, Counts: []report.Count{{Operation: report.Delete, Number: 500}}}
	for i := range 500 {
		r.Resources = append(r.Resources, report.Resource{Operation: report.Delete, Name: fmt.Sprint("bucket-", i)})
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
		r := report.Report{Summarised: true}
		for i := range test.deleted {
			r.Resources = append(r.Resources, report.Resource{Operation: report.Delete, URN: fmt.Sprint("d", i)})
		}
		for i := range test.replaced {
			r.Resources = append(r.Resources, report.Resource{Operation: report.Replace, URN: fmt.Sprint("r", i)})
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
		"nothing":       {report.Report{Summarised: true, Unchanged: 3, Text: "text"}, true},
		"a change":      {report.Report{Summarised: true, Counts: []report.Count{{Operation: report.Update, Number: 1}}}, false},
		"an output":     {report.Report{Summarised: true, Outputs: []report.Output{{Operation: report.Update, Name: "a"}}}, false},
		"a warning":     {report.Report{Summarised: true, Diagnostics: []report.Diagnostic{{Severity: "warning"}}}, false},
		"a policy":      {report.Report{Summarised: true, Policies: []report.Policy{{}}}, false},
		"a failure":     {report.Report{Summarised: true, ExitCode: 1}, false},
		"no summary":    {report.Report{}, false},
		"contradiction": {report.Report{Summarised: true, Disputed: true}, false},
	} {
		if got := SaysNothing(test.report); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

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
			const lines = 50_000
			for i := range lines {
				fmt.Fprintf(&diff, test.line+"\n", i)
			}
			c := shop()
			c.Report.Diff = diff.String()
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
		c.Report.Diff = text
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
		c := Content{ID: ID{long, long, long}, Commit: long, RunURL: "https://example.com/" + long, Time: time.Unix(0, 0)}
		r := report.Report{ExitCode: 1, Disputed: true, Link: "https://example.com/" + long, Text: long, Diff: long, Duration: 1 << 60}
		for range 100 {
			r.Counts = append(r.Counts, report.Count{Operation: report.Operation(long), Number: 1 << 60})
			r.Resources = append(r.Resources, report.Resource{Operation: report.Replace, Type: long, Name: long, ForcedBy: []string{long, long, long, long, long, long}})
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
	c.Report.Diff = strings.Repeat(line, 100_000_000/len(line))
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
			b.SetBytes(int64(len(c.Report.Diff)))
			for b.Loop() {
				Render(c)
			}
		})
	}
}
