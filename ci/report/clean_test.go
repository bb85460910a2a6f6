package report

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"plain text", "a\tb\nüñ🔒\n", "a\tb\nüñ🔒\n"},
		{"colours", "\x1b[31mred\x1b[0m", "red"},
		{"a colour with many parameters", "\x1b[38;2;255;0;0mred\x1b[m", "red"},
		{"moving about", "a\x1b[2Kb\x1b[1;1Hc", "abc"},
		{"a private sequence", "\x1b[?25lx", "x"},
		{"a title", "\x1b]0;title\aa\x1b]2;title\x1b\\b", "ab"},
		{"a link", "\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\", "text"},
		{"another control string", "\x1bPdevice\x1b\\a\x1b^private\x1b\\b", "ab"},
		{"a string that is never closed", "a\x1b]0;title\nb", "a0;title\nb"},
		{"a string that is closed on another line", "a\x1b]0;title\nb\ac", "a0;title\nbc"},
		{"a string within a string", "\x1b]0;a\x1b[31mb", "b"},
		{"a character set", "\x1b(Ba", "a"},
		{"one letter", "\x1bcab\x1b7c", "abc"},
		{"a sequence cut off", "a\x1b[31", "a"},
		{"a sequence with no end on its line", "a\x1b[31\nb", "a\nb"},
		{"an escape at the end", "a\x1b", "a"},
		{"an escape before a newline", "a\x1b\nb", "a\nb"},
		{"Windows line ends", "a\r\nb\r\n", "a\nb\n"},
		{"a carriage return alone begins no line", "a\rResources:", "aResources:"},
		{"control characters", "a\x00b\bc\x7fd", "abcd"},
		{"control characters of Latin-1", "a\u009b31mb\u0085c", "a31mbc"},
		{"bytes that are not UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := clean(test.in)
			if got != test.want {
				t.Errorf("%q: %q, want %q", test.in, got, test.want)
			}
			if again := clean(got); again != got {
				t.Errorf("%q is cleaned again to %q", got, again)
			}
		})
	}
}

func TestCleanTextIsNotCopied(t *testing.T) {
	text := strings.Repeat("    + a: \"ü\"\n", 1000)
	if n := testing.AllocsPerRun(10, func() { clean(text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEscapesAndLineEndsChangeNothing(t *testing.T) {
	want := Parse(Run{Stdout: preview})
	coloured := strings.NewReplacer("\n", "\x1b[0m\r\n\x1b[1m").Replace(preview)
	equal(t, Parse(Run{Stdout: coloured}), want)
}
