package main

import (
	"context"
	"encoding/json"
	"errors"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/mask"
	"dagger/iac/options"
)

// Plan is what `pulumi up` would change
type Plan struct {
	// Content is what the comment says, as JSON.
	// +private
	Content string
	// Text is what Pulumi printed, and Failure the error of a preview that failed.
	// +private
	Printed string
	// +private
	Failure string
	// NotRun is true where Pulumi did not come to its end, so there is nothing to tell but the failure.
	// +private
	NotRun bool
	// +private
	Src *dagger.Directory
	// +private
	Masks string
	// +private
	GhVersion string
	// +private
	CiVariables string
}

// Runs a preview once, for a comment, a job summary and a decision: `plan … publish … markdown`
//
// +cache="never"
func (m *Iac) Plan(
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
	// Create the stack if it is missing
	//
	// +optional
	upsert bool,
) (*Plan, error) {
	run, err := m.prepare(ctx, "preview", settings{
		Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout, PolicyPack: policyPack, Upsert: upsert,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Replace: replace, Refresh: refresh,
			Parallel: parallel, Message: message, Config: config,
		},
	})
	p := &Plan{Src: src, Masks: mask, GhVersion: m.GhVersion, CiVariables: m.CiVariables}
	content := run.content()
	content.Quiet = quietProperty
	if err = errors.Join(append(comment.Quiet(quietProperty).Check(), err)...); err != nil {
		content.NotStarted, p.NotRun = run.shown(err.Error()), true
		return p.with(content, "", err)
	}
	did := run.pulumi(ctx, "preview")
	content = content.Of(did.report, did.notRun)
	p.NotRun = did.notRun != ""
	text, failed := run.finish(did)
	return p.with(content, text, failed)
}

func (p *Plan) with(content comment.Content, printed string, failed error) (*Plan, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	p.Content, p.Printed = string(text), printed
	if failed != nil {
		p.Failure = failed.Error()
	}
	return p, nil
}

func (p *Plan) content() (comment.Content, error) {
	var content comment.Content
	err := json.Unmarshal([]byte(p.Content), &content)
	return content, err
}

func (p *Plan) failed() error {
	if p.Failure == "" {
		return nil
	}
	return errors.New(p.Failure)
}

// Prints what Pulumi printed, and fails if the preview failed
func (p *Plan) Text() (string, error) { return p.Printed, p.failed() }

// Prints the comment as Markdown, for a job summary; of a preview that failed too
func (p *Plan) Markdown() (string, error) {
	content, err := p.content()
	if err != nil || p.NotRun {
		return "", errors.Join(err, p.failed())
	}
	return comment.Render(content), nil
}

// Prints the report as JSON, of a preview that failed too; ci/comment/report.schema.json describes it
func (p *Plan) Json() (string, error) {
	content, err := p.content()
	if err != nil || p.NotRun {
		return "", errors.Join(err, p.failed())
	}
	return content.JSON()
}

// Prints the digest of the plan, for `up --expect-digest`; fails if the preview failed
func (p *Plan) Digest() (string, error) {
	content, err := p.content()
	if err != nil || p.Failure != "" {
		return "", errors.Join(err, p.failed())
	}
	if content.ID.Plan == "" {
		return "", errors.New("this plan has no digest: Pulumi's event log is missing or not whole")
	}
	return content.ID.Plan, nil
}

// Counts the resources and outputs that would change; fails if the preview failed
func (p *Plan) Changes() (int, error) {
	content, err := p.content()
	if err != nil || p.Failure != "" {
		return 0, errors.Join(err, p.failed())
	}
	if !content.Report.Whole() {
		return 0, errors.New("what would change is not known: Pulumi's event log is missing or not whole")
	}
	return content.Report.Changes(), nil
}

// Posts the comment on the pull request, and fails if the preview failed
func (p *Plan) Publish(
	ctx context.Context,
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
) (*Plan, error) {
	content, err := p.content()
	if err != nil {
		return nil, err
	}
	m := &Iac{GhVersion: p.GhVersion}
	if err := checkVersion("gh-version", m.GhVersion, ghRelease); err != nil {
		return nil, err
	}
	publication := &publication{
		Token: githubToken, Ref: githubRef, Repository: githubRepository, Key: commentKey,
		Commit: commit, RunURL: runUrl, RunTime: runTime, Variables: p.CiVariables,
	}
	run := &run{verb: "preview"}
	if githubToken != nil {
		run.gh = m.fetchGH(ctx)
	}
	if run.target, _, err = publication.find(ctx, p.Src); err != nil || run.target == nil {
		return p, errors.Join(err, p.failed())
	}
	if run.mask, err = mask.New([]string{run.target.secret}, p.Masks); err != nil {
		return nil, err
	}
	// The token was not known when the preview ran.
	content.Report = content.Report.Shown(run.shown)
	content.NotStarted, content.NotRun = run.shown(content.NotStarted), run.shown(content.NotRun)
	p.Failure = run.shown(p.Failure)
	if p, err = p.with(content, run.shown(p.Printed), p.failed()); err != nil {
		return nil, err
	}
	given := run.target.content
	content.ID.Key, content.Commit, content.RunURL, content.Time = given.ID.Key, given.Commit, given.RunURL, given.Time
	publisher := run.publisher()
	publisher.OnlyExisting = commentOnlyChanges && p.Failure == "" && comment.SaysNothing(content.Report)
	_, err = run.answer(p.Printed, p.failed(), run.post(ctx, publisher, comment.Render(content)), commentOptional)
	return p, err
}
