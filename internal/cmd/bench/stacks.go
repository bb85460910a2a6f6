package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"iac/internal/teststack"
	"iac/internal/tools"
)

// How much longer many stacks may take than one, and how much more memory ten times as many.
const (
	maxTimes  = 4.0
	maxMemory = 2.0
)

// smallProgram is each of the two projects whose stacks are measured.
const smallProgram = `package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		var logs pulumi.CustomResourceState
		return ctx.RegisterResource("demo:storage:Bucket", "logs", pulumi.Map{"name": pulumi.String("logs-" + ctx.Stack())}, &logs)
	})
}
`

// measureStacks compares preview-all of 20 stacks of two Go programs with preview of one of them, both with warm caches
// and a comment, and then the memory of the module with that for 200 stacks.
func measureStacks(ctx context.Context, root string, rounds int, check bool, out, log io.Writer) (err error) {
	w, err := newWorld(ctx, root, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	const few, many = 20, 200
	r, err := w.programs(ctx, few, log)
	if err != nil {
		return err
	}
	one := func() (usage, error) {
		return w.call(ctx, "2 to create", "preview", "--src", r.Src, "--work-dir", "one", "--stack", "s1")
	}
	all := func(n int) (usage, error) {
		return w.call(ctx, fmt.Sprintf("%d of %d stacks change", n, n), "preview-all", "--src", r.Src, "--all", "--max-stacks", strconv.Itoa(n))
	}
	_, _ = fmt.Fprintln(log, "the first runs, which compile …")
	if _, err := all(few); err != nil {
		return err
	}
	if _, err := one(); err != nil {
		return err
	}
	var single, together []time.Duration
	var memory int64
	for i := range rounds {
		_, _ = fmt.Fprintf(log, "round %d of %d …\n", i+1, rounds)
		s, err := one()
		if err != nil {
			return err
		}
		a, err := all(few)
		if err != nil {
			return err
		}
		single, together, memory = append(single, s.elapsed), append(together, a.elapsed), max(memory, a.memory)
	}
	slices.Sort(single)
	slices.Sort(together)
	a, b := single[len(single)/2], together[len(together)/2]
	times := b.Seconds() / a.Seconds()
	_, _ = fmt.Fprintf(out, "preview of 1 stack: %.2f s; preview-all of %d stacks: %.2f s, that is %.1f times one\n", a.Seconds(), few, b.Seconds(), times)
	_, _ = fmt.Fprintf(log, "making %d more stacks …\n", many-few)
	if err := w.more(ctx, r, few, many); err != nil {
		return err
	}
	large, err := all(many)
	if err != nil {
		return err
	}
	growth := float64(large.memory) / float64(memory)
	_, _ = fmt.Fprintf(out, "preview-all of %d stacks: %.1f s; the module took %d MB at most, with %d stacks %d MB, that is %.1f times as much\n",
		many, large.elapsed.Seconds(), large.memory>>20, few, memory>>20, growth)
	if check && (times >= maxTimes || growth >= maxMemory) {
		return fmt.Errorf("%.1f times the time of one stack and %.1f times the memory: want less than %.0f and %.0f", times, growth, maxTimes, maxMemory)
	}
	return nil
}

// programs makes a repository of two Go programs with so many stacks in all.
func (w *world) programs(ctx context.Context, stacks int, log io.Writer) (*teststack.Repository, error) {
	folder := filepath.Join(w.dir, "many-of")
	for _, name := range []string{"one", "two"} {
		dir := filepath.Join(folder, name)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(w.root, "testdata", "infra"))); err != nil {
			return nil, err
		}
		if err := errors.Join(
			os.Remove(filepath.Join(dir, "stack.json")), os.Remove(filepath.Join(dir, "Pulumi.dev.yaml")),
			os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: "+name+"\nruntime: go\n"), 0o600),
			os.WriteFile(filepath.Join(dir, "main.go"), []byte(smallProgram), 0o600),
		); err != nil {
			return nil, err
		}
	}
	r, err := teststack.PrepareRepository(ctx, folder, filepath.Join(w.dir, "many"), tools.Bin(w.root))
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(log, "making %d stacks …\n", stacks)
	return r, w.more(ctx, r, 0, stacks)
}

// more makes stacks until there are so many, half of them of each program.
func (w *world) more(ctx context.Context, r *teststack.Repository, have, want int) error {
	for i := have / 2; i < want/2; i++ {
		for _, name := range []string{"one", "two"} {
			stack := "s" + strconv.Itoa(i+1)
			if err := os.WriteFile(filepath.Join(r.Src, name, "Pulumi."+stack+".yaml"), []byte("{}"), 0o600); err != nil {
				return err
			}
			if err := r.Init(ctx, name, "organization/"+name+"/"+stack); err != nil {
				return err
			}
		}
	}
	return nil
}

// usage is what a call took.
type usage struct {
	elapsed time.Duration
	// memory is the most that the module held, in bytes.
	memory int64
}

// call calls the module on the pull request, in the container way. It fails where the comment does not hold a text.
func (w *world) call(ctx context.Context, text string, args ...string) (usage, error) {
	cmd, err := w.moduleCommand(ctx, slices.Concat([]string{"with-cache"}, args, w.pull(container)))
	if err != nil {
		return usage{}, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	most, stop := w.watchMemory()
	start := time.Now()
	err = cmd.Run()
	took := usage{elapsed: time.Since(start)}
	stop()
	if took.memory = most.Load(); took.memory == 0 {
		return took, errors.New("the module's program was not found among the processes")
	}
	if err != nil {
		return took, fmt.Errorf("%v: %w\n%s%s", args, err, stdout.String(), stderr.String())
	}
	for _, c := range w.github.Comments(repo, pulls[container]) {
		if strings.Contains(c.Body, text) {
			return took, nil
		}
	}
	return took, fmt.Errorf("no comment holds %q after %v:\n%s", text, args, stdout.String())
}

// watchMemory looks again and again how much memory the module's program has taken at most. It lists no folder of a
// process: that alone would be a tenth of what is measured.
func (w *world) watchMemory() (most *atomic.Int64, stop func()) {
	most, done := &atomic.Int64{}, make(chan struct{})
	go func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		process := w.moduleProcess()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			took := peak(process)
			if took == 0 { // each function of a chain is a process of its own
				process = w.moduleProcess()
				took = peak(process)
			}
			most.Store(max(most.Load(), took))
		}
	}()
	return most, func() { close(done) }
}

// moduleProcess is the folder in /proc of the module's program, or of nothing while it does not run.
func (w *world) moduleProcess() string {
	programs := filepath.Join(w.dir, "cache", "module")
	processes, _ := os.ReadDir("/proc")
	for _, p := range processes {
		process := filepath.Join("/proc", p.Name())
		if to, err := os.Readlink(filepath.Join(process, "exe")); err == nil && strings.HasPrefix(to, programs) {
			return process
		}
	}
	return "/proc/none"
}

// peak is the most that a process has held in memory, 0 where that is not known.
func peak(process string) int64 {
	text, err := os.ReadFile(filepath.Join(process, "status"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nVmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10
}
