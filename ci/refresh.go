package main

import (
	"context"

	"dagger/iac/internal/dagger"
)

// Updates the stack's state from the cloud, without asking
//
// The result is what Pulumi printed.
//
// +cache="never"
func (m *Iac) Refresh(
	ctx context.Context,
	// Folder with Pulumi.yaml; the root of the repository if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config"]
	src *dagger.Directory,
	// Stack, as [organization/[project/]]stack
	//
	// +optional
	stack string,
	// Regular expressions (RE2), one a line; what they match is shown as ***
	//
	// +optional
	mask string,
) (string, error) {
	run, err := m.prepare(ctx, "refresh", src, stack, mask, nil)
	if err != nil {
		return "", err
	}
	return run.finish("refresh", run.pulumi(ctx, deployments, "refresh", "--yes"))
}
