package comment

import (
	"slices"
	"strings"
	"unicode/utf8"

	"dagger/iac/clean"
)

// kept is what is shown of a text: lines from its beginning and, where it was too long, from its end.
type kept struct {
	text       string
	head, tail []string
	// left is the number of lines between the two, and tailAt where the tail begins in the text.
	left, tailAt int
}

// atMost is how many times more bytes than may be shown of a line are read of it, for what clean takes out.
const atMost = 16

// gutterBytes is what a line takes beside its own text: the gutter and its end.
const gutterBytes = len(noGutter) + 1

// keep cuts text between lines, to at most this many lines and bytes with the gutters, leaving out what
// stands in the middle. A line that is too long by itself is cut too, between characters, and says so.
// The lines are clean. Of what is left out only the lines are counted.
func keep(text string, lines, bytes int) kept {
	text = strings.Trim(text, "\r\n")
	if head, end := first(text, lines, bytes, bytes-gutterBytes); end == len(text) {
		return kept{text: text, head: head, tailAt: end}
	}
	head, end := first(text, lines-lines/2, bytes/2, bytes/4)
	tail, tailAt := last(text, end, lines/2, bytes/2, bytes/4)
	return kept{text: text, head: head, tail: tail, left: strings.Count(text[end:tailAt], "\n"), tailAt: tailAt}
}

// first gives lines from the beginning of text, and where the next one begins.
func first(text string, lines, bytes, longest int) (out []string, end int) {
	for end < len(text) && len(out) < lines {
		line, _, more := strings.Cut(text[end:], "\n")
		short := shorten(line, longest)
		bytes -= len(short) + gutterBytes
		if bytes < 0 {
			break
		}
		out = append(out, short)
		end += len(line)
		if more {
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

// plain gives what is kept of a text without colour.
func (k kept) plain() string {
	lines := k.head
	if k.left > 0 {
		lines = append(lines, "[… "+plural(k.left, "line")+" left out …]")
	}
	return strings.Join(append(lines, k.tail...), "\n")
}

// diff gives what is kept of a diff in colour.
func (k kept) diff() string {
	var out strings.Builder
	var p painter
	for _, line := range k.head {
		out.WriteString(p.gutter(line) + line + "\n")
	}
	if k.left > 0 {
		// No other line can begin like this: the gutter stands before it.
		out.WriteString("@@ " + plural(k.left, "line") + " left out @@\n")
	}
	p = painterAt(k.text, k.tailAt)
	for _, line := range k.tail {
		out.WriteString(p.gutter(line) + line + "\n")
	}
	return out.String()
}

// painterAt gives a painter for the line that begins at end: one that has read the diff from the first line
// of the resource on that it is in. If that is too far away, the lines up to the next resource have no colour.
func painterAt(text string, end int) painter {
	const lookBack, longest = 1 << 18, 1 << 10
	from := max(0, end-lookBack)
	for at := end; at > from; {
		begin := from + strings.LastIndexByte(text[from:at-1], '\n') + 1
		if line := text[begin : at-1]; len(line) < longest && (header.MatchString(line) || outputs.MatchString(line)) {
			return painterFrom(text[begin:end])
		}
		at = begin
	}
	return painter{}
}

func painterFrom(text string) painter {
	var p painter
	for line := range strings.Lines(text) {
		p.gutter(strings.TrimSuffix(line, "\n"))
	}
	return p
}
