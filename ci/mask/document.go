package mask

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"dagger/iac/clean"
)

// reader finds what in secrets must not be shown. Pulumi shows documents parsed, in which a secret as a
// whole and its lines are not found.
type reader struct {
	forms forms
	done  map[task]bool
}

// task is a text to read, and whether it can be lines of settings.
type task struct {
	text     string
	settings bool
}

// read takes in a secret or a value, its lines, and the values in it if it is a document.
func (r reader) read(text string, settings bool) {
	text = strings.TrimSpace(text)
	if text == "" || r.done[task{text, settings}] {
		return
	}
	r.done[task{text, settings}] = true
	r.lines(text)
	r.json(text)
	// Texts are cleaned before they are masked.
	r.read(clean.Text(text), settings)
	if json.Valid([]byte(text)) {
		return
	}
	r.yaml(text)
	if settings {
		r.settings(text)
	}
	for _, text := range unescaped(text) {
		r.read(text, settings)
	}
}

// lines takes in a text and its lines.
func (r reader) lines(text string) {
	r.forms.add(text)
	for line := range strings.Lines(text) {
		for _, line := range []string{strings.TrimSpace(line), unquoted(line)} {
			if len(line) >= shortest && line != text {
				r.forms.add(line)
			}
		}
	}
}

// unescaped gives what a text with escapes such as \n can stand for. Keys are often given like this.
func unescaped(text string) []string {
	out := []string{strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(text)}
	if value, err := strconv.Unquote(`"` + text + `"`); err == nil {
		out = append(out, value)
	}
	return out
}

// value takes in a value of a document, which can be a document itself.
func (r reader) value(name, value string) {
	if len(value) < shortest || isPublic(name, value) {
		return
	}
	r.read(value, true)
	if number, err := strconv.ParseFloat(value, 64); err == nil {
		// As Pulumi shows it.
		if value = strconv.FormatFloat(number, 'g', -1, 64); len(value) >= shortest {
			r.forms.add(value)
		}
	}
}

// publicName is the name of a value that is no secret, and that a comment may need to show.
// docs/security.md lists them.
var publicName = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`type`, `kind`, `api_?version`, `name`, `namespace`, `cluster`, `user`, `current-context`, `server`,
	`(?:.+_)?region`, `project_id`, `client_email`, `auth_uri`, `token_uri`, `.+_cert_url`, `universe_domain`,
}, "|") + `)$`)

func isPublic(name, value string) bool {
	switch {
	case strings.Contains(value, "\n"):
		return false // as keys are
	case strings.Contains(value, "://") && strings.ContainsAny(value, "@?"):
		return false // with a password or a token, perhaps
	}
	return publicName.MatchString(name)
}

// json reads documents in JSON, up to where there is none. It goes by token: where a name is given twice, both
// values are secret.
func (r reader) json(text string) {
	if !strings.ContainsAny(text[:1], `{["`) {
		return // Any digits are a number.
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	for r.jsonValue(decoder, "") == nil {
	}
}

func (r reader) jsonValue(decoder *json.Decoder, name string) error {
	token, err := decoder.Token()
	switch token := token.(type) {
	case string:
		r.value(name, token)
	case json.Number:
		r.value(name, token.String())
	case json.Delim:
		for err == nil && decoder.More() {
			if token == '{' {
				var key json.Token
				if key, err = decoder.Token(); err != nil {
					break
				}
				name, _ = key.(string)
			}
			err = r.jsonValue(decoder, name)
		}
		if err == nil {
			_, err = decoder.Token() // its end
		}
	}
	return err
}

// yaml reads documents in YAML, up to where there is none.
func (r reader) yaml(text string) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return
		}
		for _, root := range document.Content {
			// Any text is a scalar.
			if root.Kind != yaml.ScalarNode {
				r.yamlValue(root, "")
			}
		}
	}
}

func (r reader) yamlValue(node *yaml.Node, name string) {
	switch node.Kind {
	case yaml.ScalarNode:
		r.value(name, node.Value)
	case yaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			r.yamlValue(node.Content[i+1], node.Content[i].Value)
		}
	default:
		for _, child := range node.Content {
			r.yamlValue(child, name)
		}
	}
}

var (
	// note is what follows a value in a line of settings.
	note = regexp.MustCompile(`\s[#;].*$`)
	// quotedSetting is name="value", where the value can have several lines.
	quotedSetting = regexp.MustCompile(`([\w.-]*)["']?[ \t]*[=:][ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)')`)
)

// settings reads lines such as name=value, export name="value" and name: value.
func (r reader) settings(text string) {
	for line := range strings.Lines(text) {
		for _, separator := range []string{"=", ":"} {
			before, value, _ := strings.Cut(strings.TrimSpace(line), separator)
			if separator == ":" && strings.Contains(before, "=") {
				continue
			}
			before = strings.TrimSpace(before)
			name := before[strings.LastIndexAny(before, " \t")+1:]
			for _, value := range []string{strings.TrimSpace(value), unquoted(value), unquoted(note.ReplaceAllString(value, ""))} {
				r.setting(strings.Trim(name, `"'`), value)
			}
		}
	}
	for _, match := range quotedSetting.FindAllStringSubmatch(text, -1) {
		r.setting(match[1], match[2]+match[3])
	}
}

// setting takes in a value that has been cut off. No settings are looked for in it again: a line can have
// very many separators.
func (r reader) setting(name, value string) {
	if len(value) >= shortest && !isPublic(name, value) {
		r.read(value, false)
	}
}

// unquoted is a value or a line without what stands around it in documents.
func unquoted(text string) string { return strings.Trim(text, "\"', \t\r\n") }
