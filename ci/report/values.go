package report

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// How Pulumi writes a secret and a value that is known only after the run (sdk/go/common/resource/sig and plugin).
const (
	sigKey      = "4dabf18193072939515e22adb298388d"
	secretSig   = "1b47061264138c4ac30d75fd1eb44270"
	unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
)

// leastSecret is the length from which on a value that has become a secret is told apart from words that may stand
// anywhere.
const leastSecret = 8

// secrecy gives the paths of the secrets that become plain, and the plain values that become secrets.
func secrecy(before, after json.RawMessage) (notSecret, nowSecret []string) {
	if len(before) == 0 || len(after) == 0 {
		return nil, nil
	}
	var old, now any
	if json.Unmarshal(before, &old) != nil || json.Unmarshal(after, &now) != nil {
		return nil, nil
	}
	w := walk{}
	w.compare("", old, now)
	slices.Sort(w.notSecret)
	return w.notSecret, w.nowSecret
}

type walk struct{ notSecret, nowSecret []string }

func (w *walk) compare(path string, old, now any) {
	switch {
	case isSecret(old) && isSecret(now):
		return
	case isSecret(old):
		if now != nil && now != unknownText {
			w.notSecret = append(w.notSecret, path)
		}
		return
	case isSecret(now):
		w.keep(old)
		return
	}
	switch old := old.(type) {
	case map[string]any:
		now, ok := now.(map[string]any)
		if !ok {
			return
		}
		for name, value := range old {
			w.compare(join(path, name), value, now[name])
		}
	case []any:
		now, ok := now.([]any)
		if !ok {
			return
		}
		for i := range min(len(old), len(now)) {
			w.compare(path+"["+strconv.Itoa(i)+"]", old[i], now[i])
		}
	}
}

// keep takes note of all texts in a value that has become a secret.
func (w *walk) keep(value any) {
	switch value := value.(type) {
	case string:
		if len(value) >= leastSecret && value != unknownText {
			w.nowSecret = append(w.nowSecret, value)
		}
	case map[string]any:
		for _, v := range value {
			w.keep(v)
		}
	case []any:
		for _, v := range value {
			w.keep(v)
		}
	}
}

// join writes the path of a property as Pulumi does.
func join(path, name string) string {
	if name == "" || strings.ContainsAny(name, `."[]`) {
		return path + "[" + strconv.Quote(name) + "]"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

func isSecret(value any) bool {
	m, ok := value.(map[string]any)
	return ok && m[sigKey] == secretSig
}

// outputs gives the outputs of the stack that change, sorted by name.
func (r *reader) outputs() []Output {
	if r.stack == nil || r.stack.New == nil || r.stack.Op == Delete {
		return nil
	}
	var old, now map[string]any
	if r.stack.Old != nil && decode(orNull(r.stack.Old.Outputs), &old) != nil {
		return nil
	}
	if decode(orNull(r.stack.New.Outputs), &now) != nil {
		return nil
	}
	var out []Output
	add := func(o Output) {
		o.Content = contentOfOutput(r.stack.URN, o, now[o.Name])
		out = append(out, o)
	}
	for name, value := range now {
		before, known := old[name]
		switch {
		case !known:
			add(Output{Operation: Create, Name: name})
		case !reflect.DeepEqual(before, value):
			add(Output{Operation: Update, Name: name, NotSecret: isSecret(before) && !isSecret(value) && value != unknownText})
		}
	}
	for name := range old {
		if _, known := now[name]; !known {
			add(Output{Operation: Delete, Name: name})
		}
	}
	slices.SortFunc(out, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
