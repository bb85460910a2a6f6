package comment

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean gives text without what would not be seen, or would make it look like another text:
//
//   - escape sequences of terminals (CSI, OSC, DCS and the like, each up to the end of its line),
//   - control characters (Unicode's Cc) except newline and tab,
//   - format characters (Unicode's Cf): those that change the direction of writing, zero-width ones and
//     byte order marks, soft hyphens, tags; also the joiner in emoji, which fall apart into their parts,
//   - line and paragraph separators (Zl, Zp).
//
// Bytes that are not UTF-8 become U+FFFD.
func Clean(text string) string {
	out, _ := cleanUpTo(text, 3*len(text))
	return out
}

// cleanUpTo is Clean, but stops before the result would be longer than limit bytes, and gives the part
// of the text that it did not come to.
func cleanUpTo(text string, limit int) (out, rest string) {
	if len(text) <= limit && isPlain(text) {
		return text, ""
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] == '\x1b' {
			i += escape(text[i:])
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !invisible(r) {
			if b.Len()+utf8.RuneLen(r) > limit {
				return b.String(), text[i:]
			}
			b.WriteRune(r)
		}
		i += size
	}
	return b.String(), ""
}

// isPlain reports whether text is printable ASCII with newlines and tabs, as nearly all text is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\n' && c != '\t' || c > '~' {
			return false
		}
	}
	return true
}

func invisible(r rune) bool {
	if r == '\n' || r == '\t' || ' ' <= r && r <= '~' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// escape gives the length of the escape sequence at the beginning of text. It looks no further than the
// next escape or the end of the line, so that a text full of them is still read in one go.
func escape(text string) int {
	if len(text) < 2 {
		return 1
	}
	switch text[1] {
	case '[':
		return 2 + sequence(text[2:], 0x30, 0x3f)
	case ']', 'P', 'X', '^', '_':
		end := strings.IndexAny(text[2:], "\n\a\x1b")
		if end < 0 || text[2+end] == '\n' {
			return 2
		}
		// The bell or ESC \ at the end is taken out as what it is.
		return 2 + end
	}
	return 1 + sequence(text[1:], 0x20, 0x2f)
}

// sequence gives the length of parameters (bytes between from and to), intermediate bytes and the byte
// that ends them.
func sequence(text string, from, to byte) int {
	for i := range len(text) {
		switch c := text[i]; {
		case from <= c && c <= to || 0x20 <= c && c <= 0x2f:
		case 0x30 <= c && c <= 0x7e:
			return i + 1
		default:
			return i
		}
	}
	return len(text)
}
