// Package workflows checks the workflows of GitHub Actions in this repository: by actionlint, by the
// module whose functions they call, and by the rules in this folder.
package workflows

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"

	"iac/internal/bindings"
)

func TestWorkflowsKeepTheRules(t *testing.T) {
	module := load(t)
	for name, text := range texts(t) {
		if name == approved { // TestUpWithAnApproval
			continue
		}
		for _, problem := range problems(module, name, text) {
			t.Errorf("%s.yml: %s", name, problem)
		}
	}
}

const keeping = `      - uses: actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5
        with: {path: caches, key: iac-previews}
`

// Each case is a workflow of this repository with one place changed.
func TestBrokenRulesAreFound(t *testing.T) {
	module, all := load(t), texts(t)
	for _, test := range []struct{ workflow, old, new, want string }{
		{"test", "runs-on: ubuntu-24.04", "runs-on: ubuntu-1.04", `label "ubuntu-1.04" is unknown`},
		{"test", "timeout-minutes", "timeout-minute", `unexpected key "timeout-minute"`},
		{"drift", "17 5 * * *", "17 25 * * *", "invalid CRON format"},
		{"preview", "  pull_request:\n", "  pull_request_target:\n", "runs on pull_request_target"},
		{"preview", "  pull_request:\n", "  workflow_run:\n    workflows: [test]\n", "runs on workflow_run"},
		{"up", "branches: [main]", "branches: ['**']", "pushes to [**]"},
		{"up", "  push:\n", "  pull_request:\n  push:\n", "changes infrastructure for pull requests"},
		{"up", "environment: production", "environment: test", `the environment is "test", want "production"`},
		{"drift", "contents: read", "contents: write", "the permissions are"},
		{"drift", "contents: read", "contents: read\n  pull-requests: write", "the permissions are"},
		{"drift", "permissions:\n  contents: read\n  issues: write # the issue about the drift", "permissions: write-all", "cannot be read"},
		{"drift", "  contents: read\n  issues: write # the issue about the drift", "  {}", "the permissions are"},
		{"drift", "issues: write", "issues: read", "the permissions are"},
		{"drift", "issues: write", "pull-requests: write", "the permissions are"},
		{"drift", "--issue \\\n", "\\\n", "drift keeps no issue"},
		{"drift", "--github-token env://GITHUB_TOKEN \\\n", "\\\n", "drift keeps no issue"},
		{"drift", "env://GITHUB_TOKEN", "env://OTHER", "env://OTHER is no secret"},
		{"preview", "pull-requests: write", "pull-requests: read", "the permissions are"},
		{"test", "runs-on:", "permissions: {contents: write}\n    runs-on:", "the job has permissions of its own"},
		{"up", "cancel-in-progress: false", "cancel-in-progress: true", "the concurrency is"},
		{"preview", "cancel-in-progress: true", "cancel-in-progress: false", "the concurrency is"},
		{"drift", "group: drift-", "group: up-", "the concurrency is"},
		{"up", "up-${{ vars.PULUMI_STACK }}", "up-${{ github.sha }}", "the concurrency is"},
		{"up", "timeout-minutes: 350", "continue-on-error: false", "the job has no timeout"},
		{"up", "    steps:", "    env:\n      A: b\n    steps:", "variables belong to the steps"},
		{"up", "permissions:", "env:\n  A: b\npermissions:", "variables belong to the steps"},
		{"test", "  test:\n", "  other:\n    uses: ./.github/workflows/up.yml\n  test:\n", "one job with the workflow's name"},
		{"drift", "if: vars.PULUMI_STACK != ''", "if: vars.OTHER != ''", `the job runs if "vars.OTHER != ''", want "vars.PULUMI_STACK != ''"`},
		{"preview", "runs-on:", "if: vars.PULUMI_STACK != ''\n    runs-on:", `the job runs if "vars.PULUMI_STACK != ''", want ""`},
		{"preview", "    branches: [main]", "    branches: [main]\n    paths: [infra]", "pull requests to main are left out by [paths]"},
		{"test", "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "actions/checkout@v7", "is not pinned"},
		{"test", "90b1 # v7.0.1", "90b1", "is not pinned"},
		{"test", "uses: actions/setup-go", "uses: somebody/setup-go", "is not pinned"},
		{"test", "persist-credentials: false", "fetch-depth: 1", "leaves its token in .git/config"},
		{"up", "version: " + engineVersion(), "version: latest", "does more than install Dagger's CLI"},
		{"up", "name: Up", "continue-on-error: true", "a step may fail"},
		{"up", "name: Up", "if: vars.A", `a step runs if "vars.A", want ""`},
		{"preview", "id: check", "id: check\n        continue-on-error: true", "a step may fail"},
		{"preview", "id: check", "id: check\n        if: github.actor != 'dependabot[bot]'", `a step runs if "github.actor != 'dependabot[bot]'", want ""`},
		{"preview", "name: Preview\n        if: steps.check.outputs.preview == 'true'", "name: Preview", `a step runs if "", want "steps.check.outputs.preview == 'true'"`},
		{"preview", "id: cache\n        if: steps.check.outputs.preview == 'true'", "id: cache\n        if: always()", `a step runs if "always()"`},
		{"preview", "id: check", "id: look", "the first steps are not the checkout and the check"},
		{"preview", "secrets.AWS_ACCESS_KEY_ID != '' || ", "", "the check looks for ${{ secrets.AWS_SECRET_ACCESS_KEY != ''"},
		{"preview", "SECRETS: ${{ secrets.AWS_ACCESS_KEY_ID != '' ||", "SECRETS: ${{ github.actor != 'dependabot[bot]' &&", "the check looks for ${{ github.actor"},
		{"preview", "SECRETS: ${{ secrets.AWS_ACCESS_KEY_ID != '' ||", "SECRETS: ${{ secrets.AWS_ACCESS_KEY_ID ||", "is not understood"},
		{"test", "make test", "make lint", "neither calls test nor runs make test"},
		{"drift", "drift \\\n              --src . \\\n              --stack \"$STACK\" \\\n              --issue \\", "preview \\\n              --src . \\\n              --stack \"$STACK\" \\", "calls [preview]"},
		{"up", `"$STACK"`, "'${{ vars.PULUMI_STACK }}'", "an expression in the command"},
		{"up", "secrets.PULUMI_ACCESS_TOKEN", "secrets.OTHER", "PULUMI_ACCESS_TOKEN holds the secret OTHER"},
		{"up", "${{ secrets.PULUMI_ACCESS_TOKEN }}", "x${{ secrets.PULUMI_ACCESS_TOKEN }}", "is not understood"},
		{"up", "${{ secrets.PULUMI_ACCESS_TOKEN }}", "abc", "env://PULUMI_ACCESS_TOKEN is no secret"},
		{"up", "${{ vars.PULUMI_STACK }}\n        run", "${{ secrets.STACK }}\n        run", "the secret STACK is on the command line"},
		{"up", "version: " + engineVersion(), "version: ${{ secrets.VERSION }}", "a secret outside of a step's variables"},
		{"release", "contents: write", "contents: write\n  packages: write", "the permissions are"},
		{"release", "make release", "make test", "neither calls release nor runs make release"},
		{"release", "make release", "make test", "the permissions are"},
		{"release", "cancel-in-progress: false", "cancel-in-progress: true", "the concurrency is"},
		{"release", "GH_TOKEN: ${{ github.token }}", "GH_TOKEN: ${{ secrets.GH_TOKEN }}", "does not go in as env://GH_TOKEN"},
		{"release", "GH_TOKEN: ${{ github.token }}", "TOKEN: ${{ github.token }}", "does not go in as env://TOKEN"},
		{"release", "branches: [main]", "branches: ['**']", "pushes to [**]"},
		{"release", "make release", "WANTED='${{ inputs.version }}' make release", "an expression in the command"},
		{"up", "--pulumi-token env", "--token env", `has no flag "--token"`},
		{"up", "      - name: Up", keeping + "      - name: Up", "changes infrastructure reads or writes the caches"},
		{"preview", "path: ${{ runner.temp }}/iac-cache.tar", "path: iac-cache.tar", "caches lie in"},
		{"preview", "restore-keys: iac-previews-", "restore-keys: iac-", "other caches are restored"},
		{"drift", "restore-keys: iac-previews-", "restore-keys: iac-", "other caches are restored"},
		{"preview", "key: ${{ steps.cache.outputs.cache-primary-key }}", "key: iac", "the caches are saved as iac"},
		{"preview", "if: steps.export.outcome == 'success'", "if: steps.export.conclusion == 'success'", "the caches are saved if"},
		{"preview", "actions/cache/restore@", "actions/cache@", "caches are restored by actions/cache/restore"},
		{"preview", " && steps.cache.outputs.cache-hit != 'true'", "", "the caches are exported if"},
		{"preview", "if: steps.check.outputs.preview == 'true' && steps", "if: steps", "the caches are exported if"},
		{"drift", "if: steps.cache.outputs.cache-hit != 'true'", "if: always()", "the caches are exported if always()"},
		{"drift", `--from "$RUNNER_TEMP/iac-cache.tar"`, "--name main", "the caches come from  and go to"},
		{"drift", `-o "$RUNNER_TEMP/iac-cache.tar"`, "-o iac-cache.tar", "and go to iac-cache.tar"},
		{"drift", "with-cache \\\n            cache-export", "with-cache --name main \\\n            cache-export", "other caches are exported than drift used"},
		{"drift", "cache-export \\", "cache-export --of deployments \\", "other caches are exported than drift used"},
		{"drift", "      - name: Drift", keeping + "      - name: Drift", "the steps with caches are [restore restore run export save]"},
		{"drift", "        uses: actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5", "        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "the steps with caches are [run export save]"},
	} {
		text := strings.Replace(all[test.workflow], test.old, test.new, 1)
		if text == all[test.workflow] {
			t.Errorf("%s.yml does not hold %q", test.workflow, test.old)
		}
		found := problems(module, test.workflow, text)
		if !slices.ContainsFunc(found, func(problem string) bool { return strings.Contains(problem, test.want) }) {
			t.Errorf("%s.yml with %q: %q, want %q", test.workflow, test.new, found, test.want)
		}
	}
}

// Pull requests read what is saved on the main branch under the same key, for the same path.
func TestNewPullRequestsFindTheCachesOfDrift(t *testing.T) {
	module, all := load(t), texts(t)
	kept := func(name, text string) (with []map[string]string) {
		w, err := read(module, name, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range w.job().Steps {
			if strings.HasPrefix(s.action(), "actions/cache/") {
				with = append(with, s.With)
			}
		}
		return with
	}
	previews := kept("preview", all["preview"])
	if diff := cmp.Diff(previews, kept("drift", all["drift"])); diff != "" || len(previews) != 2 {
		t.Errorf("drift keeps other caches than preview:\n%s", diff)
	}
	other := strings.Replace(all["drift"], "'**/go.sum'", "'**/go.mod'", 1)
	if cmp.Diff(previews, kept("drift", other)) == "" {
		t.Error("another key is not found")
	}
}

func TestAnActionHasOneVersion(t *testing.T) {
	pins := map[string]string{}
	for name, text := range texts(t) {
		for _, match := range regexp.MustCompile(`uses: ([\w-]+/[\w-]+)\S*(@.*)`).FindAllStringSubmatch(text, -1) {
			if other, known := pins[match[1]]; known && other != match[2] {
				t.Errorf("%s.yml takes %s%s, another workflow %s", name, match[1], match[2], other)
			}
			pins[match[1]] = match[2]
		}
	}
	if len(pins) == 0 {
		t.Error("no action is used")
	}
}

func list(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s are no workflows: %v", pattern, err)
	}
	return files
}

// texts gives the workflows by their names, those to copy too.
func texts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, file := range append(list(t, "../../.github/workflows/*"), list(t, "../../examples/ci/github-actions/*")...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".yml")] = string(text)
	}
	return all
}

type workflow struct {
	name, text string
	// calls are what it asks of the module.
	calls []call

	On          map[string]yaml.Node
	Permissions map[string]string
	Concurrency concurrency
	Env         map[string]string
	Jobs        map[string]job
}

type concurrency struct {
	Group            string
	CancelInProgress bool `yaml:"cancel-in-progress"`
}

type job struct {
	If          string
	Environment string
	Permissions yaml.Node
	Env         map[string]string
	Timeout     int `yaml:"timeout-minutes"`
	Steps       []step
}

type step struct {
	ID   string
	If   string
	Uses yaml.Node
	With map[string]string
	Env  map[string]string
	Run  string

	MayFail bool `yaml:"continue-on-error"`

	calls []call
}

// action is what a step uses, without its version.
func (s step) action() string {
	name, _, _ := strings.Cut(s.Uses.Value, "@")
	return name
}

func (s step) exportsCaches() bool {
	return len(s.calls) == 1 && s.calls[0][len(s.calls[0])-1].Function == "cache-export"
}

// job is the only job.
func (w workflow) job() job { return w.Jobs[w.name] }

func read(module *bindings.Module, name, text string) (workflow, error) {
	w := workflow{name: name, text: text}
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		return w, err
	}
	for i := range w.job().Steps {
		s := &w.job().Steps[i]
		var err error
		if s.calls, err = readCommand(module, s.Run); err != nil {
			return w, err
		}
		w.calls = append(w.calls, s.calls...)
	}
	return w, nil
}

// problems are what actionlint finds in a workflow, and which rules it breaks.
func problems(module *bindings.Module, name, text string) []string {
	var all []string
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		return []string{err.Error()}
	}
	found, err := linter.Lint(name+".yml", []byte(text), nil)
	if err != nil {
		all = append(all, err.Error())
	}
	for _, problem := range found {
		all = append(all, problem.Error())
	}
	w, err := read(module, name, text)
	if err != nil {
		return append(all, "it cannot be read: "+err.Error())
	}
	for _, rule := range rules {
		all = append(all, rule(w)...)
	}
	return all
}
