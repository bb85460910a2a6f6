package report

import (
	"strings"
	"unicode/utf8"
)

// clean takes out escape codes and all control characters but tab and newline, and writes bytes that
// are not UTF-8 as U+FFFD. A lone carriage return is taken out too, not made a newline: a value may hold
// one, and must not begin a line with it. Clean text is given back as it is, without a copy.
func clean(s string) string {
	i := firstDirty(s)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 2*countInvalid(s[i:]))
	b.WriteString(s[:i])
	e := escapes{text: s}
	for i < len(s) {
		if j := printable(s, i); j > i {
			b.WriteString(s[i:j])
			i = j
			continue
		}
		if s[i] == 0x1b {
			i = e.skip(i)
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isControl(r) {
			b.WriteRune(r) // U+FFFD for a byte that is not UTF-8
		}
		i += size
	}
	return b.String()
}

// firstDirty gives the place of the first byte that clean has something to do with, or -1.
func firstDirty(s string) int {
	for i := 0; i < len(s); {
		if i = printable(s, i); i == len(s) {
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if isControl(r) || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// printable gives the end of the run of ASCII from i on that stays as it is.
func printable(s string, i int) int {
	for i < len(s) && (' ' <= s[i] && s[i] <= '~' || s[i] == '\n' || s[i] == '\t') {
		i++
	}
	return i
}

func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0
}

func countInvalid(s string) int {
	if utf8.ValidString(s) {
		return 0
	}
	n := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			n++
		}
		i += size
	}
	return n
}

// escapes finds the ends of escape codes. None goes past the end of its line, so that nothing which was
// printed later can be hidden by one that is never closed.
type escapes struct {
	text string
	// open is the end of a line for which it is known that no string is closed in the rest of it.
	open int
}

// skip gives the end of the escape code at i.
func (e *escapes) skip(i int) int {
	if i++; i == len(e.text) {
		return i
	}
	switch c := e.text[i]; {
	case c == '[':
		return e.control(i + 1)
	case strings.IndexByte("]PX^_", c) >= 0:
		return e.string(i + 1)
	case ' ' <= c && c <= '/':
		return e.control(i)
	case '0' <= c && c <= '~':
		return i + 1
	}
	return i
}

// control skips parameters, intermediate bytes and the final byte of a control sequence.
func (e *escapes) control(i int) int {
	for i < len(e.text) && ' ' <= e.text[i] && e.text[i] <= '?' {
		i++
	}
	if i < len(e.text) && '@' <= e.text[i] && e.text[i] <= '~' {
		i++
	}
	return i
}

// string skips to the end of a control string, such as a title or a link. One that is not closed on its
// line has only its beginning taken out.
func (e *escapes) string(i int) int {
	if i < e.open {
		return i
	}
	for j := i; j < len(e.text) && e.text[j] != '\n'; j++ {
		switch {
		case e.text[j] == '\a':
			return j + 1
		case e.text[j] == 0x1b && j+1 < len(e.text) && e.text[j+1] == '\\':
			return j + 2
		case e.text[j] == 0x1b:
			return j
		}
	}
	e.open = len(e.text)
	if n := strings.IndexByte(e.text[i:], '\n'); n >= 0 {
		e.open = i + n
	}
	return i
}
