package main

import (
	"context"
	"fmt"

	"dagger/iac/internal/dagger"
)

// Fails when the cloud is not what the program says, without changing anything
//
// The result, or the error, is what Pulumi printed.
//
// +cache="never"
func (m *Iac) Drift(
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
	run, err := m.prepare(ctx, "drift", src, stack, mask, nil)
	if err != nil {
		return "", err
	}
	did := run.pulumi(ctx, previews, "preview", "--refresh", "--expect-no-changes")
	if did.notRun == "" && did.report.ExitCode == notAsExpected {
		return "", fmt.Errorf("%s has drifted from its program:\n\n%s", stack, inError(join(did.report.Stderr, did.report.Stdout)))
	}
	return run.finish("drift", did)
}

// notAsExpected is Pulumi's exit code when --expect-no-changes is not met.
const notAsExpected = 7
