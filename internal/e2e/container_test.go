package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var indented = regexp.MustCompile(`^    [-+~ ]`)

// summary is what stays the same between two runs of one change: the lines that name resources, in
// whatever order Pulumi came to them.
func summary(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if strings.Contains(line, "(") && !strings.Contains(line, "warning:") || indented.MatchString(line) {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestBothWaysSayTheSame(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"infra", "infra-nodejs"} {
		t.Run(program, func(t *testing.T) {
			for _, verb := range []string{"preview", "up"} {
				var said [2]string
				for i, way := range [][]string{throughModule, inContainer} {
					w := newWorld(t, program)
					said[i] = summary(w.succeed(w.verb(way, verb)...))
				}
				if said[0] != said[1] || !strings.Contains(said[0], "replace") {
					t.Errorf("%s through the Pulumi module:\n%s\n\nin a container:\n%s", verb, said[0], said[1])
				}
			}
		})
	}
}

// Pulumi itself is the measure for a runtime that the Pulumi module does not take.
func TestYAMLSaysWhatPulumiSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	want, err := w.stack.Run(t.Context(), "preview", "--stack", w.stack.Name, "--non-interactive", "--color", "never", "--diff", "--show-full-output")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.succeed(w.verb(inContainer, "preview")...); summary(got) != summary(want) {
		t.Errorf("the module says:\n%s\n\nPulumi says:\n%s", got, want)
	}
}

func TestAnEditCompilesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	w.succeed(w.verb(inContainer, "preview")...)
	first := w.built()
	program := filepath.Join(w.stack.Src, "main.go")
	w.write(program, string(must(os.ReadFile(program)))+"\n// An edit.\nvar _ = 1\n")
	w.succeed(w.verb(inContainer, "preview")...)
	if more := w.built() - first; first < 30 || more < 1 || more > 10 {
		t.Errorf("the first run left %d things in the build cache, the run after an edit %d more, want a handful", first, more)
	}
}

// built counts what the volumes hold of Go's builds.
func (w *world) built() (count int) {
	for _, folder := range must(filepath.Glob(filepath.Join(w.session, "volumes", "*", "go-build"))) {
		err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(d.Name(), "-d") {
				count++
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return count
}

// What the code of a pull request wrote into a cache must never reach a run that changes the cloud.
func TestPreviewsAndDeploymentsShareNoCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	exported := func(of string) []string {
		out := filepath.Join(t.TempDir(), "cache")
		w.succeed(append(append([]string{}, inContainer...), "cache-export", "--of", of, "-o", out)...)
		if text := string(must(os.ReadFile(filepath.Join(out, "iac-cache")))); strings.TrimSpace(text) != of {
			t.Errorf("the export of %s is marked %q", of, text)
		}
		var names []string
		for _, e := range must(os.ReadDir(filepath.Join(out, "cache"))) {
			names = append(names, e.Name())
		}
		return names
	}
	for _, verb := range []string{"preview", "drift"} {
		w.call(w.verb(inContainer, verb)...)
		if kept := exported("deployments"); len(kept) != 0 {
			t.Fatalf("after %s the deployments' cache holds %v", verb, kept)
		}
	}
	before := w.built()
	if before == 0 || len(exported("previews")) == 0 {
		t.Fatal("previews keep nothing")
	}
	w.succeed(w.verb(inContainer, "up")...)
	if more := w.built() - before; more < before/2 {
		t.Errorf("up built only %d things anew, previews had built %d: it has read their cache", more, before)
	}
}

func TestExportedCacheIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	w.succeed(w.verb(inContainer, "preview")...)
	out := filepath.Join(t.TempDir(), "cache")
	w.succeed(append(append([]string{}, inContainer...), "cache-export", "-o", out)...)

	from := []string{"with-cache", "--from", out}
	w.session = t.TempDir()
	a := w.call(w.verb(from, "preview")...)
	if a.code != 0 || strings.Contains(a.stderr, "left out") {
		t.Fatalf("the exported cache was not taken:\n%s", a.stderr)
	}
	// The volume began with what was exported, and holds little more after the same run.
	full := w.built()
	w.session = t.TempDir()
	w.succeed(w.verb(inContainer, "preview")...)
	if fresh := w.built(); full > fresh+10 {
		t.Errorf("with an exported cache there are %d built things, without one %d", full, fresh)
	}
	// It can be exported again, also with what was added since.
	again := filepath.Join(t.TempDir(), "cache")
	w.session = t.TempDir()
	w.succeed(append(append([]string{}, from...), "cache-export", "-o", again)...)
	if len(must(os.ReadDir(filepath.Join(again, "cache")))) == 0 {
		t.Error("the second export is empty")
	}
}

func TestBrokenCacheIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	unmarked, half, wrong := t.TempDir(), t.TempDir(), t.TempDir()
	w.write(filepath.Join(unmarked, "something"), "else")
	w.write(filepath.Join(half, "iac-cache"), "previews\n")
	w.write(filepath.Join(wrong, "iac-cache"), "deployments\n")
	for folder, words := range map[string]string{unmarked: "cache-export", half: `"cache" is missing`, wrong: `exported for "deployments"`} {
		a := w.call(w.verb([]string{"with-cache", "--from", folder}, "preview")...)
		if a.code != 0 {
			t.Fatalf("a broken cache ended the run:\n%s", a.stderr)
		}
		w.has(a.stderr, "left out", words)
		w.has(a.stdout, "to create")
	}
}

func TestShortLivedSecretsKeepTheInstallation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-nodejs")
	run := func(token string) string {
		w.environ = append(w.environ, "SHORT_LIVED="+token)
		a := w.call(w.verb(throughContainerWith("SHORT_LIVED"), "preview")...)
		if a.code != 0 {
			t.Fatal(a.stderr)
		}
		return a.stderr
	}
	w.has(run("first-token-value"), "npm ci")
	program := filepath.Join(w.stack.Src, "index.js")
	w.write(program, string(must(os.ReadFile(program)))+"\n// An edit.\n")
	if second := run("second-token-value"); regexp.MustCompile(`ran .*npm ci`).MatchString(second) {
		t.Errorf("a new token and an edit of the program installed everything again:\n%s", second)
	}
}

func TestVariablesAndSecretsReachPulumi(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	program := filepath.Join(w.stack.Src, "Pulumi.yaml")
	text := string(must(os.ReadFile(program)))
	backend := regexp.MustCompile(`(?m)^ *url: "?(file://[^"\n]*)"?$`).FindStringSubmatch(text)
	if backend == nil {
		t.Fatalf("no backend in %s", text)
	}
	w.write(program, strings.Replace(text, backend[1], "file:///nowhere", 1))
	w.environ = append(w.environ, "BACKEND="+backend[1])
	w.succeed(w.verb([]string{"with-secret-variable", "--name", "PULUMI_BACKEND_URL", "--secret", "env://BACKEND"}, "preview")...)
	w.succeed(w.verb([]string{"with-env-variable", "--name", "PULUMI_BACKEND_URL", "--value", backend[1]}, "preview")...)
}

func TestOwnContainer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.has(w.succeed(w.verb([]string{"with-container", "--container", "pulumi/pulumi:3.259.0"}, "preview")...), "to create")
}

func TestLongOutputIsComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.output(`long: "` + strings.Repeat("0123456789abcde ", 40_000) + `the end"`)
	out := w.succeed(w.preview(inContainer)...)
	if len(out) < 640_000 || !strings.Contains(out, "the end") {
		t.Errorf("%d bytes arrived", len(out))
	}
	if body := w.comment().Body; len(body) > 60_000 || !strings.Contains(body, "to create") {
		t.Errorf("the comment has %d bytes", len(body))
	}
}

func TestInstallationWithoutNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-nodejs")
	way := []string{"with-env-variable", "--name", "npm_config_registry", "--value", "http://127.0.0.1:1/", "--during-install"}
	way = append(way, "with-env-variable", "--name", "npm_config_fetch_retries", "--value", "0", "--during-install")
	words := w.fail(w.preview(way)...)
	w.has(words, "dependencies could not be installed", "npm ci", "network")
	w.has(w.comment().Body, "dependencies could not be installed")
}

func TestRuntimeNobodyKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	program := filepath.Join(w.stack.Src, "Pulumi.yaml")
	w.write(program, strings.Replace(string(must(os.ReadFile(program))), "runtime: yaml", "runtime: cobol", 1))
	w.has(w.fail(w.verb(inContainer, "preview")...), "unknown runtime", "cobol", "want")
}

func TestRefreshDriftAndDestroy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.has(w.fail(w.verb(inContainer, "drift")...), "drifted", "to create")
	w.succeed(w.verb(inContainer, "up")...)
	w.has(w.succeed(w.verb(inContainer, "drift")...), "unchanged")
	w.has(w.succeed(w.verb(inContainer, "refresh")...), "unchanged")
	w.has(w.succeed(w.verb(inContainer, "destroy")...), "deleted")
}
