package e2e

import (
	"io/fs"
	"os"
	"os/exec"
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

// export exports caches and gives the file and the names in it.
func (w *world) export(way []string, args ...string) (file string, names []string) {
	w.t.Helper()
	file = filepath.Join(w.t.TempDir(), "cache.tar")
	a := w.call(slices.Concat(way, []string{"cache-export", "-o", file}, args)...)
	if a.code != 0 {
		w.t.Fatal(a.stderr)
	}
	w.has(a.stderr, " MB")
	dir := w.t.TempDir()
	unpack := exec.CommandContext(w.t.Context(), "sh", "-c", "tar -xf $0 && tar -tzf cache.tar.gz", file)
	unpack.Dir = dir
	out, err := unpack.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	return file, slices.DeleteFunc(strings.Fields(string(out)), func(name string) bool { return name == "./" })
}

// What the code of a pull request wrote into a cache must never reach a run that changes the cloud.
func TestPreviewsAndDeploymentsShareNoCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	for _, verb := range []string{"preview", "drift"} {
		w.call(w.verb(inContainer, verb)...)
		if _, kept := w.export(inContainer, "--of", "deployments"); len(kept) != 0 {
			t.Fatalf("after %s the deployments' cache holds %v", verb, kept)
		}
	}
	before := w.built()
	file, kept := w.export(inContainer)
	if before == 0 || len(kept) == 0 {
		t.Fatal("previews keep nothing")
	}
	w.succeed(w.verb(inContainer, "up")...)
	if more := w.built() - before; more < before/2 {
		t.Errorf("up built only %d things anew, previews had built %d: it has read their cache", more, before)
	}
	// Nor does it by way of an export.
	w.session = t.TempDir()
	a := w.call(w.verb([]string{"with-cache", "--from", file}, "up")...)
	w.has(a.stderr, "left out", `exported for "previews"`)
}

func TestExportedCacheIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	w.write(filepath.Join(w.stack.Src, "go.mod"), "module tiny\n\ngo 1.26.1\n\nrequire github.com/google/go-cmp v0.7.0\n")
	w.write(filepath.Join(w.stack.Src, "go.sum"), `github.com/google/go-cmp v0.7.0 h1:wk8382ETsv4JYUZwIsn6YpYiWiBsYLSJiTsyBybVuN8=
github.com/google/go-cmp v0.7.0/go.mod h1:pXiqmnSA92OHEEa9HXL2W4E7lf9JzCmGVUdgjX3N/iU=
`)
	w.write(filepath.Join(w.stack.Src, "main.go"), `package main

import (
	"fmt"

	"github.com/google/go-cmp/cmp"
)

func main() {
	fmt.Println(cmp.Equal(1, 1))
}
`)
	w.succeed(w.verb(inContainer, "preview")...)
	file, kept := w.export(inContainer)
	first := w.built()
	if i := slices.IndexFunc(kept, func(name string) bool { return strings.HasSuffix(name, ".zip") }); i >= 0 {
		t.Errorf("%s is exported, though Go has it unpacked", kept[i])
	}

	from := []string{"with-cache", "--from", file, "with-env-variable", "--name", "GOPROXY", "--value", "off"}
	w.session = t.TempDir()
	for range 2 {
		a := w.call(w.verb(from, "preview")...)
		if a.code != 0 || strings.Contains(a.stderr, "left out") {
			t.Fatalf("the exported cache was not taken:\n%s", a.stderr)
		}
	}
	// The volume began with what was exported, and holds little more after the same run.
	if more := w.built() - first; more > 10 {
		t.Errorf("%d things were built anew", more)
	}
	// It can be exported again.
	if _, again := w.export(from); len(again) < len(kept) {
		t.Errorf("the second export has %d files, the first %d", len(again), len(kept))
	}
}

// A volume that holds something is left alone, so that --from costs nothing on an engine that lasts.
func TestAFilledCacheIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	w.succeed(w.verb(inContainer, "preview")...)
	broken := filepath.Join(t.TempDir(), "broken")
	w.write(broken, "")
	a := w.call(w.verb([]string{"with-cache", "--from", broken}, "preview")...)
	if a.code != 0 || strings.Contains(a.stderr, "left out") {
		t.Errorf("it was looked at:\n%s", a.stderr)
	}
}

func TestBrokenCacheIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.succeed(w.verb(inContainer, "up")...)
	deployments, _ := w.export(inContainer, "--of", "deployments")
	whole := must(os.ReadFile(deployments))
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":         {nil, "cache-export"},
		"another file":  {[]byte("something else"), "cache-export"},
		"cut off":       {whole[:1500], "cache-export"},
		"the other set": {whole, `exported for "deployments"`},
	} {
		w.session = t.TempDir()
		file := filepath.Join(t.TempDir(), "cache.tar")
		w.write(file, string(test.content))
		a := w.call(w.verb([]string{"with-cache", "--from", file}, "preview")...)
		if a.code != 0 {
			t.Fatalf("%s: a broken cache ended the run:\n%s", name, a.stderr)
		}
		w.has(a.stderr, "left out", test.want)
	}
}

// Without debug information, which takes long to link, a panic still says where it was.
func TestAPanicSaysWhereItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	w.write(filepath.Join(w.stack.Src, "main.go"), `package main

import (
	"fmt"
	"runtime/debug"
)

func main() {
	info, _ := debug.ReadBuildInfo()
	fmt.Println(info.Settings)
	panic("it broke")
}
`)
	words := w.fail(w.verb(inContainer, "preview")...)
	w.has(words, "-ldflags -s -w", "panic: it broke", "main.main()", "/main.go:11")
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
	w.has(w.fail(w.verb(inContainer, "drift", "--unapplied")...), "has not been applied", "to create")
	w.succeed(w.verb(inContainer, "up")...)
	w.has(w.succeed(w.verb(inContainer, "drift", "--unapplied")...), "unchanged")
	w.has(w.succeed(w.verb(inContainer, "refresh")...), "unchanged")
	w.has(w.fail(w.verb(inContainer, "destroy")...), "invalid confirm")
	w.has(w.succeed(w.verb(inContainer, "destroy", "--confirm", w.stack.Name)...), "deleted")
}
