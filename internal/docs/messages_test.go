package docs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// entry is a message in the first column of a table of docs/messages.md.
type entry struct {
	text string
	// others is true for the words of Dagger, Pulumi or GitHub, which internal/e2e meets.
	others bool
}

// matches tells whether a message begins as the entry does, with anything for each ….
func (e entry) matches(said string) bool {
	for i, part := range strings.Split(e.text, anything) {
		before, after, found := strings.Cut(said, part)
		if !found || i == 0 && before != "" {
			return false
		}
		said = after
	}
	return true
}

// entries gives the messages that a page explains.
func entries(p page) (all []entry) {
	others := false
	p.walk(func(node ast.Node) {
		switch node := node.(type) {
		case *ast.Heading:
			others = p.content(node) == "Met most often"
		case *extast.TableRow:
			for child := node.FirstChild().FirstChild(); child != nil; child = child.NextSibling() {
				if span, ok := child.(*ast.CodeSpan); ok {
					all = append(all, entry{p.content(span), others})
				}
			}
		}
	})
	return all
}

func TestEachMessageHasAnEntry(t *testing.T) {
	explained, said := entries(pages(t)["docs/messages.md"]), messages(t)
	if len(explained) < 50 || len(said) < 100 {
		t.Fatalf("%d entries and %d texts are too few to be all", len(explained), len(said))
	}
	for _, m := range unexplained(explained, said) {
		t.Errorf("docs/messages.md has no entry for %q, which %s says", m.text, m.at)
	}
}

// unexplained are the errors and warnings that no entry is about.
func unexplained(explained []entry, said []message) (left []message) {
messages:
	for _, m := range said {
		if !m.said || !hasWords(m.text) {
			continue
		}
		for _, e := range explained {
			if !e.others && e.matches(m.text) {
				continue messages
			}
		}
		left = append(left, m)
	}
	return left
}

func TestEachEntryIsAMessage(t *testing.T) {
	said := map[string]bool{}
	for _, m := range messages(t) {
		if hasWords(m.text) {
			said[m.text] = true
		}
	}
entries:
	for _, e := range entries(pages(t)["docs/messages.md"]) {
		if len(regexp.MustCompile(`[^a-z]`).ReplaceAllString(e.text, "")) < 6 {
			t.Errorf("the entry %q says too little to know a message by", e.text)
		}
		if e.others {
			continue
		}
		for text := range said {
			if e.matches(text) {
				continue entries
			}
		}
		t.Errorf("no text of ci/ is as the entry %q of docs/messages.md", e.text)
	}
}

func TestAMessageWithoutAnEntryIsFound(t *testing.T) {
	explained := []entry{{"invalid …: want …", false}, {"the … ran, but", false}, {"the sky fell", true}}
	for text, found := range map[string]bool{
		"invalid stack …: want dev": true,
		"invalid stack …":           false,
		"the … ran, but not far":    true,
		"the … ran":                 false,
		"here the … ran, but":       false,
		"the sky fell":              false,
		"… …":                       true,
	} {
		if left := unexplained(explained, []message{{text: text, said: true}}); len(left) == 0 != found {
			t.Errorf("%q: left are %v", text, left)
		}
	}
}
