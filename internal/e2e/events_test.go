package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What Pulumi did is read from its events, in both ways.
func TestTheCommentSaysWhatForcesAReplacement(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			w.succeed(w.preview(c.way)...)
			w.has(w.comment().Body, "replace `orders` (`demo:data:Database`) because `engine` changes; also `release` and `size` change")
		})
	}
}

// A resource that an earlier run left shows in no text of Pulumi's.
func TestWhatAnEarlierRunLeftOverIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			if _, err := w.stack.Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", w.stack.Name); err != nil {
				t.Fatal(err)
			}
			if err := w.stack.LeaveOver(t.Context(), "orders"); err != nil {
				t.Fatal(err)
			}
			w.succeed(w.preview(c.way, "--comment-only-changes")...)
			w.has(w.comment().Body, ": 1 left over to delete\n", "will also be deleted: `orders` (`demo:data:Database`) (left over from an earlier run)")
			w.hasNot(w.comment().Body, "nothing to change")
		})
	}
}

func TestAFailingProviderIsNamedWithItsResource(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra")
			file, at := filepath.Join(w.stack.Src, "main.go"), "\n\t\tctx.Export("
			const refused = `
		var refused bucket
		if err := ctx.RegisterResource("demo:storage:Bucket", "refused", pulumi.Map{"region": pulumi.String("eu-west-1")}, &refused); err != nil {
			return err
		}`
			text := string(must(os.ReadFile(file)))
			if !strings.Contains(text, at) {
				t.Fatalf("%s has no %q", file, at)
			}
			w.write(file, strings.Replace(text, at, refused+at, 1))
			w.has(w.fail(w.preview(c.way)...), "failed with exit code")
			w.has(w.comment().Body, "❌", "**Error** in `refused` (`demo:storage:Bucket`)", "Missing required field 'name'")
		})
	}
}

// A program that prints 100 MB loses nothing of it, and its comment says the same as ever.
func TestAHundredMegabytesOfOutput(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "tiny")
			w.write(filepath.Join(w.stack.Src, "main.go"), `package main

import (
	"fmt"
	"strings"
)

func main() {
	line := strings.Repeat("0123456789abcdef", 1<<16)
	for i := range 100 {
		fmt.Println(i, line)
	}
	fmt.Println("the end")
}
`)
			out := w.succeed(w.preview(c.way)...)
			if len(out) < 100<<20 || !strings.Contains(out, "\n99 0123") || !strings.Contains(out, "the end") {
				t.Errorf("%d bytes arrived", len(out))
			}
			w.has(w.comment().Body, ": nothing to change")
		})
	}
}
