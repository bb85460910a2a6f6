package teststack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const bin = "../../build/bin"

func TestPreviewShowsOneOfEachChange(t *testing.T) {
	stack, err := Prepare(t.Context(), "../../testdata/infra-yaml", t.TempDir(), bin)
	if err != nil {
		t.Fatal(err)
	}
	out, err := stack.Run(t.Context(), "preview", "--stack", stack.Name, "--non-interactive", "--diff", "--color", "never")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"+ 1 to create", "~ 1 to update", "- 1 to delete", "+-1 to replace", "password: [secret]"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(out, "correct horse") {
		t.Error("the secret is shown")
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestCopyWorksFromAnotherFolder(t *testing.T) {
	stack, err := Prepare(t.Context(), "../../testdata/infra-yaml", t.TempDir(), bin)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	if err := os.CopyFS(elsewhere, os.DirFS(stack.Src)); err != nil {
		t.Fatal(err)
	}
	stack.Src = elsewhere
	if _, err := stack.Run(t.Context(), "up", "--yes", "--stack", stack.Name, "--non-interactive"); err != nil {
		t.Error(err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, program := range map[string]string{
		"no name":    "runtime: yaml\n",
		"a backend":  "name: infra\nruntime: yaml\nbackend: {url: https://api.example.com}\n",
		"no mapping": "- name\n",
	} {
		t.Run(name, func(t *testing.T) {
			source := t.TempDir()
			if err := os.WriteFile(filepath.Join(source, "Pulumi.yaml"), []byte(program), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Prepare(t.Context(), source, t.TempDir(), bin)
			if err == nil || !strings.Contains(err.Error(), "Pulumi.yaml") {
				t.Errorf("the error is %v, want one about Pulumi.yaml", err)
			}
		})
	}
}

func TestMissingProgramsAreNamed(t *testing.T) {
	_, err := Prepare(t.Context(), "../../testdata/infra-yaml", t.TempDir(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("the error is %v, want one that says `make tools`", err)
	}
}
