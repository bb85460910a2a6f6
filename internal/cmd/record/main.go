// Record runs the real Pulumi CLI on the programs of testdata and keeps what it prints and its event log
// in testdata/recordings, for the tests of everything that reads or shows them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"iac/internal/tools"
)

func main() {
	list := flag.Bool("list", false, "print the names and what they show, and record nothing")
	state := flag.Bool("state", false, "make the state anew that testdata/infra and its like start from, and record nothing")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: record [-list | -state] [NAME…]\nRecords what the Pulumi CLI does, all of it or the recordings named.")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *list, *state, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, list, state bool, names []string) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	if list {
		for _, s := range chosen {
			fmt.Printf("%-20s %s\n", s.name, s.about)
		}
		return nil
	}
	root, err := tools.Root()
	if err != nil {
		return err
	}
	if state {
		return makeState(ctx, root)
	}
	r, err := newRecorder(ctx, root)
	if err != nil {
		return err
	}
	defer r.close()
	recordings := filepath.Join(root, "testdata", "recordings")
	for _, s := range chosen {
		fmt.Fprintln(os.Stderr, "recording", s.name)
		if err := r.record(ctx, s, filepath.Join(recordings, s.name)); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return writeReadme(ctx, root, recordings)
}

func choose(names []string) ([]scenario, error) {
	if len(names) == 0 {
		return scenarios, nil
	}
	var chosen []scenario
	for _, name := range names {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no recording is called %q: -list prints their names", name)
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}
