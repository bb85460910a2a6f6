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

What the Pulumi CLI %s did, with the Go host 3.60.0 and the provider of internal/provider, made by

    go run ./internal/cmd/record

or, for some of them, ` + "`go run ./internal/cmd/record NAME…`" + `; ` + "`-list`" + ` prints the names. The programs are in
testdata/programs. Every command had ` + "`--non-interactive --color never`" + ` and a ` + "`--stack`" + `, and for the order's
sake ` + "`--parallel 1`" + `, but for "destroy-parallel".

Each folder has one run: the standard output in stdout, the standard error in stderr, the exit code in exit
(137 where it was killed), and in events.jsonl what ` + "`PULUMI_DEBUG_COMMANDS=true pulumi … --event-log FILE`" + ` wrote.
Where Pulumi comes to nothing, because there is no such stack, another run holds it or the token is refused,
it writes no events.

What differs from run to run or from machine to machine was replaced: times, paths (/work is the folder of the
run, /checkout this repository, /home/user the home), durations, identifiers, users and process numbers,
addresses in stack traces. The properties that a provider says are different (` + "`diffs` and `keys`" + `) are in
order. Beyond that the events are as Pulumi wrote them, to the byte. The lines by which Pulumi shows that it is
still at work (` + "`@ updating....`" + `) are left out of stdout where ` + "`--diff`" + ` was given, but for "slow", and have four
dots elsewhere. Two things still differ from run to run: the order in "destroy-parallel", and without ` + "`--diff`" + `
the place of the stack's own line.

In the recordings called pending-delete… a resource that is to be deleted was put into the state by hand, as
a run leaves one behind that fails half-way. canceled… and killed were ended by SIGINT and SIGKILL.

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
