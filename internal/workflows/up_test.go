package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// approving is up.yml with what its comments tell to do for an approval.
func approving(t *testing.T) string {
	t.Helper()
	text := texts(t)["up"]
	work, plan, ok := strings.Cut(text, "#\n#  plan:\n")
	if !ok {
		t.Fatal("up.yml shows no plan")
	}
	for _, add := range []struct{ after, line, said string }{
		{"  up:\n", "    needs: plan\n", "the line `needs: plan`"},
		{"        env:\n", "          DIGEST: ${{ needs.plan.outputs.digest }}\n", "the variable `DIGEST: ${{ needs.plan.outputs.digest }}`"},
		{"            up \\\n", "              --expect-digest \"$DIGEST\" \\\n", "the flag `--expect-digest \"$DIGEST\"`"},
	} {
		if !strings.Contains(text, add.said) || !strings.Contains(work, add.after) {
			t.Fatalf("up.yml does not tell %s", add.said)
		}
		work = strings.Replace(work, add.after, add.after+add.line, 1)
	}
	return work + "\n" + regexp.MustCompile(`(?m)^#`).ReplaceAllString("#  plan:\n"+plan, "")
}

func TestUpWithAnApproval(t *testing.T) {
	module, text := load(t), approving(t)
	for _, problem := range problems(module, "up", text) {
		// The rules are those of one job.
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
