package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fill gives the stack the state that a YAML program leaves: testdata's as it is, and changed.
func (w *world) fill(change func(program *world)) {
	w.t.Helper()
	program := newWorld(w.t, "infra-yaml")
	change(program)
	program.pulumi("up", "--yes", "--skip-preview")
	file := filepath.Join(w.t.TempDir(), "state.json")
	w.write(file, program.pulumi("stack", "export"))
	w.pulumi("stack", "import", "--file", file)
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	const password = "correct horse <battery> & staple"
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			w.fill(func(program *world) {
				program.output(`login: {fn::secret: "` + password + `"}`)
				program.output(`text: "a <b> & \"c\"\n  – d"`)
				program.output(`ports: [80, 443]`)
				program.output(`leaked: "the token ` + pulumiToken + `"`)
			})
			outputs := func(args ...string) string { return w.succeed(w.verb(c.way, "outputs", args...)...) }
			want := map[string]any{
				"assets": "https://assets.example.com", "sessions": "redis://sessions.example.com", "login": "[secret]",
				"text": "a <b> & \"c\"\n  – d", "ports": []any{80.0, 443.0}, "leaked": "the token " + pulumiToken,
			}
			if c.program == "infra" {
				// In the other way it is none of the call's secrets.
				want["leaked"] = "the token ***"
			}
			for _, args := range [][]string{nil, {"--show-secrets"}} {
				if args != nil {
					want["login"] = password
				}
				var got map[string]any
				if err := json.Unmarshal([]byte(outputs(args...)), &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%v: %v\ngot  %q\nwant %q", args, err, got, want)
				}
			}
			for _, test := range []struct {
				want string
				args []string
			}{
				{want["text"].(string), []string{"--name", "text"}},
				{"[80,443]", []string{"--name", "ports"}},
				{"[secret]", []string{"--name", "login"}},
				{password, []string{"--name", "login", "--show-secrets"}},
				{"https://***.example.com", []string{"--name", "assets", "--mask", "a.set."}},
			} {
				if got := strings.TrimSuffix(outputs(test.args...), "\n"); got != test.want {
					t.Errorf("%v: got %q, want %q", test.args, got, test.want)
				}
			}
			for _, unknown := range []string{"nosuch", "--show-secrets", "'; true"} {
				said := w.fail(w.verb(c.way, "outputs", "--name="+unknown)...)
				w.has(said, "the outputs of "+w.stack.Name+" cannot be read", "current stack does not have output property '"+unknown+"'")
				w.hasNot(said, password)
			}
			w.stack.Name += "-nosuch"
			w.has(w.fail(w.verb(c.way, "outputs")...), "the outputs of "+w.stack.Name+" cannot be read: error: no stack named '"+w.stack.Name+"' found")
		})
	}
}

func TestDriftIsFoundAndNotWritten(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			page := filepath.Join(t.TempDir(), "page")
			w.fill(func(program *world) {
				program.program(fmt.Sprintf("  page: {type: demo:index:File, properties: {path: %q, content: hello}}", page))
			})
			before := w.files()
			drift := func(args ...string) []string { return w.verb(c.way, "drift", args...) }

			// The program knows nothing of the page.
			w.has(w.succeed(drift()...), "unchanged")
			const unapplied = " is not what its program says: something has not been applied"
			said := w.fail(drift("--unapplied")...)
			w.has(said, w.stack.Name+unapplied, "- demo:index:File: (delete)", "::page]", "1 to delete")
			w.hasNot(said, "the cloud has changed")

			w.write(page, "hello, world")
			said = w.fail(drift()...)
			w.has(said, "the cloud has changed: it is not what the state of "+w.stack.Name+" says", "::page]", `"hello" => "hello, world"`)
			w.hasNot(said, unapplied, "::assets]")
			w.has(w.succeed(drift("--exclude", "**::page")...), "unchanged")
			w.has(w.fail(drift("--unapplied")...), "the cloud has changed", unapplied)

			w.must(os.Remove(page))
			w.has(w.fail(drift()...), "the cloud has changed", "- demo:index:File: (delete)", "::page]")
			if after := w.files(); !maps.Equal(after, before) {
				t.Errorf("drift changed what Pulumi keeps: there is %q, was %q", after, before)
			}
		})
	}
}

// files are all that Pulumi keeps of its stacks, the history too.
func (w *world) files() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	for _, dir := range []string{"stacks", "history", "backups", "locks"} {
		err := filepath.WalkDir(filepath.Join(w.stack.State, ".pulumi", dir), func(name string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files[name] = string(must(os.ReadFile(name)))
			}
			return nil
		})
		w.must(err)
	}
	if len(files) == 0 {
		w.t.Fatal("Pulumi keeps nothing")
	}
	return files
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			destroy := func(args ...string) []string { return w.verb(c.way, "destroy", args...) }
			stack := filepath.Join(w.stack.State, ".pulumi", "stacks", "infra", "dev.json")
			before := w.files()
			for _, args := range [][]string{nil, {"--confirm", ""}, {"--confirm", "dev"}, {"--confirm", strings.ToUpper(w.stack.Name)}, {"--remove"}} {
				said := w.fail(destroy(args...)...)
				w.has(said, "invalid confirm", `want the name of the stack "`+w.stack.Name+`" once more`)
				w.hasNot(said, "ran     ")
			}
			if after := w.files(); !maps.Equal(after, before) {
				t.Errorf("it was refused, yet there is %q, was %q", after, before)
			}

			w.has(w.succeed(destroy("--confirm", w.stack.Name, "--exclude", "**::assets,**::orders")...), "1 deleted")
			if names := w.exported(); len(names) != 4 {
				t.Errorf("the stack has %q, want its first two resources, their provider and the stack", names)
			}
			w.has(w.succeed(destroy("--confirm", w.stack.Name)...), "3 deleted")
			if names := w.exported(); len(names) != 0 {
				t.Errorf("the stack has %q", names)
			}
			w.succeed(destroy("--confirm", w.stack.Name, "--remove")...)
			if _, err := os.Stat(stack); !os.IsNotExist(err) {
				t.Errorf("%s is there: %v", stack, err)
			}
			w.has(w.fail(destroy("--confirm", w.stack.Name)...), "no stack named '"+w.stack.Name+"' found")
		})
	}
}

func TestTimesAreRefusedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	before := w.files()
	for verb, args := range map[string][]string{
		"preview": nil, "plan": nil, "outputs": nil, "drift": nil, "cancel": nil,
		"up": {"--wait-for-lock", "5"}, "refresh": {"--wait-for-lock", "5"}, "destroy": {"--wait-for-lock", "5", "--confirm", w.stack.Name},
	} {
		call := w.verb(inContainer, verb, append(args, "--timeout", "soon")...)
		if verb == "plan" {
			call = append(call, "text")
		}
		said := w.fail(call...)
		w.has(said, `invalid timeout "soon": want 1s to 24h, such as 90s, 30m or 1h30m`)
		if args != nil {
			w.has(said, `invalid wait-for-lock "5": want 1s to 24h, such as 90s, 30m or 1h30m`)
		}
		w.hasNot(said, "ran     ")
	}
	if after := w.files(); !maps.Equal(after, before) {
		t.Errorf("there is %q, was %q", after, before)
	}
}
