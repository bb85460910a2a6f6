package main

import (
	"context"
	"fmt"

	"dagger/iac/internal/dagger"
)

// Prints the stack's outputs as JSON, or one of them as text
//
// +cache="never"
func (m *Iac) Outputs(
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
	// Print only the output of this name, as text
	//
	// +optional
	name string,
	// Show outputs that are secret
	//
	// +optional
	showSecrets bool,
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
) (string, error) {
	run, err := m.prepare(ctx, "outputs", settings{Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout})
	if err != nil {
		return "", err
	}
	args := []string{"stack", "output", "--stack", stack, "--non-interactive", "--color", "never"}
	if name == "" {
		args = append(args, "--json")
	}
	if showSecrets {
		args = append(args, "--show-secrets")
	}
	if name != "" {
		args = append(args, "--", name)
	}
	ran, err := run.execute(ctx, command{args: args, noProgram: true})
	if err != nil {
		return "", fmt.Errorf("the outputs of %s cannot be read: %s", stack, inError(run.shown(err.Error())))
	}
	defer ran.close()
	if ran.exitCode != 0 {
		return "", fmt.Errorf("the outputs of %s cannot be read: %s", stack, inError(run.shown(join(ran.stderr, ran.stdout))))
	}
	// An output is given as it is, but for the secrets of the call.
	return run.mask.Text(ran.stdout), nil
}
