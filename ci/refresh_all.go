package main

import (
	"context"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Updates the state of every stack that a change touches from the cloud, without asking
//
// --changed-files or --all says which ones.
//
// +cache="never"
func (m *Iac) RefreshAll(
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
	// Regular expressions (RE2), one per line; what they match is shown as ***
	//
	// +optional
	mask string,
	// Interrupt Pulumi after this time, such as 30m: it finishes what has begun and saves the state
	//
	// +optional
	timeout string,
	// Wait this long for a stack that another run has locked, such as 10m
	//
	// +optional
	waitForLock string,
	// Work on these resources only: URNs, or patterns with *
	//
	// +optional
	target []string,
	// Leave out these resources: URNs, or patterns with *
	//
	// +optional
	exclude []string,
	// Message for the update in Pulumi Cloud
	//
	// +optional
	message string,
	// Setting for this run only, as key=value; not for secrets, it may be shown
	//
	// +optional
	config []string,
	// Write the state, and fail if that changed it
	//
	// +optional
	expectNoChanges bool,
) (string, error) {
	a, err := m.prepareAll(ctx, "refresh", settings{
		Src: src, Mask: mask, Timeout: timeout, WaitForLock: waitForLock,
		Options: options.Options{Target: target, Exclude: exclude, Message: message, Config: config, ExpectNoChanges: expectNoChanges},
	}, choosing{
		Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, Parallel: parallel, MaxStacks: maxStacks,
	}, nil)
	if err != nil {
		return "", a.fail(err)
	}
	a.each(func(s *one) { s.did = s.pulumi(ctx, "refresh", "--yes") })
	return a.finish(a.content())
}
