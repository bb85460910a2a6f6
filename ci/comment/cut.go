package comment

import (
	"slices"
	"strings"
	"unicode/utf8"

	"dagger/iac/clean"
)

// excerpt is what is shown of a text: lines from its beginning and, where it was too long, from its end.
type excerpt struct {
	head, tail []string
	// skipped is what stands between the two.
	skipped string
}

// left is the number of lines that are left out.
func (e excerpt) left() int { return strings.Count(e.skipped, "\n") }

// atMost is how many times more bytes than may be shown of a line are read of it, for what clean takes out.
const atMost = 16

// gutterBytes is what a line takes beside its own text: the gutter and its end.
const gutterBytes = len(noGutter) + 1

// shortened cuts text between lines, to at most this many lines and bytes with the gutters, leaving out what
// stands in the middle. A line that is too long by itself is cut too, between characters, and says so.
// The lines are clean. Of what is left out only the lines are counted.
func shortened(text string, lines, bytes int) excerpt {
	return cut(strings.Trim(text, "\r\n"), lines, bytes)
}

// cut is shortened, but keeps empty lines at both ends.
func cut(text string, lines, bytes int) excerpt {
	if head, end := first(text, lines, bytes, bytes-gutterBytes); end == len(text) {
		return excerpt{head: head}
	}
	head, end := first(text, lines-lines/2, bytes/2, bytes/4)
	tail, tailAt := last(text, end, lines/2, bytes/2, bytes/4)
	return excerpt{head: head, tail: tail, skipped: text[end:tailAt]}
}

// first gives lines from the beginning of text, and where the next one begins.
func first(text string, lines, bytes, longest int) (out []string, end int) {
	for more := text != ""; more && len(out) < lines; {
		line, _, follows := strings.Cut(text[end:], "\n")
		short := shorten(line, longest)
		bytes -= len(short) + gutterBytes
		if bytes < 0 {
			break
		}
		out = append(out, short)
		end += len(line)
		if more = follows; more {
			end++
		}
	}
	return out, end
}

// last gives lines from the end of text, but none before from, and where the first of them begins.
func last(text string, from, lines, bytes, longest int) (out []string, start int) {
	start = len(text)
	for end := start; end > from && len(out) < lines; end = start - 1 {
		begin := from + strings.LastIndexByte(text[from:end], '\n') + 1
		short := shorten(text[begin:end], longest)
		bytes -= len(short) + gutterBytes
		if bytes < 0 {
			break
		}
		out = append(out, short)
		start = begin
	}
	slices.Reverse(out)
	return out, start
}

// shorten gives a line, clean, in at most longest bytes.
func shorten(line string, longest int) string {
	// Room for the note at the end.
	const note = 60
	begin := upTo(line, atMost*longest)
	if out, rest := clean.UpTo(begin, longest); rest == "" && len(begin) == len(line) {
		return out
	}
	out, rest := clean.UpTo(begin, longest-note)
	left := len(line) - len(begin) + len(rest)
	return out + " … " + number(left) + " bytes of this line left out"
}

// upTo gives the beginning of text, in at most n bytes, cut between characters.
func upTo(text string, n int) string {
	if len(text) <= n {
		return text
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// plain gives the excerpt as a text, with a line that says how many are left out.
func (e excerpt) plain() string {
	lines := e.head
	if left := e.left(); left > 0 {
		lines = append(lines, "[… "+plural(left, "line")+" left out …]")
	}
	return strings.Join(append(lines, e.tail...), "\n")
}
