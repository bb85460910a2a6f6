package hostengine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// execution is one withExec.
type execution struct {
	in     *container
	args   []string
	expect string
	stdin  string
	// redirects are the files of the container that get a copy of each stream, where they are not empty.
	redirects [2]string
}

func (e *execution) key() string {
	return digest(append([]string{e.in.key(), e.expect, e.stdin, e.redirects[stdout], e.redirects[stderr]}, e.args...)...)
}

// The streams of an exec, and the files of a result that hold them.
const (
	stdout = iota
	stderr
)

var streams = [2]string{"stdout", "stderr"}

// result is what an exec gave.
type result struct {
	ExitCode int
	// dir holds the streams.
	dir string
	// tree is the folder with the container's files after the exec, empty where it was not kept.
	tree string
}

func (res *result) printed(stream int) (string, error) {
	text, err := os.ReadFile(filepath.Join(res.dir, streams[stream]))
	return string(text), err
}

// execError is a failed exec.
type execError struct {
	cmd            []string
	exitCode       int
	stdout, stderr string
}

func (e *execError) Error() string { return fmt.Sprintf("exit code: %d", e.exitCode) }

// errorOutput is how much of each output stream an execError carries.
const errorOutput = 100 << 10

func newExecError(e *execution, res *result) error {
	out, err := res.printed(stdout)
	if err != nil {
		return err
	}
	failure, err := res.printed(stderr)
	if err != nil {
		return err
	}
	return &execError{e.args, res.ExitCode, tail(out), tail(failure)}
}

func tail(s string) string {
	if len(s) <= errorOutput {
		return s
	}
	return fmt.Sprintf("[omitting %d bytes]...", len(s)-errorOutput) + s[len(s)-errorOutput:]
}

// execCache answers execs with the same inputs, within the session and across sessions. What failed
// is not kept.
type execCache struct {
	dir string

	mu      sync.Mutex
	running map[string]*entryOf
	// trees are the files of execs of this session; a tree that something was built upon stays.
	trees map[string]bool
}

// entryOf is an exec of this session: one at a time for the same inputs.
type entryOf struct {
	mu  sync.Mutex
	res *result
}

func newExecCache(dir string) *execCache {
	return &execCache{dir: dir, running: map[string]*entryOf{}, trees: map[string]bool{}}
}

func (c *execCache) entry(key string) *entryOf {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[key] == nil {
		c.running[key] = &entryOf{}
	}
	return c.running[key]
}

func (c *execCache) load(key string) *result {
	text, err := os.ReadFile(filepath.Join(c.dir, key, "result.json"))
	res := result{dir: filepath.Join(c.dir, key)}
	if err != nil || json.Unmarshal(text, &res) != nil {
		return nil
	}
	if tree := filepath.Join(c.dir, key, "tree"); isFolder(tree) {
		res.tree = tree
	}
	return &res
}

// save keeps a result, with its folder, and takes the files of its root over.
func (c *execCache) save(key, root string, res *result) error {
	text, err := json.Marshal(res)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(res.dir, "result.json"), text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(root, filepath.Join(res.dir, "tree")); err != nil {
		return err
	}
	dir := filepath.Join(c.dir, key)
	if err := errors.Join(removeAll(dir), os.Rename(res.dir, dir)); err != nil {
		return err
	}
	res.dir, res.tree = dir, filepath.Join(dir, "tree")
	c.mu.Lock()
	c.trees[res.tree] = false
	c.mu.Unlock()
	return nil
}

func (c *execCache) keep(tree string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trees[tree] = true
}

func (c *execCache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for tree, kept := range c.trees {
		if !kept {
			errs = append(errs, removeAll(tree))
		}
	}
	return errors.Join(errs...)
}

// run runs an exec, or answers it from the cache. With files its files are there afterwards.
func (r *request) run(e *execution, files bool) (*result, error) {
	secrets, err := r.readSecrets(e.in)
	if err != nil {
		return nil, err
	}
	parts := []string{e.key()}
	for _, v := range secrets {
		parts = append(parts, v.name, v.value)
	}
	key := digest(parts...)
	entry := r.execs.entry(key)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.res == nil {
		if entry.res = r.execs.load(key); entry.res != nil && (!files || entry.res.tree != "") {
			r.progress("cached  %s", e.line(secrets))
		}
	}
	if entry.res == nil || (files && entry.res.tree == "") {
		if entry.res, err = r.runNow(e, key, secrets); err != nil {
			entry.res = nil
			return nil, err
		}
	}
	return entry.res, nil
}

func (r *request) runNow(e *execution, key string, secrets []variable) (*result, error) {
	slot, err := r.slot(e.in.image)
	if err != nil {
		return nil, err
	}
	defer slot.release()
	unlock, err := r.layOut(e.in, slot.root)
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir, err := os.MkdirTemp(filepath.Join(r.store.dir, "tmp"), "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = removeAll(dir) }()
	start := time.Now()
	res, err := r.finish(e, slot.root, dir, secrets)
	if err != nil {
		return nil, err
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	r.progress("ran     %s  (%.1f s, exit code %d)", e.line(secrets), time.Since(start).Seconds(), res.ExitCode)
	if err := r.clean(e, slot.root, secrets, res); err != nil {
		return nil, err
	}
	if (e.expect == "FAILURE") == (res.ExitCode == 0) && e.expect != "ANY" {
		return nil, newExecError(e, res)
	}
	return res, r.execs.save(key, slot.root, res)
}

// finish runs the program of an exec. What it prints goes to files in dir.
func (r *request) finish(e *execution, root, dir string, secrets []variable) (*result, error) {
	for i, to := range e.redirects {
		if to == "" {
			continue
		}
		if err := os.WriteFile(inside(root, to), nil, 0o600); err != nil {
			return nil, fmt.Errorf("open redirect %s file: %w", streams[i], notThere(err, to))
		}
	}
	var files [2]*os.File
	for i, name := range streams {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		files[i] = f
	}
	for {
		cmd, err := r.command(e, root, secrets)
		if err != nil {
			return nil, err
		}
		cmd.Stdout, cmd.Stderr = files[stdout], files[stderr]
		err = cmd.Run()
		if errors.Is(err, syscall.ETXTBSY) {
			// Another process was started just while the program's file was written.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return nil, err
		}
		// A container ends with its program: so does what the program left behind.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		res := &result{ExitCode: cmd.ProcessState.ExitCode(), dir: dir}
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			res.ExitCode = 128 + int(status.Signal())
		}
		return res, nil
	}
}

// clean writes *** over the secrets that the exec was given, and the container's paths over the
// places that they have on this host.
func (r *request) clean(e *execution, root string, secrets []variable, res *result) error {
	paths, mask := r.hostPaths(e.in), masker(secrets)
	for i, name := range streams {
		name = filepath.Join(res.dir, name)
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, mask.replace(paths.replace(text)), 0o600); err != nil {
			return err
		}
		if to := e.redirects[i]; to != "" {
			if err := copyFile(name, inside(root, to), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// hostPaths writes a container's paths over the places that they have on this host.
func (r *request) hostPaths(c *container) replacer {
	var out replacer
	for at := c; at != nil; at = at.before() {
		for _, o := range at.ops {
			if o.cache != nil {
				out = append(out, [2]string{r.volumePath(o.cache), o.path})
			}
		}
	}
	locks, _ := filepath.Glob(filepath.Join(r.store.dir, "roots", "*.lock"))
	for _, lock := range locks {
		out = append(out, [2]string{strings.TrimSuffix(lock, ".lock"), ""})
	}
	return out
}

// line is an exec as progress shows it.
func (e *execution) line(secrets []variable) string {
	line := string(masker(secrets).replace([]byte(strings.ReplaceAll(strings.Join(e.args, " "), "\n", " "))))
	if runes := []rune(line); len(runes) > 120 {
		line = string(runes[:119]) + "…"
	}
	return e.in.image + ": " + line
}

func (r *request) readSecrets(c *container) ([]variable, error) {
	var out []variable
	for _, v := range c.secrets {
		value, err := r.plaintext(v.secret)
		if err != nil {
			return nil, err
		}
		out = append(out, variable{v.name, value})
	}
	return out, nil
}

// layOut writes the files of a container below root. unlock frees the volumes that it locked.
func (r *request) layOut(c *container, root string) (unlock func(), err error) {
	var locks []*os.File
	unlock = func() {
		for _, f := range locks {
			_ = f.Close()
		}
	}
	if c.after != nil {
		res, err := r.run(c.after, true)
		if err != nil {
			return nil, err
		}
		r.execs.keep(res.tree)
		if err := copyTree(res.tree, root, linkFile); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"/root", "/tmp", c.workdir} {
		if err := os.MkdirAll(inside(root, name), 0o755); err != nil {
			return nil, err
		}
	}
	// Each exec has a new home, in which Go would begin to count its uses each time.
	if err := writeFile(inside(root, "/root/.config/go/telemetry/mode"), "off", 0o644); err != nil {
		return nil, err
	}
	for _, o := range c.ops {
		target := inside(root, o.path)
		switch {
		case o.dir != nil:
			if o.mount {
				err = removeAll(target)
			}
			err = errors.Join(err, o.dir.place(target))
		case o.file != nil:
			err = o.file.place(target, o.mode)
		default:
			err = r.mountVolume(o.cache, target)
		}
		if err != nil {
			unlock()
			return nil, err
		}
		if o.lock {
			f, err := lockFile(r.volumePath(o.cache) + ".lock")
			if err != nil {
				unlock()
				return nil, err
			}
			locks = append(locks, f)
		}
	}
	return unlock, nil
}

func (r *request) volumePath(v *volume) string {
	return filepath.Join(r.store.dir, "volumes", digest(v.key()))
}

// mountVolume links a volume to its place, and fills a new one from its source.
func (r *request) mountVolume(v *volume, target string) error {
	dir := r.volumePath(v)
	if !isFolder(dir) {
		err := r.store.fill(dir, func(tmp string) error {
			if v.source == nil {
				return nil
			}
			return copyTree(v.source.path, tmp, copyFile)
		})
		if err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	if err := removeAll(target); err != nil {
		return err
	}
	return os.Symlink(dir, target)
}

// command is the process of an exec: its arguments and variables with the places of this host in
// them, and nothing of this host's own variables but what its network needs.
func (r *request) command(e *execution, root string, secrets []variable) (*exec.Cmd, error) {
	image, err := r.image(e.in.image)
	if err != nil {
		return nil, err
	}
	known := e.in.known()
	var args []string
	for _, a := range e.args {
		args = append(args, rewrite(a, root, known))
	}
	env := append(machineEnv(os.Environ()), "HOME="+inside(root, "/root"), "TMPDIR="+inside(root, "/tmp"), "LANG=C.UTF-8")
	env = append(env, image.env...)
	for _, v := range e.in.env {
		env = append(env, v.name+"="+rewrite(v.value, root, known))
	}
	for _, v := range secrets {
		env = append(env, v.name+"="+v.value)
	}
	search := inside(root, "/usr/local/bin") + ":" + image.path
	if value, ok := Lookup(env, "PATH"); ok {
		search = value + ":" + search
	}
	env = append(env, "PATH="+search)
	program, err := find(args[0], search)
	if err != nil {
		return nil, fmt.Errorf("exec: %q: executable file not found in $PATH", e.args[0])
	}
	cmd := exec.CommandContext(r, program, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Dir = inside(root, e.in.workdir)
	cmd.Env = env
	cmd.Stdin = strings.NewReader(e.stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// rewrite puts root before every path of the container in s.
func rewrite(s, root string, known []string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '/' && startsPath(s, i) && belongs(s[i:], known) {
			out.WriteString(root)
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func startsPath(s string, i int) bool {
	return i == 0 || strings.HasSuffix(s[:i], "file://") || strings.ContainsRune("=:@,;\"'( \t\n<>", rune(s[i-1]))
}

func belongs(s string, known []string) bool {
	return slices.ContainsFunc(known, func(k string) bool {
		rest, ok := strings.CutPrefix(s, k)
		return ok && (rest == "" || strings.ContainsRune("/"+endsPath, rune(rest[0])))
	}) || ownTemp(s)
}

// endsPath are the characters that a path of the container ends before.
const endsPath = ":,;\"') \t\n<>"

// ownTemp says whether s begins with a path below the container's own /tmp, and not in a folder
// below this host's.
func ownTemp(s string) bool {
	rest, ok := strings.CutPrefix(s, "/tmp")
	if !ok || rest == "" || rest[0] != '/' {
		return ok && (rest == "" || strings.ContainsRune(endsPath, rune(rest[0])))
	}
	end := strings.IndexAny(rest[1:], "/"+endsPath) + 1
	return end == 0 || rest[end] != '/' || !isFolder("/tmp"+rest[:end])
}

func find(program, search string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil
	}
	for _, dir := range filepath.SplitList(search) {
		name := filepath.Join(dir, program)
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return name, nil
		}
	}
	return "", fs.ErrNotExist
}

// slot is a folder in which one exec at a time has its files, always the same one where execs follow
// one another: programs that keep caches by path find them again.
type slot struct {
	root string
	lock *os.File
}

func (r *request) slot(image string) (*slot, error) {
	name := strings.Map(func(c rune) rune {
		if strings.ContainsRune("/:@", c) {
			return '-'
		}
		return c
	}, image)
	for n := 0; ; n++ {
		root := filepath.Join(r.store.dir, "roots", fmt.Sprintf("%s-%d", name, n))
		lock, err := os.OpenFile(root+".lock", os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
			_ = lock.Close()
			continue
		}
		s := &slot{root, lock}
		if err := errors.Join(removeAll(root), os.MkdirAll(root, 0o755)); err != nil {
			s.release()
			return nil, err
		}
		return s, nil
	}
}

func (s *slot) release() { _ = s.lock.Close() }

func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// removeAll removes a folder, also with the read-only folders that a Go module cache has.
func removeAll(name string) error {
	if err := os.RemoveAll(name); err == nil {
		return nil
	}
	_ = filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
	return os.RemoveAll(name)
}
