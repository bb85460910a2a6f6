package comment

import (
	"regexp"
	"strings"

	"dagger/iac/report"
)

// GitHub colours a line of a diff by its first character, where Pulumi has indentation: its marks stand
// right before the text. So each line gets a gutter of two columns in front, as in any diff, which holds
// GitHub's character for the colour of Pulumi's mark, or is empty. The text itself stays as it is: without
// its first two columns the coloured diff is Pulumi's again. And as the gutter is ours, no text can
// colour itself.

// gutters are GitHub's green, red and orange, by Pulumi's mark. Reads and discards change nothing and have
// no colour.
var gutters = map[string]string{
	"+ ": "+ ", "++": "+ ", "= ": "+ ",
	"- ": "- ", "--": "- ",
	"~ ": "! ", "+-": "! ", "=>": "! ",
}

const noGutter = "  "

// A line of a resource's diff, by Pulumi's layout of four columns a level.
var (
	// outputs stands above the outputs of a resource or the stack, one level deeper than it.
	outputs = regexp.MustCompile(`^((?:    )*)    --outputs:--$`)
	// title is a property or an element of a list, with a mark two columns before a multiple of four.
	title = regexp.MustCompile(`^(?:    )*  (` + marks + `) *(\[\d+\]: |\S)`)
	// asset ends a line below which the text of an asset stands, or with an arrow in it the changes of one.
	asset = regexp.MustCompile(` asset\(text:[^) ]*\) \{$`)
)

// headerOf reads the first line of a resource: its mark stands at a multiple of four, before its type, and its operation in
// brackets behind. Any text may have very many lines, so no expression does this.
func headerOf(line string) (depth int, mark string, ok bool) {
	column := len(line) - len(strings.TrimLeft(line, " "))
	depth = column / 4 * 4
	if len(line) < depth+3 || column%4 != 0 && column%4 != 2 {
		return 0, "", false
	}
	mark = line[depth : depth+2]
	kind := line[depth+2:]
	if mark != noGutter && !isMark(mark) || !isLetter(kind[0]) {
		return 0, "", false
	}
	for rest := kind; ; {
		_, after, found := strings.Cut(rest, ": (")
		if !found {
			return 0, "", false
		}
		word, _, closed := strings.Cut(after, ")")
		if closed && operationNames[strings.TrimSuffix(word, "[retain]")] {
			return depth, mark, true
		}
		rest = after
	}
}

func isMark(mark string) bool {
	switch mark {
	case "+-", "++", "--", "=>", ">>", "<<":
		return true
	}
	return mark[1] == ' ' && strings.IndexByte("-+~=<>", mark[0]) >= 0
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

var operationNames = func() map[string]bool {
	names := map[string]bool{}
	for _, operation := range report.Operations() {
		names[string(operation)] = true
	}
	return names
}()

const marks = `[-+~=<>] |\+-|\+\+|--|=>|>>|<<`

// painter finds the marks of a diff, line by line. Its zero value is at the beginning of an output.
type painter struct {
	// inside is true below the first line of a resource, whose mark is in column depth.
	inside bool
	depth  int
	// floor is the column from which on a line belongs to a text of several lines, or 0 outside of one.
	// Such a text has its marks in one column, or none; all that is deeper is the text's own.
	floor, column int
}

// gutter gives the two columns to put before line.
func (p *painter) gutter(line string) string {
	column := len(line) - len(strings.TrimLeft(line, " "))
	if column == len(line) {
		return noGutter
	}
	if p.floor > 0 && column >= p.floor {
		return markAt(line, p.column)
	}
	p.floor = 0
	if depth, mark, ok := headerOf(line); ok {
		p.inside, p.depth = true, depth
		return colour(mark)
	}
	if at := outputs.FindStringSubmatch(line); at != nil {
		p.inside, p.depth = true, len(at[1])
		return noGutter
	}
	p.inside = p.inside && column > p.depth
	if !p.inside {
		return noGutter
	}
	return p.property(line, column)
}

// property gives the gutter of a line of a resource.
func (p *painter) property(line string, column int) string {
	at := title.FindStringSubmatchIndex(line)
	if at == nil {
		p.enter(line, column)
		return noGutter
	}
	p.enter(line, at[4])
	return colour(line[at[2]:at[3]])
}

// enter notes that a text of several lines stands below line, whose name or index is in column start.
func (p *painter) enter(line string, start int) {
	line = strings.TrimRight(line, " ")
	isAsset := asset.MatchString(line)
	if !isAsset && !strings.HasSuffix(line, ":") {
		return
	}
	if isAsset && !strings.Contains(line[strings.LastIndexByte(line, '('):], "->") {
		p.floor, p.column = start+4, -1
		return
	}
	p.column = start + 2
	if line[start] == '[' {
		p.column += 4
	}
	if isAsset {
		p.column += 4
	}
	p.floor = p.column
}

func markAt(line string, column int) string {
	if column < 0 || len(line) < column+2 {
		return noGutter
	}
	return colour(line[column : column+2])
}

func colour(mark string) string {
	if gutter, ok := gutters[mark]; ok {
		return gutter
	}
	return noGutter
}
