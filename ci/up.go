package main

import (
	"context"

	"dagger/iac/internal/dagger"
)

// Applies the program to the stack, without asking
//
// The result is what Pulumi printed.
//
// +cache="never"
func (m *Iac) Up(
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
	run, err := m.prepare(ctx, "up", src, stack, mask, nil)
	if err != nil {
		return "", err
	}
	return run.finish("up", run.pulumi(ctx, deployments, "up", "--yes"))
}
