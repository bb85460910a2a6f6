package comment

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dagger/iac/marker"
	"dagger/iac/report"
)

// preview is one that does so much of each.
func preview(counts ...any) report.Report {
	r := report.Report{Preview: true, Unchanged: 3}
	for i := 0; i < len(counts); i += 2 {
		operation := counts[i].(report.Operation)
		r.Counts = append(r.Counts, report.Count{Operation: operation, Number: counts[i+1].(int)})
		for n := range counts[i+1].(int) {
			name := fmt.Sprint(operation, "-", n)
			r.Steps = append(r.Steps, report.Step{Operation: operation, Type: "t", Name: name, URN: "urn:" + name})
		}
	}
	return r
}

// ran is the same after it was done.
func ran(counts ...any) report.Report {
	r := preview(counts...)
	r.Preview = false
	return r
}

func broke(r report.Report) report.Report {
	r.ExitCode = 1
	return r
}

func stack(dir string, r report.Report) Row {
	return Row{Dir: dir, Project: dir, Organization: "acme", Stack: "prod", Report: r}
}

func TestTheTitleOfManyStacksTellsTheOutcome(t *testing.T) {
	same, drifted := preview(), preview(report.Update, 1)
	drifted.ExitCode = 7
	broken, noLog := preview(report.Create, 2), report.Report{Preview: true, NoLog: true}
	broken.Broken = "it has no summary"
	outputs := report.Report{Preview: true, Outputs: []report.Output{{Operation: report.Create, Name: "a"}, {Operation: report.Update, Name: "b"}}}
	removed := Row{Dir: "old", Stack: "prod", Removed: true}
	skipped := Row{Dir: "app", Stack: "prod", Skipped: "network:prod failed"}
	for _, test := range []struct {
		name  string
		verb  string
		total int
		rows  []Row
		want  string
	}{
		{"changes", "", 41, []Row{stack("a", preview(report.Create, 5, report.Delete, 1)), stack("b", preview(report.Update, 2)), stack("c", same)}, "2 of 41 stacks change: 5 to create, 2 to update, 1 to delete"},
		{"one of many", "", 41, []Row{stack("a", preview(report.Create, 1))}, "1 of 41 stacks changes: 1 to create"},
		{"the only one", "", 1, []Row{stack("a", preview(report.Create, 1))}, "1 stack changes: 1 to create"},
		{"more than are known", "", 0, []Row{stack("a", preview(report.Create, 1)), stack("b", same)}, "1 of 2 stacks changes: 1 to create"},
		{"nothing", "", 41, slices.Repeat([]Row{stack("a", same)}, 14), "Nothing to change in 14 stacks"},
		{"nothing in one", "", 41, []Row{stack("a", same)}, "Nothing to change in 1 stack"},
		{"no stack", "", 41, nil, "No stack is touched by this change"},
		{"no stack of a refresh", "refresh", 41, nil, "No stack was chosen"},
		{"failed", "", 14, []Row{stack("a", broke(same)), stack("b", preview(report.Create, 1)), {Dir: "c", NotRun: "no network"}}, "❌ 2 of 14 stacks failed; 1 changes: 1 to create"},
		{"all failed", "", 2, []Row{stack("a", broke(same)), stack("b", broke(same))}, "❌ 2 of 2 stacks failed"},
		{"the only one failed", "", 1, []Row{stack("a", broke(same))}, "❌ 1 stack failed"},
		{"only outputs", "", 2, []Row{stack("a", outputs)}, "1 of 2 stacks changes: 2 outputs to change"},
		{"removed", "", 2, []Row{removed, stack("a", preview(report.Create, 1))}, "1 of 2 stacks changes: 1 to create; 1 removed here"},
		{"only removed", "", 2, []Row{removed}, "1 stack removed here"},
		{"not known", "", 2, []Row{stack("a", noLog), stack("b", same)}, "What changes in 1 of 2 stacks is not known"},
		{"not known whether it is all", "", 2, []Row{stack("a", broken)}, "1 of 2 stacks changes: 2 to create, maybe more"},
		{"of a newer Pulumi", "", 2, []Row{stack("a", preview(report.Operation("invent"), 2)), stack("b", preview(report.Operation("melt"), 1))}, "2 of 2 stacks change: 3 to change otherwise"},
		{"not expected", "", 2, []Row{stack("a", drifted)}, "❌ 1 of 2 stacks changes unexpectedly: 1 to update"},
		{"drift", "drift", 14, []Row{stack("a", drifted), stack("b", drifted), stack("c", same)}, "❌ 2 of 14 stacks have drifted: 2 to update"},
		{"no drift", "drift", 14, []Row{stack("c", same)}, "No drift in 1 stack"},
		{"applied", "up", 3, []Row{stack("a", ran(report.Create, 1)), stack("b", ran())}, "Applied: 1 of 3 stacks changed: 1 created"},
		{"applied, nothing", "up", 3, []Row{stack("a", ran())}, "Applied: nothing changed in 1 stack"},
		{"applied, no stack", "up", 3, nil, "No stack is touched by this change"},
		{"failed half-way", "up", 3, []Row{stack("a", broke(ran(report.Create, 1))), skipped, stack("b", ran(report.Update, 1))}, "❌ Applying: 1 of 3 stacks failed, 1 not run; 1 changed: 1 created, 1 updated"},
		{"failed in its preview", "up", 3, []Row{stack("a", broke(preview(report.Create, 1))), stack("b", ran(report.Update, 1))}, "❌ Applying: 1 of 3 stacks failed; 1 changed: 1 updated"},
		{"not applied", "up", 3, []Row{{Dir: "a", NotApplied: "its plan is another"}, skipped}, "❌ Applying: 1 of 3 stacks not applied, 1 not run"},
		{"refreshed", "refresh", 3, []Row{stack("a", ran(report.Update, 1))}, "1 of 3 stacks changed: 1 updated"},
	} {
		got := strings.Split(All{ID: marker.Marker{Verb: test.verb}, Total: test.total, Rows: test.rows}.Render(), "\n")[1]
		if want := "### " + test.want; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, want)
		}
	}
}

func TestAWholeCallThatDidNothingSaysWhy(t *testing.T) {
	for _, test := range []struct {
		all  All
		want string
	}{
		{All{NotStarted: "no project found"}, "### ❌ Could not start\n\n**Error**: `no project found`\n"},
		{All{ID: marker.Marker{Verb: "up", Key: "nightly"}, NotStarted: "no project found"}, "### ❌ `nightly`: Applying: could not start\n\n**Error**: `no project found`\n"},
		{All{ID: marker.Marker{Verb: "up"}, NotApplied: "2 plans differ"}, "### ❌ Not applied\n\n**Reason**: `2 plans differ`\n"},
	} {
		if _, got, _ := strings.Cut(test.all.Render(), "\n"); got != test.want {
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		}
		if test.all.SaysNothing() {
			t.Errorf("%s says nothing", test.want)
		}
	}
}

// everyState has a stack of each.
func everyState() []Row {
	warned := preview()
	warned.Diagnostics = []report.Diagnostic{{Severity: "warning", Message: "old"}}
	broken := broke(preview())
	broken.Diagnostics = []report.Diagnostic{{Severity: "error", Message: "program failed:\n* no zone called `eu-x` | or \\| eu-y\nsorry"}}
	pending := preview()
	pending.Steps = []report.Step{{Operation: report.DeleteReplaced, Type: "t", Name: "old", Pending: true}}
	plain := preview(report.Update, 1)
	plain.Steps[0].NotSecret = []string{"password"}
	reading := stack("reading", plain)
	reading.Reads = []string{"plain:prod", "a:b", "c:d", "e:f", "g:h"}
	return []Row{
		stack("same", preview()), stack("warned", warned), {Dir: "gone", Stack: "prod", Removed: true}, reading,
		stack("deleting", preview(report.Create, 2, report.Delete, 1)), stack("pending", pending), {Dir: "", Stack: "prod", Skipped: "broken:prod failed"},
		{Dir: "refused", Stack: "prod", NotApplied: "its plan is another"}, stack("broken", broken), {Dir: "unrun", Stack: "prod", NotRun: "no network"},
	}
}

const everyTable = `| Stack | Outcome |
| :--- | :--- |
| ❌ ¬broken:prod¬ | failed with exit code 1<br>¬¬no zone called ¬eu-x¬ \| or \\| eu-y¬¬ |
| ❌ ¬unrun:prod¬ | Pulumi did not run to its end<br>¬no network¬ |
| ❌ ¬refused:prod¬ | not applied<br>¬its plan is another¬ |
| ¬.:prod¬ | not run<br>¬broken:prod failed¬ |
| ¬deleting:prod¬ | 2 to create, **1 to delete** |
| ¬pending:prod¬ | **1 left over to delete** |
| ¬reading:prod¬ | 1 to update<br>reads ¬plain:prod¬, ¬a:b¬, ¬c:d¬ and 2 more, which change too: shown with the outputs of today; **1 value no longer secret** |
| ¬gone:prod¬ | removed here, its stack still exists |
| ¬warned:prod¬ | nothing to change in 3 resources<br>1 warning |

<details>
<summary>1 stack unchanged</summary>

¬same:prod¬

</details>
`

func TestTheTableTellsTheWorstFirst(t *testing.T) {
	got := All{Rows: everyState()}.Render()
	if want := strings.ReplaceAll(everyTable, "¬", "`"); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	at := -1
	for _, name := range []string{"broken", "unrun", "refused", "deleting", "pending", "reading", "warned"} {
		next := strings.Index(got, "<code>"+name+":prod</code>: ")
		if next <= at {
			t.Errorf("the fold of %s is missing or at the wrong place in\n%s", name, got)
		}
		at = next
	}
}

func TestStacksAreCountedByWhatBecameOfThem(t *testing.T) {
	all := All{Rows: everyState()}
	if got, want := all.Failed(), []string{".:prod", "refused:prod", "broken:prod", "unrun:prod"}; !slices.Equal(got, want) {
		t.Errorf("failed: %v, want %v", got, want)
	}
	if got := all.Changes(); got != 5 {
		t.Errorf("%d changes", got)
	}
	for _, row := range all.Rows {
		if got, want := (All{Rows: []Row{row}}).SaysNothing(), row.Dir == "same"; got != want {
			t.Errorf("%s says nothing: %t", row.Dir, got)
		}
	}
	drifted := preview(report.Update, 1)
	drifted.ExitCode = 7
	if got := (All{Rows: []Row{stack("a", drifted)}}).Failed(); !slices.Equal(got, []string{"a:prod"}) {
		t.Errorf("of changes that were not expected: %v", got)
	}
}

func TestTheTableIsWholeUpToAHundredStacks(t *testing.T) {
	for _, test := range []struct {
		changed, failed int
		want            string
	}{
		{100, 0, ""},
		{101, 0, "\n\n… and 1 with changes\n"},
		{100, 23, "\n\n… and 23 with changes\n"},
		{10, 110, "\n\n… and 20 more: 10 failed and 10 with changes\n"},
	} {
		all := All{}
		for i := range test.changed {
			all.Rows = append(all.Rows, stack(fmt.Sprint("changed-", i), preview(report.Create, 1)))
		}
		for i := range test.failed {
			all.Rows = append(all.Rows, stack(fmt.Sprint("failed-", i), broke(preview())))
		}
		got := all.Render()
		if n := strings.Count(got, "\n| "); n != 102 || !strings.Contains(got, test.want) {
			t.Errorf("%+v: %d lines in\n%s", test, n, got)
		}
		if n := strings.Count(all.Summary(), "\n| "); n != 2+test.changed+test.failed {
			t.Errorf("%+v: %d lines in the summary", test, n)
		}
	}
}

// One database among many must be seen, whatever else there is.
func TestWhatIsLostIsNamedAboveTheTable(t *testing.T) {
	all := All{}
	for i := range 40 {
		all.Rows = append(all.Rows, stack(fmt.Sprintf("s%02d", i), preview(report.Replace, 30)))
	}
	all.Rows = append(all.Rows, stack("last", preview(report.Delete, 1, report.Replace, 1)))
	above, _, _ := strings.Cut(all.Render(), "\n| Stack |")
	for _, want := range []string{
		"> **1 to delete, 1,201 to replace in 41 stacks**\n", "> - `last:prod`: delete `delete-0` (`t`)\n", "> - `last:prod`: 1 to replace\n",
		"> - `s00:prod`: replace `replace-0` (`t`)\n", "> - `s00:prod`: 29 more to replace\n", "> - `s18:prod`: 29 more to replace\n", "> - 21 more stacks: 630 to replace",
	} {
		if !strings.Contains(above, want) {
			t.Errorf("%q is not in\n%s", want, above)
		}
	}
	if n := strings.Count(above, "> - "); n > 41 {
		t.Errorf("%d lines", n)
	}
}

func TestSharesAreFair(t *testing.T) {
	for _, test := range []struct {
		room        int
		needs, want []int
	}{
		{100, []int{10, 20, 30}, []int{10, 20, 30}},
		{60, []int{100, 10, 100}, []int{25, 10, 25}},
		{60, []int{100, 100, 100}, []int{20, 20, 20}},
		{0, []int{1, 2}, []int{0, 0}},
		{-5, []int{1}, []int{0}},
		{7, nil, []int{}},
	} {
		if got := shares(test.room, test.needs); !slices.Equal(got, test.want) {
			t.Errorf("%d among %v: %v, want %v", test.room, test.needs, got, test.want)
		}
	}
}

// diffOfLines is a diff with resources of about 200 bytes each.
func diffOfLines(operation report.Operation, mark, name string, n int) (text string, steps []report.Step) {
	for i := range n {
		urn := fmt.Sprintf("urn:pulumi:dev::p::a:b:C::%s-%04d", name, i)
		text += fmt.Sprintf("    %sa:b:C: (%s)\n        [urn=%s]\n        value: %q\n", mark, operation, urn, strings.Repeat("x", 100))
		steps = append(steps, report.Step{Operation: operation, Type: "a:b:C", Name: fmt.Sprintf("%s-%04d", name, i), URN: urn})
	}
	return text, steps
}

func withDiff(dir string, created, deleted int) Row {
	r := preview()
	added, adds := diffOfLines(report.Create, "+ ", dir+"-new", created)
	removed, removes := diffOfLines(report.Delete, "- ", dir+"-old", deleted)
	r.Stdout, r.Steps = added+removed, slices.Concat(adds, removes)
	for _, count := range []report.Count{{Operation: report.Create, Number: created}, {Operation: report.Delete, Number: deleted}} {
		if count.Number > 0 {
			r.Counts = append(r.Counts, count)
		}
	}
	return stack(dir, r)
}

func TestDiffsShareTheRoom(t *testing.T) {
	all := All{Rows: []Row{withDiff("long", 600, 0), withDiff("short", 3, 0), withDiff("longer", 1500, 0), withDiff("losing", 800, 20)}}
	got := all.Render()
	checkSize(t, got)
	shown := func(name string) int { return strings.Count(got, "a:b:C::"+name+"-") }
	if shown("short-new") != 3 {
		t.Errorf("the short diff is not whole in\n%s", got)
	}
	if shown("losing-old") != 20 {
		t.Errorf("%d of 20 deletions are shown", shown("losing-old"))
	}
	if a, b, c := shown("long-new"), shown("longer-new"), shown("losing-new"); a < 60 || max(a, b, c)-min(a, b, c) > 5 {
		t.Errorf("%d, %d and %d resources of the long diffs are shown", a, b, c)
	}
	if len(got) < 57_000 {
		t.Errorf("only %d bytes are used", len(got))
	}
}

func TestADiffWithoutRoomSaysSo(t *testing.T) {
	all := All{}
	for i := range 90 {
		all.Rows = append(all.Rows, withDiff(fmt.Sprintf("stack-%03d", i), 40, 0))
	}
	got := all.Render()
	checkSize(t, got)
	if n := strings.Count(got, "\nDiff left out, 120 lines: see the job's log\n"); n < 20 || n+strings.Count(got, "\n```diff\n") != 90 {
		t.Errorf("%d diffs are left out and %d shown", n, strings.Count(got, "\n```diff\n"))
	}
	if first, last := strings.Index(got, "```diff"), strings.LastIndex(got, "```diff"); first > strings.Index(got, "stack-001:prod</code>") || last > strings.Index(got, "stack-070:prod</code>") {
		t.Error("it is not the first stacks whose diffs are shown")
	}
}

// A stack that is alone needs no second click, and no second box.
func TestTheOnlyStackIsOpen(t *testing.T) {
	got := All{Rows: []Row{withDiff("a", 0, 1), stack("b", preview())}}.Render()
	if !strings.Contains(got, "<details open>\n<summary><code>a:prod</code>: 1 to delete</summary>\n\n`acme/a/prod`\n\n```diff\n") {
		t.Errorf("got\n%s", got)
	}
	if n := strings.Count(got, "delete `a-old-0000`"); n != 1 {
		t.Errorf("the deletion is named %d times", n)
	}
	if got := (All{Rows: []Row{withDiff("a", 50, 0)}}).Render(); !strings.Contains(got, "<details>\n<summary><code>a:prod") {
		t.Errorf("a long diff is open in\n%s", got)
	}
}

// hostile are 130 stacks of which everything is as long as can be.
func hostile(long string) All {
	all := All{
		ID: marker.Marker{Project: long, Stack: long, Key: long}, Total: 1 << 60, Commit: long, RunURL: "https://example.com/" + long,
		Quiet: Quiet{long},
	}
	for i := range 130 {
		r := report.Report{Preview: true, ExitCode: i % 3, Stdout: long, Stderr: long}
		if i%5 == 0 {
			r.Broken = long
		}
		for range 12 {
			r.Counts = append(r.Counts, report.Count{Operation: report.Operation(long), Number: 1 << 50})
			r.Steps = append(r.Steps, report.Step{Operation: report.Delete, Type: long, Name: long, URN: long, ForcedBy: []string{long, long}, NotSecret: []string{long}})
			r.Diagnostics = append(r.Diagnostics, report.Diagnostic{Severity: "error", Type: long, Name: long, Message: long})
			r.Policies = append(r.Policies, report.Policy{Enforcement: "mandatory", Pack: long, Policy: long, Type: long, Name: long, Message: long})
			r.Outputs = append(r.Outputs, report.Output{Operation: report.Create, Name: long})
		}
		row := Row{Dir: fmt.Sprint(i) + long, Project: long, Stack: long, Organization: long, Why: long, Report: r, Reads: slices.Repeat([]string{long}, 9)}
		switch i % 13 {
		case 0:
			row.NotRun = long
		case 1:
			row.NotApplied = long
		case 2:
			row.Skipped = long
		}
		all.Rows = append(all.Rows, row)
	}
	return all
}

var hostileUnits = map[string]string{
	"x": "x", "backticks": "`", "spaced": "` ", "bars": "|", "tags": "<b>&", "wide": "🦊", "lines": "\n`", "fences": "```\n", "dirt": "\x1b[31m\xff",
}

func TestManyHostileStacksFit(t *testing.T) {
	for name, unit := range hostileUnits {
		all := hostile(strings.Repeat(unit, 800))
		got := all.Render()
		checkSize(t, got)
		if n := strings.Count(got, "\n| "); n != 102 {
			t.Errorf("%s: %d lines of the table", name, n)
		}
		if !strings.Contains(got, "more stacks: see the job's log") || strings.Count(got, "<details") != strings.Count(got, "</details>") {
			t.Errorf("%s: not all folds end, or nothing says that there are more", name)
		}
		if n := strings.Count(got, "<summary>"); n < 10 {
			t.Errorf("%s: only %d stacks have a fold", name, n)
		}
		if got := all.Summary(); len(got) > 1_000_000 || !strings.HasPrefix(got, "### ❌ ") {
			t.Errorf("%s: a summary of %d bytes: %.100s", name, len(got), got)
		}
	}
}

func TestTheSummaryHasRoomForEveryDiff(t *testing.T) {
	all := All{}
	for i := range 90 {
		all.Rows = append(all.Rows, withDiff(fmt.Sprintf("stack-%03d", i), 40, 0))
	}
	got := all.Summary()
	if n := strings.Count(got, "a:b:C::"); n != 90*40 || !strings.HasPrefix(got, "### 90 of 90 stacks change") {
		t.Errorf("%d resources are shown: %.100s", n, got)
	}
}

func TestTheSameIsAlwaysWrittenTheSame(t *testing.T) {
	write := func() string {
		all := hostile("x`|\n")
		all.Rows = all.Rows[:40]
		all.Rows = append(all.Rows, everyState()...)
		text, err := all.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return all.Render() + all.Summary() + all.Text() + text
	}
	first := write()
	for range 2 {
		if write() != first {
			t.Fatal("it is not")
		}
	}
}

func TestTheTextForATerminal(t *testing.T) {
	rows := everyState()
	rows[4].Report.Stdout = "Previewing update (prod)\n    - t: (delete)\n"
	rows[8].Report.Stderr = "error: program failed\n"
	all := All{Rows: rows, Total: 41}
	want := `2 of 41 stacks failed, 1 not applied, 1 not run; 3 change: 2 to create, 1 to update, 1 to delete, 1 left over to delete; 1 removed here
This change touches 9 of 41 stacks.

broken:prod    failed with exit code 1               no zone called ¬eu-x¬ | or \| eu-y
unrun:prod     Pulumi did not run to its end         no network
refused:prod   not applied                           its plan is another
.:prod         not run                               broken:prod failed
deleting:prod  2 to create, 1 to delete
pending:prod   1 left over to delete
reading:prod   1 to update                           reads plain:prod, a:b, c:d and 2 more, which change too: shown with the outputs of today; 1 value no longer secret
gone:prod      removed here, its stack still exists
warned:prod    nothing to change in 3 resources      1 warning

1 unchanged: same:prod

── broken:prod: failed with exit code 1 ──

error: program failed

── unrun:prod: Pulumi did not run to its end ──

no network

── refused:prod: not applied ──

its plan is another

── deleting:prod: 2 to create, 1 to delete ──

Previewing update (prod)
    - t: (delete)
`
	if got := all.Text(); got != strings.ReplaceAll(want, "¬", "`") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheJSONOfManyStacks(t *testing.T) {
	all := All{ID: marker.Marker{Plan: strings.Repeat("a", 64)}, Rows: everyState(), Total: 41, Commit: "c"}
	text, err := all.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var got jsonAll
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.OK || got.Total != 41 || got.Changed != 3 || got.Failed != 4 || got.Digest != all.ID.Plan || got.Markdown != all.Render() {
		t.Errorf("%+v", got)
	}
	if want := map[string]int{"create": 2, "update": 1, "delete": 1}; !maps.Equal(got.Counts, want) {
		t.Errorf("counts: %v, want %v", got.Counts, want)
	}
	var states []string
	for _, s := range got.Stacks {
		states = append(states, s.State)
		if (s.Report == nil) != slices.Contains([]string{"removed", "not-run", "not-applied"}, s.State) && s.Dir != "unrun" {
			t.Errorf("%s: report %v", s.Dir, s.Report)
		}
	}
	want := []string{"unchanged", "unchanged", "removed", "changed", "changed", "changed", "not-run", "not-applied", "failed", "failed"}
	if !slices.Equal(states, want) {
		t.Errorf("states: %v, want %v", states, want)
	}
	if s := got.Stacks[3]; !reflect.DeepEqual(s.Reads, all.Rows[3].Reads) || s.Report.Stack != "acme/prod" || s.Report.Commit != "c" {
		t.Errorf("%+v", s)
	}
	if s := got.Stacks[6]; s.Reason != "broken:prod failed" {
		t.Errorf("%+v", s)
	}
}
