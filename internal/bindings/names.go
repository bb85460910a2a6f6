package bindings

import (
	"strings"
	"unicode"
)

// CamelName gives the name of a function or an argument in the API: githubRef.
func CamelName(name string) string {
	if name == "ID" {
		return "id"
	}
	var out strings.Builder
	upper := false
	for i, c := range name {
		switch {
		case strings.ContainsRune("_-. ", c):
			upper = true
			continue
		case i == 0:
			c = unicode.ToLower(c)
		case upper:
			c = unicode.ToUpper(c)
		}
		upper = unicode.IsDigit(c)
		out.WriteRune(c)
	}
	return out.String()
}

// KebabName gives the name of a function or an argument on the command line: github-ref.
func KebabName(name string) string { return delimited(CamelName(name), '-') }

// SnakeName gives a name with underscores: github_ref.
func SnakeName(name string) string { return delimited(CamelName(name), '_') }

// delimited puts the delimiter where a word ends: where the kind of letter changes, and before the
// last capital of several that a small letter follows.
func delimited(name string, delimiter rune) string {
	letters := []rune(name)
	var out strings.Builder
	for i, c := range letters {
		if i > 0 && endsWord(letters, i) {
			out.WriteRune(delimiter)
		}
		if strings.ContainsRune("_-. ", c) {
			c = delimiter
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}

// endsWord says whether a word ends before the letter at i.
func endsWord(letters []rune, i int) bool {
	before, at := letterKind(letters[i-1]), letterKind(letters[i])
	switch {
	case before == other || at == other:
		return false
	case before == capital && at == small:
		return false
	case before == capital && at == capital:
		return i+1 < len(letters) && letterKind(letters[i+1]) == small
	}
	return before != at
}

const (
	other = iota
	small
	capital
	digit
)

func letterKind(c rune) int {
	switch {
	case unicode.IsLower(c):
		return small
	case unicode.IsUpper(c):
		return capital
	case unicode.IsDigit(c):
		return digit
	}
	return other
}

// exported gives a name with a capital at its beginning.
func exported(name string) string {
	return strings.ToUpper(name[:1]) + name[1:]
}
