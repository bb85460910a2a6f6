// Package clean takes out of a text what would not be seen, or would make it look like another one.
package clean

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text gives s without
//
//   - escape codes of terminals, none of which hides anything in a later line,
//   - control characters (Unicode's Cc) except newline and tab. A carriage return does not become a
//     newline: a value may hold one, and must not begin a line with it,
//   - format characters (Cf): those that change the direction of writing, that have no width, byte order
//     marks, soft hyphens, tags; also the joiner in emoji, which fall apart into their parts,
//   - line and paragraph separators (Zl, Zp).
//
// Bytes that are not UTF-8 become U+FFFD. Clean text is given back as it is, without a copy.
func Text(s string) string {
	out, _ := UpTo(s, math.MaxInt)
	return out
}

// UpTo is Text, but stops before the result would be longer than limit bytes, and gives the part of s that
// it did not come to.
func UpTo(s string, limit int) (out, rest string) {
	if len(s) <= limit && isClean(s) {
		return s, ""
	}
	var b strings.Builder
	b.Grow(max(0, min(len(s), limit)))
	for i := 0; i < len(s); {
		if n := plain(s[i:]); n > 0 {
			n = min(n, max(0, limit-b.Len()))
			if n == 0 {
				return b.String(), s[i:]
			}
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		if s[i] == esc {
			i += escapeCode(s[i:])
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !invisible(r) {
			if b.Len()+utf8.RuneLen(r) > limit {
				return b.String(), s[i:]
			}
			b.WriteRune(r) // U+FFFD for a byte that is not UTF-8
		}
		i += size
	}
	return b.String(), ""
}

// colourTag is a colour as Pulumi writes it inside, before it becomes an escape code or nothing.
var colourTag = regexp.MustCompile(`<\{%(?:reset|bold|underline|[fb]g [0-9]+)%\}>`)

// Message is Text for a message of Pulumi's event log, which it also frees of the colour tags that stand
// there, such as <{%reset%}> and <{%fg 1%}>.
func Message(s string) string {
	s = Text(s)
	if !strings.Contains(s, "<{%") {
		return s
	}
	return colourTag.ReplaceAllString(s, "")
}

const esc = '\x1b'

// isPlain tells the bytes that stay as they are: printable ASCII, newlines and tabs, as nearly all text is.
var isPlain = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = true
	}
	is['\n'], is['\t'] = true, true
	return is
}()

// plain gives the length of the plain text at the beginning of s.
func plain(s string) int {
	for i := range len(s) {
		if !isPlain[s[i]] {
			return i
		}
	}
	return len(s)
}

func isClean(s string) bool {
	for i := 0; i < len(s); {
		if i += plain(s[i:]); i == len(s) {
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if invisible(r) || r == utf8.RuneError && size == 1 {
			return false
		}
		i += size
	}
	return true
}

func invisible(r rune) bool {
	if r <= '~' {
		return r < ' ' && r != '\n' && r != '\t'
	}
	// All others of Cc end at U+009F; Zl and Zp have one each.
	return r <= '\u009f' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cf, r)
}

// escapeCode gives the length of the escape code at the beginning of s. It looks no further than the next
// escape or the end of the line, so that nothing which was printed later can be hidden by one that is never
// closed, and that a text full of them is still read in one go.
func escapeCode(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[':
		return 2 + sequence(s[2:], '0', '?')
	case ']', 'P', 'X', '^', '_':
		end := strings.IndexAny(s[2:], "\n\a\x1b")
		if end < 0 || s[2+end] == '\n' {
			return 2
		}
		// The bell or ESC \ at the end is taken out as what it is.
		return 2 + end
	}
	return 1 + sequence(s[1:], ' ', '/')
}

// sequence gives the length of parameters (bytes between from and to), intermediate bytes and the byte
// that ends them.
func sequence(s string, from, to byte) int {
	for i := range len(s) {
		switch c := s[i]; {
		case from <= c && c <= to || ' ' <= c && c <= '/':
		case '0' <= c && c <= '~':
			return i + 1
		default:
			return i
		}
	}
	return len(s)
}
