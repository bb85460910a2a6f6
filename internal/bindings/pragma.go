package bindings

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// pragmas are the words with a plus sign in a comment, with what follows their equals sign as JSON,
// or nil.
type pragmas map[string]json.RawMessage

// A pragma is found anywhere in a line, as an engine finds it: a plus sign, a word, and then an equals
// sign or the end of the line.
var pragmaStart = regexp.MustCompile(`[ \t]*\+[ \t]*([^\s=]+)(=[ \t]*|\r?\n|$)`)

var knownPragmas = []string{
	"cache", "check", "default", "defaultAddress", "defaultPath", "deprecated", "generate", "ignore",
	"optional", "private", "up",
}

// parsePragmas takes the pragmas out of the text of a comment. It also gives the names that it does
// not know: such text would be taken out of the help by an engine, with no other effect.
func parsePragmas(comment string) (found pragmas, doc string, unknown []string) {
	found = pragmas{}
	for {
		at := pragmaStart.FindStringSubmatchIndex(comment)
		if at == nil {
			return found, strings.TrimSpace(doc + comment), unknown
		}
		name := comment[at[2]:at[3]]
		doc += comment[:at[0]]
		rest := comment[at[1]:]
		var value json.RawMessage
		if strings.HasPrefix(comment[at[4]:], "=") {
			value, rest = pragmaValue(rest)
		}
		if !slices.Contains(knownPragmas, name) {
			unknown = append(unknown, name)
		}
		found[name] = value
		comment = rest
	}
}

// pragmaValue reads the value after an equals sign: JSON, over several lines if need be, or else the
// rest of the line as a string. It gives what comes after the value's last line.
func pragmaValue(text string) (value json.RawMessage, rest string) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&value); err == nil {
		_, rest, _ = strings.Cut(text[decoder.InputOffset():], "\n")
		return value, rest
	}
	line, rest, _ := strings.Cut(text, "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return nil, rest
	}
	value, _ = json.Marshal(line)
	return value, rest
}

// flag says whether a pragma is there, alone or with the value true.
func (p pragmas) flag(name string) bool {
	value, ok := p[name]
	return ok && (value == nil || string(value) == "true")
}

// text gives the value of a pragma that takes a string.
func (p pragmas) text(name string) (value string, ok bool) {
	if _, there := p[name]; !there {
		return "", true
	}
	return value, json.Unmarshal(p[name], &value) == nil
}
