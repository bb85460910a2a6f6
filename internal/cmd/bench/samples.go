package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// The kinds of runs.
const (
	first  = "first"
	second = "second"
	edit   = "edit"
)

var (
	runs   = []string{first, second, edit}
	titles = map[string]string{first: "first run", second: "second run", edit: "after an edit"}
)

// sample is what one run took: on the clock, and of the processors.
type sample struct{ elapsed, cpu time.Duration }

// samples are those of each way and run.
type samples map[key][]sample

type key struct{ way, run string }

// measurement is the taking of samples.
type measurement struct {
	*world
	ways     []string
	samples  samples
	out, log io.Writer
}

// measure takes the samples: one of the first run of each way, which compiles everything, and then
// those of as many rounds as wanted, after a round that does not count.
func measure(ctx context.Context, root string, ways []string, rounds int, out, log io.Writer) (all samples, err error) {
	w, err := newWorld(ctx, root, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()

	_, err = fmt.Fprintf(out, "goos: %s\ngoarch: %s\npkg: iac/internal/cmd/bench\n", runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	m := &measurement{w, ways, samples{}, out, log}
	if err := m.round(ctx, first, true); err != nil {
		return nil, err
	}
	for _, run := range []string{second, edit} {
		for i := range rounds + 1 {
			if err := m.round(ctx, run, i > 0); err != nil {
				return nil, err
			}
			// Whoever goes first this time goes last the next time.
			slices.Reverse(m.ways)
		}
	}
	return m.samples, nil
}

// round takes one sample of each way.
func (m *measurement) round(ctx context.Context, run string, counts bool) error {
	for _, way := range m.ways {
		if run == edit {
			if err := m.edit(); err != nil {
				return err
			}
		}
		s, err := m.preview(ctx, way)
		if err != nil {
			return err
		}
		note := "  (to warm up)"
		if counts {
			note = ""
			m.samples[key{way, run}] = append(m.samples[key{way, run}], s)
			if _, err := fmt.Fprintf(m.out, "BenchmarkPreview/way=%s/run=%s 1 %d ns/op %d user+sys-ns/op\n", way, run, s.elapsed, s.cpu); err != nil {
				return err
			}
		}
		_, _ = fmt.Fprintf(m.log, "%-13s  %-13s  %6.2f s  %6.2f s of processors%s\n", titles[run], way, s.elapsed.Seconds(), s.cpu.Seconds(), note)
	}
	return nil
}

// benchPackages runs the benchmarks of the packages that read, clean, mask and show what Pulumi printed.
func benchPackages(ctx context.Context, root string, out, log io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench=^Benchmark(Parse|Text|Render)100MB$",
		"-benchtime=1x", "-count=6", "./report", "./clean", "./mask", "./comment")
	cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Join(root, "ci"), out, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the benchmarks of ci/report, ci/clean, ci/mask and ci/comment: %w", err)
	}
	return nil
}

// median is the middle of what the samples of a way and a run took.
func (s samples) median(way, run string, of func(sample) time.Duration) time.Duration {
	var all []time.Duration
	for _, each := range s[key{way, run}] {
		all = append(all, of(each))
	}
	slices.Sort(all)
	if len(all) == 0 {
		return 0
	}
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func elapsed(s sample) time.Duration { return s.elapsed }
func cpu(s sample) time.Duration     { return s.cpu }

// over is what the container takes more than the script, as a time and in percent.
func (s samples) over(run string) (more time.Duration, percent float64) {
	base := s.median(script, run, elapsed)
	more = s.median(container, run, elapsed) - base
	return more, 100 * more.Seconds() / base.Seconds()
}

// The least that the module may not cost over the script.
const (
	tooMuchPercent = 10
	tooMuch        = 500 * time.Millisecond
)

// check fails where the container takes too much more than the script.
func (s samples) check() error {
	var errs []error
	for _, run := range []string{second, edit} {
		if more, percent := s.over(run); percent >= tooMuchPercent || more >= tooMuch {
			errs = append(errs, fmt.Errorf("%s: the module takes %.2f s or %.1f %% more than the script, it must stay under %.1f s and %d %%",
				titles[run], more.Seconds(), percent, tooMuch.Seconds(), tooMuchPercent))
		}
	}
	return errors.Join(errs...)
}

// writeTables shows the medians as ratios to the script's, and last the share.
func writeTables(out io.Writer, s samples, ways []string) error {
	err := errors.Join(
		writeTable(out, "on the clock", s, ways, elapsed),
		writeTable(out, "of the processors (user and system)", s, ways, cpu),
	)
	if err != nil {
		return err
	}
	again, percent := s.over(second)
	more, share := s.over(edit)
	_, err = fmt.Fprintf(out, "\ncontainer over script: second run %+.2f s (%+.1f %%), after an edit %+.2f s (%+.1f %%)\nshare over script: %d %%\n",
		again.Seconds(), percent, more.Seconds(), share, int(math.Round(share)))
	return err
}

func writeTable(out io.Writer, title string, s samples, ways []string, of func(sample) time.Duration) error {
	var lines strings.Builder
	table := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, run := range runs {
		_, _ = fmt.Fprintf(table, "\t%s\t", titles[run])
	}
	_, _ = fmt.Fprintln(table)
	for _, way := range ways {
		_, _ = fmt.Fprint(table, way)
		for _, run := range runs {
			took := s.median(way, run, of).Seconds()
			_, _ = fmt.Fprintf(table, "\t%.2f s\t%.2f×", took, took/s.median(script, run, of).Seconds())
		}
		_, _ = fmt.Fprintln(table, "\t")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nMedian time %s, and how many times the script's:\n\n%s", title, lines.String())
	return err
}
