package pipelines

import (
	"context"
	"fmt"
	"time"
)

var circleCI = System{
	Name:       "CircleCI",
	Files:      []string{"examples/ci/circleci/config.yml"},
	Secretless: true,
	Remote:     func(r Run) string { return "git@github.com:" + r.Repository + ".git" },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"CI": "true", "CIRCLECI": "true", "CIRCLE_SHA1": r.Commit, "CIRCLE_BRANCH": r.branch(),
			"CIRCLE_REPOSITORY_URL": "git@github.com:" + r.Repository + ".git",
			"CIRCLE_BUILD_URL":      "https://circleci.com/gh/" + r.Repository + "/12",
		}
		if r.For == PullRequest || r.For == Fork {
			v["CIRCLE_PULL_REQUEST"], v["CIRCLE_PULL_REQUESTS"], v["CI_PULL_REQUEST"] = r.pull(), r.pull(), r.pull()
		}
		if r.For == Fork {
			v["CIRCLE_PR_NUMBER"], v["CIRCLE_PR_USERNAME"] = fmt.Sprint(r.Number), "stranger"
			v["CIRCLE_BRANCH"] = fmt.Sprintf("pull/%d", r.Number)
		}
		return v
	},
	read: readCircleCI,
}

// circleConfig is what a config.yml may hold here.
type circleConfig struct {
	Version string
	Jobs    map[string]struct {
		Machine     struct{ Image string }
		Environment map[string]string
		Steps       []circleStep
	}
	Workflows map[string]struct {
		Jobs []map[string]struct {
			Context     string
			SerialGroup string `yaml:"serial-group"`
			Filters     struct {
				Branches struct{ Only, Ignore one }
			}
		}
	}
}

// circleStep is the word checkout, or a command.
type circleStep struct {
	Run *struct {
		Name, Command string
		Silence       time.Duration `yaml:"no_output_timeout"`
	}
}

func (s *circleStep) UnmarshalYAML(decode func(any) error) error {
	var word string
	if decode(&word) == nil {
		if word != "checkout" {
			return fmt.Errorf("the step %q: %w", word, errNotUnderstood)
		}
		return nil
	}
	type step circleStep
	return decode((*step)(s))
}

// circleParsed is what CircleCI's own parser gives, which lets through some of what it does not know.
type circleParsed struct {
	Workflows []struct {
		Jobs []struct {
			Job struct {
				Name        string
				Environment map[string]string
				Steps       []struct {
					Parameters struct{ Command string }
				}
			}
		}
	}
}

func readCircleCI(ctx context.Context, f *files, _ Run, variables map[string]string) ([]Command, error) {
	var config circleConfig
	if err := decodeYAML(f.text(), &config); err != nil {
		return nil, err
	}
	var parsed circleParsed
	if err := parse(ctx, "circleci", f.root, f.text(), &parsed); err != nil {
		return nil, err
	}
	branch := variables["CIRCLE_BRANCH"]
	var all []Command
	for _, workflow := range parsed.Workflows {
		for _, job := range workflow.Jobs {
			name := job.Job.Name
			used := config.Workflows[name].Jobs[0][name]
			only, ignore := used.Filters.Branches.Only, used.Filters.Branches.Ignore
			if ignore.allows(branch) || only != nil && !only.allows(branch) {
				continue
			}
			for i, step := range job.Job.Steps {
				if config.Jobs[name].Steps[i].Run == nil {
					continue
				}
				all = append(all, Command{
					Job: name, Shell: []string{"bash", "-eo", "pipefail", "-c"}, Text: step.Parameters.Command,
					Env: job.Job.Environment, Secrets: standard(used.Context),
					Queued: used.SerialGroup != "", Limit: config.Jobs[name].Steps[i].Run.Silence,
				})
			}
		}
	}
	return all, nil
}
