package pipelines

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

var codeBuild = System{
	Name:       "AWS CodeBuild",
	Files:      []string{"examples/ci/codebuild/buildspec.yml"},
	Secretless: true,
	Remote:     func(r Run) string { return "https://github.com/" + r.Repository + ".git" },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"CODEBUILD_CI": "true", "CODEBUILD_BUILD_NUMBER": "12", "CODEBUILD_BUILD_ID": "infra-up:0b7e4d20-93aa-4f0c-8f63-5d2e9a7c4b02",
			"CODEBUILD_SOURCE_REPO_URL": "https://github.com/" + r.Repository + ".git", "CODEBUILD_RESOLVED_SOURCE_VERSION": r.Commit,
			"CODEBUILD_SOURCE_VERSION": r.Commit, "CODEBUILD_WEBHOOK_TRIGGER": "branch/main", "CODEBUILD_WEBHOOK_EVENT": "PUSH",
			"CODEBUILD_BUILD_URL": "https://eu-west-1.console.aws.amazon.com/codebuild/home?region=eu-west-1#/builds/infra-up:0b7e4d20/view/new",
		}
		if r.For == PullRequest || r.For == Fork {
			pull := fmt.Sprintf("pr/%d", r.Number)
			v["CODEBUILD_WEBHOOK_TRIGGER"], v["CODEBUILD_SOURCE_VERSION"], v["CODEBUILD_WEBHOOK_EVENT"] = pull, pull, "PULL_REQUEST_UPDATED"
			v["CODEBUILD_BUILD_ID"] = "infra-preview:0b7e4d20-93aa-4f0c-8f63-5d2e9a7c4b02"
		}
		return v
	},
	read: readCodeBuild,
}

// buildspec is what a buildspec.yml may hold here.
type buildspec struct {
	Version string
	Env     struct {
		Shell     string
		Variables map[string]string
	}
	Phases map[string]struct{ Commands []string }
}

// readCodeBuild gives the commands of all phases as one: with version 0.2 one shell runs them.
func readCodeBuild(_ context.Context, f *files, run Run, _ map[string]string) ([]Command, error) {
	var spec buildspec
	if err := decodeYAML(f.text(), &spec); err != nil {
		return nil, err
	}
	if spec.Version != "0.2" || spec.Env.Shell != "bash" {
		return nil, fmt.Errorf("version %s with %s: %w", spec.Version, spec.Env.Shell, errNotUnderstood)
	}
	var commands []string
	for _, phase := range []string{"install", "pre_build", "build", "post_build"} {
		commands = append(commands, spec.Phases[phase].Commands...)
		delete(spec.Phases, phase)
	}
	if len(spec.Phases) > 0 {
		return nil, fmt.Errorf("phases %v: %w", spec.Phases, errNotUnderstood)
	}
	keeper := "the project for pull requests"
	if run.For == Push {
		keeper = "the project for main"
	}
	return []Command{{
		Job: "build", Shell: []string{"bash", "-e", "-c"}, Text: strings.Join(slices.Clip(commands), "\n"),
		Env: spec.Env.Variables, Secrets: standard(keeper),
		Replaced: run.For != Push && strings.Contains(f.text(), "stop-build"),
		Queued:   run.For == Push && strings.Contains(f.text(), "waiting for"),
	}}, nil
}
