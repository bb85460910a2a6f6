package cisystem

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"dagger/iac/pullrequest"
)

// example is a system's variables as its vendor documents them, also those
// that are of the fork or of another run and must not count.
type example struct {
	system string
	always string // in every run
	// What is added to it, or other than there.
	pull, fork, push, tag string
	server, config        string // an Enterprise Server, and the remote's URL where the variables do not tell it
	from                  string // the variable that names the pull request
	noPush, noTag         string // why there is none
}

var examples = []example{
	{
		system: "GitHub Actions",
		always: "CI=true GITHUB_ACTIONS=true GITHUB_REPOSITORY=acme/infra GITHUB_SERVER_URL=https://github.com GITHUB_SHA=" + sha,
		pull:   "GITHUB_EVENT_NAME=pull_request GITHUB_REF=refs/pull/7/merge GITHUB_REF_NAME=7/merge GITHUB_HEAD_REF=fix GITHUB_BASE_REF=main",
		fork:   "GITHUB_EVENT_NAME=pull_request GITHUB_REF=refs/pull/7/merge GITHUB_REF_NAME=7/merge GITHUB_HEAD_REF=refs/pull/8/merge GITHUB_BASE_REF=main",
		push:   "GITHUB_EVENT_NAME=push GITHUB_REF=refs/heads/main GITHUB_REF_NAME=main",
		tag:    "GITHUB_EVENT_NAME=push GITHUB_REF=refs/tags/v1 GITHUB_REF_NAME=v1",
		server: "GITHUB_SERVER_URL=https://ghe.example.com GITHUB_REF=refs/pull/7/merge",
		from:   "GITHUB_REF",
		noPush: "GITHUB_REF is a branch (refs/heads/main)",
		noTag:  "GITHUB_REF is a tag (refs/tags/v1)",
	},
	{
		system: "CircleCI",
		always: "CI=true CIRCLECI=true CIRCLE_PROJECT_USERNAME=acme CIRCLE_PROJECT_REPONAME=infra CIRCLE_REPOSITORY_URL=git@github.com:acme/infra.git",
		pull:   "CIRCLE_BRANCH=fix CIRCLE_PULL_REQUEST=https://github.com/acme/infra/pull/7 CIRCLE_PULL_REQUESTS=https://github.com/acme/infra/pull/7 CI_PULL_REQUEST=https://github.com/acme/infra/pull/7",
		fork:   "CIRCLE_BRANCH=pull/7 CIRCLE_PULL_REQUEST=https://github.com/acme/infra/pull/7 CIRCLE_PR_NUMBER=7 CIRCLE_PR_USERNAME=mallory CIRCLE_PR_REPONAME=infra",
		push:   "CIRCLE_BRANCH=main",
		tag:    "CIRCLE_TAG=v1",
		server: "CIRCLE_REPOSITORY_URL=git@ghe.example.com:acme/infra.git CIRCLE_PULL_REQUEST=https://ghe.example.com/acme/infra/pull/7",
		from:   "CIRCLE_PULL_REQUEST",
		noPush: "CIRCLE_PULL_REQUEST is not set",
	},
	{
		system: "Buildkite",
		always: "CI=true BUILDKITE=true BUILDKITE_PIPELINE_PROVIDER=github BUILDKITE_REPO=git@github.com:acme/infra.git",
		pull:   "BUILDKITE_BRANCH=fix BUILDKITE_PULL_REQUEST=7 BUILDKITE_PULL_REQUEST_BASE_BRANCH=main BUILDKITE_PULL_REQUEST_REPO=https://github.com/acme/infra.git",
		fork:   "BUILDKITE_BRANCH=mallory:fix BUILDKITE_PULL_REQUEST=7 BUILDKITE_PULL_REQUEST_REPO=https://github.com/mallory/infra.git",
		push:   "BUILDKITE_BRANCH=main BUILDKITE_PULL_REQUEST=false",
		tag:    "BUILDKITE_BRANCH=v1 BUILDKITE_TAG=v1 BUILDKITE_PULL_REQUEST=false",
		server: "BUILDKITE_PIPELINE_PROVIDER=github_enterprise BUILDKITE_REPO=git@ghe.example.com:acme/infra.git BUILDKITE_PULL_REQUEST=7",
		from:   "BUILDKITE_PULL_REQUEST",
		noPush: `BUILDKITE_PULL_REQUEST is "false"`,
	},
	{
		system: "Azure Pipelines",
		always: "TF_BUILD=True BUILD_REPOSITORY_PROVIDER=GitHub BUILD_REPOSITORY_NAME=acme/infra BUILD_REPOSITORY_URI=https://github.com/acme/infra",
		pull: "BUILD_REASON=PullRequest BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_SOURCEBRANCHNAME=merge SYSTEM_PULLREQUEST_PULLREQUESTNUMBER=7 SYSTEM_PULLREQUEST_PULLREQUESTID=987654321 " +
			"SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI=https://github.com/acme/infra",
		fork:   "BUILD_REASON=PullRequest BUILD_SOURCEBRANCH=refs/pull/7/merge SYSTEM_PULLREQUEST_PULLREQUESTNUMBER=7 SYSTEM_PULLREQUEST_ISFORK=True SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI=https://github.com/mallory/infra",
		push:   "BUILD_REASON=IndividualCI BUILD_SOURCEBRANCH=refs/heads/main",
		tag:    "BUILD_REASON=IndividualCI BUILD_SOURCEBRANCH=refs/tags/v1",
		server: "BUILD_REPOSITORY_PROVIDER=GitHubEnterprise BUILD_REPOSITORY_URI=https://ghe.example.com/acme/infra SYSTEM_PULLREQUEST_PULLREQUESTNUMBER=7",
		from:   "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
		noPush: "BUILD_SOURCEBRANCH is a branch (refs/heads/main)",
		noTag:  "BUILD_SOURCEBRANCH is a tag (refs/tags/v1)",
	},
	{
		system: "GitLab CI",
		always: "CI=true GITLAB_CI=true CI_SERVER_HOST=gitlab.com CI_PROJECT_PATH=mirrors/infra",
		pull:   "CI_PIPELINE_SOURCE=external_pull_request_event CI_EXTERNAL_PULL_REQUEST_IID=7 CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY=acme/infra CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=acme/infra",
		fork:   "CI_EXTERNAL_PULL_REQUEST_IID=7 CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY=mallory/infra CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=acme/infra",
		push:   "CI_PIPELINE_SOURCE=push CI_COMMIT_BRANCH=main CI_COMMIT_REF_NAME=main",
		tag:    "CI_PIPELINE_SOURCE=push CI_COMMIT_TAG=v1 CI_COMMIT_REF_NAME=v1",
		server: "CI_EXTERNAL_PULL_REQUEST_IID=7 CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=acme/infra",
		config: "https://ghe.example.com/acme/infra.git",
		from:   "CI_EXTERNAL_PULL_REQUEST_IID",
		noPush: "CI_EXTERNAL_PULL_REQUEST_IID is not set",
	},
	{
		system: "Travis CI",
		always: "CI=true TRAVIS=true TRAVIS_REPO_SLUG=acme/infra",
		pull:   "TRAVIS_EVENT_TYPE=pull_request TRAVIS_BRANCH=main TRAVIS_PULL_REQUEST=7 TRAVIS_PULL_REQUEST_BRANCH=fix TRAVIS_PULL_REQUEST_SLUG=acme/infra",
		fork:   "TRAVIS_BRANCH=main TRAVIS_PULL_REQUEST=7 TRAVIS_PULL_REQUEST_BRANCH=fix TRAVIS_PULL_REQUEST_SLUG=mallory/infra",
		push:   "TRAVIS_EVENT_TYPE=push TRAVIS_BRANCH=main TRAVIS_PULL_REQUEST=false",
		tag:    "TRAVIS_TAG=v1 TRAVIS_PULL_REQUEST=false",
		server: "TRAVIS_PULL_REQUEST=7",
		config: "git@ghe.example.com:acme/infra.git",
		from:   "TRAVIS_PULL_REQUEST",
		noPush: `TRAVIS_PULL_REQUEST is "false"`,
	},
	{
		system: "Harness CI",
		always: "CI=true DRONE=true HARNESS_PIPELINE_ID=infra HARNESS_BUILD_ID=42 DRONE_REPO_LINK=https://github.com/acme/infra DRONE_REPO=acme/infra",
		pull:   "DRONE_BUILD_EVENT=pull_request DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/head DRONE_SOURCE_BRANCH=fix",
		fork:   "DRONE_BUILD_EVENT=pull_request DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/head DRONE_SOURCE_BRANCH=fix",
		push:   "DRONE_BUILD_EVENT=push DRONE_COMMIT_REF=refs/heads/main",
		tag:    "DRONE_BUILD_EVENT=tag DRONE_COMMIT_REF=refs/tags/v1 DRONE_TAG=v1",
		server: "DRONE_REPO_LINK=https://ghe.example.com/acme/infra DRONE_PULL_REQUEST=7",
		from:   "DRONE_PULL_REQUEST",
		noPush: "DRONE_COMMIT_REF is a branch (refs/heads/main)",
		noTag:  "DRONE_COMMIT_REF is a tag (refs/tags/v1)",
	},
	{
		system: "Woodpecker",
		always: "CI=woodpecker CI_FORGE_TYPE=github CI_FORGE_URL=https://github.com CI_REPO=acme/infra CI_REPO_URL=https://github.com/acme/infra",
		pull:   "CI_PIPELINE_EVENT=pull_request CI_COMMIT_REF=refs/pull/7/head CI_COMMIT_PULL_REQUEST=7 CI_COMMIT_SOURCE_BRANCH=fix",
		fork:   "CI_PIPELINE_EVENT=pull_request CI_COMMIT_REF=refs/pull/7/head CI_COMMIT_PULL_REQUEST=7 CI_COMMIT_REFSPEC=fix:main",
		push:   "CI_PIPELINE_EVENT=push CI_COMMIT_REF=refs/heads/main CI_PREV_COMMIT_REF=refs/pull/8/head",
		tag:    "CI_PIPELINE_EVENT=tag CI_COMMIT_REF=refs/tags/v1",
		server: "CI_FORGE_URL=https://ghe.example.com CI_REPO_URL=https://ghe.example.com/acme/infra CI_COMMIT_REF=refs/pull/7/head",
		from:   "CI_COMMIT_REF",
		noPush: "CI_COMMIT_REF is a branch (refs/heads/main)",
		noTag:  "CI_COMMIT_REF is a tag (refs/tags/v1)",
	},
	{
		system: "Vela",
		always: "CI=true VELA=true VELA_REPO_FULL_NAME=acme/infra VELA_REPO_LINK=https://github.com/acme/infra",
		pull:   "VELA_BUILD_EVENT=pull_request VELA_BUILD_REF=refs/pull/7/head VELA_BUILD_PULL_REQUEST=7 VELA_PULL_REQUEST=7 VELA_PULL_REQUEST_SOURCE=fix",
		fork:   "VELA_BUILD_EVENT=pull_request VELA_BUILD_REF=refs/pull/7/head VELA_BUILD_PULL_REQUEST=7 VELA_PULL_REQUEST=7 VELA_PULL_REQUEST_SOURCE=fix",
		push:   "VELA_BUILD_EVENT=push VELA_BUILD_REF=refs/heads/main",
		tag:    "VELA_BUILD_EVENT=tag VELA_BUILD_REF=refs/tags/v1 VELA_BUILD_TAG=v1",
		server: "VELA_REPO_LINK=https://ghe.example.com/acme/infra VELA_BUILD_PULL_REQUEST=7",
		from:   "VELA_BUILD_PULL_REQUEST",
		noPush: "VELA_BUILD_PULL_REQUEST is not set",
	},
	{
		system: "Drone",
		always: "CI=true DRONE=true DRONE_REPO=acme/infra DRONE_REPO_LINK=https://github.com/acme/infra DRONE_GIT_HTTP_URL=https://github.com/acme/infra.git",
		pull:   "DRONE_BUILD_EVENT=pull_request DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/head DRONE_BRANCH=main",
		fork:   "DRONE_BUILD_EVENT=pull_request DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/head DRONE_COMMIT_AUTHOR=mallory",
		push:   "DRONE_BUILD_EVENT=push DRONE_COMMIT_REF=refs/heads/main DRONE_BRANCH=main",
		tag:    "DRONE_BUILD_EVENT=tag DRONE_COMMIT_REF=refs/tags/v1 DRONE_TAG=v1",
		server: "DRONE_REPO_LINK=https://ghe.example.com/acme/infra DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/head",
		from:   "DRONE_PULL_REQUEST",
		noPush: "DRONE_COMMIT_REF is a branch (refs/heads/main)",
		noTag:  "DRONE_COMMIT_REF is a tag (refs/tags/v1)",
	},
	{
		system: "TeamCity",
		always: "TEAMCITY_VERSION=2025.07 GITHUB_REPO_URL=https://github.com/acme/infra GITHUB_REPO_SLUG=acme/infra BUILD_VCS_NUMBER=" + sha,
		pull:   "TEAMCITY_PULLREQUEST_NUMBER=7 Git_Branch=refs/pull/7/head",
		fork:   "TEAMCITY_PULLREQUEST_NUMBER=7 Git_Branch=pull/7",
		push:   "TEAMCITY_PULLREQUEST_NUMBER=%teamcity.pullRequest.number% Git_Branch=refs/heads/main",
		tag:    "Git_Branch=refs/tags/v1",
		server: "TEAMCITY_PULLREQUEST_NUMBER=7 GITHUB_REPO_URL=https://ghe.example.com/acme/infra",
		from:   "TEAMCITY_PULLREQUEST_NUMBER",
		noPush: "Git_Branch is a branch (refs/heads/main)",
		noTag:  "Git_Branch is a tag (refs/tags/v1)",
	},
	{
		system: "AWS CodeBuild",
		always: "CODEBUILD_CI=true CODEBUILD_BUILD_ID=infra:1 CODEBUILD_SOURCE_REPO_URL=https://github.com/acme/infra.git",
		pull:   "CODEBUILD_WEBHOOK_TRIGGER=pr/7 CODEBUILD_SOURCE_VERSION=pr/7 CODEBUILD_WEBHOOK_EVENT=PULL_REQUEST_UPDATED CODEBUILD_WEBHOOK_HEAD_REF=refs/heads/fix CODEBUILD_WEBHOOK_BASE_REF=refs/heads/main",
		fork:   "CODEBUILD_WEBHOOK_TRIGGER=pr/7 CODEBUILD_SOURCE_VERSION=pr/7 CODEBUILD_WEBHOOK_HEAD_REF=refs/heads/pr/8",
		push:   "CODEBUILD_WEBHOOK_TRIGGER=branch/main CODEBUILD_SOURCE_VERSION=" + sha + " CODEBUILD_WEBHOOK_HEAD_REF=refs/heads/main",
		tag:    "CODEBUILD_WEBHOOK_TRIGGER=tag/v1 CODEBUILD_SOURCE_VERSION=" + sha,
		server: "CODEBUILD_SOURCE_REPO_URL=https://ghe.example.com/acme/infra.git CODEBUILD_WEBHOOK_TRIGGER=pr/7",
		from:   "CODEBUILD_WEBHOOK_TRIGGER",
		noPush: "CODEBUILD_WEBHOOK_TRIGGER is a branch (branch/main)",
		noTag:  "CODEBUILD_WEBHOOK_TRIGGER is a tag (tag/v1)",
	},
	{
		system: "Semaphore",
		always: "CI=true SEMAPHORE=true SEMAPHORE_GIT_PROVIDER=github SEMAPHORE_GIT_URL=git@github.com:acme/infra.git SEMAPHORE_GIT_REPO_SLUG=acme/infra",
		pull:   "SEMAPHORE_GIT_REF_TYPE=pull-request SEMAPHORE_GIT_REF=refs/pull/7/head SEMAPHORE_GIT_PR_NUMBER=7 SEMAPHORE_GIT_PR_SLUG=acme/infra SEMAPHORE_GIT_PR_BRANCH=fix",
		fork:   "SEMAPHORE_GIT_REF_TYPE=pull-request SEMAPHORE_GIT_PR_NUMBER=7 SEMAPHORE_GIT_PR_SLUG=mallory/infra",
		push:   "SEMAPHORE_GIT_REF_TYPE=branch SEMAPHORE_GIT_REF=refs/heads/main",
		tag:    "SEMAPHORE_GIT_REF_TYPE=tag SEMAPHORE_GIT_REF=refs/tags/v1 SEMAPHORE_GIT_TAG_NAME=v1",
		from:   "SEMAPHORE_GIT_PR_NUMBER",
		noPush: "SEMAPHORE_GIT_PR_NUMBER is not set",
	},
	{
		system: "Codefresh",
		always: "CF_BUILD_ID=1 CF_REPO_OWNER=acme CF_REPO_NAME=infra",
		pull:   "CF_BRANCH=fix CF_PULL_REQUEST_NUMBER=7 CF_PULL_REQUEST_ID=987654321 CF_PULL_REQUEST_TARGET=main CF_PULL_REQUEST_IS_FORK=false",
		fork:   "CF_BRANCH=fix CF_PULL_REQUEST_NUMBER=7 CF_PULL_REQUEST_ID=987654321 CF_PULL_REQUEST_IS_FORK=true",
		push:   "CF_BRANCH=main CF_PULL_REQUEST_NUMBER=${{CF_PULL_REQUEST_NUMBER}}",
		tag:    "CF_BRANCH=v1",
		server: "CF_PULL_REQUEST_NUMBER=7",
		config: "https://ghe.example.com/acme/infra.git",
		from:   "CF_PULL_REQUEST_NUMBER",
		noPush: "CF_PULL_REQUEST_NUMBER is not set",
	},
	{
		system: "AppVeyor",
		always: "CI=True APPVEYOR=True APPVEYOR_REPO_PROVIDER=gitHub APPVEYOR_REPO_NAME=acme/infra APPVEYOR_REPO_BRANCH=main",
		pull:   "APPVEYOR_PULL_REQUEST_NUMBER=7 APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME=acme/infra APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH=fix",
		fork:   "APPVEYOR_PULL_REQUEST_NUMBER=7 APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME=mallory/infra",
		push:   "APPVEYOR_REPO_TAG=false",
		tag:    "APPVEYOR_REPO_TAG=true APPVEYOR_REPO_TAG_NAME=v1",
		server: "APPVEYOR_REPO_PROVIDER=gitHubEnterprise APPVEYOR_PULL_REQUEST_NUMBER=7",
		config: "https://ghe.example.com/acme/infra.git",
		from:   "APPVEYOR_PULL_REQUEST_NUMBER",
		noPush: "APPVEYOR_PULL_REQUEST_NUMBER is not set",
	},
	{
		system: "Google Cloud Build",
		always: "BUILDER_OUTPUT=/builder/outputs REPO_FULL_NAME=acme/infra REPO_NAME=infra",
		pull:   "_PR_NUMBER=7 _HEAD_BRANCH=fix _BASE_BRANCH=main _HEAD_REPO_URL=https://github.com/acme/infra",
		fork:   "_PR_NUMBER=7 _HEAD_REPO_URL=https://github.com/mallory/infra",
		push:   "_PR_NUMBER=$_PR_NUMBER BRANCH_NAME=main",
		tag:    "TAG_NAME=v1",
		server: "_PR_NUMBER=7",
		config: "https://ghe.example.com/acme/infra",
		from:   "_PR_NUMBER",
		noPush: "_PR_NUMBER is not set",
	},
	{
		system: "Bamboo",
		always: "bamboo_planKey=IN-INFRA bamboo_planRepository_type=gitv2 bamboo_planRepository_repositoryUrl=https://github.com/acme/infra.git",
		pull:   "bamboo_repository_pr_key=7 bamboo_repository_pr_sourceBranch=fix bamboo_repository_pr_targetBranch=main",
		fork:   "bamboo_repository_pr_key=7 bamboo_repository_pr_sourceBranch=mallory:fix",
		push:   "bamboo_planRepository_branchName=main",
		tag:    "bamboo_planRepository_branchName=v1",
		server: "bamboo_repository_pr_key=7 bamboo_planRepository_repositoryUrl=git@ghe.example.com:acme/infra.git",
		from:   "bamboo_repository_pr_key",
		noPush: "bamboo_repository_pr_key is not set",
	},
	{
		system: "Bitrise",
		always: "CI=true BITRISE_IO=true GIT_REPOSITORY_URL=git@github.com:acme/infra.git BITRISEIO_GIT_REPOSITORY_OWNER=acme BITRISEIO_GIT_REPOSITORY_SLUG=infra",
		pull:   "BITRISE_PULL_REQUEST=7 BITRISE_GIT_BRANCH=fix BITRISEIO_PULL_REQUEST_REPOSITORY_URL=https://github.com/acme/infra.git",
		fork:   "BITRISE_PULL_REQUEST=7 BITRISEIO_PULL_REQUEST_REPOSITORY_URL=https://github.com/mallory/infra.git",
		push:   "BITRISE_GIT_BRANCH=main",
		tag:    "BITRISE_GIT_TAG=v1",
		server: "BITRISE_PULL_REQUEST=7 GIT_REPOSITORY_URL=git@ghe.example.com:acme/infra.git",
		from:   "BITRISE_PULL_REQUEST",
		noPush: "BITRISE_PULL_REQUEST is not set",
	},
	{
		system: "Buddy",
		always: "CI=true BUDDY=true BUDDY_SCM_URL=https://github.com/acme/infra BUDDY_REPO_SLUG=acme/infra",
		pull:   "BUDDY_EXECUTION_PULL_REQUEST_NO=7 BUDDY_EXECUTION_PULL_REQUEST_ID=pull/7 BUDDY_RUN_PR_NO=7",
		fork:   "BUDDY_RUN_PR_NO=7 BUDDY_EXECUTION_PULL_REQUEST_HEAD_REPO=mallory/infra",
		push:   "BUDDY_EXECUTION_BRANCH=main",
		tag:    "BUDDY_EXECUTION_TAG=v1",
		server: "BUDDY_RUN_PR_NO=7 BUDDY_SCM_URL=https://ghe.example.com/acme/infra",
		from:   "BUDDY_RUN_PR_NO",
		noPush: "BUDDY_RUN_PR_NO is not set",
	},
	{
		system: "Cirrus CI",
		always: "CI=true CIRRUS_CI=true CIRRUS_REPO_FULL_NAME=acme/infra CIRRUS_REPO_CLONE_HOST=github.com",
		pull:   "CIRRUS_PR=7 CIRRUS_BRANCH=pull/7 CIRRUS_BASE_BRANCH=main",
		fork:   "CIRRUS_PR=7 CIRRUS_BRANCH=pull/7 CIRRUS_BASE_BRANCH=main",
		push:   "CIRRUS_BRANCH=main",
		tag:    "CIRRUS_TAG=v1",
		from:   "CIRRUS_PR",
		noPush: "CIRRUS_PR is not set",
	},
	{
		system: "Screwdriver",
		always: "CI=true SCREWDRIVER=true SCM_URL=git@github.com:acme/infra.git#main GIT_URL=https://github.com/acme/infra.git",
		pull:   "SD_PULL_REQUEST=7 PR_BRANCH_NAME=origin/refs/pull/7/head PR_BASE_BRANCH_NAME=main",
		fork:   "SD_PULL_REQUEST=7",
		push:   "SD_PULL_REQUEST=",
		tag:    "SD_PULL_REQUEST=false",
		server: "SD_PULL_REQUEST=7 SCM_URL=git@ghe.example.com:acme/infra.git#main",
		from:   "SD_PULL_REQUEST",
		noPush: "SD_PULL_REQUEST is not set",
		noTag:  `SD_PULL_REQUEST is "false"`,
	},
	{
		system: "Jenkins",
		always: "JENKINS_URL=https://ci.example.com/ GIT_URL=https://github.com/acme/infra.git",
		pull:   "BRANCH_NAME=PR-7 CHANGE_ID=7 CHANGE_URL=https://github.com/acme/infra/pull/7 CHANGE_BRANCH=fix CHANGE_TARGET=main",
		fork:   "BRANCH_NAME=PR-7 CHANGE_ID=7 CHANGE_URL=https://github.com/acme/infra/pull/7 CHANGE_FORK=mallory CHANGE_BRANCH=fix",
		push:   "BRANCH_NAME=main GIT_BRANCH=origin/main",
		tag:    "BRANCH_NAME=v1 TAG_NAME=v1",
		server: "CHANGE_ID=7 CHANGE_URL=https://ghe.example.com/acme/infra/pull/7 GIT_URL=https://ghe.example.com/acme/infra.git",
		from:   "CHANGE_URL",
		noPush: "CHANGE_URL is not set",
	},
	{
		system: "Atlantis",
		always: "BASE_REPO_OWNER=acme BASE_REPO_NAME=infra",
		pull:   "PULL_NUM=7 PULL_URL=https://github.com/acme/infra/pull/7 HEAD_REPO_OWNER=acme HEAD_REPO_NAME=infra HEAD_BRANCH_NAME=fix",
		fork:   "PULL_NUM=7 PULL_URL=https://github.com/acme/infra/pull/7 HEAD_REPO_OWNER=mallory HEAD_REPO_NAME=infra",
		server: "PULL_NUM=7 PULL_URL=https://ghe.example.com/acme/infra/pull/7",
		from:   "PULL_URL",
	},
	{
		system: "Prow",
		always: "CI=true REPO_OWNER=acme REPO_NAME=infra PULL_BASE_REF=main",
		pull:   "JOB_TYPE=presubmit PULL_NUMBER=7 PULL_HEAD_REF=fix PULL_REFS=main:" + sha + ",7:" + sha,
		fork:   "JOB_TYPE=presubmit PULL_NUMBER=7 PULL_HEAD_REF=fix",
		push:   "JOB_TYPE=postsubmit",
		tag:    "JOB_TYPE=postsubmit PULL_BASE_REF=v1",
		server: "JOB_TYPE=presubmit PULL_NUMBER=7",
		config: "https://ghe.example.com/acme/infra.git",
		from:   "PULL_NUMBER",
		noPush: "PULL_NUMBER is not set",
	},
	{
		system: "Pulumi",
		pull:   "PULUMI_CI_SYSTEM=Ours PULUMI_PR_NUMBER=7 GITHUB_ACTIONS=true GITHUB_REF=refs/heads/main GITHUB_REPOSITORY=acme/infra",
		fork:   "PULUMI_PR_NUMBER=7 CIRCLECI=true CIRCLE_REPOSITORY_URL=https://github.com/acme/infra",
		server: "PULUMI_PR_NUMBER=7",
		config: "https://ghe.example.com/acme/infra.git",
		from:   "PULUMI_PR_NUMBER",
	},
}

var sha = strings.Repeat("0a1b2c3d", 5)

// line is what DotEnv becomes where these variables are set, the later ones before the earlier.
func line(environment ...string) string {
	set := map[string]string{}
	for word := range strings.FieldsSeq(strings.Join(environment, " ")) {
		name, value, _ := strings.Cut(word, "=")
		set[name] = value
	}
	return expand(set)
}

func expand(set map[string]string) string {
	text := strings.TrimSuffix(strings.TrimPrefix(DotEnv(), `CIVARIABLES="`), `"`)
	return os.Expand(text, func(name string) string { return set[strings.TrimSuffix(name, ":-")] })
}

func gitConfig(url string) func() (string, error) {
	return func() (string, error) {
		if url == "" {
			return "", errors.New("open .git/config: no such file or directory")
		}
		return "[remote \"origin\"]\n\turl = " + url + "\n", nil
	}
}

func TestEverySystem(t *testing.T) {
	for _, e := range examples {
		source := finding{system: e.system, variable: e.from}.source()
		noTag := e.noTag
		if noTag == "" {
			noTag = e.noPush
		}
		for _, run := range []struct{ name, set, config, want string }{
			{"pull request", e.pull, "", "pull request acme/infra#7, from " + source},
			{"pull request, .git/config of github.com", e.pull, "https://github.com/acme/infra", "pull request acme/infra#7, from " + source},
			{"pull request of a fork", e.fork, "", "pull request acme/infra#7, from " + source},
			{"push", e.push, "", e.system + ": " + e.noPush},
			{"tag", e.tag, "", e.system + ": " + noTag},
			{"Enterprise Server", e.server, e.config, "pull request ghe.example.com/acme/infra#7, from " + source},
		} {
			if run.set == "" {
				continue
			}
			t.Run(e.system+"/"+run.name, func(t *testing.T) {
				if e.system == "Pulumi" && run.name == "Enterprise Server" {
					e.always = ""
				}
				got, err := Find(Input{Variables: line(e.always, run.set), GitConfig: gitConfig(run.config)})
				if err != nil || got.String() != run.want {
					t.Errorf("%q, %v\nwant %q", got, err, run.want)
				}
				if got.System != e.system {
					t.Errorf("system %q", got.System)
				}
			})
		}
	}
}

func TestEverySystemHasExamples(t *testing.T) {
	mayLack := map[string][]string{
		// Only the cloud's repositories are built, or the system runs for pull requests only.
		"Semaphore": {"server"}, "Cirrus CI": {"server"}, "Atlantis": {"push", "tag"}, "Pulumi": {"push", "tag"},
	}
	for _, s := range systems {
		i := slices.IndexFunc(examples, func(e example) bool { return e.system == s.name })
		if i < 0 {
			t.Errorf("%s has no example", s.name)
			continue
		}
		e := examples[i]
		for name, set := range map[string]string{"pull": e.pull, "fork": e.fork, "push": e.push, "tag": e.tag, "server": e.server} {
			if (set == "") != slices.Contains(mayLack[s.name], name) {
				t.Errorf("%s: example %s: %q", s.name, name, set)
			}
		}
	}
}

func TestVariants(t *testing.T) {
	const github = "GITHUB_ACTIONS=true GITHUB_REPOSITORY=acme/infra "
	for _, test := range []struct{ name, set, config, want string }{
		// GitHub Actions
		{"merge queue", github + "GITHUB_REF=refs/heads/gh-readonly-queue/main/pr-7-0a1b", "", "pull request acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"pull_request_target", github + "GITHUB_EVENT_NAME=pull_request_target GITHUB_REF=refs/heads/main", "", "GitHub Actions: GITHUB_REF is a branch (refs/heads/main)"},
		{"short branch", github + "GITHUB_REF=main", "", "GitHub Actions: GITHUB_REF is a branch or a tag (main)"},
		{"short branch called as a number", github + "GITHUB_REF=7", "", "GitHub Actions: GITHUB_REF is a branch or a tag (7)"},
		{"short branch called as a pull request", github + "GITHUB_REF=pull/7/merge", "", "GitHub Actions: GITHUB_REF is a branch or a tag (pull/7/merge)"},
		{"short branch called as a trigger", github + "GITHUB_REF=pr/7", "", "GitHub Actions: GITHUB_REF is a branch or a tag (pr/7)"},
		{"branch called as a pull request", github + "GITHUB_REF=refs/heads/refs/pull/7/merge", "", "GitHub Actions: GITHUB_REF is a branch (refs/heads/refs/pull/7/merge)"},
		{"branch with other characters", github + "GITHUB_REF=refs/heads/<b>", "", `GitHub Actions: GITHUB_REF is a branch ("refs/heads/<b>")`},
		{"server with data residency", github + "GITHUB_SERVER_URL=https://acme.ghe.com GITHUB_REF=refs/pull/7/merge", "", "pull request acme.ghe.com/acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"server with a port", github + "GITHUB_SERVER_URL=https://ghe.example.com:8443/ GITHUB_REF=refs/pull/7/merge", "", "pull request ghe.example.com:8443/acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"without its marks", "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra", "", "pull request acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"Gitea", github + "GITEA_ACTIONS=true GITHUB_REF=refs/pull/7/head", "", "GitHub Actions: GITEA_ACTIONS is set: the repository is not on GitHub"},
		{"Forgejo", github + "FORGEJO_ACTIONS=true GITHUB_REF=refs/pull/7/head", "", "GitHub Actions: FORGEJO_ACTIONS is set: the repository is not on GitHub"},
		{"another forge's server", github + "GITHUB_SERVER_URL=https://codeberg.org GITHUB_REF=refs/pull/7/head", "", `GitHub Actions: GITHUB_SERVER_URL is "https://codeberg.org": the repository is not on GitHub`},
		{"a codespace", "GITHUB_REPOSITORY=acme/infra GITHUB_SERVER_URL=https://github.com", "", "no pull request is given, and no variable of a CI system"},
		// CircleCI
		{"CircleCI 1", "CIRCLECI=true CI_PULL_REQUEST=https://github.com/acme/infra/pull/7", "", "pull request acme/infra#7, from CircleCI's CI_PULL_REQUEST"},
		{"CircleCI 1, without its mark", "CI_PULL_REQUEST=https://github.com/acme/infra/pull/7 CIRCLE_REPOSITORY_URL=https://github.com/acme/infra", "", "pull request acme/infra#7, from CircleCI's CI_PULL_REQUEST"},
		{"CircleCI, only the number", "CIRCLECI=true CIRCLE_PR_NUMBER=7 CIRCLE_PR_USERNAME=mallory CIRCLE_REPOSITORY_URL=https://github.com/acme/infra", "", "pull request acme/infra#7, from CircleCI's CIRCLE_PR_NUMBER"},
		{"CircleCI, no URL of the repository", "CIRCLECI=true CIRCLE_PR_NUMBER=7 CIRCLE_PROJECT_USERNAME=acme CIRCLE_PROJECT_REPONAME=infra", "", "pull request acme/infra#7, from CircleCI's CIRCLE_PR_NUMBER"},
		{"CircleCI, the fork's own project", "CIRCLECI=true CIRCLE_PULL_REQUEST=https://github.com/acme/infra/pull/7 CIRCLE_REPOSITORY_URL=git@github.com:mallory/infra.git", "", "pull request acme/infra#7, from CircleCI's CIRCLE_PULL_REQUEST"},
		{"CircleCI, a branch with two pull requests", "CIRCLECI=true CIRCLE_PULL_REQUEST=https://github.com/acme/infra/pull/7 CIRCLE_PULL_REQUESTS=https://github.com/acme/infra/pull/7,https://github.com/acme/infra/pull/8", "",
			`CircleCI: CIRCLE_PULL_REQUESTS names several pull requests ("https://github.com/acme/infra/pull/7,https://github.com/acme/infra/pull/8"), of which github-ref can give one`},
		{"CircleCI, Bitbucket", "CIRCLECI=true CIRCLE_PULL_REQUEST=https://bitbucket.org/acme/infra/pull-requests/7", "", `CircleCI: CIRCLE_PULL_REQUEST is not a pull request on GitHub ("https://bitbucket.org/acme/infra/pull-requests/7")`},
		{"CircleCI, Bitbucket, only the number", "CIRCLECI=true CIRCLE_PR_NUMBER=7 CIRCLE_REPOSITORY_URL=git@bitbucket.org:acme/infra.git", "", `CircleCI: CIRCLE_REPOSITORY_URL is "…@bitbucket.org:acme/infra.git": the repository is not on GitHub`},
		{"not CircleCI's", "CI_PULL_REQUEST=7", "", "no pull request is given, and no variable of a CI system"},
		// Buildkite
		{"Buildkite, a key of its own", "BUILDKITE_PULL_REQUEST=7 BUILDKITE_PIPELINE_PROVIDER=github BUILDKITE_REPO=git@github.com-infra:acme/infra.git", "", "pull request acme/infra#7, from Buildkite's BUILDKITE_PULL_REQUEST"},
		{"Buildkite, an alias and .git/config", "BUILDKITE_PULL_REQUEST=7 BUILDKITE_REPO=git@github.com-infra:acme/infra.git", "https://github.com/acme/infra", "pull request acme/infra#7, from Buildkite's BUILDKITE_PULL_REQUEST"},
		{"Buildkite, GitLab", "BUILDKITE_PULL_REQUEST=7 BUILDKITE_PIPELINE_PROVIDER=gitlab BUILDKITE_REPO=git@gitlab.example.com:acme/infra.git", "", `Buildkite: BUILDKITE_PIPELINE_PROVIDER is "gitlab": the repository is not on GitHub`},
		{"Buildkite, merge queue", "BUILDKITE=true BUILDKITE_BRANCH=gh-readonly-queue/main/pr-7-0a1b BUILDKITE_PULL_REQUEST=false", "", `Buildkite: BUILDKITE_PULL_REQUEST is "false"`},
		// Azure Pipelines
		{"Azure, only the branch", "TF_BUILD=True BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_REPOSITORY_URI=https://github.com/acme/infra", "", "pull request acme/infra#7, from Azure Pipelines' BUILD_SOURCEBRANCH"},
		{"Azure, short branch", "TF_BUILD=True BUILD_SOURCEBRANCH=7", "", "Azure Pipelines: BUILD_SOURCEBRANCH is a branch or a tag (7)"},
		{"Azure, number left as it was written", "TF_BUILD=True SYSTEM_PULLREQUEST_PULLREQUESTNUMBER=$(System.PullRequest.PullRequestNumber) BUILD_SOURCEBRANCH=refs/heads/main", "", "Azure Pipelines: BUILD_SOURCEBRANCH is a branch (refs/heads/main)"},
		{"Azure Repos", "TF_BUILD=True BUILD_REPOSITORY_PROVIDER=TfsGit BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_REPOSITORY_NAME=infra BUILD_REPOSITORY_URI=https://acme@dev.azure.com/acme/p/_git/infra", "", `Azure Pipelines: BUILD_REPOSITORY_PROVIDER is "TfsGit": the repository is not on GitHub`},
		{"Azure Repos by its URL", "TF_BUILD=True BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_REPOSITORY_URI=https://acme.visualstudio.com/p/_git/infra", "", `Azure Pipelines: BUILD_REPOSITORY_URI is "https://acme.visualstudio.com/p/_git/infra": the repository is not on GitHub`},
		{"Azure, name only", "TF_BUILD=True BUILD_REPOSITORY_PROVIDER=GitHub BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_REPOSITORY_NAME=acme/infra", "https://ghe.example.com/acme/infra", "pull request acme/infra#7, from Azure Pipelines' BUILD_SOURCEBRANCH"},
		// GitLab CI
		{"GitLab, a merge request", "GITLAB_CI=true CI_MERGE_REQUEST_IID=7", "", "GitLab CI: CI_MERGE_REQUEST_IID is a merge request on GitLab (7)"},
		{"GitLab of one's own, as it clones", "CI_EXTERNAL_PULL_REQUEST_IID=7 CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=acme/infra CI_SERVER_HOST=git.example.com", "https://git.example.com:8443/acme/infra.git", "pull request acme/infra#7, from GitLab CI's CI_EXTERNAL_PULL_REQUEST_IID"},
		{"gitlab.com, as it clones", "CI_EXTERNAL_PULL_REQUEST_IID=7 CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=acme/infra CI_SERVER_HOST=gitlab.com", "https://gitlab.com/mirrors/infra.git", "pull request acme/infra#7, from GitLab CI's CI_EXTERNAL_PULL_REQUEST_IID"},
		// Others
		{"Travis, Bitbucket", "TRAVIS=true TRAVIS_PULL_REQUEST=7 TRAVIS_REPO_SLUG=acme/infra", "git@bitbucket.org:acme/infra.git", `Travis CI: TRAVIS_PULL_REQUEST names pull request 7, but the remote "origin" in .git/config: "…@bitbucket.org:acme/infra.git" is not a repository on GitHub, but on another forge: expected OWNER/NAME or HOST/OWNER/NAME`},
		{"Travis, a fork is checked out", "TRAVIS_PULL_REQUEST=7 TRAVIS_REPO_SLUG=acme/infra", "git@ghe.example.com:mallory/Infra.git", "pull request ghe.example.com/acme/infra#7, from Travis CI's TRAVIS_PULL_REQUEST"},
		{"Travis, .git/config with an alias", "TRAVIS_PULL_REQUEST=7 TRAVIS_REPO_SLUG=acme/infra", "git@work:acme/infra.git", "pull request acme/infra#7, from Travis CI's TRAVIS_PULL_REQUEST"},
		{"Drone, GitLab", "DRONE=true DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/merge-requests/7/head DRONE_REPO_LINK=https://gitlab.example.com/acme/infra", "", "Drone: DRONE_COMMIT_REF is not a pull request on GitHub (refs/merge-requests/7/head)"},
		{"Drone, Gitea", "DRONE=true DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/head DRONE_REPO_LINK=https://gitea.example.com/acme/infra", "", `Drone: DRONE_REPO_LINK is "https://gitea.example.com/acme/infra": the repository is not on GitHub`},
		{"Drone, Bitbucket Server", "DRONE=true DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull-requests/7/from", "", "Drone: DRONE_COMMIT_REF is not a pull request on GitHub (refs/pull-requests/7/from)"},
		{"Drone, only the reference", "DRONE_COMMIT_REF=refs/pull/7/head DRONE_REPO=acme/infra", "", "pull request acme/infra#7, from Drone's DRONE_COMMIT_REF"},
		{"Drone 0.8", "CI=drone DRONE=true DRONE_PULL_REQUEST=7 DRONE_COMMIT_REF=refs/pull/7/merge DRONE_REPO_LINK=https://github.com/acme/infra CI_COMMIT_REF=refs/pull/7/merge", "", "pull request acme/infra#7, from Woodpecker's CI_COMMIT_REF"},
		{"Woodpecker, Gitea", "CI=woodpecker CI_FORGE_TYPE=gitea CI_COMMIT_REF=refs/pull/7/head CI_REPO_URL=https://git.example.com/acme/infra", "", `Woodpecker: CI_FORGE_TYPE is "gitea": the repository is not on GitHub`},
		{"Woodpecker, Forgejo", "CI=woodpecker CI_FORGE_TYPE=forgejo CI_COMMIT_REF=refs/pull/7/head CI_REPO_URL=https://codeberg.org/acme/infra", "", `Woodpecker: CI_FORGE_TYPE is "forgejo": the repository is not on GitHub`},
		{"Woodpecker, name and server", "CI_COMMIT_REF=refs/pull/7/head CI_REPO=acme/infra CI_FORGE_URL=https://ghe.example.com", "", "pull request ghe.example.com/acme/infra#7, from Woodpecker's CI_COMMIT_REF"},
		{"TeamCity, a branch of the build feature", "TEAMCITY_VERSION=1 Git_Branch=pull/7", "https://github.com/acme/infra", "pull request acme/infra#7, from TeamCity's Git_Branch"},
		{"TeamCity, a branch of a branch specification", "TEAMCITY_VERSION=1 Git_Branch=7/merge", "https://github.com/acme/infra", "pull request acme/infra#7, from TeamCity's Git_Branch"},
		{"TeamCity, a branch called 7", "TEAMCITY_VERSION=1 Git_Branch=7", "https://github.com/acme/infra", "TeamCity: Git_Branch is a branch or a tag (7)"},
		{"TeamCity, the URL", "TEAMCITY_VERSION=1 PULL_REQUEST_URL=https://github.com/acme/infra/pull/7", "", "pull request acme/infra#7, from TeamCity's PULL_REQUEST_URL"},
		{"TeamCity, number and name", "TEAMCITY_VERSION=1 GITHUB_PULL_REQUEST_ID=7 GITHUB_REPO_SLUG=acme/infra", "", "pull request acme/infra#7, from TeamCity's GITHUB_PULL_REQUEST_ID"},
		{"TeamCity, number and URL", "TEAMCITY_VERSION=1 TEAMCITY_PULLREQUEST_NUMBER=7 PULL_REQUEST_URL=https://ghe.example.com/acme/infra/pull/7", "", "pull request ghe.example.com/acme/infra#7, from TeamCity's TEAMCITY_PULLREQUEST_NUMBER"},
		{"TeamCity, what says more is the reason", "TEAMCITY_VERSION=1 TEAMCITY_PULLREQUEST_NUMBER=false Git_Branch=refs/heads/main", "", "TeamCity: Git_Branch is a branch (refs/heads/main)"},
		{"TeamCity, nothing passed on", "TEAMCITY_VERSION=1", "", "TeamCity: TEAMCITY_PULLREQUEST_NUMBER is not set"},
		{"not TeamCity's", "PULL_REQUEST_URL=https://github.com/acme/infra/pull/7 GITHUB_PULL_REQUEST_ID=7 Git_Branch=pull/7", "", "no pull request is given, and no variable of a CI system"},
		{"CodeBuild, started by hand", "CODEBUILD_SOURCE_VERSION=pr/7 CODEBUILD_SOURCE_REPO_URL=https://github.com/acme/infra", "", "pull request acme/infra#7, from AWS CodeBuild's CODEBUILD_SOURCE_VERSION"},
		{"CodeBuild, batch", "CODEBUILD_WEBHOOK_TRIGGER=pr/7 CODEBUILD_SOURCE_VERSION=refs/pull/7/head^{" + sha + "} CODEBUILD_SOURCE_REPO_URL=https://github.com/acme/infra", "", "pull request acme/infra#7, from AWS CodeBuild's CODEBUILD_WEBHOOK_TRIGGER"},
		{"CodeBuild, batch by hand", "CODEBUILD_SOURCE_VERSION=pr/7^{" + sha + "} CODEBUILD_SOURCE_REPO_URL=https://github.com/acme/infra", "", "pull request acme/infra#7, from AWS CodeBuild's CODEBUILD_SOURCE_VERSION"},
		{"CodeBuild, a branch by hand", "CODEBUILD_CI=true CODEBUILD_SOURCE_VERSION=main", "", `AWS CodeBuild: CODEBUILD_SOURCE_VERSION is "main"`},
		{"CodeBuild, CodeCommit", "CODEBUILD_SOURCE_VERSION=pr/7 CODEBUILD_SOURCE_REPO_URL=https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/infra", "", `AWS CodeBuild: CODEBUILD_SOURCE_REPO_URL is "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/infra": the repository is not on GitHub`},
		{"CodeBuild, a password in the URL", "CODEBUILD_SOURCE_VERSION=pr/7 CODEBUILD_SOURCE_REPO_URL=https://me:" + password + "@bitbucket.org/acme/infra", "", `AWS CodeBuild: CODEBUILD_SOURCE_REPO_URL is "…@bitbucket.org/acme/infra": the repository is not on GitHub`},
		{"Semaphore Classic", "SEMAPHORE=true SEMAPHORE_REPO_SLUG=acme/infra PULL_REQUEST_NUMBER=7", "", "pull request acme/infra#7, from Semaphore's PULL_REQUEST_NUMBER"},
		{"Semaphore, Bitbucket", "SEMAPHORE_GIT_PROVIDER=bitbucket SEMAPHORE_GIT_PR_NUMBER=7 SEMAPHORE_GIT_REPO_SLUG=acme/infra", "", `Semaphore: SEMAPHORE_GIT_PROVIDER is "bitbucket": the repository is not on GitHub`},
		{"not Semaphore's", "PULL_REQUEST_NUMBER=7", "", "no pull request is given, and no variable of a CI system"},
		{"AppVeyor, Bitbucket", "APPVEYOR=True APPVEYOR_REPO_PROVIDER=bitBucket APPVEYOR_REPO_NAME=acme/infra APPVEYOR_PULL_REQUEST_NUMBER=7", "", `AppVeyor: APPVEYOR_REPO_PROVIDER is "bitBucket": the repository is not on GitHub`},
		{"AppVeyor, Azure Repos", "APPVEYOR=True APPVEYOR_REPO_PROVIDER=vso APPVEYOR_PULL_REQUEST_NUMBER=7", "", `AppVeyor: APPVEYOR_REPO_PROVIDER is "vso": the repository is not on GitHub`},
		{"Bamboo, Bitbucket Server", "bamboo_repository_pr_key=7 bamboo_planRepository_type=bbserver bamboo_planRepository_repositoryUrl=ssh://git@bitbucket.example.com:7999/acme/infra.git", "", `Bamboo: bamboo_planRepository_type is "bbserver": the repository is not on GitHub`},
		{"Bamboo, first repository", "bamboo_repository_pr_key=7 bamboo_planRepository_1_repositoryUrl=git@github.com:acme/infra.git", "", "pull request acme/infra#7, from Bamboo's bamboo_repository_pr_key"},
		{"Buddy, older", "BUDDY=true BUDDY_EXECUTION_PULL_REQUEST_NO=7 BUDDY_REPO_SLUG=acme/infra", "", "pull request acme/infra#7, from Buddy's BUDDY_EXECUTION_PULL_REQUEST_NO"},
		{"Jenkins, pull request builder", "JENKINS_URL=x ghprbPullId=7 ghprbPullLink=https://github.com/acme/infra/pull/7 ghprbGhRepository=acme/infra ghprbSourceBranch=fix", "", "pull request acme/infra#7, from Jenkins' ghprbPullLink"},
		{"Jenkins, pull request builder, only the number", "ghprbPullId=7 ghprbGhRepository=acme/infra", "git@ghe.example.com:acme/infra.git", "pull request ghe.example.com/acme/infra#7, from Jenkins' ghprbPullId"},
		{"Jenkins, GitHub integration", "JENKINS_URL=x GITHUB_PR_NUMBER=7 GITHUB_PR_URL=https://github.com/acme/infra/pull/7", "", "pull request acme/infra#7, from Jenkins' GITHUB_PR_URL"},
		{"Jenkins, no URL", "CHANGE_ID=7 GIT_URL=git@github.com:acme/infra.git", "", "pull request acme/infra#7, from Jenkins' CHANGE_ID"},
		{"Jenkins, only a number", "CHANGE_ID=7", "https://github.com/acme/infra", "pull request acme/infra#7, from Jenkins' CHANGE_ID"},
		{"Jenkins, GitLab", "CHANGE_ID=7 CHANGE_URL=https://gitlab.example.com/acme/infra/-/merge_requests/7", "", `Jenkins: CHANGE_URL is not a pull request on GitHub ("https://gitlab.example.com/acme/infra/-/merge_requests/7")`},
		{"Jenkins, Gitea", "CHANGE_ID=7 CHANGE_URL=https://git.example.com/acme/infra/pulls/7", "", `Jenkins: CHANGE_URL is not a pull request on GitHub ("https://git.example.com/acme/infra/pulls/7")`},
		{"Jenkins, Bitbucket Server", "CHANGE_ID=7 CHANGE_URL=https://git.example.com/projects/ACME/repos/infra/pull-requests/7/overview", "", `Jenkins: CHANGE_URL is not a pull request on GitHub ("https://git.example.com/projects/ACME/repos/infra/pull-requests/7/overview")`},
		{"Atlantis, older", "PULL_NUM=7 BASE_REPO_OWNER=acme BASE_REPO_NAME=infra HEAD_REPO_OWNER=mallory", "", "pull request acme/infra#7, from Atlantis' PULL_NUM"},
		{"Atlantis, GitLab", "PULL_NUM=7 PULL_URL=https://gitlab.com/acme/infra/-/merge_requests/7", "", `Atlantis: PULL_URL is not a pull request on GitHub ("https://gitlab.com/acme/infra/-/merge_requests/7")`},
		{"Prow, batch", "JOB_TYPE=batch REPO_OWNER=acme REPO_NAME=infra", "", "Prow: PULL_NUMBER is not set"},
		{"not a number", "TRAVIS=true TRAVIS_PULL_REQUEST=7;8", "", `Travis CI: TRAVIS_PULL_REQUEST is "7;8"`},
		{"a reference in place of a number", "TRAVIS=true TRAVIS_PULL_REQUEST=pr/7", "", `Travis CI: TRAVIS_PULL_REQUEST is "pr/7"`},
		{"too great a number", "CIRRUS_PR=2147483648", "", `Cirrus CI: CIRRUS_PR is "2147483648"`},
		{"the number 0", "BITRISE_PULL_REQUEST=0", "", `Bitrise: BITRISE_PULL_REQUEST is "0"`},
		// Several at once
		{"a job of GitHub Actions on a Jenkins agent", github + "GITHUB_REF=refs/pull/7/merge JENKINS_URL=x GIT_URL=https://github.com/other/repo", "", "pull request acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"a job of GitHub Actions on a runner of CodeBuild", github + "GITHUB_REF=refs/pull/7/merge CODEBUILD_CI=true CODEBUILD_SOURCE_VERSION=main", "", "pull request acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"a push, and another's pull request left over", github + "GITHUB_REF=refs/heads/main CHANGE_ID=8", "", "GitHub Actions: GITHUB_REF is a branch (refs/heads/main); Jenkins' CHANGE_ID, which names pull request 8, is left aside"},
		{"the same pull request twice", github + "GITHUB_REF=refs/pull/7/merge PULL_NUM=7 BASE_REPO_OWNER=Acme BASE_REPO_NAME=Infra", "", "pull request acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"Pulumi's on another forge", "PULUMI_PR_NUMBER=7 GITEA_ACTIONS=true " + github, "https://git.example.com/acme/infra", "GitHub Actions: GITEA_ACTIONS is set: the repository is not on GitHub"},
		{"JENKINS_URL to call Jenkins", "JENKINS_URL=x CIRCLECI=true", "", "CircleCI: CIRCLE_PULL_REQUEST is not set"},
		{"Buildkite with variables called as those of Jenkins", "BUILDKITE=true BUILDKITE_PULL_REQUEST=false JENKINS_URL=x GITHUB_PR_NUMBER=8", "", `Buildkite: BUILDKITE_PULL_REQUEST is "false"`},
		{"a laptop", "", "https://github.com/acme/infra", "no pull request is given, and no variable of a CI system"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Find(Input{Variables: line(test.set), GitConfig: gitConfig(test.config)})
			if err != nil || got.String() != test.want {
				t.Errorf("%q, %v\nwant %q", got, err, test.want)
			}
			if (got.Number == 0) != (got.Why != "") || (got.Number == 0) != (got.Source == "") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// password must not come out anywhere.
const password = "pA55-w0rd-that-must-not-show"

func TestFindRefusesToGuess(t *testing.T) {
	for _, test := range []struct {
		name string
		in   Input
		want string
	}{
		{"two systems", Input{Variables: "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra CIRCLE_PULL_REQUEST=https://github.com/acme/infra/pull/8"},
			"ci-variables: GitHub Actions' GITHUB_REF names pull request acme/infra#7 and CircleCI's CIRCLE_PULL_REQUEST names acme/infra#8: give github-ref, or unset the one that is left over"},
		{"two repositories", Input{Variables: "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra CIRCLE_PULL_REQUEST=https://github.com/acme/other/pull/7"},
			"ci-variables: GitHub Actions' GITHUB_REF names pull request acme/infra#7 and CircleCI's CIRCLE_PULL_REQUEST names acme/other#7: give github-ref, or unset the one that is left over"},
		{"two hosts", Input{Variables: "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra CIRCLE_PULL_REQUEST=https://ghe.example.com/acme/infra/pull/7"},
			"ci-variables: GitHub Actions' GITHUB_REF names pull request acme/infra#7 and CircleCI's CIRCLE_PULL_REQUEST names ghe.example.com/acme/infra#7: give github-ref, or unset the one that is left over"},
		{"two variables of one system", Input{Variables: "CHANGE_ID=8 CHANGE_URL=https://github.com/acme/infra/pull/7"},
			"ci-variables: Jenkins' CHANGE_URL names pull request acme/infra#7 and Jenkins' CHANGE_ID names 8: give github-ref, or unset the one that is left over"},
		{"Pulumi's and another", Input{Variables: "PULUMI_PR_NUMBER=8 GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra"},
			"ci-variables: Pulumi's PULUMI_PR_NUMBER names pull request 8 and GitHub Actions' GITHUB_REF names acme/infra#7: give github-ref, or unset the one that is left over"},
		{"no repository", Input{Variables: "CHANGE_ID=7"},
			"github-repository: the repository of pull request 7 cannot be told from .git/config in src (it is not there): give owner/name, or a URL"},
		{"an alias", Input{Variables: "BUILDKITE_PULL_REQUEST=7 BUILDKITE_REPO=git@github.com-infra:acme/infra.git", GitConfig: gitConfig("git@github.com-infra:acme/infra.git")},
			`github-repository: the repository of pull request 7 cannot be told from .git/config in src (the remote "origin" in .git/config: "…@github.com-infra:acme/infra.git" is not a repository on a known host, but behind an alias of ssh's configuration: expected OWNER/NAME or HOST/OWNER/NAME): give owner/name, or a URL`},
		{"a name without a host, and another repository is checked out", Input{Variables: "TRAVIS_PULL_REQUEST=7 TRAVIS_REPO_SLUG=acme/infra", GitConfig: gitConfig("https://ghe.example.com/acme/other")},
			"github-repository: the host of acme/infra#7, which Travis CI does not tell, cannot be told from .git/config in src, which is of ghe.example.com/acme/other: give host/owner/name, or a URL"},
		{"a mirror, and no repository", Input{Variables: "CI_EXTERNAL_PULL_REQUEST_IID=7 CI_SERVER_HOST=git.example.com", GitConfig: gitConfig("https://git.example.com/acme/infra")},
			"github-repository: the repository of pull request 7 cannot be told from .git/config in src (GitLab CI clones from a mirror of its own): give owner/name, or a URL"},
		{"github-ref", Input{Ref: "main"}, `github-ref: "main" is not a pull request: expected`},
		{"github-repository", Input{Repository: "infra"}, `github-repository: "infra" is not a repository on GitHub: expected`},
		{"github-repository is not that of github-ref", Input{Ref: "https://github.com/acme/infra/pull/7", Repository: "acme/other"},
			`github-repository: "acme/other" is not the repository "acme/infra" of github-ref: leave one of them out, or let both name the same one`},
		{"github-repository is on another host than github-ref", Input{Ref: "https://github.com/acme/infra/pull/7", Repository: "ghe.example.com/acme/infra"},
			`github-repository: "ghe.example.com/acme/infra" is not the repository "acme/infra" of github-ref: leave one of them out, or let both name the same one`},
		{"github-repository is not that of the variables", Input{Repository: "acme/other", Variables: "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra"},
			`github-repository: "acme/other" is not the repository "acme/infra" of GitHub Actions' GITHUB_REF: leave one of them out, or let both name the same one`},
		{"github-ref on another forge", Input{Ref: "7", Variables: "TRAVIS_REPO_SLUG=acme/infra TRAVIS=true", GitConfig: gitConfig("https://gitlab.com/acme/infra")},
			"github-repository: the repository of pull request 7 cannot be told from .git/config in src"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Find(test.in)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || got != (Result{}) {
				t.Errorf("%+v, %v\nwant %s", got, err, test.want)
			}
			if errors.Is(err, pullrequest.ErrNotPullRequest) != (test.name == "github-ref") {
				t.Error("ErrNotPullRequest is for github-ref alone")
			}
		})
	}
}

func TestWhatAPersonGivesGoesFirst(t *testing.T) {
	const variables = "GITHUB_ACTIONS=true GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra"
	for _, test := range []struct {
		name string
		in   Input
		want string
	}{
		{"number, with the repository of the variables", Input{Ref: "8", Variables: variables}, "pull request acme/infra#8, from github-ref"},
		{"number, with the repository of .git/config", Input{Ref: "#8", GitConfig: gitConfig("git@ghe.example.com:acme/infra")}, "pull request ghe.example.com/acme/infra#8, from github-ref"},
		{"URL", Input{Ref: "https://github.com/acme/other/pull/8", Variables: variables}, "pull request acme/other#8, from github-ref"},
		{"URL and its repository", Input{Ref: "https://ghe.example.com/acme/other/pull/8", Repository: "Acme/Other", Variables: variables}, "pull request ghe.example.com/acme/other#8, from github-ref"},
		{"both", Input{Ref: "8", Repository: "ghe.example.com/acme/other", Variables: variables}, "pull request ghe.example.com/acme/other#8, from github-ref"},
		{"none", Input{Ref: " False\n", Variables: variables}, `github-ref is "False"`},
		{"variables that contradict each other", Input{Ref: "8", Repository: "acme/infra", Variables: variables + " CHANGE_ID=9"}, "pull request acme/infra#8, from github-ref"},
		{"repository alone", Input{Repository: "acme/infra", Variables: "CHANGE_ID=7"}, "pull request acme/infra#7, from Jenkins' CHANGE_ID"},
		{"repository that the variables name without a host", Input{Repository: "ghe.example.com/acme/infra", Variables: "TRAVIS_PULL_REQUEST=7 TRAVIS_REPO_SLUG=acme/infra"}, "pull request ghe.example.com/acme/infra#7, from Travis CI's TRAVIS_PULL_REQUEST"},
		{"repository without the host that the variables name", Input{Repository: "acme/infra", Variables: variables + " GITHUB_SERVER_URL=https://ghe.example.com"}, "pull request ghe.example.com/acme/infra#7, from GitHub Actions' GITHUB_REF"},
		{"repository on a push", Input{Repository: "acme/other", Variables: "GITHUB_REF=refs/heads/main GITHUB_REPOSITORY=acme/infra"}, "GitHub Actions: GITHUB_REF is a branch (refs/heads/main)"},
		{"blanks are nothing", Input{Ref: " ", Repository: " ", Variables: variables}, "pull request acme/infra#7, from GitHub Actions' GITHUB_REF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := Find(test.in); err != nil || got.String() != test.want {
				t.Errorf("%q, %v\nwant %q", got, err, test.want)
			}
		})
	}
}

func TestGitConfigIsReadOnlyWhereItIsNeeded(t *testing.T) {
	for _, test := range []struct {
		in   Input
		want int
	}{
		{Input{}, 0},
		{Input{Variables: "TRAVIS_PULL_REQUEST=false TRAVIS_REPO_SLUG=acme/infra"}, 0},
		{Input{Variables: "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=acme/infra"}, 0},
		{Input{Ref: "https://github.com/acme/infra/pull/7"}, 0},
		{Input{Ref: "7", Repository: "acme/infra"}, 0},
		{Input{Variables: "TRAVIS_PULL_REQUEST=7 TRAVIS_REPO_SLUG=acme/infra"}, 1},
		{Input{Ref: "7"}, 1},
	} {
		reads := 0
		test.in.GitConfig = func() (string, error) {
			reads++
			return gitConfig("https://github.com/acme/infra")()
		}
		if _, err := Find(test.in); err != nil || reads != test.want {
			t.Errorf("%+v: read %d times, %v", test.in, reads, err)
		}
	}
}

func TestResultAsJSON(t *testing.T) {
	for _, test := range []struct{ variables, want string }{
		{"CIRCLE_PULL_REQUEST=https://github.com/acme/infra/pull/7", `{"system":"CircleCI","host":"github.com","repository":"acme/infra","number":7,"commit":""}`},
		{"GITHUB_REF=refs/heads/main GITHUB_REPOSITORY=acme/infra", `{"system":"GitHub Actions","host":"github.com","repository":"acme/infra","number":0,"commit":"","why":"GitHub Actions: GITHUB_REF is a branch (refs/heads/main)"}`},
		{"", `{"system":"","host":"","repository":"","number":0,"commit":"","why":"no pull request is given, and no variable of a CI system"}`},
	} {
		result, err := Find(Input{Variables: test.variables})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(result); err != nil || string(got) != test.want {
			t.Errorf("%s, %v\nwant %s", got, err, test.want)
		}
	}
}
