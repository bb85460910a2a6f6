package markdown

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"
	"iac/internal/recordings"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the comments of the recordings to testdata/comments")

const (
	folder   = "../../testdata/recordings"
	comments = "../../testdata/comments"
)

// attacks are texts that break out of code, or into something else, where a comment is put together
// carelessly.
var attacks = []string{
	"plain",
	"`", "``", "```", "````", "`````````", "a`b``c```d", "``` ```", "`a` @b `c`",
	"\n```\n@everyone\n```\n", "```\n\n</details>\n\n@everyone", "~~~\n~~~~\n```diff\n", "   ```\nx", "\t```\n",
	"</details>", "</summary></details><b>bold</b>", "<details open><summary>x</summary>", "\n\n</details>\n\n# Heading\n\n",
	"<script>alert(1)</script>", `<img src=x onerror="alert(1)">`, "<!--", "-->", "<!-- x -->\n\n@everyone", "<![CDATA[", "<?php", "</code></pre><a href=x>y</a>",
	"`<img src=x>`", "<a href=\"`\">`", "&lt;b&gt; &#64;everyone &#x40;a &commat;b",
	"@everyone", "@octocat/team", "#1", "GH-1", "owner/repo#1", "0123456789012345678901234567890123456789",
	"https://evil.example.com/", "www.evil.example.com", "a@evil.example.com", "<https://evil.example.com>", "[a](https://evil.example.com)", "![a](https://evil.example.com)", "[a]: https://evil.example.com",
	"a | b | c", "|", `\|`, `\\|`, "| --- |\n| x |", "`|`", "a\\", `\`, "\\`", "*a* _b_ **c** ~~d~~", "> [!NOTE]\n> x", "- a\n- b", "# a\n## b", "a\n===", "---", "***",
	")@everyone", ")[a](https://evil.example.com)", "?a=)@b", "#)@b", "\")@b", "(a(b)c", ";&#41;", "//evil.example.com", "@evil.example.com/", ":80@evil.example.com",
	"\r\n\r\n@a", "\r@a", "\u2028@a", "\u0085@a", "\x00@a", "\x0b@a", "\x0c@a", "\u202e@a", "`\u200b``", "\xff\xfe", "`\xff`", "\x1b[31m`\x1b[0m``", "\x1b]8;;https://evil.example.com\x1b\\x\x1b]8;;\x1b\\",
	" ", "  a  ", "\n", "", "\t", " `", "` ", "{{.}}", "{{template \"problems\"}}", "%s%d", "$(id)", "'\"",
	`<!-- iac {"v":1,"project":"p","stack":"s"} -->`, "Resources:\n    + 1 to create\n", "@@ 5 lines left out @@", "+ a\n- b\n! c\n# d",
	strings.Repeat("`", 5000), strings.Repeat("<details>", 500), strings.Repeat("> ", 300), strings.Repeat("[", 2000), strings.Repeat("a", 100_000), strings.Repeat("@a\n", 30_000), strings.Repeat("```\n", 30_000),
}

// everywhere is a comment with one text wherever others choose one.
func everywhere(text string, exit int) comment.Content {
	// The text has neighbours, so that there is always something to show.
	text = "c" + text
	steps := []report.Step{
		{Operation: report.Replace, Type: text, Name: text, URN: text, ForcedBy: []string{text, text}, Changes: []report.Change{{Path: "a" + text}}, NotSecret: []string{text}},
		{Operation: report.Delete, URN: text + "2"},
		{Operation: report.DeleteReplaced, Type: text, Name: text, Pending: true},
		{Operation: report.Operation(text), Type: text, Name: text, Outcome: report.Errored},
		{Operation: report.Update, Type: text, Name: text, URN: quietURN, Changes: []report.Change{{Path: text}}},
	}
	r := report.Report{
		Preview:     true,
		ExitCode:    exit,
		Counts:      []report.Count{{Operation: report.Operation(text), Number: 2}, {Operation: report.Delete, Number: 1}},
		Unchanged:   3,
		Steps:       steps,
		Diagnostics: []report.Diagnostic{{Severity: "error", Type: text, Name: text, Message: text}, {Severity: text, Message: text}},
		Policies:    []report.Policy{{Enforcement: text, Severity: text, Pack: text, Policy: text, Type: text, Name: text, Message: text}},
		Outputs:     []report.Output{{Operation: report.Create, Name: text}, {Operation: report.Delete, Name: text}, {Operation: report.Update, Name: text, NotSecret: true}},
		Stdout:      cloudLine + "\n" + loudLines + text + "\n" + quietLines + "      ~ value: " + text,
	}
	if exit == 2 {
		r.Broken = text
	}
	return comment.Content{
		ID:     marker.Marker{Project: text, Stack: text, Key: text},
		Commit: text,
		RunURL: "https://run.example.com/" + text,
		Time:   time.Unix(0, 0),
		Report: r,
		Quiet:  comment.Quiet{text},
	}
}

// cloudLine is how Pulumi names the page of a run.
const cloudLine = "View Live: https://link.example.com/acme/shop/prod/previews/1"

// A resource that is no quiet update, and the beginning of one that is.
const (
	loudLines  = "    + a:b:C: (create)\n        [urn=urn:pulumi:dev::p::a:b:C::loud]\n"
	quietURN   = "urn:pulumi:dev::p::a:b:C::quiet"
	quietLines = "    ~ a:b:C: (update)\n        [urn=" + quietURN + "]\n"
)

// prove checks a comment: rendered, it is the same as one that has a harmless x for every text of others,
// but for what stands in code and where its two links lead. So no such text can have made an element, a
// link or a mention, or show up as running text.
func prove(t *testing.T, c comment.Content) {
	t.Helper()
	proveAs(t, comment.Render, c, 1)
}

// proveAs checks what render writes, where each link may be several times.
func proveAs(t *testing.T, render func(comment.Content) string, c comment.Content, times int) {
	t.Helper()
	body := render(c)
	if len(body) > 60_000 {
		t.Errorf("%d bytes", len(body))
	}
	page := tree(t, body)
	checkLinks(t, page, times)
	checkTables(t, page)

	calm := harmless(c)
	if !hasLink(page, runText) {
		calm.RunURL = ""
	}
	if got, want := skeleton(page), skeleton(tree(t, render(calm))); got != want {
		t.Errorf("a text of others made a difference outside code:\ngot\n%s\nwant\n%s\ncomment\n%s", got, want, body)
	}
}

const (
	runText   = "run"
	cloudText = "View on Pulumi Cloud"
)

// harmless puts an x for every text that others have chosen.
func harmless(c comment.Content) comment.Content {
	x := func(text string) string {
		unseen := func(r rune) bool {
			return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
		}
		if strings.TrimFunc(text, unseen) == "" {
			return ""
		}
		return "x"
	}
	all := func(texts []string) (out []string) {
		for _, text := range texts {
			out = append(out, x(text))
		}
		return out
	}
	message := func(text string) string {
		text = strings.Trim(text, "\r\n")
		switch {
		case x(text) == "":
			return ""
		case strings.HasSuffix(text, " failed") && len(strings.Fields(text)) == 2:
			return text // Pulumi's own last words are left out of a comment with others.
		case strings.Contains(text, "\n"):
			return "x\nx"
		case len(text) > 120:
			return strings.Repeat("x", 121)
		}
		return x(text)
	}
	r := c.Report
	out := comment.Content{
		ID:     marker.Marker{Project: x(c.ID.Project), Stack: x(c.ID.Stack), Key: x(c.ID.Key), Verb: c.ID.Verb},
		Commit: x(c.Commit), RunURL: "https://run.example.com/x", Time: c.Time,
		Report: r, NotStarted: message(c.NotStarted), NotRun: message(c.NotRun), NotApplied: message(c.NotApplied)}
	for range c.Quiet {
		out.Quiet = append(out.Quiet, "x*")
	}
	out.Report.Stdout, out.Report.Stderr, out.Report.Broken = calmText(r.Stdout), calmText(r.Stderr), x(r.Broken)
	out.Report.Counts = slices.Clone(r.Counts)
	for i, count := range r.Counts {
		if !slices.Contains(report.Operations(), count.Operation) {
			out.Report.Counts[i].Operation = "x"
		}
	}
	out.Report.Steps = nil
	for _, step := range r.Steps {
		step.Type, step.Name = x(step.Type), x(step.Name)
		if step.URN != quietURN {
			step.URN = x(step.URN)
		}
		if !slices.Contains(report.Operations(), step.Operation) {
			step.Operation = "x"
		}
		step.ForcedBy, step.NotSecret = all(step.ForcedBy), all(step.NotSecret)
		changes := step.Changes
		step.Changes = nil
		for i, change := range changes {
			// Two changes of the same property are one, and one that forces a replacement is told only once.
			change.Path = x(change.Path) + strconv.Itoa(i)
			if slices.ContainsFunc(r.Steps, func(s report.Step) bool { return slices.ContainsFunc(s.ForcedBy, changes[i].Within) }) {
				change.Path = "x"
			}
			step.Changes = append(step.Changes, change)
		}
		out.Report.Steps = append(out.Report.Steps, step)
	}
	out.Report.Diagnostics = nil
	for _, d := range r.Diagnostics {
		if d.Severity != "error" {
			d.Severity = "warning"
		}
		d.Type, d.Name, d.Message = x(d.Type), x(d.Name), message(d.Message)
		out.Report.Diagnostics = append(out.Report.Diagnostics, d)
	}
	out.Report.Policies = nil
	for _, p := range r.Policies {
		if p.Enforcement != "mandatory" && p.Enforcement != "remediate" {
			p.Enforcement = "advisory"
		}
		p.Severity, p.Pack, p.Policy, p.Type, p.Name, p.Message = x(p.Severity), x(p.Pack), x(p.Policy), x(p.Type), x(p.Name), message(p.Message)
		out.Report.Policies = append(out.Report.Policies, p)
	}
	out.Report.Outputs = nil
	for _, o := range r.Outputs {
		o.Name = x(o.Name)
		out.Report.Outputs = append(out.Report.Outputs, o)
	}
	return out
}

// ownLine are the lines of Pulumi's by which the link of the comment is found.
var ownLine = regexp.MustCompile(`^(View Live: https://(link\.example|app\.pulumi)\.com/\S+|(Previewing update|Updating|Destroying|Refreshing) \(.*\):?|    . a:b:C: \((?:create|update)\)|        \[urn=urn:pulumi:dev::p::a:b:C::(?:quiet|loud)\])\n?$`)

// calmText puts an x for every other line, and keeps how many there are.
func calmText(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !ownLine.MatchString(line) && strings.Trim(line, "\r\n") != "" {
			line = "x" + line[len(strings.TrimRight(line, "\n")):]
		}
		out.WriteString(line)
	}
	return out.String()
}

func tree(t *testing.T, markdown string) *html.Node {
	t.Helper()
	text, err := HTML(markdown)
	if err != nil {
		t.Fatal(err)
	}
	root, err := parse(bytes.NewBufferString(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// foldTitle has a number that depends on nothing but how much of the text is a diff.
var foldTitle = regexp.MustCompile(`^(Diff|Diff of quiet updates|Output), [\d,]+ lines?$`)

// skeleton is all of a page but what is in code, where links lead, and how long the folded text is.
func skeleton(node *html.Node) string {
	var out strings.Builder
	var walk func(*html.Node, int)
	walk = func(node *html.Node, depth int) {
		indent := strings.Repeat(" ", depth)
		switch {
		case node.Type == html.TextNode:
			fmt.Fprintf(&out, "%s%q\n", indent, foldTitle.ReplaceAllString(node.Data, "$1, N lines"))
		case node.Data == "code":
			// Whatever colours the lines in it have.
			fmt.Fprintf(&out, "%s<code>\n", indent)
		default:
			fmt.Fprintf(&out, "%s<%s", indent, node.Data)
			for _, a := range node.Attr {
				if a.Key != "href" && a.Key != "open" {
					fmt.Fprintf(&out, " %s=%q", a.Key, a.Val)
				}
			}
			out.WriteString(">\n")
			for child := node.FirstChild; child != nil; child = child.NextSibling {
				walk(child, depth+1)
			}
		}
	}
	walk(node, 0)
	return out.String()
}

func text(node *html.Node) string {
	var out strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			out.WriteString(child.Data)
		}
	}
	return out.String()
}

func elements(root *html.Node, name string) (out []*html.Node) {
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == name {
			out = append(out, node)
		}
	}
	return out
}

func hasLink(root *html.Node, label string) bool {
	return slices.ContainsFunc(elements(root, "a"), func(a *html.Node) bool { return text(a) == label })
}

// checkLinks finds the two links at most so many times, each with our text, and each leading to the host it was given.
func checkLinks(t *testing.T, root *html.Node, times int) {
	t.Helper()
	seen := map[string]int{}
	for _, a := range elements(root, "a") {
		u, err := url.Parse(attribute(a, "href"))
		label := text(a)
		if err != nil || label != runText && label != cloudText || seen[label] == times || len(a.Attr) != 1 ||
			u.Scheme != "https" || u.User != nil {
			t.Errorf("a link to %s: %s", attribute(a, "href"), label)
		}
		if strings.HasPrefix(u.Host, "evil") || strings.HasPrefix(u.Host, "www.evil") {
			t.Errorf("a link to %s", u.Host)
		}
		seen[label]++
	}
}

// checkTables finds as many cells in each row as in the first.
func checkTables(t *testing.T, root *html.Node) {
	t.Helper()
	for _, table := range elements(root, "table") {
		width := len(elements(table, "th"))
		for i, row := range elements(table, "tr")[1:] {
			if n := len(elements(row, "td")); n != width {
				t.Errorf("row %d has %d cells of %d", i, n, width)
			}
		}
	}
}

func TestNoTextOfOthersLeavesItsCode(t *testing.T) {
	for _, attack := range attacks {
		for _, exit := range []int{0, 1, 2} {
			prove(t, everywhere(attack, exit))
		}
	}
}

func TestNoEventOfPulumiLeavesItsCode(t *testing.T) {
	for _, attack := range attacks {
		for exit := range 2 {
			prove(t, comment.Content{ID: marker.Marker{Project: "p", Stack: "s"}, Report: logged(t, attack, exit)})
		}
	}
}

// logged is what is read from an event log with a text of others in every place.
func logged(t *testing.T, text string, exit int) report.Report {
	t.Helper()
	// The text has a neighbour, so that there is always something to show.
	text = "c" + text
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	log := strings.NewReplacer("TEXT", string(quoted[1:len(quoted)-1])).Replace(`{"sequence":0,"resourcePreEvent":{"metadata":{"op":"replace","urn":"urn:pulumi:dev::web::TEXT::TEXT","type":"TEXT","old":{"id":"a"},"new":{"id":"b"},"keys":["TEXT"],"detailedDiff":{"TEXT":{"diffKind":"update-replace"},"aTEXT":{"diffKind":"TEXT"}},"logical":true},"planning":true}}
{"sequence":1,"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev","type":"pulumi:pulumi:Stack","old":{"outputs":{}},"new":{"outputs":{"TEXT":"TEXT"}}},"planning":true}}
{"sequence":2,"diagnosticEvent":{"urn":"urn:pulumi:dev::web::TEXT::TEXT","message":"TEXT","severity":"error"}}
{"sequence":3,"policyEvent":{"resourceUrn":"urn:pulumi:dev::web::TEXT::TEXT","message":"TEXT","policyName":"TEXT","policyPackName":"TEXT","enforcementLevel":"TEXT","severity":"TEXT"}}
{"sequence":4,"summaryEvent":{"resourceChanges":{"replace":1,"TEXT":2},"isPreview":true,"result":"succeeded"}}
{"sequence":5,"cancelEvent":{}}
`)
	r, err := report.FromLog(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	r.ExitCode = exit
	r.Stdout = "Previewing update (dev):\n    +-demo:storage:Bucket: (replace)\n        [urn=urn:pulumi:dev::web::demo:storage:Bucket::" + text + "]\n      ~ text: \n          + " +
		strings.ReplaceAll(text, "\n", "\n          + ") + "\nResources:\n    +-1 to replace\n"
	r.Stderr = "error: " + text
	return r
}

func TestRecordingsStayInTheirCode(t *testing.T) {
	for name, c := range recorded(t) {
		t.Run(name, func(t *testing.T) { prove(t, c) })
	}
}

// up finds the recordings of an up in their table.
var up = regexp.MustCompile("(?m)^\\| (\\S+) \\|.*\\| `pulumi up ")

// recorded reads the recordings.
func recorded(t *testing.T) map[string]comment.Content {
	t.Helper()
	all, err := recordings.All(folder)
	if err != nil {
		t.Fatal(err)
	}
	commands, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var ups []string
	for _, match := range up.FindAllStringSubmatch(string(commands), -1) {
		ups = append(ups, match[1])
	}
	out := map[string]comment.Content{}
	for _, r := range all {
		read, err := r.Report()
		if err != nil {
			t.Fatal(err)
		}
		id := marker.Marker{Project: "cases", Stack: "organization/dev"}
		if slices.Contains(ups, r.Name) {
			id.Verb = "up"
		}
		out[r.Name] = comment.Content{ID: id, Report: read}
	}
	return out
}

// TestComments compares the comments of all recordings with those in testdata.
func TestComments(t *testing.T) {
	want, err := filepath.Glob(filepath.Join(comments, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := recorded(t)
	for _, file := range want {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if _, ok := all[name]; ok {
			continue
		}
		if !*update {
			t.Errorf("%s is of no recording", file)
		} else if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) { compare(t, filepath.Join(comments, name+".md"), comment.Render(c)) })
	}
}

func compare(t *testing.T, file, got string) {
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./internal/markdown -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("the comment is not %s any more; go test ./internal/markdown -update writes it:\n%s", file, got)
	}
}

// TestEveryTextIsShown finds a word in code from each place where others choose a text, and nowhere else.
func TestEveryTextIsShown(t *testing.T) {
	c := everywhere("", 0)
	words := 0
	word := func() string { words++; return fmt.Sprintf("canary%02d", words) }
	c.ID = marker.Marker{Project: word(), Stack: word(), Key: word()}
	c.Commit = word()
	r := &c.Report
	r.Steps = []report.Step{
		{Operation: report.Replace, Type: word(), Name: word(), URN: "a", ForcedBy: []string{word(), word()}, NotSecret: []string{word()}},
		{Operation: report.Replace, Type: word(), Name: word(), URN: "b", Changes: []report.Change{{Path: word()}}},
		{Operation: report.Delete, URN: word()},
		{Operation: report.DeleteReplaced, Type: word(), Name: word(), Pending: true},
	}
	r.Diagnostics = []report.Diagnostic{{Severity: "error", Type: word(), Name: word(), Message: word()}, {Severity: "warning", Message: word()}}
	r.Policies = []report.Policy{{Severity: word(), Pack: word(), Policy: word(), Type: word(), Name: word(), Message: word()}}
	r.Outputs = []report.Output{{Operation: report.Create, Name: word()}, {Operation: report.Update, Name: word()}, {Operation: report.Delete, Name: word()}}
	r.Stdout = word()

	root := tree(t, comment.Render(c))
	var code strings.Builder
	for _, node := range elements(root, "code") {
		code.WriteString(text(node) + "\n")
	}
	for i := range words {
		if word := fmt.Sprintf("canary%02d", i+1); !strings.Contains(code.String(), word) {
			t.Errorf("%s is not shown in\n%s", word, comment.Render(c))
		}
	}
	if outside := skeleton(root); strings.Contains(outside, "canary") {
		t.Errorf("shown outside code:\n%s", outside)
	}
}

func FuzzRender(f *testing.F) {
	for i, attack := range attacks {
		if len(attack) < 1000 {
			f.Add(attack, uint8(i%3))
		}
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		exit := int(kind % 3)
		prove(t, everywhere(text, exit))
		prove(t, comment.Content{ID: marker.Marker{Project: "p", Stack: "s"}, Report: logged(t, text, exit)})
		prove(t, comment.Content{ID: marker.Marker{Project: "p", Stack: "s"}, NotStarted: "a" + text})
		prove(t, comment.Content{ID: marker.Marker{Project: "p", Stack: "s", Verb: "up"}, NotApplied: "a" + text})
	})
}
