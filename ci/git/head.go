// Package git reads what is checked out from the files of a .git folder,
// without git and without the objects.
package git

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ReadFile gives the text of a file of the .git folder, by its path in there:
// HEAD, refs/heads/main, packed-refs.
type ReadFile func(name string) (string, error)

var commitForm = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// A reference to follow stays below refs/: its name becomes a path.
var refForm = regexp.MustCompile(`^refs(?:/[^/\x00-\x20\x7f~^:?*\[\\]+)+$`)

// depth is how many symbolic references git itself follows.
const depth = 5

// Head returns the commit that is checked out, in full. In a pull request of
// GitHub Actions that is the merge of the pull request into its base, and not
// the pull request's last commit: which commits it merges stands in the
// objects, which are not read.
//
// Where .git is a file, as in a worktree or a submodule, there is no HEAD to
// read, and that is an error.
func Head(read ReadFile) (string, error) {
	name := "HEAD"
	for range depth {
		text, err := read(name)
		if err != nil && name != "HEAD" {
			return packed(read, name)
		}
		if err != nil {
			return "", fmt.Errorf("the commit cannot be told, .git/HEAD is not read: %w", err)
		}
		text = strings.TrimSpace(text)
		target, symbolic := strings.CutPrefix(text, "ref:")
		if !symbolic {
			return checked(name, text)
		}
		name = strings.TrimSpace(target)
		if !refForm.MatchString(name) || strings.Contains(name, "..") {
			return "", fmt.Errorf("the commit cannot be told, .git/HEAD names the reference %q", name)
		}
	}
	return "", errors.New("the commit cannot be told, the references from .git/HEAD on go round in a circle")
}

func checked(name, text string) (string, error) {
	if !commitForm.MatchString(text) {
		return "", fmt.Errorf("the commit cannot be told, .git/%s holds no commit", name)
	}
	return text, nil
}

// packed looks the reference up in packed-refs. A line that begins with ^
// belongs to the tag before it and names the commit that the tag stands for.
func packed(read ReadFile, name string) (string, error) {
	text, err := read("packed-refs")
	if err != nil {
		return "", fmt.Errorf("the commit cannot be told, .git/%s is neither there nor in .git/packed-refs", name)
	}
	found := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if peeled, ok := strings.CutPrefix(line, "^"); ok && found != "" {
			return checked("packed-refs", peeled)
		}
		if found != "" {
			break
		}
		if hash, ref, ok := strings.Cut(line, " "); ok && ref == name {
			found = hash
		}
	}
	if found == "" {
		return "", fmt.Errorf("the commit cannot be told, %s is neither in .git nor in .git/packed-refs", name)
	}
	return checked("packed-refs", found)
}
