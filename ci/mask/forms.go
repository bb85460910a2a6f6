package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// shortest is the length from which on a line, a value or an encoded form of a secret is masked by itself.
// A shorter one would be found by chance in texts that have nothing to do with it.
const shortest = 8

// forms are the texts in which secrets are known again.
type forms map[string]bool

// add takes in a text as it is and what becomes of it when it is encoded.
func (f forms) add(text string) {
	f[text] = true
	for _, form := range encoded(text) {
		if len(form) >= shortest {
			f[form] = true
		}
	}
}

func encoded(text string) []string {
	forms := []string{
		base64.StdEncoding.EncodeToString([]byte(text)),
		base64.RawStdEncoding.EncodeToString([]byte(text)),
		base64.URLEncoding.EncodeToString([]byte(text)),
		base64.RawURLEncoding.EncodeToString([]byte(text)),
		hex.EncodeToString([]byte(text)),
		strings.ToUpper(hex.EncodeToString([]byte(text))),
		url.QueryEscape(text),
		url.PathEscape(text),
		inner(strconv.Quote(text)),
		inner(strconv.QuoteToASCII(text)),
		inner(inJSON(text, true)),
		inner(inJSON(text, false)),
	}
	for shift := range 3 {
		core := base64Core(text, shift)
		forms = append(forms, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
	}
	return forms
}

// base64Core is what stands for text in the base64 of a longer one, where text begins shift bytes after a
// multiple of three: the characters that no neighbour has a part in.
func base64Core(text string, shift int) string {
	all := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + text))
	first := (8*shift + 5) / 6
	end := 8 * (shift + len(text)) / 6
	return all[min(first, end):end]
}

func inJSON(text string, escapeHTML bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escapeHTML)
	if err := encoder.Encode(text); err != nil {
		panic(err) // A string can always be written.
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// inner is a quoted text without its quotes.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }
