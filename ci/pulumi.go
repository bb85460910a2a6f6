package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"dagger/iac/internal/dagger"
	"dagger/iac/project"
)

// runner is a way to run Pulumi.
type runner interface {
	// run runs a command of Pulumi's, really and afresh. An error means that Pulumi was not run, or that its
	// end is not known; a Pulumi that failed is no error.
	run(ctx context.Context, r *run, c command) (*execution, error)
}

// execution is what a run of Pulumi left: its exit code, what it printed, and its event log.
type execution struct {
	exitCode       int
	stdout, stderr string
	// noLog is true where Pulumi wrote no event log; events opens it, or an empty one.
	noLog  bool
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

func purposeOf(verb string) purpose {
	switch verb {
	case "up", "refresh", "destroy", "cancel":
		return deployments
	}
	return previews
}

// timeoutCode is the exit code of a Pulumi that the program timeout ended.
const timeoutCode = 124

// interrupted gives what goes before a command that is to be interrupted after a time, as by Ctrl-C: Pulumi then finishes
// what it has begun and saves the state. In the foreground it gets one signal: by a second one, which the program timeout
// sends to the whole group of processes otherwise, Pulumi ends at once and leaves resources of which it knows nothing.
func interrupted(after time.Duration) []string {
	if after == 0 {
		return nil
	}
	return []string{"timeout", "--foreground", "-s", "INT", strconv.Itoa(int(after.Seconds()))}
}

// upsertArgs create a stack that is missing, and do nothing where it is there. Any other fault is one.
func upsertArgs(stack string) []string {
	return []string{"stack", "select", "--create", "--stack", stack, "--non-interactive", "--color", "never"}
}

// runner is the way to run Pulumi that was asked for. own gives that in a container of this module.
func (m *Iac) runner(p project.Project, own func() *ownContainer) (runner, error) {
	if m.OwnContainer {
		return own(), nil
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
// the event log only the sequence number is kept of a resource that stays as it is, but for the stack with its outputs.
// Where what stands before the inputs changes, such as whether the resource is protected, that is kept too; the lines are
// cut before they are compared, since sed takes 500 times a line's memory to compare parts of it. The filter holds on to
// the beginning of a line, where no text of a program stands. The Pulumi module puts `pulumi ` before the script, and the
// engine must not know it from an earlier run, which the comment at its end sees to.
var script = strings.Join([]string{
	`version >/dev/null`,
	`export PULUMI_DEBUG_COMMANDS=true`,
	`d=$(mktemp -d)`,
	`{ %s; } >"$d/out" 2>"$d/err"`,
	`code=$?`,
	`m=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')`,
	`printf '%%s\n%%s\n%%s\n' "$m" "$code" "$m"`,
	`cat "$d/out"`,
	`printf '\n%%s\n' "$m"`,
	`cat "$d/err"`,
	`printf '\n%%s\n' "$m"`,
	`test ! -e "$d/log" || sed -E` +
		` -e '/^\{"sequence":[0-9]+,"timestamp":[0-9]+,"res(ourcePre|Outputs)Event":\{"metadata":\{"op":"same","urn":"urn:pulumi:[^":]*::[^":]*::pulumi:pulumi:Stack::/b'` +
		` -e 's/^(\{"sequence":[0-9]+,"timestamp":[0-9]+,"resOutputsEvent":\{"metadata":\{"op":"same","urn":"[^"]*","type":"[^"]*","old":\{[^{]*),"inputs":\{.*,"new":(\{"type":"[^{]*),"inputs":\{.*\}$/\1},"new":\2}}}}/' -e 't short'` +
		` -e 's/^(\{"sequence":[0-9]+),"timestamp":[0-9]+,"(resourcePreEvent":\{"metadata":\{"op":"(same|refresh)|resOutputsEvent":\{"metadata":\{"op":"same)".*\}$/\1}/' -e b` +
		` -e ':short' -e 's/^(\{"sequence":[0-9]+),"timestamp":.*,"old":(\{[^{]*\}),"new":\2\}\}\}$/\1}/' "$d/log"`,
	`printf '\n%%s\n' "$m"`,
	`rm -rf "$d" # %s`,
}, "; ")

func (p *pulumiModule) run(ctx context.Context, r *run, c command) (*execution, error) {
	src, installs, err := p.layOut(ctx, r)
	if err != nil {
		return nil, err
	}
	out, err := dag.Pulumi().
		FromVersion(p.iac.PulumiVersion).
		WithPulumiToken(p.iac.PulumiToken).
		WithAwsCredentials(p.iac.AwsAccessKey, p.iac.AwsSecretKey).
		Run(ctx, src, fmt.Sprintf(script, r.shellCommand(c, installs), rand.Text()))
	if err != nil {
		return nil, errors.New(explain(err))
	}
	return parseScript(out)
}

// manifests are the files from which the Pulumi module installs the dependencies, by runtime, and one that asks for none.
var manifests = map[string]struct{ name, empty string }{
	"go":     {"go.mod", "module root\n"},
	"nodejs": {"package.json", "{}"},
	"python": {"requirements.txt", ""},
}

// layOut gives the folder that the Pulumi module is given, and the program's folder in it. The module reads Pulumi.yaml and
// installs the dependencies at the root. Where they are not asked for there, it gets a manifest that asks for none, and the
// program's are installed by installs.
func (p *pulumiModule) layOut(ctx context.Context, r *run) (src *dagger.Directory, installs bool, err error) {
	if r.workDir == "" {
		return r.src, false, nil
	}
	files, err := r.src.Entries(ctx)
	if err != nil {
		return nil, false, err
	}
	src = r.src.WithFile("Pulumi.yaml", r.program().File(r.project.File))
	if m := manifests[r.project.Runtime]; m.name != "" && !slices.Contains(files, m.name) {
		// A Go build gets what it needs by itself.
		return src.WithNewFile(m.name, m.empty), r.project.Runtime != "go", nil
	}
	return src, false, nil
}

// shellCommand is what a shell is to run in src: quoted, with the event log in "$d/log".
func (r *run) shellCommand(c command, installs bool) string {
	var out strings.Builder
	for _, v := range r.told {
		out.WriteString("export " + quote([]string{v.Name + "=" + v.Value}) + "; ")
	}
	if r.workDir != "" {
		out.WriteString("cd " + quote([]string{r.workDir}) + " && ")
	}
	if installs && !c.noProgram {
		out.WriteString(`{ pulumi install >"$d/install" 2>&1 || { cat "$d/install" >&2; false; }; } && `)
	}
	if c.upsert {
		out.WriteString("pulumi " + quote(upsertArgs(r.stack)) + " && ")
	}
	out.WriteString(quote(slices.Concat(interrupted(r.timeout), []string{"pulumi"}, c.args)))
	if !c.noProgram {
		out.WriteString(` --event-log "$d/log"`)
	}
	return out.String()
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
		exitCode: code, stdout: parts[1], stderr: parts[2], noLog: parts[3] == "",
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
