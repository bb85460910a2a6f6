package pipelines

import (
	"context"
	"fmt"
	"strings"
)

var woodpecker = System{
	Name:       "Woodpecker",
	Files:      []string{"examples/ci/woodpecker/preview.yaml", "examples/ci/woodpecker/up.yaml"},
	Secretless: true,
	Remote:     func(r Run) string { return "https://github.com/" + r.Repository + ".git" },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"CI": "woodpecker", "CI_FORGE_TYPE": "github", "CI_FORGE_URL": "https://github.com", "CI_REPO": r.Repository,
			"CI_REPO_URL": "https://github.com/" + r.Repository, "CI_COMMIT_SHA": r.Commit, "CI_COMMIT_REF": "refs/heads/main",
			// That of a pull request is the one that it goes to.
			"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_EVENT": "push", "CI_PIPELINE_URL": "https://ci.example.com/repos/7/pipeline/12",
		}
		if r.For == PullRequest || r.For == Fork {
			v["CI_COMMIT_REF"], v["CI_COMMIT_PULL_REQUEST"] = fmt.Sprintf("refs/pull/%d/head", r.Number), fmt.Sprint(r.Number)
			v["CI_PIPELINE_EVENT"], v["CI_COMMIT_SOURCE_BRANCH"] = "pull_request", r.branch()
		}
		return v
	},
	read: readWoodpecker,
}

// woodpeckerWorkflow is what a file below .woodpecker may hold here.
type woodpeckerWorkflow struct {
	When        []struct{ Event, Branch one }
	Concurrency int
	Steps       []struct {
		Name, Image string
		Volumes     []string
		Environment map[string]woodpeckerValue
		Commands    []string
	}
}

// woodpeckerValue is a text, or where a secret is taken from.
type woodpeckerValue struct {
	text   string
	Secret string `yaml:"from_secret"`
}

func (v *woodpeckerValue) UnmarshalYAML(decode func(any) error) error {
	if decode(&v.text) == nil {
		return nil
	}
	type value woodpeckerValue
	return decode((*value)(v))
}

func readWoodpecker(_ context.Context, f *files, _ Run, variables map[string]string) ([]Command, error) {
	var all []Command
	for _, name := range f.names {
		var w woodpeckerWorkflow
		if err := decodeYAML(f.texts[name], &w); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		runs := false
		for _, when := range w.When {
			runs = runs || when.Event.allows(variables["CI_PIPELINE_EVENT"]) && when.Branch.allows(variables["CI_COMMIT_BRANCH"])
		}
		for _, step := range w.Steps {
			c := Command{
				Job: step.Name, Shell: []string{"sh", "-e", "-c"}, Text: strings.Join(step.Commands, "\n"),
				Env: map[string]string{}, Secrets: map[string]string{}, Queued: w.Concurrency == 1,
			}
			// Woodpecker puts values into ${NAME} before the shell sees it.
			if strings.Contains(c.Text, "${") {
				return nil, fmt.Errorf("%s: ${ in a command: %w", name, errNotUnderstood)
			}
			for name, value := range step.Environment {
				if value.Secret != "" {
					c.Secrets[name] = value.Secret
				} else {
					c.Env[name] = value.text
				}
			}
			if runs {
				all = append(all, c)
			}
		}
	}
	return all, nil
}
