package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"iac/internal/hostdagger"
)

// invocationFile is the variable that makes this program the `dagger` of a test's shell. It names a file
// with what hostdagger is told besides the command line.
const invocationFile = "IAC_E2E_INVOCATION"

func TestMain(m *testing.M) {
	if file, ok := os.LookupEnv(invocationFile); ok {
		os.Exit(beDagger(file))
	}
	os.Exit(m.Run())
}

func beDagger(file string) int {
	var inv hostdagger.Invocation
	err := errors.Join(json.Unmarshal(must(os.ReadFile(file)), &inv), os.Unsetenv(invocationFile))
	if err != nil {
		panic(err)
	}
	inv.Args, inv.Environ, inv.Dir, inv.Stdout, inv.Stderr = os.Args[1:], os.Environ(), must(os.Getwd()), os.Stdout, os.Stderr
	return hostdagger.Run(context.Background(), inv)
}

// newRepository is a world whose module lies in the repository of a Pulumi program, as the README says.
func newRepository(t *testing.T, program string) *world {
	t.Helper()
	w := newWorld(t, program)
	w.must(os.CopyFS(w.module, os.DirFS(w.stack.Src)))
	w.write(filepath.Join(w.module, ".env.example"), string(must(os.ReadFile(filepath.Join(root, ".env.example")))))
	w.environ = append(w.environ, "PULUMI_STACK="+w.stack.Name)
	return w
}

// inGitHubActions are the variables that GitHub sets for a pull request.
var inGitHubActions = []string{
	"GITHUB_ACTIONS=true", "GITHUB_REF=refs/pull/7/merge", "GITHUB_REPOSITORY=" + repo, "GITHUB_SERVER_URL=https://github.com",
}

// shell gives a text to a shell in the repository, where `dagger` is the host engine's.
func (w *world) shell(text string) answer {
	w.t.Helper()
	dir := w.t.TempDir()
	file, program := filepath.Join(dir, "invocation.json"), filepath.Join(dir, "dagger")
	w.write(file, string(must(json.Marshal(hostdagger.Invocation{
		Cache: filepath.Join(build, "cache"), Session: w.session, Programs: filepath.Join(build, "bin"),
		PulumiEnv: w.pulumiEnv(), GitHubEnv: w.github.Env(),
	}))))
	w.write(program, fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' \"$@\"\n", invocationFile, file, must(os.Executable())))
	w.must(os.Chmod(program, 0o755))
	return run(w.t, w.module, append(w.environ, "PATH="+dir+":"+os.Getenv("PATH")), text)
}

func run(t *testing.T, dir string, environ []string, text string) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-c", text)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, &stdout, &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return answer{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// do gives a text to a shell, which must succeed.
func (w *world) do(text string) answer {
	w.t.Helper()
	a := w.shell(text)
	if a.code != 0 {
		w.t.Fatalf("%s\nfailed with exit code %d:\n%s", text, a.code, a.stderr)
	}
	return a
}

// replaced is a text with another one in the place of a part.
func (w *world) replaced(text, part, other string) string {
	w.t.Helper()
	if strings.Count(text, part) != 1 {
		w.t.Fatalf("%q stands not once in:\n%s", part, text)
	}
	return strings.Replace(text, part, other, 1)
}

var (
	readme = sync.OnceValue(func() string { return string(must(os.ReadFile(filepath.Join(root, "README.md")))) })
	fence  = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	span   = regexp.MustCompile("`([^`\n]+)`")
)

// Each block of shell in the README does what the text around it says. An example is known by words that no
// other one has.
func TestREADMEExamples(t *testing.T) {
	t.Parallel()
	examples := map[string]func(*testing.T, string){
		"--github-ref":         exampleInGitHubActions,
		"cp .env.example .env": exampleWithoutFlags,
		"ARM_CLIENT_SECRET":    exampleForAzure,
		"cache-export":         exampleOfAKeptCache,
		"--expect-digest":      exampleOfAnApproval,
		"hostdagger": func(t *testing.T, text string) {
			a := run(t, clone(t), os.Environ(), text)
			if a.code != 0 || !strings.Contains(a.stdout, "pull-request") || !strings.Contains(a.stdout, "--github-token") {
				t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
			}
		},
	}
	for _, match := range fence.FindAllStringSubmatch(readme(), -1) {
		language, text := match[1], match[2]
		var known []string
		for words := range examples {
			if strings.Contains(text, words) {
				known = append(known, words)
			}
		}
		if language != "sh" || len(known) != 1 {
			t.Fatalf("of this %q block it is not known what to test, these fit: %q\n%s", language, known, text)
		}
		check := examples[known[0]]
		delete(examples, known[0])
		t.Run(known[0], func(t *testing.T) {
			t.Parallel()
			check(t, text)
		})
	}
	for words := range examples {
		t.Errorf("no block of the README holds %q", words)
	}
}

func exampleInGitHubActions(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.environ = append(w.environ, inGitHubActions...)
	w.has(w.do(text).stdout, "to create")
	first := w.comment()
	w.has(first.Body, "to create")

	// On a laptop, without the last line.
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	local := strings.TrimSuffix(strings.Join(lines[:len(lines)-1], "\n"), " \\")
	requests := len(w.github.Requests())
	w.has(w.do(local).stdout, "to create")
	up := w.replaced(local, " preview ", " up ")
	w.has(w.do(up).stdout, "created")
	if more := len(w.github.Requests()) - requests; more > 0 {
		t.Errorf("without the last line there were %d requests to GitHub", more)
	}

	w.do(text)
	if after := w.comment(); after.ID != first.ID || !strings.Contains(after.Body, "nothing to change") {
		t.Errorf("after up the comment is\n%s", after.Body)
	}
}

func exampleWithoutFlags(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.environ = slices.DeleteFunc(w.environ, func(v string) bool {
		return strings.HasPrefix(v, "PULUMI_STACK=") || strings.HasPrefix(v, "GITHUB_TOKEN=")
	})
	a := w.do(text)
	w.has(a.stdout, "to create")
	w.has(a.stderr, "nothing is posted", `stack="dev"`)
	w.environ = append(append(w.environ, "GITHUB_TOKEN="+githubToken, "PULUMI_STACK="+w.stack.Name), inGitHubActions...)
	w.has(w.do(text).stderr, `stack="`+w.stack.Name+`"`)
	w.has(w.comment().Body, "to create")
}

func exampleOfAnApproval(t *testing.T, text string) {
	w := newRepository(t, "infra-yaml")
	w.has(w.do(text).stdout, "created")
	// Nothing is left to do then.
	w.has(w.do(text).stdout, "unchanged")
	// What is approved is something else than what is applied.
	lines := strings.SplitAfter(text, "\n")
	lines[1] = "sed -i 's/^outputs:$/outputs:\\n  more: 1/' Pulumi.yaml\n"
	if a := w.shell(strings.Join(lines, "")); a.code == 0 || !strings.Contains(a.stderr, "nothing was applied to ") || !strings.Contains(a.stderr, ": its plan has the digest ") {
		t.Errorf("a changed program: exit code %d\n%s", a.code, a.stderr)
	}
}

// The program says what of the variables has reached it. What it prints of a secret is masked, but for its digest.
func exampleForAzure(t *testing.T, text string) {
	w := newRepository(t, "tiny")
	w.write(filepath.Join(w.module, "main.go"), `package main

import (
	"crypto/sha256"
	"fmt"
	"os"
)

func main() {
	for _, name := range []string{"PULUMI_ACCESS_TOKEN", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"} {
		fmt.Printf("%s: %x\n", name, sha256.Sum256([]byte(os.Getenv(name))))
	}
}
`)
	given := map[string]string{
		"ARM_TENANT_ID": "0f9c2ab4-6d1e-4c55-9a53-2f7d1c8b6e01", "ARM_SUBSCRIPTION_ID": "1b7e4d20-93aa-4f0c-8f63-5d2e9a7c4b02",
		"ARM_CLIENT_ID": "2c6f3e31-84bb-4e1d-9e74-6e3fab8d5c03", "ARM_CLIENT_SECRET": "not~a~real~secret~of~Azure",
	}
	for name, value := range given {
		w.environ = append(w.environ, name+"="+value)
	}
	given["PULUMI_ACCESS_TOKEN"] = pulumiToken
	reached := func(out string, given map[string]string) {
		t.Helper()
		for name, value := range given {
			w.has(out, fmt.Sprintf("%s: %x", name, sha256.Sum256([]byte(value))))
		}
	}
	reached(w.do(text).stdout, given)

	// With the state elsewhere the token is left out, and an empty passphrase goes in as the text says.
	w.stack.Env = slices.DeleteFunc(w.stack.Env, func(v string) bool { return strings.HasPrefix(v, "PULUMI_CONFIG_PASSPHRASE=") })
	_, after, _ := strings.Cut(readme(), text)
	passphrase := regexp.MustCompile("`(with-env-variable --name PULUMI_CONFIG_PASSPHRASE [^`]*)`").FindStringSubmatch(after)
	if passphrase == nil {
		t.Fatal("nothing is said about the passphrase")
	}
	given["PULUMI_ACCESS_TOKEN"] = ""
	reached(w.do(w.replaced(text, "--pulumi-token env://PULUMI_ACCESS_TOKEN", passphrase[1])).stdout, given)
}

func exampleOfAKeptCache(t *testing.T, text string) {
	w := newRepository(t, "tiny")
	file := filepath.Join(w.module, "..", "iac-cache.tar")
	a := w.do(text)
	w.has(a.stdout, "nothing to do")
	w.has(a.stderr, "left out", " MB")
	if info := must(os.Stat(file)); info.Size() < 1e6 {
		t.Fatalf("the cache has %d bytes", info.Size())
	}
	first := w.built()
	w.session = t.TempDir() // an engine that starts empty
	w.hasNot(w.do(text).stderr, "left out")
	if more := w.built() - first; first < 30 || more > 10 {
		t.Errorf("%d things were built, and %d more with the cache of the run before", first, more)
	}
}

// clone is a copy of this repository, in which a command may write.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ci", "internal", "testdata"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"dagger.json", "go.mod", "go.sum", ".env.example"} {
		if err := os.WriteFile(filepath.Join(dir, name), must(os.ReadFile(filepath.Join(root, name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "build"), 0o755), os.Symlink(filepath.Join(build, "bin"), filepath.Join(dir, "build", "bin"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Each command within the README's text does what is said of it.
func TestREADMECommands(t *testing.T) {
	t.Parallel()
	commands := map[string]func(*testing.T, string){
		"dagger -m ./ci functions": func(t *testing.T, command string) {
			w := newRepository(t, "infra-yaml")
			w.has(w.do(command).stdout, "preview", "up", "refresh", "drift", "destroy", "with-cache")
		},
		"dagger -m ./ci call pull-request": func(t *testing.T, command string) {
			w := newRepository(t, "infra-yaml")
			w.environ = append(w.environ, inGitHubActions...)
			a := w.do("cp .env.example .env\n" + command)
			w.has(a.stdout, `"system":"GitHub Actions"`, `"host":"github.com"`, `"repository":"acme/shop"`, `"number":7`)
			w.hasNot(a.stderr, "ran     ")
		},
		"go run ./internal/cmd/comment ": func(t *testing.T, command string) {
			a := run(t, root, os.Environ(), command)
			if a.code != 0 || !strings.Contains(a.stdout, "to replace") {
				t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
			}
		},
		"go run ./internal/cmd/hostdagger -m ./ci develop": func(t *testing.T, command string) {
			dir := clone(t)
			if a := run(t, dir, os.Environ(), command+"\ntest -s ci/dagger.gen.go"); a.code != 0 {
				t.Errorf("exit code %d\n%s", a.code, a.stderr)
			}
		},
		// Recorded anew, nothing changes.
		"go run ./internal/cmd/record ": func(t *testing.T, command string) {
			dir := clone(t)
			a := run(t, dir, os.Environ(), fmt.Sprintf("%s\ndiff -r testdata '%s'", command, filepath.Join(root, "testdata")))
			if a.code != 0 || !strings.Contains(a.stderr, "recording ") {
				t.Errorf("exit code %d\n%s%s", a.code, a.stdout, a.stderr)
			}
		},
	}
	tested := map[string]bool{}
	for _, match := range span.FindAllStringSubmatch(fence.ReplaceAllString(readme(), ""), -1) {
		command := match[1]
		if !strings.HasPrefix(command, "dagger ") && !strings.HasPrefix(command, "go run ") {
			continue
		}
		known := slices.DeleteFunc(slices.Collect(maps.Keys(commands)), func(start string) bool { return !strings.HasPrefix(command, start) })
		if len(known) != 1 {
			t.Fatalf("of %q it is not known what to test", command)
		}
		check := commands[known[0]]
		tested[known[0]] = true
		t.Run(known[0], func(t *testing.T) {
			t.Parallel()
			check(t, command)
		})
	}
	for start := range commands {
		if !tested[start] {
			t.Errorf("the README has no command that begins with %q", start)
		}
	}
}

// Each message that the README explains is one that users meet, and what it advises helps.
func TestREADMETroubleshooting(t *testing.T) {
	t.Parallel()
	const dotEnv = "cp .env.example .env\n"
	messages := map[string]func(*world) string{
		"required flag(s) … not set": func(w *world) string {
			words := w.refused(dotEnv + "dagger -m ./ci call with-credentials preview")
			w.do("dagger -m ./ci call preview")
			return words
		},
		"pulumi-token is empty": func(w *world) string {
			w.environ = append(w.environ, "PULUMI_ACCESS_TOKEN=")
			return w.refused(dotEnv + "dagger -m ./ci call preview")
		},
		"github-token is empty": func(w *world) string {
			w.environ = append(append(w.environ, "GITHUB_TOKEN="), inGitHubActions...)
			return w.refused(dotEnv + "dagger -m ./ci call preview")
		},
		"cannot read aws-access-key: … not found": func(w *world) string {
			words := w.refused(dotEnv + "unset AWS_ACCESS_KEY_ID\ndagger -m ./ci call preview")
			w.do("unset AWS_ACCESS_KEY_ID\nsed -i /^AWSACCESSKEY=/d .env\ndagger -m ./ci call preview")
			return words
		},
		"Resource not accessible by integration": func(w *world) string {
			w.environ = append(append(w.environ, "GITHUB_TOKEN="+readOnly), inGitHubActions...)
			words := w.refused(dotEnv + "dagger -m ./ci call preview")
			w.has(w.do("dagger -m ./ci call preview --comment-optional").stderr, "pull-requests: write")
			return words
		},
		"the stack is currently locked": func(w *world) string {
			w.lock()
			const up = `dagger -m ./ci call with-cache up --src . --stack "$PULUMI_STACK"`
			words := w.refused(up)
			w.do(strings.Replace(up, " up ", " cancel ", 1))
			w.do(up)
			return words
		},
		"Another update is currently in progress": func(*world) string {
			return string(must(os.ReadFile(filepath.Join(root, "testdata", "recordings", "cloud-conflict", "stderr"))))
		},
		// The words of an engine, which loads a module otherwise than the host engine does.
		"no such function": nil,
	}
	_, section, _ := strings.Cut(readme(), "\n## Troubleshooting\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for row := range strings.Lines(section) {
		cells := strings.Split(row, " | ")
		for _, match := range span.FindAllStringSubmatch(cells[0], -1) {
			message := match[1]
			meet, known := messages[message]
			if !known {
				t.Errorf("of the message %q it is not known how it is met", message)
			}
			delete(messages, message)
			if meet == nil {
				continue
			}
			t.Run(message, func(t *testing.T) {
				t.Parallel()
				w := newRepository(t, "infra-yaml")
				words := meet(w)
				for part := range strings.SplitSeq(message, "…") {
					_, rest, found := strings.Cut(words, part)
					if !found {
						t.Fatalf("%q is missing in:\n%s", part, words)
					}
					words = rest
				}
			})
		}
	}
	for message := range messages {
		t.Errorf("the README does not explain %q", message)
	}
}

// refused gives a text to a shell, where it must fail, and gives what was said.
func (w *world) refused(text string) string {
	w.t.Helper()
	a := w.shell(text)
	if a.code == 0 {
		w.t.Fatalf("%s\nsucceeded:\n%s", text, a.stdout)
	}
	return a.stderr
}
