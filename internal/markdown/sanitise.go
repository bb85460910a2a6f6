package markdown

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Elements that GitHub leaves in a comment. Of any other, only what it holds is left, and of those in
// hidden nothing.
var (
	allowed = words(`a b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img
		input ins kbd li ol p pre q s samp span strike strong sub summary sup table tbody td tfoot th thead
		tr tt ul var`)
	hidden = words(`script style iframe noscript object embed svg math template textarea title xmp`)
)

// Attributes that GitHub leaves, for any element and for one.
var (
	anyAttribute = words(`align alt title width height colspan rowspan start`)
	attributes   = map[string][]string{
		"a":       {"href"},
		"code":    {"class"},
		"details": {"open"},
		"img":     {"src"},
		"input":   {"type", "checked", "disabled"},
	}
)

func words(list string) []string { return strings.Fields(list) }

// sanitise leaves below node only what GitHub's allow list lets through.
func sanitise(node *html.Node) {
	for child := node.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case child.Type == html.TextNode:
		case child.Type != html.ElementNode || slices.Contains(hidden, child.Data):
			node.RemoveChild(child)
		case !slices.Contains(allowed, child.Data) || child.Data == "input" && attribute(child, "type") != "checkbox":
			sanitise(child)
			unwrap(child)
		default:
			child.Attr = slices.DeleteFunc(child.Attr, func(a html.Attribute) bool { return !keeps(child.Data, a) })
			sanitise(child)
		}
		child = next
	}
}

func keeps(element string, a html.Attribute) bool {
	if !slices.Contains(anyAttribute, a.Key) && !slices.Contains(attributes[element], a.Key) {
		return false
	}
	switch a.Key {
	case "class":
		return strings.HasPrefix(a.Val, "language-")
	case "href", "src":
		u, err := url.Parse(a.Val)
		return err == nil && slices.Contains([]string{"", "http", "https", "mailto"}, strings.ToLower(u.Scheme))
	}
	return true
}

// unwrap puts the children of node in its place.
func unwrap(node *html.Node) {
	for child := node.FirstChild; child != nil; child = node.FirstChild {
		node.RemoveChild(child)
		node.Parent.InsertBefore(child, node)
	}
	node.Parent.RemoveChild(node)
}

func attribute(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
