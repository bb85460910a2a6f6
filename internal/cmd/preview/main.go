// Preview runs the module's main job on this machine: its own preview of testdata/infra through the
// Pulumi module, with the real Pulumi CLI and the real gh, on a pull request of a stand-in for GitHub.
// It prints Pulumi's diff, then the comment as the stand-in holds it, and where to look at it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"iac/internal/githubapi"
	"iac/internal/hostdagger"
	"iac/internal/picture"
	"iac/internal/teststack"
	"iac/internal/tools"
)

const (
	repo   = "acme/shop"
	number = 7
	token  = "token-for-the-stand-in"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	if len(os.Args) > 1 {
		fmt.Fprintf(os.Stderr, "preview: %q is not taken, there are no arguments: `make preview` runs it\n", os.Args[1:])
		os.Exit(2)
	}
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "preview:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	root, err := tools.Root()
	if err != nil {
		return err
	}
	if err := tools.Install(ctx, root, []string{"pulumi", "languages", "provider", "gh", "chromium"}, os.Stderr); err != nil {
		return err
	}
	dir := filepath.Join(root, "build", "preview")
	say("preparing a stack of testdata/infra with a state, in %s", dir)
	if err := os.RemoveAll(filepath.Join(dir, "stack")); err != nil {
		return err
	}
	bin := filepath.Join(root, "build", "bin")
	stack, err := teststack.Prepare(ctx, filepath.Join(root, "testdata", "infra"), filepath.Join(dir, "stack"), bin)
	if err != nil {
		return err
	}
	state := filepath.Join(dir, "github.json")
	github, err := githubapi.Start(githubapi.Options{State: state})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, github.Close()) }()
	github.AddUser(githubapi.User{Token: token, Login: "github-actions[bot]"})
	github.AddPullRequest(repo, number, "Move the shop to larger machines")

	say("calling the module's preview, with real Pulumi and real gh (about a minute the first time)")
	code := hostdagger.Run(ctx, hostdagger.Invocation{
		Args: arguments(ctx, root, stack), Environ: environ(), Dir: root, Stdout: os.Stdout, Stderr: os.Stderr,
		PulumiEnv: stack.Env, GitHubEnv: github.Env(),
	})
	if code != 0 {
		return fmt.Errorf("the call failed with exit code %d", code)
	}
	return show(ctx, github, state, filepath.Join(dir, "comment.png"))
}

// arguments are those of `dagger call`, as a workflow gives them.
func arguments(ctx context.Context, root string, stack *teststack.Stack) []string {
	args := []string{
		"-m", root, "call", "with-credentials", "--pulumi-token", "env://PULUMI_ACCESS_TOKEN",
		"--aws-access-key", "env://AWS_ACCESS_KEY_ID", "--aws-secret-key", "env://AWS_SECRET_ACCESS_KEY",
		"preview", "--src", stack.Src, "--stack", stack.Name, "--github-token", "env://GITHUB_TOKEN",
		"--github-ref", fmt.Sprintf("refs/pull/%d/merge", number), "--github-repository", repo,
		"--run-url", fmt.Sprintf("https://ci.example.com/runs/%d", time.Now().Unix()), "--run-time", time.Now().UTC().Format(time.RFC3339),
	}
	head, err := exec.CommandContext(ctx, "git", "-C", root, "rev-parse", "HEAD").Output()
	if err != nil {
		return args // not a clone
	}
	return append(args, "--commit", strings.TrimSpace(string(head)))
}

// environ are the variables of the caller: credentials that open nothing.
func environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "GITHUB_TOKEN=" + token,
		"PULUMI_ACCESS_TOKEN=pul-no-account-is-needed", "AWS_ACCESS_KEY_ID=no-cloud-is-touched", "AWS_SECRET_ACCESS_KEY=no-cloud-is-touched-here",
	}
}

func show(ctx context.Context, github *githubapi.Server, state, shot string) error {
	for _, c := range github.Comments(repo, number) {
		fmt.Printf("\n──── comment %d on %s#%d, by %s, edits: %d ────\n\n%s\n\n", c.ID, repo, number, c.Author, c.Edits, c.Body)
	}
	page, err := github.Page(repo, number)
	if err != nil {
		return err
	}
	if err := picture.Photograph(ctx, page, shot); err != nil {
		return err
	}
	say("the comment is kept in %s, its picture is %s", state, shot)
	say("in a browser: go run ./internal/cmd/github serve -repo %s -pull %d -state %s", repo, number, state)
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "▸ "+format+"\n", args...) }
