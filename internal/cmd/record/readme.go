package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"iac/internal/tools"
)

const readme = `# Recordings

What the Pulumi CLI %s printed, with the Go host 3.60.0 and the provider of internal/provider, made by

    go run ./internal/cmd/record

or, for some of them, ` + "`go run ./internal/cmd/record NAME…`" + `; ` + "`-list`" + ` prints the names. The programs are in
testdata/programs. Every command had ` + "`--non-interactive --color never`" + ` and a ` + "`--stack`" + `, and for the order's
sake ` + "`--parallel 1`" + `, but for "destroy-parallel".

Each folder has the standard output in stdout and the standard error in stderr, the same run again with
the two joined in joined, and the exit code in exit.

What differs from run to run or from machine to machine was replaced: paths (/work is the folder of the
run, /checkout this repository, /home/user the home), durations, identifiers, users and process numbers,
addresses in stack traces. The lines by which Pulumi shows that it is still at work (` + "`@ updating....`" + `) are
left out where ` + "`--diff`" + ` was given, but for "slow", and have four dots elsewhere. Two things still differ from
run to run: the order in "destroy-parallel", and without ` + "`--diff`" + ` the place of the stack's own line.

In the recordings called cloud-… the CLI talked to a stand-in for Pulumi Cloud: what the CLI says by
itself is real, the other side's messages and the links' numbers are not. The policies of policy… are
those of internal/provider, run by the CLI as any local policy pack.

| name | shows | command | exit code |
|---|---|---|---|
`

// writeReadme lists the recordings that are there.
func writeReadme(ctx context.Context, root, recordings string) error {
	version, err := exec.CommandContext(ctx, filepath.Join(tools.Bin(root), "pulumi"), "version").Output()
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, readme, strings.TrimPrefix(strings.TrimSpace(string(version)), "v"))
	for _, s := range scenarios {
		code, err := os.ReadFile(filepath.Join(recordings, s.name, "exit"))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "| %s | %s | `pulumi %s` | %s |\n", s.name, s.about, strings.Join(s.args, " "), strings.TrimSpace(string(code)))
	}
	return os.WriteFile(filepath.Join(recordings, "README.md"), []byte(text.String()), 0o644)
}
