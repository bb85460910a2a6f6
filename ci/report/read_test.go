package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// log numbers events as Pulumi does.
func log(events ...string) string {
	var out strings.Builder
	for i, event := range events {
		fmt.Fprintf(&out, `{"sequence":%d,"timestamp":1767323045,%s}`+"\n", i, event)
	}
	return out.String()
}

// step is an event about a resource, with more of its metadata.
func step(kind, op, name, more string) string {
	return fmt.Sprintf(`"%s":{"metadata":{"op":"%s","urn":"urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::%s","type":"aws:s3/bucket:Bucket"%s}}`, kind, op, name, more)
}

func pre(op, name, more string) string  { return step("resourcePreEvent", op, name, more) }
func done(op, name, more string) string { return step("resOutputsEvent", op, name, more) }

const (
	prelude = `"preludeEvent":{"config":{}}`
	end     = `"cancelEvent":{}`
	logical = `,"logical":true,"new":{"custom":true}`
)

func summary(changes string, preview bool, result string) string {
	return fmt.Sprintf(`"summaryEvent":{"durationSeconds":3,"resourceChanges":{%s},"isPreview":%t,"result":"%s"}`, changes, preview, result)
}

func fromLog(t *testing.T, text string) Report {
	t.Helper()
	r, err := FromLog(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestALogThatIsNotWholeIsSaid(t *testing.T) {
	whole := log(prelude, pre("create", "a", logical), `"newKindOfEvent":{"x":[1]}`, done("create", "a", logical), summary(`"create":1`, true, "succeeded"), end)
	lines := strings.SplitAfter(whole, "\n")
	without := func(n int) string { return strings.Join(lines[:n], "") + strings.Join(lines[n+1:], "") }
	with := func(n int, line string) string {
		return strings.Join(lines[:n], "") + line + strings.Join(lines[n:], "")
	}
	for _, test := range []struct{ name, log, want string }{
		{"whole", whole, ""},
		{"no newline at the end", strings.TrimSuffix(whole, "\n"), ""},
		{"Windows line ends", strings.ReplaceAll(whole, "\n", "\r\n"), ""},
		{"without numbers, as in Pulumi's own tests", strings.NewReplacer(`:1,"t`, `:0,"t`, `:2,"t`, `:0,"t`, `:3,"t`, `:0,"t`, `:4,"t`, `:0,"t`, `:5,"t`, `:0,"t`).Replace(whole), ""},
		{"the first line is missing", without(0), "1 event is missing before event 1"},
		{"a line is missing", without(1), "1 event is missing before event 2"},
		{"two lines are missing", strings.Join(lines[:1], "") + strings.Join(lines[3:], ""), "2 events are missing before event 3"},
		{"a line twice", with(1, lines[0]), "event 1 comes after event 0"},
		{"a line is no JSON", with(2, "panic: oops\n"), "line 3 is not JSON"},
		{"a line is another JSON", with(2, `{"level":"info"}`+"\n"), "line 3 is not an event"},
		{"a line of an unknown form", strings.Replace(whole, `"isPreview":true`, `"isPreview":"yes"`, 1), "line 5 has an unknown form (summaryEvent.isPreview)"},
		{"no summary", log(prelude, pre("create", "a", logical), end), "it has no summary"},
		{"two summaries", log(summary("", true, "succeeded"), summary("", true, "succeeded"), end), "it has 2 summaries"},
		{"no end", without(5), "its end is missing"},
		{"cut off", whole[:len(whole)-40], "line 6 is not JSON"},
		{"a step is missing that the summary counts", log(prelude, summary(`"create":1`, true, "succeeded"), end), "its summary counts other changes than it tells of"},
		{"a step that the summary does not count", log(pre("delete", "a", logical), summary(`"same":1`, true, "succeeded"), end), "its summary counts other changes than it tells of"},
		{"an unchanged resource is cut off", log(prelude) + `{"sequence":1,"timestamp":1,"resourcePreEvent":{"metadata":{"op":"same","urn":"urn:pulumi:dev::shop::a:b:C::x","new":{` + "\n" + log(prelude, prelude, summary("", true, "succeeded"), end)[58:], "line 2 is cut off"},
	} {
		r := fromLog(t, test.log)
		if r.Broken != test.want || r.Whole() != (test.want == "") || r.NoLog {
			t.Errorf("%s: got %q, want %q", test.name, r.Broken, test.want)
		}
	}
}

func TestNothingIsNoLog(t *testing.T) {
	if r := fromLog(t, ""); !r.NoLog || r.Whole() {
		t.Errorf("got %+v", r)
	}
	broken := errors.New("broken")
	if _, err := FromLog(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// one reads a run of these events and gives its only step.
func one(t *testing.T, preview bool, events ...string) Step {
	t.Helper()
	r := fromLog(t, log(append(events, summary("", preview, "failed"), end)...))
	if len(r.Steps) != 1 {
		t.Fatalf("%d steps: %+v", len(r.Steps), r.Steps)
	}
	return r.Steps[0]
}

func TestTheEventsOfAResourceAreOneStep(t *testing.T) {
	const (
		old     = `,"old":{"urn":"urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::a","id":"1","custom":true},"new":{"custom":true}`
		deposed = `,"old":{"urn":"urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::a","id":"1","custom":true,"delete":true}`
		keys    = `,"keys":["engine"],"detailedDiff":{"engine":{"diffKind":"update-replace"},"size":{"diffKind":"update"}}`
	)
	replaced := []string{
		pre("create-replacement", "a", old+keys), done("create-replacement", "a", old+keys),
		pre("replace", "a", old+keys+`,"logical":true`), done("replace", "a", old+keys+`,"logical":true`),
		pre("delete-replaced", "a", deposed), done("delete-replaced", "a", deposed),
	}
	changes := []Change{{"engine", "update-replace"}, {"size", "update"}}
	base := Step{Type: "aws:s3/bucket:Bucket", Name: "a", URN: "urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::a"}
	for _, test := range []struct {
		name    string
		preview bool
		events  []string
		want    func(*Step)
	}{
		{"created", false, []string{pre("create", "a", logical), done("create", "a", logical)}, func(s *Step) { s.Operation, s.Outcome = Create, Done }},
		{"to create", true, []string{pre("create", "a", logical), done("create", "a", logical)}, func(s *Step) { s.Operation, s.Outcome = Create, Planned }},
		{"failed", false, []string{pre("create", "a", logical), step("resOpFailedEvent", "create", "a", logical)}, func(s *Step) { s.Operation, s.Outcome = Create, Errored }},
		{"interrupted", false, []string{pre("create", "a", logical)}, func(s *Step) { s.Operation, s.Outcome = Create, Unfinished }},
		{"a component", false, []string{pre("create", "a", `,"logical":true,"new":{}`)}, func(s *Step) { s.Operation, s.Outcome = Create, Done }},
		{"replaced, the new one first", true, replaced, func(s *Step) {
			s.Operation, s.Outcome, s.ForcedBy, s.Changes = Replace, Planned, []string{"engine"}, changes
		}},
		{"replaced, the old one first", false, append(replaced[4:6:6], replaced[:4]...), func(s *Step) {
			s.Operation, s.Outcome, s.ForcedBy, s.Changes = Replace, Done, []string{"engine"}, changes
		}},
		{"the new one fails", false, []string{pre("create-replacement", "a", old+keys), step("resOpFailedEvent", "create-replacement", "a", old+keys)}, func(s *Step) {
			s.Operation, s.Outcome, s.ForcedBy, s.Changes = Replace, Errored, []string{"engine"}, changes
		}},
		{"the old one cannot be deleted", false, append(replaced[:5:5], step("resOpFailedEvent", "delete-replaced", "a", deposed)), func(s *Step) {
			s.Operation, s.Outcome, s.ForcedBy, s.Changes = Replace, Errored, []string{"engine"}, changes
		}},
		{"forced in detail only", true, []string{pre("replace", "a", old+`,"logical":true,"detailedDiff":{"b[0].c":{"diffKind":"add-replace"}}`)}, func(s *Step) {
			s.Operation, s.Outcome, s.ForcedBy, s.Changes = Replace, Planned, []string{"b[0].c"}, []Change{{"b[0].c", "add-replace"}}
		}},
		{"only names of what changes", true, []string{pre("update", "a", old+`,"logical":true,"diffs":["b","a"],"detailedDiff":null`)}, func(s *Step) {
			s.Operation, s.Outcome, s.Changes = Update, Planned, []Change{{Path: "a"}, {Path: "b"}}
		}},
		{"left over", true, replaced[4:], func(s *Step) { s.Operation, s.Outcome, s.Pending = DeleteReplaced, Planned, true }},
		{"protected and retained", true, []string{pre("delete", "a", `,"logical":true,"old":{"protect":true,"retainOnDelete":true}`)}, func(s *Step) {
			s.Operation, s.Outcome, s.Protected, s.Retained = Delete, Planned, true, true
		}},
		{"gone from the cloud", false, []string{pre("refresh", "a", ""), done("delete", "a", `,"old":{"id":"1"},"new":null`)}, func(s *Step) {
			s.Operation, s.Outcome, s.Refreshed = Delete, Done, true
		}},
		{"changed in the cloud", false, []string{pre("refresh", "a", ""), done("refresh", "a", `,"old":{"id":"1"},"new":{},"detailedDiff":{"x":{"diffKind":"update"}}`)}, func(s *Step) {
			s.Operation, s.Outcome, s.Refreshed, s.Changes = Refresh, Done, true, []Change{{"x", "update"}}
		}},
	} {
		want := base
		test.want(&want)
		got := one(t, test.preview, test.events...)
		if got.Content == (Hash{}) {
			t.Errorf("%s: it has no content", test.name)
		}
		got.Content = Hash{}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", test.name, got, want)
		}
	}
}

func TestOneOfTwoCopiesIsLeftOver(t *testing.T) {
	copyOf := func(id string) string {
		return fmt.Sprintf(`,"old":{"urn":"urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::a","id":"%s","delete":true}`, id)
	}
	r := fromLog(t, log(
		pre("replace", "a", copyOf("2")+`,"new":{},"logical":true`), pre("delete-replaced", "a", copyOf("1")), pre("delete-replaced", "a", copyOf("2")),
		summary(`"replace":1`, true, "succeeded"), end))
	if len(r.Steps) != 2 || r.Steps[0].Operation != Replace || len(r.Pending()) != 1 || !r.Whole() {
		t.Errorf("got %+v", r)
	}
}

func TestPulumisOwnProvidersAreNoSteps(t *testing.T) {
	r := fromLog(t, log(strings.ReplaceAll(pre("create", "default_1_2_3", logical), "aws:s3/bucket:Bucket", "pulumi:providers:aws"), summary("", true, "succeeded"), end))
	if len(r.Steps) != 0 || !r.Whole() {
		t.Errorf("got %+v", r)
	}
}

// What the state alone keeps of a resource decides what a later run does to it.
func TestAChangeOfTheStateAloneIsTold(t *testing.T) {
	urn := `"urn":"urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::a"`
	for name, test := range map[string]struct {
		old, now string
		want     bool
	}{
		"nothing":              {``, ``, false},
		"protected as it was":  {`,"protect":true,"retainOnDelete":true`, `,"protect":true,"retainOnDelete":true`, false},
		"protected":            {``, `,"protect":true`, true},
		"no longer protected":  {`,"protect":true`, ``, true},
		"retained":             {``, `,"retainOnDelete":true`, true},
		"retained, as a value": {``, `,"inputs":{"retainOnDelete":true}`, false},
		"another name":         {`x`, ``, true},
	} {
		old := urn
		if test.old == "x" {
			old, test.old = `"urn":"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::b"`, ""
		}
		more := `,"old":{"type":"aws:s3/bucket:Bucket",` + old + test.old + `},"new":{"type":"aws:s3/bucket:Bucket",` + urn + test.now + `}`
		for kind, event := range map[string]string{"begun": pre("same", "a", more), "done": done("same", "a", more)} {
			r := fromLog(t, log(prelude, event, summary(`"same":1`, true, "succeeded"), end))
			if r.StateOnly != test.want || len(r.Steps) != 0 || !r.Whole() {
				t.Errorf("%s, %s: got %t and %d steps, %q", name, kind, r.StateOnly, len(r.Steps), r.Broken)
			}
		}
	}
}

func TestSecrecy(t *testing.T) {
	const secret = `{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"[secret]"}`
	values := func(old, now string) string {
		return fmt.Sprintf(`,"logical":true,"old":{"inputs":{"a":{"b":[1,%s]}}},"new":{"inputs":{"a":{"b":[1,%s]}}}`, old, now)
	}
	for _, test := range []struct{ name, old, now, notSecret, nowSecret string }{
		{"becomes plain", secret, `"plain"`, "[a.b[1]]", "[]"},
		{"becomes secret", `"was plain"`, secret, "[]", "[was plain]"},
		{"becomes secret with all that is in it", `{"x":["one of them","short"]}`, secret, "[]", "[one of them]"},
		{"stays secret", secret, secret, "[]", "[]"},
		{"is not known yet", secret, `"04da6b54-80e4-46f7-96ec-b56ff0331ba9"`, "[]", "[]"},
		{"is taken away", secret, `null`, "[]", "[]"},
	} {
		r := fromLog(t, log(pre("update", "x", values(test.old, test.now)), summary(`"update":1`, true, "succeeded"), end))
		if got := fmt.Sprint(r.Steps[0].NotSecret); got != test.notSecret {
			t.Errorf("%s: %s is not secret any more, want %s", test.name, got, test.notSecret)
		}
		if got := fmt.Sprint(r.NowSecret); got != test.nowSecret {
			t.Errorf("%s: %s is secret now, want %s", test.name, got, test.nowSecret)
		}
	}
}

// What the program does not set is found where the provider or the cloud tells it.
func TestContentHasValuesThatAreNoInputs(t *testing.T) {
	content := func(event, op, more string) Hash {
		return one(t, true, step(event, op, "a", more)).Content
	}
	const planned = `,"logical":true,"old":{"inputs":{"size":1}},"new":{"inputs":{"size":1},"outputs":{"etag":%s,"other":%s}},"detailedDiff":{"etag":{"diffKind":"update"}}`
	const found = `,"old":{"inputs":{"size":1},"outputs":{"size":1}},"new":{"inputs":{"size":1},"outputs":{"size":%s,"other":%s}},"detailedDiff":{"size":{"diffKind":"update"}}`
	for _, test := range []struct{ event, op, form string }{
		{"resOutputsEvent", "update", planned},
		{"resOutputsEvent", "refresh", found},
		{"resOutputsEvent", "update", found},
	} {
		is := content(test.event, test.op, fmt.Sprintf(test.form, "1", "1"))
		if other := content(test.event, test.op, fmt.Sprintf(test.form, "2", "1")); other == is {
			t.Errorf("%s: another value has the same content", test.op)
		}
		if same := content(test.event, test.op, fmt.Sprintf(test.form, "1", "2")); same != is {
			t.Errorf("%s: a value that does not change has another content", test.op)
		}
	}
}

// What the program does is not what a refresh finds.
func TestContentTellsDriftApart(t *testing.T) {
	const more = `,"old":{"inputs":{"size":1}},"new":{"inputs":{"size":2}},"detailedDiff":{"size":{"diffKind":"update"}}`
	drift, update := one(t, true, done("update", "a", more)), one(t, true, done("update", "a", more+`,"logical":true`))
	if !drift.Refreshed || update.Refreshed || drift.Content == update.Content {
		t.Errorf("got %+v and %+v", drift, update)
	}
	const gone = `,"old":{"id":"1"},"new":null`
	drift, deletion := one(t, true, done("delete", "a", gone)), one(t, true, done("delete", "a", gone+`,"logical":true`))
	if !drift.Refreshed || deletion.Refreshed || drift.Content == deletion.Content {
		t.Errorf("got %+v and %+v", drift, deletion)
	}
}

func TestSegments(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"a", `["a"]`},
		{"a.b.c", `["a" "b" "c"]`},
		{"a[0].b[12]", `["a" "0" "b" "12"]`},
		{`["a.b"].c["d]\"e"]`, `["a.b" "c" "d]\"e"]`},
		{`a["__b"]`, `["a" "__b"]`},
		{"", `[""]`},
		{".", `["."]`},
		{"a..b[", `["a" "b" ""]`},
		{`a["b`, `["a" "\"b"]`},
	} {
		if got := fmt.Sprintf("%q", Segments(test.path)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.path, got, test.want)
		}
	}
}

func TestShownPassesEveryText(t *testing.T) {
	r := Report{
		Stdout: "§", Stderr: "§", Broken: "§", NowSecret: []string{"§"},
		Steps:       []Step{{Type: "§", Name: "§", URN: "§", ForcedBy: []string{"§"}, Changes: []Change{{"§", "§"}}, NotSecret: []string{"§"}}},
		Diagnostics: []Diagnostic{{"§", "§", "§", "§", "§"}},
		Policies:    []Policy{{"§", "§", "§", "§", "§", "§", "§", "§"}},
		Outputs:     []Output{{Name: "§"}},
	}
	shown := fmt.Sprintf("%+v", r.Shown(func(text string) string { return strings.ReplaceAll(text, "§", "***") }))
	if strings.Contains(shown, "§") {
		t.Errorf("shown: %s", shown)
	}
	if again := fmt.Sprintf("%+v", r); strings.Contains(again, "***") {
		t.Errorf("the report itself was changed: %s", again)
	}
}

func TestDiagnosticsAndPolicies(t *testing.T) {
	const urn = `urn:pulumi:dev::shop::my:index:Site$aws:s3/bucket:Bucket::a`
	r := fromLog(t, log(
		`"diagnosticEvent":{"urn":"`+urn+`","prefix":"error: ","message":"<{%reset%}>quota <{%fg 1%}>exceeded<{%reset%}>\n","severity":"error"}`,
		`"diagnosticEvent":{"urn":"`+urn+`","message":"quota exceeded\n","severity":"error"}`,
		`"diagnosticEvent":{"message":"busy","severity":"warning","ephemeral":true}`,
		`"diagnosticEvent":{"message":"hello","severity":"info#err"}`,
		`"policyEvent":{"resourceUrn":"`+urn+`","message":"no\n","policyName":"p","policyPackName":"k","enforcementLevel":"mandatory","severity":"high"}`,
		`"policyRemediationEvent":{"resourceUrn":"`+urn+`","policyName":"p","policyPackName":"k","before":{},"after":{}}`,
		summary("", true, "failed"), end))
	if want := (Diagnostic{"error", "aws:s3/bucket:Bucket", "a", urn, "quota exceeded"}); len(r.Diagnostics) != 1 || r.Diagnostics[0] != want {
		t.Errorf("diagnostics: %+v", r.Diagnostics)
	}
	want := []Policy{{"mandatory", "high", "k", "p", "aws:s3/bucket:Bucket", "a", urn, "no"}, {"remediate", "", "k", "p", "aws:s3/bucket:Bucket", "a", urn, ""}}
	if fmt.Sprint(r.Policies) != fmt.Sprint(want) {
		t.Errorf("policies: %+v", r.Policies)
	}
}

// FuzzFromLog checks that any bytes give a report, and none that tells more than they do.
func FuzzFromLog(f *testing.F) {
	f.Add([]byte(log(prelude, pre("create", "a", logical), done("create", "a", logical), summary(`"create":1`, true, "succeeded"), end)))
	f.Add([]byte(log(pre("same", "a", logical), done("same", "a", logical), pre("replace", "a", `,"keys":["x"]`), summary(`"create":-1`, false, "x"), end)))
	f.Add([]byte("{\"sequence\":1}\n{\"sequence\":99999999999999999999}\nnull\n[]\n\"\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := FromLog(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(text, []byte("\n")) + 1
		if len(r.Steps)+len(r.Diagnostics)+len(r.Policies) > lines {
			t.Errorf("%d steps from %d lines", len(r.Steps), lines)
		}
		for _, s := range r.Steps {
			if s.URN != "" && !bytes.Contains(text, []byte(s.URN)) && !bytes.ContainsAny(text, "\\\x80\xff") && strings.ToValidUTF8(s.URN, "") == s.URN && !strings.ContainsRune(s.URN, '\uFFFD') {
				t.Errorf("%q is not in the log", s.URN)
			}
		}
		if r.Whole() && (!bytes.Contains(text, []byte("ummary")) && !bytes.Contains(bytes.ToLower(text), []byte("summary"))) {
			t.Error("a log without a summary is whole")
		}
		_ = r.Shown(strings.ToUpper)
	})
}

// unchanged is an event log of size bytes in which all but ten resources are unchanged, without holding it.
func unchanged(size int) io.Reader {
	n := 0
	return &lineReader{next: func() string {
		var line string
		switch {
		case size <= 0:
			return ""
		case n < 10:
			line = fmt.Sprintf(`{"sequence":%d,"timestamp":1767323045,%s}`+"\n", n, pre("update", fmt.Sprint("changed-", n), logical))
		default:
			more := `,"logical":true,"old":{"inputs":{"text":"` + filler + `"}},"new":{"inputs":{"text":"` + filler + `"}}`
			line = fmt.Sprintf(`{"sequence":%d,"timestamp":1767323045,%s}`+"\n", n, pre("same", fmt.Sprint("bucket-", n), more))
		}
		n++
		if size -= len(line); size <= 0 {
			line += fmt.Sprintf(`{"sequence":%d,"timestamp":1767323045,%s}`+"\n", n, summary(`"update":10`, true, "succeeded"))
			line += fmt.Sprintf(`{"sequence":%d,"timestamp":1767323045,%s}`+"\n", n+1, end)
		}
		return line
	}}
}

var filler = strings.Repeat("a text of some length, ", 50)

type lineReader struct {
	next func() string
	rest string
}

func (l *lineReader) Read(p []byte) (int, error) {
	if l.rest == "" {
		if l.rest = l.next(); l.rest == "" {
			return 0, io.EOF
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// What is unchanged takes no memory.
func TestUnchangedResourcesTakeNoMemory(t *testing.T) {
	text, err := io.ReadAll(unchanged(50 << 20))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := FromLog(bytes.NewReader(text))
	runtime.ReadMemStats(&after)
	if err != nil || len(r.Steps) != 10 || !r.Whole() {
		t.Fatalf("%v, %d steps, %q", err, len(r.Steps), r.Broken)
	}
	if all := after.TotalAlloc - before.TotalAlloc; all > 1<<20 {
		t.Errorf("%d bytes were allocated for a log of 50 MB", all)
	}
}

// A line of an unchanged resource that is longer than any buffer.
func TestAnEndlessUnchangedResourceTakesNoMemory(t *testing.T) {
	long := strings.Repeat("x", 20<<20)
	text := log(prelude, pre("same", "a", `,"old":{"inputs":{"a":"`+long+`"}}`), summary("", true, "succeeded"), end)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := fromLog(t, text)
	runtime.ReadMemStats(&after)
	if all := after.TotalAlloc - before.TotalAlloc; all > 1<<20 || !r.Whole() {
		t.Errorf("%d bytes were allocated, %q", all, r.Broken)
	}
}

// BenchmarkFromLog1GB reads a log of 1 GB; the aim is under 10 s and 64 MB on two cores.
func BenchmarkFromLog1GB(b *testing.B) {
	b.SetBytes(1 << 30)
	b.ReportAllocs()
	for b.Loop() {
		r, err := FromLog(unchanged(1 << 30))
		if err != nil || !r.Whole() || len(r.Steps) != 10 {
			b.Fatalf("%v, %q", err, r.Broken)
		}
	}
}

func TestReferencesAreTheStacksThatAreRead(t *testing.T) {
	read := func(name string) string {
		return `"resourcePreEvent":{"metadata":{"op":"read","urn":"urn:pulumi:dev::app::pulumi:pulumi:StackReference::r","type":"pulumi:pulumi:StackReference","new":{"inputs":{"name":` + name + `}}}}`
	}
	r, err := FromLog(strings.NewReader(log(
		read(`"acme/network/prod"`), read(`"acme/network/prod"`), read(`"a/b/c"`), read(`"`+unknownText+`"`), read(`{"x":1}`), read(`""`),
		`"summaryEvent":{"isPreview":true,"result":"succeeded"}`, `"cancelEvent":{}`,
	)))
	if want := []string{"a/b/c", "acme/network/prod"}; err != nil || !slices.Equal(r.References, want) || r.Broken != "" {
		t.Errorf("%q, %q, %v, want %q", r.References, r.Broken, err, want)
	}
}
