// Package markdown shows Markdown the way GitHub shows it in a comment: GitHub-flavoured, every line
// break kept, foreign HTML taken out, alerts, mentions, references and coloured diffs put in.
//
// It serves the page on which a comment is looked at, and the proofs about comments: what GitHub would
// make a link, a mention or an element of is one in the result too.
package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	render "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTML gives the inside of the element that shows a comment.
func HTML(markdown string) (string, error) {
	gfm := goldmark.New(
		goldmark.WithExtensions(
			extension.Linkify,
			extension.Strikethrough,
			extension.TaskList,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		),
		// Raw HTML goes through as it is; sanitise takes out what GitHub takes out.
		goldmark.WithRendererOptions(render.WithHardWraps(), render.WithUnsafe()),
	)
	var raw bytes.Buffer
	if err := gfm.Convert([]byte(markdown), &raw); err != nil {
		return "", err
	}
	root, err := parse(&raw)
	if err != nil {
		return "", err
	}
	sanitise(root)
	alerts(root)
	references(root)
	diffs(root)

	var out strings.Builder
	for child := root.FirstChild; child != nil; child = child.NextSibling {
		if err := html.Render(&out, child); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

// parse reads a piece of HTML as a browser would read it inside a div, and gives that div.
func parse(source *bytes.Buffer) (*html.Node, error) {
	div := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(source, div)
	if err != nil {
		return nil, err
	}
	for _, node := range nodes {
		div.AppendChild(node)
	}
	return div, nil
}
