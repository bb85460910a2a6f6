package cisystem

// system is a row of the table: the variables of a CI system as its vendor
// documents them. None of them changes from run to run of a pull request, for
// a new value makes the engine load the module anew; so there is no commit and
// no number of a run. None is of the head of a pull request, which may be a
// fork: its repository is not the pull request's, and its branch is called as
// somebody likes.
type system struct {
	name string
	// marks are set by this system only, hints also elsewhere: they count where
	// nothing else is found. NAME, or NAME=value.
	marks, hints []string
	// not are variables which, when set, say that the repository is not on GitHub.
	not []string
	// provider names the kind of forge; knownHost: github there is github.com
	// and never an Enterprise Server.
	provider  string
	knownHost bool
	// server is the host of the system itself where it is a forge too: it
	// clones from its own mirror.
	server string
	// pulls name the pull request. All that do must name the same one.
	pulls []pull
	// repositories name the base repository: the first that does counts.
	repositories []repository
}

// pull is a variable that may name the pull request.
type pull struct {
	variable string
	form     form
	// shared is for a name that other systems use too: it does not tell that
	// this one is there.
	shared bool
}

// repository is a variable, or two, that may name the repository: a URL, or
// owner/name, whose host may stand in another variable.
type repository struct {
	url               string
	slug, owner, name string
	host, otherwise   string
}

// Where several systems' variables are there, the first of these decides, also
// that there is no pull request, and another one that names another pull
// request is an error.
//
// Pulumi's own variable is set by hand for this very purpose, so it comes
// first. GitHub Actions runs its jobs on machines of other systems (CodeBuild
// hosts its runners, people start them on a Jenkins agent), the others do not
// run on its. Atlantis and Prow come last: the names of their variables are
// such as people use for things of their own.
var systems = []system{
	{
		name:  "Pulumi",
		pulls: []pull{{variable: "PULUMI_PR_NUMBER", form: number}},
	},
	{
		name:         "GitHub Actions",
		marks:        []string{"GITHUB_ACTIONS"},
		not:          []string{"GITEA_ACTIONS", "FORGEJO_ACTIONS"},
		pulls:        []pull{{variable: "GITHUB_REF", form: ref}},
		repositories: []repository{{slug: "GITHUB_REPOSITORY", host: "GITHUB_SERVER_URL", otherwise: "github.com"}},
	},
	{
		name:  "CircleCI",
		marks: []string{"CIRCLECI", "CIRCLE_REPOSITORY_URL"},
		pulls: []pull{
			{variable: "CIRCLE_PULL_REQUEST", form: link},
			{variable: "CIRCLE_PULL_REQUESTS", form: links},
			{variable: "CIRCLE_PR_NUMBER", form: number},
			{variable: "CI_PULL_REQUEST", form: link, shared: true},
		},
		repositories: []repository{
			{url: "CIRCLE_REPOSITORY_URL"},
			{owner: "CIRCLE_PROJECT_USERNAME", name: "CIRCLE_PROJECT_REPONAME"},
		},
	},
	{
		name:     "Buildkite",
		marks:    []string{"BUILDKITE"},
		provider: "BUILDKITE_PIPELINE_PROVIDER", knownHost: true,
		pulls:        []pull{{variable: "BUILDKITE_PULL_REQUEST", form: number}},
		repositories: []repository{{url: "BUILDKITE_REPO"}},
	},
	{
		name:     "Azure Pipelines",
		marks:    []string{"TF_BUILD"},
		provider: "BUILD_REPOSITORY_PROVIDER", knownHost: true,
		pulls: []pull{
			{variable: "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", form: number},
			{variable: "BUILD_SOURCEBRANCH", form: ref},
		},
		repositories: []repository{{url: "BUILD_REPOSITORY_URI"}, {slug: "BUILD_REPOSITORY_NAME"}},
	},
	{
		name:   "GitLab CI",
		marks:  []string{"GITLAB_CI"},
		server: "CI_SERVER_HOST",
		pulls: []pull{
			{variable: "CI_EXTERNAL_PULL_REQUEST_IID", form: number},
			{variable: "CI_MERGE_REQUEST_IID", form: mergeRequest},
		},
		repositories: []repository{{slug: "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"}},
	},
	{
		name:         "Travis CI",
		marks:        []string{"TRAVIS"},
		pulls:        []pull{{variable: "TRAVIS_PULL_REQUEST", form: number}},
		repositories: []repository{{slug: "TRAVIS_REPO_SLUG"}},
	},
	{
		name:         "Harness CI",
		marks:        []string{"HARNESS_PIPELINE_ID"},
		pulls:        []pull{{variable: "DRONE_PULL_REQUEST", form: number, shared: true}, {variable: "DRONE_COMMIT_REF", form: ref, shared: true}},
		repositories: []repository{{url: "DRONE_REPO_LINK"}, {slug: "DRONE_REPO"}},
	},
	{
		// It has set variables of Drone, which it comes from.
		name:     "Woodpecker",
		marks:    []string{"CI=woodpecker"},
		provider: "CI_FORGE_TYPE",
		pulls:    []pull{{variable: "CI_COMMIT_REF", form: ref}, {variable: "CI_COMMIT_PULL_REQUEST", form: number}},
		repositories: []repository{
			{url: "CI_REPO_URL"}, {slug: "CI_REPO", host: "CI_FORGE_URL"},
		},
	},
	{
		// So has Vela.
		name:         "Vela",
		marks:        []string{"VELA"},
		pulls:        []pull{{variable: "VELA_BUILD_PULL_REQUEST", form: number}, {variable: "VELA_PULL_REQUEST", form: number}},
		repositories: []repository{{url: "VELA_REPO_LINK"}, {slug: "VELA_REPO_FULL_NAME"}},
	},
	{
		name:         "Drone",
		marks:        []string{"DRONE"},
		pulls:        []pull{{variable: "DRONE_PULL_REQUEST", form: number}, {variable: "DRONE_COMMIT_REF", form: ref}},
		repositories: []repository{{url: "DRONE_REPO_LINK"}, {slug: "DRONE_REPO"}},
	},
	{
		// Agents tell their jobs nothing about branches: these variables are set
		// as parameters of a build.
		name:  "TeamCity",
		marks: []string{"TEAMCITY_VERSION"},
		pulls: []pull{
			{variable: "TEAMCITY_PULLREQUEST_NUMBER", form: number},
			{variable: "PULL_REQUEST_URL", form: link, shared: true},
			{variable: "GITHUB_PULL_REQUEST_ID", form: number, shared: true},
			{variable: "Git_Branch", form: branch, shared: true},
		},
		repositories: []repository{{url: "GITHUB_REPO_URL"}, {slug: "GITHUB_REPO_SLUG"}},
	},
	{
		name:         "AWS CodeBuild",
		marks:        []string{"CODEBUILD_CI"},
		pulls:        []pull{{variable: "CODEBUILD_WEBHOOK_TRIGGER", form: trigger}, {variable: "CODEBUILD_SOURCE_VERSION", form: sourceVersion}},
		repositories: []repository{{url: "CODEBUILD_SOURCE_REPO_URL"}},
	},
	{
		// PULL_REQUEST_NUMBER and SEMAPHORE_REPO_SLUG are of Semaphore Classic.
		name:     "Semaphore",
		marks:    []string{"SEMAPHORE", "SEMAPHORE_REPO_SLUG"},
		provider: "SEMAPHORE_GIT_PROVIDER", knownHost: true,
		pulls: []pull{
			{variable: "SEMAPHORE_GIT_PR_NUMBER", form: number},
			{variable: "PULL_REQUEST_NUMBER", form: number, shared: true},
		},
		repositories: []repository{{url: "SEMAPHORE_GIT_URL"}, {slug: "SEMAPHORE_GIT_REPO_SLUG"}, {slug: "SEMAPHORE_REPO_SLUG"}},
	},
	{
		name:         "Codefresh",
		marks:        []string{"CF_REPO_NAME"},
		pulls:        []pull{{variable: "CF_PULL_REQUEST_NUMBER", form: number}},
		repositories: []repository{{owner: "CF_REPO_OWNER", name: "CF_REPO_NAME"}},
	},
	{
		name:     "AppVeyor",
		marks:    []string{"APPVEYOR"},
		provider: "APPVEYOR_REPO_PROVIDER", knownHost: true,
		pulls:        []pull{{variable: "APPVEYOR_PULL_REQUEST_NUMBER", form: number}},
		repositories: []repository{{slug: "APPVEYOR_REPO_NAME"}},
	},
	{
		// Its steps see these where the build passes them on.
		name:         "Google Cloud Build",
		marks:        []string{"BUILDER_OUTPUT"},
		pulls:        []pull{{variable: "_PR_NUMBER", form: number}},
		repositories: []repository{{slug: "REPO_FULL_NAME"}},
	},
	{
		name:     "Bamboo",
		marks:    []string{"bamboo_planKey"},
		provider: "bamboo_planRepository_type",
		pulls:    []pull{{variable: "bamboo_repository_pr_key", form: number}},
		repositories: []repository{
			{url: "bamboo_planRepository_repositoryUrl"}, {url: "bamboo_planRepository_1_repositoryUrl"},
		},
	},
	{
		name:  "Bitrise",
		marks: []string{"BITRISE_IO"},
		pulls: []pull{{variable: "BITRISE_PULL_REQUEST", form: number}},
		repositories: []repository{
			{url: "GIT_REPOSITORY_URL"},
			{owner: "BITRISEIO_GIT_REPOSITORY_OWNER", name: "BITRISEIO_GIT_REPOSITORY_SLUG"},
		},
	},
	{
		name:  "Buddy",
		marks: []string{"BUDDY"},
		pulls: []pull{
			{variable: "BUDDY_RUN_PR_NO", form: number},
			{variable: "BUDDY_EXECUTION_PULL_REQUEST_NO", form: number},
		},
		repositories: []repository{{url: "BUDDY_SCM_URL"}, {slug: "BUDDY_REPO_SLUG"}},
	},
	{
		name:  "Cirrus CI",
		marks: []string{"CIRRUS_CI"},
		pulls: []pull{{variable: "CIRRUS_PR", form: number}},
		repositories: []repository{
			{slug: "CIRRUS_REPO_FULL_NAME", host: "CIRRUS_REPO_CLONE_HOST", otherwise: "github.com"},
		},
	},
	{
		name:         "Screwdriver",
		marks:        []string{"SCREWDRIVER"},
		pulls:        []pull{{variable: "SD_PULL_REQUEST", form: number}},
		repositories: []repository{{url: "SCM_URL"}, {url: "GIT_URL"}},
	},
	{
		// A multibranch project, the pull request builder (ghprb…) or the GitHub
		// integration (GITHUB_PR_…). People set JENKINS_URL elsewhere too, to call it.
		name:  "Jenkins",
		marks: []string{"ghprbGhRepository"},
		hints: []string{"JENKINS_URL"},
		pulls: []pull{
			{variable: "CHANGE_URL", form: link},
			{variable: "CHANGE_ID", form: number},
			{variable: "ghprbPullLink", form: link},
			{variable: "ghprbPullId", form: number},
			{variable: "GITHUB_PR_URL", form: link, shared: true},
			{variable: "GITHUB_PR_NUMBER", form: number, shared: true},
		},
		repositories: []repository{{slug: "ghprbGhRepository"}, {url: "GIT_URL"}},
	},
	{
		name:  "Atlantis",
		pulls: []pull{{variable: "PULL_URL", form: link, shared: true}, {variable: "PULL_NUM", form: number}},
		repositories: []repository{
			{owner: "BASE_REPO_OWNER", name: "BASE_REPO_NAME"},
		},
	},
	{
		name:         "Prow",
		hints:        []string{"JOB_TYPE=postsubmit", "JOB_TYPE=batch", "JOB_TYPE=periodic", "JOB_TYPE=presubmit"},
		pulls:        []pull{{variable: "PULL_NUMBER", form: number}},
		repositories: []repository{{owner: "REPO_OWNER", name: "REPO_NAME"}},
	},
}
