package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"iac/internal/githubapi"
	"iac/internal/hostdagger"
)

const (
	repository  = "acme/shop"
	bot         = "github-actions[bot]"
	pulumiToken = "pul-5f0c7d9a1b2e4d6f8a0b1c2d3e4f5a6b7c8d9e0f"
	accessKey   = "AKIAQ3EGTOTALLYFAKE1"
	secretKey   = "wJalrXUtnFEMIthisIsNoRealKeyAtAllEXAMPLE"
	githubToken = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
)

// invocationFile is the variable that makes this program the command of the host engine. It names a file with what
// hostdagger is told besides the command line.
const invocationFile = "IAC_ENGINE_INVOCATION"

func TestMain(m *testing.M) {
	if file, ok := os.LookupEnv(invocationFile); ok {
		os.Exit(beDagger(file))
	}
	os.Exit(m.Run())
}

func beDagger(file string) int {
	var inv hostdagger.Invocation
	text, err := os.ReadFile(file)
	if err = errors.Join(err, json.Unmarshal(text, &inv), os.Unsetenv(invocationFile)); err != nil {
		panic(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	inv.Args, inv.Environ, inv.Dir, inv.Stdout, inv.Stderr = os.Args[1:], os.Environ(), dir, os.Stdout, os.Stderr
	return hostdagger.Run(context.Background(), inv)
}

// caller calls the module by a dagger command.
type caller struct {
	t       *testing.T
	command string
	module  string
	environ []string
	// src is the program that Pulumi runs.
	src string
	// onHost is true where the host engine stands in: it builds no images and loads no module by git, so that loading, the
	// published dependencies, code generation and isolation are not tested there.
	onHost bool
	// github is a stand-in for GitHub that the containers reach as host; nil where they reach none.
	github *githubapi.Server
	host   string
}

// onEngine is a caller of a real engine. Without one the test ends, and fails if an engine was asked for.
func onEngine(t *testing.T) *caller {
	t.Helper()
	missing := func(format string, args ...any) {
		t.Helper()
		why := fmt.Sprintf(format, args...) + ": the tests against a real engine were not run"
		if os.Getenv("IAC_ENGINE") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	command, err := exec.LookPath(cmp.Or(os.Getenv("IAC_ENGINE_DAGGER"), "dagger"))
	if err != nil {
		missing("no dagger CLI (%v)", err)
	}
	c := &caller{t: t, command: command, environ: os.Environ(), module: cmp.Or(os.Getenv("IAC_ENGINE_MODULE"), root(t))}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// Asked of the engine itself: a module that does not load is no missing engine.
	if a := c.run(ctx, "core", "version"); a.code != 0 {
		missing("no engine answers `dagger core version`:\n%s\n", a.stderr)
	}
	if host := os.Getenv("IAC_ENGINE_GITHUB"); host != "" {
		_, port, err := net.SplitHostPort(host)
		if err != nil {
			t.Fatalf("invalid IAC_ENGINE_GITHUB %q: want HOST:PORT", host)
		}
		authority, err := githubapi.ReadAuthority(os.Getenv("IAC_ENGINE_CA"))
		if err != nil {
			t.Fatalf("invalid IAC_ENGINE_CA: %v", err)
		}
		c.reach(host, githubapi.Options{Hosts: []string{host}, Listen: ":" + port, Authority: authority})
	}
	c.prepare()
	return c
}

// onHostEngine is a caller of the host engine.
func onHostEngine(t *testing.T) *caller {
	t.Helper()
	build := filepath.Join(root(t), "build")
	if _, err := os.Stat(filepath.Join(build, "bin", "pulumi")); err != nil {
		t.Fatalf("the programs for the tests are missing, `make tools` gets them: %v", err)
	}
	c := &caller{t: t, environ: os.Environ(), module: root(t), onHost: true}
	c.reach("ghe.example.com", githubapi.Options{Hosts: []string{"ghe.example.com"}})
	c.prepare()
	text, err := json.Marshal(hostdagger.Invocation{
		Cache: filepath.Join(build, "cache"), Session: t.TempDir(), Programs: filepath.Join(build, "bin"),
		PulumiEnv: []string{"PULUMI_CONFIG_PASSPHRASE=", "PULUMI_SKIP_UPDATE_CHECK=true"}, GitHubEnv: c.github.Env(),
	})
	if err != nil {
		t.Fatal(err)
	}
	invocation := filepath.Join(t.TempDir(), "invocation.json")
	if err := os.WriteFile(invocation, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if c.command, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	c.environ = append(c.environ, invocationFile+"="+invocation)
	return c
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// reach starts a stand-in for GitHub that containers reach as host.
func (c *caller) reach(host string, options githubapi.Options) {
	c.t.Helper()
	github, err := githubapi.Start(options)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := github.Close(); err != nil {
			c.t.Error(err)
		}
	})
	github.AddUser(githubapi.User{Token: githubToken, Login: bot, Host: host})
	c.github, c.host = github, host
}

// pull adds a pull request, and gives the flags that name it, and its comments.
func (c *caller) pull(number int) (flags []string, comments func() []githubapi.Comment) {
	name := c.host + "/" + repository
	c.github.AddPullRequest(name, number, "Move the shop to larger machines")
	return []string{
			"--github-token", "env://GITHUB_TOKEN", "--github-ref", fmt.Sprintf("refs/pull/%d/merge", number), "--github-repository", name,
		},
		func() []githubapi.Comment { return c.github.Comments(name, number) }
}

// prepare copies the program, and sets the variables that secrets are read from.
func (c *caller) prepare() {
	c.t.Helper()
	c.use("engine", "file:///tmp", c.state())
	c.environ = append(slices.Clip(c.environ),
		"PULUMI_ACCESS_TOKEN="+pulumiToken, "AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey, "GITHUB_TOKEN="+githubToken)
}

// use copies a program of testdata, with a part of its Pulumi.yaml that says where the state is changed.
func (c *caller) use(program, before, after string) {
	c.t.Helper()
	c.src = c.t.TempDir()
	if err := os.CopyFS(c.src, os.DirFS(filepath.Join(root(c.t), "testdata", program))); err != nil {
		c.t.Fatal(err)
	}
	c.edit("Pulumi.yaml", before, after)
}

// state is where a program has its state. On the host engine the containers are folders of this host, /tmp among them.
func (c *caller) state() string {
	if c.onHost {
		return "file://" + c.t.TempDir()
	}
	return "file:///tmp"
}

func (c *caller) edit(name, before, after string) {
	c.t.Helper()
	file := filepath.Join(c.src, name)
	text, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	if !strings.Contains(string(text), before) {
		c.t.Fatalf("%s does not hold %q", name, before)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), before, after)), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// with is the same caller in a test below.
func (c *caller) with(t *testing.T) *caller {
	inner := *c
	inner.t = t
	return &inner
}

// answer is what a command gave.
type answer struct {
	stdout, stderr string
	code           int
}

// run runs the command.
func (c *caller) run(ctx context.Context, args ...string) answer {
	c.t.Helper()
	cmd := exec.CommandContext(ctx, c.command, args...)
	cmd.Dir, cmd.Env = c.t.TempDir(), c.environ
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		c.t.Fatalf("%s %q: %v", c.command, args, err)
	}
	return answer{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// ask runs the command on the module.
func (c *caller) ask(args ...string) answer {
	c.t.Helper()
	return c.run(c.t.Context(), append([]string{"--progress", "plain", "-m", c.module}, args...)...)
}

// call calls the module, and gives what it printed.
func (c *caller) call(args ...string) string {
	c.t.Helper()
	a := c.ask(append([]string{"call"}, args...)...)
	if a.code != 0 {
		c.t.Fatalf("%q failed with exit code %d:\n%s", args, a.code, a.stderr)
	}
	return a.stdout
}

// fail calls the module, which must fail, and gives what it wrote to standard error.
func (c *caller) fail(args ...string) string {
	c.t.Helper()
	a := c.ask(append([]string{"call"}, args...)...)
	if a.code == 0 {
		c.t.Fatalf("%q succeeded:\n%s", args, a.stdout)
	}
	return a.stderr
}

func (c *caller) has(text string, parts ...string) {
	c.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			c.t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// ways are the two to run Pulumi, as the beginning of a chain.
var ways = map[string][]string{
	"through the Pulumi module": credentials,
	"in a container":            slices.Concat([]string{"with-cache", "--name", "iac-engine-tests", "with-env-variable", "--name", "PULUMI_CONFIG_PASSPHRASE", "--value", "iac"}, credentials),
}

var credentials = []string{
	"with-credentials", "--pulumi-token", "env://PULUMI_ACCESS_TOKEN",
	"--aws-access-key", "env://AWS_ACCESS_KEY_ID", "--aws-secret-key", "env://AWS_SECRET_ACCESS_KEY",
}

// stack is one that no other test has: where the state is kept, it begins with nothing too.
func (c *caller) stack() string {
	return fmt.Sprintf("organization/engine/test-%08x", crc32.ChecksumIEEE([]byte(c.t.Name())))
}

// verb is a chain that ends with a verb on the program, whose stack it creates.
func (c *caller) verb(way []string, verb string, flags ...string) []string {
	return slices.Concat(way, []string{verb, "--src", c.src, "--stack", c.stack(), "--upsert"}, flags)
}

// ways are those to test with. On the host engine internal/e2e tests the other one, which has no caches there and takes
// minutes with this program.
func (c *caller) ways() map[string][]string {
	if c.onHost {
		return map[string][]string{"in a container": ways["in a container"]}
	}
	return ways
}
