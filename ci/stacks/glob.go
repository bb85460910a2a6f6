package stacks

import (
	"slices"
	"strings"
)

// match tells whether a text matches a pattern, piece by piece. many tells whether a piece of the pattern stands for any
// number of pieces, one whether another piece of it matches one piece of the text.
func match[P, T any](pattern []P, text []T, many func(P) bool, one func(P, T) bool) bool {
	p, t := 0, 0
	star, from := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && many(pattern[p]):
			star, from = p, t
			p++
		case p < len(pattern) && one(pattern[p], text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && many(pattern[p]) {
		p++
	}
	return p == len(pattern)
}

func isStar(c rune) bool         { return c == '*' }
func sameRune(p, c rune) bool    { return p == '?' || p == c }
func isDoubleStar(p string) bool { return p == "**" }

// matchText matches with * for any text and ? for one character; everything else is itself.
func matchText(glob, text string) bool {
	return match([]rune(glob), []rune(text), isStar, sameRune)
}

// mayMatch tells whether a glob matches some text that begins with prefix.
func mayMatch(glob, prefix string) bool {
	pattern := []rune(glob)
	for i := range len(pattern) + 1 {
		if matchText(string(pattern[:i]), prefix) {
			return true
		}
	}
	return false
}

// pathGlob matches files: ** is any folders, * any text within a name, ? one character of it. One whose last name has
// no such character means a folder with all in it too.
type pathGlob struct {
	parts []string
	// inside are the parts of the glob for all that lies in the folder, nil where no folder is meant.
	inside []string
}

// newPathGlob takes a pattern whose path is clean, but for a / at its end, which says that a folder is meant.
func newPathGlob(pattern string) pathGlob {
	parts := strings.Split(pattern, "/")
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "." || p == "" })
	g := pathGlob{parts: parts}
	if len(parts) == 0 || strings.HasSuffix(pattern, "/") || !strings.ContainsAny(parts[len(parts)-1], "*?") {
		g.inside = append(slices.Clone(parts), "**")
	}
	return g
}

func (g pathGlob) match(file string) bool {
	return g.exactly(file) || g.inside != nil && match(g.inside, strings.Split(file, "/"), isDoubleStar, matchText)
}

// isIn tells whether a glob names a folder that all it matches lies in.
func (g pathGlob) isIn(dir string) bool {
	return strings.HasPrefix(strings.Join(g.parts, "/"), dir+"/")
}

// exactly tells whether a path matches as a whole, not by a folder that it lies in.
func (g pathGlob) exactly(name string) bool {
	return match(g.parts, strings.Split(name, "/"), isDoubleStar, matchText)
}
