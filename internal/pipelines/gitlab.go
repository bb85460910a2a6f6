package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var gitLab = System{
	Name:  "GitLab CI",
	Files: []string{"examples/ci/gitlab/.gitlab-ci.yml"},
	Starts: func(s Situation) string {
		if s == Fork {
			return "GitLab ignores pull requests from forks of a repository on GitHub"
		}
		return ""
	},
	Secretless: true,
	// It clones from a mirror of its own.
	Remote: func(Run) string { return "https://gitlab-ci-token@gitlab.com/acme/mirror.git" },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"CI": "true", "GITLAB_CI": "true", "CI_SERVER_HOST": "gitlab.com", "CI_COMMIT_SHA": r.Commit,
			"CI_COMMIT_BRANCH": r.branch(), "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push",
			"CI_JOB_URL": "https://gitlab.com/acme/mirror/-/jobs/12", "CI_PROJECT_PATH": "acme/mirror",
		}
		if r.For == PullRequest {
			v["CI_PIPELINE_SOURCE"] = "external_pull_request_event"
			v["CI_EXTERNAL_PULL_REQUEST_IID"] = fmt.Sprint(r.Number)
			v["CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"] = r.Repository
			v["CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"] = r.Repository
			v["CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"] = "main"
		}
		return v
	},
	read: readGitLab,
}

type gitLabRule struct {
	If         string
	AutoCancel struct {
		OnNewCommit string `yaml:"on_new_commit"`
	} `yaml:"auto_cancel"`
}

type gitLabJob struct {
	Rules         []gitLabRule
	Interruptible bool
	ResourceGroup string `yaml:"resource_group"`
	Environment   struct{ Name, Action string }
	Timeout       string
	Script        []string
}

// gitLabConfig is what a .gitlab-ci.yml may hold here.
type gitLabConfig struct {
	Workflow struct{ Rules []gitLabRule }
	Default  struct {
		Image        string
		Services     []string
		BeforeScript []string `yaml:"before_script"`
	}
	Variables map[string]string
	Jobs      map[string]gitLabJob `yaml:",inline"`
}

func readGitLab(ctx context.Context, f *files, _ Run, variables map[string]string) ([]Command, error) {
	var config gitLabConfig
	if err := decodeYAML(f.text(), &config); err != nil {
		return nil, err
	}
	commands := map[string]Command{}
	for name := range config.Jobs {
		var err error
		if commands[name], err = config.command(name); err != nil {
			return nil, fmt.Errorf("job %s: %w", name, err)
		}
	}
	jobs, err := gitLabJobs(ctx, f, variables)
	if err != nil {
		return nil, err
	}
	var all []Command
	for _, name := range jobs {
		all = append(all, commands[name])
	}
	return all, nil
}

func (c gitLabConfig) command(name string) (Command, error) {
	job := c.Jobs[name]
	i := slices.IndexFunc(c.Workflow.Rules, func(rule gitLabRule) bool {
		return len(job.Rules) == 1 && job.Rules[0].If == rule.If
	})
	if i < 0 {
		return Command{}, fmt.Errorf("its rule is none of the workflow's: %w", errNotUnderstood)
	}
	cancel := c.Workflow.Rules[i].AutoCancel.OnNewCommit
	limit, err := time.ParseDuration(strings.NewReplacer(" hours", "h", " minutes", "m").Replace(job.Timeout))
	return Command{
		Job: name, Shell: []string{"sh", "-e", "-c"},
		Text: strings.Join(slices.Concat(c.Default.BeforeScript, job.Script), "\n"),
		Env:  c.Variables, Secrets: standard(job.Environment.Name),
		Replaced: job.Interruptible && cancel == "interruptible",
		Queued:   job.ResourceGroup != "" && !job.Interruptible && cancel == "none",
		Limit:    limit,
	}, err
}

// gitLabJobs asks gitlab-ci-local, which knows GitLab's schema and evaluates rules, for the jobs that run.
func gitLabJobs(ctx context.Context, f *files, variables map[string]string) ([]string, error) {
	dir, err := os.MkdirTemp("", "gitlab")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, ".gitlab-ci.yml"), []byte(f.text()), 0o644); err != nil {
		return nil, err
	}
	args := []string{
		filepath.Join(modules(f.root), "node_modules", "gitlab-ci-local", "dist", "index.js"), "--list-json",
		"--home", dir, "--ignore-predefined-vars", strings.Join(slices.Collect(maps.Keys(variables)), ","),
	}
	for name, value := range variables {
		args = append(args, "--variable", name+"="+value)
	}
	out, err := node(ctx, f.root, dir, "", args...)
	if err != nil {
		return nil, err
	}
	var jobs []struct{ Name, When string }
	if err := json.Unmarshal(out, &jobs); err != nil {
		return nil, fmt.Errorf("gitlab-ci-local printed %s: %w", out, err)
	}
	var run []string
	for _, job := range jobs {
		switch job.When {
		case "on_success":
			run = append(run, job.Name)
		case "never":
		default:
			return nil, fmt.Errorf("the job %s runs %s: %w", job.Name, job.When, errNotUnderstood)
		}
	}
	return run, nil
}
