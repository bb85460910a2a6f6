package comment

import (
	"fmt"
	"strings"
	"testing"

	"dagger/iac/report"
)

func TestAPatternNamesAPropertyAndWhatIsWithin(t *testing.T) {
	for _, test := range []struct {
		pattern string
		paths   string
		others  string
	}{
		{"tags.*", `tags tags.team tags.team.lead tags["a.b"] tags[0]`, `tagsAll tag a.tags other`},
		{"tags", `tags tags.team tags["a.b"]`, `tagsAll`},
		{"tags*", `tags tagsAll tagsAll.team tags.team`, `mytags`},
		{"tags.team", `tags.team tags.team.lead tags["team"]`, `tags tags.teams tags["team.lead"]`},
		{`tags["a.b"]`, `tags["a.b"] tags["a.b"].c`, `tags.a.b tags`},
		{"rules[*].note", `rules[0].note rules[12].note.text`, `rules rules[0] rules[0].days rules.note`},
		{"rules[0]", `rules[0] rules[0].note`, `rules[01] rules[1]`},
		{"*.note", `a.note a[0].b.note`, `note notes a.notes`},
		{"*At", `createdAt meta.updatedAt`, `Atlas meta`},
	} {
		for _, path := range strings.Fields(test.paths) {
			if !names(test.pattern, report.Segments(path)) {
				t.Errorf("%s does not name %s", test.pattern, path)
			}
		}
		for _, path := range strings.Fields(test.others) {
			if names(test.pattern, report.Segments(path)) {
				t.Errorf("%s names %s", test.pattern, path)
			}
		}
	}
}

func TestWhatIsNoPatternOfAPropertyIsRefused(t *testing.T) {
	for _, pattern := range []string{"", " ", "*", "**", "*.*", "[*]", ".", "a\nb", strings.Repeat("a", 201)} {
		want := fmt.Sprintf("invalid quiet-property %q: want the path of a property, in which * is any text, such as tags.*", pattern)
		if errs := (Quiet{"tags.*", pattern}).Check(); len(errs) != 1 || errs[0].Error() != want {
			t.Errorf("%q gave %v", pattern, errs)
		}
	}
	if errs := (Quiet{"tags.*", `tags["a.b"]`, "rules[*].note", "*At"}).Check(); errs != nil {
		t.Error(errs)
	}
}

func TestOnlyAnUpdateOfQuietPropertiesIsQuiet(t *testing.T) {
	update := report.Step{Operation: report.Update, URN: "a", Changes: changes("tags.team", "tagsAll")}
	with := func(edit func(*report.Step)) []report.Step {
		step := update
		edit(&step)
		return []report.Step{step}
	}
	preview := func(steps ...report.Step) report.Report { return report.Report{Preview: true, Steps: steps} }
	for _, test := range []struct {
		name   string
		report report.Report
		want   bool
	}{
		{"an update", preview(update), true},
		{"with properties of Pulumi's own", preview(with(func(s *report.Step) { s.Changes = changes("__defaults", "tags") })...), true},
		{"with nothing but those", preview(with(func(s *report.Step) { s.Changes = changes("__defaults") })...), false},
		{"with another property", preview(with(func(s *report.Step) { s.Changes = changes("tags.team", "size") })...), false},
		{"nobody knows of what", preview(with(func(s *report.Step) { s.Changes = nil })...), false},
		{"a replacement", preview(with(func(s *report.Step) { s.Operation = report.Replace })...), false},
		{"a creation", preview(with(func(s *report.Step) { s.Operation = report.Create })...), false},
		{"a deletion", preview(with(func(s *report.Step) { s.Operation = report.Delete })...), false},
		{"forced", preview(with(func(s *report.Step) { s.ForcedBy = []string{"tags"} })...), false},
		{"that forces", preview(with(func(s *report.Step) { s.Changes = []report.Change{{Path: "tags", Kind: "update-replace"}} })...), false},
		{"a secret that becomes plain", preview(with(func(s *report.Step) { s.NotSecret = []string{"tags.team"} })...), false},
		{"drift", preview(with(func(s *report.Step) { s.Refreshed = true })...), false},
		{"an update that failed", preview(with(func(s *report.Step) { s.Outcome = report.Errored })...), false},
		{"without a name", preview(with(func(s *report.Step) { s.URN = "" })...), false},
		{"after drift", preview(report.Step{Operation: report.Refresh, URN: "a", Refreshed: true}, update), false},
		{"twice", preview(update, update), false},
		{"in a run that failed", report.Report{Preview: true, ExitCode: 1, Steps: []report.Step{update}}, false},
		{"in a log that is not whole", report.Report{Preview: true, Broken: "it has no summary", Steps: []report.Step{update}}, false},
	} {
		urns, by := Quiet{"other", "tags*"}.of(test.report)
		if got := urns["a"]; got != test.want || (strings.Join(by, " ") == "tags*") != test.want {
			t.Errorf("%s: %v by %q", test.name, urns, by)
		}
	}
}

// quietShop is a preview with a quiet update between others, the last resource of the diff.
func quietShop(diff string) Content {
	urn := "urn:pulumi:dev::p::a:b:C::"
	return Content{
		Quiet: Quiet{"tags.*"},
		Report: report.Report{
			Preview: true, Stdout: diff,
			Counts: []report.Count{{Operation: report.Create, Number: 1}, {Operation: report.Update, Number: 2}},
			Steps: []report.Step{
				{Operation: report.Create, Name: "new", URN: urn + "new"},
				{Operation: report.Update, Name: "quiet", URN: urn + "quiet", Changes: changes("tags.team")},
				{Operation: report.Update, Name: "loud", URN: urn + "loud", Changes: changes("tags.team", "size")},
			},
			Outputs: []report.Output{{Operation: report.Update, Name: "url"}},
		},
	}
}

const (
	stackLines = "  pulumi:pulumi:Stack: (same)\n    [urn=urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev]\n"
	newLines   = "    + a:b:C: (create)\n        [urn=urn:pulumi:dev::p::a:b:C::new]\n        name: \"new\"\n"
	loudLines  = "    ~ a:b:C: (update)\n        [id=loud]\n        [urn=urn:pulumi:dev::p::a:b:C::loud]\n      ~ size: 1 => 2\n"
	quietLines = "    ~ a:b:C: (update)\n        [id=quiet]\n        [urn=urn:pulumi:dev::p::a:b:C::quiet]\n      ~ tags: {\n          ~ team: \"web\" => \"shop\"\n        }\n"
	stackEnd   = "    --outputs:--\n  ~ url: \"a\" => \"b\"\n"
)

// folds gives the title and the lines of each fold, without the gutters.
func folds(body string) (out [][2]string) {
	for _, fold := range strings.Split(body, "<summary>")[1:] {
		title, rest, _ := strings.Cut(fold, "</summary>\n\n")
		block, _, _ := strings.Cut(rest, "\n\n</details>")
		lines := strings.SplitAfter(block, "\n")
		var text strings.Builder
		for _, line := range lines[1 : len(lines)-1] { // without the fences
			text.WriteString(line[len(noGutter):])
		}
		out = append(out, [2]string{title, text.String()})
	}
	return out
}

func TestQuietUpdatesAreCountedAndFoldedApart(t *testing.T) {
	for _, test := range []struct {
		name, diff string
		want       [][2]string
	}{
		{"in the middle", stackLines + newLines + quietLines + loudLines, [][2]string{{"Diff, 9 lines", stackLines + newLines + loudLines}, {"Diff of quiet updates, 6 lines", quietLines}}},
		{"before the stack's outputs", stackLines + newLines + loudLines + quietLines + stackEnd, [][2]string{{"Diff, 11 lines", stackLines + newLines + loudLines + stackEnd}, {"Diff of quiet updates, 6 lines", quietLines}}},
		{"before the text of a policy", newLines + quietLines + "    pack@v1 [advisory]  rule  (a:b:C: quiet)\nmore\n" + loudLines, [][2]string{{"Diff, 9 lines", newLines + "    pack@v1 [advisory]  rule  (a:b:C: quiet)\nmore\n" + loudLines}, {"Diff of quiet updates, 6 lines", quietLines}}},
		{"named by a value too", newLines + "      ~ text:\n" + quietLines + loudLines + quietLines, [][2]string{{"Diff, 20 lines", newLines + "      ~ text:\n" + quietLines + loudLines + quietLines}}},
		{"not an update", newLines + strings.Replace(quietLines, "~ a:b:C: (update)", "- a:b:C: (delete)", 1), [][2]string{{"Diff, 9 lines", newLines + strings.Replace(quietLines, "~ a:b:C: (update)", "- a:b:C: (delete)", 1)}}},
		{"at the root", newLines + strings.ReplaceAll("\n"+quietLines, "\n    ", "\n")[1:] + stackEnd, [][2]string{{"Diff, 11 lines", newLines + strings.ReplaceAll("\n"+quietLines, "\n    ", "\n")[1:] + stackEnd}}},
		{"not there", newLines + loudLines, [][2]string{{"Diff, 7 lines", newLines + loudLines}}},
	} {
		got := Render(quietShop(test.diff))
		if folds := folds(got); fmt.Sprint(folds) != fmt.Sprint(test.want) {
			t.Errorf("%s: got\n%q\nwant\n%q", test.name, folds, test.want)
		}
		for _, part := range []string{"1 to create, 2 to update\n", "| 1 | 2 |", "\n1 of the updates changes only `tags.*`\n"} {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q is missing in\n%s", test.name, part, got)
			}
		}
		if strings.Contains(got, "open>\n<summary>Diff of quiet") {
			t.Errorf("%s: what is quiet is open", test.name)
		}
	}
}

func TestWhereAllIsQuietThereIsOneFold(t *testing.T) {
	c := quietShop(stackLines + quietLines)
	c.Report.Counts, c.Report.Steps, c.Report.Outputs = c.Report.Counts[1:], c.Report.Steps[1:2], nil
	c.Report.Counts[0].Number = 1
	got := Render(c)
	if folds := folds(got); len(folds) != 1 || folds[0] != [2]string{"Diff of quiet updates, 8 lines", stackLines + quietLines} || strings.Contains(got, "<details open>") {
		t.Errorf("got\n%s", got)
	}
	if SaysNothing(c.Report) {
		t.Error("it says nothing")
	}
	// Drift is not among the counts.
	c.Report.Steps = append(c.Report.Steps, report.Step{Operation: report.Refresh, URN: "b", Refreshed: true})
	if folds := folds(Render(c)); len(folds) != 2 {
		t.Errorf("got %q", folds)
	}
}

func TestALongDiffLeavesRoomForWhatIsQuiet(t *testing.T) {
	long := strings.Repeat("        name: \""+strings.Repeat("x", 100)+"\"\n", 5000)
	for name, diff := range map[string]string{
		"loud": newLines + long + quietLines, "quiet": newLines + quietLines + long, "both": newLines + long + quietLines + long,
		"ticks": newLines + long + strings.Replace(quietLines, "web", strings.Repeat("`", 3000), 1),
	} {
		got := Render(quietShop(diff))
		checkSize(t, got)
		folds := folds(got)
		if len(folds) != 2 || !strings.Contains(folds[1][1], "::quiet]") || !strings.Contains(folds[0][1], "::new]") {
			t.Errorf("%s: got %d folds, without what they must have", name, len(folds))
		}
		if len(got) < 40_000 {
			t.Errorf("%s: only %d bytes are used", name, len(got))
		}
	}
}
