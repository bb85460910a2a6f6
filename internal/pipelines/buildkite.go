package pipelines

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/buildkite/go-pipeline"
)

var buildkite = System{
	Name:   "Buildkite",
	Files:  []string{"examples/ci/buildkite/pipeline.yml"},
	Remote: func(r Run) string { return "git@github.com:" + r.Repository + ".git" },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"CI": "true", "BUILDKITE": "true", "BUILDKITE_PIPELINE_PROVIDER": "github", "BUILDKITE_COMMIT": r.Commit,
			"BUILDKITE_BRANCH": r.branch(), "BUILDKITE_REPO": "git@github.com:" + r.Repository + ".git",
			"BUILDKITE_PULL_REQUEST": "false", "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/infra/builds/12",
		}
		if r.For == PullRequest || r.For == Fork {
			v["BUILDKITE_PULL_REQUEST"] = fmt.Sprint(r.Number)
			v["BUILDKITE_PULL_REQUEST_BASE_BRANCH"] = "main"
		}
		return v
	},
	read: readBuildkite,
}

// readBuildkite reads the file with the library that Buildkite's agent uploads it with.
func readBuildkite(_ context.Context, f *files, run Run, _ map[string]string) ([]Command, error) {
	p, err := pipeline.Parse(strings.NewReader(f.text()))
	if err != nil {
		return nil, err
	}
	if len(p.RemainingFields) > 0 {
		return nil, fmt.Errorf("%v: %w", p.RemainingFields, errNotUnderstood)
	}
	// Here $$ becomes $, and a variable that is not escaped what it is when the file is uploaded: nothing.
	if err := p.Interpolate(nil, false); err != nil {
		return nil, err
	}
	names := buildkiteScope(run)
	var all []Command
	for _, s := range p.Steps {
		step, ok := s.(*pipeline.CommandStep)
		if !ok {
			return nil, fmt.Errorf("the step %T: %w", s, errNotUnderstood)
		}
		c, condition, err := buildkiteCommand(step)
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", step.Label, err)
		}
		p.Env.Range(func(name, value string) error { //nolint:errcheck // it only gives back what this gives
			c.Env[name] = value
			return nil
		})
		runs, err := holds(condition, names)
		if err != nil {
			return nil, err
		}
		if runs {
			all = append(all, c)
		}
	}
	return all, nil
}

func buildkiteCommand(step *pipeline.CommandStep) (c Command, condition string, err error) {
	c = Command{
		Job: step.Label, Shell: []string{"bash", "-e", "-c"}, Text: step.Command,
		Env: map[string]string{}, Secrets: map[string]string{},
	}
	for name, value := range step.Env {
		c.Env[name] = value
	}
	for _, secret := range step.Secrets {
		c.Secrets[secret.EnvironmentVariable] = secret.Key
	}
	condition = "true"
	group, alone := "", false
	for name, value := range step.RemainingFields {
		switch value := value.(type) {
		case string:
			switch name {
			case "if":
				condition = value
				continue
			case "concurrency_group":
				group = value
				continue
			}
		case int:
			switch name {
			case "timeout_in_minutes":
				c.Limit = time.Duration(value) * time.Minute
				continue
			case "concurrency":
				alone = value == 1
				continue
			}
		}
		return c, "", fmt.Errorf("%s: %v: %w", name, value, errNotUnderstood)
	}
	c.Queued = alone && group != ""
	return c, condition, nil
}

func buildkiteScope(run Run) scope {
	names := map[string]any{
		"build.branch": run.branch(), "build.pull_request.id": nil, "build.pull_request.repository.fork": nil,
	}
	if run.For == PullRequest || run.For == Fork {
		names["build.pull_request.id"] = fmt.Sprint(run.Number)
		names["build.pull_request.repository.fork"] = run.For == Fork
	}
	return in(names)
}
