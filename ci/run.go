package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"dagger/iac/clean"
	"dagger/iac/internal/dagger"
	"dagger/iac/mask"
	"dagger/iac/project"
	"dagger/iac/report"
)

// run is one call of a verb.
type run struct {
	began   time.Time
	runner  runner
	src     *dagger.Directory
	stack   string
	project project.Project
	mask    *mask.Mask
	// target is where the comment goes, nil for none.
	target *target
	// gh is a container with gh in it, nil where no comment is asked for.
	gh *future[*dagger.Container]
}

// prepare checks all values of a verb, before anything runs. The run is given with an error too, so that what goes wrong
// can be said on the pull request. A verb without a comment has no publication. What the run needs is fetched meanwhile.
func (m *Iac) prepare(ctx context.Context, verb string, src *dagger.Directory, stack, patterns string, p *publication) (*run, error) {
	// Pulumi never sees .git/config: checkouts keep the job's token there, and a .git without its other
	// files makes a Go build fail.
	r := &run{began: time.Now(), src: src.WithoutDirectory(".git"), stack: stack}
	badValue := errors.Join(checkStack(verb, stack), checkVersion("pulumi-version", m.PulumiVersion, "3.259.0"))
	badGH := checkVersion("gh-version", m.GhVersion, "2.89.0")
	type checkedSecrets struct {
		iac    *Iac
		values []string
	}
	reading := start(func() (project.Project, error) { return readProject(ctx, src) })
	secrets := start(func() (checkedSecrets, error) {
		iac, values, err := m.checkSecrets(ctx)
		return checkedSecrets{iac, values}, err
	})
	finding := start(func() (*target, error) { return p.find(ctx, src) })
	var base *future[*dagger.Container]
	if badValue == nil {
		base = m.fetchBase(ctx, reading)
	}
	if badGH == nil && p != nil && p.Token != nil {
		r.gh = m.fetchGH(ctx)
	}

	var badMask, badProject, badTarget error
	r.mask, badMask = mask.New(nil, patterns)
	r.project, badProject = reading.wait()
	checked, badSecret := secrets.wait()
	r.mask = r.mask.With(checked.values...)
	if r.target, badTarget = finding.wait(); r.target != nil {
		r.mask = r.mask.With(r.target.secret)
	}
	if badGH != nil {
		r.target = nil
	}
	if err := errors.Join(badValue, badGH, badProject, badSecret, badMask, badTarget); err != nil {
		return r, err
	}
	if parts := strings.Split(stack, "/"); len(parts) == 3 && parts[1] != r.project.Name {
		return r, fmt.Errorf("invalid stack %q: want a stack of the project %s, of which Pulumi.yaml in src is", stack, r.project.Name)
	}
	var err error
	r.runner, err = checked.iac.runner(r.project, base)
	return r, err
}

// stackName is the stack without its project: org/project/stack and org/stack are the same one.
func (r *run) stackName() string {
	if parts := strings.Split(r.stack, "/"); len(parts) == 3 {
		return parts[0] + "/" + parts[2]
	}
	return r.stack
}

// checkStack checks the name of a stack, which Dagger does not ask for: it can stand in .env.
func checkStack(verb, stack string) error {
	if stack == "" {
		return fmt.Errorf("missing stack: give --stack [organization/[project/]]stack, or %s_STACK in .env", strings.ToUpper(verb))
	}
	return project.CheckStack(stack)
}

var version = regexp.MustCompile(`^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}(-[0-9A-Za-z.]{1,60})?$`)

func checkVersion(argument, value, example string) error {
	if !version.MatchString(value) {
		return fmt.Errorf("invalid %s %q: want three numbers without a v, such as %s", argument, value, example)
	}
	return nil
}

// readProject reads Pulumi.yaml, which may be called Pulumi.yml too. Of a broken one the name is given as far as it can be
// told.
func readProject(ctx context.Context, src *dagger.Directory) (project.Project, error) {
	name := "Pulumi.yaml"
	text, err := src.File(name).Contents(ctx)
	if err != nil {
		name = "Pulumi.yml"
		var other error
		if text, other = src.File(name).Contents(ctx); other != nil {
			return project.Project{}, fmt.Errorf("src: no readable Pulumi.yaml in this folder (%s): want the folder of a Pulumi program, such as --src ./infra", err)
		}
	}
	p, err := project.Parse(text)
	if err != nil {
		return p, fmt.Errorf("src: its %s is broken: %w", name, err)
	}
	return p, nil
}

// outcome is what came of running Pulumi.
type outcome struct {
	report report.Report
	// notRun says why Pulumi was not run or did not end, empty where it did.
	notRun string
}

// pulumi runs Pulumi afresh and reads what it did.
func (r *run) pulumi(ctx context.Context, purpose purpose, verb string, options ...string) outcome {
	args := append([]string{verb, "--stack", r.stack, "--non-interactive", "--color", "never", "--diff"}, options...)
	if verb != "refresh" {
		// Values in full: two that differ far behind would look alike, and half a secret would not be
		// found to be masked. Refresh has no such option.
		args = append(args, "--show-full-output")
	}
	ran, err := r.runner.run(ctx, r, purpose, args)
	if err != nil {
		return outcome{notRun: r.shown(err.Error())}
	}
	defer ran.close()
	events, err := ran.events()
	if err != nil {
		return outcome{notRun: r.shown(err.Error())}
	}
	defer events.Close()
	did, err := report.FromLog(events)
	if err != nil {
		return outcome{notRun: r.shown(err.Error())}
	}
	did.ExitCode, did.Stdout, did.Stderr = ran.exitCode, ran.stdout, ran.stderr
	if did.NoLog {
		did.Preview = verb == "preview"
	}
	// Pulumi prints the old value of what has just become a secret.
	r.mask = r.mask.With(did.NowSecret...)
	return outcome{report: did.Shown(r.shown)}
}

// shown is a text as it may be shown: first without what hides in it, for that could split a secret.
func (r *run) shown(text string) string { return r.mask.Text(clean.Text(text)) }

// finish is the answer of a verb: what Pulumi printed, or an error with its words.
func (r *run) finish(verb string, did outcome) (string, error) {
	printed := join(did.report.Stderr, did.report.Stdout)
	switch {
	case did.notRun != "":
		return "", fmt.Errorf("pulumi %s of %s did not run to its end: %s", verb, r.stack, inError(did.notRun))
	case did.report.ExitCode != 0:
		return "", fmt.Errorf("pulumi %s of %s failed with exit code %d:\n\n%s", verb, r.stack, did.report.ExitCode, inError(printed))
	case !did.report.OK():
		return "", fmt.Errorf("pulumi %s of %s %s, by its event log:\n\n%s", verb, r.stack, did.report.Result, inError(printed))
	}
	return printed, nil
}

// join gives standard error and then standard output, starting on a line of its own.
func join(stderr, stdout string) string {
	if stderr != "" && stdout != "" && !strings.HasSuffix(stderr, "\n") {
		stderr += "\n"
	}
	return stderr + stdout
}
