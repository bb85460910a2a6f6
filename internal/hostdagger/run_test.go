package hostdagger_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iac/internal/hostdagger"
)

// newModule copies the module of the bindings' tests and gives it the go.mod of ci.
func newModule(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("../bindings/testdata/module")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("../../ci", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, "src", name), string(text))
	}
	return root
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// programs is a folder with a pulumi that fails.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pulumi"), "#!/bin/sh\ntest $1 = version && echo v1.2.3 && exit\necho said $1\necho and complained >&2\nexit 3\n")
	if err := os.Chmod(filepath.Join(dir, "pulumi"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

type result struct {
	code        int
	out, errors string
}

// run runs a command line in dir, split at spaces.
func run(t *testing.T, dir, line string, environ ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := hostdagger.Run(t.Context(), hostdagger.Invocation{
		Args: strings.Fields(line), Environ: environ, Dir: dir, Stdout: &stdout, Stderr: &stderr,
		Programs: programs(t),
	})
	return result{code, stdout.String(), stderr.String()}
}

// TestRefused has command lines that end before anything is built.
func TestRefused(t *testing.T) {
	root := newModule(t)
	for line, want := range map[string]string{
		"call greet --times x":          `Error: invalid argument "x" for "--times" flag: strconv.ParseInt: parsing "x": invalid syntax` + "\nRun 'hostdagger call greet --help' for usage.\n",
		"call with-tags":                `Error: required flag(s) "tags", "upper" not set` + "\nRun 'hostdagger call with-tags --help' for usage.\n",
		"call with-tags --tags a greet": `Error: required flag(s) "upper" not set` + "\nRun 'hostdagger call with-tags --help' for usage.\n",
		"call gret":                     "Error: unknown command \"gret\" for \"hostdagger call\"\n\nDid you mean this?\n\tgreet\nRun 'hostdagger call --help' for usage.\n",
		"call greet more":               "Error: unknown command \"more\" for \"hostdagger call greet\"\nRun 'hostdagger call greet --help' for usage.\n",
		"call greet --tims 3":           "Error: unknown flag: --tims\nRun 'hostdagger call greet --help' for usage.\n",
		"call --token vault://a greet":  `Error: invalid argument "vault://a" for "--token" flag: secrets of the scheme "vault" are not known to the host engine; it takes env://NAME, file://PATH and cmd://COMMAND` + "\nRun 'hostdagger call --help' for usage.\n",
		"call token":                    "Error: unknown command \"token\" for \"hostdagger call\"\nRun 'hostdagger call --help' for usage.\n",
		"-m / functions":                "Error: there is no dagger.json in \"/\" or in a folder above it\n",
		"cal":                           "Error: unknown command \"cal\" for \"hostdagger\"\nRun 'hostdagger --help' for usage.\n",
		"run":                           "Error: hostdagger run takes a program and its arguments, such as go run main.go\nRun 'hostdagger --help' for usage.\n",
		"stage":                         "Error: hostdagger stage takes one folder to write into, not []\nRun 'hostdagger --help' for usage.\n",
	} {
		got := run(t, root, line)
		if diff := cmp.Diff(result{1, "", want}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}

// TestHelp has command lines that print help, whatever else is missing.
func TestHelp(t *testing.T) {
	root := newModule(t)
	for line, want := range map[string][]string{
		"": {"USAGE\n  hostdagger [-m PATH] <command>"},
		"call --help": {
			"A module for tests.\n\nIt has a function of each kind.\n\nUSAGE\n  hostdagger call [arguments] <function>\n",
			"  with-tags   WithTags keeps tags.\n", "  name        The name that is greeted.\n",
			"  --name string    Whom to greet. (default: \"world\")\n", "  --token Secret   A secret; its value is not shown.\n",
		},
		"call":                   {"USAGE\n  hostdagger call [arguments] <function>\n"},
		"call with-tags --help":  {"They are added to those that are there.\n\nUSAGE\n  hostdagger call with-tags [arguments] <function>\n", "  --tags strings   The tags. [required]\n      --upper          In capitals. [required]\n"},
		"call last --help shout": {"Shout says the text loudly.\n\nUSAGE\n  hostdagger call last shout\n"},
		"functions":              {"Name        Description\n", "greet       Greet says hello.\n"},
		"functions last":         {"Name    Description\nshout   Shout says the text loudly.\ntext    What the part says.\n"},
	} {
		got := run(t, root, line)
		if got.code != 0 || got.errors != "" {
			t.Errorf("%s: exit code %d, %s", line, got.code, got.errors)
		}
		for _, part := range want {
			if !strings.Contains(got.out, part) {
				t.Errorf("%s: %q is missing in:\n%s", line, part, got.out)
			}
		}
	}
}

// TestCall runs functions through a session of the host engine.
func TestCall(t *testing.T) {
	root := newModule(t)
	write(t, filepath.Join(root, "letters.txt"), "abc\n")
	write(t, filepath.Join(root, ".env"), "GREET_TIMES=${LINES:-1}\nTOKEN=${SECRET:+env://SECRET}\nFAIL_TEXT='from .env'\n")
	environ := []string{"SECRET=12345", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	for _, test := range []struct {
		line, dir string
		environ   []string
		code      int
		out       string
		// errors is a part of standard error.
		errors string
	}{
		{line: "call greet", out: "hello world a token of 5 letters [] 0 \"\"\n",
			errors: "user default: sample(token=\"env://SECRET\")\nuser default: sample.greet(times=\"1\")\n"},
		{line: "call greet", environ: []string{"LINES=2"}, out: strings.Repeat("hello world a token of 5 letters [] 0 \"\"\n", 2)},
		{line: "call --name you with-tags --tags a,b --tags c --upper with-tags --tags d --upper=false greet --times 1",
			out: "hello you a token of 5 letters [A B C d] 4 \"\"\n"},
		{line: "-m src call --token file://letters.txt greet", out: "hello world a token of 4 letters [] 0 \"\"\n"},
		{line: "-m .. call --token file://../letters.txt greet", dir: "src", out: "hello world a token of 4 letters [] 0 \"\"\n"},
		{line: "call --token cmd://echo greet -s", out: "hello world a token of 1 letters [] 0 \"\"\n"},
		{line: "call --token cmd://echo${IFS}no>&2;exit${IFS}3 greet", code: 1, errors: "exit status 3"},
		{line: "call --token env:SECRET --name=you name", out: "you\n"},
		{line: "call --token env://NOWHERE greet", code: 1, errors: "Error: secret env var not found: \"NOWHERE\"\n"},
		{line: "call with-tags --tags a --upper last text", out: "A\n"},
		{line: "call with-tags --tags a --upper last shout", out: "A!\n"},
		{line: "call with-tags --tags a --upper last", out: "Part@DIGEST\n"},
		{line: "call last", code: 1, errors: "Error: there are no parts\n"},
		{line: "call list", out: ".env\nbuild/\nletters.txt\nsrc/\n"},
		{line: "call list --src src", out: "go.mod\ngo.sum\ngreeting/\n"},
		{line: "call list --src build", out: ""},
		{line: "call list --src nowhere", code: 1, errors: "nowhere"},
		{line: "call list --src https://example.com/x.git", code: 1, errors: "only paths on this host are known to the host engine"},
		{line: "call write --text hi", out: "hi\n"},
		{line: "call write --text hi size", out: "2\n"},
		{line: "call write --text hi -o build/hi.txt", errors: "Saved to "},
		{line: "call write --text hi export --path build/export.txt", out: filepath.Join(root, "build", "export.txt") + "\n"},
		{line: "call folder --file letters.txt entries", out: "copy.txt\n"},
		{line: "call folder --file letters.txt file --path copy.txt contents", out: "abc\n"},
		{line: "call folder --file letters.txt with-new-file --path new --contents a --permissions 384 file --path new contents", out: "a\n"},
		{line: "call folder --file letters.txt", out: "Directory@DIGEST\n"},
		{line: "call fail", code: 1, errors: "Error: from .env\n"},
		{line: "call with-tags --tags a --upper fail", code: 1,
			errors: "Error: required flag(s) \"text\" not set\nRun 'hostdagger call with-tags fail --help' for usage.\n"},
		{line: "call with-tags --tags a --upper fail --text plain", code: 1, errors: "Error: plain\n"},
		{line: "call with-tags --upper greet", environ: []string{"LINES=2"}, code: 1, errors: "Error: required flag(s) \"tags\" not set\n"},
		{line: "call with-tags --tags a --upper greet", environ: []string{"LINES=2"},
			out: strings.Repeat("hello world a token of 5 letters [A] 1 \"\"\n", 2)},
		{line: "call fail --text plain", code: 1, errors: "Error: plain\n"},
		{line: "call fail-exec", code: 3, errors: "Error: exit code: 3\nStdout:\nsaid nonsense\n\nStderr:\nand complained\n"},
		{line: "call panic", code: 1, errors: "Error: panic: on purpose\n"},
	} {
		got := run(t, filepath.Join(root, test.dir), test.line, append(environ, test.environ...)...)
		got.out = digest.ReplaceAllString(got.out, "DIGEST")
		if got.code != test.code || got.out != test.out || !strings.Contains(got.errors, test.errors) {
			t.Errorf("%s: exit code %d, want %d\n%s\n%s, want %q", test.line, got.code, test.code,
				cmp.Diff(test.out, got.out), got.errors, test.errors)
		}
	}
	for _, name := range []string{"hi.txt", "export.txt"} {
		if text, err := os.ReadFile(filepath.Join(root, "build", name)); err != nil || string(text) != "hi" {
			t.Errorf("%s was saved as %q, %v", name, text, err)
		}
	}
}

// TestRun runs programs that reach a session, with flags of their own.
func TestRun(t *testing.T) {
	root := newModule(t)
	environ := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	write(t, filepath.Join(root, "ask"), "#!/bin/sh\n"+`echo "$@"
echo "${DAGGER_SESSION_PORT:+a port} ${DAGGER_SESSION_TOKEN:+a token}"
echo to standard error >&2
exit 3
`)
	if err := os.Chmod(filepath.Join(root, "ask"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := run(t, root, "-s run ./ask --help -m x call", environ...)
	want := result{3, "--help -m x call\na port a token\n", "to standard error\nError: \"./ask --help -m x call\" ended with exit code 3\n"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	if got := run(t, root, "run ./nowhere", environ...); got.code != 1 || !strings.Contains(got.errors, "./nowhere") {
		t.Errorf("a program that is not there: %+v", got)
	}
}

func TestDevelop(t *testing.T) {
	root := newModule(t)
	if got := run(t, root, "develop"); got.code != 0 {
		t.Fatal(got.errors)
	}
	if got := run(t, root, "stage out"); got.code != 0 {
		t.Fatal(got.errors)
	}
	for _, name := range []string{"src/dagger.gen.go", "src/internal/dagger/gh.gen.go", "out/dagger.gen.go"} {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Error(err)
		}
	}
	if got := run(t, root, "functions"); got.code != 0 {
		t.Errorf("the written code is in the way: %s", got.errors)
	}
}
