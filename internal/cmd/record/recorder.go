package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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

// record runs a scenario twice from the same state, once with the two outputs apart and once joined.
// Other files of the folder, such as what the outputs are read as, are left alone.
func (r *recorder) record(ctx context.Context, s scenario, target string) error {
	work, kept := filepath.Join(r.dir, "work"), filepath.Join(r.dir, "kept")
	defer os.RemoveAll(work)
	defer os.RemoveAll(kept)
	stack, err := r.prepare(ctx, s, work)
	if err != nil {
		return err
	}
	if err := os.CopyFS(kept, os.DirFS(work)); err != nil {
		return err
	}
	var stdout, stderr, joined bytes.Buffer
	cmd := r.command(ctx, stack, s, "after", s.args)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	code, err := r.run(ctx, stack, s, cmd)
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(work), os.CopyFS(work, os.DirFS(kept))); err != nil {
		return err
	}
	cmd = r.command(ctx, stack, s, "after", s.args)
	cmd.Stdout, cmd.Stderr = &joined, &joined
	again, err := r.run(ctx, stack, s, cmd)
	if err != nil {
		return err
	}
	if code != again {
		return fmt.Errorf("exit code %d first, %d then:\n%s%s\n%s", code, again, stdout.String(), stderr.String(), joined.String())
	}
	clean := r.cleaner(s)
	return errors.Join(
		os.MkdirAll(target, 0o755),
		os.WriteFile(filepath.Join(target, "stdout"), clean(stdout.Bytes()), 0o644),
		os.WriteFile(filepath.Join(target, "stderr"), clean(stderr.Bytes()), 0o644),
		os.WriteFile(filepath.Join(target, "joined"), clean(joined.Bytes()), 0o644),
		os.WriteFile(filepath.Join(target, "exit"), []byte(strconv.Itoa(code)+"\n"), 0o644),
	)
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
	cmd.Env = append(cmd.Env, "CASE="+s.test, "STEP="+step, "FILES="+filepath.Join(r.dir, "work", "files"))
	return cmd
}

// run gives the exit code of a command, with the stack's lock held by another meanwhile if asked for.
func (r *recorder) run(ctx context.Context, stack *teststack.Stack, s scenario, cmd *exec.Cmd) (int, error) {
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
	err := cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode(), nil
	}
	return 0, err
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
		_ = holder.Process.Kill()
		_ = holder.Wait()
	}
	if err := await(ctx, filepath.Join(stack.State, ".pulumi", "locks")); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// await waits for a file in the folder or below it.
func await(ctx context.Context, folder string) error {
	for range 200 {
		if found, _ := filepath.Glob(filepath.Join(folder, "*", "*", "*", "*.json")); len(found) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("nothing came up in %s", folder)
}
