package report

import (
	"regexp"
	"strings"
)

// diff gives the part of the text that tells the changes. A run and the preview before it are told apart
// only when all is clear, and when the output is disputed, all that follows the first banner is given, so
// that nothing can be kept out of it.
func (s *scanner) diff() string {
	if s.first == nil && s.stackOp == "" && len(s.resources) == 0 {
		return ""
	}
	from, to := s.started, len(s.text)
	if s.settled {
		from = s.began
	}
	if s.summary.told && !s.disputed {
		to = s.summary.start
	}
	text := s.text[from:max(from, to)]
	if s.joined {
		text = withoutLog(text)
	}
	return strings.Trim(withoutTicks(text), "\n")
}

// ticks are the lines by which Pulumi says from time to time that it is still at work.
var ticks = regexp.MustCompile(`(?m)^@ (?:previewing update|updating|refreshing|destroying|importing)\.+\n?`)

// withoutTicks takes them out: how many there are depends on nothing but the time that it took.
func withoutTicks(text string) string {
	if !strings.HasPrefix(text, "@ ") && !strings.Contains(text, "\n@ ") {
		return text
	}
	return ticks.ReplaceAllString(text, "")
}

// withoutLog takes out of joined output what came from standard error: lines that are empty or have an
// empty one after them, as the lines that a program prints have, and the unindented lines of a
// diagnostic. It rather leaves a line of a log than take one of a diff, where Pulumi itself writes an
// empty line only after the change of a remediation and after a closed value.
func withoutLog(text string) string {
	var b strings.Builder
	kept := 0 // where the lines begin that are not written yet
	logged := false
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		logged = isLog(line, isGap(text, next), logged)
		if logged || line == "" {
			if b.Cap() == 0 {
				b.Grow(len(text))
			}
			b.WriteString(text[kept:pos])
			kept = next
		}
		pos = next
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// isLog reports whether a line came from a log: gap is whether an empty line follows, logged whether
// the line before was of a log.
func isLog(line string, gap, logged bool) bool {
	n := indentOf(line)
	if n == len(line) {
		return false
	}
	if severity(line) != "" {
		return true
	}
	// An indented line may be a property's, so it stays.
	return n == 0 && (gap || logged) && (!isOwn(line) || line == "Resources:")
}
