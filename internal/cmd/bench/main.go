// Bench measures what iac costs over a shell script that calls pulumi and gh by hand (by-hand.sh).
//
// It previews testdata/infra, with a comment on a pull request of the GitHub stand-in, in three ways:
// by the script, in the container of the module (with-cache), and through the Pulumi module
// (with-credentials). Each sample is a process of its own, and the ways take turns, so that what else
// the machine does meets them all. Each way has caches of its own, in the same state: what one has
// compiled does not help another.
//
// Lines for benchstat go to standard output and to build/bench.txt, then come tables, and last
// "share over script: N %". What is going on is told on standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"iac/internal/hostdagger"
	"iac/internal/tools"
)

// callVerb makes this program a call of the module. The hostdagger command does the same, but has no
// flags for the stand-in for GitHub and the stack without an account.
const callVerb = "call-of-the-module"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if len(os.Args) == 3 && os.Args[1] == callVerb {
		os.Exit(callModule(ctx, os.Args[2]))
	}
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func callModule(ctx context.Context, invocation string) int {
	inv := hostdagger.Invocation{}
	if err := json.Unmarshal([]byte(invocation), &inv); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	inv.Environ, inv.Stdout, inv.Stderr = os.Environ(), os.Stdout, os.Stderr
	return hostdagger.Run(ctx, inv)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 6, "how often each way is measured, for the second run and for the run after an edit")
	check := flags.Bool("check", false, "fail where the module costs 10 % or 0.5 s more than the script")
	short := flags.Bool("short", false, "leave out the Pulumi module and the benchmarks of the packages")
	stacks := flags.Bool("stacks", false, "measure many stacks against one instead; -check fails at 4 times the time of one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || *rounds < 1 {
		return fmt.Errorf("it takes no arguments, and at least one round: %q, %d", flags.Args(), *rounds)
	}
	root, err := tools.Root()
	if err != nil {
		return err
	}
	if *stacks {
		return measureStacks(ctx, root, *rounds, *check, stdout, stderr)
	}
	if err := os.MkdirAll(filepath.Join(root, "build"), 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(root, "build", "bench.txt"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := io.MultiWriter(stdout, file)

	ways := []string{script, container, throughModule}
	if *short {
		ways = ways[:2]
	}
	samples, err := measure(ctx, root, slices.Clone(ways), *rounds, out, stderr)
	if err != nil {
		return err
	}
	if !*short {
		_, _ = fmt.Fprintln(stderr, "the packages that read, clean, mask and show 100 MB …")
		if err := benchPackages(ctx, root, out, stderr); err != nil {
			return err
		}
	}
	if err := writeTables(stdout, samples, ways); err != nil {
		return err
	}
	if *check {
		return samples.check()
	}
	return nil
}
