package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"iac/internal/teststack"
)

// client runs the program of examples/client, with a second stack beside the one of the world.
type client struct {
	*world
	second *teststack.Stack
}

func newClient(t *testing.T) client {
	w := newWorld(t, "infra-yaml")
	second, err := teststack.Prepare(t.Context(), filepath.Join(root, "testdata", "infra-yaml"), t.TempDir(), filepath.Join(build, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	return client{w, second}
}

// run starts the program as its users do, and gives what it printed with the names of the folders in the place of stacks'.
func (c client) run(flags string) answer {
	c.t.Helper()
	return c.shell(fmt.Sprintf("cd '%s' && dagger --silent run go run . -module '%s' %s '%s=%s' '%s=%s'",
		filepath.Join(root, "examples", "client"), c.module, flags, c.stack.Src, c.stack.Name, c.second.Src, c.second.Name))
}

// resources are those that the state of a stack has.
func resources(t *testing.T, s *teststack.Stack) int {
	t.Helper()
	out, err := s.Run(t.Context(), "stack", "--stack", s.Name, "--show-urns")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(out, "URN: ")
}

func TestAClientProgramAppliesSeveralStacks(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	stack := c.stack.Name
	before := []int{resources(t, c.stack), resources(t, c.second)}

	shown := c.run("")
	if shown.code != 0 {
		t.Fatalf("exit code %d: %s", shown.code, shown.stderr)
	}
	plan, more, _ := strings.Cut(shown.stdout, "\n")
	if !strings.HasPrefix(plan, stack+": ") || !strings.Contains(plan, " to change, ") || more != plan+"\n" {
		t.Fatalf("it prints %q", shown.stdout)
	}
	if now := []int{resources(t, c.stack), resources(t, c.second)}; now[0] != before[0] || now[1] != before[1] {
		t.Errorf("a run that only shows the plans left %v resources, there were %v", now, before)
	}

	lost := c.run("-apply")
	c.has(lost.stderr, "client: "+stack+": not applied: ", " needs -allow-loss")
	if lost.code != 1 || lost.stdout != plan+"\n" {
		t.Errorf("a loss that is not allowed: exit code %d, it prints %q", lost.code, lost.stdout)
	}

	applied := c.run("-apply -allow-loss")
	if want := strings.Repeat(plan+"\n"+stack+": applied\n", 2); applied.code != 0 || applied.stdout != want {
		t.Errorf("exit code %d, it prints %q, want %q\n%s", applied.code, applied.stdout, want, applied.stderr)
	}
	again := c.run("-apply")
	if want := strings.Repeat(stack+": nothing to change\n", 2); again.code != 0 || again.stdout != want {
		t.Errorf("exit code %d, it prints %q, want %q\n%s", again.code, again.stdout, want, again.stderr)
	}
}

func TestAClientProgramStopsAtAFailure(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	program := filepath.Join(c.stack.Src, "Pulumi.yaml")
	c.write(program, strings.Replace(string(must(os.ReadFile(program))), "${assets.address}", "${nothing.address}", 1))
	failed := c.run("-apply -allow-loss")
	c.has(failed.stderr, "client: "+c.stack.Name+": its preview failed\n", "nothing")
	if failed.code != 1 || failed.stdout != c.stack.Name+": the preview failed with exit code 1\n" {
		t.Errorf("exit code %d, it prints %q", failed.code, failed.stdout)
	}
	c.hasNot(failed.stdout+failed.stderr, secretKey, pulumiToken)

	unknown := c.run("-secret NOT_THERE")
	c.has(unknown.stderr, "NOT_THERE")
	if unknown.code != 1 {
		t.Errorf("a secret that is not there: exit code %d", unknown.code)
	}
}
