// Package e2e tests the module as its users meet it: called as with `dagger call`, with the real
// Pulumi CLI and the real gh, on this host instead of an engine, and with a stand-in for GitHub.
package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"iac/internal/githubapi"
	"iac/internal/hostdagger"
	"iac/internal/teststack"
)

const (
	repo   = "acme/shop"
	number = 7
	bot    = "github-actions[bot]"

	pulumiToken = "pul-5f0c7d9a1b2e4d6f8a0b1c2d3e4f5a6b7c8d9e0f"
	accessKey   = "AKIAQ3EGTOTALLYFAKE1"
	secretKey   = "wJalrXUtnFEMIthisIsNoRealKeyAtAllEXAMPLE"
	githubToken = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
	readOnly    = "ghs_readonly000000000000000000000000000"
)

var (
	root  = must(filepath.Abs("../.."))
	build = filepath.Join(root, "build")
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// world is one caller of the module, with a program, its state and a GitHub of its own.
type world struct {
	t       *testing.T
	module  string
	session string
	github  *githubapi.Server
	stack   *teststack.Stack
	environ []string
}

// newWorld copies a program of testdata and prepares its state.
func newWorld(t *testing.T, program string) *world {
	t.Helper()
	stack, err := teststack.Prepare(t.Context(), filepath.Join(root, "testdata", program), t.TempDir(), filepath.Join(build, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOf(t, stack)
}

// newWorldOf makes the world around a program.
func newWorldOf(t *testing.T, stack *teststack.Stack) *world {
	t.Helper()
	if _, err := os.Stat(filepath.Join(build, "bin", "pulumi")); err != nil {
		t.Fatalf("the programs for the tests are missing, `make tools` builds them: %v", err)
	}
	github, err := githubapi.Start(githubapi.Options{Hosts: []string{"ghe.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := github.Close(); err != nil {
			t.Error(err)
		}
	})
	github.AddUser(githubapi.User{Token: githubToken, Login: bot})
	github.AddUser(githubapi.User{Token: githubToken, Login: bot, Host: "ghe.example.com"})
	github.AddUser(githubapi.User{Token: readOnly, Login: bot, ReadOnly: true})
	github.AddPullRequest(repo, number, "Move the shop to larger machines")
	w := &world{
		t: t, module: t.TempDir(), session: t.TempDir(), github: github, stack: stack,
		environ: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
			"PULUMI_ACCESS_TOKEN=" + pulumiToken, "AWS_ACCESS_KEY_ID=" + accessKey,
			"AWS_SECRET_ACCESS_KEY=" + secretKey, "GITHUB_TOKEN=" + githubToken,
		},
	}
	w.copyModule()
	return w
}

// copyModule takes the module out of this repository, where a developer's own .env may lie.
func (w *world) copyModule() {
	if err := os.CopyFS(filepath.Join(w.module, "ci"), os.DirFS(filepath.Join(root, "ci"))); err != nil {
		w.t.Fatal(err)
	}
	w.write(filepath.Join(w.module, "dagger.json"), string(must(os.ReadFile(filepath.Join(root, "dagger.json")))))
}

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// output gives a YAML program one more output.
func (w *world) output(line string) {
	w.t.Helper()
	program := filepath.Join(w.stack.Src, "Pulumi.yaml")
	before, after, ok := strings.Cut(string(must(os.ReadFile(program))), "\noutputs:\n")
	if !ok {
		w.t.Fatalf("%s has no outputs", program)
	}
	w.write(program, before+"\noutputs:\n  "+line+"\n"+after)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

// answer is what a call gave.
type answer struct {
	stdout, stderr string
	code           int
}

// call calls the module as `dagger call` does.
func (w *world) call(args ...string) answer {
	w.t.Helper()
	return w.callSeen(io.Discard, args...)
}

// callSeen calls the module, and gives what it writes to standard error to seen at once.
func (w *world) callSeen(seen io.Writer, args ...string) answer {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	code := hostdagger.Run(w.t.Context(), hostdagger.Invocation{
		Args:    append([]string{"-m", w.module, "call"}, args...),
		Environ: w.environ, Dir: w.module, Stdout: &stdout, Stderr: io.MultiWriter(&stderr, seen),
		Cache: filepath.Join(build, "cache"), Session: w.session, Programs: filepath.Join(build, "bin"),
		PulumiEnv: w.pulumiEnv(), GitHubEnv: w.github.Env(),
	})
	return answer{stdout.String(), stderr.String(), code}
}

// pulumiEnv are the variables of the stack that do not say where Pulumi keeps its files: the module
// decides that.
func (w *world) pulumiEnv() []string {
	return slices.DeleteFunc(slices.Clone(w.stack.Env), func(v string) bool { return strings.HasPrefix(v, "PULUMI_HOME=") })
}

// succeed calls the module and gives what it printed.
func (w *world) succeed(args ...string) string {
	w.t.Helper()
	a := w.call(args...)
	if a.code != 0 {
		w.t.Fatalf("%v failed with exit code %d:\n%s", args, a.code, a.stderr)
	}
	return a.stdout
}

// fail calls the module, which must fail, and gives what it wrote to standard error.
func (w *world) fail(args ...string) string {
	w.t.Helper()
	a := w.call(args...)
	if a.code == 0 {
		w.t.Fatalf("%v succeeded:\n%s", args, a.stdout)
	}
	return a.stderr
}

// The two ways to run Pulumi, as the beginning of a chain.
var (
	throughModule = []string{
		"with-credentials", "--pulumi-token", "env://PULUMI_ACCESS_TOKEN",
		"--aws-access-key", "env://AWS_ACCESS_KEY_ID", "--aws-secret-key", "env://AWS_SECRET_ACCESS_KEY",
	}
	inContainer = []string{"with-cache"}
)

// bothWays are the two, each with the program that it is tested with.
var bothWays = map[string]struct {
	program string
	way     []string
}{"through the Pulumi module": {"infra", throughModule}, "in a container": {"infra-yaml", inContainer}}

// verb is the rest of a chain: a verb on the world's program and stack.
func (w *world) verb(way []string, verb string, args ...string) []string {
	return slices.Concat(way, []string{verb, "--src", w.stack.Src, "--stack", w.stack.Name}, args)
}

// preview is the rest of a chain that previews on the pull request.
func (w *world) preview(way []string, args ...string) []string {
	return w.verb(way, "preview", slices.Concat([]string{
		"--github-token", "env://GITHUB_TOKEN", "--github-ref", fmt.Sprintf("refs/pull/%d/merge", number), "--github-repository", repo,
	}, args)...)
}

// comments are those on the pull request.
func (w *world) comments() []githubapi.Comment { return w.github.Comments(repo, number) }

// comment is the only comment on the pull request.
func (w *world) comment() githubapi.Comment {
	w.t.Helper()
	list := w.comments()
	if len(list) != 1 {
		w.t.Fatalf("there are %d comments on the pull request, want 1: %v", len(list), list)
	}
	return list[0]
}

func (w *world) has(text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

func (w *world) hasNot(text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			w.t.Errorf("%q stands in:\n%s", part, text)
		}
	}
}
