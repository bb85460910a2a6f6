// Package mask writes *** over secrets in a text.
package mask

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// stars stand in the place of what is masked, however long that was.
const stars = "***"

// Mask knows what must not be shown. A nil *Mask masks nothing.
type Mask struct {
	forms    forms
	finder   *finder
	patterns []*regexp.Regexp
}

// New gives a mask for the secrets and for what the patterns match.
//
// Of a secret are masked: itself, without space around it; each of its lines of at least 8 characters;
// if it is a document in JSON, YAML or lines such as name=value, each of its values of at least 8
// characters but those of a few public names; what clean.Text makes of these; and what becomes of these in base64 (also as a part of a
// longer text), in hexadecimal, in a URL, in JSON and in quotes, if that has at least 8 characters. Empty
// secrets are left out.
//
// Patterns are regular expressions in RE2's syntax, one a line, none of which matches the empty text. The
// error names one that is not. Empty lines are left out.
func New(secrets []string, patterns string) (*Mask, error) {
	m := &Mask{}
	for pattern := range strings.Lines(patterns) {
		pattern = strings.TrimRight(pattern, "\r\n")
		if strings.TrimSpace(pattern) == "" {
			continue
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("invalid mask %q: want a regular expression in RE2 syntax: %s", pattern, reason(err))
		}
		if re.MatchString("") {
			return nil, fmt.Errorf("invalid mask %q: want a regular expression that does not match the empty text", pattern)
		}
		m.patterns = append(m.patterns, re)
	}
	return m.With(secrets...), nil
}

// With gives a mask for what m masks and for more secrets, which are treated as New does. m stays as it is.
func (m *Mask) With(secrets ...string) *Mask {
	more := &Mask{forms: forms{}}
	if m != nil {
		maps.Copy(more.forms, m.forms)
		more.patterns = m.patterns
	}
	reader := reader{forms: more.forms, done: map[task]bool{}}
	for _, secret := range secrets {
		reader.read(secret, true)
	}
	more.finder = newFinder(slices.Sorted(maps.Keys(more.forms)))
	return more
}

// reason is what is wrong with a pattern, without the pattern.
func reason(err error) string {
	var parse *syntax.Error
	if errors.As(err, &parse) {
		return parse.Code.String()
	}
	return err.Error()
}

// Text gives s with *** over everything that must not be shown, one for each stretch of it. Where that is
// nothing, it is s itself and not a copy.
func (m *Mask) Text(s string) string {
	if m == nil {
		return s
	}
	covered := m.finder.find(s)
	for _, re := range m.patterns {
		for _, match := range re.FindAllStringIndex(s, -1) {
			// One of nothing, as \b has, is left alone.
			if match[0] < match[1] {
				covered = append(covered, span{match[0], match[1]})
			}
		}
	}
	if len(covered) == 0 {
		return s
	}
	if len(m.patterns) > 0 {
		covered = merge(covered)
	}
	return cover(s, covered)
}

// span is a stretch of a text.
type span struct{ from, to int }

// merge puts spans in order, and those that overlap or touch into one.
func merge(all []span) (merged []span) {
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, next := range all {
		merged = add(merged, next)
	}
	return merged
}

// add appends a span that ends behind the last one, or begins in it, to spans that are merged.
func add(merged []span, next span) []span {
	for n := len(merged); n > 0 && merged[n-1].to >= next.from; n-- {
		next = span{min(merged[n-1].from, next.from), max(merged[n-1].to, next.to)}
		merged = merged[:n-1]
	}
	return append(merged, next)
}

func cover(s string, merged []span) string {
	var out strings.Builder
	size := len(s)
	for _, each := range merged {
		size += len(stars) - (each.to - each.from)
	}
	out.Grow(size)
	from := 0
	for _, each := range merged {
		out.WriteString(s[from:each.from])
		out.WriteString(stars)
		from = each.to
	}
	out.WriteString(s[from:])
	return out.String()
}
