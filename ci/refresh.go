package main

import (
	"context"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Updates the stack's state from the cloud, without asking
//
// The result is what Pulumi printed.
//
// +cache="never"
func (m *Iac) Refresh(
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
	// Write the state, and fail if that changed it
	//
	// +optional
	expectNoChanges bool,
) (string, error) {
	run, err := m.prepare(ctx, "refresh", settings{
		Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout, WaitForLock: waitForLock,
		Options: options.Options{
			Target: target, Exclude: exclude, Parallel: parallel, Message: message, Config: config, ExpectNoChanges: expectNoChanges,
		},
	})
	if err != nil {
		return "", err
	}
	return run.finish(run.pulumi(ctx, "refresh", "--yes"))
}
