package mask

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
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
		"twice":             {password + password, "***"},
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
			m, err := New([]string{" " + password + "\n", key, "", " \n"}, "")
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
	m, err := New([]string{"correct horse battery"}, "")
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

func TestMatchesThatOverlapAreOne(t *testing.T) {
	for _, test := range []struct {
		name     string
		secrets  []string
		patterns string
		text     string
		want     string
	}{
		{"one in another", []string{"abc", "abcdef", "bcd"}, "", "abcdefg abcd", "***g ***"},
		{"one that begins in another", []string{"password-one", "one-password"}, "", "a password-one-password b", "a *** b"},
		{"a chain", []string{"abcd", "cdef", "efgh"}, "", "xabcdefghx", "x***x"},
		{"with itself", []string{"abcabc"}, "", "abcabcabcab", "***ab"},
		{"a long one behind short ones", []string{"b", "d", "abcde"}, "", "b d abcde", "*** *** ***"},
		{"a long one that does not end", []string{"b", "d", "abcde"}, "", "abcd", "a***c***"},
		{"next to each other", []string{"abcd", "efgh"}, "", "abcdefgh", "***"},
		{"a pattern over a secret", []string{"hunter22"}, `password=\w+`, "password=hunter22hunter", "***"},
		{"a pattern that ends in a secret", []string{"hunter22"}, `key=\w{4}`, "key=hunter22", "***"},
		{"a pattern that begins in a secret", []string{"hunter22"}, `22\w+`, "hunter22abc d", "*** d"},
		{"two patterns", nil, "a+b\nb+c", "aabbc", "***"},
		{"a pattern before a secret", []string{"secret"}, "x", "x y secret x", "*** y *** ***"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := New(test.secrets, test.patterns)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Text(test.text); got != test.want {
				t.Errorf("%q became %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestWithAddsSecrets(t *testing.T) {
	first, err := New([]string{"first-secret"}, "[0-9]{4}")
	if err != nil {
		t.Fatal(err)
	}
	var none *Mask
	const text = "first-secret second-secret 1234"
	for _, test := range []struct {
		name string
		mask *Mask
		want string
	}{
		{"as it was", first, "*** second-secret ***"},
		{"with a second", first.With("second-secret"), "*** *** ***"},
		{"with none", first.With(), "*** second-secret ***"},
		{"of nothing", none.With("second-secret"), "first-secret *** 1234"},
		{"of an empty one", (&Mask{}).With("second-secret", ""), "first-secret *** 1234"},
	} {
		if got := test.mask.Text(text); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestPatternsAreMasked(t *testing.T) {
	for _, test := range []struct{ pattern, text, want string }{
		{`gh[ps]_\w{4,}`, "token ghp_abcdef, ghs_123456", "token ***, ***"},
		{`(?i)password=\S+`, "a Password=x b", "a *** b"},
		{`(?m)^x.*$`, "a\nxyz\nb", "a\n***\nb"},
		{`\b`, "a b", "a b"},
		{`é+`, "caféé", "caf***"},
		{"[0-9]{4,8}", "a 12345 b", "a *** b"},
		{"a{1,2}b}", "aab} ab", "*** ab"},
		{"one,two", "one one,two", "one ***"},
		{"\none\r\n\r\n  \ntwo\n", "one, two", "***, ***"},
		{"", "a  b\n", "a  b\n"},
	} {
		m, err := New(nil, test.pattern)
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
		`[a`: `invalid mask "[a": want a regular expression in RE2 syntax: missing closing ]`,
		`(`:  `invalid mask "(": want a regular expression in RE2 syntax: missing closing )`,
		`a*`: `invalid mask "a*": want a regular expression that does not match the empty text`,
	} {
		if _, err := New(nil, "fine\n"+pattern+"\r\nfine, too"); err == nil || err.Error() != want {
			t.Errorf("%q gave %v, want %s", pattern, err, want)
		}
	}
}

func TestWithoutAnythingToMaskTheTextIsNotCopied(t *testing.T) {
	m, err := New([]string{"secret-one", "secret-two"}, "token-[0-9]+")
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

// covers is what Text has to do, one secret after the other and byte by byte.
func covers(m *Mask, text string) string {
	hidden := make([]bool, len(text)+1)
	for literal := range m.forms {
		for from := range len(text) {
			if strings.HasPrefix(text[from:], literal) {
				for i := range len(literal) {
					hidden[from+i] = true
				}
			}
		}
	}
	var out strings.Builder
	for i := range len(text) {
		if !hidden[i] {
			out.WriteByte(text[i])
		} else if !hidden[i+1] {
			out.WriteString(stars)
		}
	}
	return out.String()
}

func FuzzMask(f *testing.F) {
	f.Add("a secret\nwrong horse", "a ", " b", uint8(0))
	f.Add("two lines\nof a secret", "two lines and of a ", "secret", uint8(3))
	f.Add("abcabcab\nbcabcabc", "abc", "abcabc", uint8(7))
	f.Add("{\"token\":\"0123456789\"}", "0123456789", "9", uint8(12))
	f.Add("*", "**", "*+", uint8(1))
	f.Add("\xff\x00", "\xff", "x", uint8(200))
	f.Fuzz(func(t *testing.T, secrets, before, after string, form uint8) {
		if len(secrets) > 200 || len(before)+len(after) > 1000 {
			return // The slow way is quadratic.
		}
		m := (*Mask)(nil).With(append(strings.Split(secrets, "\n"), secrets)...)
		trimmed := strings.TrimSpace(secrets)
		encodings := append(encoded(trimmed), trimmed)
		text := before + encodings[int(form)%len(encodings)] + after
		got := m.Text(text)
		if want := covers(m, text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if strings.Contains(secrets, "*") {
			return // The stars in a masked text are not the secret's.
		}
		for literal := range m.forms {
			if strings.Contains(got, literal) {
				t.Errorf("%q of %q is still in %q", literal, secrets, got)
			}
		}
		if again := m.Text(got); again != got {
			t.Errorf("%q became %q and then %q", text, got, again)
		}
	})
}

// samples are secrets of a large run: 21 plain ones, a service account and a kubeconfig.
func samples() []string {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(bytes int) string {
		out := make([]byte, bytes)
		for i := range out {
			out[i] = byte(random.Uint32())
		}
		return base64.StdEncoding.EncodeToString(out)
	}
	secrets := []string{"AKIAIOSFODNN7EXAMPLE"}
	for range 20 {
		secrets = append(secrets, text(30))
	}
	var pem strings.Builder
	for range 26 {
		pem.WriteString(text(48) + "\\n")
	}
	return append(secrets, `{"type": "service_account", "project_id": "my-project", "private_key": "`+pem.String()+`"}`,
		"apiVersion: v1\nkind: Config\nclusters:\n- name: prod\n  cluster:\n    certificate-authority-data: "+text(1500)+
			"\n    server: https://192.0.2.1:6443\nusers:\n- name: prod\n  user:\n    client-key-data: "+text(1700)+"\n    token: "+text(900)+"\n")
}

func BenchmarkText100MB(b *testing.B) {
	const line = "    + aws:s3/bucket:Bucket: (create)\n        name: \"a name that is quite long\"\n"
	noise := samples()[22]
	for name, test := range map[string]struct {
		secrets []string
		line    string
	}{
		"3 secrets":            {[]string{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "pul-0123456789abcdef0123456789abcdef"}, line},
		"documents":            {samples(), line},
		"documents, in base64": {samples(), strings.Repeat(noise[len(noise)-800:len(noise)-1]+"x", 10)},
		"matches":              {samples(), line + "        key: \"AKIAIOSFODNN7EXAMPLE\"\n"},
	} {
		text := strings.Repeat(test.line, 100_000_000/len(test.line))
		m, err := New(test.secrets, "")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Text(text)
			}
			b.ReportMetric(float64(len(m.forms)), "literals")
		})
	}
}

func BenchmarkNew(b *testing.B) {
	secrets := samples()
	for b.Loop() {
		if _, err := New(secrets, ""); err != nil {
			b.Fatal(err)
		}
	}
}
