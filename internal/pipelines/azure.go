package pipelines

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var azure = System{
	Name:   "Azure Pipelines",
	Files:  []string{"examples/ci/azure-pipelines/azure-pipelines.yml"},
	Remote: func(r Run) string { return "https://github.com/" + r.Repository },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"TF_BUILD": "True", "BUILD_REPOSITORY_PROVIDER": "GitHub", "BUILD_REPOSITORY_NAME": r.Repository,
			"BUILD_REPOSITORY_URI": "https://github.com/" + r.Repository, "BUILD_BUILDID": "12",
			"SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/", "SYSTEM_TEAMPROJECTID": "0b7e4d20-93aa-4f0c-8f63-5d2e9a7c4b02",
			"BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": "refs/heads/main", "BUILD_SOURCEVERSION": r.Commit,
		}
		if r.For == PullRequest || r.For == Fork {
			v["BUILD_REASON"] = "PullRequest"
			v["BUILD_SOURCEBRANCH"] = fmt.Sprintf("refs/pull/%d/merge", r.Number)
			// A merge that GitHub made for the run.
			v["BUILD_SOURCEVERSION"] = "5d0b3ac5b1a0d5a0f6c0d4b6f8e7a9c1b2d3e4f5"
			v["SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"] = fmt.Sprint(r.Number)
			v["SYSTEM_PULLREQUEST_SOURCECOMMITID"] = r.Commit
			v["SYSTEM_PULLREQUEST_ISFORK"] = "False"
		}
		if r.For == Fork {
			v["SYSTEM_PULLREQUEST_ISFORK"] = "True"
		}
		return v
	},
	read: readAzure,
}

type azureStep struct {
	Checkout string
	Bash     string
	Env      map[string]string
}

// azureConfig is what an azure-pipelines.yml may hold here.
type azureConfig struct {
	Trigger struct {
		Batch    bool
		Branches struct{ Include one }
	}
	PR struct {
		AutoCancel bool `yaml:"autoCancel"`
		Branches   struct{ Include one }
	} `yaml:"pr"`
	LockBehavior string `yaml:"lockBehavior"`
	Pool         struct {
		VMImage string `yaml:"vmImage"`
	}
	Variables map[string]string
	Stages    []struct {
		Stage     string
		DependsOn []string `yaml:"dependsOn"`
		Condition string
		Jobs      []azureJob
	}
}

type azureJob struct {
	Job, Deployment  string
	Condition        string
	Environment      string
	TimeoutInMinutes int `yaml:"timeoutInMinutes"`
	Variables        []struct{ Group string }
	Steps            []azureStep
	Strategy         struct {
		RunOnce struct {
			Deploy struct{ Steps []azureStep }
		} `yaml:"runOnce"`
	}
}

func readAzure(_ context.Context, f *files, run Run, variables map[string]string) ([]Command, error) {
	var config azureConfig
	if err := decodeYAML(f.text(), &config); err != nil {
		return nil, err
	}
	if run.For == Push && !config.Trigger.Branches.Include.allows("main") || run.For != Push && !config.PR.Branches.Include.allows("main") {
		return nil, nil
	}
	names := func(name string) (any, error) {
		name, ok := strings.CutPrefix(name, "variables.")
		if !ok {
			return nil, fmt.Errorf("the name %q", name)
		}
		// What is not there is empty.
		return variables[strings.ToUpper(strings.ReplaceAll(name, ".", "_"))], nil
	}
	var all []Command
	for _, stage := range config.Stages {
		for _, job := range stage.Jobs {
			runs, err := holds("and("+orTrue(stage.Condition)+", "+orTrue(job.Condition)+")", names)
			if err != nil {
				return nil, err
			}
			common := Command{
				Job: job.Job + job.Deployment, Limit: time.Duration(job.TimeoutInMinutes) * time.Minute, Replaced: config.PR.AutoCancel && run.For != Push,
				Queued: config.Trigger.Batch && config.LockBehavior == "sequential" && job.Environment != "",
			}
			commands, err := job.commands(common, config.Variables)
			if err != nil {
				return nil, fmt.Errorf("job %s: %w", common.Job, err)
			}
			if runs {
				all = append(all, commands...)
			}
		}
	}
	return all, nil
}

var azureMacro = regexp.MustCompile(`^\$\((\w+)\)$`)

func (j azureJob) commands(common Command, variables map[string]string) ([]Command, error) {
	group := ""
	for _, variable := range j.Variables {
		group = variable.Group
	}
	var all []Command
	for _, step := range append(j.Steps, j.Strategy.RunOnce.Deploy.Steps...) {
		if step.Bash == "" {
			continue
		}
		if strings.Contains(regexp.MustCompile(`\$\(\w+\)`).FindString(step.Bash), "$(") {
			return nil, fmt.Errorf("a macro in a command: %w", errNotUnderstood)
		}
		c := common
		c.Shell, c.Text = []string{"bash", "--noprofile", "--norc", "-e", "-c"}, step.Bash
		c.Env, c.Secrets = variables, map[string]string{}
		for name, value := range step.Env {
			match := azureMacro.FindStringSubmatch(value)
			if match == nil || group == "" {
				return nil, fmt.Errorf("%s: %w", value, errNotUnderstood)
			}
			c.Secrets[name] = group + "/" + match[1]
		}
		all = append(all, c)
	}
	return all, nil
}
