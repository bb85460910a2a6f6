package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// urn is that of a resource of the program infra, without its type.
func urn(kind, name string) string { return "urn:pulumi:dev::infra::demo:" + kind + "::" + name }

var policies = filepath.Join(root, "testdata", "programs", "policy")

// The Go program has a stack that a change is due to; each option changes what its preview shows.
func TestPulumiOptionsThroughTheModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra")
	file := filepath.Join(w.stack.Src, "Pulumi.dev.yaml")
	before := string(must(os.ReadFile(file)))
	out := w.succeed(w.verb(throughModule, "preview", "--target", urn("storage:Bucket", "assets")+","+urn("storage:Bucket", "uploads"), "--parallel", "2", "--message", "it's \"$(id)\"", "--config", "infra:password=it's $(id)")...)
	w.has(out, "::assets")
	w.hasNot(out, "::orders", "::sessions", "uid=")
	if after := string(must(os.ReadFile(file))); after != before {
		t.Errorf("a setting for one run was written:\n%s", after)
	}
	w.has(w.fail(w.verb(throughModule, "preview", "--policy-pack", policies)...), "buckets-have-an-owner", "house-rules")
	w.has(w.fail(w.verb(throughModule, "preview", "--expect-no-changes")...), "no changes were expected")

	missing := strings.Replace(w.stack.Name, "/dev", "/missing", 1)
	other := slices.Concat(throughModule, []string{"preview", "--src", w.stack.Src, "--stack", missing})
	w.has(w.fail(other...), "no stack named '"+missing+"' found")
	w.write(filepath.Join(w.stack.Src, "Pulumi.missing.yaml"), before)
	w.has(w.succeed(append(other, "--upsert")...), "to create")
}

func TestPulumiOptionsInAContainer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	run := func(args ...string) string { return w.succeed(w.verb(inContainer, args[0], args[1:]...)...) }
	fail := func(args ...string) string { return w.fail(w.verb(inContainer, args[0], args[1:]...)...) }

	w.pulumi("destroy", "--yes", "--skip-preview")
	w.hasNot(run("preview", "--target", "**::assets"), "::orders", "::sessions")
	w.hasNot(run("preview", "--exclude", "**::orders,**::sessions"), "::orders", "::sessions")
	w.has(run("preview"), "::assets", "::orders", "::sessions")
	w.has(fail("preview", "--expect-no-changes"), "no changes were expected")
	w.has(fail("preview", "--policy-pack", policies), "buckets-have-an-owner")
	w.has(fail("up", "--policy-pack", policies), "buckets-have-an-owner")
	if n := strings.Count(w.state(), "demo:"); n > 0 {
		t.Fatalf("what was refused is in the state:\n%s", w.state())
	}

	// Pulumi applies and looks at it then.
	w.has(fail("up", "--expect-no-changes", "--message", "it's \"$(id)\"", "--parallel", "1"), "no changes were expected", "created")
	var history []struct{ Message string }
	if err := json.Unmarshal([]byte(w.pulumi("stack", "history", "--json")), &history); err != nil || len(history) == 0 || history[0].Message != "it's \"$(id)\"" {
		t.Errorf("the history is %+v, %v", history, err)
	}

	// All is there.
	w.has(run("preview", "--expect-no-changes"), "unchanged")
	w.has(run("up", "--expect-no-changes"), "unchanged")
	w.has(run("refresh", "--expect-no-changes"), "unchanged")
	w.has(run("preview", "--replace", urn("data:Database", "sessions")), "to replace")
	w.has(run("up", "--replace", urn("data:Database", "sessions")), "replaced")
	w.hasNot(run("preview", "--refresh=false"), "refresh")
	w.has(w.call(w.verb(inContainer, "preview", "--refresh")...).stderr, "pulumi preview", "--refresh")
	w.has(run("drift", "--target", "**::assets", "--parallel", "2"), "1 unchanged")
	w.has(run("refresh", "--exclude", "**::assets", "--message", "look"), "unchanged")

	// A target with what depends on it, and one without.
	w.has(fail("destroy", "--confirm", w.stack.Name, "--target", "**::orders"), "sessions")
	w.has(run("destroy", "--confirm", w.stack.Name, "--target", "**::orders", "--target-dependents"), "2 deleted")
	w.hasNot(w.state(), "::sessions", "::orders")
	w.has(w.state(), "::assets")
}

func TestSettingsForOneRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	name := filepath.Join(w.stack.Src, "Pulumi.yaml")
	w.write(name, strings.Replace(string(must(os.ReadFile(name))), "\nconfig:\n", "\nconfig:\n  greeting: {type: string, default: hello}\n", 1))
	w.output("greeting: ${greeting}")
	file := filepath.Join(w.stack.Src, "Pulumi.dev.yaml")
	before := string(must(os.ReadFile(file)))
	w.has(w.succeed(w.verb(inContainer, "up", "--config", "infra:greeting=good = evening")...), "good = evening")
	w.has(w.succeed(w.verb(inContainer, "preview")...), `"good = evening" => "hello"`)
	if after := string(must(os.ReadFile(file))); after != before {
		t.Errorf("a setting for one run was written:\n%s", after)
	}
}

func TestGoingOnAfterAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.program(
		"  broken: {type: demo:index:Fault, properties: {at: create, message: it broke}}",
		"  needs: {type: demo:storage:Bucket, properties: {name: needs}, options: {dependsOn: ['${broken}']}}",
	)
	w.has(w.fail(w.verb(inContainer, "up", "--continue-on-error")...), "it broke")
	w.has(w.state(), "::assets", "::orders", "::sessions")
	w.hasNot(w.state(), "::needs")
}

func TestProtectedResourcesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.pulumi("destroy", "--yes", "--skip-preview")
	w.program("  kept: {type: demo:storage:Bucket, properties: {name: kept}, options: {protect: true}}")
	w.succeed(w.verb(inContainer, "up")...)
	before := w.state()
	w.has(w.fail(w.verb(inContainer, "destroy", "--confirm", w.stack.Name)...), "kept", "protect")
	w.has(w.state(), "::kept")
	w.has(w.succeed(w.verb(inContainer, "destroy", "--confirm", w.stack.Name, "--exclude-protected", "--continue-on-error")...), "3 deleted")
	w.has(w.state(), "::kept")
	if w.hasNot(w.state(), "::assets"); before == w.state() {
		t.Error("nothing was deleted")
	}
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	missing := strings.Replace(w.stack.Name, "/dev", "/missing", 1)
	up := slices.Concat(inContainer, []string{"up", "--src", w.stack.Src, "--stack", missing})
	w.write(filepath.Join(w.stack.Src, "Pulumi.missing.yaml"), string(must(os.ReadFile(filepath.Join(w.stack.Src, "Pulumi.dev.yaml")))))
	w.has(w.fail(up...), "no stack named '"+missing+"' found")
	w.has(w.succeed(append(up, "--upsert")...), "created")
	w.has(w.succeed(append(up, "--upsert")...), "unchanged")

	// Any other error is told, and creates nothing.
	backend := filepath.Join(w.stack.Src, "Pulumi.yaml")
	w.write(backend, strings.Replace(string(must(os.ReadFile(backend))), `url: "file://`, `url: "file:///nowhere`, 1))
	words := w.fail(append(up, "--upsert")...)
	w.has(words, "nowhere")
	w.hasNot(words, "Created stack")
}

func TestWrongOptionsRunNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	for want, args := range map[string][]string{
		`invalid target "web": want a URN`:              {"preview", "--target", "web"},
		`invalid exclude "web": want a URN`:             {"drift", "--exclude", "web"},
		`invalid replace "web": want a URN`:             {"plan", "--replace", "web", "changes"},
		`target-dependents is of no use without target`: {"up", "--target-dependents"},
		`invalid parallel -1`:                           {"refresh", "--parallel=-1"},
		`invalid config "password"`:                     {"destroy", "--confirm", w.stack.Name, "--config", "password"},
		`invalid work-dir "../other"`:                   {"preview", "--work-dir", "../other"},
		`invalid quiet-property`:                        {"preview", "--quiet-property", "*"},
		`no readable Pulumi.yaml`:                       {"outputs", "--work-dir", "other"},
	} {
		a := w.call(w.verb(inContainer, args[0], args[1:]...)...)
		if a.code == 0 || !strings.Contains(a.stderr, want) || strings.Contains(a.stderr, "ran     ") {
			t.Errorf("%v: exit code %d, want %q and nothing run:\n%s", args, a.code, want, a.stderr)
		}
	}
	for _, args := range [][]string{{"refresh", "--policy-pack", policies}, {"drift", "--message", "m"}, {"preview", "--exclude-protected"}, {"up", "--remove"}, {"cancel", "--wait-for-lock", "1m"}} {
		w.has(w.fail(w.verb(inContainer, args[0], args[1:]...)...), "unknown flag: "+args[1])
	}
}

// What the update page of Pulumi Cloud shows is what Pulumi keeps of an update's environment.
func TestPulumiIsToldOfTheRun(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			w.merge()
			before := []string{"--ci-variables", "CIRCLECI=true CIRCLE_BUILD_URL=https://circleci.com/acme/1 CIRCLE_PROJECT_USERNAME=acme CIRCLE_PROJECT_REPONAME=shop"}
			w.succeed(append(before, w.up(c.way, "--run-url", "https://ci.example.com/runs/1")...)...)
			var history []struct{ Environment map[string]string }
			if err := json.Unmarshal([]byte(w.pulumi("stack", "history", "--json")), &history); err != nil || len(history) == 0 {
				t.Fatalf("the history is %+v, %v", history, err)
			}
			for name, want := range map[string]string{
				"ci.system": "CircleCI", "ci.build.url": "https://ci.example.com/runs/1", "ci.pr.headSHA": mergeCommit,
				"vcs.owner": "acme", "vcs.repo": "shop", "vcs.kind": "github.com", "git.head": mergeCommit,
			} {
				if got := history[0].Environment[name]; got != want {
					t.Errorf("%s is %q, want %q: %v", name, got, want, history[0].Environment)
				}
			}
		})
	}
}

func TestPlanIsOneRunForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	plan := func(args ...string) []string { return w.verb(inContainer, "plan", args...) }
	preview := w.succeed(w.verb(inContainer, "preview")...)
	if text := w.succeed(plan("text")...); strings.Count(text, "+ demo:") != strings.Count(preview, "+ demo:") {
		t.Errorf("plan text gives\n%s, preview gives\n%s", text, preview)
	}
	w.has(w.succeed(plan("changes")...), "6")
	a := w.call(plan("publish", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7", "--github-repository", repo, "markdown")...)
	if _, posted, _ := strings.Cut(w.comment().Body, "\n"); a.code != 0 || !strings.Contains(a.stdout, strings.TrimSpace(posted)) {
		t.Errorf("exit code %d, markdown is\n%s\nand the comment\n%s", a.code, a.stdout, w.comment().Body)
	}
	if n := strings.Count(a.stderr, "pulumi preview"); n != 1 {
		t.Errorf("Pulumi ran %d times:\n%s", n, a.stderr)
	}

	// A failed preview has a comment and a report, and neither digest nor changes.
	w.program("  broken: {type: demo:storage:Bucket, properties: {region: moon}}")
	for _, get := range []string{"text", "digest", "changes"} {
		w.has(w.fail(plan(get)...), "failed with exit code", "name")
	}
	w.has(w.succeed(plan("markdown")...), "failed")
	w.has(w.succeed(plan("json")...), `"ok": false`)
	w.has(w.fail(plan("publish", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7", "--github-repository", repo, "digest")...), "failed with exit code")
	w.has(w.comment().Body, "failed")
}
