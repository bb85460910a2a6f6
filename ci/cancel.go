package main

import (
	"context"
	"fmt"

	"dagger/iac/internal/dagger"
	"dagger/iac/report"
)

// Frees a stack that is still locked by a run that was killed
//
// Pulumi Cloud also ends a run that still goes on; with a state of your own, end that run first.
//
// +cache="never"
func (m *Iac) Cancel(
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
) (string, error) {
	run, err := m.prepare(ctx, "cancel", settings{Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout})
	if err != nil {
		return "", err
	}
	ran, err := run.execute(ctx, command{
		args: []string{"cancel", "--stack", stack, "--yes", "--non-interactive", "--color", "never"}, noProgram: true,
	})
	if err != nil {
		return "", fmt.Errorf("pulumi cancel of %s did not run to its end: %s", stack, inError(run.shown(err.Error())))
	}
	defer ran.close()
	did := outcome{verb: "cancel", report: report.Report{ExitCode: ran.exitCode, Stdout: ran.stdout, Stderr: ran.stderr, NoLog: true}}
	did.report = did.report.Shown(run.shown)
	return run.finish(did)
}
