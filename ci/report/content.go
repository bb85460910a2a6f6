package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Hash is the SHA-256 of what a step does: the operation, what forces a replacement, and which properties change to
// which values. It is the same for the same, whatever the order, the time or the identifiers of a run are. Of a secret
// and of a value that is not known yet it has no more than that it is one, of an asset its hash.
type Hash [sha256.Size]byte

// Pulumi's forms of what is no plain value, beside secretSig (sdk/go/common/resource/sig).
const (
	assetSig   = "c44067f5952c0a294b673a41bacd8c17"
	archiveSig = "0def7320c3a5731c473e5ecbe6d01bc7"
)

// contentOf gives the hash of what an event tells about its step. A step is the set of its events: they come twice
// and more, and tell the same unless one of them knows more.
func contentOf(m *metadata, phase phase, refreshed bool) Hash {
	h := hasher{sha256.New()}
	h.text(string(m.Op), m.URN)
	h.flags(refreshed)
	for _, s := range []*state{m.Old, m.New} {
		h.flags(s != nil && s.Protect, s != nil && s.RetainOnDelete)
	}
	switch m.Op {
	case DeleteReplaced:
		// What is deleted before it is replaced is not marked for it.
		h.flags(m.Old != nil && m.Old.Delete)
	case Import, ImportReplacement, Read, ReadReplacement:
		// The program says which one it is.
		if m.New != nil {
			h.text(m.New.ID)
		}
	}
	// What a look-up finds is there already: only what is looked up counts.
	if m.New != nil && (phase != finished || !m.Op.reads()) {
		h.text(ownProvider(m.New.Provider))
		h.changes(m, refreshed)
	}
	return h.sum()
}

// reads reports whether an operation only looks up a resource.
func (o Operation) reads() bool { return o == Read || o == ReadReplacement }

// contentOfOutput gives the hash of what becomes of an output of a stack.
func contentOfOutput(stack string, o Output, value any) Hash {
	h := hasher{sha256.New()}
	h.text("output", stack, string(o.Operation), o.Name)
	h.value(value)
	return h.sum()
}

// ownProvider is the URN in a reference to a provider; empty for one that Pulumi makes by itself.
func ownProvider(reference string) string {
	if isDefaultProvider(reference) {
		return ""
	}
	return reference[:max(0, strings.LastIndex(reference, "::"))]
}

// changes takes in the properties that change, with their values.
func (h hasher) changes(m *metadata, refreshed bool) {
	paths, names := map[string]string{}, map[string]bool{}
	for path, detail := range m.DetailedDiff {
		paths[path] = detail.Kind
	}
	if len(paths) == 0 {
		for _, path := range m.Diffs {
			paths[path] = ""
		}
	}
	maps.DeleteFunc(paths, func(path, _ string) bool { return slices.ContainsFunc(Segments(path), IsInternal) })
	h.number(len(paths))
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		h.text(path, paths[path])
		names[Segments(path)[0]] = true
	}
	keys := slices.DeleteFunc(slices.Sorted(slices.Values(m.Keys)), func(path string) bool { return slices.ContainsFunc(Segments(path), IsInternal) })
	keys = slices.Compact(keys)
	h.number(len(keys))
	h.text(keys...)

	// A provider may tell less than what it will be given, so all that differs counts.
	var old map[string]json.RawMessage
	if m.Old != nil && m.Op != Import && m.Op != ImportReplacement {
		old = properties(m.Old.Inputs)
	}
	now, outputs := properties(m.New.Inputs), properties(m.New.Outputs)
	for name := range old {
		if !same(old[name], now[name]) {
			names[name] = true
		}
	}
	for name := range now {
		if old[name] == nil {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if IsInternal(name) {
			continue
		}
		h.text(name)
		h.raw(now[name])
		// What a refresh found, and what the provider works out, are no inputs.
		if refreshed || now[name] == nil {
			h.raw(outputs[name])
		}
	}
}

// properties are the values by name.
func properties(raw json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &out) != nil {
		return map[string]json.RawMessage{"": raw}
	}
	return out
}

// same reports whether two values have the same content.
func same(a, b json.RawMessage) bool {
	return bytes.Equal(a, b) || contentOfValue(a) == contentOfValue(b)
}

func contentOfValue(raw json.RawMessage) Hash {
	h := hasher{sha256.New()}
	h.raw(raw)
	return h.sum()
}

// IsInternal reports whether a property is one of Pulumi's own, which its text does not show either.
func IsInternal(name string) bool { return strings.HasPrefix(name, "__") }

var segment = regexp.MustCompile(`\[("(?:[^"\\]|\\.)*")\]|\[([^\]]*)\]?|([^.\[]+)`)

// Segments are the names and indexes of a path such as tags["a.b"].c[0]; there is at least one.
func Segments(path string) []string {
	var out []string
	for _, match := range segment.FindAllStringSubmatch(path, -1) {
		name := match[2] + match[3]
		if text, err := strconv.Unquote(match[1]); err == nil {
			name = text
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return []string{path}
	}
	return out
}

// hasher writes values into a hash in one way each.
type hasher struct{ hash.Hash }

func (h hasher) sum() Hash { return Hash(h.Sum(nil)) }

func (h hasher) number(n int) {
	h.Write(binary.AppendUvarint(nil, uint64(n)))
}

func (h hasher) text(texts ...string) {
	for _, text := range texts {
		h.number(len(text))
		h.Write([]byte(text))
	}
}

func (h hasher) flags(flags ...bool) {
	for _, flag := range flags {
		if flag {
			h.text("yes")
		} else {
			h.text("no")
		}
	}
}

// raw takes in a value as JSON has it, or that there is none.
func (h hasher) raw(raw json.RawMessage) {
	if raw == nil {
		h.text("none")
		return
	}
	var value any
	if decode(raw, &value) != nil {
		h.text("unreadable", string(raw))
		return
	}
	h.value(value)
}

// decode reads a value and keeps its numbers as they stand there.
func decode(raw json.RawMessage, value any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(value)
}

// value takes in a value that decode read. The word before each tells its kind.
func (h hasher) value(value any) {
	switch value := value.(type) {
	case nil:
		h.text("null")
	case bool:
		h.text("bool")
		h.flags(value)
	case json.Number:
		h.text("number", value.String())
	case string:
		if value == unknownText {
			h.text("unknown")
			return
		}
		h.text("string", value)
	case []any:
		h.text("list")
		h.number(len(value))
		for _, v := range value {
			h.value(v)
		}
	case map[string]any:
		h.object(value)
	}
}

func (h hasher) object(object map[string]any) {
	sig := object[sigKey]
	sum, _ := object["hash"].(string)
	switch {
	case sig == secretSig:
		h.text("secret")
		return
	case sig == assetSig && sum != "", sig == archiveSig && sum != "":
		// Where it lies can differ from machine to machine.
		h.text("file", sig.(string), sum)
		return
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(object)), IsInternal)
	h.text("object")
	h.number(len(names))
	for _, name := range names {
		h.text(name)
		h.value(object[name])
	}
}

// together is the hash of a set.
func together(set map[Hash]bool) Hash {
	h := hasher{sha256.New()}
	for _, one := range slices.SortedFunc(maps.Keys(set), func(a, b Hash) int { return bytes.Compare(a[:], b[:]) }) {
		h.Write(one[:])
	}
	return h.sum()
}
