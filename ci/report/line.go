package report

import (
	"strings"
	"unicode"
)

// operations are all of Pulumi's, with the mark and the words that the CLI writes for each.
var operations = [...]struct {
	op   Operation
	mark string
	done string
	// inner is true for those that the summary leaves out, or counts only some of.
	inner bool
}{
	{Create, "+ ", "created", false},
	{Update, "~ ", "updated", false},
	{Delete, "- ", "deleted", false},
	{Replace, "+-", "replaced", false},
	{Import, "= ", "imported", false},
	{CreateReplacement, "++", "create-replacementd", true},
	{DeleteReplaced, "--", "deleted", true},
	{ImportReplacement, "=>", "imported", true},
	{DiscardReplaced, "<<", "discarded", true},
	{Discard, "< ", "discarded", true},
	{Read, "> ", "read", true},
	{ReadReplacement, ">>", "read-replacementd", true},
	{Refresh, "~ ", "refreshed", true},
	{RemovePending, "~ ", "remove-pending-replaced", true},
	{Same, "  ", "samed", true},
}

// numbers holds a number for each of operations.
type numbers [len(operations)]int

// lineAt gives the line at pos without its newline, and where the next one begins.
func lineAt(text string, pos int) (line string, next int) {
	if n := strings.IndexByte(text[pos:], '\n'); n >= 0 {
		return text[pos : pos+n], pos + n + 1
	}
	return text[pos:], len(text)
}

func indentOf(line string) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

// header is the first line of a resource: its mark, type and operation at its depth.
type header struct {
	depth    int
	op       int // index of operations
	typ      string
	retained bool
}

// parseHeader reads "    +-aws:s3/bucket:Bucket: (replace)". n is the indentation of the line.
func parseHeader(line string, n int) (h header, ok bool) {
	rest := strings.TrimSuffix(strings.TrimSuffix(line, " 🔒"), " 🔓")
	if !strings.HasSuffix(rest, ")") || len(rest) < n+2 {
		return h, false
	}
	mark := "  "
	switch n % 4 {
	case 0:
		mark, rest = rest[n:n+2], rest[n+2:]
	case 2:
		rest, n = rest[n:], n-2
	default:
		return h, false
	}
	word := strings.LastIndex(rest, ": (")
	if word <= 0 || rest[0] == ' ' {
		return h, false
	}
	h.depth, h.typ = n/4, rest[:word]
	name, retained := strings.CutSuffix(rest[word+3:len(rest)-1], "[retain]")
	h.retained = retained
	for i, o := range operations {
		if o.mark == mark && string(o.op) == name {
			h.op = i
			return h, true
		}
	}
	return h, false
}

// urn is a resource's URN: urn:pulumi:stack::project::parent$type::name.
type urn struct {
	text, stack, typ, name string
}

// parseURN reads the URN of a resource whose type is known. A type may itself have "::" in it.
func parseURN(text, typ string) (u urn, ok bool) {
	stack, types, ok := cutURN(text)
	for at := 0; ok; {
		i := strings.Index(types[at:], typ)
		if i < 0 {
			break
		}
		begin := at + i
		name, found := strings.CutPrefix(types[begin+len(typ):], "::")
		if found && (begin == 0 || types[begin-1] == '$') {
			return urn{text, stack, typ, name}, true
		}
		at = begin + len(typ)
	}
	return u, false
}

// splitURN reads a URN whose type is not known from elsewhere.
func splitURN(text string) (u urn, ok bool) {
	stack, types, ok := cutURN(text)
	types, name, found := strings.Cut(types, "::")
	typ := types[strings.LastIndexByte(types, '$')+1:]
	return urn{text, stack, typ, name}, ok && found && strings.Count(typ, ":") == 2
}

// cutURN gives the stack of a URN, and its types and name.
func cutURN(text string) (stack, types string, ok bool) {
	rest, ok := strings.CutPrefix(text, "urn:pulumi:")
	stack, rest, ok1 := strings.Cut(rest, "::")
	_, types, ok2 := strings.Cut(rest, "::")
	return stack, types, ok && ok1 && ok2
}

// banner is the line with which a preview or a run begins.
type banner struct {
	preview bool
	verb    string
	stack   string
	// cloud is true for Pulumi Cloud, where a link may follow.
	cloud bool
}

// parseBanner reads "Previewing update (dev):", or without a colon on Pulumi Cloud.
func parseBanner(line string) (b banner, ok bool) {
	verb, rest, found := strings.Cut(line, " (")
	if !found || !strings.HasSuffix(verb, "ing") && !strings.HasPrefix(verb, "Previewing ") {
		return b, false
	}
	rest, colon := strings.CutSuffix(rest, ":")
	if !strings.HasSuffix(rest, ")") {
		return b, false
	}
	verb, preview := strings.CutPrefix(verb, "Previewing")
	verb = strings.TrimPrefix(verb, " ")
	switch verb {
	case "":
		verb = "update"
	case "update", "refresh", "destroy", "import", "stack import":
	case "Updating", "Refreshing", "Destroying", "Importing":
		if preview {
			return b, false
		}
		verb = map[string]string{"Updating": "update", "Refreshing": "refresh",
			"Destroying": "destroy", "Importing": "import"}[verb]
	default:
		return b, false
	}
	stack := rest[:len(rest)-1]
	return banner{preview, verb, stack, !colon}, stack != ""
}

// name is the stack's name as URNs have it.
func (b banner) name() string {
	return b.stack[strings.LastIndexByte(b.stack, '/')+1:]
}

// follows reports whether b can begin the run after the preview a.
func (b banner) follows(a banner) bool {
	return a.preview && !b.preview && a.verb == b.verb && a.stack == b.stack && a.cloud == b.cloud
}

// parsePolicy reads "    pack@v1.0.0 [mandatory] [severity: high]  policy  (type: name)message".
func parsePolicy(line string, n int) (p Policy, ok bool) {
	if n != 4 {
		return p, false
	}
	pack, rest, ok := strings.Cut(line[n:], "@v")
	version, rest, ok1 := strings.Cut(rest, " [")
	level, rest, ok2 := strings.Cut(rest, "]")
	if !ok || !ok1 || !ok2 || strings.Contains(pack, " ") || strings.Contains(version, " ") {
		return p, false
	}
	switch level {
	case "mandatory", "advisory", "remediate":
	default:
		return p, false
	}
	if severity, ok := strings.CutPrefix(rest, " [severity: "); ok {
		if _, rest, ok = strings.Cut(severity, "]"); !ok {
			return p, false
		}
	}
	rest, ok = strings.CutPrefix(rest, "  ")
	p = Policy{Enforcement: level, Pack: pack, Message: rest}
	// Without a resource nothing stands between the policy's name and its message.
	name, rest, found := strings.Cut(rest, "  (")
	typ, rest, found1 := strings.Cut(rest, ": ")
	resource, message, found2 := strings.Cut(rest, ")")
	if found && found1 && found2 && !strings.Contains(typ, " ") {
		p.Policy, p.Type, p.Name, p.Message = name, typ, resource, message
	}
	return p, ok
}

// parseTitle reads the name and the mark of a property that a resource or a stack has at indent. It
// gives no name that has anything in it that Pulumi could have put after the name.
func parseTitle(line string, n, indent int) (mark byte, name string, ok bool) {
	switch {
	case n == indent:
		mark = ' '
	case n == indent-2 && len(line) > indent && strings.IndexByte("+-~", line[n]) >= 0 && line[n+1] == ' ':
		mark = line[n]
	default:
		return 0, "", false
	}
	name, _, ok = strings.Cut(line[indent:], ": ")
	name = strings.TrimRight(name, " ")
	return mark, name, ok && isName(name)
}

// isName reports whether a name is one that cannot be mistaken for anything else.
func isName(name string) bool {
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./$@*", r) {
			return false
		}
	}
	return name != ""
}
