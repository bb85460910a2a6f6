package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// The check of preview.yml passes a pull request without a preview only where there is nothing to preview, or where a
// variable says so.
func TestTheCheckOfAPreview(t *testing.T) {
	w, err := read(load(t), "preview", texts(t)["preview"])
	if err != nil {
		t.Fatal(err)
	}
	steps := w.job().Steps
	at := slices.IndexFunc(steps, func(s step) bool { return s.ID == "check" })
	if at < 0 {
		t.Fatal("there is no check")
	}
	const (
		preview  = `^$`
		nothing  = `^::notice::There is no preview: this repository has no Pulumi\.yaml, .*\n$`
		skipped  = `^::notice::There is no preview: this run gets no secrets, .*\n$`
		noStack  = `^::error::There is no preview: set the variable PULUMI_STACK .*\n$`
		noSecret = `^::error::There is no preview: this run gets no secrets\. From a fork: push .* Dependabot's.* IAC_WITHOUT_SECRETS to skip\.\n$`
	)
	for _, test := range []struct{ name, program, stack, secrets, without, want string }{
		{"all is there", "Pulumi.yaml", "dev", "true", "", preview},
		{"secrets, and skip without them", "Pulumi.yaml", "dev", "true", "skip", preview},
		{"the program is gone", "", "dev", "true", "", preview},
		{"no secrets", "Pulumi.yaml", "dev", "false", "", noSecret},
		{"no secrets, no program", "", "dev", "false", "", noSecret},
		{"no secrets, skip", "Pulumi.yaml", "dev", "false", "skip", skipped},
		{"no secrets, another word than skip", "Pulumi.yaml", "dev", "false", "true", noSecret},
		{"no stack", "Pulumi.yaml", "", "true", "", noStack},
		{"no stack, skip without secrets", "Pulumi.yaml", "", "true", "skip", noStack},
		{"a fork, which gets no variables", "Pulumi.yaml", "", "false", "", noSecret},
		{"a fork, program in a folder", "infra/prod/Pulumi.yml", "", "false", "", noSecret},
		{"a fork, skip in the file", "Pulumi.yaml", "", "false", "skip", skipped},
		{"only stacks of another program", "Pulumi.dev.yaml", "", "false", "", nothing},
		{"only programs of tests", "testdata/infra/Pulumi.yaml", "", "false", "", nothing},
		{"secrets, only programs of tests", "testdata/infra/Pulumi.yaml", "", "true", "", nothing},
		{"no program", "", "", "false", "", nothing},
		{"a stack that the shell could read", "Pulumi.yaml", `-n "$(exit 3)" *`, "true", "", preview},
	} {
		t.Run(test.name, func(t *testing.T) {
			src, output := t.TempDir(), filepath.Join(t.TempDir(), "output")
			if test.program != "" {
				file := filepath.Join(src, test.program)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			// As GitHub runs a step that names no shell.
			cmd := exec.Command("bash", "-e", "-c", steps[at].Run)
			cmd.Dir = src
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GITHUB_OUTPUT=" + output}
			values := map[string]string{"SECRETS": test.secrets, "STACK": test.stack, "WITHOUT_SECRETS": test.without}
			for name := range steps[at].Env {
				value, known := values[name]
				if !known {
					t.Errorf("%s is not tested", name)
				}
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			said, err := cmd.CombinedOutput()

			if !regexp.MustCompile(test.want).Match(said) {
				t.Errorf("it says %q, want %s", said, test.want)
			}
			fails := test.want == noStack || test.want == noSecret
			if code := cmd.ProcessState.ExitCode(); code != map[bool]int{true: 1}[fails] {
				t.Errorf("the exit code is %d: %v", code, err)
			}
			outputs, err := os.ReadFile(output)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "preview=true\n"}[test.want == preview]; string(outputs) != want {
				t.Errorf("the outputs are %q, want %q", outputs, want)
			}
		})
	}
}
