package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dagger/iac/internal/dagger"
	"dagger/iac/project"
	"dagger/iac/report"
)

// Gives Pulumi a variable, such as AWS_REGION; implies with-cache
func (m *Iac) WithEnvVariable(
	// Name of the variable
	name string,
	// Value; not for secrets, it may be shown
	value string,
	// Give it to the step too that installs the program's dependencies
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
	// Give it to the step too that installs the program's dependencies, for a private registry
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

// Runs Pulumi in a container of your own, as root, which must have the Pulumi CLI and the program's language; implies with-cache
func (m *Iac) WithContainer(
	// Container or image, such as ghcr.io/acme/pulumi:1.2.3
	container *dagger.Container,
) *Iac {
	c := *m
	c.Kept, c.Base = true, container
	return &c
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (m *Iac) withName(name string, duringInstall bool) (*Iac, error) {
	if !variableName.MatchString(name) {
		return nil, fmt.Errorf("name: %q is no name of a variable: it takes letters, digits and `_`, not beginning with a digit", name)
	}
	if slices.Contains(m.VariableNames, name) || slices.Contains(m.SecretNames, name) {
		return nil, fmt.Errorf("name: the variable %q is given twice: it takes one value", name)
	}
	c := *m
	c.Kept = true
	if duringInstall {
		c.InstallNames = append(slices.Clone(m.InstallNames), name)
	}
	return &c, nil
}

// ownContainer runs Pulumi in a container of this module.
type ownContainer struct{ iac *Iac }

// Where the program lies in the container.
const programDir = "/iac/src"

// run lays what changes with every run last, so that what was installed before stays.
func (o *ownContainer) run(ctx context.Context, r *run, use use, args []string) (report.Run, error) {
	if err := o.iac.checkBase(ctx); err != nil {
		return report.Run{}, err
	}
	ctr, err := o.installed(ctx, r, use)
	if err != nil {
		return report.Run{}, err
	}
	done := once(o.iac.withVariables(ctr, func(name string) bool { return !slices.Contains(o.iac.InstallNames, name) })).
		WithExec(append([]string{"pulumi"}, args...), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	code, err := done.ExitCode(ctx)
	if err != nil {
		return report.Run{}, errors.New(explainInstall(err, r.project.Runtime))
	}
	said := report.Run{ExitCode: code}
	err = together(
		func() (err error) { said.Stdout, err = done.Stdout(ctx); return err },
		func() (err error) { said.Stderr, err = done.Stderr(ctx); return err },
	)
	return said, err
}

// once gives a container something that it never had before: the next exec really runs.
func once(ctr *dagger.Container) *dagger.Container {
	return ctr.WithEnvVariable("IAC_ONCE", rand.Text())
}

// installed is a container with the program and its dependencies.
func (o *ownContainer) installed(ctx context.Context, r *run, use use) (*dagger.Container, error) {
	ctr := o.iac.Base
	if ctr == nil {
		ctr = dag.Container().From(pulumiImage(r.project.Runtime, o.iac.PulumiVersion))
	}
	for _, v := range cacheVariables {
		ctr = ctr.WithEnvVariable(v.name, v.value)
	}
	ctr = ctr.WithEnvVariable("PULUMI_SKIP_UPDATE_CHECK", "true")
	ctr = o.iac.keptCache(ctx, use).mount(ctr)
	ctr = o.iac.withVariables(ctr, func(name string) bool { return slices.Contains(o.iac.InstallNames, name) })
	ctr = ctr.WithWorkdir(programDir)

	plan, err := o.plan(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(plan.Command) == 0 {
		return ctr.WithMountedDirectory(programDir, r.src), nil
	}
	manifests := r.src
	if len(plan.Include) > 0 {
		manifests = r.src.Filter(dagger.DirectoryFilterOpts{Include: plan.Include})
	}
	return ctr.WithDirectory(programDir, manifests).
		WithExec(plan.Command).
		WithDirectory(programDir, r.src), nil
}

func (o *ownContainer) plan(ctx context.Context, r *run) (project.Install, error) {
	return r.project.Plan(
		func() ([]string, error) { return r.src.Entries(ctx) },
		func(name string) (string, error) { return r.src.File(name).Contents(ctx) },
	)
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
		if *c.secret != nil && chosen(c.variable) {
			ctr = ctr.WithSecretVariable(c.variable, *c.secret)
		}
	}
	return ctr
}

// checkBase says whether a container of the user's own can be used.
func (m *Iac) checkBase(ctx context.Context) error {
	if m.Base == nil {
		return nil
	}
	code, err := m.Base.WithExec([]string{"pulumi", "version"}, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).ExitCode(ctx)
	if err == nil && code == 0 {
		return nil
	}
	reason := fmt.Sprintf("exit code %d", code)
	if err != nil {
		reason = explain(err)
	}
	return fmt.Errorf("container: the one given to with-container has no Pulumi CLI (`pulumi version`: %s): it takes one with pulumi on its PATH, such as pulumi/pulumi-go", reason)
}

// explainInstall says what went wrong before Pulumi ran.
func explainInstall(err error, runtime string) string {
	var failed *dagger.ExecError
	if !errors.As(err, &failed) {
		return err.Error()
	}
	if strings.Contains(failed.Stderr, "no language plugin 'pulumi-language-"+runtime+"'") {
		return fmt.Sprintf("src: the runtime of its Pulumi.yaml is %q, which this Pulumi does not know: it takes go, nodejs, python, dotnet, java, yaml, or another one that the container has the language plugin for", runtime)
	}
	text := "the program's dependencies could not be installed: " + explain(err)
	for _, sign := range []string{"dial tcp", "no such host", "EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "Temporary failure in name resolution", "Could not resolve host", "network is unreachable"} {
		if strings.Contains(failed.Stderr+failed.Stdout, sign) {
			return text + "\n\nThe registry could not be reached: is there a network, a proxy or a private registry that needs a variable during-install?"
		}
	}
	return text
}
