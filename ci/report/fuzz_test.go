package report

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	f.Add(preview, "warning: w\n", 0, true)
	f.Add(preview, "", 1, false)
	f.Add(preview+strings.ReplaceAll(preview, "Previewing update", "Updating"), "", 255, false)
	f.Add("Previewing update (dev)\n\nView Live: https://app.pulumi.com/o/p/dev/previews/1\n\n", "error: no\n", 255, true)
	f.Add("    p@v1 [mandatory]  a  (a:b:C: n)no\nResources:\n    + 1 created\n\nDuration: 1m3s\n", "", 0, false)
	f.Add(strings.Join(forgeries, "\n"), strings.Join(forgeries, "\r\n"), -1, false)
	f.Add("Diagnostics:\n  a:b:C (n):\n    error: x\n\n", "\x1b]0;", 0, true)
	for i := 0; i < len(preview); i += 23 {
		f.Add(preview[:i], preview[i:], 0, false)
	}
	f.Fuzz(func(t *testing.T, stdout, stderr string, exit int, single bool) {
		r := Parse(Run{Stdout: stdout, Stderr: stderr, ExitCode: exit, Preview: single})
		if r.ExitCode != exit {
			t.Errorf("exit code %d, was %d", r.ExitCode, exit)
		}
		if !utf8.ValidString(r.Text) || strings.ContainsFunc(r.Text, isControl) {
			t.Errorf("text is not clean: %q", r.Text)
		}
		checkNumbers(t, r)
		checkWords(t, r)
		checkLink(t, r.Link)
		lines := map[string]bool{"": true}
		for line := range strings.SplitSeq(r.Text, "\n") {
			lines[line] = true
		}
		for line := range strings.SplitSeq(r.Diff, "\n") {
			if !lines[line] {
				t.Errorf("line %q of the diff is none of the text", line)
			}
		}
	})
}

func checkNumbers(t *testing.T, r Report) {
	if !r.Summarised && (len(r.Counts) > 0 || r.Unchanged > 0 || r.Errored > 0 || r.Duration > 0 || len(r.Resources) > 0) {
		t.Errorf("told without a summary: %+v", r)
	}
	counted := map[Operation]int{}
	for _, c := range r.Counts {
		if c.Number <= 0 || counted[c.Operation] > 0 {
			t.Errorf("counts %+v", r.Counts)
		}
		counted[c.Operation] = c.Number
	}
	if r.Unchanged < 0 || r.Errored < 0 || r.Duration < 0 {
		t.Errorf("%d unchanged, %d errored, %s", r.Unchanged, r.Errored, r.Duration)
	}
	listed := map[Operation]int{}
	for _, resource := range r.Resources {
		listed[resource.Operation]++
	}
	for op, n := range listed {
		if n > counted[op]+r.Errored || n < counted[op] {
			t.Errorf("%d resources to %s, counted are %d", n, op, counted[op])
		}
	}
}

func checkWords(t *testing.T, r Report) {
	line := func(what, s string) {
		if strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("%s is %q", what, s)
		}
	}
	for _, resource := range r.Resources {
		if resource.Type == "" || !strings.HasPrefix(resource.URN, "urn:pulumi:") ||
			!strings.HasSuffix(resource.URN, resource.Type+"::"+resource.Name) {
			t.Errorf("%+v", resource)
		}
		line("type", resource.Type)
		line("name", resource.Name)
		line("change", strings.Join(resource.Changes, ""))
	}
	for _, d := range r.Diagnostics {
		if d.Severity != "error" && d.Severity != "warning" {
			t.Errorf("severity %q", d.Severity)
		}
	}
	for _, o := range r.Outputs {
		line("output", o.Name)
	}
}

func checkLink(t *testing.T, link string) {
	if link == "" {
		return
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(link, " \"'<>`()[]\\") {
		t.Errorf("link %q", link)
	}
}
