package bindings_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"iac/internal/bindings"
)

// TestModule holds the module of this repository to what an engine takes.
func TestModule(t *testing.T) {
	if _, err := bindings.Load("../.."); err != nil {
		t.Fatal(err)
	}
}

// copyModule copies the module in testdata and gives it the go.mod of ci.
func copyModule(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/module")); err != nil {
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

// An engine uploads the module whole, and keeps each version of it.
func TestTheModuleHoldsOnlySources(t *testing.T) {
	ci := filepath.Join("..", "..", "ci")
	generated := filepath.Join(ci, "internal")
	var size int
	err := filepath.WalkDir(ci, func(name string, d fs.DirEntry, err error) error {
		if name == generated {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		size += len(text)
		if len(text) > 100_000 || !utf8.Valid(text) {
			t.Errorf("%s, of %d bytes, is no source", name, len(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if size == 0 || size > 2_000_000 {
		t.Errorf("ci/ has %d bytes", size)
	}
}

func TestLoad(t *testing.T) {
	m, err := bindings.Load(copyModule(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := "A module for tests.\n\nIt has a function of each kind."; m.Doc != want {
		t.Errorf("doc = %q, want %q", m.Doc, want)
	}
	text := bindings.Type{Kind: bindings.String}
	secret := bindings.Type{Kind: bindings.Core, Name: "Secret"}
	want := []*bindings.Argument{
		{Name: "name", Doc: "Whom to greet.", Type: text, Default: json.RawMessage(`"world"`)},
		{Name: "token", Doc: "A secret; its value is not shown.", Type: secret, Optional: true},
	}
	if diff := cmp.Diff(want, m.Main.Constructor.Args); diff != "" {
		t.Error(diff)
	}
	functions := map[string]*bindings.Function{}
	for _, f := range m.Main.Functions {
		functions[f.Name] = f
	}
	want = []*bindings.Argument{
		{Name: "tags", Doc: "The tags.", Type: bindings.Type{Kind: bindings.List, Elem: &text}},
		{Name: "upper", Doc: "In capitals.", Type: bindings.Type{Kind: bindings.Bool}},
	}
	if diff := cmp.Diff(want, functions["WithTags"].Args); diff != "" {
		t.Error(diff)
	}
	want = []*bindings.Argument{{
		Name: "src", Type: bindings.Type{Kind: bindings.Core, Name: "Directory"}, Optional: true,
		DefaultPath: "/", Ignore: []string{"**/*.go", "dagger.json"},
	}}
	if diff := cmp.Diff(want, functions["List"].Args); diff != "" {
		t.Error(diff)
	}
	if f := functions["Greet"]; f.Cache != "never" || f.Doc != "Greet says hello." {
		t.Errorf("Greet: cache %q, doc %q", f.Cache, f.Doc)
	}
	wantFields := []*bindings.Field{
		{Name: "Name", Doc: "The name that is greeted.", Type: text},
		{Name: "Token", Type: secret, Private: true},
		{Name: "Tags", Type: bindings.Type{Kind: bindings.List, Elem: &text}, Private: true},
		{Name: "Parts", Type: bindings.Type{Kind: bindings.List, Elem: &bindings.Type{Kind: bindings.Own, Name: "Part"}}, Private: true},
	}
	if diff := cmp.Diff(wantFields, m.Main.Fields); diff != "" {
		t.Error(diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ file, text, want string }{
		"a foreign type in a signature": {
			"bad.go", "package main\n\nimport \"dagger/iac/greeting\"\n\nfunc (m *Sample) Bad() *greeting.Text { return nil }\n",
			`^src/bad.go:5:25: cannot code-generate for foreign type greeting.Text$`,
		},
		"a foreign type in a field": {
			"bad.go", "package main\n\nimport \"time\"\n\ntype Bad struct {\n\tAt time.Time\n}\n\nfunc (m *Sample) Bad() *Bad { return nil }\n",
			`^src/bad.go:6:5: cannot code-generate for foreign type time.Time$`,
		},
		"a map": {
			"bad.go", "package main\n\nfunc (m *Sample) Bad(all map[string]string) {}\n",
			`^src/bad.go:3:26: type map\[string\]string is not supported`,
		},
		"an unexported type": {
			"bad.go", "package main\n\ntype bad struct{}\n\nfunc (m *Sample) Bad() *bad { return nil }\n",
			`^src/bad.go:5:25: cannot code-generate unexported type bad$`,
		},
		"an argument named as a flag": {
			"bad.go", "package main\n\nfunc (m *Sample) Bad(autoApply bool) {}\n",
			`^src/bad.go:3:22: Sample.Bad: argument autoApply clashes with the flag --auto-apply of the command line`,
		},
		"a name of the generated code": {
			"bad.go", "package main\n\nfunc ptr(s string) *string { return &s }\n",
			`^src/bad.go:3:6: the generated code declares ptr too$`,
		},
		"a method of the generated code": {
			"bad.go", "package main\n\nfunc (m Sample) MarshalJSON() ([]byte, error) { return nil, nil }\n",
			`^src/bad.go:3:17: the generated code declares Sample.MarshalJSON too`,
		},
		"a default of another type": {
			"bad.go", "package main\n\nfunc (m *Sample) Bad(\n\t// +default=3\n\ttext string,\n) {\n}\n",
			`^src/bad.go:5:2: Sample.Bad: \+default of text must be a string, not 3$`,
		},
		"a default path of a string": {
			"bad.go", "package main\n\nfunc (m *Sample) Bad(\n\t// +defaultPath=\"/\"\n\ttext string,\n) {\n}\n",
			`^src/bad.go:5:2: Sample.Bad: \+defaultPath of text is for directories and files, not for string$`,
		},
		"a pragma that is none": {
			"bad.go", "package main\n\nfunc (m *Sample) Bad(\n\t// +optinal\n\ttext string,\n) {\n}\n",
			`^src/bad.go:4:2: an engine takes "\+optinal" for a pragma`,
		},
		"a cache policy that is none": {
			"bad.go", "package main\n\n// +cache=\"no\"\nfunc (m *Sample) Bad() {}\n",
			`^src/bad.go:4:1: Sample.Bad: \+cache takes "never", "session" or a duration, not "no"$`,
		},
		"a second result that is no error": {
			"bad.go", "package main\n\nfunc (m *Sample) Bad() (string, int) { return \"\", 0 }\n",
			`^src/bad.go:3:33: Sample.Bad: the second result must be error`,
		},
		"code that does not parse": {"bad.go", "package main\n\nfunc {\n", `^src/bad.go:3:6: expected`},
		"another package":          {"bad.go", "package other\n", `^src/bad.go:1:9: package other`},
		"code under internal":      {"internal/ours/ours.go", "package ours\n", `src/internal/ours/ours.go: an engine deletes this folder`},
		"code beside the generated": {
			"internal/dagger/more.go", "package dagger\n", `src/internal/dagger/more.go: an engine deletes this folder`,
		},
		"a newer Go":    {"go.mod", "module dagger/iac\n\ngo 1.26.2\n", `src/go.mod:3: go 1.26.2 is newer than the engine's go1.26.1$`},
		"another pin":   {"../dagger.json", `{"name":"sample","source":"src","sdk":{"source":"go"},"dependencies":[{"name":"gh","source":"x@1","pin":"1"}]}`, `the source of the dependency is "x@1", its pin "1"$`},
		"no known SDK":  {"../dagger.json", `{"name":"sample","source":"src","sdk":{"source":"python"}}`, `"sdk.source" must be "go"`},
		"no main type":  {"../dagger.json", `{"name":"other","source":"src","sdk":{"source":"go"}}`, `has no type Other, the main object of the module "other"$`},
		"broken config": {"../dagger.json", `{`, `dagger.json: unexpected end of JSON input$`},
	} {
		t.Run(name, func(t *testing.T) {
			root := copyModule(t)
			write(t, filepath.Join(root, "src", test.file), test.text)
			_, err := bindings.Load(root)
			if err == nil || !regexp.MustCompile(test.want).MatchString(err.Error()) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestLoadWithoutGoMod(t *testing.T) {
	root := copyModule(t)
	if err := os.Remove(filepath.Join(root, "src", "go.mod")); err != nil {
		t.Fatal(err)
	}
	if _, err := bindings.Load(root); err == nil || !strings.Contains(err.Error(), "go.mod is missing") {
		t.Errorf("error %v", err)
	}
}

// TestBuild lays text that is no Go where an engine writes: it must not be in the way.
func TestBuild(t *testing.T) {
	root := copyModule(t)
	for _, name := range []string{"dagger.gen.go", "internal/dagger/dagger.gen.go", "internal/dagger/gh.gen.go", "internal/telemetry/x.go"} {
		write(t, filepath.Join(root, "src", name), "this is no Go\n")
	}
	load := func() *bindings.Module {
		t.Helper()
		m, err := bindings.Load(root)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	dir := t.TempDir()
	first, err := load().Build(t.Context(), dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(first); err != nil || info.Mode()&0o100 == 0 {
		t.Fatalf("%v, %v is no program", info, err)
	}
	write(t, filepath.Join(root, "src", "main_test.go"), "package main\n")
	start := time.Now()
	var progress strings.Builder
	again, err := load().Build(t.Context(), dir, &progress)
	if err != nil || again != first || progress.Len() > 0 {
		t.Errorf("the same source was built again: %q, %v, %q", again, err, progress.String())
	}
	t.Logf("loaded and found again in %v", time.Since(start))
	write(t, filepath.Join(root, "src", "more.go"), "package main\n\nfunc (m *Sample) More() string { return undefined }\n")
	if _, err := load().Build(t.Context(), dir, io.Discard); err == nil || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("error %v, want the compiler's", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v left behind, %v", left, err)
	}
}

func TestStageReplacesOnlyItsOwn(t *testing.T) {
	m, err := bindings.Load(copyModule(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for range 2 {
		if err := m.Stage(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "internal", "dagger", "pulumi.gen.go")); err != nil {
		t.Error(err)
	}
	other := t.TempDir()
	write(t, filepath.Join(other, "mine.txt"), "mine")
	if err := m.Stage(t.Context(), other); err == nil {
		t.Error("a folder with other files was replaced")
	}
}
