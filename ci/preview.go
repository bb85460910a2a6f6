package main

import (
	"context"
	"errors"
	"fmt"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Shows what `pulumi up` would change, and keeps one comment on the pull request that says so
//
// The result is what Pulumi printed. Nothing is posted without a token or without a pull request:
// that is the run on a laptop. A failing preview is reported in the comment too, then the call fails.
//
// +cache="never"
func (m *Iac) Preview(
	ctx context.Context,
	// Folder with Pulumi.yaml, or with --work-dir one around it; the root of the repository if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config", "!.git/HEAD", "!.git/packed-refs", "!.git/refs"]
	src *dagger.Directory,
	// Stack, as [organization/[project/]]stack
	//
	// +optional
	stack string,
	// Folder of Pulumi.yaml inside src, for a program that needs what is around it, such as a go.mod above
	//
	// +optional
	workDir string,
	// Token that may write comments on the pull request, such as env://GITHUB_TOKEN
	//
	// +optional
	githubToken *dagger.Secret,
	// Pull request: $GITHUB_REF, a number, a URL or what another CI system calls it; read from ci-variables if left out
	//
	// +optional
	githubRef string,
	// Repository, as owner/name or a URL; read from the pull request's URL, from ci-variables or from .git/config in src if left out
	//
	// +optional
	githubRepository string,
	// Name that keeps comments for the same stack apart, such as one for each job
	//
	// +optional
	commentKey string,
	// Warn instead of failing if the comment cannot be posted
	//
	// +optional
	commentOptional bool,
	// Create no comment when there is nothing to change; a comment that is there already is still updated
	//
	// +optional
	commentOnlyChanges bool,
	// Properties that matter little, such as tags.*, where * is any text: updates that change only these are counted and folded apart
	//
	// +optional
	quietProperty []string,
	// Regular expressions (RE2), one per line; what they match is shown as ***
	//
	// +optional
	mask string,
	// Commit that is previewed, for the comment's last line; read from .git in src if left out
	//
	// +optional
	commit string,
	// URL of the CI run, for the comment's last line
	//
	// +optional
	runUrl string,
	// Time of the run as 2006-01-02T15:04:05Z, for the comment's last line
	//
	// +optional
	runTime string,
	// Interrupt Pulumi after this time, such as 30m: it finishes what has begun and saves the state
	//
	// +optional
	timeout string,
	// Work on these resources only: URNs, or patterns with *
	//
	// +optional
	target []string,
	// Work also on resources that depend on a target
	//
	// +optional
	targetDependents bool,
	// Leave out these resources: URNs, or patterns with *
	//
	// +optional
	exclude []string,
	// Replace these resources: URNs, or patterns with *
	//
	// +optional
	replace []string,
	// Update the stack's state from the cloud first
	//
	// +optional
	refresh bool,
	// Folder with a policy pack to run
	//
	// +optional
	policyPack []*dagger.Directory,
	// Number of resources to work on at once
	//
	// +optional
	parallel int,
	// Message for the update in Pulumi Cloud
	//
	// +optional
	message string,
	// Setting for this run only, as key=value; not for secrets, it may be shown
	//
	// +optional
	config []string,
	// Fail if anything changes
	//
	// +optional
	expectNoChanges bool,
	// Create the stack if it is missing
	//
	// +optional
	upsert bool,
) (string, error) {
	run, err := m.prepare(ctx, "preview", settings{
		Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout, PolicyPack: policyPack, Upsert: upsert,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Replace: replace, Refresh: refresh,
			Parallel: parallel, Message: message, Config: config, ExpectNoChanges: expectNoChanges,
		},
		Publication: &publication{
			Token: githubToken, Ref: githubRef, Repository: githubRepository, Key: commentKey,
			Commit: commit, RunURL: runUrl, RunTime: runTime, Variables: m.CiVariables,
		},
	})
	err = errors.Join(append(comment.Quiet(quietProperty).Check(), err)...)
	if run.target == nil {
		if err != nil {
			return "", err
		}
		return run.finish(run.pulumi(ctx, "preview"))
	}

	publisher := run.publisher()
	content := run.content()
	content.Quiet = quietProperty
	if err != nil {
		content.NotStarted = run.shown(err.Error())
		return run.answer("", err, run.post(ctx, publisher, comment.Render(content)), commentOptional)
	}
	did := run.pulumi(ctx, "preview")
	content = content.Of(did.report, did.notRun)
	text, failed := run.finish(did)
	publisher.OnlyExisting = commentOnlyChanges && failed == nil && comment.SaysNothing(did.report)
	return run.answer(text, failed, run.post(ctx, publisher, comment.Render(content)), commentOptional)
}

// content is what the caller gave to be shown in the comment, and what the run is about.
func (r *run) content() comment.Content {
	var content comment.Content
	if r.target != nil {
		content = r.target.content
	}
	content.ID.Project, content.ID.Stack, content.ID.Began = r.project.Name, r.stackName(), r.began
	content.ID.Iac = release
	if r.verb != "preview" {
		content.ID.Verb = r.verb
	}
	return content
}

// answer is the result of a run and its comment: nothing of the one is lost by a fault of the other.
func (r *run) answer(text string, failed, unposted error, optional bool) (string, error) {
	switch {
	case unposted == nil:
		return text, failed
	case failed != nil:
		return "", fmt.Errorf("%s\n\nThe comment was not posted either: %s", failed, unposted)
	case optional:
		warn("the comment was not posted: " + unposted.Error())
		return text, nil
	}
	return "", fmt.Errorf("the %s ran, but its comment was not posted: %s\n\nPulumi printed:\n\n%s", r.verb, unposted, inError(text))
}
