package main

import (
	"context"
	"errors"
	"fmt"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Fails when the cloud is not what the stack's state says, without changing anything
//
// With --unapplied it also fails when the program says something else than the state. The result, or the error, is what
// Pulumi printed. The state is not written. With --issue and a token, one GitHub issue is open while the stack drifts.
//
// +cache="never"
func (m *Iac) Drift(
	ctx context.Context,
	// Folder with Pulumi.yaml, or with --work-dir one around it; the root of the repository if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config"]
	src *dagger.Directory,
	// Stack, as [organization/[project/]]stack
	//
	// +optional
	stack string,
	// Fail also if something in the program has not been applied
	//
	// +optional
	unapplied bool,
	// Keep one GitHub issue for the stack: opened when it drifts, brought up to date, closed when there is no drift any more
	//
	// +optional
	issue bool,
	// Token that may write issues, such as env://GITHUB_TOKEN
	//
	// +optional
	githubToken *dagger.Secret,
	// Repository of the issue, as owner/name or a URL; read from ci-variables or from .git/config in src if left out
	//
	// +optional
	githubRepository string,
	// URL of the CI run, for the issue's last line
	//
	// +optional
	runUrl string,
	// Folder of Pulumi.yaml inside src, for a program that needs what is around it, such as a go.mod above
	//
	// +optional
	workDir string,
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
	// Leave out these resources: URNs, or patterns with *
	//
	// +optional
	exclude []string,
	// Number of resources to work on at once
	//
	// +optional
	parallel int,
	// Setting for this run only, as key=value; not for secrets, it may be shown
	//
	// +optional
	config []string,
) (string, error) {
	run, err := m.prepare(ctx, "drift", settings{
		Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout,
		Options:     options.Options{Target: target, Exclude: exclude, Parallel: parallel, Config: config, ExpectNoChanges: true},
		Publication: m.issuePublication(issue, githubToken, githubRepository, runUrl),
	})
	if err := errors.Join(checkIssue(issue, githubToken), err); err != nil {
		return "", err
	}
	did := run.pulumi(ctx, "refresh", "--preview-only")
	checks := []comment.Check{did.check()}
	text, failed := run.unchanged(did, "the cloud has changed: it is not what the state of %s says")
	if unapplied {
		did := run.pulumi(ctx, "preview").strictly()
		checks = append(checks, did.check())
		more, other := run.unchanged(did, "%s is not what its program says: something has not been applied")
		text, failed = text+"\n"+more, errors.Join(failed, other)
	}
	var unwritten error
	if issue {
		unwritten = run.keepIssue(ctx, checks...)
	}
	return run.issueAnswer(text, failed, unwritten)
}

// check is what a run tells about drift.
func (o outcome) check() comment.Check {
	return comment.Check{Unapplied: o.verb == "preview", Report: o.report, NotRun: o.notRun}
}

// strictly is what came of looking for what is not applied: Pulumi's --expect-no-changes passes over outputs, over
// resources that an earlier run left over, and over options of resources.
func (o outcome) strictly() outcome {
	if o.ok() && (o.report.StateOnly || len(o.report.Outputs)+len(o.report.Pending()) > 0) {
		o.report.ExitCode = comment.Unexpected
	}
	return o
}

// unchanged is the answer of a run that was to find no change.
func (r *run) unchanged(did outcome, changed string) (string, error) {
	if did.check().Drifted() {
		return "", fmt.Errorf(changed+":\n\n%s", r.stack, inError(join(did.report.Stderr, did.report.Stdout)))
	}
	return r.finish(did)
}
