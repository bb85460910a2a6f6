package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dagger/iac/cisystem"
	"dagger/iac/clean"
	"dagger/iac/internal/dagger"
	"dagger/iac/mask"
	"dagger/iac/options"
	"dagger/iac/project"
	"dagger/iac/report"
)

// settings are what every verb was told.
type settings struct {
	Src                  *dagger.Directory
	WorkDir, Stack, Mask string
	Timeout, WaitForLock string
	PolicyPack           []*dagger.Directory
	Options              options.Options
	Upsert               bool
	// Publication is about the comment, nil for a verb without one.
	Publication *publication
}

// run is one call of a verb, or what it does to one of many stacks.
type run struct {
	verb    string
	purpose purpose
	began   time.Time
	runner  runner
	src     *dagger.Directory
	workDir string
	stack   string
	project project.Project
	mask    *mask.Mask
	// options are Pulumi's, and packs is the number of policy packs.
	options options.Options
	packs   int
	// timeout ends Pulumi, and lockWait is how long a lock is waited for; 0 for never.
	timeout, lockWait time.Duration
	// told are variables from which Pulumi's update page knows the CI system, the pull request and the commit.
	told []cisystem.Variable
	// upsert creates the stack if it is missing.
	upsert bool
	// target is where the comment goes, nil for none.
	target *target
	// gh is a container with gh in it, nil where no comment is asked for.
	gh *future[*dagger.Container]
}

// prepare checks all values of a verb, before anything runs. The run is given with an error too, so that what goes wrong
// can be said on the pull request. What the run needs is fetched meanwhile.
func (m *Iac) prepare(ctx context.Context, verb string, s settings) (*run, error) {
	b := m.begin(ctx, verb, s)
	r := b.run
	r.isOf(s.WorkDir, s.Stack)
	b.badValue = errors.Join(checkStack(verb, s.Stack), project.CheckWorkDir(s.WorkDir), b.badValue)
	reading := start(func() (project.Project, error) { return readProject(ctx, r.program()) })
	var base *future[*dagger.Container]
	if b.badValue == nil {
		base = m.fetchBase(ctx, reading)
	}
	var badProject error
	r.project, badProject = reading.wait()
	checked, err := b.settle(badProject)
	if err != nil {
		return r, err
	}
	if parts := strings.Split(r.stack, "/"); len(parts) == 3 && parts[1] != r.project.Name {
		return r, fmt.Errorf("invalid stack %q: want a stack of the project %s, which Pulumi.yaml in src names", r.stack, r.project.Name)
	}
	r.runner, err = checked.runner(r.project, func() *ownContainer {
		return &ownContainer{iac: checked, base: base, kept: checked.keepCache(ctx, r.purpose)}
	})
	return r, err
}

// isOf says which stack the run is of, by the folder of its program in src.
func (r *run) isOf(workDir, stack string) {
	r.workDir, r.stack = workDir, stack
	if r.workDir == "." {
		r.workDir = ""
	}
}

// beginning is a run whose values are being checked.
type beginning struct {
	run             *run
	masks           string
	badValue, badGH error
	secrets         *future[checkedSecrets]
	finding         *future[found]
}

type checkedSecrets struct {
	iac    *Iac
	values []string
}

type found struct {
	target *target
	told   []cisystem.Variable
}

// begin starts to check the values that all stacks of a call have in common, and to fetch what every run needs.
func (m *Iac) begin(ctx context.Context, verb string, s settings) *beginning {
	// Pulumi never sees .git/config: checkouts keep the job's token there, and a .git without its other
	// files makes a Go build fail.
	r := &run{verb: verb, purpose: purposeOf(verb), began: time.Now(), src: s.Src.WithoutDirectory(".git"), upsert: s.Upsert}
	b := &beginning{
		run: r, masks: s.Mask,
		badValue: errors.Join(checkVersion("pulumi-version", m.PulumiVersion, pulumiRelease), r.readOptions(s)),
		badGH:    checkVersion("gh-version", m.GhVersion, ghRelease),
	}
	b.secrets = start(func() (checkedSecrets, error) {
		iac, values, err := m.checkSecrets(ctx)
		return checkedSecrets{iac, values}, err
	})
	p := s.Publication
	b.finding = start(func() (found, error) {
		if p == nil {
			return found{told: m.told()}, nil
		}
		target, told, err := p.find(ctx, s.Src)
		return found{target, told}, err
	})
	if b.badGH == nil && p != nil && p.Token != nil {
		r.gh = m.fetchGH(ctx)
	}
	return b
}

// settle waits for the checks and completes the run. It gives the module with its secrets checked, or all that is wrong,
// with what the caller has found before.
func (b *beginning) settle(wrong error) (*Iac, error) {
	var badMask error
	b.run.mask, badMask = mask.New(nil, b.masks)
	checked, badSecret := b.secrets.wait()
	b.run.mask = b.run.mask.With(checked.values...)
	where, badTarget := b.finding.wait()
	if b.run.target, b.run.told = where.target, where.told; b.run.target != nil {
		b.run.mask = b.run.mask.With(b.run.target.secret)
	}
	if b.badGH != nil {
		b.run.target = nil
	}
	return checked.iac, errors.Join(b.badValue, b.badGH, wrong, badSecret, badMask, badTarget)
}

// policyDir is where policy packs lie in src.
const policyDir = ".iac-policy-pack"

// readOptions checks what Pulumi and the run are told, and lays policy packs where Pulumi finds them.
func (r *run) readOptions(s settings) error {
	r.options, r.packs = s.Options, len(s.PolicyPack)
	for i, pack := range s.PolicyPack {
		r.src = r.src.WithDirectory(path.Join(policyDir, strconv.Itoa(i+1)), pack)
	}
	var badTimeout, badWait error
	_, badOption := r.options.Arguments()
	r.timeout, badTimeout = options.Duration("timeout", s.Timeout)
	r.lockWait, badWait = options.Duration("wait-for-lock", s.WaitForLock)
	return errors.Join(badOption, badTimeout, badWait)
}

// arguments are Pulumi's options, as they are given in the program's folder.
func (r *run) arguments() []string {
	o := r.options
	for i := range r.packs {
		o.PolicyPack = append(o.PolicyPack, path.Join(upFrom(r.workDir), policyDir, strconv.Itoa(i+1)))
	}
	args, _ := o.Arguments() // checked by readOptions
	return args
}

// upFrom leads from a folder in src to src.
func upFrom(dir string) string {
	if dir == "" {
		return "."
	}
	return strings.Repeat("../", strings.Count(dir, "/")+1)
}

// program is the folder with Pulumi.yaml.
func (r *run) program() *dagger.Directory {
	if r.workDir == "" {
		return r.src
	}
	return r.src.Directory(r.workDir)
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
func readProject(ctx context.Context, program *dagger.Directory) (project.Project, error) {
	name := "Pulumi.yaml"
	text, err := program.File(name).Contents(ctx)
	if err != nil {
		name = "Pulumi.yml"
		var other error
		if text, other = program.File(name).Contents(ctx); other != nil {
			return project.Project{}, fmt.Errorf("src: no readable Pulumi.yaml in this folder (%s): want the folder of a Pulumi program, such as --src ./infra, or --work-dir infra to upload what is around it too", err)
		}
	}
	p, err := project.Parse(text)
	p.File = name
	if err != nil {
		return p, fmt.Errorf("src: its %s is broken: %w", name, err)
	}
	return p, nil
}

// outcome is what came of running Pulumi.
type outcome struct {
	// verb is what Pulumi was run for.
	verb   string
	report report.Report
	// notRun says why Pulumi was not run or did not end, empty where it did.
	notRun string
	// locked is true where another run has the stack.
	locked bool
	// nowSecret are values that were plain and have become secrets.
	nowSecret []string
	// references are the stacks that the program reads, as it names them: never shown, so without the mask.
	references []string
}

// ok tells whether Pulumi did what it should.
func (o outcome) ok() bool { return o.notRun == "" && o.report.OK() }

// command is what Pulumi is asked to do.
type command struct {
	args []string
	// upsert creates the stack before, if it is missing.
	upsert bool
	// noProgram is true for a command that does not need the program's dependencies and writes no event log.
	noProgram bool
}

// pulumi runs a verb of Pulumi's afresh and reads what it did.
func (r *run) pulumi(ctx context.Context, verb string, more ...string) outcome {
	c := command{
		args:   slices.Concat([]string{verb, "--stack", r.stack, "--non-interactive", "--color", "never", "--diff"}, more, r.arguments()),
		upsert: r.upsert,
	}
	if verb != "refresh" {
		// Values in full: two that differ far behind would look alike, and half a secret would not be
		// found to be masked. Refresh has no such option.
		c.args = append(c.args, "--show-full-output")
	}
	ran, err := r.execute(ctx, c)
	if err != nil {
		return outcome{verb: verb, notRun: r.shown(err.Error())}
	}
	defer ran.close()
	events, err := ran.events()
	if err != nil {
		return outcome{verb: verb, notRun: r.shown(err.Error())}
	}
	defer events.Close()
	did, err := report.FromLog(events)
	if err != nil {
		return outcome{verb: verb, notRun: r.shown(err.Error())}
	}
	did.ExitCode, did.Stdout, did.Stderr = ran.exitCode, ran.stdout, ran.stderr
	if did.NoLog {
		did.Preview = !slices.Contains(more, "--yes")
	}
	// Pulumi prints the old value of what has just become a secret.
	if len(did.NowSecret) > 0 {
		r.mask = r.mask.With(did.NowSecret...)
	}
	return outcome{verb: verb, report: did.Shown(r.shown), locked: locked(ran), nowSecret: did.NowSecret, references: did.References}
}

// execute runs Pulumi, and waits for a stack that another run has locked as long as it was told to.
func (r *run) execute(ctx context.Context, c command) (*execution, error) {
	end := time.Now().Add(r.lockWait)
	for pause := lockPause; ; pause = min(2*pause, longestLockPause) {
		ran, err := r.runner.run(ctx, r, c)
		if err != nil || !locked(ran) || time.Now().Add(pause).After(end) {
			return ran, err
		}
		ran.close()
		warn(fmt.Sprintf("%s is locked by another run, trying again in %s", r.stack, pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// shown is a text as it may be shown: first without what hides in it, for that could split a secret.
func (r *run) shown(text string) string { return r.mask.Text(clean.Text(text)) }

// finish is the answer of a verb: what Pulumi printed, or an error with its words.
func (r *run) finish(did outcome) (string, error) {
	printed := join(did.report.Stderr, did.report.Stdout)
	what := fmt.Sprintf("pulumi %s of %s", did.verb, r.stack)
	switch {
	case did.notRun != "":
		return "", fmt.Errorf("%s did not run to its end: %s", what, inError(did.notRun))
	case did.report.ExitCode == timeoutCode && r.timeout > 0:
		return "", fmt.Errorf("%s was interrupted after %s, as --timeout says:\n\n%s", what, r.timeout, inError(printed))
	case did.locked:
		return "", fmt.Errorf("%s did not begin:\n\n%s\n%s", what, inError(printed), whyLocked)
	case did.report.ExitCode != 0:
		return "", fmt.Errorf("%s failed with exit code %d:\n\n%s", what, did.report.ExitCode, inError(printed))
	case !did.report.OK():
		return "", fmt.Errorf("%s %s, by its event log:\n\n%s", what, did.report.Result, inError(printed))
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
