package mask

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

const (
	password = `p"ä<s>&s/wörd+1\`
	key      = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA0Z3VS5JJcds3\nxfn/ygWyF0Ltmc\nab\n-----END KEY-----\n"
)

func TestSecretsAreMaskedInEveryForm(t *testing.T) {
	quoted, err := json.Marshal(password)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ text, want string }{
		"itself":            {"a " + password + " b", "a *** b"},
		"twice":             {password + password, "******"},
		"base64":            {base64.StdEncoding.EncodeToString([]byte(password)), "***"},
		"base64, raw":       {base64.RawStdEncoding.EncodeToString([]byte(password)) + "!", "***!"},
		"base64, URL":       {base64.URLEncoding.EncodeToString([]byte(password)), "***"},
		"base64, raw URL":   {base64.RawURLEncoding.EncodeToString([]byte(password)) + "!", "***!"},
		"hexadecimal":       {hex.EncodeToString([]byte(password)), "***"},
		"query":             {"?p=" + url.QueryEscape(password) + "&q", "?p=***&q"},
		"path":              {"/" + url.PathEscape(password) + "/", "/***/"},
		"JSON":              {`{"p":` + string(quoted) + `}`, `{"p":"***"}`},
		"Go":                {strconv.Quote(password), `"***"`},
		"Go, ASCII":         {strconv.QuoteToASCII(password), `"***"`},
		"key":               {key, "***\n"},
		"a line of the key": {"x MIIEowIBAAKCAQEA0Z3VS5JJcds3 x", "x *** x"},
		"a short line":      {"x ab x", "x ab x"},
		"key in quotes":     {strconv.Quote(key), `"***\n"`},
		"key in base64":     {base64.StdEncoding.EncodeToString([]byte(strings.TrimSpace(key))), "***"},
		"nothing":           {"nothing to hide", "nothing to hide"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := New([]string{" " + password + "\n", key, "", " \n"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Text(test.text); got != test.want {
				t.Errorf("%q became %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestASecretIsFoundInTheBase64OfALongerText(t *testing.T) {
	m, err := New([]string{"correct horse battery"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"", "a", "ab", "abc", "user:", "x-token:"} {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString([]byte(before + "correct horse battery" + "and what follows"))
			got := m.Text(text)
			if !strings.Contains(got, "***") || len(got) > len(text)-20 {
				t.Errorf("%q after %q became %q", text, before, got)
			}
		}
	}
}

func TestTheLongestSecretWins(t *testing.T) {
	m, err := New([]string{"abc", "abcdef", "bcd"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Text("abcdefg abcd"); got != "***g ***d" {
		t.Errorf("got %q", got)
	}
}

func TestPatternsAreMasked(t *testing.T) {
	for _, test := range []struct{ pattern, text, want string }{
		{`gh[ps]_\w{4,}`, "token ghp_abcdef, ghs_123456", "token ***, ***"},
		{`(?i)password=\S+`, "a Password=x b", "a *** b"},
		{`(?m)^x.*$`, "a\nxyz\nb", "a\n***\nb"},
		{`\b`, "a b", "a b"},
		{`é+`, "caféé", "caf***"},
	} {
		m, err := New(nil, []string{test.pattern})
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := m.Text(test.text); got != test.want {
			t.Errorf("%s: %q became %q, want %q", test.pattern, test.text, got, test.want)
		}
	}
}

func TestBadPatternsAreNamed(t *testing.T) {
	for pattern, want := range map[string]string{
		`(`:  `mask got "(", which is no regular expression (missing closing )); it takes one in Go's syntax (RE2)`,
		`a*`: `mask got "a*", which matches the empty text; it takes a regular expression in Go's syntax (RE2) that matches at least one character`,
		``:   `mask got "", which matches the empty text; it takes a regular expression in Go's syntax (RE2) that matches at least one character`,
	} {
		if _, err := New(nil, []string{"fine", pattern}); err == nil || err.Error() != want {
			t.Errorf("%q gave %v, want %s", pattern, err, want)
		}
	}
}

func TestWithoutAnythingToMaskTheTextIsNotCopied(t *testing.T) {
	m, err := New([]string{"secret-one", "secret-two"}, []string{"token-[0-9]+"})
	if err != nil {
		t.Fatal(err)
	}
	var none *Mask
	text := strings.Repeat("nothing to see here ", 10)
	for _, mask := range []*Mask{m, none, {}} {
		if got := mask.Text(text); unsafe.StringData(got) != unsafe.StringData(text) {
			t.Error("the text was copied")
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("secret", "a secret b", "x")
	f.Add("two lines\nof a secret", "two lines and of a secret", "s+")
	f.Add("*", "**", "*+")
	f.Add("***", "a*****b", "")
	f.Add("\xff\x00", "\xff\x00", `\w`)
	f.Fuzz(func(t *testing.T, secret, text, pattern string) {
		m, err := New([]string{secret}, []string{pattern})
		if err != nil {
			if m, err = New([]string{secret}, nil); err != nil {
				t.Fatal(err)
			}
		}
		got := m.Text(text)
		trimmed := strings.TrimSpace(secret)
		if trimmed == "" || strings.Contains(trimmed, "*") {
			return // The stars in a masked text are not the secret's.
		}
		if strings.Contains(got, trimmed) {
			t.Errorf("%q is still in %q", trimmed, got)
		}
	})
}

func BenchmarkText100MB(b *testing.B) {
	text := strings.Repeat("    + aws:s3/bucket:Bucket: (create)\n        name: \"a name that is quite long\"\n", 100_000_000/80)
	m, err := New([]string{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "pul-0123456789abcdef0123456789abcdef"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Text(text)
	}
}

// A list of patterns is split at commas before it arrives: what is left of one must not be used as if it
// had been meant.
func TestHalfARepetitionIsRefused(t *testing.T) {
	for _, pattern := range []string{"[0-9]{4", "8}", "a{1,2}b}"} {
		if _, err := New(nil, []string{pattern}); err == nil || !strings.Contains(err.Error(), "double quotes") {
			t.Errorf("New(%q): %v", pattern, err)
		}
	}
	for _, pattern := range []string{"[0-9]{4,8}", "[0-9]{4}", "x{2,}", `\{a\}`, `[{}]+`, `\p{Greek}`, `\x{10FFFF}`} {
		if _, err := New(nil, []string{pattern}); err != nil {
			t.Errorf("New(%q): %v", pattern, err)
		}
	}
}

// Pulumi prints a value that is a document parsed, so its secrets stand there by themselves.
func TestSecretsInsideDocuments(t *testing.T) {
	const account = `{"type":"service_account","project_id":"my-project-1","private_key_id":"0123456789abcdef","private_key":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n","token_uri":"https://oauth2.example.com/token"}`
	const kubeconfig = "apiVersion: v1\nusers:\n- name: admin-user\n  user:\n    client-key-data: LS0tLS1CRUdJTiBSU0E\n    token: eyJhbGciOiJSUzI1NiIs\n"
	const settings = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG\nregion = eu-west-1-somewhere\n"
	for secret, texts := range map[string]map[string]string{
		account: {
			`private_key: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"`: `private_key: "***\n"`,
			"line MIIEvQIBADANBgkq":      "line ***",
			"id 0123456789abcdef":        "id ***",
			"project my-project-1 stays": "project my-project-1 stays",
		},
		kubeconfig: {`token: "eyJhbGciOiJSUzI1NiIs"`: `token: "***"`, `x LS0tLS1CRUdJTiBSU0E y`: "x *** y", `"admin-user"`: `"admin-user"`},
		settings:   {`is wJalrXUtnFEMI/K7MDENG`: "is ***", `eu-west-1-somewhere`: "eu-west-1-somewhere"},
	} {
		m, err := New([]string{secret}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range texts {
			if got := m.Text(text); got != want {
				t.Errorf("%q became %q, want %q", text, got, want)
			}
		}
	}
}
