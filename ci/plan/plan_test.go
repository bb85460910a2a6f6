package plan

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dagger/iac/marker"
	"dagger/iac/report"
)

// changes are single changes of a world, by what they change. Each is tried on the first resource that it suits, and
// says whether there was one.
var changes = map[string]func(*world) bool{
	"a step more":        func(w *world) bool { return w.add(&resource{op: report.Create, name: "more", now: object{}}) },
	"a read more":        func(w *world) bool { return w.add(&resource{op: report.Read, name: "more", now: object{}}) },
	"a leftover more":    func(w *world) bool { return w.add(&resource{op: report.DeleteReplaced, name: "more", old: object{}}) },
	"the same twice":     func(w *world) bool { return w.add(&resource{op: report.DeleteReplaced, name: "r0", old: object{}}) },
	"a step less":        func(w *world) bool { w.resources = w.resources[1:]; return true },
	"a name":             func(w *world) bool { w.resources[0].name = "other"; return true },
	"update to replace":  on(func(x *resource) bool { return x.turn(report.Update, report.Replace) }),
	"replace to update":  on(func(x *resource) bool { return x.turn(report.Replace, report.Update) }),
	"update to another":  on(func(x *resource) bool { return x.turn(report.Update, "new-in-pulumi") }),
	"create to import":   on(func(x *resource) bool { return x.turn(report.Create, report.Import) }),
	"delete to leftover": on(func(x *resource) bool { return x.turn(report.Delete, report.DeleteReplaced) }),
	"another is imported": on(func(x *resource) bool {
		x.imported = "other"
		return x.op == report.Import || x.op == report.Read
	}),
	"one more forces": on(func(x *resource) bool { x.keys = append(x.keys, "code"); return x.op == report.Replace }),
	"another forces":  on(func(x *resource) bool { x.keys = []string{"size.in[0]", "code"}; return x.op == report.Replace }),
	"none forces":     on(func(x *resource) bool { x.keys = nil; return x.op == report.Replace }),
	"a kind": on(func(x *resource) bool {
		x.kinds = maps.Clone(x.kinds)
		if x.kinds != nil {
			x.kinds["size.in[0]"] = "update-replace"
		}
		return x.kinds != nil && x.differs()
	}),
	"a path more": on(func(x *resource) bool {
		if x.kinds != nil {
			x.kinds["other[0]"] = "delete"
		}
		return x.kinds != nil && x.differs()
	}),
	"a path less": on(func(x *resource) bool { delete(x.kinds, "size.in[0]"); return x.kinds != nil && x.differs() }),
	"a name that changes more": on(func(x *resource) bool {
		x.names = append(x.names, "other")
		return x.kinds == nil && x.differs()
	}),
	"names in place of details": on(func(x *resource) bool {
		x.names, x.kinds = slices.Collect(maps.Keys(x.kinds)), nil
		return len(x.names) > 0 && x.differs()
	}),
	"a new value":                  value("a new value"),
	"a number":                     value(1e21),
	"one":                          value(1),
	"a long number":                value(uint64(12345678901234567890)),
	"a longer number":              value(uint64(12345678901234567891)),
	"a text like a number":         value("1"),
	"null":                         value(nil),
	"a text like null":             value("null"),
	"a secret":                     value(secret("[secret]")),
	"a text like a secret":         value("secret"),
	"an unknown value":             value(unknown),
	"a text like an unknown value": value("unknown"),
	"an asset":                     value(asset("1234", "/a")),
	"another asset":                value(asset("1235", "/a")),
	"an archive":                   value(archive("1234", "/a")),
	"an asset that is not known":   value(asset("", "/a")),
	"an empty list":                value([]any{}),
	"an empty object":              value(object{}),
	"lists within a list":          value([]any{[]any{1}, []any{}}),
	"the same otherwise nested":    value([]any{[]any{}, []any{1}}),
	"a list and a number":          value([]any{[]any{1}, 2}),
	"a list of both":               value([]any{[]any{1, 2}}),
	"an object":                    value(object{"a": "b", "c": "d"}),
	"an object within an object":   value(object{"a": object{"b": 1}, "c": 2}),
	"an object within, with more":  value(object{"a": object{"b": 1, "c": 2}}),
	"texts":                        value([]any{"astring", "b"}),
	"texts, otherwise cut":         value([]any{"a", "stringb"}),
	"a value that a provider passes over": on(func(x *resource) bool {
		x.now["unheard"] = "of"
		return x.now != nil && x.op != report.Delete && x.op != report.DeleteReplaced
	}),
	"another value that a provider passes over":      on(func(x *resource) bool { x.now["kept"] = "new"; return x.differs() }),
	"a value taken away that a provider passes over": on(func(x *resource) bool { delete(x.now, "kept"); return x.differs() }),
	"a value taken away": on(func(x *resource) bool {
		delete(x.now, "size")
		return x.op != report.Delete && x.op != report.DeleteReplaced
	}),
	"protection":        on(func(x *resource) bool { x.protected = true; return true }),
	"kept when deleted": on(func(x *resource) bool { x.retained = true; return true }),
	"deleted first":     on(func(x *resource) bool { x.first = true; return x.op == report.Replace }),
	"another provider": on(func(x *resource) bool {
		x.provider = "urn:pulumi:dev::shop::pulumi:providers:aws::us"
		return x.op != report.Delete && x.op != report.DeleteReplaced
	}),
	"an output more":      func(w *world) bool { w.after["more"] = 1; return true },
	"an output less":      func(w *world) bool { delete(w.after, "new"); return true },
	"an output's value":   func(w *world) bool { w.after["new"] = "other"; return true },
	"an output is secret": func(w *world) bool { w.after["new"] = secret("[secret]"); return true },
}

func (w *world) add(x *resource) bool { w.resources = append(w.resources, x); return true }

// on tries a change on one resource after the other.
func on(change func(*resource) bool) func(*world) bool {
	return func(w *world) bool {
		for i, x := range w.resources {
			tried := (&world{resources: []*resource{x}}).clone().resources[0]
			if change(tried) {
				w.resources[i] = tried
				return true
			}
		}
		return false
	}
}

// value puts another value into a property that changes.
func value(v any) func(*world) bool {
	return on(func(x *resource) bool {
		x.now["size"] = object{"in": []any{v}}
		return x.op != report.Delete && x.op != report.DeleteReplaced
	})
}

func (x *resource) turn(from, to report.Operation) bool {
	is := x.op == from
	x.op = to
	return is
}

// differs reports whether Pulumi tells which properties of the resource change.
func (x *resource) differs() bool { return x.op == report.Update || x.op == report.Replace }

// Whatever differs from run to run, the same plan has the same digest, and no other has it.
func TestADigestIsOfOnePlan(t *testing.T) {
	names := slices.Sorted(maps.Keys(changes))
	tried := map[string]bool{}
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := randomWorld(r)
		want := read(t, w.log(r))
		for range 5 {
			if got := read(t, w.log(r)); got.Digest != want.Digest || got.Reviewed() != want.Reviewed() {
				t.Fatalf("seed %d: the same plan has another digest", seed)
			}
		}
		was := map[string]string{want.Digest: "nothing"}
		for _, name := range names {
			changed := w.clone()
			if !changes[name](changed) || changed.shape() == w.shape() {
				continue
			}
			tried[name] = true
			got := read(t, changed.log(r))
			if other, known := was[got.Digest]; known {
				t.Errorf("seed %d: %s changes the digest as %s", seed, name, other)
			}
			was[got.Digest] = name
		}
	}
	for _, name := range names {
		if !tried[name] {
			t.Errorf("%s was never tried", name)
		}
	}
}

// shape is the same for the same world.
func (w *world) shape() string {
	var all []resource
	for _, x := range w.resources {
		all = append(all, *x)
	}
	return fmt.Sprintf("%#v %#v %#v", all, w.before, w.after)
}

// Two stacks have different plans even where they differ in nothing but their names.
func TestADigestIsOfOneStack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	log := (&world{before: object{}, after: object{"url": "a"}}).log(r)
	one, other := read(t, log), read(t, strings.ReplaceAll(log, "shop", "blog"))
	if one.Digest == other.Digest {
		t.Error("both have the same digest")
	}
}

// What is no part of a plan does not change its digest.
func TestADigestHasOnlyWhatMatters(t *testing.T) {
	base := func() *world {
		w := &world{before: object{}, after: object{"site": asset("12", "/a"), "internal": object{"__meta": 1}}}
		for _, op := range []report.Operation{report.Create, report.Update, report.Replace, report.Delete, report.Import} {
			w.resources = append(w.resources, &resource{
				op: op, name: string(op), old: object{"password": "old"}, kinds: map[string]string{"password": "update", "code": "add"},
				now: object{"password": secret("[secret]"), "code": archive("12", "/a"), "list": []any{object{"__defaults": []any{}}}, "__defaults": []any{"x"}},
			})
		}
		return w
	}
	r := rand.New(rand.NewPCG(1, 2))
	want := read(t, base().log(r))
	for name, change := range map[string]func(*resource){
		"what encrypts a secret":      func(x *resource) { x.now["password"] = secret("v1:abc") },
		"where a file lies":           func(x *resource) { x.now["code"] = archive("12", "/b") },
		"Pulumi's own properties":     func(x *resource) { x.now["__defaults"] = []any{"y", "z"} },
		"one of them more":            func(x *resource) { x.now["__meta"] = "{}" },
		"one of them within":          func(x *resource) { x.now["list"] = []any{object{"__defaults": []any{"x"}}} },
		"one of them less":            func(x *resource) { delete(x.now, "__defaults") },
		"that one of them changes":    func(x *resource) { x.kinds["__defaults"], x.kinds["list[0].__defaults[0]"] = "update", "add" },
		"that one of them forces":     func(x *resource) { x.keys = []string{"__meta"} },
		"the version of the provider": func(x *resource) { x.provider = "urn:pulumi:dev::shop::pulumi:providers:aws::default_7_1_0" },
		"what was before":             func(x *resource) { x.old["password"] = "older" },
	} {
		w := base()
		for _, x := range w.resources {
			change(x)
		}
		if got := read(t, w.log(r)); got.Digest != want.Digest {
			t.Errorf("%s changes the digest", name)
		}
	}
	for name, change := range map[string]func(*world){
		"where a file of an output lies": func(w *world) { w.after["site"] = asset("12", "/b") },
		"what is internal in an output":  func(w *world) { w.after["internal"] = object{"__meta": 2} },
	} {
		w := base()
		change(w)
		if got := read(t, w.log(r)); got.Digest != want.Digest {
			t.Errorf("%s changes the digest", name)
		}
	}
}

// A digest that was given out has to be found again by the next version. Where this fails for a reason, prefix needs
// another number.
func TestADigestIsWhatItWas(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	w := &world{before: object{"url": "a"}, after: object{"url": "b"}, resources: []*resource{{
		op: report.Replace, name: "logs", old: object{"size": 1}, now: object{"size": 2, "tags": object{"a": secret("[secret]")}}, kinds: map[string]string{"size": "update-replace"}, keys: []string{"size"},
	}}}
	want := Reviewed{"1f3eccadf4f1a158ce94db14677ba531f781caca21137f0b1bfd786cbe2fa4b8", "39b48f747f32ee1cef673126"}
	if got := read(t, w.log(r)).Reviewed(); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestOnlyAKnownPlanHasADigest(t *testing.T) {
	step := report.Step{Operation: report.Update, Outcome: report.Planned}
	for _, test := range []struct {
		report report.Report
		want   string
	}{
		{report.Report{Preview: true, Result: report.Succeeded, Steps: []report.Step{step}}, ""},
		{report.Report{Preview: true}, ""},
		{report.Report{NoLog: true, Preview: true}, "Pulumi wrote no event log"},
		{report.Report{Preview: true, Broken: "line 7 is not JSON"}, "Pulumi's event log is not whole: line 7 is not JSON"},
		{report.Report{Result: report.Succeeded}, "it is not a preview"},
		{report.Report{Preview: true, Result: report.Failed}, "the preview failed"},
		{report.Report{Preview: true, Result: report.Canceled}, "the preview failed"},
		{report.Report{Preview: true, Result: report.Succeeded, ExitCode: 7}, "the preview failed"},
		{report.Report{Preview: true, Steps: []report.Step{{Outcome: report.Errored}}}, "the preview failed"},
	} {
		p := Of(test.report)
		if p.Why != test.want || (p.Digest == "") != (test.want != "") || p.Digest == "" && (p.Empty() || p.Reviewed() != Reviewed{}) {
			t.Errorf("%+v: got %q, %q", test.report, p.Digest, p.Why)
		}
		if d := Compare(p.Reviewed(), p); d.Same != (test.want == "") {
			t.Errorf("%+v: it is the same as itself: %t", test.report, d.Same)
		}
	}
}

func TestEmptyIsWithoutAnythingToDo(t *testing.T) {
	for _, test := range []struct {
		name    string
		steps   []report.Step
		outputs []report.Output
		want    bool
	}{
		{"nothing", nil, nil, true},
		{"a resource is looked up", []report.Step{{Operation: report.Read}}, nil, true},
		{"a resource changes", []report.Step{{Operation: report.Read}, {Operation: report.Update}}, nil, false},
		{"an operation that is not known", []report.Step{{Operation: "new"}}, nil, false},
		{"a leftover", []report.Step{{Operation: report.DeleteReplaced, Pending: true}}, nil, false},
		{"drift", []report.Step{{Operation: report.Refresh, Refreshed: true}}, nil, false},
		{"an output", nil, []report.Output{{Operation: report.Update}}, false},
	} {
		r := report.Report{Preview: true, Steps: test.steps, Outputs: test.outputs}
		if got := Of(r).Empty(); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
		digest := Of(r).Digest
		r.StateOnly = true
		if p := Of(r); p.Empty() || p.Digest != digest || Together(map[string]Plan{"a": p}).Empty() {
			t.Errorf("%s, and the state: %t, %s", test.name, p.Empty(), p.Digest)
		}
	}
}

// preview is a report of a preview with steps of these contents.
func preview(contents ...byte) report.Report {
	r := report.Report{Preview: true}
	for _, c := range contents {
		r.Steps = append(r.Steps, report.Step{Operation: report.Update, Type: "a:b:C", Name: fmt.Sprint(c), URN: "urn", Content: report.Hash{c}})
	}
	return r
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name          string
		reviewed, now []byte
		same          bool
		added         string
		missing       int
	}{
		{"the same", []byte{1, 2}, []byte{1, 2}, true, "[]", 0},
		{"in another order", []byte{1, 2, 3}, []byte{3, 1, 2}, true, "[]", 0},
		{"nothing, twice", nil, nil, true, "[]", 0},
		{"one more", []byte{1}, []byte{2, 1}, false, "[update a:b:C 2]", 0},
		{"one less", []byte{1, 2}, []byte{2}, false, "[]", 1},
		{"others", []byte{1, 2, 3}, []byte{4, 3, 5}, false, "[update a:b:C 4 update a:b:C 5]", 2},
		{"all are new", nil, []byte{1, 2}, false, "[update a:b:C 1 update a:b:C 2]", 0},
		{"all are missing", []byte{1, 2}, nil, false, "[]", 2},
		{"one twice", []byte{1}, []byte{1, 1}, false, "[update a:b:C 1]", 0},
		{"one of two of a kind is missing", []byte{1, 1}, []byte{1}, false, "[]", 1},
	} {
		d := Compare(Of(preview(test.reviewed...)).Reviewed(), Of(preview(test.now...)))
		if d.Same != test.same || !d.Listed || fmt.Sprint(d.New) != test.added || d.Missing != test.missing {
			t.Errorf("%s: got %+v", test.name, d)
		}
	}
}

func TestCompareWithWhatIsNotKnown(t *testing.T) {
	now := Of(preview(1, 2))
	whole := now.Reviewed()
	for _, test := range []struct {
		name         string
		reviewed     Reviewed
		now          Plan
		same, listed bool
	}{
		{"only a digest, the same", Reviewed{Digest: whole.Digest}, now, true, true},
		{"only a digest, another", Reviewed{Digest: strings.Repeat("0", 64)}, now, false, false},
		{"nothing was reviewed", Reviewed{}, now, false, false},
		{"a list that is cut off", Reviewed{strings.Repeat("0", 64), whole.Steps[1:]}, now, false, false},
		{"only a list", Reviewed{"", whole.Steps}, now, false, true},
		{"the preview failed", whole, Plan{Why: "the preview failed", Steps: now.Steps}, false, true},
		{"nothing was reviewed, and the preview failed", Reviewed{}, Plan{}, false, false},
	} {
		d := Compare(test.reviewed, test.now)
		if d.Same != test.same || d.Listed != test.listed || len(d.New) > 0 || d.Missing > 0 {
			t.Errorf("%s: got %+v", test.name, d)
		}
	}
}

// What is kept of a plan must fit into the marker of a comment.
func TestTheMarkerTakesAPlan(t *testing.T) {
	for _, n := range []int{0, 1, 300, 301, 5000} {
		r := report.Report{Preview: true}
		for i := range n {
			r.Steps = append(r.Steps, report.Step{Content: report.Hash{byte(i), byte(i >> 8)}})
		}
		p := Of(r)
		kept := p.Reviewed()
		m := marker.Marker{Project: "web", Stack: "prod", Plan: kept.Digest, Steps: kept.Steps}
		got, ok := marker.Parse(m.String())
		if !ok || got != m || (kept.Steps == "") != (n == 0 || n > 300) {
			t.Errorf("%d steps are read as %+v", n, got)
		}
		if size := len(m.String()); size > 4000 {
			t.Errorf("%d steps take %d bytes", n, size)
		}
		r.Steps = append(r.Steps, report.Step{Operation: report.Create, Content: report.Hash{1, 2, 3}})
		if d := Compare(kept, Of(r)); d.Same || d.Listed != (n <= 300) || d.Listed && (len(d.New) != 1 || d.Missing != 0) {
			t.Errorf("one more than %d: got %+v", n, d)
		}
	}
}

func TestCheckDigest(t *testing.T) {
	for _, digest := range []string{strings.Repeat("0", 64), Of(preview(1)).Digest} {
		if err := CheckDigest(digest); err != nil {
			t.Error(err)
		}
	}
	for _, digest := range []string{"", "x", strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("A", 64), strings.Repeat("0", 64) + "\n"} {
		want := fmt.Sprintf("invalid digest %q: want 64 digits from 0-9 and a-f, as a preview gives them", digest)
		if err := CheckDigest(digest); err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
}

// FuzzOf checks that any log gives a plan, the same each time, and a digest only where all of it was read.
func FuzzOf(f *testing.F) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := randomWorld(r)
		w.resources = w.resources[:1]
		f.Add([]byte(w.log(r)))
	}
	f.Add([]byte(`{"sequence":0,"resourcePreEvent":{"metadata":{"op":"update","detailedDiff":{"":{},"[":{},"[\"a":{}},"keys":[""],"new":{"inputs":[1],"outputs":"x","provider":"::"}}}}`))
	f.Fuzz(func(t *testing.T, log []byte) {
		r, err := report.FromLog(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		again, err := report.FromLog(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		p := Of(r)
		if p.Reviewed() != Of(again).Reviewed() {
			t.Error("the same log has two digests")
		}
		if (p.Digest == "") != (p.Why != "") || p.Digest != "" && (!r.Whole() || !r.OK()) {
			t.Errorf("a digest %q, and %q", p.Digest, p.Why)
		}
		if hidden := Of(r.Shown(strings.ToUpper)); p.Digest != hidden.Digest {
			t.Error("what is hidden changes the digest")
		}
		if d := Compare(p.Reviewed(), p); d.Same != (p.Digest != "") || len(d.New) > 0 || d.Missing > 0 {
			t.Errorf("it differs from itself: %+v", d)
		}
	})
}

func TestTogether(t *testing.T) {
	some, other, idle := Plan{Digest: strings.Repeat("a", 64), Steps: []Step{{}}}, Plan{Digest: strings.Repeat("b", 64), Steps: []Step{{}}}, Plan{Digest: digest(nil)}
	reviewed := map[string]Plan{"a:dev": some, "b:dev": idle, "c:dev": other}
	agreed := Together(reviewed).Reviewed()
	for name, c := range map[string]struct {
		now     map[string]Plan
		same    bool
		other   string
		missing int
	}{
		"the same":                {reviewed, true, "", 0},
		"another plan":            {map[string]Plan{"a:dev": other, "b:dev": idle, "c:dev": other}, false, "a:dev", 0},
		"swapped":                 {map[string]Plan{"a:dev": other, "b:dev": idle, "c:dev": some}, false, "a:dev c:dev", 0},
		"nothing left to do":      {map[string]Plan{"a:dev": idle, "b:dev": idle, "c:dev": other}, false, "", 0},
		"something to do now":     {map[string]Plan{"a:dev": some, "b:dev": some, "c:dev": other}, false, "b:dev", 0},
		"one stack less":          {map[string]Plan{"a:dev": some, "b:dev": idle}, false, "", 1},
		"one less, many idle":     {map[string]Plan{"a:dev": some, "b:dev": idle, "x:dev": idle, "y:dev": idle, "z:dev": idle}, false, "", 1},
		"one idle stack more":     {map[string]Plan{"a:dev": some, "b:dev": idle, "c:dev": other, "x:dev": idle}, false, "", 0},
		"one busy stack more":     {map[string]Plan{"a:dev": some, "b:dev": idle, "c:dev": other, "x:dev": some}, false, "x:dev", 0},
		"the plan of another one": {map[string]Plan{"c:dev": some, "b:dev": idle, "a:dev": idle}, false, "c:dev", 0},
		"no stack":                {nil, false, "", 3},
	} {
		d := CompareTogether(agreed, c.now)
		if same := Together(c.now).Digest == agreed.Digest; !d.Listed || same != c.same || strings.Join(d.Other, " ") != c.other || d.Missing != c.missing {
			t.Errorf("%s: %+v, the same: %t", name, d, same)
		}
	}
	if d := CompareTogether(Reviewed{Digest: agreed.Digest}, reviewed); d.Listed {
		t.Errorf("without a list: %+v", d)
	}
	if p := Together(map[string]Plan{"a:dev": some, "b:dev": {Why: "the preview failed"}}); p.Digest != "" || p.Why != "b:dev: the preview failed" {
		t.Errorf("%+v", p)
	}
	if !Together(map[string]Plan{"a:dev": idle}).Empty() || Together(reviewed).Empty() {
		t.Error("only a plan of nothing is empty")
	}
}
