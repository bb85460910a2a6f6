package comment

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

const (
	markerStart = "<!-- iac {"
	markerEnd   = " -->"
	// markerVersion changes when a comment of an older iac can no longer be edited into one of today's.
	markerVersion = 1
	// maxMarked is the length up to which a name stands in the marker itself.
	maxMarked = 300
)

// MarkerPrefix is what the marker of every comment of iac begins with.
func MarkerPrefix() string { return markerStart }

// Marker is the first line of a comment: hidden where Markdown is shown, and the same for the same ID.
//
// It is a comment in HTML around compact JSON. All of it is ASCII, and no value can hold what would end
// the comment or the line: these characters are written as JSON escapes. Of a name longer than 300
// bytes its SHA-256 stands there.
func Marker(id ID) string {
	text, err := json.Marshal(struct {
		Version int `json:"v"`
		ID
	}{markerVersion, ID{Project: marked(id.Project), Stack: marked(id.Stack), Key: marked(id.Key)}})
	if err != nil {
		panic(err) // Three strings and a number can always be written.
	}
	var out strings.Builder
	out.WriteString(markerStart)
	previous := '{'
	for _, r := range string(text[1:]) {
		if r < ' ' || r > '~' || r == '<' || r == '>' || r == '-' && previous == '-' {
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, `\u%04x`, unit)
			}
			previous = 0
			continue
		}
		out.WriteRune(r)
		previous = r
	}
	out.WriteString(markerEnd)
	return out.String()
}

func marked(name string) string {
	if len(name) <= maxMarked {
		return name
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(name)))
}

// IsFor reports whether body is a comment that was written for id. Only the first line counts, and it
// must be the marker and nothing else.
func IsFor(body string, id ID) bool {
	line, _, _ := strings.Cut(body, "\n")
	return strings.TrimSuffix(line, "\r") == Marker(id)
}
