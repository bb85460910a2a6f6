package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"iac/internal/bindings"
	"iac/internal/githubapi"
	"iac/internal/hostdagger"
	"iac/internal/teststack"
	"iac/internal/tools"
)

// The ways to preview.
const (
	script        = "script"
	container     = "container"
	throughModule = "pulumi-module"
)

// pulls are the pull requests of the ways: none sees another's comment.
var pulls = map[string]int{script: 1, container: 2, throughModule: 3}

const (
	repo = "acme/shop"
	// token is good for the stand-in only.
	token = "token-for-the-stand-in"
)

//go:embed by-hand.sh
var byHand string

// world is where previews are measured: a program with its state, a GitHub, and caches for each way.
type world struct {
	root, dir string
	self      string
	stack     *teststack.Stack
	github    *githubapi.Server
	// goproxy finds downloaded modules on this machine first: a network would be measured otherwise.
	goproxy string
	edits   int
}

// newWorld makes a world with empty caches. It lies outside of the repository, whose git the Go
// command would ask about the program otherwise, and whose .env would give the module its defaults.
func newWorld(ctx context.Context, root string, log io.Writer) (w *world, err error) {
	dir, err := os.MkdirTemp("", "iac-bench-")
	if err != nil {
		return nil, err
	}
	w = &world{root: root, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.self, err = os.Executable(); err != nil {
		return w, err
	}
	for _, name := range []string{"script/tmp", "script/home", "module"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return w, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "script", "by-hand.sh"), []byte(byHand), 0o755); err != nil {
		return w, err
	}
	w.stack, err = teststack.Prepare(ctx, filepath.Join(root, "testdata", "infra"), filepath.Join(dir, "program"), tools.Bin(root))
	if err != nil {
		return w, err
	}
	if w.github, err = githubapi.Start(githubapi.Options{}); err != nil {
		return w, err
	}
	w.github.AddUser(githubapi.User{Token: token, Login: "github-actions[bot]"})
	for way, number := range pulls {
		w.github.AddPullRequest(repo, number, "Previewed by the way "+way)
	}
	if err := w.download(ctx, log); err != nil {
		return w, err
	}
	return w, w.buildModule(ctx, log)
}

func (w *world) close() error {
	var err error
	if w.github != nil {
		err = w.github.Close()
	}
	// Go keeps its modules in folders that cannot be written to.
	_ = filepath.WalkDir(w.dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(name, 0o700)
		}
		return nil
	})
	return errors.Join(err, os.RemoveAll(w.dir))
}

// download gets the program's modules on this machine.
func (w *world) download(ctx context.Context, log io.Writer) error {
	_, _ = fmt.Fprintln(log, "downloading the program's Go modules, where they are not there yet …")
	downloads := filepath.Join(w.root, "build", "cache", "images", "go-mod")
	cmd := exec.CommandContext(ctx, "go", "mod", "download")
	cmd.Dir, cmd.Env, cmd.Stderr = w.stack.Src, append(os.Environ(), "GOMODCACHE="+downloads), log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go mod download in testdata/infra: %w", err)
	}
	given, err := exec.CommandContext(ctx, "go", "env", "GOPROXY").Output()
	w.goproxy = "file://" + filepath.ToSlash(filepath.Join(downloads, "cache", "download")) + "," + strings.TrimSpace(string(given))
	return err
}

// buildModule copies the module and builds its program: an engine would keep that too.
func (w *world) buildModule(ctx context.Context, log io.Writer) error {
	if err := os.CopyFS(filepath.Join(w.dir, "module", "ci"), os.DirFS(filepath.Join(w.root, "ci"))); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(w.root, "dagger.json"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "module", "dagger.json"), text, 0o644); err != nil {
		return err
	}
	m, err := bindings.Load(filepath.Join(w.dir, "module"))
	if err != nil {
		return err
	}
	_, err = m.Build(ctx, filepath.Join(w.dir, "cache", "module"), log)
	return err
}

// edit changes what the program says, and with it what is compiled and what Pulumi prints. No two
// edits are the same, so that none is found in a cache.
func (w *world) edit() error {
	file := filepath.Join(w.stack.Src, "main.go")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before := fmt.Sprintf("%q", w.stage())
	if bytes.Count(text, []byte(before)) != 1 {
		return fmt.Errorf("%s does not hold %s just once: that is what an edit changes", file, before)
	}
	w.edits++
	return os.WriteFile(file, bytes.Replace(text, []byte(before), fmt.Appendf(nil, "%q", w.stage()), 1), 0o644)
}

// stage is the value that edits change.
func (w *world) stage() string {
	if w.edits == 0 {
		return "production"
	}
	return fmt.Sprintf("production-%d", w.edits)
}

// preview runs one preview and says what it took. It fails where no comment shows the preview.
func (w *world) preview(ctx context.Context, way string) (sample, error) {
	cmd, err := w.command(ctx, way)
	if err != nil {
		return sample{}, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second

	start := time.Now()
	err = cmd.Run()
	took := sample{elapsed: time.Since(start)}
	if err != nil {
		return took, fmt.Errorf("the preview by the way %s: %w\n%s%s", way, err, stdout.String(), stderr.String())
	}
	took.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	comments := w.github.Comments(repo, pulls[way])
	for _, text := range []string{fmt.Sprintf("%q", w.stage()), "to create"} {
		if !strings.Contains(stdout.String(), text) {
			return took, fmt.Errorf("the preview by the way %s printed no %s:\n%s%s", way, text, stdout.String(), stderr.String())
		}
		if len(comments) != 1 || !strings.Contains(comments[0].Body, text) {
			return took, fmt.Errorf("after the preview by the way %s one comment should hold %s: %v", way, text, comments)
		}
	}
	return took, nil
}

func (w *world) command(ctx context.Context, way string) (*exec.Cmd, error) {
	if way == script {
		return w.script(ctx), nil
	}
	args := map[string][]string{container: {"with-cache"}, throughModule: {
		"with-credentials", "--pulumi-token", "env://PULUMI_ACCESS_TOKEN",
		"--aws-access-key", "env://AWS_ACCESS_KEY_ID", "--aws-secret-key", "env://AWS_SECRET_ACCESS_KEY",
	}}
	return w.moduleCommand(ctx, slices.Concat(args[way], []string{"preview", "--src", w.stack.Src, "--stack", w.stack.Name}, w.pull(way)))
}

// pull are the arguments about the pull request of a way.
func (w *world) pull(way string) []string {
	return []string{"--github-token", "env://GH_TOKEN", "--github-ref", fmt.Sprint(pulls[way]), "--github-repository", repo}
}

// moduleCommand is a call of the module in a process of its own.
func (w *world) moduleCommand(ctx context.Context, args []string) (*exec.Cmd, error) {
	module := filepath.Join(w.dir, "module")
	inv, err := json.Marshal(hostdagger.Invocation{
		Args: slices.Concat([]string{"-m", module, "call"}, args),
		Dir:  module, Cache: filepath.Join(w.dir, "cache"), Programs: tools.Bin(w.root),
		PulumiEnv: slices.DeleteFunc(slices.Clone(w.stack.Env), func(v string) bool { return strings.HasPrefix(v, "PULUMI_HOME=") }),
		GitHubEnv: w.github.Env(),
	})
	cmd := exec.CommandContext(ctx, w.self, callVerb, string(inv))
	cmd.Env = append(os.Environ(), "GOPROXY="+w.goproxy, "GH_TOKEN="+token,
		// The state is a file here, the provider none of AWS's: only the module looks at these.
		"PULUMI_ACCESS_TOKEN=pul-0123456789abcdef0123456789abcdef01234567",
		"AWS_ACCESS_KEY_ID=AKIA0THIS0IS0NO0KEY0", "AWS_SECRET_ACCESS_KEY=this-is-no-key-but-just-as-long-as-one")
	return cmd, err
}

// script is by-hand.sh with all that it needs in its environment.
func (w *world) script(ctx context.Context) *exec.Cmd {
	place := func(name string) string { return filepath.Join(w.dir, "script", name) }
	cmd := exec.CommandContext(ctx, place("by-hand.sh"), w.stack.Src, w.stack.Name, repo, fmt.Sprint(pulls[script]))
	cmd.Env = slices.Concat(os.Environ(), w.stack.Env, w.github.Env(), []string{
		"PATH=" + tools.Bin(w.root) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TMPDIR=" + place("tmp"), "PULUMI_HOME=" + place("home"), "GH_CONFIG_DIR=" + place("home"),
		"GOMODCACHE=" + place("go-mod"), "GOCACHE=" + place("go-build"), "GOFLAGS=-modcacherw", "GOPROXY=" + w.goproxy,
		"GH_TOKEN=" + token, "GH_PROMPT_DISABLED=1", "GH_NO_UPDATE_NOTIFIER=1",
	})
	return cmd
}
