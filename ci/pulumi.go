package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"dagger/iac/internal/dagger"
	"dagger/iac/project"
)

// runner is a way to run Pulumi.
type runner interface {
	// run runs pulumi with these arguments, really and afresh. An error means that Pulumi was not
	// run, or that its end is not known; a Pulumi that failed is no error.
	run(ctx context.Context, r *run, purpose purpose, args []string) (*execution, error)
}

// execution is what a run of Pulumi left: its exit code, what it printed, and its event log.
type execution struct {
	exitCode       int
	stdout, stderr string
	// events opens the event log, an empty one where Pulumi wrote none.
	events func() (io.ReadCloser, error)
	// close gives back what the execution holds.
	close func()
}

// purpose is what Pulumi is run for. The two never share a cache: a preview runs the code of a pull
// request, a deployment changes the cloud.
type purpose string

const (
	previews    purpose = "previews"
	deployments purpose = "deployments"
)

// runner is the way to run Pulumi that was asked for. The base is that of a container of this module.
func (m *Iac) runner(p project.Project, base *future[*dagger.Container]) (runner, error) {
	if m.OwnContainer {
		return &ownContainer{m, base}, nil
	}
	if !p.Plain {
		return nil, fmt.Errorf("src: its Pulumi.yaml gives the runtime with options: the Pulumi module wants `runtime: %s` as a plain word, with-cache takes both forms", p.Runtime)
	}
	switch p.Runtime {
	case "go", "nodejs", "python", "dotnet":
		return &pulumiModule{m}, nil
	}
	return nil, fmt.Errorf("src: unsupported runtime %q in its Pulumi.yaml: the Pulumi module takes go, nodejs, python and dotnet, with-cache takes every runtime", p.Runtime)
}

// pulumiModule runs Pulumi through the module github.com/matipan/daggerverse/pulumi.
type pulumiModule struct{ iac *Iac }

// script runs Pulumi with its streams and its event log in files, and then writes these one after the other. The mark
// between them is made after Pulumi has ended, so nothing that the program prints can hold it; it is the first line. Of
// the event log only the sequence number is kept of a resource that stays as it is, but for the stack with its outputs:
// the filter holds on to the beginning of a line, where no text of a program stands. The Pulumi module puts `pulumi `
// before the script, and the engine must not know it from an earlier run, which the comment at its end sees to.
var script = strings.Join([]string{
	`version >/dev/null`,
	`d=$(mktemp -d)`,
	`PULUMI_DEBUG_COMMANDS=true pulumi %s --event-log "$d/log" >"$d/out" 2>"$d/err"`,
	`code=$?`,
	`m=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')`,
	`printf '%%s\n%%s\n%%s\n' "$m" "$code" "$m"`,
	`cat "$d/out"`,
	`printf '\n%%s\n' "$m"`,
	`cat "$d/err"`,
	`printf '\n%%s\n' "$m"`,
	`test ! -e "$d/log" || sed -E` +
		` -e '/^\{"sequence":[0-9]+,"timestamp":[0-9]+,"res(ourcePre|Outputs)Event":\{"metadata":\{"op":"same","urn":"urn:pulumi:[^":]*::[^":]*::pulumi:pulumi:Stack::/b'` +
		` -e 's/^(\{"sequence":[0-9]+),"timestamp":[0-9]+,"(resourcePreEvent":\{"metadata":\{"op":"(same|refresh)|resOutputsEvent":\{"metadata":\{"op":"same)".*\}$/\1}/' "$d/log"`,
	`printf '\n%%s\n' "$m"`,
	`rm -rf "$d" # %s`,
}, "; ")

func (p *pulumiModule) run(ctx context.Context, r *run, _ purpose, args []string) (*execution, error) {
	out, err := dag.Pulumi().
		FromVersion(p.iac.PulumiVersion).
		WithPulumiToken(p.iac.PulumiToken).
		WithAwsCredentials(p.iac.AwsAccessKey, p.iac.AwsSecretKey).
		Run(ctx, r.src, fmt.Sprintf(script, quote(args), rand.Text()))
	if err != nil {
		return nil, errors.New(explain(err))
	}
	return parseScript(out)
}

// parseScript reads what the script wrote: four parts, each after the mark.
func parseScript(out string) (*execution, error) {
	mark, rest, _ := strings.Cut(out, "\n")
	parts := strings.Split(rest, "\n"+mark+"\n")
	broken := len(mark) != 32 || len(parts) != 5 || parts[4] != ""
	var code int
	if !broken {
		var err error
		code, err = strconv.Atoi(strings.TrimSpace(parts[0]))
		broken = err != nil
	}
	if broken {
		return nil, fmt.Errorf("the end of Pulumi's output is missing, so it is not known whether it succeeded (a secret of very few letters can cause this); it printed:\n\n%s", out)
	}
	return &execution{
		exitCode: code, stdout: parts[1], stderr: parts[2],
		events: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(parts[3])), nil },
		close:  func() {},
	}, nil
}

// quote writes arguments so that a shell reads them as they are.
func quote(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}
