package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var github = System{
	Name: "GitHub Actions",
	Files: []string{
		".github/workflows/preview.yml", ".github/workflows/up.yml", ".github/workflows/drift.yml",
	},
	Secretless: true,
	Remote:     func(r Run) string { return "https://github.com/" + r.Repository },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": r.Repository, "GITHUB_SERVER_URL": "https://github.com",
			"GITHUB_RUN_ID": "4711", "GITHUB_REF": fmt.Sprintf("refs/pull/%d/merge", r.Number),
			// That of a pull request is a merge that GitHub made for the run.
			"GITHUB_SHA": "5d0b3ac5b1a0d5a0f6c0d4b6f8e7a9c1b2d3e4f5",
		}
		if r.For == Push || r.For == Schedule {
			v["GITHUB_REF"], v["GITHUB_SHA"] = "refs/heads/main", r.Commit
		}
		return v
	},
	read: readGitHub,
}

// ManyStacks is GitHub Actions with the workflows for many stacks.
var ManyStacks = github.with(
	"examples/ci/github-actions/preview-all.yml", "examples/ci/github-actions/up-all.yml", "examples/ci/github-actions/drift-all.yml",
)

// Approved is GitHub Actions with the workflow whose updates somebody approves.
var Approved = github.with("examples/ci/github-actions/up-approved.yml")

// with gives the system with other files.
func (s System) with(names ...string) System {
	s.Files = names
	return s
}

// actionsWorkflow is what matters here of a workflow. That it is one, actionlint says.
type actionsWorkflow struct {
	On          map[string]yaml.Node
	Concurrency struct {
		Group  string
		Cancel bool `yaml:"cancel-in-progress"`
	}
	Jobs map[string]struct {
		If, Needs   string
		Environment string
		Outputs     map[string]string
		Timeout     int `yaml:"timeout-minutes"`
		Steps       []struct {
			Name, ID, If, Run string
			Env               map[string]string
		}
	}
}

func readGitHub(_ context.Context, f *files, run Run, _ map[string]string) ([]Command, error) {
	var all []Command
	for _, name := range f.names {
		var w actionsWorkflow
		if err := yaml.Unmarshal([]byte(f.texts[name]), &w); err != nil {
			return nil, err
		}
		starts, err := w.startsFor(run)
		if err != nil {
			return nil, err
		}
		if !starts {
			continue
		}
		commands, err := w.commands(run)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, commands...)
	}
	return all, nil
}

func (w actionsWorkflow) startsFor(run Run) (bool, error) {
	event := map[Situation]string{PullRequest: "pull_request", Fork: "pull_request", Push: "push", Schedule: "schedule"}[run.For]
	node, there := w.On[event]
	if !there || event == "schedule" {
		return there, nil
	}
	var filter struct{ Branches one }
	err := node.Decode(&filter)
	return filter.Branches.allows("main"), err
}

func (w actionsWorkflow) commands(run Run) ([]Command, error) {
	var all []Command
	names := actionsScope(run)
	order, err := w.order()
	if err != nil {
		return nil, err
	}
	for _, name := range order {
		job := w.Jobs[name]
		runs, err := holds(orTrue(job.If), names)
		if err != nil {
			return nil, err
		}
		for _, step := range job.Steps {
			if step.Run == "" || !runs {
				continue
			}
			c := Command{
				Job: name, Shell: []string{"bash", "-e", "-c"}, Text: step.Run, ID: step.ID, If: step.If,
				Replaced: w.Concurrency.Cancel, Queued: w.Concurrency.Group != "" && !w.Concurrency.Cancel,
				Limit: time.Duration(job.Timeout) * time.Minute,
			}
			if c.Given, err = w.given(job.Needs, step.Env); err != nil {
				return nil, err
			}
			if c.Env, c.Secrets, err = actionsEnv(step.Env, job.Environment, names); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// order are the jobs, each after the one that it needs.
func (w actionsWorkflow) order() ([]string, error) {
	names := slices.Sorted(maps.Keys(w.Jobs))
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(len(w.Jobs[a].Needs), len(w.Jobs[b].Needs))
	})
	for _, name := range names {
		if needs := w.Jobs[name].Needs; needs != "" && (len(w.Jobs[needs].Steps) == 0 || w.Jobs[needs].Needs != "") {
			return nil, fmt.Errorf("%s needs %s: %w", name, needs, errNotUnderstood)
		}
	}
	return names, nil
}

// outputOf takes the name of an output apart: needs.JOB.outputs.NAME or steps.ID.outputs.NAME, of which kind is the first
// word.
func outputOf(kind, name string) (of, output string, ok bool) {
	parts := strings.Split(name, ".")
	if len(parts) != 4 || parts[0] != kind || parts[2] != "outputs" {
		return "", "", false
	}
	return parts[1], parts[3], true
}

// inExpression is what stands in an expression that is a whole value, empty where there is none.
func inExpression(value string) string {
	if match := actionsExpression.FindStringSubmatch(value); match != nil {
		return match[1]
	}
	return ""
}

// given takes the variables out of those of a step that hold what a step of the job before gave.
func (w actionsWorkflow) given(needs string, env map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for name, value := range env {
		job, output, ok := outputOf("needs", inExpression(value))
		if !ok {
			continue
		}
		id, of, ok := outputOf("steps", inExpression(w.Jobs[needs].Outputs[output]))
		if job != needs || !ok {
			return nil, fmt.Errorf("%s: %w", value, errNotUnderstood)
		}
		all[name] = id + "." + of
		delete(env, name)
	}
	return all, nil
}

// orTrue is a condition, which is met where there is none.
func orTrue(condition string) string {
	if condition == "" {
		return "true"
	}
	return condition
}

var actionsExpression = regexp.MustCompile(`^\$\{\{ (.+) \}\}$`)

// actionsEnv takes the variables of a step that hold secrets apart from the others.
func actionsEnv(env map[string]string, environment string, names scope) (plain, secrets map[string]string, err error) {
	plain, secrets = map[string]string{}, map[string]string{}
	for name, value := range env {
		match := actionsExpression.FindStringSubmatch(value)
		switch {
		case match == nil && strings.Contains(value, "${{"):
			return nil, nil, fmt.Errorf("%s: %w", value, errNotUnderstood)
		case match == nil:
			plain[name] = value
		case match[1] == "github.token":
			secrets[name] = match[1]
		case regexp.MustCompile(`^secrets\.\w+$`).MatchString(match[1]):
			// Those of an environment go before those of the repository.
			secrets[name] = environment + match[1]
		default:
			found, err := evaluate(match[1], names)
			if err != nil {
				return nil, nil, err
			}
			plain[name] = fmt.Sprint(found)
		}
	}
	return plain, secrets, nil
}

// actionsScope is what expressions know before the steps run. Forks get neither secrets nor variables.
func actionsScope(run Run) scope {
	return func(name string) (any, error) {
		trusted := run.For != Fork
		switch {
		case name == "vars.PULUMI_STACK" && trusted:
			return run.Stack, nil
		case strings.HasPrefix(name, "secrets.") && trusted:
			return "a secret", nil
		case strings.HasPrefix(name, "secrets."), strings.HasPrefix(name, "vars."):
			return "", nil
		case name == "github.event.pull_request.head.sha":
			return run.Commit, nil
		}
		return nil, fmt.Errorf("the name %q", name)
	}
}

// Runs tells whether a step of GitHub Actions runs after those before it, whose outputs are named ID.NAME. Steps that
// use an action have none.
func (c Command) Runs(outputs map[string]string) (bool, error) {
	return holds(orTrue(c.If), func(name string) (any, error) {
		id, output, ok := outputOf("steps", name)
		if !ok {
			return nil, fmt.Errorf("the name %q", name)
		}
		return outputs[id+"."+output], nil
	})
}
