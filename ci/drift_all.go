package main

import (
	"context"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Fails when the cloud is not what the states of the stacks say, without changing anything
//
// Which stacks is told by --changed-files or --all.
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
	// Take only stacks whose folder:stack is like one of these, such as infra/*:prod, with * for any text
	//
	// +optional
	only []string,
	// Leave out stacks whose folder:stack is like one of these, such as *:dev
	//
	// +optional
	skip []string,
	// Take every stack, whatever changed
	//
	// +optional
	all bool,
	// File with the paths in src that changed, one a line, as `git diff --name-only` gives them
	//
	// +optional
	changedFiles *dagger.File,
	// Number of stacks to work on at once, 1 to 16
	//
	// +optional
	// +default=4
	parallel int,
	// Number of stacks from which on nothing is run
	//
	// +optional
	// +default=50
	maxStacks int,
	// Fail too if something of the program has not been applied
	//
	// +optional
	unapplied bool,
	// Regular expressions (RE2), one a line; what they match is shown as ***
	//
	// +optional
	mask string,
	// Interrupt Pulumi after this time, such as 30m: it finishes what has begun and saves the state
	//
	// +optional
	timeout string,
	// URNs of the only resources to work on, or patterns with *
	//
	// +optional
	target []string,
	// URNs of resources to leave out, or patterns with *
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
		Options: options.Options{Target: target, Exclude: exclude, Config: config, ExpectNoChanges: true},
	}, choosing{
		Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, Parallel: parallel, MaxStacks: maxStacks,
	}, nil)
	if err != nil {
		return "", a.fail(err)
	}
	a.each(a.stacks, func(s *one) {
		s.did = s.pulumi(ctx, "refresh", "--preview-only")
		if unapplied && s.did.ok() {
			s.did = s.pulumi(ctx, "preview")
		}
	})
	return a.finish(a.content())
}
