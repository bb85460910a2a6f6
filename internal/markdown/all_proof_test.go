package markdown

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"

	"golang.org/x/net/html"
)

// everywhereMany is a comment about many stacks with one text wherever others choose one.
func everywhereMany(text string, copies int) comment.All {
	all := comment.All{Total: 41, Commit: "c" + text, RunURL: "https://run.example.com/" + text, Time: time.Unix(0, 0)}
	for i := range copies {
		c := everywhere(text, i%3)
		all.ID, all.Quiet = marker.Marker{Key: c.ID.Key}, c.Quiet
		text := "c" + text
		row := comment.Row{Dir: text, Project: text, Stack: text, Organization: text, Why: text}
		with := func(edit func(*comment.Row)) {
			edited := row
			edit(&edited)
			all.Rows = append(all.Rows, edited)
		}
		with(func(r *comment.Row) { r.Report, r.Reads = c.Report, []string{text, text} })
		with(func(r *comment.Row) { r.NotRun = text })
		with(func(r *comment.Row) { r.NotApplied = text })
		with(func(r *comment.Row) { r.Skipped = text })
		with(func(r *comment.Row) { r.Removed = true })
		with(func(r *comment.Row) { r.Report = report.Report{Preview: true} })
		with(func(r *comment.Row) { r.Report, r.Reads = report.Report{Preview: true}, []string{text} })
	}
	return all
}

// proveMany checks a comment about many stacks as prove does one about a single stack. How much there is room for depends
// on the texts, so only where all has room is it compared with a harmless one. Elsewhere each word outside code must be
// one of ours.
func proveMany(t *testing.T, all comment.All, roomy bool) {
	t.Helper()
	body := all.Render()
	if len(body) > 60_000 {
		t.Errorf("%d bytes", len(body))
	}
	root := tree(t, body)
	checkLinksOfMany(t, root)
	checkTables(t, root)
	checkWords(t, root)
	checkEnds(t, root, len(all.Rows))
	if roomy {
		calm := calmMany(all, hasLink(root, runText))
		if got, want := skeleton(root), skeleton(tree(t, calm.Render())); got != want {
			t.Errorf("a text of others made a difference outside code:\ngot\n%s\nwant\n%s\ncomment\n%s", got, want, body)
		}
	}
}

// calmMany puts an x for every text that others have chosen.
func calmMany(all comment.All, run bool) comment.All {
	of := harmless(comment.Content{ID: all.ID, Commit: all.Commit, Quiet: all.Quiet, NotStarted: all.NotStarted, NotApplied: all.NotApplied})
	out := all
	out.ID, out.Commit, out.Quiet, out.RunURL, out.Rows = of.ID, of.Commit, of.Quiet, "https://run.example.com/x", nil
	out.NotStarted, out.NotApplied = of.NotStarted, of.NotApplied
	if !run {
		out.RunURL = ""
	}
	for _, row := range all.Rows {
		c := harmless(comment.Content{Report: row.Report, NotRun: row.NotRun, NotApplied: row.NotApplied})
		row.Dir, row.Stack, row.Project, row.Organization, row.Why = "x", "x", "x", "x", "x"
		row.Report, row.NotRun, row.NotApplied, row.Reads = c.Report, c.NotRun, c.NotApplied, slices.Repeat([]string{"x"}, len(row.Reads))
		if row.Skipped != "" {
			row.Skipped = "x"
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// checkLinksOfMany finds the link of the run at most once, and no other than those to Pulumi Cloud.
func checkLinksOfMany(t *testing.T, root *html.Node) {
	t.Helper()
	runs := 0
	for _, a := range elements(root, "a") {
		u, err := url.Parse(attribute(a, "href"))
		label := text(a)
		if label == runText {
			runs++
		}
		hosts := map[string]string{runText: "run.example.com", cloudText: "link.example.com"}
		if err != nil || u.Scheme != "https" || u.User != nil || u.Host != hosts[label] && !strings.HasSuffix(u.Host, "pulumi.com") || runs > 1 || len(a.Attr) != 1 {
			t.Errorf("a link to %s: %s", attribute(a, "href"), label)
		}
	}
}

// ours are the words that stand outside code.
var ours = regexp.MustCompile(`^(?i:` + strings.Join(strings.Fields(`
	❌ 's change a advisory after also an and applied applying as at be because becomes began by canceled caution changed? changes chosen cloud code commit could create
	created delete deleted diff did does drift drifted earlier end error errored errors? event exit expected failed finish finished for forgotten from
	gone has have here import imported in interrupted is its january job's kept killed known left leftover lines? log longer looked mandatory maybe may
	more new no not nothing of old on one only options otherwise out outcome outputs? over pack plain policy printed protected pulumi pulumi's quiet reads reason
	remediations? remove removed replace replaced replacement resources? run s secret see severity shown so stacks? stack's start still tell than that
	the there this timeout to today too took touched touches unchanged unexpectedly updates? updated utc values? view violations? warnings? was were
	what which whole will with wrote exists`), "|") + `|[\d,:]+)$`)

// checkWords finds none but our own words outside code.
func checkWords(t *testing.T, root *html.Node) {
	t.Helper()
	for node := range root.Descendants() {
		if node.Type != html.TextNode || within(node, "code") {
			continue
		}
		for _, word := range strings.Fields(node.Data) {
			if word = strings.Trim(word, ".,;:()…·*"); word != "" && !ours.MatchString(word) {
				t.Errorf("%q is no word of ours, in %q", word, node.Data)
			}
		}
	}
}

func within(node *html.Node, name string) bool {
	for ; node != nil; node = node.Parent {
		if node.Type == html.ElementNode && node.Data == name {
			return true
		}
	}
	return false
}

// checkEnds finds that everything which was opened has an end: the last line is outside of all folds, each fold has its
// summary, and no element is there that we do not write.
func checkEnds(t *testing.T, root *html.Node, rows int) {
	t.Helper()
	subs := elements(root, "sub")
	if len(subs) != 1 || within(subs[0], "details") || within(subs[0], "blockquote") || within(subs[0], "table") {
		t.Errorf("the last line is not outside of all that was opened: %d", len(subs))
	}
	for _, fold := range elements(root, "details") {
		if first := firstElement(fold); first == nil || first.Data != "summary" {
			t.Error("a fold has no summary")
		}
	}
	if lines := len(elements(root, "tr")); rows > 0 && lines > rows+1 {
		t.Errorf("the table has %d lines for %d stacks", lines, rows)
	}
	known := words(`div p h3 table thead tbody tr th td details summary code pre span strong ul li blockquote sub br a`)
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && !slices.Contains(known, node.Data) {
			t.Errorf("an element %s", node.Data)
		}
	}
}

func TestNoTextOfOthersLeavesItsCodeAmongManyStacks(t *testing.T) {
	for _, attack := range attacks {
		proveMany(t, everywhereMany(attack, 3), len(attack) < 100)
	}
	for _, attack := range attacks {
		if len(attack) < 50_000 {
			proveMany(t, everywhereMany(attack, 6), false)
		}
	}
}

func TestGoldenCommentsAboutManyStacksStayInTheirCode(t *testing.T) {
	for name, all := range stacks(t) {
		t.Run(name, func(t *testing.T) {
			all.RunURL = "https://run.example.com/"
			proveMany(t, all, false)
		})
	}
}

// TestNamesStandInTheTableAsTheyAre reads them out of the cells.
func TestNamesStandInTheTableAsTheyAre(t *testing.T) {
	var all comment.All
	names := []string{"a|b", `a\|b`, `a\\|b`, "|", "||`|", "`a`|`b`", "a`", "`", "``|", `\`, `a\`, "<b>&amp;</b>", "**a**", "a  b", "@a/b#1"}
	for _, name := range names {
		all.Rows = append(all.Rows, comment.Row{Dir: name, Stack: name, NotRun: name})
	}
	root := tree(t, all.Render())
	rows := elements(root, "tr")[1:]
	folds := elements(root, "summary")
	for i, name := range names {
		want := name + ":" + name
		code := elements(rows[i], "code")
		if len(code) != 2 || text(code[0]) != want || text(code[1]) != strings.TrimLeft(name, "* ") {
			t.Errorf("the row of %s is %s", want, text(rows[i]))
		}
		if got := text(elements(folds[i], "code")[0]); got != want {
			t.Errorf("the fold of %s is called %s", want, got)
		}
	}
}

// TestEveryTextOfAStackIsShown finds a word in code from each place where others choose a text.
func TestEveryTextOfAStackIsShown(t *testing.T) {
	words := 0
	word := func() string { words++; return fmt.Sprintf("canary%02d", words) }
	row := func() comment.Row {
		return comment.Row{Dir: word(), Project: word(), Stack: word(), Organization: word(), Why: word()}
	}
	changing, unrun, refused := row(), row(), row()
	changing.Report = everywhere("", 0).Report
	changing.Reads = []string{word(), word()}
	changing.Report.Steps[0].Name, changing.Report.Stdout = word(), word()
	unrun.NotRun, refused.NotApplied = word(), word()
	skipped := comment.Row{Dir: word(), Stack: word(), Skipped: word()}
	gone, same := comment.Row{Dir: word(), Stack: word(), Removed: true}, comment.Row{Dir: word(), Stack: word()}
	root := tree(t, comment.All{ID: marker.Marker{Key: word()}, Commit: word(), Rows: []comment.Row{changing, unrun, refused, skipped, gone, same}}.Render())
	var code strings.Builder
	for _, node := range elements(root, "code") {
		code.WriteString(text(node) + "\n")
	}
	for i := range words {
		if word := fmt.Sprintf("canary%02d", i+1); !strings.Contains(code.String(), word) {
			t.Errorf("%s is not shown", word)
		}
	}
	if outside := skeleton(root); strings.Contains(outside, "canary") {
		t.Errorf("shown outside code:\n%s", outside)
	}
}

func FuzzRenderAll(f *testing.F) {
	for i, attack := range attacks {
		if len(attack) < 1000 {
			f.Add(attack, uint8(1+i%5))
		}
	}
	f.Fuzz(func(t *testing.T, text string, copies uint8) {
		proveMany(t, everywhereMany(text, 1+int(copies%12)), len(text) < 100 && copies%12 < 3)
		proveMany(t, comment.All{NotStarted: "a" + text, Time: time.Unix(0, 0)}, true)
		proveMany(t, comment.All{ID: marker.Marker{Verb: "up"}, NotApplied: "a" + text, Time: time.Unix(0, 0)}, true)
	})
}
