package main

import (
	"context"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
	"dagger/iac/plan"
)

// Previews every stack that the pull request touches, and keeps one comment that tells of all
//
// The changed files are those of the pull request, or on the main branch of the merged one; elsewhere give --changed-files
// or --all. A preview that fails stops no other; the call fails at its end and names it.
//
// +cache="never"
func (m *Iac) PreviewAll(
	ctx context.Context,
	// Root of the repository; that of dagger.json if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config", "!.git/HEAD", "!.git/packed-refs", "!.git/refs"]
	src *dagger.Directory,
	// Organization of the stacks in Pulumi Cloud; without it Pulumi's default one
	//
	// +optional
	organization string,
	// Take only stacks whose folder:stack matches one of these, such as infra/*:prod, where * is any text
	//
	// +optional
	only []string,
	// Leave out stacks whose folder:stack matches one of these, such as *:dev
	//
	// +optional
	skip []string,
	// Take every stack, whatever changed
	//
	// +optional
	all bool,
	// File with the paths in src that changed, one per line, as `git diff --no-renames --name-only` gives them
	//
	// +optional
	changedFiles *dagger.File,
	// Number of stacks to work on at once, 1 to 16
	//
	// +optional
	// +default=4
	parallel int,
	// Largest number of stacks to take; if there are more, nothing is run
	//
	// +optional
	// +default=50
	maxStacks int,
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
	a, err := m.prepareAll(ctx, "preview", settings{
		Src: src, Mask: mask, Timeout: timeout, PolicyPack: policyPack, Upsert: upsert,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Replace: replace, Refresh: refresh,
			Message: message, Config: config, ExpectNoChanges: expectNoChanges,
		},
		Publication: &publication{
			Token: githubToken, Ref: githubRef, Repository: githubRepository, Key: commentKey,
			Commit: commit, RunURL: runUrl, RunTime: runTime, Variables: m.CiVariables,
		},
	}, choosing{
		Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, Parallel: parallel, MaxStacks: maxStacks,
	}, quietProperty)
	if err != nil {
		return a.refuse(ctx, err, commentOptional)
	}
	a.preview(ctx)
	return a.publish(ctx, a.content(), commentOptional, commentOnlyChanges)
}

// preview previews all stacks.
func (a *many) preview(ctx context.Context) {
	a.each(func(s *one) {
		s.did = s.pulumi(ctx, "preview")
		s.plan = plan.Of(s.did.report)
	})
}
