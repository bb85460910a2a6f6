package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dagger/iac/report"
)

// object is a JSON object.
type object = map[string]any

// Values that are no plain ones, as Pulumi writes them.
const (
	sig     = "4dabf18193072939515e22adb298388d"
	unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
)

func secret(cipher string) object {
	return object{sig: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": cipher}
}

func asset(hash, path string) object {
	return object{sig: "c44067f5952c0a294b673a41bacd8c17", "hash": hash, "path": path}
}

func archive(hash, path string) object {
	return object{sig: "0def7320c3a5731c473e5ecbe6d01bc7", "hash": hash, "path": path}
}

// world is a preview of a program on a state, as far as it makes the plan.
type world struct {
	resources []*resource
	// before and after are the outputs of the stack.
	before, after object
}

// resource is one that changes.
type resource struct {
	op       report.Operation
	name     string
	old, now object
	// kinds are the properties that change; names stands there where the provider does not tell in detail.
	kinds map[string]string
	names []string
	keys  []string
	// protected, retained and first are options of the program: first to delete before it is replaced.
	protected, retained, first bool
	provider, imported         string
}

// detailed are the properties that random resources have.
var detailed = []string{"size", "tags", "rules", "code", "password", "address"}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(12); {
	case n < 3:
		return fmt.Sprint("text ", r.IntN(1000))
	case n < 5:
		return r.IntN(1000)
	case n == 5:
		return r.IntN(2) == 0
	case n == 6:
		return secret("[secret]")
	case n == 7:
		return unknown
	case n == 8:
		return asset(fmt.Sprint("a", r.IntN(1000)), "/src/file")
	case n == 9 && depth > 0:
		return []any{randomValue(r, depth-1), randomValue(r, depth-1)}
	case depth > 0:
		return object{"a": randomValue(r, depth-1), "b.c": randomValue(r, depth-1), "d": nil, "__defaults": []any{"d"}}
	}
	return nil
}

func randomResource(r *rand.Rand, name string) *resource {
	op := []report.Operation{report.Create, report.Update, report.Update, report.Replace, report.Delete, report.Import, report.Read, report.DeleteReplaced}[r.IntN(8)]
	x := &resource{op: op, name: name, old: object{}, now: object{}, kinds: map[string]string{}}
	x.old["kept"], x.now["kept"] = "old", "old"
	for _, p := range detailed {
		x.old[p], x.now[p] = "old", "old"
		if r.IntN(2) == 0 || p == "size" {
			x.now[p] = object{"in": []any{randomValue(r, 2)}}
			x.kinds[p+".in[0]"] = "update"
		}
	}
	x.now["__defaults"] = []any{"size"}
	if r.IntN(3) == 0 {
		x.names, x.kinds = slices.Sorted(maps.Keys(x.kinds)), nil
	}
	if op == report.Replace {
		x.keys = []string{"size.in[0]", "tags"}
	}
	return x
}

func randomWorld(r *rand.Rand) *world {
	w := &world{before: object{"url": "old", "gone": 1}, after: object{"url": randomValue(r, 2), "new": randomValue(r, 1)}}
	for i := range 3 + r.IntN(10) {
		w.resources = append(w.resources, randomResource(r, fmt.Sprint("r", i)))
	}
	return w
}

const stack = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"

// log is an event log of the world. What differs from run to run is random in it.
func (w *world) log(r *rand.Rand) string {
	counts := object{"same": r.IntN(100)}
	var events []string
	for _, x := range w.resources {
		events = append(events, x.events(r)...)
		if x.op != report.DeleteReplaced {
			n, _ := counts[string(x.op)].(int)
			counts[string(x.op)] = n + 1
		}
	}
	for range r.IntN(4) {
		events = append(events, fmt.Sprintf(`"diagnosticEvent":{"message":"<{%%fg 1%%}>https://example.com/%d<{%%reset%%}>","severity":"warning"}`, r.Int()))
	}
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	m := object{"op": "same", "urn": stack, "type": "pulumi:pulumi:Stack", "old": object{"outputs": w.before}, "new": object{"outputs": w.after}}
	events = append(events, `"resOutputsEvent":{"metadata":`+text(r, m)+`,"planning":true}`)
	events = append(events, fmt.Sprintf(`"summaryEvent":{"durationSeconds":%d,"resourceChanges":%s,"isPreview":true,"result":"succeeded"}`, r.IntN(100), text(r, counts)), `"cancelEvent":{}`)
	var out strings.Builder
	for i, event := range events {
		fmt.Fprintf(&out, `{"sequence":%d,"timestamp":%d,%s}`+"\n", i, r.Int32(), event)
	}
	return out.String()
}

// events are what Pulumi tells about a resource.
func (x *resource) events(r *rand.Rand) []string {
	id := fmt.Sprint(r.Int())
	urn := "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::" + x.name
	side := func(inputs, outputs object, deposed bool) object {
		provider := x.provider
		if provider == "" {
			provider = "urn:pulumi:dev::shop::pulumi:providers:aws::default_7_0_0"
		}
		return object{
			"urn": urn, "custom": true, "inputs": inputs, "outputs": outputs, "id": id, "delete": deposed, "parent": stack,
			"protect": x.protected, "retainOnDelete": x.retained, "provider": fmt.Sprint(provider, "::", r.Int()),
		}
	}
	var out []string
	add := func(kind string, op report.Operation, old, now object, logical bool) {
		m := object{"op": string(op), "urn": urn, "type": "aws:s3/bucket:Bucket", "old": old, "new": now, "logical": logical, "provider": fmt.Sprint(r.Int())}
		if now != nil && old != nil && op != report.Import {
			diff := object{}
			for path, kind := range x.kinds {
				diff[path] = object{"diffKind": kind, "inputDiff": false}
			}
			m["detailedDiff"], m["diffs"], m["keys"] = diff, mixed(r, x.names), mixed(r, x.keys)
		}
		out = append(out, `"`+kind+`":{"metadata":`+text(r, m)+`,"planning":true}`)
	}
	both := func(op report.Operation, old, now object, logical bool) {
		add("resourcePreEvent", op, old, now, logical)
		if now != nil {
			now = maps.Clone(now)
			now["outputs"] = object{"etag": r.Int()}
		}
		// What is in the cloud is told too.
		found := side(object{"size": []any{x.now["size"], r.Int()}[r.IntN(2)], "found": 1}, object{}, false)
		switch op { //nolint:exhaustive // the others do not look
		case report.Import:
			old = found
		case report.Read:
			now["inputs"] = found["inputs"]
		}
		add("resOutputsEvent", op, old, now, logical)
	}
	old, now := side(x.old, x.old, false), side(x.now, object{}, false)
	switch x.op {
	case report.Create:
		both(x.op, nil, now, true)
	case report.Import, report.Read:
		now["id"] = x.imported
		both(x.op, nil, now, true)
	case report.Delete:
		both(x.op, old, nil, true)
	case report.DeleteReplaced:
		both(x.op, side(x.old, x.old, true), nil, false)
	case report.Replace:
		both(report.CreateReplacement, old, now, false)
		both(report.Replace, old, now, true)
		both(report.DeleteReplaced, side(x.old, x.old, !x.first), nil, false)
	default:
		both(x.op, old, now, true)
	}
	return out
}

func mixed(r *rand.Rand, texts []string) []string {
	texts = slices.Clone(texts)
	r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	return texts
}

// text is JSON with objects in a random order, but that op and urn stand where they are expected.
func text(r *rand.Rand, value any) string {
	switch value := value.(type) {
	case object:
		if value == nil {
			return "null"
		}
		var parts []string
		for _, name := range mixed(r, slices.Collect(maps.Keys(value))) {
			quoted, _ := json.Marshal(name) //nolint:errchkjson // a string
			parts = append(parts, string(quoted)+":"+text(r, value[name]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		var parts []string
		for _, v := range value {
			parts = append(parts, text(r, v))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// clone is a copy that shares nothing.
func (w *world) clone() *world {
	out := &world{before: copied(w.before), after: copied(w.after)}
	for _, x := range w.resources {
		y := *x
		y.old, y.now = copied(x.old), copied(x.now)
		y.kinds, y.names, y.keys = maps.Clone(x.kinds), slices.Clone(x.names), slices.Clone(x.keys)
		out.resources = append(out.resources, &y)
	}
	return out
}

func copied(o object) object { return deep(o).(object) } //nolint:forcetypeassert // what goes in comes out

func deep(value any) any {
	switch value := value.(type) {
	case object:
		out := object{}
		for name, v := range value {
			out[name] = deep(v)
		}
		return out
	case []any:
		out := []any{}
		for _, v := range value {
			out = append(out, deep(v))
		}
		return out
	}
	return value
}

func read(t *testing.T, log string) Plan {
	t.Helper()
	r, err := report.FromLog(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	p := Of(r)
	if p.Digest == "" {
		t.Fatalf("no digest: %s\n%s", p.Why, log)
	}
	return p
}
