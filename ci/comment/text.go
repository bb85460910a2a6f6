package comment

import (
	"regexp"
	"strings"

	"dagger/iac/report"
)

// What stands here finds its way about in the text that Pulumi prints, to show the right part of it. What a run did
// is never read from it.

// printed is everything that Pulumi printed, standard error first.
func printed(r report.Report) string {
	stdout, stderr := strings.Trim(withoutTicks(r.Stdout), "\n"), strings.Trim(r.Stderr, "\n")
	if stdout == "" || stderr == "" {
		return stdout + stderr
	}
	return stderr + "\n" + stdout
}

// ticks are the lines by which Pulumi says from time to time that it is still at work.
var ticks = regexp.MustCompile(`(?m)^@ (?:previewing update|updating|refreshing|destroying|importing)\.+\n?`)

// withoutTicks takes them out: how many there are depends on nothing but the time that it took.
func withoutTicks(text string) string {
	if !strings.HasPrefix(text, "@ ") && !strings.Contains(text, "\n@ ") {
		return text
	}
	return ticks.ReplaceAllString(text, "")
}

// runBanners begin the line that stands between the preview of a run and the run.
var runBanners = []string{"\nUpdating (", "\nRefreshing (", "\nDestroying (", "\nImporting ("}

// afterPreview is what was printed of the run itself, from its banner on; all of it for a preview.
func afterPreview(r report.Report, text string) string {
	last := -1
	for _, banner := range runBanners {
		if !r.Preview {
			last = max(last, strings.LastIndex(text, banner))
		}
	}
	return text[last+1:]
}

// diffOf is the part of the standard output that tells the changes: from the first resource of the run to the summary.
func diffOf(r report.Report) string {
	all := withoutTicks(r.Stdout)
	text := afterPreview(r, all)
	if len(text) < len(all) {
		_, text, _ = strings.Cut(text, "\n")
	}
	if at := firstResource(text); at > 0 {
		text = text[at:]
	}
	// Nothing but the policy packs and the duration comes after the summary.
	if at := strings.LastIndex(text, "\nResources:\n"); at >= 0 {
		text = text[:at]
	} else if strings.HasPrefix(text, "Resources:\n") {
		text = ""
	}
	return strings.Trim(text, "\n")
}

// firstResource gives the place of the first line that is a resource's, or -1.
func firstResource(text string) int {
	for at := 0; at < len(text); {
		line, next := lineAt(text, at)
		if isHeader(line) {
			return at
		}
		at = next
	}
	return -1
}

// isHeader reports whether a line is the first one of a resource, at little cost for those that are not.
func isHeader(line string) bool {
	const longest = 1 << 10
	if len(line) > longest {
		return false
	}
	_, _, ok := headerOf(line)
	return ok
}

// lineAt gives the line at a place without its newline, and where the next one begins.
func lineAt(text string, at int) (line string, next int) {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return text[at : at+n], at + n + 1
	}
	return text[at:], len(text)
}

// cloudLink is how Pulumi names the page of a run, by version and backend.
var cloudLink = regexp.MustCompile(`^(?:View Live|View in Browser(?: \(Ctrl\+O\))?): (https://\S+/(?:previews|updates)/[\w-]+)$`)

// pageOnCloud is the page of a run on Pulumi Cloud or a server of one's own. Pulumi prints that of a preview before it
// starts the program, so only the first lines are looked at; that of the run after it must be of the same stack.
func pageOnCloud(r report.Report) string {
	page := linkIn(r.Stdout)
	if run := afterPreview(r, r.Stdout); len(run) < len(r.Stdout) {
		stack, _, _ := strings.Cut(page, "/previews/")
		if page = linkIn(run); !strings.HasPrefix(page, stack+"/updates/") {
			return ""
		}
	}
	return page
}

// linkIn finds the link in the lines before the first resource.
func linkIn(text string) string {
	for range 6 {
		line, next := lineAt(text, 0)
		if match := cloudLink.FindStringSubmatch(line); match != nil {
			return match[1]
		}
		if next == len(text) || isHeader(line) {
			break
		}
		text = text[next:]
	}
	return ""
}
