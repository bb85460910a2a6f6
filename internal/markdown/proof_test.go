package markdown

import (
	"bytes"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"dagger/iac/comment"
	"dagger/iac/report"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the comments of the recordings to testdata/comments")

const (
	recordings = "../../testdata/recordings"
	comments   = "../../testdata/comments"
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
	resource := report.Resource{Operation: report.Replace, Type: text, Name: text, URN: text, ForcedBy: []string{text, text}}
	deleted := report.Resource{Operation: report.Delete, URN: text + "2"}
	return comment.Content{
		ID:     comment.ID{Project: text, Stack: text, Key: text},
		Commit: text,
		RunURL: "https://run.example.com/" + text,
		Time:   time.Unix(0, 0),
		Report: report.Report{
			Summarised:  exit < 2,
			ExitCode:    exit,
			Counts:      []report.Count{{Operation: report.Operation(text), Number: 2}, {Operation: report.Delete, Number: 1}},
			Unchanged:   3,
			Resources:   []report.Resource{resource, deleted},
			Diagnostics: []report.Diagnostic{{Severity: "error", Type: text, Name: text, Message: text}, {Severity: text, Message: text}},
			Policies:    []report.Policy{{Enforcement: text, Pack: text, Policy: text, Type: text, Name: text, Message: text}},
			Outputs:     []report.Output{{Operation: report.Create, Name: text}, {Operation: report.Delete, Name: text}},
			Link:        "https://link.example.com/" + text,
			Text:        text,
			Diff:        text,
		},
	}
}

// prove checks a comment: rendered, it is the same as one that has a harmless x for every text of others,
// but for what stands in code and where its two links lead. So no such text can have made an element, a
// link or a mention, or show up as running text.
func prove(t *testing.T, c comment.Content) {
	t.Helper()
	body := comment.Render(c)
	if len(body) > 60_000 {
		t.Errorf("%d bytes", len(body))
	}
	page := tree(t, body)
	checkLinks(t, page)
	checkTables(t, page)

	calm := harmless(c)
	if !hasLink(page, runText) {
		calm.RunURL = ""
	}
	if !hasLink(page, cloudText) {
		calm.Report.Link = ""
	}
	if got, want := skeleton(page), skeleton(tree(t, comment.Render(calm))); got != want {
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
	lines := func(text string) string {
		text = strings.Trim(text, "\r\n")
		if text == "" {
			return ""
		}
		return strings.Repeat("x\n", strings.Count(text, "\n")+1)
	}
	r := c.Report
	out := comment.Content{
		ID:     comment.ID{Project: x(c.ID.Project), Stack: x(c.ID.Stack), Key: x(c.ID.Key)},
		Commit: x(c.Commit), RunURL: "https://run.example.com/x", Time: c.Time,
		Report: r,
	}
	out.Report.Link = "https://link.example.com/x"
	out.Report.Text, out.Report.Diff = lines(r.Text), lines(r.Diff)
	out.Report.Counts = slices.Clone(r.Counts)
	for i, count := range r.Counts {
		if strings.HasPrefix(string(count.Operation), "c") && count.Operation != report.Create && count.Operation != report.CreateReplacement {
			out.Report.Counts[i].Operation = "x"
		}
	}
	out.Report.Resources = nil
	for _, resource := range r.Resources {
		resource.Type, resource.Name = x(resource.Type), x(resource.Name)
		if urn := x(resource.URN); urn != "" {
			// Resources with the same URN are one.
			resource.URN = urn + strconv.Itoa(slices.IndexFunc(r.Resources, func(r report.Resource) bool { return r.URN == resource.URN }))
		}
		resource.ForcedBy, resource.Changes = all(resource.ForcedBy), all(resource.Changes)
		out.Report.Resources = append(out.Report.Resources, resource)
	}
	out.Report.Diagnostics = nil
	for _, d := range r.Diagnostics {
		if d.Severity != "error" {
			d.Severity = "warning"
		}
		d.Type, d.Name, d.Message = x(d.Type), x(d.Name), message(d.Message)
		out.Report.Diagnostics = append(out.Report.Diagnostics, d)
	}
	if d := out.Report.Diagnostics; len(d) == 1 && strings.TrimSpace(r.Text) == r.Diagnostics[0].Severity+": "+strings.TrimSpace(r.Diagnostics[0].Message) {
		// An output of nothing but an error is not shown again.
		out.Report.Text = d[0].Severity + ": " + d[0].Message
	}
	out.Report.Policies = nil
	for _, p := range r.Policies {
		if p.Enforcement != "mandatory" && p.Enforcement != "remediate" {
			p.Enforcement = "advisory"
		}
		p.Pack, p.Policy, p.Type, p.Name, p.Message = x(p.Pack), x(p.Policy), x(p.Type), x(p.Name), message(p.Message)
		out.Report.Policies = append(out.Report.Policies, p)
	}
	out.Report.Outputs = nil
	for _, o := range r.Outputs {
		o.Name = x(o.Name)
		out.Report.Outputs = append(out.Report.Outputs, o)
	}
	return out
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

// skeleton is all of a page but what is in code and where links lead.
func skeleton(node *html.Node) string {
	var out strings.Builder
	var walk func(*html.Node, int)
	walk = func(node *html.Node, depth int) {
		indent := strings.Repeat(" ", depth)
		switch {
		case node.Type == html.TextNode:
			fmt.Fprintf(&out, "%s%q\n", indent, node.Data)
		case node.Data == "code":
			// Whatever colours the lines in it have.
			fmt.Fprintf(&out, "%s<code>\n", indent)
		default:
			fmt.Fprintf(&out, "%s<%s", indent, node.Data)
			for _, a := range node.Attr {
				if a.Key != "href" {
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

// checkLinks finds the two links at most, each with our text, and each leading to the host it was given.
func checkLinks(t *testing.T, root *html.Node) {
	t.Helper()
	seen := map[string]bool{}
	for _, a := range elements(root, "a") {
		u, err := url.Parse(attribute(a, "href"))
		label := text(a)
		if err != nil || label != runText && label != cloudText || seen[label] || len(a.Attr) != 1 ||
			u.Scheme != "https" || u.User != nil {
			t.Errorf("a link to %s: %s", attribute(a, "href"), label)
		}
		if strings.HasPrefix(u.Host, "evil") || strings.HasPrefix(u.Host, "www.evil") {
			t.Errorf("a link to %s", u.Host)
		}
		seen[label] = true
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

func TestNoOutputOfPulumiLeavesItsCode(t *testing.T) {
	for _, attack := range attacks {
		for exit, run := range outputs(attack) {
			prove(t, comment.Content{ID: comment.ID{Project: "p", Stack: "s"}, Report: report.Parse(report.Run{Stdout: run, ExitCode: exit})})
		}
	}
}

// outputs are what Pulumi would print with a text of others in it.
func outputs(text string) []string {
	quoted := strconv.Quote(text)
	line := strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
	return []string{
		"Previewing update (dev):\n  pulumi:pulumi:Stack: (same)\n    [urn=urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev]\n" +
			"    +-demo:storage:Bucket: (replace)\n        [urn=urn:pulumi:dev::web::demo:storage:Bucket::" + line + "]\n      ~ name: \"old\" => " + quoted +
			"\n      ~ text: \n          + " + strings.ReplaceAll(text, "\n", "\n          + ") +
			"\n    --outputs:--\n  + " + line + ": " + quoted + "\nResources:\n    +-1 to replace\n    1 unchanged\n",
		"Previewing update (dev):\n" + text + "\nwarning: " + text + "\nerror: " + text + "\nResources:\n    1 unchanged\n",
		text,
	}
}

func TestRecordingsStayInTheirCode(t *testing.T) {
	for name, c := range recorded(t) {
		t.Run(name, func(t *testing.T) { prove(t, c) })
	}
}

// recorded reads the recordings.
func recorded(t *testing.T) map[string]comment.Content {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "*", "joined"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", recordings, err)
	}
	out := map[string]comment.Content{}
	for _, file := range files {
		output, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		number, err := os.ReadFile(filepath.Join(filepath.Dir(file), "exit"))
		if err != nil {
			t.Fatal(err)
		}
		exit, err := strconv.Atoi(strings.TrimSpace(string(number)))
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(filepath.Dir(file))] = comment.Content{
			ID:     comment.ID{Project: "cases", Stack: "organization/dev"},
			Report: report.Parse(report.Run{Stdout: string(output), ExitCode: exit}),
		}
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
	c.ID = comment.ID{Project: word(), Stack: word(), Key: word()}
	c.Commit = word()
	r := &c.Report
	r.Resources = []report.Resource{
		{Operation: report.Replace, Type: word(), Name: word(), URN: "a", ForcedBy: []string{word(), word()}},
		{Operation: report.Replace, Type: word(), Name: word(), URN: "b", Changes: []string{word()}},
		{Operation: report.Delete, URN: word()},
	}
	r.Diagnostics = []report.Diagnostic{{Severity: "error", Type: word(), Name: word(), Message: word()}, {Severity: "warning", Message: word()}}
	r.Policies = []report.Policy{{Pack: word(), Policy: word(), Type: word(), Name: word(), Message: word()}}
	r.Outputs = []report.Output{{Operation: report.Create, Name: word()}, {Operation: report.Update, Name: word()}, {Operation: report.Delete, Name: word()}}
	r.Diff = word()

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
		for _, run := range append(outputs(text), text) {
			prove(t, comment.Content{ID: comment.ID{Project: "p", Stack: "s"}, Report: report.Parse(report.Run{Stdout: run, ExitCode: exit})})
		}
	})
}
