package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Fails when the cloud is not what the states of the stacks say, without changing anything
//
// --changed-files or --all says which stacks.
//
// +cache="never"
func (m *Iac) DriftAll(
	ctx context.Context,
	// Root of the repository; that of dagger.json if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config"]
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
	// Fail also if something in the program has not been applied
	//
	// +optional
	unapplied bool,
	// Keep one GitHub issue for each stack: opened when it drifts, brought up to date, closed when there is no drift any more
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
	// Setting for this run only, as key=value; not for secrets, it may be shown
	//
	// +optional
	config []string,
) (string, error) {
	a, err := m.prepareAll(ctx, "drift", settings{
		Src: src, Mask: mask, Timeout: timeout,
		Options:     options.Options{Target: target, Exclude: exclude, Config: config, ExpectNoChanges: true},
		Publication: m.issuePublication(issue, githubToken, githubRepository, runUrl),
	}, choosing{
		Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, Parallel: parallel, MaxStacks: maxStacks,
	}, nil)
	if err := errors.Join(checkIssue(issue, githubToken), err); err != nil {
		return "", a.fail(err)
	}
	a.each(func(s *one) {
		s.began = time.Now() // a run that began while other stacks were looked at knows less
		s.did = s.pulumi(ctx, "refresh", "--preview-only")
		if unapplied && s.did.ok() {
			s.did = s.pulumi(ctx, "preview").strictly()
		}
	})
	var unwritten error
	if issue {
		unwritten = a.keepIssues(ctx)
	}
	text, failed := a.finish(a.content())
	if unwritten != nil {
		return "", fmt.Errorf("%s\n\n%s", unwritten, inError(cmp.Or(text, fmt.Sprint(failed))))
	}
	return text, failed
}
