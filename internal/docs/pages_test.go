// Package docs tests the README and the pages of docs/: that their links lead somewhere, that what they show can be
// read, and that they name what the module has and nothing else. What their commands do is tested by internal/e2e.
package docs

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"iac/internal/bindings"
)

const root = "../.."

// page is a Markdown file of this repository.
type page struct {
	// name is its path from the root.
	name string
	text string
	tree ast.Node
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

func newPage(name, content string) page {
	return page{name, content, markdown.Parser().Parse(text.NewReader([]byte(content)))}
}

// pages are the README, the changelog where there is one, and all in docs/.
func pages(t *testing.T) map[string]page {
	t.Helper()
	files, err := filepath.Glob(root + "/docs/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no pages: %v", err)
	}
	files = append(files, root+"/README.md")
	if _, err := os.Stat(root + "/CHANGELOG.md"); err == nil {
		files = append(files, root+"/CHANGELOG.md")
	}
	all := map[string]page{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(filepath.ToSlash(file), root+"/")
		all[name] = newPage(name, string(content))
	}
	return all
}

// walk calls visit for each node of a page.
func (p page) walk(visit func(ast.Node)) {
	_ = ast.Walk(p.tree, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			visit(node)
		}
		return ast.WalkContinue, nil
	})
}

// content is the text of a node without its marks.
func (p page) content(node ast.Node) string {
	var out strings.Builder
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if leaf, ok := child.(*ast.Text); ok {
			out.Write(leaf.Value([]byte(p.text)))
			if leaf.SoftLineBreak() {
				out.WriteByte(' ')
			}
			continue
		}
		out.WriteString(p.content(child))
	}
	return out.String()
}

// destinations are where the links and pictures lead.
func (p page) destinations() (all []string) {
	p.walk(func(node ast.Node) {
		switch node := node.(type) {
		case *ast.Link:
			all = append(all, string(node.Destination))
		case *ast.Image:
			all = append(all, string(node.Destination))
		case *ast.AutoLink:
			all = append(all, string(node.URL([]byte(p.text))))
		}
	})
	return all
}

// anchors are the names by which GitHub lets the headings be linked to.
func (p page) anchors() (all []string) {
	p.walk(func(node ast.Node) {
		if heading, ok := node.(*ast.Heading); ok {
			first := anchor(p.content(heading))
			name := first
			for again := 1; slices.Contains(all, name); again++ {
				name = fmt.Sprintf("%s-%d", first, again)
			}
			all = append(all, name)
		}
	})
	return all
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)

func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// brokenLinks says what is wrong with the links of a page. Files are looked for below the root. Links to other sites are
// not followed.
func brokenLinks(p page, all map[string]page) (broken []string) {
	for _, destination := range p.destinations() {
		u, err := url.Parse(destination)
		switch {
		case err != nil:
			broken = append(broken, err.Error())
			continue
		case u.Scheme != "" || u.Host != "":
			if u.Scheme != "https" || u.Host == "" || u.User != nil {
				broken = append(broken, destination+": want https://HOST/…")
			}
			continue
		}
		to := p
		if u.Path != "" {
			name := path.Join(path.Dir(p.name), u.Path)
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				broken = append(broken, destination+": there is no "+name)
				continue
			}
			to = all[name]
		}
		if u.Fragment != "" && (to.tree == nil || !slices.Contains(to.anchors(), u.Fragment)) {
			broken = append(broken, destination+": there is no heading #"+u.Fragment)
		}
	}
	return broken
}

func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	for _, p := range all {
		for _, broken := range brokenLinks(p, all) {
			t.Errorf("%s: %s", p.name, broken)
		}
	}
}

func TestBrokenLinksAreFound(t *testing.T) {
	other := newPage("docs/security.md", "# Security\n\n## What is `masked`?\n\n## Twice\n\n## Twice\n")
	for link, broken := range map[string]bool{
		"[a](security.md)":                  false,
		"[a](security.md#security)":         false,
		"[a](security.md#what-is-masked)":   false,
		"[a](security.md#twice-1)":          false,
		"[a](#here)":                        false,
		"[a](../README.md)":                 false,
		"[a](https://dagger.io/x#anything)": false,
		"[a](security.md#twice-2)":          true,
		"[a](security.md#What-is-masked)":   true,
		"[a](nowhere.md)":                   true,
		"![a](../testdata/nothing.png)":     true,
		"[a](#there)":                       true,
		"[a](../ci/main.go#here)":           true,
		"[a](http://dagger.io)":             true,
		"[a](https:///x)":                   true,
		"<ftp://dagger.io>":                 true,
	} {
		p := newPage("docs/page.md", "# Here\n\n"+link+"\n")
		found := brokenLinks(p, map[string]page{p.name: p, other.name: other})
		if len(found) > 0 != broken {
			t.Errorf("%s: %q", link, found)
		}
	}
}

func TestEachPageIsReachedFromTheREADME(t *testing.T) {
	all := pages(t)
	reached := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		if reached[name] || all[name].tree == nil {
			return
		}
		reached[name] = true
		for _, destination := range all[name].destinations() {
			file, _, _ := strings.Cut(destination, "#")
			follow(path.Join(path.Dir(name), file))
		}
	}
	follow("README.md")
	for name := range all {
		if !reached[name] {
			t.Errorf("no link leads from the README to %s", name)
		}
	}
}

// Forty lines, strictly: all that are not empty count, headings, tables and the picture too. Only what stands in a fence
// does not, with its fences. A line holds no more than people read of one.
func TestTheREADMEHasFortyLines(t *testing.T) {
	lines, fenced := 0, false
	for line := range strings.Lines(pages(t)["README.md"].text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case !fenced && line != "":
			lines++
			if len(line) > 350 {
				t.Errorf("a line has %d bytes: %s", len(line), line)
			}
		}
	}
	if lines > 40 {
		t.Errorf("the README has %d lines of text, want 40 at most", lines)
	}
}

// module reads the module in ci/.
func module(t *testing.T) *bindings.Module {
	t.Helper()
	m, err := bindings.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
