package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lock locks the stack, as a run does that goes on or was killed, and gives the lock's file.
func (w *world) lock() string {
	w.t.Helper()
	name := filepath.Join(w.stack.State, ".pulumi", "locks", filepath.FromSlash(w.stack.Name), "of-another-run.json")
	w.must(os.MkdirAll(filepath.Dir(name), 0o755))
	w.write(name, `{"pid":4711,"username":"alice","hostname":"laptop","timestamp":"2026-01-02T03:04:05Z"}`)
	return name
}

// locks are the files of all locks of the stack.
func (w *world) locks() []string {
	w.t.Helper()
	return must(filepath.Glob(filepath.Join(w.stack.State, ".pulumi", "locks", filepath.FromSlash(w.stack.Name), "*")))
}

// watcher does something once, when it is written the words.
type watcher struct {
	words string
	do    func()
	seen  strings.Builder
}

func (r *watcher) Write(text []byte) (int, error) {
	r.seen.Write(text)
	if r.do != nil && strings.Contains(r.seen.String(), r.words) {
		r.do()
		r.do = nil
	}
	return len(text), nil
}

func TestLockedStack(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			lock := w.lock()
			before := w.state()
			for _, test := range [][]string{
				{"up"}, {"up", "--wait-for-lock", "1s"}, {"refresh"}, {"destroy", "--confirm", w.stack.Name},
			} {
				said := w.fail(w.verb(c.way, test[0], test[1:]...)...)
				w.has(said, fmt.Sprintf("pulumi %s of %s did not begin:", test[0], w.stack.Name), "the stack is currently locked by 1 lock(s)",
					"created by alice@laptop (pid 4711) at 2026-01-02T03:04:05Z",
					"Another run has locked the stack. Wait for its end, with --wait-for-lock too. If it was killed, `cancel` frees the stack.")
				w.hasNot(said, "trying again")
			}
			// What only looks minds no lock.
			w.succeed(w.verb(c.way, "drift")...)
			w.succeed(w.verb(c.way, "outputs")...)
			if w.state() != before || !slices.Equal(w.locks(), []string{lock}) {
				t.Errorf("the state was changed, or the locks are %v", w.locks())
			}

			w.has(w.succeed(w.verb(c.way, "cancel")...), "canceled")
			if locks := w.locks(); len(locks) != 0 {
				t.Fatalf("after cancel there are %v", locks)
			}
			w.has(w.succeed(w.verb(c.way, "up")...), "created")
			// There is nothing to free, which is fine.
			w.succeed(w.verb(c.way, "cancel")...)

			lock = w.lock()
			waits := &watcher{words: w.stack.Name + " is locked by another run, trying again in 2s", do: func() { w.must(os.Remove(lock)) }}
			a := w.callSeen(waits, w.verb(c.way, "up", "--wait-for-lock", "1h")...)
			if a.code != 0 || waits.do != nil {
				t.Fatalf("exit code %d\n%s", a.code, a.stderr)
			}
			w.has(a.stdout, "unchanged")
			w.hasNot(a.stdout, "locked")
		})
	}
}

// slow gives the program a resource that takes until its file, a pipe, is read, and one that depends on it.
func (w *world) slow() (pipe string) {
	w.t.Helper()
	pipe = filepath.Join(w.t.TempDir(), "pipe")
	w.must(syscall.Mkfifo(pipe, 0o600))
	// More than a pipe holds.
	content := strings.Repeat("0123456789abcdef", 5000)
	program := filepath.Join(w.stack.Src, "main.go")
	text, err := os.ReadFile(program)
	if err != nil {
		w.program(fmt.Sprintf("  slow: {type: demo:index:File, properties: {path: %q, content: %q}}", pipe, content),
			"  after: {type: demo:storage:Bucket, properties: {name: after}, options: {dependsOn: ['${slow}']}}")
		return pipe
	}
	const end = "\t\treturn nil\n\t})\n"
	before, rest, ok := strings.Cut(string(text), end)
	if !ok {
		w.t.Fatalf("%s does not end as expected", program)
	}
	w.write(program, before+fmt.Sprintf(`		var slow, after pulumi.CustomResourceState
		if err := ctx.RegisterResource("demo:index:File", "slow", pulumi.Map{"path": pulumi.String(%q), "content": pulumi.String(%q)}, &slow); err != nil {
			return err
		}
		return ctx.RegisterResource("demo:storage:Bucket", "after", pulumi.Map{"name": pulumi.String("after")}, &after, pulumi.DependsOn([]pulumi.Resource{&slow}))
	})
`, pipe, content)+rest)
	return pipe
}

// prints tells whether what runs in the session has printed the words, in one of the ways to run Pulumi.
func (w *world) prints(words string) bool {
	for _, files := range []string{"tmp/*/stdout", "roots/*/tmp/*/out"} {
		for _, name := range must(filepath.Glob(filepath.Join(w.session, files))) {
			if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), words) {
				return true
			}
		}
	}
	return false
}

// readInterrupted reads the pipe to its end, but only once Pulumi, at work on it, has been interrupted.
func (w *world) readInterrupted(pipe string) (begun chan struct{}) {
	begun = make(chan struct{})
	go func() {
		f, err := os.Open(pipe)
		if err != nil {
			w.t.Error(err)
			return
		}
		defer func() { _ = f.Close() }()
		close(begun)
		for w.t.Context().Err() == nil && !w.prints("^C received") {
			<-time.After(10 * time.Millisecond)
		}
		_, _ = f.WriteTo(io.Discard)
	}()
	w.t.Cleanup(func() {
		// Ends the wait for a writer that never came.
		if f, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil {
			_ = f.Close()
		}
	})
	return begun
}

// exported gives the names of the stack's resources. There must be nothing pending.
func (w *world) exported() (names []string) {
	w.t.Helper()
	var all struct {
		Deployment struct {
			Resources []struct {
				URN string `json:"urn"`
			} `json:"resources"`
			Pending []any `json:"pending_operations"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal([]byte(w.pulumi("stack", "export")), &all); err != nil || len(all.Deployment.Pending) > 0 {
		w.t.Errorf("the stack's state is not whole: %v, %d operations are pending", err, len(all.Deployment.Pending))
	}
	for _, r := range all.Deployment.Resources {
		names = append(names, r.URN[strings.LastIndex(r.URN, "::")+2:])
	}
	return names
}

// An interrupted run finishes what it has begun, begins nothing more, and leaves a stack that the next run goes on with.
func TestTimeoutInterrupts(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			pipe := w.slow()
			w.hasNot(w.succeed(w.verb(c.way, "preview", "--timeout", "24h")...), "interrupted", "^C")

			begun := w.readInterrupted(pipe)
			var said string
			var after time.Duration
			for at, tried := false, 4*time.Second; !at; tried *= 2 {
				// On a slow machine Pulumi may not have come to the resource.
				after = tried
				said = w.fail(w.verb(c.way, "up", "--timeout", after.String())...)
				w.has(said, fmt.Sprintf("pulumi up of %s was interrupted after %s, as --timeout says:", w.stack.Name, after))
				select {
				case <-begun:
					at = true
				default:
				}
			}
			w.has(said, "^C received; cancelling", "update canceled")
			w.hasNot(said, "^C received; terminating")
			if names := w.exported(); !slices.Contains(names, "slow") || slices.Contains(names, "after") {
				t.Errorf("after %s the stack has %q", after, names)
			}
			if locks := w.locks(); len(locks) != 0 {
				t.Errorf("the stack is locked: %v", locks)
			}
			if t.Failed() {
				// The next run would wait for somebody to read the pipe.
				return
			}
			w.has(w.succeed(w.verb(c.way, "up", "--timeout", "24h")...), "created")
			if names := w.exported(); !slices.Contains(names, "after") {
				t.Errorf("the next run left the stack with %q", names)
			}
		})
	}
}
