package e2e

import (
	"strings"
	"testing"

	"dagger/iac/pullrequest"
	"iac/internal/hostdagger"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

type env map[string]string

// defaults is what the .env.example must give for a set of variables.
type defaults struct {
	number             int
	repository         string // as gh takes it, empty where .git/config decides
	ownerOfPullRequest string // where the pull request is a URL
}

func TestEnvExampleOnEverySystem(t *testing.T) {

	for _, test := range []struct {
		name string
		env  env
		want defaults
	}{
		{"a laptop", env{}, defaults{}},
		{"a laptop with a token", env{"GITHUB_TOKEN": "x", "AWS_REGION": "eu-west-1"}, defaults{}},
		{"variables set to nothing", env{"GITHUB_REF": "", "BUILDKITE_PULL_REQUEST": "", "CHANGE_URL": "", "CODEBUILD_WEBHOOK_TRIGGER": "", "GITHUB_REPOSITORY": ""}, defaults{}},
		{"a Codespace", env{"GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://github.com"}, defaults{repository: "o/r"}},

		{"GitHub Actions, pull request",
			env{"GITHUB_REF": "refs/pull/7/merge", "GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://github.com"},
			defaults{number: 7, repository: "o/r"}},
		{"GitHub Actions, Enterprise Server",
			env{"GITHUB_REF": "refs/pull/7/merge", "GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://ghe.example.com:8443"},
			defaults{number: 7, repository: "ghe.example.com:8443/o/r"}},
		{"GitHub Actions, merge queue",
			env{"GITHUB_REF": "refs/heads/gh-readonly-queue/pr-1-a/pr-7-" + sha, "GITHUB_REPOSITORY": "o/r"},
			defaults{number: 7, repository: "o/r"}},
		{"GitHub Actions, push", env{"GITHUB_REF": "refs/heads/main", "GITHUB_REPOSITORY": "o/r"}, defaults{repository: "o/r"}},
		{"GitHub Actions, push to a branch like a queue", env{"GITHUB_REF": "refs/heads/x/gh-readonly-queue/main/pr-7-a"}, defaults{}},
		{"GitHub Actions, push to a branch like a pull request", env{"GITHUB_REF": "refs/heads/pull/7/merge"}, defaults{}},
		{"GitHub Actions, tag", env{"GITHUB_REF": "refs/tags/v1"}, defaults{}},

		{"CircleCI, pull request",
			env{"CIRCLE_PULL_REQUEST": "https://github.com/o/r/pull/7", "CIRCLE_BRANCH": "topic"},
			defaults{number: 7, repository: "o/r", ownerOfPullRequest: "o"}},
		{"CircleCI, push", env{"CIRCLE_BRANCH": "main"}, defaults{}},

		{"Buildkite, pull request",
			env{"BUILDKITE_PULL_REQUEST": "7", "BUILDKITE_REPO": "git@github.com:o/r.git", "BUILDKITE_PULL_REQUEST_REPO": "git://github.com/fork/r.git", "BUILDKITE_BRANCH": "topic"},
			defaults{number: 7, repository: "o/r"}},
		{"Buildkite, push", env{"BUILDKITE_PULL_REQUEST": "false", "BUILDKITE_REPO": "git@github.com:o/r.git", "BUILDKITE_BRANCH": "main"}, defaults{repository: "o/r"}},

		{"Jenkins, pull request",
			env{"CHANGE_ID": "7", "CHANGE_URL": "https://ghe.example.com/o/r/pull/7", "GIT_URL": "git@alias:o/r.git", "BRANCH_NAME": "PR-7"},
			defaults{number: 7, repository: "ghe.example.com/o/r", ownerOfPullRequest: "o"}},
		{"Jenkins, number only", env{"CHANGE_ID": "7", "GIT_URL": "https://github.com/o/r.git"}, defaults{number: 7, repository: "o/r"}},
		{"Jenkins, push", env{"BRANCH_NAME": "main", "GIT_BRANCH": "origin/main", "GIT_URL": "https://github.com/o/r.git"}, defaults{repository: "o/r"}},

		{"Azure Pipelines, pull request",
			env{"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "7", "BUILD_SOURCEBRANCH": "refs/pull/7/merge", "BUILD_REPOSITORY_URI": "https://ghe.example.com/o/r", "BUILD_REPOSITORY_NAME": "o/r"},
			defaults{number: 7, repository: "ghe.example.com/o/r"}},
		{"Azure Pipelines, number only", env{"SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "7"}, defaults{number: 7}},
		{"Azure Pipelines, branch only", env{"BUILD_SOURCEBRANCH": "refs/pull/7/merge", "BUILD_REPOSITORY_NAME": "o/r"}, defaults{number: 7, repository: "o/r"}},
		{"Azure Pipelines, push", env{"BUILD_SOURCEBRANCH": "refs/heads/main"}, defaults{}},

		{"GitLab CI, external pull request",
			env{"CI_EXTERNAL_PULL_REQUEST_IID": "7", "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY": "o/r", "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY": "fork/r", "CI_COMMIT_REF_NAME": "topic"},
			defaults{number: 7, repository: "o/r"}},
		{"GitLab CI, push", env{"CI_COMMIT_REF_NAME": "main"}, defaults{}},

		{"Travis CI, pull request",
			env{"TRAVIS_PULL_REQUEST": "7", "TRAVIS_REPO_SLUG": "o/r", "TRAVIS_PULL_REQUEST_SLUG": "fork/r"},
			defaults{number: 7, repository: "o/r"}},
		{"Travis CI, push", env{"TRAVIS_PULL_REQUEST": "false", "TRAVIS_REPO_SLUG": "o/r", "TRAVIS_BRANCH": "main"}, defaults{repository: "o/r"}},

		{"Drone, pull request",
			env{"DRONE_COMMIT_REF": "refs/pull/7/head", "DRONE_REPO": "o/r", "DRONE_REPO_LINK": "https://ghe.example.com/o/r"},
			defaults{number: 7, repository: "ghe.example.com/o/r"}},
		{"Drone, push", env{"DRONE_COMMIT_REF": "refs/heads/main", "DRONE_REPO": "o/r"}, defaults{repository: "o/r"}},
		{"Drone, tag", env{"DRONE_COMMIT_REF": "refs/tags/v1"}, defaults{}},

		{"Woodpecker, pull request",
			env{"CI_COMMIT_REF": "refs/pull/7/head", "CI_REPO": "o/r"},
			defaults{number: 7, repository: "o/r"}},
		{"Woodpecker, Drone's names beside its own", env{"CI_COMMIT_REF": "refs/pull/7/head", "DRONE_COMMIT_REF": "refs/pull/7/head"}, defaults{number: 7}},
		{"Woodpecker, push", env{"CI_COMMIT_REF": "refs/heads/main", "CI_REPO": "o/r", "CI_REPO_URL": "https://ghe.example.com/o/r"}, defaults{repository: "ghe.example.com/o/r"}},

		{"Semaphore, pull request",
			env{"SEMAPHORE_GIT_PR_NUMBER": "7", "SEMAPHORE_GIT_REPO_SLUG": "o/r", "SEMAPHORE_GIT_PR_SLUG": "fork/r"},
			defaults{number: 7, repository: "o/r"}},
		{"Semaphore, push", env{"SEMAPHORE_GIT_REPO_SLUG": "o/r", "SEMAPHORE_GIT_BRANCH": "main"}, defaults{repository: "o/r"}},

		{"Codefresh, pull request",
			env{"CF_PULL_REQUEST_NUMBER": "7", "CF_REPO_OWNER": "o", "CF_REPO_NAME": "r"},
			defaults{number: 7, repository: "o/r"}},
		{"Codefresh, push", env{"CF_REPO_OWNER": "o", "CF_REPO_NAME": "r", "CF_BRANCH": "main"}, defaults{repository: "o/r"}},

		{"CodeBuild, pull request",
			env{"CODEBUILD_WEBHOOK_TRIGGER": "pr/7", "CODEBUILD_SOURCE_REPO_URL": "https://github.com/o/r.git"},
			defaults{number: 7, repository: "o/r"}},
		{"CodeBuild, push", env{"CODEBUILD_WEBHOOK_TRIGGER": "branch/main", "CODEBUILD_SOURCE_REPO_URL": "https://github.com/o/r.git"}, defaults{repository: "o/r"}},
		{"CodeBuild, push to a branch like a pull request", env{"CODEBUILD_WEBHOOK_TRIGGER": "branch/pr/7"}, defaults{}},
		{"CodeBuild, tag", env{"CODEBUILD_WEBHOOK_TRIGGER": "tag/v1"}, defaults{}},
		{"GitHub Actions on a CodeBuild machine", env{"GITHUB_REF": "refs/pull/7/merge", "CODEBUILD_WEBHOOK_TRIGGER": "pr/7"}, defaults{number: 7}},

		{"AppVeyor, pull request",
			env{"APPVEYOR_PULL_REQUEST_NUMBER": "7", "APPVEYOR_REPO_NAME": "o/r", "APPVEYOR_URL": "https://appveyor.example.com"},
			defaults{number: 7, repository: "o/r"}},
		{"AppVeyor, push", env{"APPVEYOR_REPO_NAME": "o/r", "APPVEYOR_REPO_BRANCH": "main"}, defaults{repository: "o/r"}},

		{"Cloud Build, pull request", env{"_PR_NUMBER": "7"}, defaults{number: 7}},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := expandEnvExample(t, test.env)

			pr, err := pullrequest.Parse(values["PREVIEW_GITHUBREF"])
			if err != nil {
				t.Fatal(err)
			}
			repository := ""
			if value := values["PREVIEW_GITHUBREPOSITORY"]; value != "" {
				parsed, err := pullrequest.ParseRepository(value)
				if err != nil {
					t.Fatal(err)
				}
				repository = parsed.String()
			}
			got := defaults{
				number:             pr.Number,
				repository:         repository,
				ownerOfPullRequest: pr.Owner,
			}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestEnvExampleGivesStackAndSecrets(t *testing.T) {
	for _, test := range []struct {
		env   env
		stack string
	}{
		{env{}, "dev"},
		{env{"PULUMI_STACK": "org/project/prod"}, "org/project/prod"},
	} {
		values := expandEnvExample(t, test.env)
		for name, want := range map[string]string{
			"PULUMITOKEN":         "env://PULUMI_ACCESS_TOKEN",
			"AWSACCESSKEY":        "env://AWS_ACCESS_KEY_ID",
			"AWSSECRETKEY":        "env://AWS_SECRET_ACCESS_KEY",
			"PREVIEW_GITHUBTOKEN": "env://GITHUB_TOKEN",
			"PREVIEW_STACK":       test.stack,
			"UP_STACK":            test.stack,
			"REFRESH_STACK":       test.stack,
			"DRIFT_STACK":         test.stack,
			"DESTROY_STACK":       "", // nobody destroys a stack without naming it
		} {
			if values[name] != want {
				t.Errorf("%v: %s=%q, want %q", test.env, name, values[name], want)
			}
		}
	}
}

// The names of steps on the way are neither arguments nor variables of a CI
// system, which they would hide.
func TestEnvExampleNamesItsSteps(t *testing.T) {
	arguments := map[string]bool{
		"PULUMITOKEN": true, "AWSACCESSKEY": true, "AWSSECRETKEY": true,
		"PREVIEW_STACK": true, "UP_STACK": true, "REFRESH_STACK": true, "DRIFT_STACK": true,
		"PREVIEW_GITHUBTOKEN": true, "PREVIEW_GITHUBREF": true, "PREVIEW_GITHUBREPOSITORY": true,
	}
	for name := range expandEnvExample(t, env{}) {
		if !arguments[name] && !strings.HasPrefix(name, "THIS_") {
			t.Errorf("%s is neither an argument nor a step", name)
		}
	}
}

// expandEnvExample expands .env.example as the host engine's caller does, which does it as Dagger's.
func expandEnvExample(t *testing.T, environment env) map[string]string {
	t.Helper()
	var environ []string
	for name, value := range environment {
		environ = append(environ, name+"="+value)
	}
	values, err := hostdagger.ExpandDotEnv("../../.env.example", environ)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
