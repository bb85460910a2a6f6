package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dagger/iac/internal/dagger"
	"dagger/iac/project"
	"dagger/iac/report"
)

// runner is a way to run Pulumi.
type runner interface {
	// run runs pulumi with these arguments, really and afresh. An error means that Pulumi was not
	// run, or that its end is not known; a Pulumi that failed is no error.
	run(ctx context.Context, r *run, use use, args []string) (report.Run, error)
}

// use says what Pulumi is run for. The two never share a cache: a preview runs the code of a pull
// request, a deployment changes the cloud.
type use string

const (
	previews    use = "previews"
	deployments use = "deployments"
)

// runner is the way to run Pulumi that was asked for.
func (m *Iac) runner(p project.Project) (runner, error) {
	if m.Kept {
		return &ownContainer{m}, nil
	}
	if !p.Plain {
		return nil, fmt.Errorf("src: its Pulumi.yaml gives the runtime with options: the Pulumi module takes `runtime: %s` as a plain word, with-cache takes both forms", p.Runtime)
	}
	switch p.Runtime {
	case "go", "nodejs", "python", "dotnet":
		return &pulumiModule{m}, nil
	}
	return nil, fmt.Errorf("src: the runtime of its Pulumi.yaml is %s: the Pulumi module takes go, nodejs, python and dotnet, with-cache takes every runtime", p.Runtime)
}

// pulumiModule runs Pulumi through the module github.com/matipan/daggerverse/pulumi.
type pulumiModule struct{ iac *Iac }

// run gives the module's shell a command that is new each time, since the engine would answer one
// that it knows without running it. The command joins standard error to standard output, and
// writes the exit code behind a mark that cannot be guessed: without it nothing is believed.
func (p *pulumiModule) run(ctx context.Context, r *run, _ use, args []string) (report.Run, error) {
	once := rand.Text()
	mark := "iac-" + once + "-exit="
	command := fmt.Sprintf("%s 2>&1; printf '\\n%s%%d\\n' $? # %s", quote(args), mark, once)
	out, err := dag.Pulumi().
		FromVersion(p.iac.PulumiVersion).
		WithPulumiToken(p.iac.PulumiToken).
		WithAwsCredentials(p.iac.AwsAccessKey, p.iac.AwsSecretKey).
		Run(ctx, r.src, command)
	if err != nil {
		return report.Run{}, errors.New(explain(err))
	}
	printed, code, ok := cutLast(out, "\n"+mark)
	exit, notANumber := strconv.Atoi(strings.TrimSpace(code))
	if !ok || notANumber != nil {
		return report.Run{}, fmt.Errorf("the end of Pulumi's output is missing, so it is not known whether it succeeded (a secret of very few letters can cause this); it printed:\n\n%s", out)
	}
	return report.Run{Stdout: printed, ExitCode: exit}, nil
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// quote writes arguments so that a shell reads them as they are.
func quote(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

// explain gives the words of an error, and what the failing command printed where it was one: the
// error alone would say no more than its exit code.
func explain(err error) string {
	var failed *dagger.ExecError
	if !errors.As(err, &failed) {
		return err.Error()
	}
	printed := strings.TrimSpace(failed.Stderr + "\n" + failed.Stdout)
	return fmt.Sprintf("`%s` failed with exit code %d:\n\n%s", strings.Join(failed.Cmd, " "), failed.ExitCode, printed)
}
