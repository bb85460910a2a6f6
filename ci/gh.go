package main

import (
	"context"
	"errors"
	"strings"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/sticky"
)

// bodyFile is where the text of a comment lies in gh's container.
const bodyFile = "/iac/comment.md"

// gh is a container in which gh can be called for the target.
func (m *Iac) gh(t *target) *dagger.Container {
	c := dag.Container().
		From(ghImage).
		WithFile("/usr/local/bin/gh", dag.Gh().Get(dagger.GhGetOpts{Version: m.GhVersion})).
		WithEnvVariable("GH_PROMPT_DISABLED", "1").
		WithEnvVariable("GH_NO_UPDATE_NOTIFIER", "1").
		WithEnvVariable("GH_HOST", t.repository.Host)
	variable := "GH_ENTERPRISE_TOKEN"
	if t.repository.Host == "github.com" || strings.HasSuffix(t.repository.Host, ".ghe.com") {
		variable = "GH_TOKEN"
	}
	return c.WithSecretVariable(variable, t.token)
}

// publisher keeps the comment on the target through gh. It gets gh ready while the caller goes on.
func (m *Iac) publisher(ctx context.Context, t *target) *sticky.Publisher {
	container := m.gh(t)
	ready := start(func() (*dagger.Container, error) { return container.Sync(ctx) })
	return &sticky.Publisher{
		GH: func(ctx context.Context, args []string, body string) (stdout, stderr string, exitCode int, err error) {
			if _, err := ready.wait(); err != nil {
				return "", "", 0, errors.New("cannot get gh: " + explain(err))
			}
			return runGH(ctx, container, args, body)
		},
		Repository: t.repository, Number: t.number, Warn: warn,
	}
}

// runGH runs gh once. Arguments go to it as they are, through no shell.
func runGH(ctx context.Context, c *dagger.Container, args []string, body string) (stdout, stderr string, exitCode int, err error) {
	args = append([]string{"gh"}, args...)
	if body != "" {
		c = c.WithNewFile(bodyFile, body)
		args = append(args, "-F", "body=@"+bodyFile)
	}
	c = once(c).WithExec(args, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	if exitCode, err = c.ExitCode(ctx); err != nil {
		return "", "", 0, errors.New("cannot run gh: " + explain(err))
	}
	if stdout, err = c.Stdout(ctx); err != nil {
		return "", "", 0, err
	}
	if exitCode != 0 {
		stderr, err = c.Stderr(ctx)
	}
	return stdout, stderr, exitCode, err
}

// post writes the comment of a run.
func (r *run) post(ctx context.Context, p *sticky.Publisher, c comment.Content) error {
	p.Show = r.shown
	return p.Publish(ctx, comment.Render(c))
}
