package main

import (
	"context"
	"encoding/json"
	"errors"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Plans is what `up-all` would change
type Plans struct {
	// Content is what the comment says, as JSON.
	// +private
	Content string
	// Printed is the text, and Failure the error of previews that failed.
	// +private
	Printed string
	// +private
	Failure string
}

// Previews every stack that the change touches once, for a job summary and a decision: `plan-all … markdown`
//
// +cache="never"
func (m *Iac) PlanAll(
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
	// Commit that is previewed, for the comment's last line; read from .git in src if left out
	//
	// +optional
	commit string,
	// Properties that matter little, such as tags.*, where * is any text: updates that change only these are counted and folded apart
	//
	// +optional
	quietProperty []string,
	// Regular expressions (RE2), one per line; what they match is shown as ***
	//
	// +optional
	mask string,
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
	// Create the stack if it is missing
	//
	// +optional
	upsert bool,
) (*Plans, error) {
	a, err := m.prepareAll(ctx, "preview", settings{
		Src: src, Mask: mask, Timeout: timeout, PolicyPack: policyPack, Upsert: upsert,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Replace: replace, Refresh: refresh,
			Message: message, Config: config,
		},
		Publication: &publication{
			Token: githubToken, Ref: githubRef, Repository: githubRepository, Commit: commit, Variables: m.CiVariables,
		},
	}, choosing{
		Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, Parallel: parallel, MaxStacks: maxStacks,
	}, quietProperty)
	if err != nil {
		return nil, a.fail(err)
	}
	a.preview(ctx)
	told := a.content()
	content, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	p := &Plans{Content: string(content)}
	var failed error
	if p.Printed, failed = a.finish(told); failed != nil {
		p.Failure = failed.Error()
	}
	return p, nil
}

func (p *Plans) failed() error {
	if p.Failure == "" {
		return nil
	}
	return errors.New(p.Failure)
}

func (p *Plans) content() (comment.All, error) {
	var all comment.All
	err := json.Unmarshal([]byte(p.Content), &all)
	return all, err
}

// Prints what Pulumi printed of each stack, and fails if a preview failed
func (p *Plans) Text() (string, error) { return p.Printed, p.failed() }

// Prints what the comment says as Markdown, for a job summary: up to 1 MB; of previews that failed too
func (p *Plans) Markdown() (string, error) {
	all, err := p.content()
	return all.Summary(), err
}

// Prints the reports of all stacks as JSON, of previews that failed too; ci/comment/all.schema.json describes it
func (p *Plans) Json() (string, error) {
	all, err := p.content()
	if err != nil {
		return "", err
	}
	return all.JSON()
}

// Prints the digest of all plans, for `up-all --expect-digest`; fails if a preview failed
func (p *Plans) Digest() (string, error) {
	all, err := p.content()
	if err != nil || p.Failure != "" {
		return "", errors.Join(err, p.failed())
	}
	if all.ID.Plan == "" {
		return "", errors.New("these plans have no digest: Pulumi's event log of a stack is missing or not whole")
	}
	return all.ID.Plan, nil
}

// Counts the resources and outputs that would change; fails if a preview failed
func (p *Plans) Changes() (int, error) {
	all, err := p.content()
	if err != nil || p.Failure != "" {
		return 0, errors.Join(err, p.failed())
	}
	if all.ID.Plan == "" {
		return 0, errors.New("what would change is not known: Pulumi's event log of a stack is missing or not whole")
	}
	return all.Changes(), nil
}
