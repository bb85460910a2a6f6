package comment

import "strings"

// part is a piece of a diff: the lines of one resource, or what stands before the first one.
type part struct {
	text  string
	lines int
	// urn is that of the resource whose piece it is, empty for none.
	urn string
	// loss is true for one that is deleted or replaced.
	loss bool
}

// splitParts cuts a diff before the first line of each resource, and marks those of losses.
func splitParts(text string, losses map[string]bool) []part {
	var out []part
	start, lines, header := 0, 0, false
	end := func(at int) {
		if at > start {
			p := part{text: strings.TrimSuffix(text[start:at], "\n"), lines: lines}
			if header {
				p.urn = whose(p.text)
				p.loss = losses[p.urn]
			}
			out = append(out, p)
			start, lines = at, 0
		}
	}
	for at := 0; at < len(text); lines++ {
		line, next := lineAt(text, at)
		if isHeader(line) {
			end(at)
			header = true
		}
		at = next
	}
	end(len(text))
	return out
}

// whose gives the URN below the first line of a piece that begins as a resource's does, or nothing where it is none.
func whose(text string) string {
	_, at := lineAt(text, 0)
	for range 2 {
		var line string
		line, at = lineAt(text, at)
		urn, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "[urn=")
		urn, closed := strings.CutSuffix(urn, "]")
		if ok && closed {
			return urn
		}
	}
	return ""
}

// bytes is what a part takes with the gutters.
func (p part) bytes() int { return len(p.text) + gutterBytes*p.lines + 1 }

// choose takes as much of a diff as fits into so many bytes: first what is deleted or replaced, then the rest, each in
// its order. A part that has no lines then is left out.
func choose(parts []part, bytes int) []excerpt {
	out := make([]excerpt, len(parts))
	others := 0
	for _, p := range parts {
		others += p.bytes()
	}
	for _, losses := range []bool{true, false} {
		for i, p := range parts {
			if p.loss != losses {
				continue
			}
			others -= p.bytes()
			// One long resource does not keep all others out.
			room := max(bytes/2, bytes-others)
			if p.bytes() > room && room < leastFold {
				break
			}
			out[i] = cut(p.text, p.lines, room)
			for _, lines := range [][]string{out[i].head, out[i].tail} {
				for _, line := range lines {
					bytes -= len(line) + gutterBytes
				}
			}
		}
	}
	return out
}

// paint writes what was chosen of the parts in colour, with a line for each gap.
func paint(parts []part, chosen []excerpt) string {
	var out strings.Builder
	var painter painter
	resources, lines := 0, 0
	gap := func() {
		if lines > 0 {
			// No other line can begin like this: the gutter stands before it.
			out.WriteString("@@ " + leftOut(resources, lines) + " left out @@\n")
			painter.lost()
		}
		resources, lines = 0, 0
	}
	for i, p := range parts {
		if len(chosen[i].head)+len(chosen[i].tail) == 0 {
			lines += p.lines
			if p.urn != "" {
				resources++
			}
			continue
		}
		gap()
		for _, line := range chosen[i].head {
			out.WriteString(painter.gutter(line) + line + "\n")
		}
		before := painter
		lines = chosen[i].left()
		gap()
		painter = before
		painter.pass(chosen[i].skipped)
		for _, line := range chosen[i].tail {
			out.WriteString(painter.gutter(line) + line + "\n")
		}
	}
	gap()
	return out.String()
}

// pass moves the painter over lines that are not shown. Over very many it loses its way, and what comes has no colour.
func (p *painter) pass(lines string) {
	const longest = 1 << 18
	if len(lines) > longest {
		p.lost()
		return
	}
	for line := range strings.Lines(lines) {
		p.gutter(strings.TrimSuffix(line, "\n"))
	}
}

// lost says that lines are missing which the painter has not seen.
func (p *painter) lost() { *p = painter{} }

// leftOut counts what is left out.
func leftOut(resources, lines int) string {
	if resources == 0 {
		return plural(lines, "line")
	}
	return plural(resources, "resource") + " (" + plural(lines, "line") + ")"
}
