package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"iac/internal/teststack"
	"iac/internal/tools"
)

// A recorder has a folder to run in and the programs built.
type recorder struct {
	root, dir string
}

func newRecorder(ctx context.Context, root string) (*recorder, error) {
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		return nil, err
	}
	r := &recorder{root: root, dir: dir}
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "cases"), ".")
	build.Dir = filepath.Join(root, "testdata", "programs", "cases")
	if out, err := build.CombinedOutput(); err != nil {
		r.close()
		return nil, fmt.Errorf("building testdata/programs/cases: %w\n%s", err, out)
	}
	return r, nil
}

func (r *recorder) close() {
	os.RemoveAll(r.dir)
}

// record runs a scenario and keeps what came of it. Other files of the folder, such as what the outputs
// are read as, are left alone.
func (r *recorder) record(ctx context.Context, s scenario, target string) error {
	work := filepath.Join(r.dir, "work")
	defer os.RemoveAll(work)
	stack, err := r.prepare(ctx, s, work)
	if err != nil {
		return err
	}
	var stdout, stderr bytes.Buffer
	eventLog := filepath.Join(work, "events.jsonl")
	cmd := r.command(ctx, stack, s, "after", append(slices.Clone(s.args), "--event-log", eventLog))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	code, err := r.run(ctx, stack, s, cmd, eventLog)
	if err != nil {
		return err
	}
	clean := r.cleaner(s)
	kept := map[string][]byte{
		"stdout": clean(stdout.Bytes()),
		"stderr": clean(stderr.Bytes()),
		"exit":   []byte(strconv.Itoa(code) + "\n"),
	}
	if !s.noEvents {
		events, err := os.ReadFile(eventLog)
		if err != nil {
			return err
		}
		kept["events.jsonl"] = clean(events)
	} else if _, err := os.Stat(eventLog); !errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is an event log where none was expected")
	}
	return keep(kept, target)
}

func keep(files map[string][]byte, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) prepare(ctx context.Context, s scenario, work string) (*teststack.Stack, error) {
	program := "cases"
	if s.program != "" {
		program = s.program
	}
	stack, err := teststack.Prepare(ctx, filepath.Join(r.root, "testdata", "programs", program), work, tools.Bin(r.root))
	if err != nil {
		return nil, err
	}
	files := filepath.Join(work, "files")
	if err := os.Mkdir(files, 0o755); err != nil {
		return nil, err
	}
	if s.test != "" {
		if err := prebuilt(stack.Src, filepath.Join(r.dir, "cases")); err != nil {
			return nil, err
		}
	}
	if s.before != nil {
		cmd := r.command(ctx, stack, s, "before", s.before)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("pulumi %v before: %w\n%s", s.before, err, out)
		}
	}
	if s.leftOver != "" {
		if err := stack.LeaveOver(ctx, s.leftOver); err != nil {
			return nil, err
		}
	}
	if s.change == nil {
		return stack, nil
	}
	return stack, s.change(files)
}

func (r *recorder) command(ctx context.Context, stack *teststack.Stack, s scenario, step string, args []string) *exec.Cmd {
	args = append(slices.Clone(args), "--non-interactive", "--color", "never")
	if !slices.Contains(args, "--stack") {
		args = append(args, "--stack", stack.Name)
	}
	if !s.parallel {
		args = append(args, "--parallel", "1")
	}
	if i := slices.Index(args, policyPack); i >= 0 {
		args[i] = filepath.Join(r.root, "testdata", "programs", "policy")
	}
	cmd := stack.Command(ctx, args...)
	if s.parallel {
		cmd.Env = append(cmd.Env, "PARALLEL=yes")
	}
	cmd.Env = append(cmd.Env, "PULUMI_DEBUG_COMMANDS=true", "CASE="+s.test, "STEP="+step, "FILES="+filepath.Join(r.dir, "work", "files"))
	return cmd
}

// run gives the exit code of a command, with the stack's lock held by another meanwhile if asked for.
func (r *recorder) run(ctx context.Context, stack *teststack.Stack, s scenario, cmd *exec.Cmd, eventLog string) (int, error) {
	if s.cloud != "" {
		state, err := stack.Run(ctx, "stack", "export", "--stack", stack.Name)
		if err != nil {
			return 0, err
		}
		cloud := newCloud([]byte(state), s.locked)
		defer cloud.Close()
		onCloud(cmd, cloud.URL, s.cloud)
	} else if s.locked {
		release, err := r.hold(ctx, stack, s)
		if err != nil {
			return 0, err
		}
		defer release()
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	if s.signal != nil {
		started, err := interrupt(ctx, cmd.Process, s, eventLog)
		if err != nil {
			return 0, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
		}
		defer killAll(started)
	}
	err := cmd.Wait()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return exitCode(failed), nil
	}
	return 0, err
}

// interrupt sends the scenario's signal when the run has come so far, and gives the processes that the
// run had started.
func interrupt(ctx context.Context, run *os.Process, s scenario, eventLog string) ([]int, error) {
	if err := await(ctx, func() bool {
		events, _ := os.ReadFile(eventLog)
		return bytes.Contains(events, []byte(s.reached))
	}); err != nil {
		return nil, fmt.Errorf("%s in the event log: %w", s.reached, err)
	}
	time.Sleep(time.Second) // The text comes after the events.
	started, err := descendants(ctx, run.Pid)
	if err != nil {
		return nil, err
	}
	return started, run.Signal(s.signal)
}

// exitCode is what a shell gives for it: for a program that a signal ended, 128 and the signal's number.
func exitCode(failed *exec.ExitError) int {
	if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return failed.ExitCode()
}

// onCloud turns a command to the stand-in for Pulumi Cloud. Its pages are said to be where the real
// one has them.
func onCloud(cmd *exec.Cmd, url, token string) {
	cmd.Env = append(cmd.Env, "PULUMI_BACKEND_URL="+url, "PULUMI_ACCESS_TOKEN="+token, "PULUMI_CONSOLE_DOMAIN=app.pulumi.com")
	if i := slices.Index(cmd.Args, "organization/cases/dev"); i >= 0 {
		cmd.Args[i] = cloudStack
	}
}

// hold starts the scenario once more and waits until that has the stack's lock.
func (r *recorder) hold(ctx context.Context, stack *teststack.Stack, s scenario) (release func(), err error) {
	holder := r.command(ctx, stack, s, "after", s.args)
	if err := holder.Start(); err != nil {
		return nil, err
	}
	release = func() {
		started, _ := descendants(ctx, holder.Process.Pid)
		_ = holder.Process.Kill()
		_ = holder.Wait()
		killAll(started)
	}
	locks := filepath.Join(stack.State, ".pulumi", "locks", "*", "*", "*", "*.json")
	if err := await(ctx, func() bool {
		found, _ := filepath.Glob(locks)
		return len(found) > 0
	}); err != nil {
		release()
		return nil, fmt.Errorf("%s: %w", locks, err)
	}
	return release, nil
}

// await waits up to 20 seconds for something to come up.
func await(ctx context.Context, there func() bool) error {
	for range 200 {
		if there() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("nothing came up")
}

// descendants are the processes that a process started and that those started, which go on without it.
func descendants(ctx context.Context, pid int) ([]int, error) {
	table, err := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	children := map[int][]int{}
	for line := range strings.Lines(string(table)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err != nil {
			return nil, fmt.Errorf("ps: %q: %w", line, err)
		}
		children[parent] = append(children[parent], child)
	}
	found := slices.Clone(children[pid])
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found, nil
}

func killAll(pids []int) {
	for _, pid := range pids {
		if process, err := os.FindProcess(pid); err == nil {
			_ = process.Kill()
		}
	}
}
