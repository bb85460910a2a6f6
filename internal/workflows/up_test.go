package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"
)

// approved is the only workflow with two jobs. The rules are those of one.
const approved = "up-approved"

func TestUpWithAnApproval(t *testing.T) {
	module, text := load(t), texts(t)[approved]
	for _, problem := range problems(module, "up", text) {
		if !strings.HasPrefix(problem, "the jobs are [plan up]") && problem != "a secret outside of a step's variables" {
			t.Error(problem)
		}
	}
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	plan := w.Jobs["plan"]
	if plan.Environment != "" || plan.If != w.Jobs["up"].If || plan.Timeout == 0 {
		t.Errorf("the job is %+v", plan)
	}
	// But for the approval it is the same job.
	var other workflow
	if err := yaml.Unmarshal([]byte(texts(t)["up"]), &other); err != nil {
		t.Fatal(err)
	}
	want, got := other.Jobs["up"].Steps, w.Jobs["up"].Steps
	last := len(got) - 1
	if got[last].Env["DIGEST"] != "${{ needs.plan.outputs.digest }}" {
		t.Errorf("the digest is %q", got[last].Env["DIGEST"])
	}
	delete(got[last].Env, "DIGEST")
	got[last].Run = strings.Replace(got[last].Run, "    --expect-digest \"$DIGEST\" \\\n", "", 1)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(step{}), cmpopts.IgnoreFields(step{}, "Uses")); diff != "" {
		t.Errorf("the job up is another one than that of up.yml:\n%s", diff)
	}
	script := plan.Steps[len(plan.Steps)-1].Run
	calls, err := readCommand(module, script)
	if err != nil || len(calls) != 1 || calls[0].functions() != "with-cache with-credentials plan json" {
		t.Fatalf("the calls are %v, %v", calls, err)
	}

	for _, test := range []struct{ name, report, outputs string }{
		{"a plan", `{"markdown": "### shop", "digest": "abc"}`, "digest=abc\n"},
		{"a preview that failed", `{"markdown": "### shop"}`, ""},
		{"no answer", `{`, ""},
	} {
		dir := t.TempDir()
		file := func(name, text string, mode os.FileMode) string {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, name)
		}
		file("dagger", "#!/bin/sh\nexec cat '"+file("report.json", test.report, 0o644)+"'\n", 0o755)
		summary, outputs := file("summary", "", 0o644), file("outputs", "", 0o644)
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "STACK=dev", "RUNNER_TEMP=" + dir, "GITHUB_STEP_SUMMARY=" + summary, "GITHUB_OUTPUT=" + outputs}
		said, err := cmd.CombinedOutput()
		got, _ := os.ReadFile(outputs)
		shown, _ := os.ReadFile(summary)
		if (err == nil) != (test.outputs != "") || string(got) != test.outputs || strings.Contains(test.report, "shop") && string(shown) != "### shop\n" {
			t.Errorf("%s: %v, outputs %q, summary %q\n%s", test.name, err, got, shown, said)
		}
	}
}
