package stacks

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// ParseChanges reads the text of --changed-files: one path a line, from the root of src, as `git diff --name-only` prints
// them.
func ParseChanges(text string) (Changes, error) {
	var c Changes
	seen := map[string]bool{}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, err := parseChange(line)
		if err != nil {
			return Changes{}, fmt.Errorf("changed-files: line %d: %w", number, err)
		}
		if !seen[name] {
			seen[name] = true
			c.Files = append(c.Files, File{Path: name})
		}
	}
	return c, nil
}

// parseChange gives the path in a line of --changed-files.
func parseChange(line string) (string, error) {
	name := line
	if strings.HasPrefix(line, `"`) {
		// Git writes a name with other than plain characters so.
		unquoted, err := strconv.Unquote(line)
		if err != nil {
			return "", fmt.Errorf("%s is not a name as git quotes it: want one path a line", shown(line))
		}
		name = unquoted
	} else if strings.Contains(name, "\t") {
		return "", fmt.Errorf("%q has a tab: want one path a line and nothing else, as git diff --name-only prints it", line)
	}
	switch inside, ok := within(".", name); {
	case strings.Contains(name, "\x00"):
		return "", fmt.Errorf("%q has a zero byte: want UTF-8 text, one path a line", line)
	case !ok:
		return "", fmt.Errorf("%q leaves src: want paths from the root of src, such as infra/main.go", name)
	case inside == "." || strings.HasSuffix(name, "/"):
		return "", fmt.Errorf("%q is a folder: want the path of a file, such as infra/main.go", name)
	default:
		return inside, nil
	}
}

// within gives a path that is meant from a folder as one from the root, and false if it leaves the root.
func within(dir, name string) (string, bool) {
	full := path.Join(dir, name)
	return full, name != "" && !path.IsAbs(name) && full != ".." && !strings.HasPrefix(full, "../")
}

// below tells whether a file or folder is the folder dir or lies in it.
func below(dir, name string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir) && name[len(dir)] == '/'
}

// shown is a name on one line, quoted where it has characters that could not be seen.
func shown(name string) string {
	if quoted := strconv.Quote(name); len(quoted) != len(name)+2 && strings.ContainsFunc(name, func(c rune) bool { return !strconv.IsPrint(c) || c == '\ufffd' }) {
		return quoted
	}
	return name
}
