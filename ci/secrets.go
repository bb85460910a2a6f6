package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dagger/iac/internal/dagger"
)

// credential is one of the three secrets that every way to run Pulumi takes.
type credential struct {
	argument, variable string
	secret             *dagger.Secret
}

func (m *Iac) credentials() []credential {
	return []credential{
		{"pulumi-token", "PULUMI_ACCESS_TOKEN", m.PulumiToken},
		{"aws-access-key", "AWS_ACCESS_KEY_ID", m.AwsAccessKey},
		{"aws-secret-key", "AWS_SECRET_ACCESS_KEY", m.AwsSecretKey},
	}
}

// checkSecrets gives the module with credentials that have no line break at their end, as a file or a command gives it,
// and the values of all its secrets. One that is empty or missing is an error; the others are given nevertheless, since
// they must not be shown.
func (m *Iac) checkSecrets(ctx context.Context) (*Iac, []string, error) {
	var reads []*future[string]
	for _, c := range m.credentials() {
		reads = append(reads, start(func() (string, error) { return m.readCredential(ctx, c) }))
	}
	for i, name := range m.SecretNames {
		reads = append(reads, start(func() (string, error) {
			return readSecret(ctx, "with-secret-variable "+name, m.SecretValues[i])
		}))
	}
	values, errs := make([]string, len(reads)), make([]error, len(reads))
	for i, read := range reads {
		values[i], errs[i] = read.wait()
	}
	checked := *m
	checked.PulumiToken = trimmed("pulumi-token", m.PulumiToken, values[0])
	checked.AwsAccessKey = trimmed("aws-access-key", m.AwsAccessKey, values[1])
	checked.AwsSecretKey = trimmed("aws-secret-key", m.AwsSecretKey, values[2])
	return &checked, values, errors.Join(errs...)
}

func (m *Iac) readCredential(ctx context.Context, c credential) (string, error) {
	switch {
	case c.secret == nil && m.OwnContainer:
		return "", nil
	case c.secret == nil:
		return "", fmt.Errorf("missing %s: give it to with-credentials or in .env, as env://NAME, file://PATH or cmd://COMMAND (for other credentials call with-secret-variable before the verb, for none with-cache)", c.argument)
	case slices.Contains(m.SecretNames, c.variable) || slices.Contains(m.VariableNames, c.variable):
		return "", fmt.Errorf("%s and the variable %s are both given: they are the same, give one of them", c.argument, c.variable)
	}
	return readSecret(ctx, c.argument, c.secret)
}

// readSecret gives the value of a secret that must have one.
func readSecret(ctx context.Context, argument string, secret *dagger.Secret) (string, error) {
	value, err := secret.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %s: want a secret that has a value", argument, withoutValue(err))
	}
	if strings.TrimSpace(value) == "" {
		return "", fmt.Errorf("%s is empty: want a secret that has a value (a pull request from a fork, or by Dependabot, gets empty ones)", argument)
	}
	return value, nil
}

// trimmed is a secret without the line break at its end.
func trimmed(name string, secret *dagger.Secret, value string) *dagger.Secret {
	if clean := strings.TrimSpace(value); clean != value && clean != "" {
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
		return "(not repeated here; want an address such as env://GITHUB_TOKEN, not the secret itself)"
	})
}
