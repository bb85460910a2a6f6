package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const megabyte = 1 << 20

// largePreview is a preview of at least size bytes: updates, replacements and creations with nested
// properties and texts.
func largePreview(size int) string {
	var b strings.Builder
	b.Grow(size + 4096)
	b.WriteString("Previewing update (dev):\n  pulumi:pulumi:Stack: (same)\n" +
		"    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]\n")
	n := 0
	for ; b.Len() < size; n++ {
		fmt.Fprintf(&b, "    ~ aws:s3/bucket:Bucket: (update)\n        [id=bucket-%d]\n"+
			"        [urn=urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::bucket-%d]\n"+
			"      ~ policy: (json) {\n          ~ Statement: [\n              ~ [0]: {\n"+
			"                      ~ Action: \"s3:GetObject\" => \"s3:DeleteObject\"\n"+
			"                    }\n            ]\n        }\n\n"+
			"      ~ script: \n            #!/bin/sh\n          - echo %[1]d\n          + echo $((%[1]d + 1))\n"+
			"    +-aws:rds/instance:Instance: (replace)\n        [id=db-%[1]d]\n"+
			"        [urn=urn:pulumi:dev::shop::aws:rds/instance:Instance::db-%[1]d]\n"+
			"      ~ engine: \"postgres\" => \"mysql\"\n"+
			"    + aws:sqs/queue:Queue: (create)\n"+
			"        [urn=urn:pulumi:dev::shop::aws:sqs/queue:Queue::queue-%[1]d]\n"+
			"        name: \"queue with a name of some length, so that lines are not all short: %[1]d\"\n"+
			"        tags: {\n            team : \"red\"\n            owner: \"somebody\"\n        }\n", n, n)
	}
	fmt.Fprintf(&b, "Resources:\n    + %d to create\n    ~ %d to update\n    +-%d to replace\n    %d changes. 1 unchanged\n",
		n, n, n, 3*n)
	return b.String()
}

func BenchmarkParse100MB(b *testing.B) {
	preview := largePreview(100 * megabyte)
	log := strings.Repeat("warning: something is old\nhello\n\n", 1000)
	first := strings.Index(preview, "    +-aws")
	for _, run := range []struct {
		name string
		run  Run
	}{
		{"apart", Run{Stdout: preview, Stderr: log}},
		{"joined", Run{Stdout: preview[:first] + log + preview[first:]}},
		{"coloured", Run{Stdout: strings.ReplaceAll(preview, "aws", "\x1b[1maws\x1b[0m"), Stderr: log}},
		{"CRLF", Run{Stdout: strings.ReplaceAll(preview, "\n", "\r\n"), Stderr: log}},
	} {
		b.Run(run.name, func(b *testing.B) {
			b.SetBytes(int64(len(run.run.Stdout)))
			b.ReportAllocs()
			for b.Loop() {
				if r := Parse(run.run); !r.Summarised || len(r.Resources) < 1000 {
					b.Fatalf("%d resources", len(r.Resources))
				}
			}
		})
	}
}

// nasty are texts that a reader which is not linear would take very long for.
func nasty(size int) map[string]string {
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	deep := func(line string) string {
		var b strings.Builder
		for n := 0; b.Len() < size; n = (n + 4) % 4000 {
			b.WriteString(strings.Repeat(" ", n) + line)
		}
		return b.String()
	}
	const resource = "+ a:b:C: (create)\n    [urn=urn:pulumi:dev::p::a:b:C::n]\n"
	return map[string]string{
		"one line":                  fill("a"),
		"one line of spaces":        fill(" "),
		"one line of letters":       fill("ü"),
		"one line of broken UTF-8":  fill("a\xff"),
		"one line of escapes":       fill("\x1b"),
		"one line of open strings":  fill("\x1b]0;"),
		"one line of numbers":       "Resources:\n    1 unchanged" + fill(". 1 unchanged"),
		"one line of colours":       "Resources:\n    " + fill("<{%fg 1%}>"),
		"one URN of types":          "- a:b:C: (delete)\n    [urn=urn:pulumi:dev::p::" + fill("a:b:C") + "]\n",
		"one ID":                    "- a:b:C: (delete)\n    [id=" + fill("[urn=urn:pulumi:") + "]\n",
		"one error full of URNs":    "error: " + fill("'urn:pulumi:dev::p::a:b:C::n' "),
		"empty lines":               fill("\n"),
		"lines of spaces":           fill("    \n"),
		"open strings, in lines":    fill("\x1b]0;\n"),
		"summaries":                 fill("Resources:\n"),
		"summaries with lines":      fill("Resources:\n    x\n\n"),
		"summaries, then empty":     "Resources:\n" + fill("\n"),
		"banners":                   fill("Previewing update (dev)\n\nwarning: x\n"),
		"one banner, then warnings": "Previewing update (dev)\n" + fill("warning: x\n"),
		"errors":                    fill("error: x\n"),
		"an error and a long rest":  "error: " + fill("  x\n"),
		"errors with gaps":          fill("error: \n\n"),
		"diagnostics":               fill("Diagnostics:\n  a (b):\n    error: x\n"),
		"policies":                  fill("    p@v1 [advisory]  a  (a:b:C: n)x\n"),
		"headers":                   fill("+ a:b:C: (create)\n"),
		"headers with an ID":        fill("+ a:b:C: (create)\n    [id=x]\n"),
		"resources":                 fill(resource),
		"resources in a text":       "  ~ a: \n" + fill("        + a:b:C: (create)\n            [urn=urn:pulumi:dev::p::a:b:C::n]\n"),
		"updates":                   fill("~ a:b:C: (update)\n    [urn=urn:pulumi:dev::p::a:b:C::n]\n  ~ a: 1\n"),
		"an update and a long rest": "~ a:b:C: (update)\n    [urn=urn:pulumi:dev::p::a:b:C::n]\n" + fill("  ~ a: 1\n  ~ b: 1\n"),
		"texts":                     fill("  ~ a: \n"),
		"assets":                    fill("  t: asset(text:0123456) {\n"),
		"deep texts":                deep("t: asset(text:0123456) {\n"),
		"deep resources":            deep("+ a:b:C: (create)\n"),
		"deep braces":               deep("{\n"),
		"outputs":                   "+ pulumi:pulumi:Stack: (create)\n    [urn=urn:pulumi:dev::p::pulumi:pulumi:Stack::n]\n    --outputs:--\n" + fill("  + a: 1\n  + b: 1\n"),
	}
}

// What takes a linear reader well under a second takes any other one hours.
func TestNastyTextsAreReadInLinearTime(t *testing.T) {
	for name, text := range nasty(4 * megabyte) {
		t.Run(name, func(t *testing.T) {
			for _, run := range []Run{{Stdout: text}, {Stdout: preview, Stderr: text}, {Stdout: "Previewing update (dev):\n" + text + "Resources:\n    1 unchanged\n"}} {
				start := time.Now()
				Parse(run)
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("took %s", took)
				}
			}
		})
	}
}

func BenchmarkParseNasty100MB(b *testing.B) {
	for name, text := range nasty(100 * megabyte) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(Run{Stdout: text})
			}
		})
	}
}
