package report

import (
	"net/url"
	"strings"
)

// scanner reads the diff and the summary, line by line. It keeps places in the text rather than what
// stands there, so that it takes little memory beside a long text.
type scanner struct {
	text string
	// joined is true when the text holds what went to standard error, too.
	joined bool
	// single is true when there can be no run after a preview.
	single bool

	// first and last are the banners of the first run and of the one that counts, nil without one;
	// started and began are the places after them, and links what each of them links to.
	first, last    *banner
	started, began int
	links          []string
	// strange is true when there are more banners than Pulumi prints. What the report came to is in
	// disputed and settled, which is a summary and no dispute.
	strange, disputed, settled bool

	resources []place
	// listed are the resources of each operation by the structure of the output, all those in texts too.
	listed, all numbers
	// summaries are those with anything in them; summary is the last one, or one with nothing.
	summaries int
	summary   summary
	policies  []Policy
	outputs   []Output

	// column is that of the resource or policy whose properties are being read.
	column int
	// value is the column of the property whose text is being read, or -1 outside; valueFirst is the
	// first resource within, and closed whether the brace has come that ends the text of an asset.
	value      int
	valueAsset bool
	valueFirst int
	closed     bool
	// message is where the message of the last policy begins, or -1.
	message int
	// inOutputs is true within the outputs of the stack; foreign once a resource other than the stack
	// stood at its depth, so that outputs at that depth need not be the stack's.
	inOutputs bool
	foreign   bool
	stackOp   Operation
}

// place is where a resource begins.
type place struct {
	pos    int
	op     uint8
	inText bool
}

func (s *scanner) run() {
	s.value, s.message = -1, -1
	for pos := 0; pos < len(s.text); {
		line, next := lineAt(s.text, pos)
		n := indentOf(line)
		if n == len(line) {
			pos = next
			continue
		}
		s.leaveValue(line, n)
		pos = s.line(line, n, pos, next)
	}
	s.endMessage(len(s.text))
	s.endValue()
}

// line reads one line and gives the place of the next one to read.
func (s *scanner) line(line string, n, pos, next int) int {
	if n == 0 {
		if b, ok := parseBanner(line); ok && s.banner(b, pos, next) {
			return next
		}
		if line == "Resources:" {
			s.endMessage(pos)
			return s.summarise(pos, next)
		}
		if s.joined && severity(line) != "" {
			s.endMessage(pos)
		}
	}
	if r, ok := s.resourceAt(pos); ok {
		s.endMessage(pos)
		s.resource(r, pos)
		return r.next
	}
	if s.value >= 0 {
		return next
	}
	if n%4 == 0 && line[n:] == "--outputs:--" {
		s.endMessage(pos)
		s.column = n - 4
		s.inOutputs = n == 4 && !s.foreign && s.stackOp != ""
		return next
	}
	if p, ok := parsePolicy(line, n); ok {
		s.endMessage(pos)
		s.policy(p, pos+len(line)-len(p.Message))
		return next
	}
	if s.message < 0 || s.policies[len(s.policies)-1].Enforcement == "remediate" {
		s.property(line, n)
	}
	return next
}

// banner begins a run. It is no banner when it does not look like the first one of this output.
func (s *scanner) banner(b banner, pos, next int) bool {
	link, next := s.link(b, next)
	switch {
	case s.first == nil:
		s.first, s.started = &b, next
	case b.stack != s.first.stack || b.cloud != s.first.cloud:
		return false
	case s.single || s.last != s.first || !b.follows(*s.first):
		s.strange = true
		return true
	}
	s.endMessage(pos)
	s.last, s.began = &b, next
	s.links = append(s.links, link)
	s.resources, s.policies, s.outputs = s.resources[:0], nil, nil
	s.listed, s.all = numbers{}, numbers{}
	s.summaries, s.summary = 0, summary{}
	s.column, s.value = 0, -1
	s.inOutputs, s.foreign, s.stackOp = false, false, ""
	return true
}

// link reads the link that follows a banner, and gives the place after it. Only Pulumi itself prints
// anything that early.
func (s *scanner) link(b banner, after int) (link string, end int) {
	for pos := after; b.cloud && pos < len(s.text); {
		line, next := lineAt(s.text, pos)
		if line != "" && !strings.HasPrefix(line, "warning: ") {
			what, link, _ := strings.Cut(line, ": ")
			if what != "View Live" && !strings.HasPrefix(what, "View in Browser") {
				return "", after
			}
			if !isLink(link, b) {
				link = ""
			}
			return link, next
		}
		pos = next
	}
	return "", after
}

// isLink reports whether link is the page of a preview or a run of the banner's stack.
func isLink(link string, b banner) bool {
	if len(link) > 2000 || strings.Contains(link, "***") {
		return false
	}
	for _, r := range link {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"'<>`\\^{|}()[]*", r) {
			return false
		}
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	kind := "updates"
	if b.preview {
		kind = "previews"
	}
	parts := strings.Split(u.Path, "/")
	last := len(parts) - 1
	return last >= 4 && parts[last] != "" && parts[last-1] == kind && parts[last-2] == b.name()
}

// summarise reads a summary.
func (s *scanner) summarise(pos, next int) int {
	block, end := parseSummary(s.text, pos, next)
	if !block.empty {
		s.summaries++
	}
	if !block.empty || s.summaries == 0 {
		s.summary = block
	}
	s.inOutputs = false
	return end
}

// found is a resource as the output has it.
type found struct {
	header
	urn  urn
	next int
}

// resourceAt reads the resource whose first line is at pos.
func (s *scanner) resourceAt(pos int) (r found, ok bool) {
	line, next := lineAt(s.text, pos)
	if r.header, ok = parseHeader(line, indentOf(line)); !ok {
		return r, false
	}
	line, next, ok = s.below(r.depth, next)
	if ok && strings.HasPrefix(line, "[id=") && strings.HasSuffix(line, "]") {
		line, next, ok = s.below(r.depth, next)
	}
	if !ok {
		return r, false
	}
	line, ok = strings.CutPrefix(line, "[urn=")
	line, closed := strings.CutSuffix(line, "]")
	if !ok || !closed || strings.Contains(line, "\t") { // Pulumi escapes a tab
		return r, false
	}
	if r.urn, ok = parseURN(line, r.typ); !ok {
		return r, false
	}
	if s.first != nil && r.urn.stack != s.first.name() {
		return r, false
	}
	// An ID can hold newlines, and so another URN before the real one.
	line, _, ok = s.below(r.depth, next)
	if ok && (strings.HasPrefix(line, "[id=") || strings.HasPrefix(line, "[urn=")) {
		return r, false
	}
	r.next = next
	return r, true
}

// below reads a line that stands exactly one step deeper than depth.
func (s *scanner) below(depth, pos int) (line string, next int, ok bool) {
	line, next = lineAt(s.text, pos)
	n := indentOf(line)
	if n != 4*(depth+1) || n == len(line) {
		return "", pos, false
	}
	return line[n:], next, true
}

// resource takes note of a resource.
func (s *scanner) resource(r found, pos int) {
	op := operations[r.op].op
	if s.value < 0 {
		s.inOutputs = false
		s.column = 4 * r.depth
		if r.depth == 0 && r.typ == "pulumi:pulumi:Stack" {
			s.stackOp = op
		} else if r.depth == 0 {
			s.foreign = true
		}
	}
	if op == Same || op == Read || op == ReadReplacement {
		return
	}
	s.all[r.op]++
	if s.value < 0 {
		s.listed[r.op]++
	}
	s.resources = append(s.resources, place{pos, uint8(r.op), s.value >= 0})
}

// policy takes note of a policy's result, whose message may go on in the lines below.
func (s *scanner) policy(p Policy, message int) {
	s.inOutputs = false
	s.column = 4
	s.policies = append(s.policies, p)
	s.message = message
}

// endMessage gives the last policy its whole message, which goes on up to pos.
func (s *scanner) endMessage(pos int) {
	if s.message < 0 {
		return
	}
	p := &s.policies[len(s.policies)-1]
	if p.Enforcement == "remediate" {
		p.Message = ""
	} else {
		p.Message = strings.TrimSpace(s.text[s.message:pos])
	}
	s.message = -1
}

// property reads a line of a property: an output of the stack, or the beginning of a text.
func (s *scanner) property(line string, n int) {
	if s.inOutputs {
		s.output(line, n)
	}
	asset := line[len(line)-1] == '{' && strings.Contains(line, "asset(text:")
	if !asset && !strings.HasSuffix(line, ": ") {
		return
	}
	name := n
	if strings.IndexByte("+-~", line[n]) >= 0 {
		name = n + 1 + indentOf(line[n+1:])
	}
	if name > s.column {
		s.value, s.valueAsset, s.valueFirst, s.closed = name, asset, len(s.resources), false
	}
}

// leaveValue ends the text of a property at the first line that does not stand deeper than its name.
func (s *scanner) leaveValue(line string, n int) {
	if s.value < 0 {
		return
	}
	if n > s.value {
		s.closed = n == s.value+4 && line[n:] == "}"
		return
	}
	s.closed = s.closed || n == s.value && line[n:] == "}"
	s.endValue()
}

// endValue forgets the text of a property. One that Pulumi would have closed and did not was none, and
// the resources in it were real.
func (s *scanner) endValue() {
	if s.value >= 0 && s.valueAsset && !s.closed {
		for i := s.valueFirst; i < len(s.resources); i++ {
			s.resources[i].inText = false
			s.listed[s.resources[i].op]++
		}
	}
	s.value = -1
}

// output reads an output of the stack.
func (s *scanner) output(line string, n int) {
	mark, name, ok := parseTitle(line, n, 4)
	op := map[byte]Operation{'+': Create, '-': Delete, '~': Update}[mark]
	if mark == ' ' && s.stackOp == Create {
		op = Create
	}
	if !ok || op == "" {
		return
	}
	if last := len(s.outputs) - 1; last >= 0 && s.outputs[last].Name == name {
		s.outputs[last].Operation = Update // another kind of value: taken away and added again
		return
	}
	s.outputs = append(s.outputs, Output{op, name})
}
