package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"dagger/iac/cisystem"

	"iac/internal/githubapi"
	"iac/internal/hostdagger"
	"iac/internal/pipelines"
)

// kept are the values of secrets by how a pipeline calls them.
var kept = map[string]string{
	"PULUMI_ACCESS_TOKEN": pulumiToken, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "GITHUB_TOKEN": githubToken,
}

// agent is a machine of a CI system that runs a pipeline for a repository.
type agent struct {
	*world
	system pipelines.System
	run    pipelines.Run
	// home is the home of the jobs, with what the machine has installed in bin.
	home string
}

// newAgent has checked out a commit.
func newAgent(t *testing.T, system pipelines.System, situation pipelines.Situation) *agent {
	t.Helper()
	a := &agent{world: newRepository(t, "infra-yaml"), system: system, home: t.TempDir()}
	a.run = pipelines.Run{For: situation, Repository: repo, Number: number, Commit: mergeCommit, Stack: a.stack.Name}
	a.github.AddPullRequest(repo, 8, "Another")
	git := filepath.Join(a.module, ".git")
	a.must(os.MkdirAll(filepath.Join(git, "refs", "heads"), 0o755))
	a.checkOut()
	a.write(filepath.Join(git, "config"), "[remote \"origin\"]\n\turl = "+system.Remote(a.run)+"\n")

	// What fetches Dagger's command gets a script that installs the host engine's, where and if it is told so.
	a.must(os.MkdirAll(filepath.Join(a.home, "bin"), 0o755))
	invocation := filepath.Join(a.home, "invocation.json")
	a.write(invocation, string(must(json.Marshal(hostdagger.Invocation{
		Cache: filepath.Join(build, "cache"), Session: a.session, Programs: filepath.Join(build, "bin"),
		PulumiEnv: a.pulumiEnv(), GitHubEnv: a.github.Env(),
	}))))
	a.program("lib/dagger", fmt.Sprintf("%s='%s' exec '%s' \"$@\"", invocationFile, invocation, must(os.Executable())))
	a.write(filepath.Join(a.home, "install.sh"), fmt.Sprintf(`set -eu
[ "$DAGGER_VERSION" = %s ]
mkdir -p "$BIN_DIR"
cp '%s' "$BIN_DIR"
`, strings.TrimPrefix(engineVersion(), "v"), filepath.Join(a.home, "lib", "dagger")))
	a.program("bin/curl", fmt.Sprintf("[ \"$*\" = '-fsSL https://dl.dagger.io/dagger/install.sh' ] && exec cat '%s/install.sh'", a.home))
	a.program("bin/apk", `[ "$*" = "add --no-cache curl" ]`)
	if system.Name == "GitHub Actions" {
		// There an action installs it, before the commands.
		a.must(os.Symlink("../lib/dagger", filepath.Join(a.home, "bin", "dagger")))
	}
	return a
}

// engineVersion is the one that the module wants.
var engineVersion = sync.OnceValue(func() string {
	var module struct{ EngineVersion string }
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(root, "dagger.json"))), &module); err != nil {
		panic(err)
	}
	return module.EngineVersion
})

// program puts a shell script into the home.
func (a *agent) program(name, text string) {
	a.t.Helper()
	file := filepath.Join(a.home, name)
	a.must(os.MkdirAll(filepath.Dir(file), 0o755))
	a.write(file, "#!/bin/bash\n"+text+"\n")
	a.must(os.Chmod(file, 0o755))
}

// goFolders are those of the Go that builds the module: jobs have another home.
var goFolders = sync.OnceValue(func() []string {
	out := must(exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output())
	folders := strings.Fields(string(out))
	return []string{"GOCACHE=" + folders[0], "GOMODCACHE=" + folders[1]}
})

// checkOut writes down the commit that the system checks out: for pull requests some take a merge that GitHub made.
func (a *agent) checkOut() {
	a.t.Helper()
	variables := a.system.Variables(a.run)
	head := cmp.Or(variables["GITHUB_SHA"], variables["BUILD_SOURCEVERSION"], a.run.Commit)
	a.write(filepath.Join(a.module, ".git", "HEAD"), head+"\n")
}

// build runs the pipeline as it is for a situation, up to the first command that fails, and gives what was printed.
func (a *agent) build(situation pipelines.Situation) answer {
	a.t.Helper()
	a.run.For = situation
	a.checkOut()
	commands, err := a.system.Commands(a.t.Context(), root, a.run)
	if err != nil {
		a.t.Fatal(err)
	}
	var all answer
	outputs := map[string]string{}
	for _, c := range commands {
		runs, err := c.Runs(outputs)
		if err != nil {
			a.t.Fatal(err)
		}
		if !runs {
			continue
		}
		next := a.command(c, outputs)
		all.stdout, all.stderr, all.code = all.stdout+next.stdout, all.stderr+next.stderr, next.code
		if all.code != 0 {
			break
		}
	}
	return all
}

// command runs one command, and adds its outputs, as GitHub calls them.
func (a *agent) command(c pipelines.Command, outputs map[string]string) answer {
	a.t.Helper()
	if c.Says != "" {
		return answer{stderr: c.Says, code: 1}
	}
	file := filepath.Join(a.t.TempDir(), "outputs")
	a.write(file, "")
	environ := append([]string{
		"PATH=" + filepath.Join(a.home, "bin") + ":" + os.Getenv("PATH"), "HOME=" + a.home, "RUNNER_TEMP=" + a.t.TempDir(), "GITHUB_OUTPUT=" + file,
		"GITHUB_STEP_SUMMARY=" + filepath.Join(a.home, "summary"),
	}, goFolders()...)
	for name, output := range c.Given {
		environ = append(environ, name+"="+outputs[output])
	}
	for name, value := range a.variables(c) {
		environ = append(environ, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(a.t.Context(), c.Shell[0], append(c.Shell[1:], c.Text)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = a.module, environ, &stdout, &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		a.t.Fatal(err)
	}
	for line := range strings.Lines(string(must(os.ReadFile(file)))) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		outputs[c.ID+"."+name] = value
	}
	return answer{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// variables are those of a command: the system's, the file's and secrets, if the system hands them out. What a user has
// to change in the file is changed here.
func (a *agent) variables(c pipelines.Command) map[string]string {
	a.t.Helper()
	all := a.system.Variables(a.run)
	for name, value := range c.Env {
		switch {
		case name == "PULUMI_STACK" && value == "acme/prod":
			value = a.stack.Name
		case name == "GITHUB_REPOSITORY" && value == "acme/infra":
			value = repo
		}
		all[name] = value
	}
	for name := range c.Secrets {
		value, known := kept[name]
		switch {
		case !known:
			a.t.Fatalf("%s takes the secret %s, which docs/ci-systems.md does not know", c.Job, name)
		case a.run.For != pipelines.Fork:
			all[name] = value
		case a.system.Name == "GitHub Actions":
			all[name] = "" // as GitHub does it
		}
	}
	return all
}

// The commands of each pipeline, run as its system runs them: on a pull request they leave one comment on it, on a push
// they apply and tell the merged pull request.
func TestPipelines(t *testing.T) {
	t.Parallel()
	for _, system := range pipelines.Systems {
		t.Run(system.Name, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, system, pipelines.PullRequest)
			a.withoutOlderBuilds()
			state := a.state()
			got := a.build(pipelines.PullRequest)
			if got.code != 0 || a.state() != state {
				t.Fatalf("the preview ended with %d, and changed the stack: %t\n%s%s", got.code, a.state() != state, got.stdout, got.stderr)
			}
			a.has(got.stdout, "to create")
			a.has(a.comment().Body, "to create", "commit `6dcb09b`", "[run](https://")

			a.merge()
			updates := a.updates()
			if got = a.build(pipelines.Push); got.code != 0 || a.updates() != updates+1 {
				t.Fatalf("the update ended with %d, and there were %d updates\n%s%s", got.code, a.updates()-updates, got.stdout, got.stderr)
			}
			_, up := a.two()
			a.has(up.Body, "1 created", "commit `6dcb09b`", "[run](https://")
			if others := a.github.Comments(repo, 8); len(others) > 0 {
				t.Errorf("another pull request has the comments %v", others)
			}
		})
	}
}

func TestPipelinesOfManyStacks(t *testing.T) {
	t.Parallel()
	a := newAgent(t, pipelines.ManyStacks, pipelines.PullRequest)
	a.must(a.github.SetFiles(repo, number, githubapi.File{Name: "Pulumi.yaml", Status: "modified"}))
	state := a.state()
	if got := a.build(pipelines.PullRequest); got.code != 0 || a.state() != state {
		t.Fatalf("the preview ended with %d, and changed the stack: %t\n%s%s", got.code, a.state() != state, got.stdout, got.stderr)
	}
	a.has(a.comment().Body, "1 to create", "`.:dev`", "commit `6dcb09b`", "[run](https://")
	a.merge()
	updates := a.updates()
	if got := a.build(pipelines.Push); got.code != 0 || a.updates() != updates+1 {
		t.Fatalf("the update ended with %d, and there were %d updates\n%s%s", got.code, a.updates()-updates, got.stdout, got.stderr)
	}
	_, up := a.two()
	a.has(up.Body, "1 created", "`.:dev`", "commit `6dcb09b`")

	fork := newAgent(t, pipelines.ManyStacks, pipelines.Fork)
	if got := fork.build(pipelines.Fork); got.code == 0 || !strings.Contains(got.stderr, "pulumi-token is empty") || len(fork.github.Requests()) > 0 {
		t.Errorf("a fork's ended with %d\n%s", got.code, got.stderr)
	}
}

// What somebody approves is shown before, and only that is applied.
func TestPipelineWithAnApproval(t *testing.T) {
	t.Parallel()
	a := newAgent(t, pipelines.Approved, pipelines.Push)
	a.merge()
	updates := a.updates()
	if got := a.build(pipelines.Push); got.code != 0 || a.updates() != updates+1 {
		t.Fatalf("the update ended with %d, and there were %d updates\n%s%s", got.code, a.updates()-updates, got.stdout, got.stderr)
	}
	a.has(a.said("summary"), "1 to create")
	a.has(a.comment().Body, "1 created", "commit `6dcb09b`", "[run](https://")
}

// The code of strangers never runs with secrets: it does not run at all, and says so.
func TestPipelinesOfForks(t *testing.T) {
	t.Parallel()
	const noSecret = "cannot read pulumi-token"
	for name, words := range map[string]string{
		"GitHub Actions": "There is no preview: this run gets no secrets. From a fork: push the branch", "CircleCI": noSecret,
		"AWS CodeBuild": noSecret, "Woodpecker": noSecret,
		"GitLab CI": "", "Jenkins": "this pull request is from a fork", "Buildkite": "this pull request is from a fork",
		"Azure Pipelines": "this pull request is from a fork",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(pipelines.Systems, func(s pipelines.System) bool { return s.Name == name })
			a := newAgent(t, pipelines.Systems[i], pipelines.Fork)
			a.withoutOlderBuilds()
			state := a.state()
			got := a.build(pipelines.Fork)
			if (got.code != 0) != (words != "") || !strings.Contains(got.stdout+got.stderr, words) {
				t.Errorf("it ended with %d, want the words %q\n%s%s", got.code, words, got.stdout, got.stderr)
			}
			a.hasNot(got.stdout, "Resources:")
			if a.state() != state || len(a.github.Requests()) > 0 {
				t.Errorf("the stack changed: %t, and there were %d requests to GitHub", a.state() != state, len(a.github.Requests()))
			}
		})
	}
}

// Workflows on a schedule are only GitHub's.
func TestPipelinesOfASchedule(t *testing.T) {
	t.Parallel()
	for name, system := range map[string]pipelines.System{"one stack": pipelines.Systems[0], "many": pipelines.ManyStacks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, system, pipelines.Schedule)
			page := a.page()
			state := a.state()
			run := func(drifts bool) {
				t.Helper()
				got := a.build(pipelines.Schedule)
				if (got.code != 0) != drifts || a.state() != state || len(a.comments()) > 0 {
					t.Errorf("it ended with %d, the stack changed: %t, and there are %d comments\n%s%s", got.code, a.state() != state, len(a.comments()), got.stdout, got.stderr)
				}
			}
			run(false)
			if all := a.github.Issues(repo); len(all) > 0 {
				t.Errorf("there are %+v", all)
			}
			a.write(page, "hello, world")
			run(true)
			a.issue("open", 0, "1 updated\n", "[run](https://github.com/"+repo+"/actions/runs/4711)")
			a.write(page, "hello")
			run(false)
			a.issue("closed", 1)
		})
	}
}

// builds are what CodeBuild answers: the builds of a project. With finished, they are so from the second time on.
func (a *agent) builds(text string, finished bool) {
	a.t.Helper()
	a.write(filepath.Join(a.home, "builds.json"), text)
	// Who waits for itself would do so for ever.
	a.program("bin/sleep", `echo "$*" >>"$HOME/slept"; [ "$(wc -l <"$HOME/slept")" -lt 5 ]`)
	a.program("bin/aws", fmt.Sprintf(`set -eu
[ -z "${AWS_ACCESS_KEY_ID-}${AWS_SECRET_ACCESS_KEY-}" ] || { echo "these are Pulumi's keys" >&2; exit 1; }
case "$*" in
"codebuild list-builds-for-project --no-paginate --project-name infra-"*" --output json") jq '{ids: [.builds[].id]}' "$HOME/builds.json" ;;
"codebuild batch-get-builds --ids "*" --output json")
    cat "$HOME/builds.json"
    if %t; then sed -i s/IN_PROGRESS/SUCCEEDED/ "$HOME/builds.json"; fi ;;
"codebuild stop-build --id "*" --output json") echo "$4" >>"$HOME/stopped" ;;
*) echo "aws $*?" >&2; exit 1 ;;
esac`, finished))
}

// withoutOlderBuilds says that a build of CodeBuild is the only one.
func (a *agent) withoutOlderBuilds() {
	a.builds(`{"builds": [{"id": "infra:12", "buildNumber": 12, "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/7"}]}`, false)
}

// said is what a stand-in wrote down.
func (a *agent) said(name string) string {
	text, err := os.ReadFile(filepath.Join(a.home, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		a.t.Fatal(err)
	}
	return string(text)
}

const manyBuilds = `{"builds": [
	{"id": "infra:13", "buildNumber": 13, "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/7"},
	{"id": "infra:12", "buildNumber": 12, "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/7"},
	{"id": "infra:11", "buildNumber": 11, "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/7"},
	{"id": "infra:10", "buildNumber": 10, "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/8"},
	{"id": "infra:9", "buildNumber": 9, "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/7"},
	{"id": "infra:8", "buildNumber": 8, "buildStatus": "FAILED", "sourceVersion": "pr/7"}
]}`

// CodeBuild itself neither cancels nor queues.
func TestCodeBuildCancelsAndQueues(t *testing.T) {
	t.Parallel()
	i := slices.IndexFunc(pipelines.Systems, func(s pipelines.System) bool { return s.Name == "AWS CodeBuild" })
	a := newAgent(t, pipelines.Systems[i], pipelines.PullRequest)
	a.builds(manyBuilds, false)
	if got := a.build(pipelines.PullRequest); got.code != 0 || a.said("stopped") != "infra:11\ninfra:9\n" || a.said("slept") != "" {
		t.Errorf("a preview ended with %d and stopped %q\n%s", got.code, a.said("stopped"), got.stderr)
	}
	a.comment()

	a.builds(manyBuilds, true)
	got := a.build(pipelines.Push)
	if got.code != 0 || a.said("slept") != "15\n" || a.said("stopped") != "infra:11\ninfra:9\n" {
		t.Errorf("an update ended with %d, slept %q and stopped %q\n%s", got.code, a.said("slept"), a.said("stopped"), got.stderr)
	}
	a.has(got.stdout, "waiting for infra:11\ninfra:10\ninfra:9\n", "created")

	// Where the queue is not known nothing is applied.
	a.program("bin/aws", `echo "AccessDenied" >&2; exit 1`)
	updates := a.updates()
	if got := a.build(pipelines.Push); got.code == 0 || a.updates() != updates {
		t.Errorf("without a word from CodeBuild it ended with %d, after %d updates", got.code, a.updates()-updates)
	}
}

// CircleCI's GitHub App does not set the variable, but for the line that stands there as a comment.
func TestCircleCIWithTheGitHubApp(t *testing.T) {
	t.Parallel()
	text := string(must(os.ReadFile(filepath.Join(root, "examples", "ci", "circleci", "config.yml"))))
	i := slices.IndexFunc(pipelines.Systems, func(s pipelines.System) bool { return s.Name == "CircleCI" })
	system := pipelines.Systems[i]
	a := newAgent(t, system, pipelines.PullRequest)
	changed := t.TempDir()
	a.must(os.MkdirAll(filepath.Join(changed, "examples", "ci", "circleci"), 0o755))
	a.must(os.Symlink(build, filepath.Join(changed, "build")))
	a.must(os.Symlink(filepath.Join(root, "internal"), filepath.Join(changed, "internal")))
	a.write(filepath.Join(changed, "examples", "ci", "circleci", "config.yml"), a.replaced(text, "# PULUMI_PR_NUMBER", "PULUMI_PR_NUMBER"))
	commands, err := system.Commands(t.Context(), changed, a.run)
	if err != nil || len(commands) != 1 {
		t.Fatal(commands, err)
	}
	// CircleCI puts the value in before the job starts.
	commands[0].Env["PULUMI_PR_NUMBER"] = a.replaced(commands[0].Env["PULUMI_PR_NUMBER"], "<< pipeline.event.github.pull_request.number >>", "7")
	for _, name := range []string{"CIRCLE_PULL_REQUEST", "CIRCLE_PULL_REQUESTS", "CI_PULL_REQUEST"} {
		commands[0].Env[name] = ""
	}
	if got := a.command(commands[0], nil); got.code != 0 {
		t.Fatalf("it ended with %d\n%s", got.code, got.stderr)
	}
	a.has(a.comment().Body, "to create")
}

var ciSystems = sync.OnceValue(func() string { return string(must(os.ReadFile(filepath.Join(root, "docs", "ci-systems.md")))) })

// section is the part of docs/ci-systems.md below a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(ciSystems(), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/ci-systems.md has no heading %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// The page links each file, and says in five lines what to set. What a file cannot say, the lines do.
func TestPipelinesAreDocumented(t *testing.T) {
	settings := map[string][]string{
		"CircleCI":      {"Auto-cancel redundant workflows", "Pass secrets to builds from forked pull requests"},
		"Buildkite":     {"Cancel intermediate builds", "third-party forked"},
		"AWS CodeBuild": {"comment approval for forks", "privileged"},
		"Woodpecker":    {"cancel previous pipelines", "approval", "timeout"},
	}
	for _, system := range pipelines.Systems {
		text := section(t, system.Name)
		for _, file := range system.Files {
			if !strings.Contains(ciSystems(), "(../"+file+")") {
				t.Errorf("%s is not linked", file)
			}
		}
		if lines := regexp.MustCompile(`(?m)^\d\. .+$`).FindAllString(text, -1); len(lines) != 5 {
			t.Errorf("%s has %d lines on what to set", system.Name, len(lines))
		}
		for _, words := range settings[system.Name] {
			if !strings.Contains(text, words) {
				t.Errorf("the lines of %s lack %q", system.Name, words)
			}
		}
	}
	for _, match := range regexp.MustCompile(`\]\((\.\.[^)]+|#[^)]+)\)`).FindAllStringSubmatch(ciSystems(), -1) {
		heading := regexp.MustCompile(`(?mi)^## ` + strings.ReplaceAll(strings.TrimPrefix(match[1], "#"), "-", "[ -]") + `$`)
		if _, err := os.Stat(filepath.Join(root, "docs", match[1])); err != nil && !heading.MatchString(ciSystems()) {
			t.Errorf("the link %s leads nowhere", match[1])
		}
	}
}

// The page names the secrets of the files, and the variables that the module reads.
func TestNamesOfPipelinesAreDocumented(t *testing.T) {
	t.Parallel()
	names := map[string]map[string]bool{}
	for _, system := range pipelines.Systems {
		names[system.Name] = map[string]bool{}
		for _, situation := range []pipelines.Situation{pipelines.PullRequest, pipelines.Push} {
			run := pipelines.Run{For: situation, Repository: repo, Number: number}
			for _, c := range must(system.Commands(t.Context(), root, run)) {
				for variable, name := range c.Secrets {
					names[system.Name][name] = true
					if !strings.Contains(ciSystems(), "`"+variable+"`") {
						t.Errorf("%s: the variable %s is not named", system.Name, variable)
					}
				}
			}
		}
	}
	if n := len(names["Jenkins"]); n != 7 || !strings.Contains(section(t, "Jenkins"), "the seven names in the file") {
		t.Errorf("in the Jenkinsfile are %d names", n)
	}
	for name := range names["Woodpecker"] {
		if !strings.Contains(section(t, "Woodpecker"), "`"+strings.TrimPrefix(name, "preview_")+"`") {
			t.Errorf("Woodpecker's secret %s is not named", name)
		}
	}
	for name := range names["Buildkite"] {
		if _, known := kept[strings.TrimPrefix(name, "PRODUCTION_")]; !known {
			t.Errorf("Buildkite's secret %s is not named", name)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| (.+) \\| (.*`.+) \\|$").FindAllStringSubmatch(section(t, "How the pull request is found"), -1)
	for _, row := range rows {
		for _, match := range span.FindAllStringSubmatch(row[2], -1) {
			if !strings.Contains(cisystem.DotEnv(), match[1]+"=${") {
				t.Errorf("the module does not read %s of %s", match[1], row[1])
			}
		}
	}
	if len(rows) != 13 {
		t.Errorf("the table has %d rows", len(rows))
	}
}

// Each block of shell and each command of the page, on a system that the module does not know.
func TestCommandsOfCISystems(t *testing.T) {
	t.Parallel()
	unknown := pipelines.Systems[slices.IndexFunc(pipelines.Systems, func(s pipelines.System) bool { return s.Name == "Jenkins" })]
	unknown.Variables = func(pipelines.Run) map[string]string { return map[string]string{"CI": "true"} }
	a := newAgent(t, unknown, pipelines.PullRequest)
	blocks := fence.FindAllStringSubmatch(ciSystems(), -1)
	if len(blocks) != 2 || !strings.Contains(blocks[0][2], " preview ") || !strings.Contains(blocks[1][2], " up ") {
		t.Fatalf("it is not known how to test the blocks %q", blocks)
	}
	preview, up := blocks[0][2], blocks[1][2]
	shell := func(text string) answer {
		t.Helper()
		got := a.command(pipelines.Command{
			Shell: []string{"sh", "-eu", "-c"}, Text: text, Secrets: kept, Env: map[string]string{"PULUMI_STACK": "acme/prod", "PULUMI_PR_NUMBER": "7"},
		}, nil)
		if got.code != 0 {
			t.Fatalf("%s\nended with %d\n%s", text, got.code, got.stderr)
		}
		return got
	}
	shell(preview)
	a.has(a.comment().Body, "to create")

	lines := strings.SplitAfter(preview, "\n")
	install := strings.Join(lines[:2], "")
	var commands []string
	for _, match := range span.FindAllStringSubmatch(fence.ReplaceAllString(ciSystems(), ""), -1) {
		if strings.HasPrefix(match[1], "dagger ") {
			commands = append(commands, match[1])
		}
	}
	if !slices.Equal(commands, []string{"dagger -m ./ci call pull-request"}) {
		t.Fatalf("it is not known how to test %q", commands)
	}
	a.has(shell(install+commands[0]).stdout, `"host":"github.com"`, `"repository":"acme/shop"`, `"number":7`, `"commit":"`+mergeCommit+`"`)

	a.merge()
	shell(strings.Join(lines[:3], "") + up)
	_, told := a.two()
	a.has(told.Body, "created")
}
