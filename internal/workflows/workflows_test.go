// Package workflows checks the workflows of GitHub Actions in this repository.
package workflows

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

const folder = "../../.github/workflows"

type workflow struct {
	On          yaml.Node
	Permissions map[string]string
	Concurrency concurrency
	Jobs        map[string]struct {
		If          string
		Permissions yaml.Node
		Env         map[string]string
		Timeout     int `yaml:"timeout-minutes"`
		Steps       []step
	}
}

type concurrency struct {
	Group            string
	CancelInProgress bool `yaml:"cancel-in-progress"`
}

type step struct {
	ID   string
	Name string
	If   string
	Uses yaml.Node
	With map[string]string
	Env  map[string]string
	Run  string

	MayFail bool `yaml:"continue-on-error"`
}

// What each workflow may do, when it runs, and what it may end.
var wanted = map[string]struct {
	events      []string
	permissions map[string]string
	concurrency concurrency
}{
	"preview.yml": {
		[]string{"pull_request"},
		map[string]string{"contents": "read", "pull-requests": "write"},
		concurrency{"preview-${{ github.event.pull_request.number }}", true},
	},
	"preview-cached.yml": {
		[]string{"pull_request"},
		map[string]string{"contents": "read", "pull-requests": "write"},
		concurrency{"preview-cached-${{ github.event.pull_request.number }}", true},
	},
	"up.yml": {
		[]string{"push"},
		map[string]string{"contents": "read"},
		concurrency{"up-${{ vars.PULUMI_STACK }}", false},
	},
	"drift.yml": {
		[]string{"schedule", "workflow_dispatch"},
		map[string]string{"contents": "read"},
		concurrency{"drift-${{ vars.PULUMI_STACK }}", true},
	},
	"test.yml": {
		[]string{"pull_request", "push"},
		map[string]string{"contents": "read"},
		concurrency{"test-${{ github.ref }}", true},
	},
}

func TestEveryWorkflowIsWanted(t *testing.T) {
	for name := range read(t) {
		if _, ok := wanted[name]; !ok {
			t.Errorf("%s: its events, permissions and concurrency are not written down here", name)
		}
	}
}

func TestEventsPermissionsAndConcurrency(t *testing.T) {
	workflows := read(t)
	for name, want := range wanted {
		w, ok := workflows[name]
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		if diff := cmp.Diff(want.events, keys(w.On)); diff != "" {
			t.Errorf("%s: events:\n%s", name, diff)
		}
		if diff := cmp.Diff(want.permissions, w.Permissions); diff != "" {
			t.Errorf("%s: permissions:\n%s", name, diff)
		}
		if w.Concurrency != want.concurrency {
			t.Errorf("%s: concurrency is %+v, want %+v", name, w.Concurrency, want.concurrency)
		}
		for job, j := range w.Jobs {
			if !j.Permissions.IsZero() {
				t.Errorf("%s: %s: has permissions of its own", name, job)
			}
			if j.Timeout == 0 {
				t.Errorf("%s: %s: has no timeout", name, job)
			}
			if len(j.Env) != 0 {
				t.Errorf("%s: %s: variables belong to the steps that need them", name, job)
			}
		}
	}
}

// Even a run whose only job is left out is in its group, and would end the other one there.
func TestWorkflowsShareNoConcurrencyGroup(t *testing.T) {
	owner := map[string]string{}
	for name, w := range read(t) {
		group := w.Concurrency.Group
		if other, taken := owner[group]; taken {
			t.Errorf("%s and %s share the group %q", name, other, group)
		}
		owner[group] = name
	}
}

func TestPreviewsLeaveForksOutAndEachOther(t *testing.T) {
	workflows := read(t)
	for job, guard := range map[string]string{
		"preview":        "vars.IAC_CACHE != 'true'",
		"preview-cached": "vars.IAC_CACHE == 'true'",
	} {
		condition := workflows[job+".yml"].Jobs[job].If
		want := []string{
			"vars.PULUMI_STACK != ''",
			guard,
			"github.event.pull_request.head.repo.full_name == github.repository",
			"github.event.pull_request.user.login != 'dependabot[bot]'",
		}
		if diff := cmp.Diff(want, strings.Split(condition, " && ")); diff != "" {
			t.Errorf("%s.yml runs on other pull requests than it should:\n%s", job, diff)
		}
		if jobs := len(workflows[job+".yml"].Jobs); jobs != 1 {
			t.Errorf("%s.yml has %d jobs", job, jobs)
		}
	}
}

// A condition that asks for no status leaves it at that: a step runs only when those before it went
// well, and never when the run was cancelled.
func TestStepsThatMayBeLeftOutOrFail(t *testing.T) {
	type exception struct {
		ID, If string
		Fails  bool
	}
	want := map[string]exception{
		"preview-cached.yml: Export the caches": {"export", "steps.cache.outputs.cache-hit != 'true'", true},
		"preview-cached.yml: Save the caches":   {"", "steps.export.outcome == 'success'", false},
	}
	got := map[string]exception{}
	for name, w := range read(t) {
		for _, job := range w.Jobs {
			for _, s := range job.Steps {
				if s.If != "" || s.MayFail {
					got[name+": "+s.Name] = exception{s.ID, s.If, s.MayFail}
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestActionsArePinned(t *testing.T) {
	pins := map[string]string{
		"actions/cache/restore@27d5ce7f107fe9357f9df03efb73ab90386fccae":    "# v5.0.5",
		"actions/cache/save@27d5ce7f107fe9357f9df03efb73ab90386fccae":       "# v5.0.5",
		"actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1":         "# v7.0.1",
		"actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e":         "# v7.0.0",
		"actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a":  "# v7.0.1",
		"dagger/dagger-for-github@27b130bf0f79a7f6fbbbe0fbca6760dc9bb40a77": "# v8.4.1",
	}
	forEachStep(t, func(t *testing.T, s step) {
		action := s.Uses.Value
		if action == "" {
			return
		}
		if version, ok := pins[action]; !ok || s.Uses.LineComment != version {
			t.Errorf("uses: %s %s is not one of the pinned actions", action, s.Uses.LineComment)
		}
		switch name, _, _ := strings.Cut(action, "@"); name {
		case "actions/checkout":
			if s.With["persist-credentials"] != "false" {
				t.Errorf("%s leaves its token in .git/config", action)
			}
		case "dagger/dagger-for-github":
			if diff := cmp.Diff(map[string]string{"version": "0.21.8"}, s.With); diff != "" {
				t.Errorf("%s does more than install the CLI:\n%s", action, diff)
			}
		}
	})
}

// What a deployment reads must not come out of a pull request, so that only previews are kept.
func TestOnlyPreviewsKeepCaches(t *testing.T) {
	const prefix = "iac-previews-${{ runner.os }}-${{ runner.arch }}-"
	found := map[string]step{}
	for name, w := range read(t) {
		for _, job := range w.Jobs {
			for _, s := range job.Steps {
				if kind, _, _ := strings.Cut(s.Uses.Value, "@"); strings.HasPrefix(kind, "actions/cache") {
					found[name+" "+kind] = s
				}
			}
		}
	}
	restore, save := found["preview-cached.yml actions/cache/restore"], found["preview-cached.yml actions/cache/save"]
	if len(found) != 2 || restore.With == nil || save.With == nil {
		t.Fatalf("caches are kept by %v, want preview-cached.yml to restore and save one", slices.Sorted(maps.Keys(found)))
	}
	if path := restore.With["path"]; path != "${{ runner.temp }}/iac-cache" || save.With["path"] != path {
		t.Errorf("what is kept is %q and %q, want one folder outside of the checkout", path, save.With["path"])
	}
	if key := restore.With["key"]; !strings.HasPrefix(key, prefix+"${{ hashFiles(") || restore.With["restore-keys"] != prefix {
		t.Errorf("the key is %q and the others begin with %q", key, restore.With["restore-keys"])
	}
	if key := save.With["key"]; restore.ID != "cache" || key != "${{ steps.cache.outputs.cache-primary-key }}" {
		t.Errorf("it is saved as %q, which is not what %q looked for", key, restore.ID)
	}
}

// An expression in a command is pasted into it before the shell reads it.
func TestCommandsHoldNoExpressionAndNoSecret(t *testing.T) {
	expression := regexp.MustCompile(`^\$\{\{ (secrets\.([A-Z_]+)|github\.token) \}\}$`)
	forEachStep(t, func(t *testing.T, s step) {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("an expression in the command\n%s", s.Run)
		}
		if _, err := syntax.NewParser().Parse(strings.NewReader(s.Run), ""); err != nil {
			t.Errorf("%v in the command\n%s", err, s.Run)
		}
		for name, value := range s.Env {
			match := expression.FindStringSubmatch(value)
			switch {
			case match == nil && (strings.Contains(value, "secrets") || strings.Contains(value, "token")):
				t.Errorf("%s: %s is a secret in an expression that is not understood here", name, value)
			case match == nil:
				continue
			case match[2] != "" && match[2] != name:
				t.Errorf("%s holds the secret %s", name, match[2])
			case !strings.Contains(s.Run, "env://"+name+" "):
				t.Errorf("%s is not given as env://%s in the command\n%s", name, name, s.Run)
			}
			if regexp.MustCompile(`\$\{?` + name + `\b`).MatchString(s.Run) {
				t.Errorf("the secret %s is on the command line\n%s", name, s.Run)
			}
		}
		for _, match := range regexp.MustCompile(`env://(\w+)`).FindAllStringSubmatch(s.Run, -1) {
			if !expression.MatchString(s.Env[match[1]]) {
				t.Errorf("%s is %q, which is no secret", match[0], s.Env[match[1]])
			}
		}
		for name, value := range s.With {
			for _, expression := range regexp.MustCompile(`\$\{\{.*?\}\}`).FindAllString(value, -1) {
				if !strings.HasPrefix(s.Uses.Value, "actions/cache/") || !forCaches.MatchString(expression) {
					t.Errorf("%s: %s is given to %s", name, expression, s.Uses.Value)
				}
			}
		}
	})
}

// forCaches are the expressions that say what is kept where.
var forCaches = regexp.MustCompile(`^\$\{\{ (runner\.(temp|os|arch)|hashFiles\([^()]*\)|steps\.\w+\.outputs\.cache-primary-key) \}\}$`)

func read(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(folder + "/*")
	if err != nil {
		t.Fatal(err)
	}
	workflows := map[string]workflow{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		workflows[filepath.Base(file)] = w
	}
	return workflows
}

func forEachStep(t *testing.T, check func(*testing.T, step)) {
	for name, w := range read(t) {
		t.Run(name, func(t *testing.T) {
			for _, job := range w.Jobs {
				for _, s := range job.Steps {
					check(t, s)
				}
			}
		})
	}
}

// keys returns the keys of a mapping in their order.
func keys(mapping yaml.Node) []string {
	var out []string
	for i := 0; i < len(mapping.Content); i += 2 {
		out = append(out, mapping.Content[i].Value)
	}
	return out
}
