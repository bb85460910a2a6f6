package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dagger/iac/clean"
	"dagger/iac/internal/dagger"
	"dagger/iac/mask"
	"dagger/iac/project"
	"dagger/iac/report"
)

// run is one call of a verb whose values have been found good.
type run struct {
	runner  runner
	src     *dagger.Directory
	stack   string
	project project.Project
	mask    *mask.Mask
}

// outcome is what came of running Pulumi.
type outcome struct {
	report report.Report
	// notRun says why Pulumi was not run or did not end, empty where it did.
	notRun string
}

// prepare checks the values that every verb takes, before anything runs. More checks run beside; each
// can give one more secret that must not be shown.
func (m *Iac) prepare(ctx context.Context, src *dagger.Directory, stack string, patterns string, more ...func() (secret string, err error)) (*run, error) {
	own := *m
	m = &own
	// Pulumi never sees .git/config: checkouts keep the job's token there, and a .git without its other
	// files makes a Go build fail.
	r := &run{src: src.WithoutDirectory(".git"), stack: stack}
	var secrets []string
	further := make([]string, len(more))
	checks := []func() error{
		func() error { return named("stack", project.CheckStack(stack)) },
		func() error { return checkVersion("pulumi-version", m.PulumiVersion, "3.259.0") },
		func() error { return checkVersion("gh-version", m.GhVersion, "2.89.0") },
		func() (err error) { r.project, err = readProject(ctx, src); return err },
		func() (err error) { secrets, err = m.readSecrets(ctx); return err },
		func() (err error) { _, err = mask.New(nil, patterns); return err },
	}
	for i, check := range more {
		checks = append(checks, func() (err error) { further[i], err = check(); return err })
	}
	err := together(checks...)
	if err != nil {
		return nil, err
	}
	secrets = append(secrets, further...)
	if r.mask, err = mask.New(secrets, patterns); err != nil {
		return nil, err
	}
	if parts := strings.Split(stack, "/"); len(parts) == 3 && parts[1] != r.project.Name {
		return nil, fmt.Errorf("stack: %q names the project %s, but Pulumi.yaml in src is of %s: it takes a stack of that project", stack, parts[1], r.project.Name)
	}
	r.runner, err = m.runner(r.project)
	return r, err
}

// stackName is the stack without its project: org/project/stack and org/stack are the same one.
func (r *run) stackName() string {
	if parts := strings.Split(r.stack, "/"); len(parts) == 3 {
		return parts[0] + "/" + parts[2]
	}
	return r.stack
}

// together runs checks side by side and gives all of their errors, in order.
func together(checks ...func() error) error {
	errs := make([]error, len(checks))
	var group sync.WaitGroup
	for i, check := range checks {
		group.Go(func() { errs[i] = check() })
	}
	group.Wait()
	return errors.Join(errs...)
}

// named puts the name of an argument before what is wrong with it.
func named(argument string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", argument, err)
}

var version = regexp.MustCompile(`^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}(-[0-9A-Za-z.]{1,60})?$`)

func checkVersion(argument, value, example string) error {
	if !version.MatchString(value) {
		return fmt.Errorf("%s: %q is no version: it takes three numbers with dots and no v, such as %s", argument, value, example)
	}
	return nil
}

func readProject(ctx context.Context, src *dagger.Directory) (project.Project, error) {
	text, err := src.File("Pulumi.yaml").Contents(ctx)
	if err != nil {
		return project.Project{}, fmt.Errorf("src: there is no readable Pulumi.yaml in this folder (%s): it takes the folder of a Pulumi program, such as --src ./infra", err)
	}
	p, err := project.Parse(text)
	if err != nil {
		return p, fmt.Errorf("src: its Pulumi.yaml is broken: %w", err)
	}
	return p, nil
}

// credential is one of the three secrets that every way to run Pulumi takes.
type credential struct {
	argument, variable string
	secret             **dagger.Secret
}

func (m *Iac) credentials() []credential {
	return []credential{
		{"pulumi-token", "PULUMI_ACCESS_TOKEN", &m.PulumiToken},
		{"aws-access-key", "AWS_ACCESS_KEY_ID", &m.AwsAccessKey},
		{"aws-secret-key", "AWS_SECRET_ACCESS_KEY", &m.AwsSecretKey},
	}
}

// readSecrets gives the values of all secrets that the module holds, and refuses one that is empty
// or missing.
func (m *Iac) readSecrets(ctx context.Context) ([]string, error) {
	credentials := m.credentials()
	values := make([]string, len(credentials)+len(m.SecretNames))
	var checks []func() error
	for i, c := range credentials {
		checks = append(checks, func() (err error) { values[i], err = m.readCredential(ctx, c); return err })
	}
	for i, name := range m.SecretNames {
		checks = append(checks, func() (err error) {
			values[len(credentials)+i], err = readSecret(ctx, "with-secret-variable "+name, m.SecretValues[i])
			return err
		})
	}
	return values, together(checks...)
}

// readCredential reads one of the three, and takes away the line break that a file or a command
// gives at its end.
func (m *Iac) readCredential(ctx context.Context, c credential) (string, error) {
	switch {
	case *c.secret == nil && m.Kept:
		return "", nil
	case *c.secret == nil:
		return "", fmt.Errorf("%s is missing: give it to with-credentials or in .env, as env://NAME, file://PATH or cmd://COMMAND (for other credentials call with-secret-variable before the verb, for none with-cache)", c.argument)
	case slices.Contains(m.SecretNames, c.variable) || slices.Contains(m.VariableNames, c.variable):
		return "", fmt.Errorf("%s and the variable %s are both given: they are the same, it takes one of them", c.argument, c.variable)
	}
	value, err := readSecret(ctx, c.argument, *c.secret)
	if err == nil {
		*c.secret = trimmed(c.argument, *c.secret, value)
	}
	return value, err
}

// readSecret gives the value of a secret that must have one.
func readSecret(ctx context.Context, argument string, secret *dagger.Secret) (string, error) {
	value, err := secret.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %s: it takes a secret that has a value", argument, withoutValue(err))
	}
	if strings.TrimSpace(value) == "" {
		return "", fmt.Errorf("%s is empty: it takes a secret that has a value (a pull request from a fork, or by Dependabot, gets empty ones)", argument)
	}
	return value, nil
}

// trimmed is a secret without the line break at its end that a file or a command gives.
func trimmed(name string, secret *dagger.Secret, value string) *dagger.Secret {
	if clean := strings.TrimSpace(value); clean != value {
		return dag.SetSecret("iac-"+name, clean)
	}
	return secret
}

var quoted = regexp.MustCompile(`"[^"]*"`)

// withoutValue is an error about a secret, in which only what looks like the name of a variable is
// repeated: somebody may have given the secret itself in its place.
func withoutValue(err error) string {
	return quoted.ReplaceAllStringFunc(err.Error(), func(name string) string {
		if variableName.MatchString(strings.Trim(name, `"`)) && strings.ToUpper(name) == name {
			return name
		}
		return "(not repeated here; an address such as env://GITHUB_TOKEN is expected, not the secret itself)"
	})
}

// pulumi runs Pulumi afresh and reads what it said.
func (r *run) pulumi(ctx context.Context, use use, verb string, options ...string) outcome {
	args := append([]string{verb, "--stack", r.stack, "--non-interactive", "--color", "never", "--diff"}, options...)
	if verb != "refresh" {
		// Values in full: two that differ far behind would look alike, and half a secret would not be
		// found to be masked. Refresh has no such option.
		args = append(args, "--show-full-output")
	}
	said, err := r.runner.run(ctx, r, use, args)
	if err != nil {
		return outcome{notRun: r.shown(err.Error())}
	}
	said.Stdout, said.Stderr = r.shown(said.Stdout), r.shown(said.Stderr)
	said.Preview = verb == "preview"
	return outcome{report: report.Parse(said)}
}

// shown is a text as it may be shown: first without what hides in it, for that could split a secret.
func (r *run) shown(text string) string { return r.mask.Text(clean.Text(text)) }

// finish is the answer of a verb: what Pulumi printed, or an error with its words.
func (r *run) finish(verb string, said outcome) (string, error) {
	switch {
	case said.notRun != "":
		return "", fmt.Errorf("pulumi %s of %s did not run to its end: %s", verb, r.stack, inError(said.notRun))
	case said.report.ExitCode != 0:
		return "", fmt.Errorf("pulumi %s of %s failed with exit code %d:\n\n%s", verb, r.stack, said.report.ExitCode, inError(said.report.Text))
	}
	return said.report.Text, nil
}

// notAsExpected is Pulumi's exit code when --expect-no-changes is not met.
const notAsExpected = 7

func (o outcome) drifted() bool {
	return o.notRun == "" && o.report.ExitCode == notAsExpected
}

// errorText is how much of an output stands in an error.
const errorText = 100_000

// inError is an output as it stands in an error: the beginning and the end of a long one, all of which
// goes to standard error then.
func inError(text string) string {
	if len(text) <= errorText {
		return text
	}
	warn("all of the output:\n\n" + text)
	head, tail := text[:errorText/2], text[len(text)-errorText/2:]
	if i := strings.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	if i := strings.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	left := len(text) - len(head) - len(tail)
	return strings.ToValidUTF8(fmt.Sprintf("%s\n[… %d bytes left out …]\n%s", head, left, tail), "")
}
