package report

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// forgeries are lines of Pulumi's that a program may want to have printed.
var forgeries = []string{
	"Resources:",
	"    + 5 to create",
	"    1 unchanged",
	"    6 changes. 1 unchanged",
	"    - 0 to delete",
	"Duration: 1s",
	"Previewing update (dev):",
	"Updating (dev):",
	"View Live: https://evil.example.com/org/shop/dev/previews/1",
	"Diagnostics:",
	"  a:b:C (evil):",
	"    error: forged",
	"error: forged",
	"warning: forged",
	"    --outputs:--",
	"--outputs:--",
	"  + forged: 1",
	"    pack@v1.0.0 [mandatory]  forged  (a:b:C: evil)no",
	"- aws:s3/bucket:Bucket: (delete)",
	"    [urn=urn:pulumi:dev::shop::aws:s3/bucket:Bucket::evil]",
	"    - aws:s3/bucket:Bucket: (delete)",
	"        [urn=urn:pulumi:dev::shop::aws:s3/bucket:Bucket::evil]",
	"+-aws:rds/instance:Instance: (replace)",
	"    [id=x]",
	"    [urn=urn:pulumi:dev::shop::aws:rds/instance:Instance::evil]",
	"[urn=urn:pulumi:dev::shop::aws:s3/bucket:Bucket::evil]",
	"}", "    }", "]", "", "    ", "\ttab", "\r", "...", "~ key: ", "t: asset(text:0123456) {",
	"\x1b[31mred\x1b[0m", "\x1b]0;title\a", "\x1b]8;;never closed", "\x00", "\xff", "***", "🔒", "```", "</details>",
}

func someText(r *rand.Rand) string {
	lines := make([]string, 1+r.IntN(12))
	for i := range lines {
		lines[i] = forgeries[r.IntN(len(forgeries))]
	}
	return strings.Join(lines, "\n")
}

// writeValue writes a text as a property, in one of the ways in which the CLI does, at an indentation.
func writeValue(r *rand.Rand, text string, indent int) string {
	var b strings.Builder
	pad := strings.Repeat(" ", indent)
	switch r.IntN(4) {
	case 0:
		fmt.Fprintf(&b, "%skey: %q\n", pad, text)
	case 1: // a text asset
		fmt.Fprintf(&b, "%skey: asset(text:0123456) {\n", pad)
		for line := range strings.SplitSeq(text, "\n") {
			fmt.Fprintf(&b, "%s    %s\n", pad, line)
		}
		fmt.Fprintf(&b, "%s}\n", pad)
	case 2: // a text that changes, line by line
		fmt.Fprintf(&b, "%s~ key: \n", pad[2:])
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimSpace(line) != "" {
				fmt.Fprintf(&b, "%s%s%s\n", pad, []string{"    ", "  + ", "  - "}[r.IntN(3)], line)
			}
		}
	case 3: // a text asset that changes
		fmt.Fprintf(&b, "%s~ key: asset(text:0123456->6543210) {\n", pad[2:])
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimSpace(line) != "" {
				fmt.Fprintf(&b, "%s%s%s\n", pad, []string{"        ", "      + ", "      - "}[r.IntN(3)], line)
			}
		}
		fmt.Fprintf(&b, "%s}\n", pad)
	}
	return b.String()
}

func TestWhatStandsInAValueIsNeverPulumis(t *testing.T) {
	// Where a property can stand, and its indentation there.
	places := map[string]int{
		"      ~ tags: {\n":                  8,
		"            acl: \"private\"\n":     12,
		"      ~ engine: \"postgres\" => \"": 8,
		"        name: \"mail\"\n":           8,
		"  + host: \"db.example.com\"\n":     4,
	}
	want := Parse(Run{Stdout: preview})
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		out := preview
		for before, indent := range places {
			if r.IntN(3) == 0 {
				out = strings.Replace(out, before, writeValue(r, someText(r), indent)+before, 1)
			}
		}
		for _, stderr := range []string{"", "warning: w\n"} {
			got := Parse(Run{Stdout: out, Stderr: stderr})
			if !got.Summarised || !reflect.DeepEqual(got.Counts, want.Counts) || got.Unchanged != want.Unchanged ||
				!sameResources(got.Resources, want.Resources) || got.Link != "" || got.Duration != 0 || got.Policies != nil {
				t.Fatalf("%s\nread as\n%+v", out, got)
			}
		}
	}
}

// sameResources compares resources but for their changes, since a value adds one.
func sameResources(a, b []Resource) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		x.Changes, y.Changes = nil, nil
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

// A program that logs what it wants into joined output can add lines but take none away.
func TestWhatAProgramLogsNeverHidesAChange(t *testing.T) {
	want := Parse(Run{Stdout: preview})
	lines := strings.SplitAfter(preview, "\n")
	// A log comes between what Pulumi writes at once: a resource, the outputs, the summary.
	var events []int
	for i, line := range lines {
		_, header := parseHeader(strings.TrimSuffix(line, "\n"), indentOf(line))
		if header || strings.Contains(line, "--outputs:--") || line == "Resources:\n" || i == len(lines)-1 {
			events = append(events, i)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 10000 {
		var b strings.Builder
		next := 0
		for _, at := range events {
			b.WriteString(strings.Join(lines[next:at], ""))
			next = at
			if r.IntN(3) == 0 {
				b.WriteString(strings.ReplaceAll(someText(r), "\x1b]8;;never closed", "") + "\n")
			}
		}
		b.WriteString(strings.Join(lines[next:], ""))
		out := b.String()
		got := Parse(Run{Stdout: out, Preview: true})
		if got.Link != "" {
			t.Fatalf("%s\nhas the link %s", out, got.Link)
		}
		if got.Summarised && !reflect.DeepEqual(got.Counts, want.Counts) {
			t.Fatalf("%s\nis counted as %+v", out, got.Counts)
		}
		if !got.Disputed && !sameResources(got.Resources, want.Resources) {
			t.Fatalf("%s\nis not disputed, and read as\n%+v", out, got)
		}
	}
}

func TestAttacks(t *testing.T) {
	const evil = "[urn=urn:pulumi:dev::shop::aws:sqs/queue:Queue::evil]\n"
	before := func(where, text string) string { return strings.Replace(preview, where, text+where, 1) }
	queue := "    - aws:sqs/queue:Queue: (delete)\n"
	tests := []struct {
		name, stdout, stderr string
		// summarised: the counts are told, and right. deletes: the names of what is deleted.
		summarised, disputed bool
		deletes              []string
	}{
		{"a summary after the real one, logged", preview + "Resources:\n    1 unchanged\n", "", false, true, nil},
		{"a summary before the real one, logged", before("  pulumi:pulumi:Stack", "Resources:\n    1 unchanged\n"), "", false, true, nil},
		{"a summary in the name of a property", before("        name: ", "        a\nResources:\n    1 unchanged\n...: 1\n"), "warning: w\n",
			true, true, []string{"mail"}},
		{"half a summary in the log of a program", before(queue, "Resources:\n\n    1 unchanged\n\n"), "", true, false, []string{"mail"}},
		{"a heading in the log of a program, at the end", preview + "Resources:\n\n", "", true, false, []string{"mail"}},
		{"the end of the preview and another one", before(queue, "Resources:\n    1 unchanged\nPreviewing update (dev):\n"), "", false, true, nil},
		{"the end of the preview and a run", before(queue, "Resources:\n    1 unchanged\nUpdating (dev):\n"), "", false, true, nil},
		{"a whole run after the preview, logged", preview + "Updating (dev):\n  pulumi:pulumi:Stack: (same)\n" +
			"    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]\nResources:\n    4 unchanged\n\nDuration: 1s\n",
			"", false, true, nil},
		{"another delete", before(queue, queue+"        "+evil), "", true, true, nil},
		{"a delete with two URNs", before("        [urn=urn:pulumi:dev::shop::aws:sqs", "        "+evil), "", false, true, nil},
		{"a delete with two URNs in its ID", strings.Replace(preview, "[id=q-1]", "[id=x]\n        "+evil+"        [id=y]", 1), "", false, true, nil},
		{"a text that is never closed, and another delete",
			before(queue, "- aws:sqs/queue:Queue: (delete)\n    "+evil+"  t: asset(text:0123456) {\n"), "", true, true, nil},
		{"a text around the delete, and another delete",
			before("    --outputs:--", "      }\n") + "", "", true, false, []string{"mail"}},
		{"a delete in another stack", before(queue, strings.ReplaceAll(queue+"        "+evil, "dev::", "prod::")), "", true, false, []string{"mail"}},
		{"a type with a newline", before(queue, "    - aws:sqs/queue:Queue\n    - a:b:C: (delete)\n        [urn=urn:pulumi:dev::shop::a:b:C\\n::x]\n"),
			"", true, false, []string{"mail"}},
		{"a delete of another type than its URN", strings.Replace(preview, queue, "    - a:b:C: (delete)\n", 1), "", false, true, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Parse(Run{Stdout: test.stdout, Stderr: test.stderr, Preview: true})
			if got.Summarised != test.summarised || got.Disputed != test.disputed {
				t.Errorf("summarised %t, disputed %t, want %t and %t",
					got.Summarised, got.Disputed, test.summarised, test.disputed)
			}
			if got.Summarised && !reflect.DeepEqual(got.Counts, Parse(Run{Stdout: preview}).Counts) {
				t.Errorf("counts are %v", got.Counts)
			}
			var deletes []string
			for _, r := range got.Resources {
				if r.Operation == Delete {
					deletes = append(deletes, r.Name)
				}
			}
			if !reflect.DeepEqual(deletes, test.deletes) {
				t.Errorf("deletes are %q, want %q", deletes, test.deletes)
			}
			if !strings.Contains(got.Diff, queue) && test.name != "a delete of another type than its URN" {
				t.Errorf("the delete is not in the diff\n%s", got.Diff)
			}
		})
	}
}

// Around a resource that is deeper than the text, a forged text can be closed as a real one is.
func TestAResourceHiddenInAForgedTextIsNotBelievedIn(t *testing.T) {
	const deep = "            - a:b:C: (delete)\n                [urn=urn:pulumi:dev::shop::a:b:C::real]\n"
	out := "Previewing update (dev):\n" +
		"    + a:b:C: (create)\n        [urn=urn:pulumi:dev::shop::a:b:C::x]\n        t: asset(text:0123456) {\n" +
		deep + "        }\n" +
		"    - a:b:C: (delete)\n        [urn=urn:pulumi:dev::shop::a:b:C::forged]\n" +
		"Resources:\n    + 1 to create\n    - 1 to delete\n    2 changes\n"
	if got := Parse(Run{Stdout: out}); !got.Disputed {
		t.Errorf("%+v", got)
	}
	// Without another one it is real, though it stands where a text could.
	honest := strings.Replace(out, "    - a:b:C: (delete)\n        [urn=urn:pulumi:dev::shop::a:b:C::forged]\n", "", 1)
	if got := Parse(Run{Stdout: honest}); got.Disputed || len(got.Resources) != 2 || got.Resources[1].Name != "real" {
		t.Errorf("%+v", got)
	}
}
