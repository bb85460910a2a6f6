package tools

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

func TestFindVersion(t *testing.T) {
	for text, want := range map[string]string{
		"gh version 2.23.0+dfsg1 (2023-02-27 Debian)\nhttps://github.com/cli/cli/releases\n": "v2.23.0",
		"v20.20.2\n":  "v20.20.2",
		"10.0.100":    "v10.0.100",
		"version 1.2": "",
		"":            "",
	} {
		if got, err := findVersion(text); got != want || (err != nil) != (want == "") {
			t.Errorf("findVersion(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestModuleIsBuiltOnceForEachState(t *testing.T) {
	in := &installer{root: t.TempDir(), log: os.Stderr}
	write(t, filepath.Join(in.root, "hello", "go.mod"), "module hello\n\ngo 1.26.1\n", 0o644)
	source := filepath.Join(in.root, "hello", "greet", "main.go")
	write(t, source, program("good morning"), 0o644)
	m := &module{dir: "hello", packages: "./...", programs: []string{"greet"}}

	for _, greeting := range []string{"good morning", "good night"} {
		write(t, source, program(greeting), 0o644)
		if m.ready(in) {
			t.Fatal("ready before it was built")
		}
		if err := os.MkdirAll(Bin(in.root), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := m.get(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if !m.ready(in) {
			t.Error("not ready after it was built")
		}
		out, err := exec.Command(in.program("greet")).CombinedOutput()
		if err != nil || string(out) != greeting {
			t.Errorf("it prints %q, %v, want %q", out, err, greeting)
		}
	}
	if err := os.Remove(in.program("greet")); err != nil {
		t.Fatal(err)
	}
	if m.ready(in) {
		t.Error("ready without its program")
	}
}

func program(text string) string {
	return fmt.Sprintf("package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(%q) }\n", text)
}

func TestFailedBuildLeavesTheOldProgram(t *testing.T) {
	in := &installer{root: t.TempDir(), log: os.Stderr}
	write(t, filepath.Join(in.root, "hello", "go.mod"), "module hello\n\ngo 1.26.1\n", 0o644)
	write(t, filepath.Join(in.root, "hello", "greet", "main.go"), "package main\n\nfunc main() { broken }\n", 0o644)
	write(t, in.program("greet"), "the old one", 0o755)
	m := &module{dir: "hello", packages: "./...", programs: []string{"greet"}}

	err := m.get(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "undefined: broken") {
		t.Errorf("the error is %v, want the compiler's words", err)
	}
	left, err := filepath.Glob(filepath.Join(Bin(in.root), "*"))
	if err != nil || !slices.Equal(left, []string{in.program("greet")}) || m.ready(in) {
		t.Errorf("%v is left in the bin folder, %v", left, err)
	}
}

func TestSystemTakesTheFirstThatIsNewEnough(t *testing.T) {
	old, good, newer := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(old, "gh"), "#!/bin/sh\necho gh version 2.22.9\n", 0o755)
	write(t, filepath.Join(good, "gh"), "#!/bin/sh\necho gh version 2.23.0\n", 0o755)
	write(t, filepath.Join(newer, "gh"), "#!/bin/sh\necho gh version 2.99.0\n", 0o755)
	in := &installer{root: t.TempDir(), log: os.Stderr}
	if err := os.MkdirAll(Bin(in.root), 0o755); err != nil {
		t.Fatal(err)
	}
	gh := &system{program: "gh", commands: []string{"gh"}, atLeast: "v2.23.0", packages: []string{"gh"}}
	path := func(dirs ...string) { t.Setenv("PATH", strings.Join(dirs, string(os.PathListSeparator))) }

	path(t.TempDir(), old)
	if gh.ready(in) {
		t.Error("an old gh is taken")
	}
	path(Bin(in.root), old, good, newer)
	for range 2 {
		if !gh.ready(in) {
			t.Error("a good gh is not taken")
		}
		target, err := os.Readlink(in.program("gh"))
		if err != nil || target != filepath.Join(good, "gh") {
			t.Errorf("the link leads to %q, %v", target, err)
		}
	}
	path(Bin(in.root), old)
	if gh.ready(in) {
		t.Error("the link is taken for the program")
	}
}

func TestListsOfPackagesAreFetchedOnlyWhenNeeded(t *testing.T) {
	for _, test := range []struct {
		name, script string
		want         []string
		fails        bool
	}{
		{"lists are there", `exit 0`, []string{"install --yes --no-install-recommends gh"}, false},
		{"lists are missing", `[ "$1" = update ] || [ -f "$0.updated" ] || exit 100; [ "$1" = update ] && : >"$0.updated"; exit 0`,
			[]string{"install --yes --no-install-recommends gh", "update", "install --yes --no-install-recommends gh"}, false},
		{"no network", `echo Could not resolve deb.debian.org; exit 100`, []string{"install --yes --no-install-recommends gh", "update"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			apt := filepath.Join(dir, "apt-get")
			write(t, apt, "#!/bin/sh\necho \"$@\" >>\"$0.log\"\n"+test.script+"\n", 0o755)
			t.Setenv("PATH", dir)
			err := aptInstall(t.Context(), []string{"gh"})
			if (err != nil) != test.fails {
				t.Errorf("the error is %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "Could not resolve deb.debian.org") {
				t.Errorf("apt-get's words are missing in %v", err)
			}
			log, err := os.ReadFile(apt + ".log")
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Split(strings.TrimSpace(string(log)), "\n"); !slices.Equal(got, test.want) {
				t.Errorf("apt-get was run with %q, want %q", got, test.want)
			}
		})
	}
}

func TestInstallRefusesUnknownNames(t *testing.T) {
	err := Install(t.Context(), t.TempDir(), []string{"pulumi", "terraform"}, os.Stderr)
	if err == nil || !strings.Contains(err.Error(), `"terraform"`) || !strings.Contains(err.Error(), "languages") {
		t.Errorf("the error is %v, want the name given and the names there are", err)
	}
}

// The versions that the progress names, and the one the CLI says it has, are those of the go.mod files.
func TestVersionsAreThoseOfTheModules(t *testing.T) {
	number := regexp.MustCompile(`\d+\.\d+\.\d+`)
	for name, tools := range all {
		m, ok := tools[0].(*module)
		if !ok {
			continue
		}
		path := filepath.Join("..", "..", m.dir, "go.mod")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := modfile.Parse(path, text, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range number.FindAllString(m.what+m.ldflags, -1) {
			if !slices.ContainsFunc(file.Require, func(r *modfile.Require) bool { return r.Mod.Version == "v"+version }) {
				t.Errorf("%s: %s is not in %s", name, version, path)
			}
		}
	}
}

func TestRootIsTheFolderOfDaggerJSON(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if root, err := Root(); err == nil {
		t.Errorf("%q is the root of %q", root, dir)
	}
	write(t, filepath.Join(dir, "dagger.json"), "{}", 0o644)
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(below)
	root, err := Root()
	if err != nil || !same(root, dir) {
		t.Errorf("the root is %q, %v, want %q", root, err, dir)
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// npm stands in for the real one: it says what it was told, and makes the folder.
func TestPackagesAreInstalledOnceForEachLockFile(t *testing.T) {
	in := &installer{root: t.TempDir(), log: os.Stderr}
	p := &packages{dir: "internal/tools/parsers"}
	write(t, in.program("npm"), "#!/bin/sh\n[ \"$*\" = 'ci --ignore-scripts --no-audit --no-fund' ] && grep -q parse package.json && mkdir node_modules && cp package-lock.json node_modules/installed\n", 0o755)
	write(t, filepath.Join(in.root, p.dir, "package.json"), `{"dependencies": {"parse": "1.0.0"}}`, 0o644)
	for _, lock := range []string{"1.0.0", "1.0.1"} {
		write(t, filepath.Join(in.root, p.dir, "package-lock.json"), lock, 0o644)
		if p.ready(in) {
			t.Fatal("ready before they were installed")
		}
		if err := p.get(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if !p.ready(in) {
			t.Error("not ready after they were installed")
		}
		got, err := os.ReadFile(filepath.Join(NodeModules(in.root, p.dir), "installed"))
		if err != nil || string(got) != lock {
			t.Errorf("%q is installed, %v, want %q", got, err, lock)
		}
	}
	write(t, filepath.Join(in.root, p.dir, "package-lock.json"), "1.0.2", 0o644)
	write(t, in.program("npm"), "#!/bin/sh\nmkdir node_modules\necho no such version\nexit 1\n", 0o755)
	if err := p.get(t.Context(), in); err == nil || !strings.Contains(err.Error(), "no such version") || p.ready(in) {
		t.Errorf("the error is %v, want npm's words", err)
	}
	if got, err := os.ReadFile(filepath.Join(NodeModules(in.root, p.dir), "installed")); err != nil || string(got) != "1.0.1" {
		t.Errorf("after a failure %q is installed, %v", got, err)
	}
}

func TestAFileOutOfAPackage(t *testing.T) {
	in := &installer{root: t.TempDir(), log: os.Stderr}
	// The npm of this test packs what it is asked for.
	write(t, in.program("npm"), "#!/bin/sh\nmkdir package && echo \"$4\" >package/a.json && tar -czf a-1.tgz package && rm -r package\n", 0o755)
	good := &packed{of: "a@1", path: "a.json", sum: "c6d77ee2e3db6ec08c4d5d70d0d1a1d0f5de8b6cf6e0c1c7a9a4f2c0d8f5ab10"}
	if good.ready(in) {
		t.Error("ready before it was got")
	}
	err := good.get(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "a.json of a@1 has the SHA-256 ") || good.ready(in) {
		t.Fatalf("a file with another sum is taken: %v", err)
	}
	good.sum = regexp.MustCompile(`SHA-256 ([0-9a-f]{64})`).FindStringSubmatch(err.Error())[1]
	if err := good.get(t.Context(), in); err != nil || !good.ready(in) {
		t.Errorf("it is not there: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(Bin(in.root), "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("%v is left in the bin folder, %v", left, err)
	}
}
