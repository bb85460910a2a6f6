package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dagger/iac/internal/dagger"
	"dagger/iac/project"
)

// Gives Pulumi a variable, such as AWS_REGION; implies with-cache
func (m *Iac) WithEnvVariable(
	// Name of the variable
	name string,
	// Value; not for secrets, it may be shown
	value string,
	// Give it also to the step that installs the program's dependencies
	//
	// +optional
	duringInstall bool,
) (*Iac, error) {
	c, err := m.withName(name, duringInstall)
	if err != nil {
		return nil, err
	}
	c.VariableNames = append(slices.Clone(m.VariableNames), name)
	c.VariableValues = append(slices.Clone(m.VariableValues), value)
	return c, nil
}

// Gives Pulumi a secret as a variable, such as AWS_SESSION_TOKEN, GOOGLE_CREDENTIALS or PULUMI_CONFIG_PASSPHRASE; implies with-cache
func (m *Iac) WithSecretVariable(
	// Name of the variable
	name string,
	// Secret, such as env://AWS_SESSION_TOKEN
	secret *dagger.Secret,
	// Give it also to the step that installs the program's dependencies, for a private registry
	//
	// +optional
	duringInstall bool,
) (*Iac, error) {
	c, err := m.withName(name, duringInstall)
	if err != nil {
		return nil, err
	}
	c.SecretNames = append(slices.Clone(m.SecretNames), name)
	c.SecretValues = append(slices.Clone(m.SecretValues), secret)
	return c, nil
}

// Runs Pulumi, as root, in a container of your own, which must have the Pulumi CLI and the program's language; implies with-cache
func (m *Iac) WithContainer(
	// Container or image, such as ghcr.io/acme/pulumi:1.2.3
	container *dagger.Container,
) *Iac {
	c := *m
	c.OwnContainer, c.Base = true, container
	return &c
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (m *Iac) withName(name string, duringInstall bool) (*Iac, error) {
	if !variableName.MatchString(name) {
		return nil, fmt.Errorf("invalid name %q: want letters, digits and `_`, not beginning with a digit", name)
	}
	if slices.Contains(m.VariableNames, name) || slices.Contains(m.SecretNames, name) {
		return nil, fmt.Errorf("invalid name %q: this variable is given already", name)
	}
	c := *m
	c.OwnContainer = true
	if duringInstall {
		c.InstallNames = append(slices.Clone(m.InstallNames), name)
	}
	return &c, nil
}

// ownContainer runs Pulumi in a container of this module: one project, for one stack of it or many.
type ownContainer struct {
	iac *Iac
	// base has the Pulumi CLI and the program's language, and kept is the cache.
	base *future[*dagger.Container]
	kept *future[cache]
	// part is the project where others run at the same time, else empty.
	part string
	// manifest is the text of Pulumi.yaml where a Go program is to be built once for all that runs, else empty.
	manifest string
	once     sync.Once
	ready    *future[*dagger.Container]
}

const (
	// programDir is where the program lies, which is where the Pulumi module has it too: paths in a diff are the same.
	programDir = "/infra"
	// outputDir holds what a run leaves.
	outputDir = "/iac/run"
)

// run lays what changes with every run last, so that what was installed before stays. What Pulumi prints goes to files,
// which leave the engine much faster than a text does.
func (o *ownContainer) run(ctx context.Context, r *run, c command) (*execution, error) {
	o.once.Do(func() {
		o.ready = start(func() (*dagger.Container, error) { return o.installed(ctx, r, c) })
	})
	ctr, err := o.ready.wait()
	if err != nil {
		return nil, err
	}
	ctr = o.iac.withVariables(ctr, func(name string) bool { return !slices.Contains(o.iac.InstallNames, name) })
	for _, v := range r.told {
		if !slices.Contains(o.iac.VariableNames, v.Name) && !slices.Contains(o.iac.SecretNames, v.Name) {
			ctr = ctr.WithEnvVariable(v.Name, v.Value)
		}
	}
	ctr = once(ctr).
		WithEnvVariable("PULUMI_DEBUG_COMMANDS", "true"). // without it Pulumi does not know --event-log
		WithDirectory(outputDir, dag.Directory())
	if c.upsert {
		var code int
		if ctr, code, err = o.pulumi(ctx, r, ctr, slices.Concat([]string{"pulumi"}, upsertArgs(r.stack))); err != nil {
			return nil, err
		}
		if code != 0 {
			return fetchExecution(ctx, ctr, code)
		}
	}
	args := slices.Concat(interrupted(r.timeout), []string{"pulumi"}, c.args)
	if !c.noProgram {
		args = append(args, "--event-log", outputDir+"/events")
	}
	ctr, code, err := o.pulumi(ctx, r, ctr, args)
	if err != nil {
		return nil, err
	}
	return fetchExecution(ctx, ctr, code)
}

// pulumi runs a command whose streams go to files, and gives the container after it.
func (o *ownContainer) pulumi(ctx context.Context, r *run, ctr *dagger.Container, args []string) (*dagger.Container, int, error) {
	done := ctr.WithExec(args, dagger.ContainerWithExecOpts{
		Expect: dagger.ReturnTypeAny, RedirectStdout: outputDir + "/stdout", RedirectStderr: outputDir + "/stderr",
	})
	code, err := done.ExitCode(ctx)
	if err != nil {
		return nil, 0, errors.New(explainInstall(err, r.project.Runtime))
	}
	return done, code, nil
}

// fetchExecution brings what a run left into this function's own file system.
func fetchExecution(ctx context.Context, done *dagger.Container, code int) (*execution, error) {
	dir, err := os.MkdirTemp("", "iac")
	if err != nil {
		return nil, err
	}
	fetch := func(name string) *future[string] {
		return start(func() (string, error) {
			return done.File(outputDir+"/"+name).Export(ctx, filepath.Join(dir, name))
		})
	}
	stdout, stderr, events := fetch("stdout"), fetch("stderr"), fetch("events")
	_, noStdout := stdout.wait()
	_, noStderr := stderr.wait()
	_, noEvents := events.wait()
	// Pulumi writes no event log where it cannot open the stack.
	noLog := noEvents != nil && strings.Contains(noEvents.Error(), "no such file or directory")
	if noLog {
		noEvents = nil
	}
	ran := &execution{exitCode: code, noLog: noLog, close: func() { _ = os.RemoveAll(dir) }}
	if err := errors.Join(noStdout, noStderr, noEvents); err != nil {
		ran.close()
		return nil, err
	}
	if ran.stdout, err = readText(dir, "stdout"); err == nil {
		ran.stderr, err = readText(dir, "stderr")
	}
	if err != nil {
		ran.close()
		return nil, err
	}
	ran.events = func() (io.ReadCloser, error) {
		if noLog {
			return io.NopCloser(strings.NewReader("")), nil
		}
		return os.Open(filepath.Join(dir, "events"))
	}
	return ran, nil
}

func readText(dir, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	return string(text), err
}

// once gives a container something that it never had before: the next exec really runs.
func once(ctr *dagger.Container) *dagger.Container {
	return ctr.WithEnvVariable("IAC_ONCE", rand.Text())
}

// installed is a container with the program and its dependencies, as far as the command needs these.
func (o *ownContainer) installed(ctx context.Context, r *run, c command) (*dagger.Container, error) {
	planning := start(func() (project.Install, error) {
		if c.noProgram {
			return project.Install{}, nil
		}
		return o.plan(ctx, r)
	})
	ctr, noBase := o.base.wait()
	cache, noCache := o.kept.wait()
	plan, noPlan := planning.wait()
	if err := errors.Join(noBase, noCache, noPlan); err != nil {
		return nil, err
	}
	for _, v := range cacheVariables {
		if o.part != "" && slices.Contains(apart, v.name) {
			v.value += "-" + o.part
		}
		ctr = ctr.WithEnvVariable(v.name, v.value)
	}
	ctr = ctr.WithEnvVariable("PULUMI_SKIP_UPDATE_CHECK", "true")
	ctr = cache.mount(ctr)
	ctr = o.iac.withVariables(ctr, func(name string) bool { return slices.Contains(o.iac.InstallNames, name) })
	ctr = ctr.WithWorkdir(path.Join(programDir, r.workDir))
	if len(plan.Command) == 0 {
		if built := o.build(ctx, r, ctr); built != nil {
			return built, nil
		}
		return ctr.WithMountedDirectory(programDir, r.src), nil
	}
	manifests := r.src
	if len(plan.Include) > 0 {
		include := plan.Include
		if r.workDir != "" {
			include = nil
			for _, name := range plan.Include {
				include = append(include, path.Join(r.workDir, name))
			}
		}
		manifests = r.src.Filter(dagger.DirectoryFilterOpts{Include: include})
	}
	return ctr.WithDirectory(programDir, manifests).
		WithExec(plan.Command).
		WithDirectory(programDir, r.src), nil
}

// Where a program that was built once lies. Pulumi looks for it on the PATH.
const (
	builtDir  = "/iac/bin"
	builtName = "iac-program"
)

// build gives a container with the Go program built, which Pulumi then only has to start: linking takes most of a small
// preview. There is none where the program cannot be built so; Pulumi builds it then, and says what is wrong with it.
func (o *ownContainer) build(ctx context.Context, r *run, ctr *dagger.Container) *dagger.Container {
	if o.manifest == "" || slices.Contains(o.iac.VariableNames, "PATH") || slices.Contains(o.iac.SecretNames, "PATH") {
		return nil
	}
	manifest, ok := project.WithBinary(o.manifest, builtName)
	if !ok {
		return nil
	}
	search, err := ctr.EnvVariable(ctx, "PATH")
	if err != nil {
		return nil
	}
	for i, name := range o.iac.VariableNames { // Pulumi would build it with them
		ctr = ctr.WithEnvVariable(name, o.iac.VariableValues[i])
	}
	program := path.Join(programDir, r.workDir)
	src := r.src.WithNewFile(path.Join(r.workDir, r.project.File), manifest)
	built := ctr.WithMountedDirectory(programDir, src).
		WithWorkdir(path.Join(program, r.project.Main)).
		WithExec([]string{"go", "build", "-o", builtDir + "/" + builtName, "."})
	if _, err := built.Sync(ctx); err != nil {
		return nil
	}
	return built.WithWorkdir(program).WithEnvVariable("PATH", strings.TrimSuffix(builtDir+":"+search, ":"))
}

// plan says how to install the program's dependencies. In a work-dir, the lock file and the list of workspaces may lie
// above.
func (o *ownContainer) plan(ctx context.Context, r *run) (project.Install, error) {
	program := r.program()
	plan, err := r.project.Plan(
		func() ([]string, error) { return program.Entries(ctx) },
		func(name string) (string, error) { return program.File(name).Contents(ctx) },
	)
	if err != nil || r.workDir == "" || plan.Locked || len(plan.Command) == 0 {
		return plan, err
	}
	plan.Include = nil
	if r.project.Runtime != "nodejs" {
		return plan, nil
	}
	for dir := r.workDir; dir != "."; {
		dir = path.Dir(dir)
		above := r.src.Directory(dir)
		files, err := above.Entries(ctx)
		if err != nil {
			return plan, err
		}
		of, ok, err := r.project.PlanAbove(files, func(name string) (string, error) { return above.File(name).Contents(ctx) })
		if err != nil || ok {
			return of, err
		}
	}
	return plan, nil
}

// withVariables gives a container the credentials, variables and secrets with these names.
func (m *Iac) withVariables(ctr *dagger.Container, chosen func(name string) bool) *dagger.Container {
	for i, name := range m.VariableNames {
		if chosen(name) {
			ctr = ctr.WithEnvVariable(name, m.VariableValues[i])
		}
	}
	for i, name := range m.SecretNames {
		if chosen(name) {
			ctr = ctr.WithSecretVariable(name, m.SecretValues[i])
		}
	}
	for _, c := range m.credentials() {
		if c.secret != nil && chosen(c.variable) {
			ctr = ctr.WithSecretVariable(c.variable, c.secret)
		}
	}
	return ctr
}

// fetchBase gets the container that Pulumi runs in, as soon as Pulumi.yaml tells the language.
func (m *Iac) fetchBase(ctx context.Context, reading *future[project.Project]) *future[*dagger.Container] {
	return start(func() (*dagger.Container, error) {
		p, err := reading.wait()
		switch {
		case err != nil || !m.OwnContainer:
			return nil, err
		case m.Base != nil:
			return m.Base, m.checkBase(ctx)
		}
		image := dag.Container().From(pulumiImage(p.Runtime, m.PulumiVersion))
		if _, err := image.Sync(ctx); err != nil {
			return nil, fmt.Errorf("cannot get Pulumi's image: %s", explain(err))
		}
		return image, nil
	})
}

// checkBase says whether a container of the user's own can be used.
func (m *Iac) checkBase(ctx context.Context) error {
	code, err := m.Base.WithExec([]string{"pulumi", "version"}, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).ExitCode(ctx)
	if err == nil && code == 0 {
		return nil
	}
	reason := fmt.Sprintf("exit code %d", code)
	if err != nil {
		reason = explain(err)
	}
	return fmt.Errorf("invalid container: the one given to with-container has no Pulumi CLI (`pulumi version`: %s): want one with pulumi on its PATH, such as pulumi/pulumi-go", reason)
}

// explainInstall says what went wrong before Pulumi ran.
func explainInstall(err error, runtime string) string {
	var failed *dagger.ExecError
	if !errors.As(err, &failed) {
		return err.Error()
	}
	if strings.Contains(failed.Stderr, "no language plugin 'pulumi-language-"+runtime+"'") {
		return fmt.Sprintf("src: unknown runtime %q in its Pulumi.yaml: want go, nodejs, python, dotnet, java, yaml, or another one that the container has the language plugin for", runtime)
	}
	text := "the program's dependencies could not be installed: " + explain(err)
	for _, sign := range []string{"dial tcp", "no such host", "EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "Temporary failure in name resolution", "Could not resolve host", "network is unreachable"} {
		if strings.Contains(failed.Stderr+failed.Stdout, sign) {
			return text + "\n\nThe registry could not be reached: is there a network, a proxy or a private registry that needs a variable during-install?"
		}
	}
	return text
}
