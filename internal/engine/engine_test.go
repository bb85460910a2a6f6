package engine

import (
	"archive/tar"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"iac/internal/bindings"
)

// cases are the tests, each of them for a caller of either engine.
var cases = []struct {
	name string
	test func(*caller)
}{
	{"each function is listed, with its help", functionsAndHelp},
	{"the version is that of the code", version},
	{"a wrong value is refused before anything runs", refused},
	{"each verb really runs, each time", fresh},
	{"many stacks are chosen, previewed and applied", many},
	{"a Go program is built once for its stacks", built},
	{"a comment is kept", commented},
	{"no secret is shown", secrets},
	{"caches are carried", caches},
	{"a failure has Pulumi's words", failing},
}

func TestEngine(t *testing.T) { all(t, onEngine(t)) }

// TestHostEngine runs the code of the tests where there is no engine. What it shows is what internal/e2e shows too.
func TestHostEngine(t *testing.T) { all(t, onHostEngine(t)) }

func all(t *testing.T, c *caller) {
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) { test.test(c.with(t)) })
	}
}

func functionsAndHelp(c *caller) {
	module, err := bindings.Load(root(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	// Of an object that is no result of the main one nothing could be called.
	objects := map[string][]string{module.Main.Name: nil, "Plan": {"plan"}, "Plans": {"plan-all"}}
	if len(module.Objects) != len(objects) {
		c.t.Errorf("the module has %d types, want a test of each", len(module.Objects))
	}
	for name, path := range objects {
		object := module.Objects[name]
		listed := c.ask(append([]string{"functions"}, path...)...)
		if listed.code != 0 {
			c.t.Fatalf("the functions of %s are not listed:\n%s", name, listed.stderr)
		}
		for _, f := range object.Functions {
			kebab := bindings.KebabName(f.Name)
			if !regexp.MustCompile(`(?m)^` + kebab + `\s+\S`).MatchString(listed.stdout) {
				c.t.Errorf("%s of %s is not listed with its help:\n%s", kebab, name, listed.stdout)
			}
			c.helps(slices.Concat(path, []string{kebab}), f)
		}
	}
	c.helps(nil, module.Main.Constructor)
}

// helps looks for each flag of a function in its help, with the beginning of its comment: long ones are broken.
func (c *caller) helps(path []string, f *bindings.Function) {
	c.t.Helper()
	quotes := strings.NewReplacer("`", "", "'", "")
	help := quotes.Replace(c.call(append(slices.Clone(path), "--help")...))
	for _, arg := range f.Args {
		words := strings.Fields(quotes.Replace(arg.Doc))
		line := regexp.MustCompile(`--` + bindings.KebabName(arg.Name) + `\s.*` + regexp.QuoteMeta(strings.Join(words[:min(3, len(words))], " ")))
		if !line.MatchString(help) {
			c.t.Errorf("the help of %q does not tell of --%s:\n%s", path, bindings.KebabName(arg.Name), help)
		}
	}
}

func version(c *caller) {
	text, err := os.ReadFile(filepath.Join(root(c.t), "ci", "versions.go"))
	if err != nil {
		c.t.Fatal(err)
	}
	want := regexp.MustCompile(`release = "(.*)"`).FindSubmatch(text)
	if got := strings.TrimSpace(c.call("version")); want == nil || got != string(want[1]) {
		c.t.Errorf("it says %q, want %s", got, want)
	}
}

func refused(c *caller) {
	way := ways["in a container"]
	for want, chain := range map[string][]string{
		`invalid stack "dev; id"`:         slices.Concat(way, []string{"preview", "--src", c.src, "--stack", "dev; id"}),
		`invalid pulumi-version "latest"`: slices.Concat([]string{"--pulumi-version", "latest"}, c.verb(way, "up")),
		`invalid timeout "soon"`:          c.verb(way, "up", "--timeout", "soon"),
		"no readable Pulumi.yaml":         slices.Concat(way, []string{"preview", "--src", c.t.TempDir(), "--stack", "dev"}),
		"invalid comment-key":             c.verb(way, "preview", "--comment-key", "a b"),
	} {
		c.has(c.fail(chain...), want)
	}
}

var ran = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`)

// fresh calls preview and up twice each: the same source, stack and secrets. The time that the program gives differs.
func fresh(c *caller) {
	for name, way := range c.ways() {
		c.t.Run(name, func(t *testing.T) {
			c := c.with(t)
			before := time.Now().Add(-time.Minute)
			seen := map[string]bool{}
			for _, verb := range []string{"preview", "preview", "up", "up"} {
				printed := c.call(c.verb(way, verb)...)
				times := ran.FindAllString(printed, -1)
				if len(times) == 0 {
					t.Fatalf("%s prints no time:\n%s", verb, printed)
				}
				// Where the state is kept, an update shows the time before too.
				last := slices.Max(times)
				at, err := time.Parse(time.RFC3339, last)
				if err != nil || at.Before(before) || seen[last] {
					t.Errorf("%s ran at %s, %v: want a new time, not one of %v", verb, last, err, seen)
				}
				seen[last] = true
			}
		})
	}
}

// many previews and applies two stacks of one program.
func many(c *caller) {
	c.twoStacks()
	c.has(c.call("stacks", "--src", c.src, "--all"), `"dir":".","project":"engine","stack":"one","why":"--all"`, `"stack":"two"`)
	c.has(c.call(c.all("preview-all")...), "2 of 2 stacks change: ", ".:one", ".:two")
	c.has(c.call(c.all("up-all")...), "2 of 2 stacks changed: ", ".:one", ".:two")
}

// built previews two stacks of a Go program that needs no download.
func built(c *caller) {
	c.use("tiny", "runtime: go\n", "runtime: go\nbackend: {url: '"+c.state()+"'}\n")
	c.twoStacks()
	a := c.ask(append([]string{"call"}, c.all("preview-all")...)...)
	if a.code != 0 {
		c.t.Fatalf("exit code %d:\n%s", a.code, a.stderr)
	}
	c.has(a.stdout, "othing to change in 2 stacks")
	c.has(a.stderr, "/iac/bin/iac-program")
}

// twoStacks gives the program the stacks one and two.
func (c *caller) twoStacks() {
	c.t.Helper()
	for _, name := range []string{"one", "two"} {
		if err := os.WriteFile(filepath.Join(c.src, "Pulumi."+name+".yaml"), []byte("{}\n"), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// all is a chain that ends with a verb on all stacks of the program, which it creates.
func (c *caller) all(verb string) []string {
	return slices.Concat(ways["in a container"], []string{verb, "--src", c.src, "--all", "--upsert"})
}

// commented previews twice on a pull request, and then with a program that fails.
func commented(c *caller) {
	if c.github == nil {
		c.t.Skip("IAC_ENGINE_GITHUB is not set: no comments were posted")
	}
	number := 10
	for name, way := range c.ways() {
		number++
		flags, comments := c.pull(number)
		c.t.Run(name, func(t *testing.T) {
			c := c.with(t)
			for range 2 {
				c.call(c.verb(way, "preview", flags...)...)
			}
			list := comments()
			if len(list) != 1 {
				t.Fatalf("there are %d comments, want 1", len(list))
			}
			first, _, _ := strings.Cut(list[0].Body, "\n")
			c.has(first, `<!-- iac {`, `"project":"engine"`, `"iac":"`)
			c.has(list[0].Body, "1 to create", "leaked")
			c.hides(list[0].Body)
		})
	}
}

// secrets has a program that prints its own. Where the engine shows progress, it knows secrets only as they are.
func secrets(c *caller) {
	for name, way := range c.ways() {
		c.t.Run(name, func(t *testing.T) {
			c := c.with(t)
			a := c.ask(append([]string{"call"}, c.verb(way, "preview")...)...)
			c.has(a.stdout, `leaked`, `key ***`)
			c.hides(a.stdout)
			if strings.Contains(a.stderr, secretKey) {
				t.Errorf("the secret stands in the progress:\n%s", a.stderr)
			}
		})
	}
}

func (c *caller) hides(text string) {
	c.t.Helper()
	for _, secret := range []string{secretKey, base64.StdEncoding.EncodeToString([]byte(secretKey)), pulumiToken, githubToken} {
		if strings.Contains(text, secret) {
			c.t.Errorf("the secret %s stands in:\n%s", secret, text)
		}
	}
}

// caches exports what a run kept, and starts another cache from it.
func caches(c *caller) {
	name := fmt.Sprintf("iac-engine-tests-%d", time.Now().UnixNano())
	file := filepath.Join(c.t.TempDir(), "caches.tar")
	way := func(name string, flags ...string) []string {
		return slices.Concat([]string{"with-cache", "--name", name}, flags, ways["in a container"][3:])
	}
	c.call(c.verb(way(name), "preview")...)
	c.call("with-cache", "--name", name, "cache-export", "-o", file)
	kept := entries(c.t, file)
	c.has(strings.Join(kept, "\n"), "./npm/_cacache/")

	// The export of a cache that was started from the file and used has what the file had: the run added nothing.
	other := filepath.Join(c.t.TempDir(), "other.tar")
	c.call(c.verb(way(name+"-other", "--from", file), "preview")...)
	c.call("with-cache", "--name", name+"-other", "cache-export", "-o", other)
	again := entries(c.t, other)
	for _, entry := range kept {
		if strings.Contains(entry, "/_cacache/content-") && !slices.Contains(again, entry) {
			c.t.Fatalf("%s was not carried: there are %d of %d files", entry, len(again), len(kept))
		}
	}
}

// entries are the names in the archive of caches that an export has.
func entries(t *testing.T, file string) []string {
	t.Helper()
	opened, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for archive := tar.NewReader(opened); ; {
		header, err := archive.Next()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if header.Name != "cache.tar.gz" {
			continue
		}
		list := exec.Command("tar", "-tzf", "-")
		list.Stdin = io.LimitReader(archive, header.Size)
		names, err := list.Output()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return strings.Split(strings.TrimSpace(string(names)), "\n")
	}
}

// failing has a program that throws.
func failing(c *caller) {
	c.use("engine", "file:///tmp", c.state())
	c.edit("index.js", `"use strict";`, `throw new (require("@pulumi/pulumi").RunError)("the words of the program");`)
	for name, way := range c.ways() {
		c.t.Run(name, func(t *testing.T) {
			c := c.with(t)
			var flags []string
			number := 20
			comments := func() string { return "the words of the program" }
			if c.github != nil {
				number += len(name)
				given, list := c.pull(number)
				flags, comments = given, func() string {
					if all := list(); len(all) == 1 {
						return all[0].Body
					}
					return fmt.Sprintf("%d comments", len(list()))
				}
			}
			c.has(c.fail(c.verb(way, "preview", flags...)...), "pulumi preview of "+c.stack()+" failed with exit code", "the words of the program")
			c.has(comments(), "the words of the program")
		})
	}
}
