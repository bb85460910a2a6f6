package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A preview as the CLI prints it for a stack whose state is kept in a file.
const preview = `Previewing update (dev):
  pulumi:pulumi:Stack: (same)
    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]
    ~ aws:s3/bucket:Bucket: (update)
        [id=assets-1]
        [urn=urn:pulumi:dev::shop::aws:s3/bucket:Bucket::assets]
      ~ tags: {
          ~ team: "red" => "blue"
        }
    + my:index:Site: (create)
        [urn=urn:pulumi:dev::shop::my:index:Site::site]
        + aws:s3/bucket:Bucket: (create)
            [urn=urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::pages]
            acl: "private"
    +-aws:rds/instance:Instance: (replace) 🔒
        [id=db-1]
        [urn=urn:pulumi:dev::shop::aws:rds/instance:Instance::orders]
        [provider=urn:pulumi:dev::shop::pulumi:providers:aws::eu::0123]
      ~ engine: "postgres" => "mysql"
      - size  : 1
      + size  : {
            gb: 2
        }
    - aws:sqs/queue:Queue: (delete)
        [id=q-1]
        [urn=urn:pulumi:dev::shop::aws:sqs/queue:Queue::mail]
        name: "mail"
    --outputs:--
  + host: "db.example.com"
  ~ note: 
        a
      - b
      + c
  - old : "x"
Resources:
    + 2 to create
    ~ 1 to update
    - 1 to delete
    +-1 to replace
    5 changes. 3 unchanged
`

func urnOf(types, name string) string { return "urn:pulumi:dev::shop::" + types + "::" + name }

func TestAPreviewIsReadWhole(t *testing.T) {
	got := Parse(Run{Stdout: preview})
	want := Report{
		Summarised: true,
		Counts:     []Count{{Create, 2}, {Update, 1}, {Delete, 1}, {Replace, 1}},
		Unchanged:  3,
		Resources: []Resource{
			{Operation: Update, Type: "aws:s3/bucket:Bucket", Name: "assets",
				URN: urnOf("aws:s3/bucket:Bucket", "assets"), Changes: []string{"tags"}},
			{Operation: Create, Type: "my:index:Site", Name: "site", URN: urnOf("my:index:Site", "site")},
			{Operation: Create, Type: "aws:s3/bucket:Bucket", Name: "pages",
				URN: urnOf("my:index:Site$aws:s3/bucket:Bucket", "pages")},
			{Operation: Replace, Type: "aws:rds/instance:Instance", Name: "orders",
				URN: urnOf("aws:rds/instance:Instance", "orders"), Changes: []string{"engine", "size"}},
			{Operation: Delete, Type: "aws:sqs/queue:Queue", Name: "mail", URN: urnOf("aws:sqs/queue:Queue", "mail")},
		},
		Outputs: []Output{{Create, "host"}, {Update, "note"}, {Delete, "old"}},
		Text:    preview,
		Diff: strings.TrimSuffix(strings.TrimPrefix(before(preview, "Resources:"),
			"Previewing update (dev):\n"), "\n"),
	}
	equal(t, got, want)
}

func TestStandardErrorApartAndJoinedSayTheSame(t *testing.T) {
	log := "warning: old thing\nhello\n\nerror: aws:s3/bucket:Bucket resource 'assets' has a problem: no\n"
	apart := Parse(Run{Stdout: preview, Stderr: log})
	at := strings.Index(preview, "    - aws:sqs")
	joined := Parse(Run{Stdout: preview[:at] + log + preview[at:]})

	if want := log + preview; apart.Text != want {
		t.Errorf("text\n%s\nwant standard error first\n%s", apart.Text, want)
	}
	apart.Text, joined.Text = "", ""
	equal(t, joined, apart)
	equal(t, apart.Diagnostics, []Diagnostic{
		{Severity: "warning", Message: "old thing"},
		{Severity: "error", Type: "aws:s3/bucket:Bucket", Name: "assets",
			Message: "aws:s3/bucket:Bucket resource 'assets' has a problem: no"},
	})
}

func TestTheSummary(t *testing.T) {
	tests := []struct {
		name, block string
		exit        int
		want        Report
	}{
		{"nothing to do", "    2 unchanged\n", 0, Report{Summarised: true, Unchanged: 2}},
		{"one kind", "    + 2 to create\n", 0, Report{Summarised: true, Counts: []Count{{Create, 2}}}},
		{"one kind and the rest", "    - 2 to delete\n    59 unchanged\n", 0,
			Report{Summarised: true, Counts: []Count{{Delete, 2}}, Unchanged: 59}},
		{"every mark", "    + 1 to create\n    ~ 2 to update\n    - 3 to delete\n    +-4 to replace\n" +
			"    ++5 to create-replacement\n    --6 to delete-replaced\n    ~ 7 to refresh\n    <<8 to discard-replaced\n" +
			"    = 9 to import\n    =>10 to import-replacement\n    55 changes. 1 unchanged\n", 0,
			Report{Summarised: true, Unchanged: 1, Counts: []Count{{Create, 1}, {Update, 2}, {Delete, 3}, {Replace, 4},
				{CreateReplacement, 5}, {DeleteReplaced, 6}, {Refresh, 7}, {DiscardReplaced, 8}, {Import, 9},
				{ImportReplacement, 10}}}},
		{"a run", "    + 1 created\n    ~ 2 updated\n    - 3 deleted\n    +-4 replaced\n    = 5 imported\n    15 changes\n\nDuration: 1m3s\n", 0,
			Report{Summarised: true, Duration: 63 * time.Second,
				Counts: []Count{{Create, 1}, {Update, 2}, {Delete, 3}, {Replace, 4}, {Import, 5}}}},
		{"a run that failed", "    + 1 created\n    6 unchanged\n    <{%fg 1%}>2 errored<{%reset%}>\n\nDuration: 2s\n", 1,
			Report{Summarised: true, Counts: []Count{{Create, 1}}, Unchanged: 6, Errored: 2, Duration: 2 * time.Second}},
		{"policy packs", "    + 1 created\n\nPolicy Packs run:\n    Name  Version\n    p     1.0.0\n\nDuration: 2s\n", 0,
			Report{Summarised: true, Counts: []Count{{Create, 1}}, Duration: 2 * time.Second}},
		{"no newline at the end", "    + 2 to create", 0, Report{Summarised: true, Counts: []Count{{Create, 2}}}},

		{"cut within a word", "    + 2 to cre", 0, Report{}},
		{"cut within a number", "    + 2", 0, Report{}},
		{"cut within the number of those that stay", "    2", 0, Report{}},
		{"cut before the sum", "    + 2 to create\n    - 3 to delete\n", 0, Report{}},
		{"a sum that is wrong", "    + 2 to create\n    - 3 to delete\n    6 changes\n", 0, Report{}},
		{"a mark of another operation", "    + 2 to delete\n", 0, Report{}},
		{"an operation twice", "    + 2 to create\n    + 2 to create\n    4 changes\n", 0, Report{}},
		{"both tenses", "    + 2 to create\n    - 1 deleted\n    3 changes\n", 0, Report{}},
		{"an operation nobody knows", "    + 2 to invent\n", 0, Report{}},
		{"a masked number", "    + *** to create\n", 1, Report{}},
		{"a number too large", "    + 99999999999999999999 to create\n", 0, Report{}},
		{"a failure before anything", "", 1, Report{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Parse(Run{Stdout: "Resources:\n" + test.block, ExitCode: test.exit})
			test.want.ExitCode, test.want.Text = test.exit, got.Text
			equal(t, got, test.want)
		})
	}
}

func TestTheFirstLineOfAResource(t *testing.T) {
	tests := []struct {
		line string
		want string // depth, operation and type, or nothing
	}{
		{"+ a:b:C: (create)", "0 create a:b:C"},
		{"    + a:b:C: (create)", "1 create a:b:C"},
		{"    ~ a:b/c:C: (update)", "1 update a:b/c:C"},
		{"        - a:b:C: (delete)", "2 delete a:b:C"},
		{"    - a:b:C: (delete[retain])", "1 delete a:b:C retained"},
		{"    +-a:b:C: (replace)", "1 replace a:b:C"},
		{"    +-a:b:C: (replace) 🔒", "1 replace a:b:C"},
		{"    - a:b:C: (delete) 🔓", "1 delete a:b:C"},
		{"    ++a:b:C: (create-replacement)", "1 create-replacement a:b:C"},
		{"    --a:b:C: (delete-replaced)", "1 delete-replaced a:b:C"},
		{"    = a:b:C: (import)", "1 import a:b:C"},
		{"    =>a:b:C: (import-replacement)", "1 import-replacement a:b:C"},
		{"    > a:b:C: (read)", "1 read a:b:C"},
		{"    >>a:b:C: (read-replacement)", "1 read-replacement a:b:C"},
		{"    < a:b:C: (discard)", "1 discard a:b:C"},
		{"    <<a:b:C: (discard-replaced)", "1 discard-replaced a:b:C"},
		{"    ~ a:b:C: (refresh)", "1 refresh a:b:C"},
		{"    ~ a:b:C: (remove-pending-replace)", "1 remove-pending-replace a:b:C"},
		{"      a:b:C: (same)", "1 same a:b:C"},

		{"    - a:b:C: (create)", ""},
		{"   + a:b:C: (create)", ""},
		{"      + a:b:C: (create)", ""},
		{"    + a:b:C: (create) ", ""},
		{"    + a:b:C: (created)", ""},
		{"    + a:b:C (create)", ""},
		{"    + : (create)", ""},
		{"    + note: \"a: (create)\"", ""},
		{"    +", ""},
		{")", ""},
		{"", ""},
	}
	for _, test := range tests {
		got := ""
		if h, ok := parseHeader(test.line, indentOf(test.line)); ok {
			got = fmt.Sprintf("%d %s %s", h.depth, operations[h.op].op, h.typ)
			if h.retained {
				got += " retained"
			}
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.line, got, test.want)
		}
	}
}

func TestAURN(t *testing.T) {
	tests := []struct{ text, typ, want string }{
		{"urn:pulumi:dev::p::a:b:C::n", "a:b:C", "dev n"},
		{"urn:pulumi:dev::p::x:y:Z$a:b:C::n", "a:b:C", "dev n"},
		{"urn:pulumi:dev::p::a:b:C::n::m", "a:b:C", "dev n::m"},
		{"urn:pulumi:dev::p::prog::T::n", "prog::T", "dev n"},
		{"urn:pulumi:dev::p::a:b:C::", "a:b:C", "dev "},
		{"urn:pulumi:dev::p::a:b:C::n", "b:C", ""},
		{"urn:pulumi:dev::p::a:b:D::n", "a:b:C", ""},
		{"urn:pulumi:dev::p::a:b:C", "a:b:C", ""},
		{"urn:pulumi:dev", "a:b:C", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		got := ""
		if u, ok := parseURN(test.text, test.typ); ok {
			got = u.stack + " " + u.name
		}
		if got != test.want {
			t.Errorf("%q of type %q: %q, want %q", test.text, test.typ, got, test.want)
		}
	}
}

func TestPolicies(t *testing.T) {
	tests := []struct {
		text string
		want []Policy
	}{
		{"    pack@v1.0.0 [mandatory]  no-public  (aws:s3:Bucket: pages)Do not.\nReally.\n\nNever.\n",
			[]Policy{{"mandatory", "pack", "no-public", "aws:s3:Bucket", "pages", "Do not.\nReally.\n\nNever."}}},
		{"    pack@v1.0.0 [advisory] [severity: high]  tags  (a:b:C: n)Tag it.\n",
			[]Policy{{"advisory", "pack", "tags", "a:b:C", "n", "Tag it."}}},
		{"    pack@v1.0.0 [remediate]  fix  (a:b:C: n)\n      ~ size: 1 => 7\n\n",
			[]Policy{{"remediate", "pack", "fix", "a:b:C", "n", ""}}},
		{"    pack@v1.0.0 [advisory]  wholeDo it better.\n",
			[]Policy{{"advisory", "pack", "", "", "", "wholeDo it better."}}},
		{"    p@v1 [advisory]  a  (a:b:C: n)One.\n    p@v1 [advisory]  b  (a:b:C: n)Two.\n",
			[]Policy{{"advisory", "p", "a", "a:b:C", "n", "One."}, {"advisory", "p", "b", "a:b:C", "n", "Two."}}},
		{"    p@v1 [advisory]  a  (a:b:C: n)One.\nerror: preview failed\n",
			[]Policy{{"advisory", "p", "a", "a:b:C", "n", "One."}}},
		{"    p@v1 [advice]  a  (a:b:C: n)One.\n", nil},
		{"        p@v1 [advisory]  a  (a:b:C: n)One.\n", nil},
	}
	for _, test := range tests {
		got := Parse(Run{Stdout: "Previewing update (dev):\n" + test.text + "Resources:\n    1 unchanged\n"})
		equal(t, got.Policies, test.want)
	}
}

func TestDiagnostics(t *testing.T) {
	tests := []struct {
		log  string
		want []Diagnostic
	}{
		{"error: one\nerror: two\n", []Diagnostic{{"error", "", "", "one"}, {"error", "", "", "two"}}},
		{"warning: the same\nwarning: the same\n", []Diagnostic{{"warning", "", "", "the same"}}},
		{"error: create failed\nsecond line\n    indented\nerror: update failed\n",
			[]Diagnostic{{"error", "", "", "create failed\nsecond line\n    indented"}, {"error", "", "", "update failed"}}},
		{"error: it failed:\n\n    Error: why\n\n    at main\n\nlog\n\n",
			[]Diagnostic{{"error", "", "", "it failed:\n\n    Error: why\n\n    at main"}}},
		{"warning: look\nlog of the program\n\n", []Diagnostic{{"warning", "", "", "look"}}},
		{"info\n\n  error: indented\n", nil},
		{"error: Duplicate resource URN 'urn:pulumi:dev::p::x:y:Z$a:b:C::my name'; try giving it a unique name\n",
			[]Diagnostic{{"error", "a:b:C", "my name", "Duplicate resource URN 'urn:pulumi:dev::p::x:y:Z$a:b:C::my name'; try giving it a unique name"}}},
		{"error: Preview failed: resource \"urn:pulumi:dev::p::a:b:C::n\" cannot be deleted\n",
			[]Diagnostic{{"error", "a:b:C", "n", "Preview failed: resource \"urn:pulumi:dev::p::a:b:C::n\" cannot be deleted"}}},
		{"error: a:b:C resource 'n': property size value {1} has a problem: too small\n",
			[]Diagnostic{{"error", "a:b:C", "n", "a:b:C resource 'n': property size value {1} has a problem: too small"}}},
		{"error: deleting urn:pulumi:dev::shop::aws:sqs/queue:Queue::mail: 1 error occurred:\n    \t* no\n",
			[]Diagnostic{{"error", "aws:sqs/queue:Queue", "mail", "deleting urn:pulumi:dev::shop::aws:sqs/queue:Queue::mail: 1 error occurred:\n    \t* no"}}},
		{"error: creating urn:pulumi:dev::shop::a:b:C::no one knows: where it ends\n",
			[]Diagnostic{{"error", "", "", "creating urn:pulumi:dev::shop::a:b:C::no one knows: where it ends"}}},
		{"error: 'urn:pulumi:dev::p::a:b:C::n' and 'urn:pulumi:dev::p::a:b:C::m'\n",
			[]Diagnostic{{"error", "", "", "'urn:pulumi:dev::p::a:b:C::n' and 'urn:pulumi:dev::p::a:b:C::m'"}}},
		{"\nDiagnostics:\n  a:b:C (n):\n    error: failed\n    for a reason\n\n  pulumi:pulumi:Stack (p-dev):\n    warning: w\n    error: update failed\n\nOther:\n    error: no\n",
			[]Diagnostic{{"error", "a:b:C", "n", "failed\n    for a reason"}, {"warning", "pulumi:pulumi:Stack", "p-dev", "w"},
				{"error", "pulumi:pulumi:Stack", "p-dev", "update failed"}}},
	}
	for _, test := range tests {
		equal(t, Parse(Run{Stdout: test.log + preview}).Diagnostics, test.want)
		if !strings.HasPrefix(test.log, "\nDiagnostics:") {
			equal(t, Parse(Run{Stdout: preview, Stderr: test.log}).Diagnostics, test.want)
		}
	}
}

func TestTheLink(t *testing.T) {
	const page = "https://app.pulumi.com/org/shop/dev/previews/1234"
	const end = "\nResources:\n    1 unchanged\n\nDuration: 1s\n"
	tests := []struct{ out, want string }{
		{"Previewing update (dev)\n\nView Live: " + page + "\n\n", page},
		{"Previewing update (org/dev)\n\nView Live: " + page + "\n\n", page},
		{"Previewing update (dev)\n\nwarning: old CLI\nView Live: " + page + "\n", page},
		{"Previewing update (dev)\n\nView in Browser (Ctrl+O): " + page + "\n", page},
		{"Updating (dev)\n\nView Live: https://pulumi.example.com:8443/org/shop/dev/updates/7\n",
			"https://pulumi.example.com:8443/org/shop/dev/updates/7"},
		{"Previewing update (dev)\n\nView Live: " + page + "\n\nResources:\n    1 unchanged\n\n" +
			"Updating (dev)\n\nView Live: https://app.pulumi.com/org/shop/dev/updates/3\n" + end,
			"https://app.pulumi.com/org/shop/dev/updates/3"},

		{"Previewing update (dev)\n\nView Live: http://app.pulumi.com/org/shop/dev/previews/1\n", ""},
		{"Previewing update (dev)\n\nView Live: https://app.pulumi.com/***/shop/dev/previews/1\n", ""},
		{"Previewing update (dev)\n\nView Live: https://u@app.pulumi.com/org/shop/dev/previews/1\n", ""},
		{"Previewing update (dev)\n\nView Live: https://app.pulumi.com/org/shop/other/previews/1\n", ""},
		{"Previewing update (dev)\n\nView Live: https://app.pulumi.com/org/shop/dev/previews/1?x=y\n", ""},
		{"Previewing update (dev)\n\nView Live: https://app.pulumi.com/org/shop/dev/previews/1) [x](y\n", ""},
		{"Previewing update (dev)\n\nView Live: https://evil.example.com\n", ""},
		{"Previewing update (dev)\n\nhello\n\nView Live: " + page + "\n", ""},
		{"Previewing update (dev):\nView Live: " + page + "\n", ""},
		{"View Live: " + page + "\n", ""},
		{"Previewing update (dev)\n\n  pulumi:pulumi:Stack: (same)\nView Live: " + page + "\n", ""},
		{"Previewing update (dev)\n\nView Live: " + page + "\n\nUpdating (dev)\n\nView Live: https://evil.example.com/org/shop/dev/updates/3\n" + end, ""},
		{"Previewing update (dev):\nPermalink: https://bucket.example.com/state?signature=secret\n", ""},
	}
	for _, test := range tests {
		if got := Parse(Run{Stdout: test.out}).Link; got != test.want {
			t.Errorf("%q: link %q, want %q", test.out, got, test.want)
		}
	}
}

func TestARunAfterItsPreviewIsTheOneThatCounts(t *testing.T) {
	done := strings.NewReplacer("Previewing update", "Updating", "to create", "created", "to update", "updated",
		"to delete", "deleted", "to replace", "replaced").Replace(preview) + "\nDuration: 3s\n"
	got, want := Parse(Run{Stdout: preview + done}), Parse(Run{Stdout: done})
	want.Text = preview + done
	if len(want.Resources) != 5 || want.Duration != 3*time.Second {
		t.Fatalf("%+v", want)
	}
	equal(t, got, want)
}

func TestAFailedRunTellsWhatItTried(t *testing.T) {
	out := strings.NewReplacer("Previewing update", "Updating", "    + 2 to create\n    ~ 1 to update\n    - 1 to delete\n    +-1 to replace\n    5 changes. 3 unchanged",
		"    + 1 created\n    ~ 1 updated\n    +-1 replaced\n    3 changes. 3 unchanged\n    2 errored").Replace(preview) + "\nDuration: 3s\n"
	got := Parse(Run{Stdout: out, ExitCode: 1})
	if got.Disputed || got.Errored != 2 || len(got.Resources) != 5 {
		t.Errorf("%+v", got)
	}
	got = Parse(Run{Stdout: strings.Replace(out, "2 errored", "1 errored", 1), ExitCode: 1})
	if len(got.Resources) != 2 {
		t.Errorf("one failure does not explain two that are missing: %+v", got.Resources)
	}
}

func TestWhatNobodyCountsIsLeftOut(t *testing.T) {
	extra := "    ++a:b:C: (create-replacement)\n        [urn=urn:pulumi:dev::shop::a:b:C::n]\n" +
		"    > a:b:C: (read)\n        [urn=urn:pulumi:dev::shop::a:b:C::n]\n" +
		"    < a:b:C: (discard)\n        [urn=urn:pulumi:dev::shop::a:b:C::n]\n" +
		"    ~ a:b:C: (refresh)\n        [urn=urn:pulumi:dev::shop::a:b:C::n]\n"
	got := Parse(Run{Stdout: strings.Replace(preview, "    --outputs:--", extra+"    --outputs:--", 1)})
	want := Parse(Run{Stdout: preview})
	if got.Disputed || !reflect.DeepEqual(got.Resources, want.Resources) {
		t.Errorf("%+v", got)
	}
}

func TestOutputsOfDeletedResourcesAreNotTheStacks(t *testing.T) {
	got := Parse(Run{Stdout: "Destroying (dev):\n- a:b:C: (delete)\n    [urn=urn:pulumi:dev::shop::a:b:C::n]\n" +
		"    --outputs:--\n  - data: 1\n- pulumi:pulumi:Stack: (delete)\n" +
		"    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]\n    --outputs:--\n  - data: 1\n" +
		"Resources:\n    - 2 deleted\n\nDuration: 1s\nThe resources in the stack have been deleted\n"})
	if got.Outputs != nil || len(got.Resources) != 2 || got.Duration != time.Second {
		t.Errorf("%+v", got)
	}
}

func TestOutputsOfANewStackAreAllNew(t *testing.T) {
	got := Parse(Run{Stdout: "Previewing update (dev):\n+ pulumi:pulumi:Stack: (create)\n" +
		"    [urn=urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev]\n" +
		"    --outputs:--\n    a: 1\n    b: {\n        c: 2\n    }\nResources:\n    + 1 to create\n"})
	equal(t, got.Outputs, []Output{{Create, "a"}, {Create, "b"}})
}

func TestTheDiffOfJoinedOutputHasNoLog(t *testing.T) {
	log := "hello\n\n\nResources:\n\nwarning: a\nb\nerror: c\n"
	value := "      ~ policy: (json) {\n          ~ a: 1 => 2\n        }\n\n"
	at := strings.Index(preview, "    + my:index:Site")
	got := Parse(Run{Stdout: preview[:at] + value + log + preview[at:]})
	want := Parse(Run{Stdout: preview[:at] + strings.TrimSuffix(value, "\n") + preview[at:]})
	if got.Diff != want.Diff {
		t.Errorf("got\n%s\nwant\n%s", got.Diff, want.Diff)
	}
}

func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// before is the part of s before sep.
func before(s, sep string) string {
	out, _, _ := strings.Cut(s, sep)
	return out
}
