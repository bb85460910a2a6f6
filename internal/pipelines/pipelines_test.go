package pipelines

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"
)

var root, _ = filepath.Abs("../..")

var run = Run{
	Repository: "acme/shop", Number: 7, Commit: "6dcb09b5b57875f334f61aebed695e2e4193db5e", Stack: "acme/prod",
}

// commands reads a pipeline as it lies here, once for all tests: parsers take a second.
func commands(t *testing.T, s System, situation Situation) []Command {
	t.Helper()
	run := run
	run.For = situation
	once, _ := known.LoadOrStore(s.Name+string(situation), sync.OnceValues(func() ([]Command, error) {
		return s.Commands(context.Background(), root, run)
	}))
	all, err := once.(func() ([]Command, error))()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var known sync.Map

func jobs(commands []Command) string {
	var names []string
	for _, c := range commands {
		if !slices.Contains(names, c.Job) {
			names = append(names, c.Job)
		}
	}
	return strings.Join(names, " ")
}

// What a system runs, and in which situation.
func TestJobsOfEachSituation(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]map[Situation]string{
		"GitHub Actions":  {PullRequest: "preview", Push: "up", Fork: "preview", Schedule: "drift"},
		"CircleCI":        {PullRequest: "preview", Push: "up", Fork: "preview"},
		"GitLab CI":       {PullRequest: "preview", Push: "up", Fork: ""},
		"Jenkins":         {PullRequest: "Preview", Push: "Up", Fork: "Fork"},
		"Buildkite":       {PullRequest: "preview", Push: "up", Fork: "fork"},
		"Azure Pipelines": {PullRequest: "preview", Push: "up", Fork: "fork"},
		"AWS CodeBuild":   {PullRequest: "build", Push: "build", Fork: "build"},
		"Woodpecker":      {PullRequest: "preview", Push: "up", Fork: "preview"},
	} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			s := find(t, system)
			for situation, want := range want {
				if got := jobs(commands(t, s, situation)); got != want {
					t.Errorf("for %s it runs %q, want %q", situation, got, want)
				}
			}
		})
	}
}

func find(t *testing.T, name string) System {
	t.Helper()
	i := slices.IndexFunc(Systems, func(s System) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no system %q", name)
	}
	return Systems[i]
}

// What a command may not do, in any system.
func TestRulesOfAllPipelines(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "dagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	var module struct{ EngineVersion string }
	if err := json.Unmarshal(text, &module); err != nil {
		t.Fatal(err)
	}
	install := "curl -fsSL https://dl.dagger.io/dagger/install.sh | DAGGER_VERSION=" + strings.TrimPrefix(module.EngineVersion, "v") +
		` BIN_DIR="$HOME/.local/bin" sh
export PATH="$HOME/.local/bin:$PATH"`
	for _, s := range Systems {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			keepers := map[Situation][]string{}
			for _, situation := range []Situation{PullRequest, Push, Fork} {
				for _, c := range commands(t, s, situation) {
					if s.Name != github.Name && strings.Contains(c.Text, "dagger -m") && strings.Count(lines(c.Text), install) != 1 {
						t.Errorf("%s does not install Dagger by\n%s\n%s", c.Job, install, c.Text)
					}
					if leak := expanded(t, c); leak != "" {
						t.Errorf("%s: the shell puts the secret %s on a command line", c.Job, leak)
					}
					if situation == Fork && !s.Secretless && len(c.Secrets) > 0 {
						t.Errorf("%s gets %v for %s", c.Job, c.Secrets, situation)
					}
					// The command of CodeBuild looks itself at what it is for.
					if applies := strings.Contains(c.Text, " up "); applies != (situation == Push) && s.Name != codeBuild.Name {
						t.Errorf("%s applies: %t, for %s", c.Job, applies, situation)
					}
					// Of the token that writes comments it is no matter.
					for name, keeper := range c.Secrets {
						if name != "GITHUB_TOKEN" && situation != Fork {
							keepers[situation] = append(keepers[situation], keeper)
						}
					}
				}
			}
			if len(keepers[PullRequest]) < 3 || len(keepers[Push]) < 3 {
				t.Errorf("the secrets are %v", keepers)
			}
			for _, keeper := range keepers[Push] {
				if slices.Contains(keepers[PullRequest], keeper) {
					t.Errorf("previews get %s, with which is applied", keeper)
				}
			}
		})
	}
}

var indent = regexp.MustCompile(`(?m)^ +`)

// lines is a text without the blanks at the beginning of its lines.
func lines(text string) string { return indent.ReplaceAllString(text, "") }

// expanded names a secret that a shell would write into a command.
func expanded(t *testing.T, c Command) (name string) {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(c.Text), "")
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.Job, err, c.Text)
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		if param, ok := node.(*syntax.ParamExp); ok && param.Param != nil {
			if _, secret := c.Secrets[param.Param.Value]; secret {
				name = param.Param.Value
			}
		}
		return true
	})
	return name
}

// Previews end those before them, updates wait and have more time than Pulumi gets. What a system has in its settings
// and not in the file, docs/ci-systems.md says.
func TestPreviewsAreReplacedAndUpdatesQueue(t *testing.T) {
	t.Parallel()
	bySettings := map[string]string{"CircleCI": "previews", "Buildkite": "previews", "Woodpecker": "previews"}
	limitBySettings := []string{"AWS CodeBuild", "Woodpecker"}
	for _, s := range Systems {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for _, c := range commands(t, s, PullRequest) {
				if c.Replaced != (bySettings[s.Name] == "") || c.Queued && s.Name != gitLab.Name {
					t.Errorf("a preview is replaced: %t, and queued: %t", c.Replaced, c.Queued)
				}
			}
			for _, c := range commands(t, s, Push) {
				if !c.Queued || c.Replaced {
					t.Errorf("an update is queued: %t, and replaced: %t", c.Queued, c.Replaced)
				}
				if c.Limit <= 4*time.Hour && !slices.Contains(limitBySettings, s.Name) {
					t.Errorf("an update is ended after %s", c.Limit)
				}
			}
		})
	}
}

// Each case is a file with one place changed, which its parser or this package must refuse.
func TestBrokenPipelinesAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ system, old, new, want string }{
		{"CircleCI", "machine:", "machin:", "field machin not found"},
		{"CircleCI", "- checkout", "- chekout", "chekout"},
		{"CircleCI", "      - preview:\n", "      - previews:\n", "Job previews not found in config"},
		{"CircleCI", "command: |", "comand: |", "comand"},
		{"CircleCI", "filters:", "filter:", "field filter not found"},
		{"CircleCI", "image: ubuntu-2404:current # has Docker", "image: [a]", "cannot unmarshal"},
		{"GitLab CI", "  script:\n    - dagger", "  scripts:\n    - dagger", "field scripts not found"},
		{"GitLab CI", "interruptible: true", "interruptible: perhaps", "cannot unmarshal"},
		{"GitLab CI", "on_new_commit: none", "on_new_commit: never", "on_new_commit"},
		{"GitLab CI", "action: access", "action: look", "action"},
		{"GitLab CI", "timeout: 30 minutes", "timeout: half an hour", "half an hour"},
		{"GitLab CI", `  rules:
    - if: $CI_PIPELINE_SOURCE == "push" &&`, `  rules:
    - if: $CI_PIPELINE_SOURCE == "web" || $CI_PIPELINE_SOURCE == "push" &&`, "its rule is none of the workflow's"},
		{"Jenkins", "agent { label 'docker' }", "agent { label 'docker }", "not Groovy"},
		{"Jenkins", "    stages {", "    stages", ""},
		{"Jenkins", "    stages {", "    steps {", "steps: not understood"},
		{"Jenkins", "stage('Up')", "stages('Up')", "stages: not understood"},
		{"Jenkins", "branch 'main'", "branches 'main'", "branches: not understood"},
		{"Jenkins", "env.CHANGE_FORK == null", "env.CHANGE_FORK =~ 'a'", "not understood"},
		{"Jenkins", "env.CHANGE_FORK == null", "params.FORK == null", "params.FORK"},
		{"Jenkins", "                sh '''", "                bat '''", "bat: not understood"},
		{"Jenkins", "credentials('github-comments')", "file('github-comments')", "file: not understood"},
		{"Jenkins", `stages {`, "stages { def a = 1\n", "def a = 1"},
		{"Buildkite", "command: |", "comand: |", "need one of [command"},
		{"Buildkite", "timeout_in_minutes", "timeout", "timeout: 30: not understood"},
		{"Buildkite", "    if: build.branch", "    if: build.brunch", "build.brunch"},
		{"Buildkite", "steps:", "step:", ""},
		{"Azure Pipelines", "batch: true", "batches: true", "field batches not found"},
		{"Azure Pipelines", "- bash: |", "- bsh: |", "field bsh not found"},
		{"Azure Pipelines", "'PullRequest')", "'PullRequest'))", "not understood"},
		{"Azure Pipelines", "GITHUB_TOKEN: $(GITHUB_TOKEN)", "GITHUB_TOKEN: ${{ GITHUB_TOKEN }}", "not understood"},
		{"Azure Pipelines", `"$SYSTEM_PULLREQUEST_SOURCECOMMITID"`, `"$(PULUMI_ACCESS_TOKEN)"`, "a macro in a command"},
		{"AWS CodeBuild", "pre_build:", "prebuild:", "prebuild"},
		{"AWS CodeBuild", "commands:", "command:", "field command not found"},
		{"AWS CodeBuild", "version: 0.2", "version: 0.1", "version 0.1"},
		{"Woodpecker", "image: docker", "img: docker", "field img not found"},
		{"Woodpecker", "from_secret", "secret", "field secret not found"},
		{"Woodpecker", `"$CI_COMMIT_SHA"`, `"${CI_COMMIT_SHA}"`, "${ in a command"},
	} {
		t.Run(test.system+" "+test.new, func(t *testing.T) {
			t.Parallel()
			s := find(t, test.system)
			f := &files{root: root, texts: map[string]string{}}
			for _, name := range s.Files {
				text, err := os.ReadFile(filepath.Join(root, name))
				if err != nil {
					t.Fatal(err)
				}
				f.names, f.texts[name] = append(f.names, name), string(text)
			}
			before := f.text()
			f.texts[s.Files[0]] = strings.Replace(before, test.old, test.new, 1)
			if f.text() == before {
				t.Fatalf("%s does not hold %q", s.Files[0], test.old)
			}
			run := run
			run.For = PullRequest
			all, err := s.commands(t.Context(), f, run)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it runs %q, and the error is %v, want %q", jobs(all), err, test.want)
			}
		})
	}
}

// Without the parsers nothing passes.
func TestMissingParsersAreAnError(t *testing.T) {
	t.Parallel()
	for _, s := range []System{circleCI, gitLab, jenkins} {
		f := &files{root: t.TempDir(), names: s.Files, texts: map[string]string{}}
		text, err := os.ReadFile(filepath.Join(root, s.Files[0]))
		if err != nil {
			t.Fatal(err)
		}
		f.texts[s.Files[0]] = string(text)
		_, err = s.read(context.Background(), f, run, s.Variables(run))
		if err == nil || !strings.Contains(err.Error(), "`make test-tools` gets them") {
			t.Errorf("%s: the error is %v", s.Name, err)
		}
	}
}

// The folder holds the pipelines, and nothing else.
func TestEachFileIsOfASystem(t *testing.T) {
	t.Parallel()
	var there []string
	err := filepath.WalkDir(filepath.Join(root, "examples", "ci"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			there = append(there, strings.TrimPrefix(path, root+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, s := range append([]System{ManyStacks, Approved}, Systems...) {
		for _, name := range s.Files {
			if strings.HasPrefix(name, "examples/") {
				files[name] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(files)), there); diff != "" {
		t.Error(diff)
	}
}
