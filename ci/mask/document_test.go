package mask

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"dagger/iac/clean"
)

const account = `{
  "type": "service_account",
  "project_id": "my-project-1",
  "private_key_id": "0123456789abcdef",
  "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n",
  "client_email": "ci@my-project-1.example.com",
  "client_id": "112233445566778899",
  "auth_uri": "https://accounts.example.com/o/oauth2/auth",
  "token_uri": "https://oauth2.example.com/token",
  "auth_provider_x509_cert_url": "https://www.example.com/oauth2/v1/certs",
  "client_x509_cert_url": "https://www.example.com/robot/v1/metadata",
  "universe_domain": "example.com"
}`

const kubeconfig = `apiVersion: v1
kind: Config
current-context: production
clusters:
- name: production
  cluster:
    server: https://192.0.2.1:6443
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJU
contexts:
- name: production
  context: {cluster: production, user: production, namespace: "team-one"}
users:
- name: production
  user:
    client-key-data: 'LS0tLS1CRUdJTiBSU0E'
    token: eyJhbGciOiJSUzI1NiIs # of the robot
    exec:
      args: [get-token, "--profile-secret"]
      env:
      - name: HELPER_PASSPHRASE
        value: "tab\there it is"
    client-key: |
      -----BEGIN KEY-----
      MIIEowIBAAKCAQEA0Z3V
      -----END KEY-----
    note: >-
      folded words
      over two lines
`

const settings = `[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key=wJalrXUtnFEMI/K7MDENG
region = eu-west-1-somewhere
role_session = colon:in:it ; who

export API_URL="https://user:hunter22@example.com/x"
SERVER=https://192.0.2.1:6443
AWS_DEFAULT_REGION='eu-north-1-somewhere'
export PASSPHRASE='correct # horse ; battery' # staple
SHORT=abc
KEY="-----BEGIN KEY-----\nMIIEescapedEscaped\n-----END KEY-----"
LINES="first of two
second of two"
JSON='{"inner": {"deep": ["deeper-secret"]}, "region": "eu-south-1-somewhere"}'
//registry.example.com/:_authToken=npm_0123456789
log: user-colon-value
`

func TestValuesOfDocumentsAreMasked(t *testing.T) {
	for _, test := range []struct{ name, secret, text, want string }{
		{"a key in JSON", account, `private_key: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"`, `private_key: "***\n"`},
		{"a line of it", account, "line MIIEvQIBADANBgkq", "line ***"},
		{"an id in JSON", account, "0123456789abcdef, 112233445566778899", "***, ***"},
		{"a value in base64", account, "MDEyMzQ1Njc4OWFiY2RlZg==", "***"},
		{"public names of an account", account, "service_account my-project-1 ci@my-project-1.example.com example.com", "service_account my-project-1 ci@my-project-1.example.com example.com"},
		{"public URLs of an account", account, "https://accounts.example.com/o/oauth2/auth https://oauth2.example.com/token https://www.example.com/oauth2/v1/certs", "https://accounts.example.com/o/oauth2/auth https://oauth2.example.com/token https://www.example.com/oauth2/v1/certs"},
		{"JSON, deep", `[[{"a":{"b":[{"c":"deep-secret"}]}}]]`, "deep-secret", "***"},
		{"JSON, a name given twice", `{"a":"first-secret","a":"second-secret"}`, "first-secret second-secret", "*** ***"},
		{"JSON, a number of eight digits", `{"pin":12345678}`, "12345678 and 1.2345678e+07", "*** and ***"},
		{"JSON, a number of seven digits", `{"pin":1234567}`, "1234567", "1234567"},
		{"JSON, short values", `{"a":"seven77","b":true,"c":null}`, "seven77 true null", "seven77 true null"},
		{"JSON, escapes", `{"a":"tab\there \u00e9\ud83d\ude00"}`, "tab\there é😀", "***"},
		{"JSON in JSON", `{"a":"{\"b\":\"inner-secret\"}"}`, "inner-secret", "***"},
		{"JSON that is cut off", `{"a":"first-secret","b":["second-secret","thi`, "first-secret second-secret", "*** ***"},
		{"JSON, one after the other", "{\"a\":\"first-secret\"}\n{\"a\":\"second-secret\"}", "first-secret second-secret", "*** ***"},
		{"JSON behind a byte order mark", "\ufeff{\"a\":[\"first-secret\"]}", "first-secret", "***"},
		{"JSON, a list under a public name", `{"name":["list-of-names"],"x":["list-of-values"]}`, "list-of-names list-of-values", "list-of-names ***"},
		{"JSON, a document under a public name", `{"server":{"password":"inner-secret"}}`, "inner-secret", "***"},
		{"JSON, a URL with a password under a public name", `{"server":"https://me:pass@example.com"}`, "https://me:pass@example.com", "***"},
		{"JSON, a URL with a query under a public name", `{"server":"https://example.com?token=1"}`, "https://example.com?token=1", "***"},
		{"JSON, lines under a public name", `{"name":"first line\nsecond line"}`, "first line", "***"},
		{"JSON, names in other cases", `{"projectId":"my-project-1","Region":"eu-west-1-x","AWS_REGION":"eu-west-2-x","apiVersion":"example.com/v1"}`, "my-project-1 eu-west-1-x eu-west-2-x example.com/v1", "*** eu-west-1-x eu-west-2-x example.com/v1"},
		{"a token in YAML", kubeconfig, `token: "eyJhbGciOiJSUzI1NiIs"`, `token: "***"`},
		{"data in YAML", kubeconfig, "LS0tLS1CRUdJTiBSU0E LS0tLS1CRUdJTiBDRVJU", "*** ***"},
		{"a list in YAML", kubeconfig, "get-token --profile-secret", "*** ***"},
		{"quotes in YAML", kubeconfig, "tab\there it is", "***"},
		{"a block in YAML", kubeconfig, "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA0Z3V\n-----END KEY-----\n", "***\n"},
		{"a block in YAML, in quotes", kubeconfig, `"-----BEGIN KEY-----\nMIIEowIBAAKCAQEA0Z3V\n-----END KEY-----\n"`, `"***\n"`},
		{"a line of a block in YAML", kubeconfig, "MIIEowIBAAKCAQEA0Z3V", "***"},
		{"folded lines in YAML", kubeconfig, "folded words over two lines", "***"},
		{"public names of a kubeconfig", kubeconfig, `"production" "https://192.0.2.1:6443" "team-one" "HELPER_PASSPHRASE"`, `"production" "https://192.0.2.1:6443" "team-one" "HELPER_PASSPHRASE"`},
		{"YAML, two documents", "a: first-secret\n---\na: [second-secret]\n", "first-secret second-secret", "*** ***"},
		{"YAML, an anchor", "a: &x first-secret\nb: *x\n", "first-secret", "***"},
		{"YAML, a number", "pin: 12345678", "12345678", "***"},
		{"YAML that is broken", "a: first-secret\n\tb: [\nc: \"second-secret\"\n", "first-secret second-secret", "*** ***"},
		{"settings", settings, "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG", "*** ***"},
		{"settings, a colon in a value", settings, `"colon:in:it"`, `"***"`},
		{"settings, export and quotes", settings, "https://user:hunter22@example.com/x", "***"},
		{"settings, what looks like a note", settings, "(correct # horse ; battery)", "(***)"},
		{"settings, a short value", settings, "abc", "abc"},
		{"settings, a key with escapes", settings, "MIIEescapedEscaped", "***"},
		{"settings, several lines", settings, "first of two\nsecond of two, second of two", "***, ***"},
		{"settings, JSON", settings, "deeper-secret", "***"},
		{"settings, a path before the name", settings, "npm_0123456789", "***"},
		{"settings, a colon", settings, "user-colon-value", "***"},
		{"public names in settings", settings, "eu-west-1-somewhere eu-north-1-somewhere eu-south-1-somewhere https://192.0.2.1:6443", "eu-west-1-somewhere eu-north-1-somewhere eu-south-1-somewhere https://192.0.2.1:6443"},
		{"Windows line ends", strings.ReplaceAll(settings, "\n", "\r\n"), "wJalrXUtnFEMI/K7MDENG npm_0123456789 first of two\nsecond of two", "*** *** ***"},
		{"a value given by another name too", `{"name":"both-of-them","token":"both-of-them"}`, "both-of-them", "***"},
		{"a key with escapes", `-----BEGIN KEY-----\nMIIEescapedEscaped\n-----END KEY-----`, "MIIEescapedEscaped", "***"},
		{"words and numbers", "20240101 and words", "20240101", "20240101"},
		{"a user and a password", "robot:hunter2hunter2", "hunter2hunter2", "***"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := New([]string{test.secret}, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Text(test.text); got != test.want {
				t.Errorf("%q became %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestReadingADocumentTakesNoLongTime(t *testing.T) {
	for _, piece := range []string{"a=", "a: ", "- ", "[", "{\"a\":", `\`, `\n`, `"`, "a='", "a: |\n ", "\x1b", "&a *a "} {
		start := time.Now()
		if _, err := New([]string{strings.Repeat(piece, 20_000/len(piece))}, ""); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q took %v", piece, took)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add("a long value")
	f.Add("key\nwith \"quotes\" and \\")
	f.Add("1234567890")
	f.Add("a: b # c, 'd'")
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.TrimSpace(clean.Text(value))
		if len(value) < shortest {
			return
		}
		inJSON, err := json.Marshal(map[string]any{"outer": []string{value}})
		if err != nil {
			t.Fatal(err)
		}
		inYAML, err := yaml.Marshal(map[string]any{"outer": map[string]string{"inner": value}})
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range []string{string(inJSON), string(inYAML), "A=b\nexport TOKEN=" + strconv.Quote(value) + "\n"} {
			m, err := New([]string{document}, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Text(value); got != stars {
				t.Errorf("of %s, %q became %q", document, value, got)
			}
		}
	})
}
