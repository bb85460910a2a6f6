package main

import (
	"context"
	"fmt"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
)

// Deletes every resource of the stack, and with --remove the stack too
//
// The result is what Pulumi printed.
//
// +cache="never"
func (m *Iac) Destroy(
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
	// Name of the stack once more: nothing is deleted without it
	//
	// +optional
	confirm string,
	// Remove the empty stack too
	//
	// +optional
	remove bool,
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
	// Work also on resources that depend on a target
	//
	// +optional
	targetDependents bool,
	// Leave out these resources: URNs, or patterns with *
	//
	// +optional
	exclude []string,
	// Update the stack's state from the cloud first
	//
	// +optional
	refresh bool,
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
	// Go on with other resources when one fails
	//
	// +optional
	continueOnError bool,
	// Leave protected resources alone
	//
	// +optional
	excludeProtected bool,
) (string, error) {
	if confirm != stack && stack != "" {
		return "", fmt.Errorf("invalid confirm %q: want the name of the stack %q once more, since destroy deletes its resources", confirm, stack)
	}
	run, err := m.prepare(ctx, "destroy", settings{
		Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout, WaitForLock: waitForLock,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Refresh: refresh, Parallel: parallel, Message: message,
			Config: config, ContinueOnError: continueOnError, ExcludeProtected: excludeProtected, Remove: remove,
		},
	})
	if err != nil {
		return "", err
	}
	return run.finish(run.pulumi(ctx, "destroy", "--yes"))
}
