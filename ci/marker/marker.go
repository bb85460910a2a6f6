// Package marker writes and reads the hidden first line by which a comment on a pull request is known.
package marker

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
)

const (
	begin = "<!-- iac "
	end   = "} -->"
	// version changes when a comment of an older iac can no longer be edited into one of today's.
	version = 1
	// maxName is the length in bytes up to which a name stands in the marker itself.
	maxName = 300
	// timeForm is fixed in length, so that a time has one form only.
	timeForm = "2006-01-02T15:04:05.000Z"
	// maxSteps is the length of the short hashes of 300 steps.
	maxSteps = 300 * 12
)

// plan and steps are the forms of a digest and of the short hashes of steps.
var (
	plan  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	steps = regexp.MustCompile(`^([0-9a-f]{12})*$`)
)

// Marker says what a comment is about.
type Marker struct {
	// There is one comment on a pull request for each project, stack and key. Key is empty for most.
	Project, Stack, Key string
	// Verb is what the run did if that was no preview, such as up: it has a comment of its own.
	Verb string
	// Began is when the run began of which the comment tells, to the millisecond; zero if not known.
	Began time.Time
	// Plan is the digest of the plan of which the comment tells, and Steps the short hashes of its steps in a row, as
	// package plan gives them; empty where there is none.
	Plan, Steps string
	// Iac is the version of iac that wrote the comment. It stands there for people: Parse does not read it.
	Iac string
}

// fields are the marker as JSON. A new field goes to the end, and may be left out: Parse of an older iac
// passes over what follows the fields that it knows.
type fields struct {
	Version int    `json:"v"`
	Project string `json:"project"`
	Stack   string `json:"stack"`
	Key     string `json:"key,omitempty"`
	Began   string `json:"began,omitempty"`
	Plan    text   `json:"plan,omitempty"`
	Steps   text   `json:"steps,omitempty"`
	Iac     text   `json:"iac,omitempty"`
}

// text is a text that is not empty; anything else is read as one that has no form.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil || s == "" {
		s = "?"
	}
	*t = text(s)
	return nil
}

// Start is what the line of every marker begins with.
const Start = begin + "{"

// String gives the line. It is a comment in HTML around compact JSON, in printable ASCII: what would end
// the comment or the line stands there as an escape. Of a name longer than 300 bytes its SHA-256 stands
// there. A plan that has not the form of one is left out.
func (m Marker) String() string { return m.open() + end }

// Prefix gives what the line of every marker begins with that is the same as m.
func (m Marker) Prefix() string {
	m.Began, m.Plan, m.Iac = time.Time{}, "", ""
	return m.open()
}

// Same tells whether both are about the same project, stack and key.
func (m Marker) Same(other Marker) bool { return m.Prefix() == other.Prefix() }

// open is the line without its end.
func (m Marker) open() string {
	f := fields{Version: version, Project: name(m.Project), Stack: name(m.Stack), Key: m.key(), Iac: text(m.Iac)}
	if !m.Began.IsZero() {
		f.Began = m.Began.UTC().Format(timeForm)
	}
	if m.planned() {
		f.Plan, f.Steps = text(m.Plan), text(m.Steps)
	}
	object, err := json.Marshal(f)
	if err != nil {
		panic(err) // Strings and a number can always be written.
	}
	return begin + escaped(strings.TrimSuffix(string(object), "}"))
}

// key is the key with the verb before it. A user's key has no slash, so an older iac takes it for another comment.
func (m Marker) key() string {
	if m.Verb == "" {
		return name(m.Key)
	}
	return name(m.Verb + "/" + m.Key)
}

// planned tells whether there is a plan, and in its form.
func (m Marker) planned() bool {
	return plan.MatchString(m.Plan) && len(m.Steps) <= maxSteps && steps.MatchString(m.Steps)
}

// name is a name as it stands in the marker.
func name(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= maxName {
		return s
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(s)))
}

// escaped is JSON in which nothing ends a comment in HTML or a line.
func escaped(text string) string {
	var out strings.Builder
	var previous rune
	for _, r := range text {
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
	return out.String()
}

// Parse reads the marker of a comment: its first line, which must be a marker and nothing else. The fields
// known here stand first and in the form that String gives them; those that a newer iac adds may follow. A plan that
// does not stand there so is none, and the rest of the marker is read nevertheless.
func Parse(body string) (Marker, bool) {
	line, _, _ := strings.Cut(body, "\n")
	line = strings.TrimSuffix(line, "\r")
	inside, ok := strings.CutPrefix(line, begin)
	if !ok || !strings.HasSuffix(inside, end) {
		return Marker{}, false
	}
	object := strings.TrimSuffix(inside, " -->")
	if escaped(object) != object || !compact(object) {
		return Marker{}, false
	}
	var f fields
	if json.Unmarshal([]byte(object), &f) != nil {
		return Marker{}, false
	}
	m := Marker{Project: f.Project, Stack: f.Stack, Key: f.Key}
	if verb, key, ok := strings.Cut(f.Key, "/"); ok && verb != "" {
		m.Verb, m.Key = verb, key
	}
	if f.Began != "" {
		began, err := time.Parse(timeForm, f.Began)
		if err != nil {
			return Marker{}, false
		}
		m.Began = began
	}
	m.Plan, m.Steps = string(f.Plan), string(f.Steps)
	if m.planned() && m.begins(line) {
		return m, true
	}
	m.Plan, m.Steps = "", ""
	return m, m.begins(line)
}

// begins tells whether a line is the one of m, perhaps with more fields.
func (m Marker) begins(line string) bool {
	rest, ok := strings.CutPrefix(line, m.open())
	return ok && (rest == end || strings.HasPrefix(rest, `,"`))
}

// compact tells whether text is JSON without a space too many.
func compact(text string) bool {
	var out bytes.Buffer
	return json.Compact(&out, []byte(text)) == nil && out.String() == text
}
