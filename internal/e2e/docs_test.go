package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"iac/internal/hostdagger"
)

// invocationFile is the variable that makes this program the `dagger` of a test's shell. It names a file
// with what hostdagger is told besides the command line.
const invocationFile = "IAC_E2E_INVOCATION"

func TestMain(m *testing.M) {
	if file, ok := os.LookupEnv(invocationFile); ok {
		os.Exit(beDagger(file))
	}
	code := m.Run()
	if oneEngine.session != "" {
		_ = os.RemoveAll(oneEngine.session)
	}
	os.Exit(code)
}

func beDagger(file string) int {
	var inv hostdagger.Invocation
	err := errors.Join(json.Unmarshal(must(os.ReadFile(file)), &inv), os.Unsetenv(invocationFile))
	if err != nil {
		panic(err)
	}
	inv.Args, inv.Environ, inv.Dir, inv.Stdout, inv.Stderr = os.Args[1:], os.Environ(), must(os.Getwd()), os.Stdout, os.Stderr
	return hostdagger.Run(context.Background(), inv)
}

// newRepository is a world whose module lies in the repository of a Pulumi program, as the README says.
func newRepository(t *testing.T, program string) *world {
	t.Helper()
	w := newWorld(t, program)
	w.must(os.CopyFS(w.module, os.DirFS(w.stack.Src)))
	w.write(filepath.Join(w.module, ".env.example"), string(must(os.ReadFile(filepath.Join(root, ".env.example")))))
	w.environ = append(w.environ, "PULUMI_STACK="+w.stack.Name)
	return w
}

// inGitHubActions are the variables that GitHub sets for a pull request.
var inGitHubActions = []string{
	"GITHUB_ACTIONS=true", "GITHUB_REF=refs/pull/7/merge", "GITHUB_REPOSITORY=" + repo, "GITHUB_SERVER_URL=https://github.com",
}

// shell gives a text to a shell in the repository, where `dagger` is the host engine's.
func (w *world) shell(text string) answer {
	w.t.Helper()
	return w.shellIn(w.module, text)
}

// remoteModule is the address of the module in pages, where it is not copied.
const remoteModule = "github.com/OWNER/iac@VERSION"

// shellIn gives a text to a shell in a folder. What stands for a remote module is the one in the world's own folder.
func (w *world) shellIn(folder, text string) answer {
	w.t.Helper()
	text = strings.ReplaceAll(text, remoteModule, w.module)
	dir := w.t.TempDir()
	file, program := filepath.Join(dir, "invocation.json"), filepath.Join(dir, "dagger")
	w.write(file, string(must(json.Marshal(hostdagger.Invocation{
		Cache: filepath.Join(build, "cache"), Session: w.session, Programs: filepath.Join(build, "bin"),
		PulumiEnv: w.pulumiEnv(), GitHubEnv: w.github.Env(),
	}))))
	w.write(program, fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' \"$@\"\n", invocationFile, file, must(os.Executable())))
	w.must(os.Chmod(program, 0o755))
	return run(w.t, folder, append(slices.Clone(w.environ), "PATH="+dir+":"+os.Getenv("PATH")), text)
}

func run(t *testing.T, dir string, environ []string, text string) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-c", text)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, &stdout, &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return answer{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// do gives a text to a shell, which must succeed.
func (w *world) do(text string) answer {
	w.t.Helper()
	a := w.shell(text)
	if a.code != 0 {
		w.t.Fatalf("%s\nfailed with exit code %d:\n%s", text, a.code, a.stderr)
	}
	return a
}

// replaced is a text with another one in the place of a part.
func (w *world) replaced(text, part, other string) string {
	w.t.Helper()
	if strings.Count(text, part) != 1 {
		w.t.Fatalf("%q stands not once in:\n%s", part, text)
	}
	return strings.Replace(text, part, other, 1)
}

var (
	fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	span  = regexp.MustCompile("`([^`\n]+)`")
)

// pages are the README and the pages of docs/, by their names, without the one about CI systems: what stands there is
// run with the pipelines.
var pages = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, file := range append(must(filepath.Glob(filepath.Join(root, "docs", "*.md"))), filepath.Join(root, "README.md")) {
		all[filepath.Base(file)] = string(must(os.ReadFile(file)))
	}
	delete(all, "ci-systems.md")
	return all
})

// example is a block of a page. It is known by words that no other block of the page has.
type example struct{ page, words string }

// onlyRead are examples of which internal/docs reads all that can be told here.
func onlyRead(*testing.T, string) {}

// examples are the blocks of all pages, with what is to be seen when they run.
var examples = map[example]func(*testing.T, string){
	{"README.md", "cp .env.example .env"}:                         exampleWithoutFlags,
	{"README.md", "call --cache"}:                                 exampleOfARemoteModule,
	{"README.md", "jobs:"}:                                        exampleOfAWorkflow,
	{"caches.md", "cache-export"}:                                 exampleOfAKeptCache,
	{"caches.md", "docker run"}:                                   onlyRead,
	{"caches.md", "helm upgrade"}:                                 onlyRead,
	{"client.md", "dagger run"}:                                   exampleOfAClient,
	{"credentials.md", "aws-actions/configure-aws-credentials"}:   exampleOfAWorkflow,
	{"credentials.md", "env://AWS_SESSION_TOKEN \\\n    preview"}: exampleOfVariables,
	{"credentials.md", "ARM_CLIENT_SECRET"}:                       exampleOfVariables,
	{"credentials.md", "ARM_OIDC_REQUEST_TOKEN"}:                  exampleOfAWorkflow,
	{"credentials.md", "GOOGLE_CREDENTIALS"}:                      exampleOfVariables,
	{"credentials.md", "GOOGLE_OAUTH_ACCESS_TOKEN"}:               exampleOfVariables,
	{"credentials.md", "KUBECONFIG_TEXT"}:                         exampleOfVariables,
	{"credentials.md", "PULUMI_BACKEND_URL"}:                      exampleOfAStateOfYourOwn,
	{"credentials.md", "PULUMI_ACCESS_TOKEN preview"}:             exampleOfAToken,
	{"many-stacks.md", "call with-cache preview-all"}:             exampleOfManyStacks,
	{"many-stacks.md", "watch:"}:                                  exampleOfIacYAML,
	{"many-stacks.md", "call stacks"}:                             exampleOfStacks,
	{"many-stacks.md", `"dir": "app"`}:                            onlyRead, // compared with what the one before prints
	{"moving.md", "pulumi/actions@"}:                              onlyRead,
	{"moving.md", "gh pr comment"}:                                onlyRead,
	{"moving.md", "--work-dir infra"}:                             exampleOfAWorkflow,
	{"reviewed-applies.md", "--expect-digest"}:                    exampleOfAnApproval,
	{"developing.md", "hostdagger"}: func(t *testing.T, text string) {
		a := run(t, clone(t), os.Environ(), text)
		if a.code != 0 || !strings.Contains(a.stdout, "pull-request") || !strings.Contains(a.stdout, "--github-token") {
			t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
		}
	},
}

// Each block of the pages does what the text around it says.
func TestExamplesOfThePages(t *testing.T) {
	t.Parallel()
	tested := map[example]bool{}
	for page, content := range pages() {
		for _, match := range fence.FindAllStringSubmatch(content, -1) {
			text := match[2]
			var known []example
			for e := range examples {
				if e.page == page && strings.Contains(text, e.words) {
					known = append(known, e)
				}
			}
			if len(known) != 1 {
				t.Errorf("of this block of %s it is not known what to test, these fit: %q\n%s", page, known, text)
				continue
			}
			if tested[known[0]] {
				t.Errorf("two blocks of %s hold %q", page, known[0].words)
			}
			tested[known[0]] = true
			t.Run(page+" "+known[0].words, func(t *testing.T) {
				t.Parallel()
				examples[known[0]](t, text)
			})
		}
	}
	for e := range examples {
		if !tested[e] {
			t.Errorf("no block of %s holds %q", e.page, e.words)
		}
	}
}

// newCheckout is a repository with a Pulumi program in a folder, and without the module.
func (w *world) newCheckout(folder string) string {
	w.t.Helper()
	checkout := w.t.TempDir()
	w.must(os.CopyFS(filepath.Join(checkout, folder), os.DirFS(w.stack.Src)))
	return checkout
}

func exampleOfARemoteModule(t *testing.T, text string) {
	w := newWorld(t, "infra-yaml")
	w.environ = append(w.environ, "PULUMI_STACK="+w.stack.Name)
	checkout := w.newCheckout(".")
	if a := w.shellIn(checkout, text); a.code != 0 || !strings.Contains(a.stdout, "to create") {
		t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
	}
	// The default is the module's own repository.
	if a := w.shellIn(checkout, w.replaced(text, " --src .", "")); a.code == 0 || !strings.Contains(a.stderr, "no readable Pulumi.yaml") {
		t.Errorf("without --src: exit code %d\n%s%s", a.code, a.stdout, a.stderr)
	}
	if a := w.shellIn(checkout, w.replaced(text, " preview ", " up ")); a.code != 0 || !strings.Contains(a.stdout, "created") {
		t.Errorf("up: exit code %d\n%s%s", a.code, a.stdout, a.stderr)
	}
	if requests := w.github.Requests(); len(requests) > 0 {
		t.Errorf("on a laptop there were %d requests to GitHub", len(requests))
	}
}

// given are the values of variables in workflows, which are secrets, of GitHub, or those of actions that ran before.
var given = regexp.MustCompile(`^\$\{\{ (secrets\.\w+|vars\.PULUMI_STACK|github\.token) \}\}$`)

// exampleOfAWorkflow runs the steps of a workflow that call the module: its previews, then its applies.
func exampleOfAWorkflow(t *testing.T, text string) {
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				Env  map[string]string
				Run  string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "infra-yaml")
	all := slices.Concat(w.environ, []string{"PULUMI_STACK=" + w.stack.Name})
	folder := "."
	if strings.Contains(text, "--work-dir infra") {
		folder = "infra"
	}
	checkout := w.newCheckout(folder)
	if strings.Contains(text, "-m ./ci") {
		w.must(os.CopyFS(checkout, os.DirFS(w.module)))
	}
	ran := 0
	for _, name := range []string{"preview", "up"} {
		// A step sees what it is given, and what GitHub and other actions set.
		w.environ = slices.Clone(inGitHubActions)
		if strings.Contains(text, "id-token: write") {
			w.environ = append(w.environ, "ACTIONS_ID_TOKEN_REQUEST_URL=https://token.example.com", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=notATokenOfAnyJob")
		}
		for _, step := range workflow.Jobs[name].Steps {
			switch action, _, _ := strings.Cut(step.Uses, "@"); action {
			case "aws-actions/configure-aws-credentials":
				w.environ = append(w.environ, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey, "AWS_SESSION_TOKEN=notASessionTokenOfAnybody")
			case "pulumi/auth-actions":
				w.environ = append(w.environ, "PULUMI_ACCESS_TOKEN="+pulumiToken)
			}
			if step.Run == "" {
				continue
			}
			for _, set := range all {
				variable, _, _ := strings.Cut(set, "=")
				value, there := step.Env[variable]
				if there || variable == "PATH" || variable == "HOME" {
					w.environ = append(w.environ, set)
				}
				if there && !given.MatchString(value) && variable != "PULUMI_STACK" {
					t.Errorf("%s is %q", variable, value)
				}
				delete(step.Env, variable)
			}
			for variable, value := range step.Env {
				if strings.HasPrefix(variable, "ARM_") {
					w.environ = append(w.environ, variable+"="+value)
					delete(step.Env, variable)
				}
			}
			if len(step.Env) > 0 {
				t.Errorf("of the variables %v it is not known what they are", step.Env)
			}
			a := w.shellIn(checkout, step.Run)
			if a.code != 0 {
				t.Fatalf("%s: exit code %d\n%s%s", name, a.code, a.stdout, a.stderr)
			}
			ran++
			if name == "preview" {
				w.has(a.stdout, "to create")
				w.has(w.comment().Body, "to create")
			} else {
				w.has(a.stdout, "created")
			}
		}
	}
	if ran != len(workflow.Jobs) {
		t.Errorf("%d steps were run of %d jobs", ran, len(workflow.Jobs))
	}
}

func exampleWithoutFlags(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.environ = slices.DeleteFunc(w.environ, func(v string) bool {
		return strings.HasPrefix(v, "PULUMI_STACK=") || strings.HasPrefix(v, "GITHUB_TOKEN=")
	})
	a := w.do(text)
	w.has(a.stdout, "to create")
	w.has(a.stderr, "nothing is posted", `stack="dev"`)
	w.environ = append(append(w.environ, "GITHUB_TOKEN="+githubToken, "PULUMI_STACK="+w.stack.Name), inGitHubActions...)
	w.has(w.do(text).stderr, `stack="`+w.stack.Name+`"`)
	w.has(w.comment().Body, "to create")
	w.has(w.do(w.replaced(text, "call preview", `call up --stack "$PULUMI_STACK"`)).stdout, "created")
}

func exampleOfAnApproval(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.has(w.do(text).stdout, "created")
	// Nothing is left to do then.
	w.has(w.do(text).stdout, "unchanged")
	// What is approved is something else than what is applied.
	lines := strings.SplitAfter(text, "\n")
	lines[1] = "sed -i 's/^outputs:$/outputs:\\n  more: 1/' Pulumi.yaml\n"
	if a := w.shell(strings.Join(lines, "")); a.code == 0 || !strings.Contains(a.stderr, "nothing was applied to ") || !strings.Contains(a.stderr, ": its plan has the digest ") {
		t.Errorf("a changed program: exit code %d\n%s", a.code, a.stderr)
	}
}

func exampleOfAClient(t *testing.T, text string) {
	w := newWorld(t, "infra-yaml")
	w.environ = append(w.environ, "PULUMI_STACK="+w.stack.Name)
	w.must(os.CopyFS(filepath.Join(w.module, "infra"), os.DirFS(w.stack.Src)))
	w.must(os.CopyFS(filepath.Join(w.module, "examples", "client"), os.DirFS(filepath.Join(root, "examples", "client"))))
	w.has(w.refused(text), "needs -allow-loss")
	w.has(w.do(w.replaced(text, "-apply", "-apply -allow-loss")).stdout, " to change, ", w.stack.Name+": applied")
}

// newCheckoutOfMany is the repository of the documentation with the module in it.
func newCheckoutOfMany(t *testing.T) *monorepo {
	t.Helper()
	r := newExample(t)
	r.must(os.CopyFS(r.Src, os.DirFS(r.module)))
	return r
}

func exampleOfManyStacks(t *testing.T, text string) {
	r := newCheckoutOfMany(t)
	r.environ = append(r.environ, inGitHubActions...)
	r.append("network/Pulumi.dev.yaml", "# changed\n")
	r.changes("network/Pulumi.dev.yaml")
	if a := r.shellIn(r.Src, text); a.code != 0 {
		t.Fatalf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
	}
	r.has(r.comment().Body, "network:dev")
	r.hasNot(r.comment().Body, "app:dev")
}

// The example of the page is the file of the repository, but for its comments.
func exampleOfIacYAML(t *testing.T, text string) {
	var shown, there any
	if err := errors.Join(yaml.Unmarshal([]byte(text), &shown), yaml.Unmarshal(must(os.ReadFile(filepath.Join(root, "testdata", "repository", "iac.yaml"))), &there)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there, shown); diff != "" {
		t.Error(diff)
	}
}

func exampleOfStacks(t *testing.T, text string) {
	r := newCheckoutOfMany(t)
	git := `export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b.c GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b.c
git init --quiet --initial-branch=main .
git add lib app network monitoring dashboards iac.yaml
git commit --quiet --message=before
git update-ref refs/remotes/origin/main HEAD
echo "// changed" >>lib/lib.go
git commit --quiet --all --message=after
`
	a := r.shellIn(r.Src, git+text)
	if a.code != 0 {
		t.Fatalf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
	}
	var printed, shown any
	blocks := fence.FindAllStringSubmatch(pages()["many-stacks.md"], -1)
	if err := errors.Join(json.Unmarshal([]byte(a.stdout), &printed), json.Unmarshal([]byte(blocks[len(blocks)-1][2]), &shown)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown, printed); diff != "" {
		t.Errorf("the page shows something else than was printed:\n%s", diff)
	}
}

// variable is one that an example gives to Pulumi.
var variable = regexp.MustCompile(`--name (\w+) --(?:value|secret) (?:"\$(\w+)"|env://(\w+)|"file://\$(\w+)"|(\w+))`)

// The program says what of the variables has reached it. What it prints of a secret is masked, but for its digest.
var sayVariables = `package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
)

func main() {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Printf("%s: %x\n", name, sha256.Sum256([]byte(value)))
	}
}
`

// oneEngine is an engine for one example after the other: the program is built once.
var oneEngine struct {
	sync.Mutex
	session string
}

// exampleOfVariables gives each variable of an example a value of its own, which must reach the program.
func exampleOfVariables(t *testing.T, text string) {
	oneEngine.Lock()
	defer oneEngine.Unlock()
	if oneEngine.session == "" {
		oneEngine.session = must(os.MkdirTemp("", "iac-e2e"))
	}
	w := newRepository(t, "tiny")
	w.session = oneEngine.session
	w.write(filepath.Join(w.module, "main.go"), sayVariables)
	want := map[string]string{"PULUMI_ACCESS_TOKEN": pulumiToken}
	w.giveVariables(text, want)
	w.reached(w.do(text).stdout, want)
}

// giveVariables sets what an example reads, and adds to want what the program is to see.
func (w *world) giveVariables(text string, want map[string]string) {
	w.t.Helper()
	matches := variable.FindAllStringSubmatch(text, -1)
	if len(matches) != strings.Count(text, "--name ") {
		w.t.Fatalf("%d variables are understood in\n%s", len(matches), text)
	}
	for _, match := range matches {
		name, source, file, literal := match[1], match[2]+match[3], match[4], match[5]
		value := "not a real value of " + name
		switch {
		case source != "":
			w.environ = append(w.environ, source+"="+value)
		case file != "":
			path := filepath.Join(w.t.TempDir(), name)
			w.write(path, value)
			w.environ = append(w.environ, file+"="+path)
		default:
			value = literal
		}
		want[name] = value
	}
}

func (w *world) reached(out string, want map[string]string) {
	w.t.Helper()
	for name, value := range want {
		w.has(out, fmt.Sprintf("%s: %x", name, sha256.Sum256([]byte(value))))
	}
}

// With the state elsewhere the token is left out. The passphrase is a secret, or empty, as the text says.
func exampleOfAStateOfYourOwn(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.stack.Env = slices.DeleteFunc(w.stack.Env, func(v string) bool { return strings.HasPrefix(v, "PULUMI_CONFIG_PASSPHRASE=") })
	program := filepath.Join(w.module, "Pulumi.yaml")
	before, after, ok := strings.Cut(string(must(os.ReadFile(program))), "backend:\n")
	if !ok {
		t.Fatal("the program names no backend")
	}
	_, after, _ = strings.Cut(after, "\n")
	w.write(program, before+after)
	empty := regexp.MustCompile("`(with-env-variable --name PULUMI_CONFIG_PASSPHRASE [^`]*)`").FindStringSubmatch(pages()["credentials.md"])
	if empty == nil {
		t.Fatal("nothing is said about an empty passphrase")
	}
	w.environ = append(w.environ, "PULUMI_BACKEND_URL=file://"+w.stack.State, "PULUMI_CONFIG_PASSPHRASE=a wrong passphrase")
	w.has(w.do(w.replaced(text, "with-secret-variable --name PULUMI_CONFIG_PASSPHRASE --secret env://PULUMI_CONFIG_PASSPHRASE", empty[1])).stdout, "to create")
	w.has(w.refused(text), "passphrase")
	w.has(w.refused(w.replaced(text, `"$PULUMI_BACKEND_URL"`, "file:///nowhere")), "/nowhere")
}

func exampleOfAToken(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.has(w.do(text).stdout, "to create")
}

func exampleOfAKeptCache(t *testing.T, text string) {
	w := newRepository(t, "tiny")
	file := filepath.Join(w.module, "..", "iac-cache.tar")
	a := w.do(text)
	w.has(a.stdout, "nothing to do")
	w.has(a.stderr, "left out", " MB")
	if info := must(os.Stat(file)); info.Size() < 1e6 {
		t.Fatalf("the cache has %d bytes", info.Size())
	}
	first := w.built()
	w.session = t.TempDir() // an engine that starts empty
	w.hasNot(w.do(text).stderr, "left out")
	if more := w.built() - first; first < 30 || more > 10 {
		t.Errorf("%d things were built, and %d more with the cache of the run before", first, more)
	}
}

// clone is a copy of this repository, in which a command may write.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ci", "internal", "testdata"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"dagger.json", "go.mod", "go.sum", ".env.example"} {
		if err := os.WriteFile(filepath.Join(dir, name), must(os.ReadFile(filepath.Join(root, name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "build"), 0o755), os.Symlink(filepath.Join(build, "bin"), filepath.Join(dir, "build", "bin"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Each command within the text of the pages does what is said of it.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	commands := map[string]func(*testing.T, string){
		"dagger -m ./ci functions": func(t *testing.T, command string) {
			w := newRepository(t, "infra-yaml")
			w.has(w.do(command).stdout, "preview", "up", "refresh", "drift", "destroy", "with-cache")
		},
		"go run ./internal/cmd/comment ": func(t *testing.T, command string) {
			a := run(t, root, os.Environ(), command)
			if a.code != 0 || !strings.Contains(a.stdout, "to replace") {
				t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
			}
		},
		"go run ./internal/cmd/hostdagger -m ./ci develop": func(t *testing.T, command string) {
			dir := clone(t)
			if a := run(t, dir, os.Environ(), command+"\ntest -s ci/dagger.gen.go"); a.code != 0 {
				t.Errorf("exit code %d\n%s", a.code, a.stderr)
			}
		},
		// Recorded anew, nothing changes.
		"go run ./internal/cmd/record ": func(t *testing.T, command string) {
			dir := clone(t)
			a := run(t, dir, os.Environ(), fmt.Sprintf("%s\ndiff -r testdata '%s'", command, filepath.Join(root, "testdata")))
			if a.code != 0 || !strings.Contains(a.stderr, "recording ") {
				t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
			}
		},
	}
	tested, seen := map[string]bool{}, map[string]bool{}
	var text strings.Builder
	for _, page := range pages() {
		text.WriteString(fence.ReplaceAllString(page, ""))
	}
	for _, match := range span.FindAllStringSubmatch(text.String(), -1) {
		command := match[1]
		if !strings.HasPrefix(command, "dagger -m ") && !strings.HasPrefix(command, "go run ") {
			continue
		}
		known := slices.DeleteFunc(slices.Collect(maps.Keys(commands)), func(start string) bool { return !strings.HasPrefix(command, start) })
		if len(known) != 1 {
			t.Fatalf("of %q it is not known what to test", command)
		}
		tested[known[0]] = true
		if seen[command] {
			continue
		}
		seen[command] = true
		check := commands[known[0]]
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			check(t, command)
		})
	}
	for start := range commands {
		if !tested[start] {
			t.Errorf("no page has a command that begins with %q", start)
		}
	}
}

// Each message that is explained as met most often is one that users meet, and what is advised helps.
func TestMessagesMetMostOften(t *testing.T) {
	t.Parallel()
	const dotEnv = "cp .env.example .env\n"
	messages := map[string]func(*world) string{
		"required flag(s) … not set": func(w *world) string {
			words := w.refused(dotEnv + "dagger -m ./ci call with-credentials preview")
			w.do("dagger -m ./ci call preview")
			return words
		},
		"pulumi-token is empty": func(w *world) string {
			w.environ = append(w.environ, "PULUMI_ACCESS_TOKEN=")
			return w.refused(dotEnv + "dagger -m ./ci call preview")
		},
		"aws-access-key is empty": func(w *world) string {
			w.environ = append(w.environ, "AWS_ACCESS_KEY_ID=")
			return w.refused(dotEnv + "dagger -m ./ci call preview")
		},
		"github-token is empty": func(w *world) string {
			w.environ = append(append(w.environ, "GITHUB_TOKEN="), inGitHubActions...)
			return w.refused(dotEnv + "dagger -m ./ci call preview")
		},
		"cannot read aws-access-key: … not found": func(w *world) string {
			words := w.refused(dotEnv + "unset AWS_ACCESS_KEY_ID\ndagger -m ./ci call preview")
			w.do("unset AWS_ACCESS_KEY_ID\nsed -i /^AWSACCESSKEY=/d .env\ndagger -m ./ci call preview")
			return words
		},
		"Resource not accessible by integration": func(w *world) string {
			w.environ = append(append(w.environ, "GITHUB_TOKEN="+readOnly), inGitHubActions...)
			words := w.refused(dotEnv + "dagger -m ./ci call preview")
			w.has(w.do("dagger -m ./ci call preview --comment-optional").stderr, "pull-requests: write")
			return words
		},
		"the stack is currently locked": func(w *world) string {
			w.lock()
			const up = `dagger -m ./ci call with-cache up --src . --stack "$PULUMI_STACK"`
			words := w.refused(up)
			w.do(strings.Replace(up, " up ", " cancel ", 1))
			w.do(up)
			return words
		},
		"Another update is currently in progress": func(*world) string {
			return string(must(os.ReadFile(filepath.Join(root, "testdata", "recordings", "cloud-conflict", "stderr"))))
		},
		"unknown flag": func(w *world) string {
			words := w.refused(`dagger -m ./ci call preview --cache --stack "$PULUMI_STACK"`)
			w.do(`dagger -m ./ci call --cache preview --stack "$PULUMI_STACK"`)
			return words
		},
		"unbound variable": func(w *world) string {
			const stack = "PREVIEW_STACK=${PULUMI_STACK%s}' >.env\ndagger -m ./ci call --cache preview"
			words := w.refused("unset PULUMI_STACK\necho '" + fmt.Sprintf(stack, ""))
			w.do("echo '" + fmt.Sprintf(stack, ":-"))
			return words
		},
		"no stack named … found": func(w *world) string {
			words := w.refused("dagger -m ./ci call --cache preview --stack other")
			w.do("cp Pulumi.dev.yaml Pulumi.other.yaml\ndagger -m ./ci call --cache preview --stack other --upsert")
			return words
		},
		"PULUMI_ACCESS_TOKEN must be set for login": func(w *world) string {
			const before = `dagger -m ./ci call with-env-variable --name PULUMI_BACKEND_URL --value `
			const preview = ` preview --stack "$PULUMI_STACK"`
			words := w.refused(before + "https://localhost" + preview)
			w.do(before + "'file://" + w.stack.State + "'" + preview)
			return words
		},
		"passphrase must be set with": func(w *world) string {
			w.stack.Env = slices.DeleteFunc(w.stack.Env, func(v string) bool { return strings.HasPrefix(v, "PULUMI_CONFIG_PASSPHRASE=") })
			words := w.refused(`dagger -m ./ci call --cache preview --stack "$PULUMI_STACK"`)
			w.do(`dagger -m ./ci call with-env-variable --name PULUMI_CONFIG_PASSPHRASE --value '' preview --stack "$PULUMI_STACK"`)
			return words
		},
		// The words of clouds and of Docker Hub.
		"no EC2 IMDS role found":                 nil,
		"failed to acquire a token":              nil,
		"could not find default credentials":     nil,
		"Make sure you have set your AWS region": nil,
		"toomanyrequests":                        nil,
		// The words of an engine, which loads a module otherwise than the host engine does.
		"no such function": nil,
	}
	_, section, _ := strings.Cut(pages()["messages.md"], "\n## Met most often\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for row := range strings.Lines(section) {
		cells := strings.Split(row, " | ")
		for _, match := range span.FindAllStringSubmatch(cells[0], -1) {
			message := match[1]
			meet, known := messages[message]
			if !known {
				t.Errorf("of the message %q it is not known how it is met", message)
			}
			delete(messages, message)
			if meet == nil {
				continue
			}
			t.Run(message, func(t *testing.T) {
				t.Parallel()
				w := newRepository(t, "infra-yaml")
				words := meet(w)
				for part := range strings.SplitSeq(message, "…") {
					_, rest, found := strings.Cut(words, part)
					if !found {
						t.Fatalf("%q is missing in:\n%s", part, words)
					}
					words = rest
				}
			})
		}
	}
	for message := range messages {
		t.Errorf("messages.md does not explain %q", message)
	}
}

// What stands for an input of pulumi/actions that is no argument here: Pulumi takes it from a variable.
func TestVariablesOfPulumisOptions(t *testing.T) {
	t.Parallel()
	w := newRepository(t, "infra-yaml")
	w.write(filepath.Join(w.module, "settings.json"), "{}")
	const other = " preview --src . --upsert --stack other"
	for _, option := range []struct{ name, value, verb, said string }{
		{"PULUMI_OPTION_SECRETS_PROVIDER", "elsewhere://key", other, "secrets manager for new stack"},
		{"PULUMI_OPTION_POLICY_PACK_CONFIG", "settings.json", ` preview --src . --stack "$PULUMI_STACK"`, `must be specified with "--policy-pack"`},
	} {
		w.has(w.refused("dagger -m ./ci call with-env-variable --name "+option.name+" --value "+option.value+option.verb), option.said)
		w.named("moving.md", option.name)
	}
	const debug = `dagger -m ./ci call with-env-variable --name PULUMI_OPTION_DEBUG --value true preview --src . --stack "$PULUMI_STACK"`
	a := w.do(debug)
	w.has(a.stdout+a.stderr, "debug: ", "to create")
	w.named("moving.md", "PULUMI_OPTION_DEBUG")
	// One whose value holds a comma.
	w.has(w.do(`dagger -m ./ci call with-cache preview --src . --stack "$PULUMI_STACK" --config '"demo:teams=a,b"'`).stderr, "--config=demo:teams=a,b ")
}

// named tells whether a page has a word.
func (w *world) named(page, word string) {
	w.t.Helper()
	if !strings.Contains(pages()[page], word) {
		w.t.Errorf("%s does not name %s", page, word)
	}
}

// refused gives a text to a shell, where it must fail, and gives what was said.
func (w *world) refused(text string) string {
	w.t.Helper()
	a := w.shell(text)
	if a.code == 0 {
		w.t.Fatalf("%s\nsucceeded:\n%s", text, a.stdout)
	}
	return a.stderr
}
