package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"dagger/iac/internal/dagger"
)

// warn tells the caller something on standard error: it is not part of the result.
func warn(text string) {
	_, _ = fmt.Fprintln(os.Stderr, "iac: "+text)
}

// explain gives the words of an error, and what the failing command printed where it was one: the
// error alone would say no more than its exit code.
func explain(err error) string {
	var failed *dagger.ExecError
	if !errors.As(err, &failed) {
		return err.Error()
	}
	printed := strings.TrimSpace(failed.Stderr + "\n" + failed.Stdout)
	return fmt.Sprintf("`%s` failed with exit code %d:\n\n%s", strings.Join(failed.Cmd, " "), failed.ExitCode, printed)
}

// maxErrorText is how much of an output stands in an error.
const maxErrorText = 100_000

// inError is an output as it stands in an error: the beginning and the end of a long one, all of which
// goes to standard error then.
func inError(text string) string {
	if len(text) <= maxErrorText {
		return text
	}
	warn("all of the output:\n\n" + text)
	return withoutMiddle(text, maxErrorText)
}

// withoutMiddle gives the beginning and the end of a text that is longer than so many bytes, cut between lines.
func withoutMiddle(text string, most int) string {
	if len(text) <= most {
		return text
	}
	head, tail := text[:most/2], text[len(text)-most/2:]
	if i := strings.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	if i := strings.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	left := len(text) - len(head) - len(tail)
	return strings.ToValidUTF8(fmt.Sprintf("%s\n[… %d bytes left out …]\n%s", head, left, tail), "")
}
