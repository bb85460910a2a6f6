package clean

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"plain text", "a line\n\tand another", "a line\n\tand another"},
		{"letters of others", "Größe 大きさ 🦊 🔒 é", "Größe 大きさ 🦊 🔒 é"},
		{"colours", "\x1b[1;31mred\x1b[0m", "red"},
		{"a colour with many parameters", "\x1b[38;2;255;0;0mred\x1b[m", "red"},
		{"moving about", "a\x1b[2K\x1b[1;1Hb\x1b7c", "abc"},
		{"a private sequence", "\x1b[?25lx", "x"},
		{"a title", "\x1b]0;title\aa\x1b]2;title\x1b\\b", "ab"},
		{"a link", "\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"other control strings", "\x1bPq#1\x1b\\a\x1b^private\x1b\\b", "ab"},
		{"a string that is never closed", "a\x1b]0;title\nb", "a0;title\nb"},
		{"a string that is closed on another line", "a\x1b]0;title\nb\ac", "a0;title\nbc"},
		{"a string within a string", "\x1b]0;a\x1b[31mb", "b"},
		{"a character set", "a\x1b(Bb\x1b(0c", "abc"},
		{"one letter", "\x1bcab\x1b7c", "abc"},
		{"a sequence cut off", "a\x1b[31", "a"},
		{"a sequence without an end on its line", "a\x1b[31\nb", "a\nb"},
		{"an escape at the end", "a\x1b", "a"},
		{"an escape before a newline", "a\x1b\nb", "a\nb"},
		{"Windows line ends", "a\r\nb\r\n", "a\nb\n"},
		{"a carriage return alone begins no line", "a\rResources:", "aResources:"},
		{"control characters", "a\x00\x07\x08\x0b\x0c\x7fb", "ab"},
		{"control characters of Latin-1", "a\u009b31mb\u0085c", "a31mbc"},
		{"direction", "a\u202eb\u2066c\u2069\u200e\u200f\u061cd", "abcd"},
		{"no width", "a\u200b\u200c\u200d\u2060\ufeffb", "ab"},
		{"soft hyphen", "a\u00adb", "ab"},
		{"separators", "a\u2028b\u2029c", "abc"},
		{"tags", "a\U000e0041\U000e007fb", "ab"},
		{"not UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"colour tags are text", "<{%reset%}>", "<{%reset%}>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Text(test.text); got != test.want {
				t.Errorf("%q became %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestUpTo(t *testing.T) {
	for _, test := range []struct {
		text      string
		limit     int
		out, rest string
	}{
		{"abc", 3, "abc", ""},
		{"abc", 2, "ab", "c"},
		{"abc", 0, "", "abc"},
		{"abc", -1, "", "abc"},
		{"", -1, "", ""},
		{"aéb", 2, "a", "éb"},
		{"\x1b[31mab\x1b[0mcd", 3, "abc", "d"},
		{"ab\x00\x00", 2, "ab", ""},
		{"\xff\xff", 5, "\ufffd", "\xff"},
	} {
		if out, rest := UpTo(test.text, test.limit); out != test.out || rest != test.rest {
			t.Errorf("%q up to %d became %q and %q, want %q and %q", test.text, test.limit, out, rest, test.out, test.rest)
		}
	}
}

func TestMessage(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"plain", "plain"},
		{"<{%reset%}>a <{%fg 1%}><{%bold%}>b<{%reset%}>\n", "a b\n"},
		{"<{%bg 12%}>\x1b[1m<{%underline%}>a", "a"},
		{"<{%re\x1b[0mset%}>a", "a"},
		{"<{%fg%}> <{%name%}> <{%reset", "<{%fg%}> <{%name%}> <{%reset"},
	} {
		if got := Message(test.text); got != test.want {
			t.Errorf("%q became %q, want %q", test.text, got, test.want)
		}
	}
}

func TestCleanTextIsNotCopied(t *testing.T) {
	text := strings.Repeat("    + a: \"ü\"\n", 1000)
	for name, clean := range map[string]func(string) string{"Text": Text, "Message": Message} {
		if n := testing.AllocsPerRun(10, func() { clean(text) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestCleaningIsLinear(t *testing.T) {
	for _, piece := range []string{"\x1b", "\x1b]", "\x1b[", "\x1bP", "\x1b[1", "\u202e", "\xff", "a"} {
		start := time.Now()
		Text(strings.Repeat(piece, 2_000_000))
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q took %v", piece, took)
		}
	}
}

// hidden is what no clean text has.
var hidden = regexp.MustCompile(`[\p{Cf}\p{Zl}\p{Zp}\x00-\x08\x0b-\x1f\x7f-\x{9f}]`)

func FuzzText(f *testing.F) {
	f.Add("\x1b[31mred\x1b[0m", 3)
	f.Add("\x1b]0;title\a", 0)
	f.Add("a\u202eb\xff\r\n", 100)
	f.Add("<{%fg 1%}>a", 7)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		out := Text(text)
		if !utf8.ValidString(out) || hidden.MatchString(out) {
			t.Errorf("%q became %q", text, out)
		}
		if strings.Count(out, "\n") != strings.Count(text, "\n") {
			t.Errorf("%q became %q, with another number of lines", text, out)
		}
		if again := Text(out); again != out {
			t.Errorf("%q became %q and then %q", text, out, again)
		}
		if message := Message(text); !utf8.ValidString(message) || hidden.MatchString(message) {
			t.Errorf("the message %q became %q", text, message)
		}
		begin, rest := UpTo(text, limit)
		if len(begin) > max(limit, 0) || !strings.HasPrefix(out, begin) || !strings.HasSuffix(text, rest) {
			t.Errorf("%q up to %d became %q and %q", text, limit, begin, rest)
		}
	})
}

func BenchmarkText100MB(b *testing.B) {
	for name, line := range map[string]string{
		"ASCII":   "    + aws:s3/bucket:Bucket: (create)\n        name: \"a name that is quite long\"\n",
		"letters": "    + größe: \"大きさ\"\n",
		"colours": "    \x1b[32m+ aws:s3/bucket:Bucket: (create)\x1b[0m\n",
	} {
		text := strings.Repeat(line, 100_000_000/len(line))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Text(text)
			}
		})
	}
}
