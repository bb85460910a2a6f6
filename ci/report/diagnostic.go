package report

import "strings"

// diagnostics reads the warnings and errors from the log, which is standard error or everything, and from
// the block of diagnostics that the CLI prints when it was called without --diff. One that is told both
// by a preview and by the run after it is given once.
func diagnostics(log, out string, resources []Resource) []Diagnostic {
	d := diagnosis{seen: map[Diagnostic]bool{}, resources: resources}
	for pos := nextDiagnostic(log, 0); pos < len(log); {
		pos = nextDiagnostic(log, d.read(log, pos))
	}
	if _, block, ok := strings.Cut(out, "\nDiagnostics:\n"); ok {
		d.block(block)
	}
	return d.found
}

type diagnosis struct {
	found     []Diagnostic
	seen      map[Diagnostic]bool
	resources []Resource
	byURN     map[string]int
}

func (d *diagnosis) add(g Diagnostic) {
	g.Message = strings.TrimSpace(g.Message)
	if !d.seen[g] {
		d.seen[g] = true
		d.found = append(d.found, g)
	}
}

// nextDiagnostic gives the place of the first line from pos on that begins a warning or an error.
func nextDiagnostic(text string, pos int) int {
	for pos < len(text) {
		if severity(text[pos:]) != "" {
			return pos
		}
		_, pos = lineAt(text, pos)
	}
	return len(text)
}

func severity(line string) string {
	switch {
	case strings.HasPrefix(line, "error: "):
		return "error"
	case strings.HasPrefix(line, "warning: "):
		return "warning"
	}
	return ""
}

// read reads the diagnostic at pos and gives the place after it. Its message goes on in lines that are
// indented or empty, and in others as long as they follow without a gap: the lines that a program prints
// have an empty one after each.
func (d *diagnosis) read(text string, pos int) int {
	first, end := lineAt(text, pos)
	level := severity(first)
	gap := false
	for at := end; at < len(text); {
		line, next := lineAt(text, at)
		if line == "" {
			gap, at = true, next
			continue
		}
		if line[0] != ' ' && line[0] != '\t' && (gap || isGap(text, next)) || isOwn(line) {
			break
		}
		gap, at, end = false, next, next
	}
	g := Diagnostic{Severity: level, Message: text[pos+len(level)+len(": ") : end]}
	g.Type, g.Name = d.resource(first[len(level)+len(": "):])
	d.add(g)
	return end
}

func isGap(text string, pos int) bool {
	return pos < len(text) && text[pos] == '\n'
}

// isOwn reports whether a line is one of the diff, the summary or another diagnostic.
func isOwn(line string) bool {
	if severity(line) != "" || line == "Resources:" || line == "Diagnostics:" {
		return true
	}
	n := indentOf(line)
	if n%4 == 0 && line[n:] == "--outputs:--" {
		return true
	}
	_, resource := parseHeader(line, n)
	_, policy := parsePolicy(line, n)
	_, banner := parseBanner(line)
	return resource || policy || banner
}

// resource finds the resource that the first line of a diagnostic names in Pulumi's own way.
func (d *diagnosis) resource(line string) (typ, name string) {
	if len(line) > 2000 {
		return "", ""
	}
	if typ, rest, ok := strings.Cut(line, " resource '"); ok && !strings.Contains(typ, " ") {
		for _, end := range []string{"' has a problem: ", "': property "} {
			if name, _, ok := strings.Cut(rest, end); ok {
				return typ, name
			}
		}
	}
	if strings.Count(line, "urn:pulumi:") != 1 {
		return "", ""
	}
	for _, quote := range []string{"'", `"`, "`"} {
		_, rest, ok := strings.Cut(line, quote+"urn:pulumi:")
		text, _, closed := strings.Cut(rest, quote)
		if u, known := splitURN("urn:pulumi:" + text); ok && closed && known {
			return u.typ, u.name
		}
	}
	return d.known(line)
}

// known finds a URN without quotes. Its end is only certain when it is that of a resource in the diff.
func (d *diagnosis) known(line string) (typ, name string) {
	if d.byURN == nil {
		d.byURN = make(map[string]int, len(d.resources))
		for i, r := range d.resources {
			d.byURN[r.URN] = i
		}
	}
	_, urn, _ := strings.Cut(line, "urn:pulumi:")
	line = "urn:pulumi:" + urn
	for _, end := range []string{": ", " "} {
		text, _, _ := strings.Cut(line, end)
		if r, ok := d.byURN[strings.TrimSuffix(text, ":")]; ok {
			return d.resources[r].Type, d.resources[r].Name
		}
	}
	return "", ""
}

// block reads the lines below "Diagnostics:": "  type (name):", and deeper its messages.
func (d *diagnosis) block(text string) {
	var g Diagnostic
	start, end := 0, 0
	flush := func() {
		if g.Severity != "" {
			g.Message = text[start:end]
			d.add(g)
			g.Severity = ""
		}
	}
	defer flush()
	for pos := 0; pos < len(text); {
		line, next := lineAt(text, pos)
		n := indentOf(line)
		switch {
		case line == "":
		case n == 2:
			flush()
			typ, name, ok := strings.Cut(line[n:], " (")
			name, closed := strings.CutSuffix(name, "):")
			if !ok || !closed {
				return
			}
			g = Diagnostic{Type: typ, Name: name}
		case n < 4:
			return
		case n == 4 && severity(line[n:]) != "":
			flush()
			g.Severity = severity(line[n:])
			start, end = pos+n+len(g.Severity)+len(": "), next
		default:
			end = next
		}
		pos = next
	}
}
