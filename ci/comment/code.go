package comment

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Everything that others have chosen stands in the comment as one of these two: inside them Markdown
// reads no mention, no reference, no link and no HTML. Both expect clean text.

// span gives text as a code span: one line, however many it has, and as it is within that line.
// Nothing gives nothing.
func span(text string) string {
	text = strings.TrimRight(strings.NewReplacer("\n", " ", "\t", " ").Replace(text), " ")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	// Markdown takes one space off both ends if both have one, and reads a backtick at the end as part of the fence.
	if first, last := text[0], text[len(text)-1]; first == '`' || last == '`' {
		text = " " + text + " "
	} else if first == ' ' {
		text = " " + text + " "
	}
	return fence + text + fence
}

// block gives text as a fenced block, in GitHub's colours for the language.
func block(language, text string) string {
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	return fence + language + "\n" + strings.TrimSuffix(text, "\n") + "\n" + fence
}

// longestRun gives the length of the longest run of backticks in text.
func longestRun(text string) int {
	longest, run := 0, 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

const maxURL = 2000

var host = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)

// link gives a link with a text of ours. It gives nothing where address is no URL that can stand in a
// link: one of the schemes, a host, no user name.
func link(text, address string, schemes ...string) string {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" || len(address) > maxURL || !host.MatchString(u.Host) {
		return ""
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return "[" + text + "](" + escapeURL(u.String()) + ")"
		}
	}
	return ""
}

// escapeURL writes everything as %XX that Markdown could read as something else than a letter of a URL.
func escapeURL(address string) string {
	var out strings.Builder
	for i := range len(address) {
		c := address[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~:/?#@!$&+,=%", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, "%%%02X", c)
	}
	return out.String()
}
