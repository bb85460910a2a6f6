package comment

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "a line\n\tand another", "a line\n\tand another"},
		{"letters of others", "Größe 大きさ 🦊 é", "Größe 大きさ 🦊 é"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"cursor", "a\x1b[2K\x1b[1Gb\x1b7c", "abc"},
		{"title, bell", "a\x1b]0;title\ab", "ab"},
		{"link", "\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"title without end", "a\x1b]0;title\nb", "a0;title\nb"},
		{"device control", "a\x1bPq#1\x1b\\b", "ab"},
		{"character set", "a\x1b(Bb", "ab"},
		{"escape at the end", "a\x1b", "a"},
		{"sequence at the end of a line", "a\x1b[31\nb", "a\nb"},
		{"carriage return", "a\r\nb\rc", "a\nbc"},
		{"control characters", "a\x00\x07\x08\x0b\x0c\x7f\u0085\u009bb", "ab"},
		{"direction", "a\u202eb\u2066c\u2069\u200e\u200f\u061cd", "abcd"},
		{"zero width", "a\u200b\u200c\u200d\u2060\ufeffb", "ab"},
		{"soft hyphen", "a\u00adb", "ab"},
		{"separators", "a\u2028b\u2029c", "abc"},
		{"tags", "a\U000e0041\U000e007fb", "ab"},
		{"not UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
	} {
		if got := Clean(test.text); got != test.want {
			t.Errorf("%s: %q became %q, want %q", test.name, test.text, got, test.want)
		}
	}
}

func TestCleaningIsLinear(t *testing.T) {
	for _, piece := range []string{"\x1b", "\x1b]", "\x1b[", "\x1bP", "\x1b[1", "\u202e", "\xff", "a"} {
		start := time.Now()
		Clean(strings.Repeat(piece, 2_000_000))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q took %v", piece, took)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[31mred\x1b[0m", 3)
	f.Add("\x1b]0;title\a", 0)
	f.Add("a\u202eb\xff\r\n", 100)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		out := Clean(text)
		if !utf8.ValidString(out) || strings.ContainsFunc(out, invisible) {
			t.Errorf("%q became %q", text, out)
		}
		if again := Clean(out); again != out {
			t.Errorf("%q became %q and then %q", text, out, again)
		}
		begin, rest := cleanUpTo(text, limit)
		if len(begin) > max(limit, 0) || !strings.HasPrefix(out, begin) || !strings.HasSuffix(text, rest) {
			t.Errorf("%q up to %d became %q and %q", text, limit, begin, rest)
		}
	})
}
