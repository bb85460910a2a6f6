package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ways are the two, for a program that both run.
var ways = map[string][]string{"through the Pulumi module": throughModule, "in a container": inContainer}

// inFolder moves the program into a folder of a repository and gives the repository. The files that are named stay at
// its root.
func (w *world) inFolder(dir string, atRoot ...string) string {
	w.t.Helper()
	repository := w.t.TempDir()
	to := filepath.Join(repository, dir)
	w.must(os.CopyFS(to, os.DirFS(w.stack.Src)))
	for _, name := range atRoot {
		w.must(os.Rename(filepath.Join(to, name), filepath.Join(repository, name)))
	}
	return repository
}

// edit replaces a text in a file, in which it must stand.
func (w *world) edit(name, before, after string) {
	w.t.Helper()
	text := string(must(os.ReadFile(name)))
	if !strings.Contains(text, before) {
		w.t.Fatalf("%q does not stand in %s:\n%s", before, name, text)
	}
	w.write(name, strings.Replace(text, before, after, 1))
}

func (w *world) inWorkDir(way []string, verb, repository, dir string, more ...string) []string {
	return slices.Concat(way, []string{verb, "--src", repository, "--work-dir", dir, "--stack", w.stack.Name}, more)
}

func TestWorkDirWithTheGoModuleAbove(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra")
			repository := w.inFolder("deploy/shop", "go.mod", "go.sum")
			w.must(os.MkdirAll(filepath.Join(repository, "names"), 0o755))
			w.write(filepath.Join(repository, "names", "names.go"), "// Package names is shared.\npackage names\n\n// Team is a name.\nconst Team = \"from above\"\n")
			main := filepath.Join(repository, "deploy", "shop", "main.go")
			w.edit(main, "import (\n", "import (\n\t\"infra/names\"\n")
			w.edit(main, `pulumi.String("web")`, "pulumi.String(names.Team)")
			w.has(w.fail(w.inWorkDir(way, "preview", repository, "deploy/shop", "--policy-pack", policies)...), "from above", "buckets-have-an-owner")
			w.succeed(w.inWorkDir(way, "up", repository, "deploy/shop")...)
			w.has(w.succeed(w.inWorkDir(way, "outputs", repository, "deploy/shop")...), `"assets": "`)
		})
	}
}

// The manifest lies beside the program, and what it takes from beside the folder too.
func TestWorkDirWithAFolderBeside(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra")
			repository := w.inFolder("infra")
			w.must(os.MkdirAll(filepath.Join(repository, "lib"), 0o755))
			w.write(filepath.Join(repository, "lib", "go.mod"), "module example.com/lib\n\ngo 1.26.1\n")
			w.write(filepath.Join(repository, "lib", "lib.go"), "// Package lib is shared.\npackage lib\n\n// Team is a name.\nconst Team = \"from beside\"\n")
			manifest, main := filepath.Join(repository, "infra", "go.mod"), filepath.Join(repository, "infra", "main.go")
			w.write(manifest, string(must(os.ReadFile(manifest)))+"\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../lib\n")
			w.edit(main, "import (\n", "import (\n\t\"example.com/lib\"\n")
			w.edit(main, `pulumi.String("web")`, "pulumi.String(lib.Team)")
			w.has(w.succeed(w.inWorkDir(way, "preview", repository, "infra")...), "from beside")
		})
	}
}

func TestWorkDirOfAnNPMWorkspace(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra-nodejs")
			repository := w.inFolder("apps/shop")
			program := filepath.Join(repository, "apps", "shop")
			w.must(os.Remove(filepath.Join(program, "package-lock.json")))
			w.write(filepath.Join(repository, "package.json"), `{"name": "all", "private": true, "workspaces": ["apps/*", "lib"]}`)
			w.must(os.MkdirAll(filepath.Join(repository, "lib"), 0o755))
			w.write(filepath.Join(repository, "lib", "package.json"), `{"name": "@shop/lib", "version": "1.0.0", "main": "index.js"}`)
			w.write(filepath.Join(repository, "lib", "index.js"), "exports.team = \"from the workspace\";\n")
			w.edit(filepath.Join(program, "package.json"), `"dependencies": {`, `"dependencies": {"@shop/lib": "1.0.0",`)
			w.edit(filepath.Join(program, "index.js"), `team: "web"`, `team: require("@shop/lib").team`)
			w.has(w.succeed(w.inWorkDir(way, "preview", repository, "apps/shop")...), "from the workspace")
		})
	}
}

func TestWorkDirWithAPackageBeside(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra-nodejs")
			repository := w.inFolder("shop")
			program := filepath.Join(repository, "shop")
			w.must(os.Remove(filepath.Join(program, "package-lock.json")))
			w.must(os.MkdirAll(filepath.Join(repository, "lib"), 0o755))
			w.write(filepath.Join(repository, "lib", "package.json"), `{"name": "lib", "version": "1.0.0", "main": "index.js"}`)
			w.write(filepath.Join(repository, "lib", "index.js"), "exports.team = \"from beside\";\n")
			w.edit(filepath.Join(program, "package.json"), `"dependencies": {`, `"dependencies": {"lib": "file:../lib",`)
			w.edit(filepath.Join(program, "index.js"), `team: "web"`, `team: require("lib").team`)
			w.has(w.succeed(w.inWorkDir(way, "preview", repository, "shop")...), "from beside")
		})
	}
}

func TestMainIsAnotherFolder(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra")
			w.must(os.MkdirAll(filepath.Join(w.stack.Src, "cmd", "deploy"), 0o755))
			w.must(os.Rename(filepath.Join(w.stack.Src, "main.go"), filepath.Join(w.stack.Src, "cmd", "deploy", "main.go")))
			w.edit(filepath.Join(w.stack.Src, "Pulumi.yaml"), "runtime: go", "runtime: go\nmain: cmd/deploy")
			w.has(w.succeed(w.verb(way, "preview")...), "1 to update")
		})
	}
}
