package stacks

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// goFile is what a go.mod or go.work says, as far as it is of use here. Lines that are not understood are left to Go.
type goFile struct {
	module   string
	requires []string
	uses     []goPath
	replaces []goPath
}

// goPath is a folder in a line of a goFile, and the module that it replaces.
type goPath struct {
	line         int
	module, path string
}

func (r *Repository) readGoFile(name string) goFile {
	text, err := fs.ReadFile(r.tree, name)
	if err != nil {
		return goFile{}
	}
	return parseGoFile(string(text))
}

func parseGoFile(text string) goFile {
	var file goFile
	block, number := "", 0
	for line := range strings.Lines(text) {
		number++
		words := goWords(line)
		switch {
		case len(words) == 0:
			continue
		case block != "" && words[0] == ")":
			block = ""
			continue
		case block != "":
			words = append([]string{block}, words...)
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		}
		file.take(number, words)
	}
	return file
}

// take takes in a line whose first word says what it is about.
func (f *goFile) take(line int, words []string) {
	switch {
	case len(words) < 2:
	case words[0] == "module":
		f.module = words[1]
	case words[0] == "require":
		f.requires = append(f.requires, words[1])
	case words[0] == "use":
		f.uses = append(f.uses, goPath{line: line, path: words[1]})
	case words[0] == "replace":
		arrow := slices.Index(words, "=>")
		if arrow > 0 && arrow+1 < len(words) && isLocal(words[arrow+1]) {
			f.replaces = append(f.replaces, goPath{line, words[1], words[arrow+1]})
		}
	}
}

// isLocal tells whether what replaces a module is a path on disk.
func isLocal(name string) bool {
	return name == "." || name == ".." || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || strings.HasPrefix(name, "/")
}

// goWords gives the words of a line of a go.mod.
func goWords(line string) []string {
	var words []string
	for line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//"); line = strings.TrimSpace(line) {
		if quoted, err := strconv.QuotedPrefix(line); err == nil {
			word, _ := strconv.Unquote(quoted)
			words = append(words, word)
			line = line[len(quoted):]
			continue
		}
		if strings.ContainsRune("()", rune(line[0])) {
			words = append(words, line[:1])
			line = line[1:]
			continue
		}
		end := strings.IndexAny(line, " \t()")
		if end < 0 {
			end = len(line)
		}
		if comment := strings.Index(line, "//"); comment > 0 {
			end = min(end, comment)
		}
		words = append(words, line[:end])
		line = line[end:]
	}
	return words
}
