package markdown

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// element makes an element with a class and, where text is not empty, a text in it.
func element(name, class, text string) *html.Node {
	node := &html.Node{Type: html.ElementNode, Data: name}
	if class != "" {
		node.Attr = []html.Attribute{{Key: "class", Val: class}}
	}
	if text != "" {
		node.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	}
	return node
}

var alert = regexp.MustCompile(`^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$`)

// alerts turns a quotation whose first line is [!WARNING] or the like into the block that GitHub shows, unless it stands
// within another element, such as a fold.
func alerts(root *html.Node) {
	var quotes []*html.Node
	for node := range root.ChildNodes() {
		if node.Type == html.ElementNode && node.Data == "blockquote" {
			quotes = append(quotes, node)
		}
	}
	for _, quote := range quotes {
		paragraph := firstElement(quote)
		if paragraph == nil || paragraph.Data != "p" || paragraph.FirstChild == nil {
			continue
		}
		first := paragraph.FirstChild
		match := alert.FindStringSubmatch(first.Data)
		if first.Type != html.TextNode || match == nil {
			continue
		}
		if following := first.NextSibling; following != nil {
			if following.Data != "br" {
				continue
			}
			if text := following.NextSibling; text != nil && text.Type == html.TextNode {
				text.Data = strings.TrimPrefix(text.Data, "\n")
			}
			paragraph.RemoveChild(following)
		}
		paragraph.RemoveChild(first)
		kind := strings.ToLower(match[1])
		quote.Data, quote.DataAtom = "div", 0
		quote.Attr = []html.Attribute{{Key: "class", Val: "markdown-alert markdown-alert-" + kind}}
		title := element("p", "markdown-alert-title", strings.ToUpper(kind[:1])+kind[1:])
		quote.InsertBefore(title, quote.FirstChild)
	}
}

func firstElement(node *html.Node) *html.Node {
	for child := node.FirstChild; child != nil; child = child.NextSibling {
		if child.Type == html.ElementNode {
			return child
		}
	}
	return nil
}

// reference is what GitHub links in running text by itself: @user and @organisation/team, #1, GH-1 and
// owner/repository#1, and a whole commit hash.
var reference = regexp.MustCompile(`(^|[^\pL\pN_/&@#` + "`" + `])(@[A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9._-]+)?|(?:[\w-]+/[\w.-]+)?#[0-9]+|GH-[0-9]+|[0-9a-f]{40})\b`)

// references links mentions and references that stand outside code and links.
func references(node *html.Node) {
	for child := node.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case child.Type == html.TextNode:
			link(child)
		case child.Data != "code" && child.Data != "pre" && child.Data != "a":
			references(child)
		}
		child = next
	}
}

func link(text *html.Node) {
	for {
		at := reference.FindStringSubmatchIndex(text.Data)
		if at == nil {
			return
		}
		word := text.Data[at[4]:at[5]]
		before := &html.Node{Type: html.TextNode, Data: text.Data[:at[4]]}
		class := "issue-link"
		if word[0] == '@' {
			class = "user-mention"
		} else if len(word) == 40 && !strings.Contains(word, "#") {
			class = "commit-link"
		}
		a := element("a", class, word)
		a.Attr = append(a.Attr, html.Attribute{Key: "href", Val: "#" + strings.TrimLeft(word, "#@")})
		text.Parent.InsertBefore(before, text)
		text.Parent.InsertBefore(a, text)
		text.Data = text.Data[at[5]:]
	}
}

// lineClass names the colour that GitHub gives to a line of a diff by its first character.
var lineClass = map[byte]string{'+': "diff-add", '-': "diff-delete", '!': "diff-change", '#': "diff-note"}

// diffs colours fenced blocks whose language is diff.
func diffs(root *html.Node) {
	var blocks []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == "code" && attribute(node, "class") == "language-diff" {
			blocks = append(blocks, node)
		}
	}
	for _, block := range blocks {
		if block.FirstChild == nil {
			continue
		}
		text := block.FirstChild.Data
		block.RemoveChild(block.FirstChild)
		for line := range strings.Lines(text) {
			block.AppendChild(diffLine(line))
		}
	}
}

func diffLine(line string) *html.Node {
	class := lineClass[line[0]]
	if strings.HasPrefix(line, "@@") {
		class = "diff-hunk"
	}
	if class == "" {
		return &html.Node{Type: html.TextNode, Data: line}
	}
	return element("span", class, line)
}
