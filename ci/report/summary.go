package report

import (
	"strconv"
	"strings"
	"time"
)

// summary is a block that begins with "Resources:".
type summary struct {
	// told is true when there is one, start is where.
	told      bool
	start     int
	counts    []Count
	numbers   numbers
	unchanged int
	errored   int
	duration  time.Duration
	timed     bool
	// planned and done tell which of the two ways the counts were written in.
	planned, done bool
	// empty is true for a heading with nothing below it.
	empty bool
	// clear is false for a block that looks like a summary but is none that is understood.
	clear bool
}

// parseSummary reads the block whose heading ends at pos, and gives the place after it.
func parseSummary(text string, start, pos int) (s summary, end int) {
	s = summary{told: true, start: start, empty: true, clear: true}
	total := 0
	// The parts of a summary come in this order, so that no line logged after it goes on with it.
	for part := counts; pos < len(text); {
		line, next := lineAt(text, pos)
		line, found := strings.CutPrefix(line, "    ")
		if !found || !looksCounted(line) {
			// A count that was masked is not known, and those around it say too little.
			s.clear = s.clear && (!found || !strings.Contains(line, "***"))
			break
		}
		cut := next == len(text) && text[next-1] != '\n' && !isComplete(line)
		line = plain(line)
		n, word, ok := cutNumber(line)
		switch {
		case ok && word == "errored" && part < ended:
			s.errored, part = n, ended
		case ok && part < totals:
			total, s.unchanged, ok = parseTotal(line)
			s.clear, part = s.clear && ok, totals
		case !ok && part == counts:
			s.clear = s.count(line) && s.clear
		default:
			s.check(total)
			return s, s.after(text, pos)
		}
		s.empty, s.clear = false, s.clear && !cut
		pos = next
	}
	s.check(total)
	return s, s.after(text, pos)
}

// The parts of a summary.
const (
	counts = iota
	totals
	ended
)

// check compares the counts with their sum. Pulumi sums up two kinds of changes or more; where it did
// not, the end is missing.
func (s *summary) check(total int) {
	sum := 0
	for _, c := range s.counts {
		sum += c.Number
	}
	if (total > 0) != (len(s.counts) > 1) || total > 0 && total != sum || s.planned && s.done {
		s.clear = false
	}
}

// count reads "+ 2 to create" and "+-1 replaced".
func (s *summary) count(line string) bool {
	if len(line) < 2 {
		return false
	}
	mark := line[:2]
	n, word, ok := cutNumber(line[2:])
	word, planned := strings.CutPrefix(word, "to ")
	for i, o := range operations {
		if !ok || o.mark != mark || planned && word != string(o.op) || !planned && word != o.done {
			continue
		}
		if s.numbers[i] > 0 || n == 0 {
			return false
		}
		s.numbers[i] = n
		s.counts = append(s.counts, Count{o.op, n})
		s.planned, s.done = s.planned || planned, s.done || !planned
		return true
	}
	return false
}

// after reads what follows the counts: the policy packs and the duration.
func (s *summary) after(text string, pos int) int {
	for at := pos; at < len(text); {
		line, next := lineAt(text, at)
		duration, found := strings.CutPrefix(line, "Duration: ")
		switch {
		case found:
			d, err := time.ParseDuration(duration)
			if s.timed = err == nil && d >= 0; s.timed {
				s.duration = d
			}
			return next
		case line != "" && line != "Policy Packs run:" && !strings.HasPrefix(line, "    "):
			return pos
		}
		at = next
	}
	return pos
}

// looksCounted reports whether a line, without its indentation, is a number or a mark and a number.
func looksCounted(line string) bool {
	if len(line) > 200 {
		return false
	}
	line = plain(line)
	if isDigit(line, 0) {
		return true
	}
	return len(line) > 2 && isDigit(line, 2) && strings.IndexByte("+-~=<> ", line[0]) >= 0 &&
		strings.IndexByte("+-~=<> ", line[1]) >= 0
}

// isComplete reports whether the last line of a text that was cut off ends in a whole word.
func isComplete(line string) bool {
	line = plain(line)
	if strings.HasSuffix(line, " unchanged") || strings.HasSuffix(line, " errored") || strings.HasSuffix(line, " changes") {
		return true
	}
	for _, o := range operations {
		if strings.HasSuffix(line, " to "+string(o.op)) || strings.HasSuffix(line, " "+o.done) {
			return true
		}
	}
	return false
}

// parseTotal reads "3 changes. 5 unchanged" and each half of it alone.
func parseTotal(line string) (total, unchanged int, ok bool) {
	for i, part := range strings.Split(line, ". ") {
		n, word, isNumber := cutNumber(part)
		switch {
		case isNumber && i == 0 && (word == "changes" || word == "change"):
			total = n
		case isNumber && word == "unchanged" && i < 2 && (i == 0 || total > 0):
			unchanged = n
		default:
			return 0, 0, false
		}
	}
	return total, unchanged, true
}

// plain takes out colours that the CLI forgot to translate: it does with the number of errors, even
// without colours.
func plain(line string) string {
	for strings.HasPrefix(line, "<{%") {
		_, rest, ok := strings.Cut(line, "%}>")
		if !ok {
			return line
		}
		line = rest
	}
	if i := strings.Index(line, "<{%"); i >= 0 && strings.HasSuffix(line, "%}>") {
		line = line[:i]
	}
	return line
}

func cutNumber(s string) (n int, word string, ok bool) {
	digits, word, ok := strings.Cut(s, " ")
	if !ok || len(digits) > 9 || !isDigit(digits, 0) {
		return 0, "", false
	}
	n, err := strconv.Atoi(digits)
	return n, word, err == nil
}

func isDigit(s string, i int) bool {
	return i < len(s) && '0' <= s[i] && s[i] <= '9'
}
