// Package workflows checks the workflows of GitHub Actions in this repository: by actionlint, by the
// module whose functions they call, and by the rules in this folder.
package workflows

import (
	"io"
	"maps"
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
		for _, problem := range problems(module, name, text) {
			t.Errorf("%s.yml: %s", name, problem)
		}
	}
}

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
		{"drift", "permissions:\n  contents: read", "permissions: write-all", "cannot be read"},
		{"drift", "  contents: read", "  {}", "the permissions are"},
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
		{"drift", "if: vars.PULUMI_STACK != ''", "if: vars.OTHER != ''", "the condition lacks vars.PULUMI_STACK != ''"},
		{"preview", "github.event.pull_request.head.repo.full_name == github.repository", "true", "the condition lacks github.event.pull_request.head"},
		{"preview-cached", "vars.IAC_CACHE == 'true' &&", "vars.IAC_CACHE == 'true' || true &&", "|| in the condition"},
		{"test", "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "actions/checkout@v7", "is not pinned"},
		{"test", "90b1 # v7.0.1", "90b1", "is not pinned"},
		{"test", "uses: actions/setup-go", "uses: somebody/setup-go", "is not pinned"},
		{"test", "persist-credentials: false", "fetch-depth: 1", "leaves its token in .git/config"},
		{"up", "version: 0.21.8", "version: latest", "does more than install Dagger's CLI"},
		{"up", "name: Up", "continue-on-error: true", "may fail or be left out"},
		{"preview", "name: Preview", "if: vars.A", "may fail or be left out"},
		{"preview-cached", "if: steps.cache.outputs.cache-hit != 'true'", "if: always()", "runs whatever came before"},
		{"test", "make test", "make lint", "neither calls test nor runs make test"},
		{"drift", "drift \\", "refresh \\", "calls [refresh]"},
		{"up", `"$STACK"`, "'${{ vars.PULUMI_STACK }}'", "an expression in the command"},
		{"up", "secrets.PULUMI_ACCESS_TOKEN", "secrets.OTHER", "PULUMI_ACCESS_TOKEN holds the secret OTHER"},
		{"up", "${{ secrets.PULUMI_ACCESS_TOKEN }}", "x${{ secrets.PULUMI_ACCESS_TOKEN }}", "is not understood"},
		{"up", "${{ secrets.PULUMI_ACCESS_TOKEN }}", "abc", "env://PULUMI_ACCESS_TOKEN is no secret"},
		{"up", "${{ vars.PULUMI_STACK }}\n        run", "${{ secrets.STACK }}\n        run", "the secret STACK is on the command line"},
		{"up", "version: 0.21.8", "version: ${{ secrets.VERSION }}", "a secret outside of a step's variables"},
		{"up", "--pulumi-token env", "--token env", `has no flag "--token"`},
		{"preview-cached", "  pull_request:\n", "  push:\n    branches: [main]\n  pull_request:\n", "caches outlive a pull request"},
		{"preview-cached", "path: ${{ runner.temp }}/iac-cache.tar", "path: iac-cache.tar", "caches lie in"},
		{"preview-cached", "restore-keys: iac-previews-", "restore-keys: iac-", "other caches are restored"},
		{"preview-cached", "key: ${{ steps.cache.outputs.cache-primary-key }}", "key: iac", "the caches are saved as iac"},
		{"preview-cached", "if: steps.export.outcome == 'success'", "if: steps.export.conclusion == 'success'", "the caches are saved if"},
		{"preview-cached", "actions/cache/restore@", "actions/cache@", "caches are restored by actions/cache/restore"},
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

// But for the cache, both previews are one; what is exported is what the preview wrote.
func TestTheCachedPreviewIsThePreviewWithACache(t *testing.T) {
	module, all := load(t), texts(t)
	plain, err1 := read(module, "preview", all["preview"])
	cached, err2 := read(module, "preview-cached", all["preview-cached"])
	if err1 != nil || err2 != nil || len(plain.calls) != 1 || len(cached.calls) != 2 {
		t.Fatalf("the calls are %v, %v and %v, %v", plain.calls, err1, cached.calls, err2)
	}
	other := strings.Replace(plain.job().If, "vars.IAC_CACHE != 'true'", "vars.IAC_CACHE == 'true'", 1)
	if other == plain.job().If || other != cached.job().If {
		t.Errorf("not just one of both runs:\n%s\n%s", plain.job().If, cached.job().If)
	}
	preview, cache := take(cached.calls[0], "with-cache")
	if diff := cmp.Diff(plain.calls[0], preview); diff != "" {
		t.Errorf("the previews differ:\n%s", diff)
	}
	export, exported := take(cached.calls[1], "with-cache")
	from, to := cache.Flags["--from"], export[len(export)-1].Flags["-o"]
	delete(cache.Flags, "--from")
	if diff := cmp.Diff(cache, exported); diff != "" {
		t.Errorf("another cache is exported than the preview had:\n%s", diff)
	}
	if from != `"$RUNNER_TEMP/iac-cache.tar"` || to != from {
		t.Errorf("the cache comes from %s and goes to %s", from, to)
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

func TestTheREADMENamesEachWorkflow(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z-]+)\\.yml` ").FindAllSubmatch(readme, -1) {
		named = append(named, string(match[1]))
	}
	slices.Sort(named)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(texts(t))), named); diff != "" {
		t.Error(diff)
	}
}

// texts gives the workflows by their names.
func texts(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../.github/workflows/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no workflows: %v", err)
	}
	all := map[string]string{}
	for _, file := range files {
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
