package main

import (
	"context"
	"errors"
	"strings"

	"dagger/iac/clean"
	"dagger/iac/internal/dagger"
	"dagger/iac/sticky"
)

// bodyFile is where the text of a comment lies in gh's container.
const bodyFile = "/iac/comment.md"

// fetchGH gets gh, in a container, while the caller goes on.
func (m *Iac) fetchGH(ctx context.Context) *future[*dagger.Container] {
	return start(func() (*dagger.Container, error) {
		c := dag.Container().
			From(ghImage).
			WithFile("/usr/local/bin/gh", dag.Gh().Get(dagger.GhGetOpts{Version: m.GhVersion}))
		if _, err := c.Sync(ctx); err != nil {
			return nil, errors.New("cannot get gh: " + explain(err))
		}
		return c, nil
	})
}

// forTarget lets gh be called for a target.
func forTarget(gh *dagger.Container, t *target) *dagger.Container {
	c := gh.
		WithEnvVariable("GH_PROMPT_DISABLED", "1").
		WithEnvVariable("GH_NO_UPDATE_NOTIFIER", "1").
		WithEnvVariable("GH_HOST", t.repository.Host)
	variable := "GH_ENTERPRISE_TOKEN"
	if t.repository.Host == "github.com" || strings.HasSuffix(t.repository.Host, ".ghe.com") {
		variable = "GH_TOKEN"
	}
	return c.WithSecretVariable(variable, t.token)
}

// publisher keeps the comment on the target through gh. It may be used while Pulumi runs, which can make the mask another
// one.
func (r *run) publisher() *sticky.Publisher {
	mask := r.mask
	return &sticky.Publisher{
		GH: func(ctx context.Context, args []string, body string) (stdout, stderr string, exitCode int, err error) {
			gh, err := r.gh.wait()
			if err != nil {
				return "", "", 0, err
			}
			return runGH(ctx, forTarget(gh, r.target), args, body)
		},
		Repository: r.target.repository, Number: r.target.number, Warn: warn,
		Show: func(text string) string { return mask.Text(clean.Text(text)) },
	}
}

// runGH runs gh once. Arguments go to it as they are, through no shell. One question is enough where gh goes well.
func runGH(ctx context.Context, c *dagger.Container, args []string, body string) (stdout, stderr string, exitCode int, err error) {
	args = append([]string{"gh"}, args...)
	if body != "" {
		c = c.WithNewFile(bodyFile, body)
		args = append(args, "-F", "body=@"+bodyFile)
	}
	stdout, err = once(c).WithExec(args).Stdout(ctx)
	var failed *dagger.ExecError
	switch {
	case err == nil:
		return stdout, "", 0, nil
	case errors.As(err, &failed):
		return failed.Stdout, failed.Stderr, failed.ExitCode, nil
	}
	return "", "", 0, errors.New("cannot run gh: " + explain(err))
}

// post writes the comment of a run.
func (r *run) post(ctx context.Context, p *sticky.Publisher, body string) error {
	p.Show = r.shown
	return p.Publish(ctx, body)
}
