// Package mask writes *** over secrets in a text.
package mask

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// stars stand in the place of what is masked, however long that was.
const stars = "***"

// shortest is the length from which on a line or an encoded form of a secret is masked by itself. A
// shorter one would be found by chance in texts that have nothing to do with it.
const shortest = 8

var (
	// braces are left when those of repetitions, escaped characters and classes are taken away.
	braces  = regexp.MustCompile(`[{}]`)
	escaped = regexp.MustCompile(`\\[pP]\{[^{}]*\}|\\x\{[^{}]*\}|\\.|\{[0-9]+(,[0-9]*)?\}|\[(\\.|[^\]\\])*\]`)
)

// Mask knows what must not be shown. A nil *Mask masks nothing.
type Mask struct {
	literals *strings.Replacer
	patterns []*regexp.Regexp
}

// New gives a mask for the secrets and for whatever matches one of the patterns.
//
// Of a secret are masked: itself, without space around it; each of its lines of at least 8 characters;
// if it is a document in JSON or one of `name: value` lines, its values of at least 8 characters whose
// names say that they are secret, such as private_key or token; and what becomes of these in base64 (also as a part of a longer text), in hexadecimal, in a URL, in JSON
// and in quotes, if that has at least 8 characters. Empty secrets are left out.
//
// A pattern is a regular expression in Go's syntax that does not match the empty text. The error names one
// that is not.
func New(secrets, patterns []string) (*Mask, error) {
	m := &Mask{}
	for _, pattern := range patterns {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("mask got %q, which is no regular expression (%s); it takes one in Go's syntax (RE2)", pattern, reason(err))
		}
		if re.MatchString("") {
			return nil, fmt.Errorf("mask got %q, which matches the empty text; it takes a regular expression in Go's syntax (RE2) that matches at least one character", pattern)
		}
		if braces.FindString(escaped.ReplaceAllString(pattern, "")) != "" {
			return nil, fmt.Errorf("mask got %q, in which a brace is left alone; a list of patterns is split at commas, so one with a comma stands in double quotes, and a brace that is meant as such is written \\{", pattern)
		}
		m.patterns = append(m.patterns, re)
	}
	var all []string
	for _, secret := range secrets {
		all = append(all, literals(secret)...)
	}
	// The replacer takes the first one that fits, so the longest come first.
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, literal := range slices.Compact(all) {
		pairs = append(pairs, literal, stars)
	}
	if len(pairs) > 0 {
		m.literals = strings.NewReplacer(pairs...)
	}
	return m, nil
}

// Text gives s with *** over everything that must not be shown. Where that is nothing, it is s itself and
// not a copy.
func (m *Mask) Text(s string) string {
	if m == nil {
		return s
	}
	if m.literals != nil {
		var out pieces
		// A pieces takes everything.
		_, _ = m.literals.WriteString(&out, s)
		s = out.join()
	}
	for _, re := range m.patterns {
		if re.MatchString(s) {
			s = re.ReplaceAllStringFunc(s, cover)
		}
	}
	return s
}

// cover masks a match. One of nothing, as \b has, is left alone.
func cover(match string) string {
	if match == "" {
		return ""
	}
	return stars
}

// reason is what is wrong with a pattern, without the pattern.
func reason(err error) string {
	var parse *syntax.Error
	if errors.As(err, &parse) {
		return parse.Code.String()
	}
	return err.Error()
}

// literals are the texts in which a secret is known again.
func literals(secret string) []string {
	secret = strings.TrimSpace(secret)
	if secret == "" {
		return nil
	}
	out := append([]string{secret}, encoded(secret)...)
	for _, value := range valuesOf(secret) {
		out = append(out, literals(value)...)
	}
	if !strings.Contains(secret, "\n") {
		return out
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= shortest {
			out = append(append(out, line), encoded(line)...)
		}
	}
	return out
}

var (
	// secretName is the name of a value that is one of the secrets of a document.
	secretName = regexp.MustCompile(`(?i)key|token|secret|pass|pwd|credential|auth|cert|private|signature`)
	// setting is a line such as `token: value`, `"token": "value",` or `token = value`.
	setting = regexp.MustCompile(`^[\s\-]*"?([\w.-]+)"?\s*[:=]\s*(.+)$`)
)

// valuesOf are the secrets inside a document such as a kubeconfig, a service account's JSON or a file of
// settings. Pulumi shows documents parsed, in which the secret as a whole and its lines are not found.
func valuesOf(secret string) []string {
	var document any
	if json.Unmarshal([]byte(secret), &document) == nil {
		return valuesIn(document, "")
	}
	var out []string
	for line := range strings.Lines(secret) {
		match := setting.FindStringSubmatch(strings.TrimSpace(line))
		if match == nil {
			continue
		}
		value := strings.Trim(strings.TrimSuffix(strings.TrimSpace(match[2]), ","), `"'`)
		if isSecret(match[1], value) {
			out = append(out, value)
		}
	}
	return out
}

func valuesIn(node any, name string) (out []string) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			out = append(out, valuesIn(value, key)...)
		}
	case []any:
		for _, value := range node {
			out = append(out, valuesIn(value, name)...)
		}
	case string:
		if isSecret(name, node) {
			out = append(out, node)
		}
	}
	return out
}

// isSecret tells the secrets of a document from its other values, which a comment may need to show.
func isSecret(name, value string) bool {
	return len(value) >= shortest && secretName.MatchString(name) && !strings.HasPrefix(value, "https://")
}

// encoded gives the forms of text that differ from it and are long enough.
func encoded(text string) []string {
	forms := []string{
		base64.StdEncoding.EncodeToString([]byte(text)),
		base64.RawStdEncoding.EncodeToString([]byte(text)),
		base64.URLEncoding.EncodeToString([]byte(text)),
		base64.RawURLEncoding.EncodeToString([]byte(text)),
		hex.EncodeToString([]byte(text)),
		strings.ToUpper(hex.EncodeToString([]byte(text))),
		url.QueryEscape(text),
		url.PathEscape(text),
		inner(strconv.Quote(text)),
		inner(strconv.QuoteToASCII(text)),
		inner(inJSON(text, true)),
		inner(inJSON(text, false)),
	}
	for shift := range 3 {
		core := base64Core(text, shift)
		forms = append(forms, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
	}
	return slices.DeleteFunc(forms, func(form string) bool { return len(form) < shortest || form == text })
}

// base64Core is what stands for text in the base64 of a longer one, where text begins shift bytes after a
// multiple of three: the characters that no neighbour has a part in.
func base64Core(text string, shift int) string {
	all := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + text))
	first := (8*shift + 5) / 6
	end := 8 * (shift + len(text)) / 6
	return all[min(first, end):end]
}

func inJSON(text string, escapeHTML bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escapeHTML)
	if err := encoder.Encode(text); err != nil {
		panic(err) // A string can always be written.
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// inner is a quoted text without its quotes.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// pieces collects what a replacer writes without copying it.
type pieces []string

func (p *pieces) Write(b []byte) (int, error) { return p.WriteString(string(b)) }

func (p *pieces) WriteString(s string) (int, error) {
	*p = append(*p, s)
	return len(s), nil
}

func (p *pieces) join() string { return strings.Join(*p, "") }
