package stacks

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write writes a tree to a folder and opens it.
func write(t testing.TB, files tree) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

// The folders of packages that a program imports are those that Go builds it of.
func TestSharedPackagesAreThoseThatGoBuilds(t *testing.T) {
	one := oneModule.with(tree{
		"go.mod":            "module example.org/mono\nrequire example.org/lib v1.0.0\nreplace example.org/lib => ./third\n",
		"third/go.mod":      "module example.org/lib\n",
		"third/deep/d.go":   "package deep\nimport _ \"example.org/lib/deeper\"",
		"third/deeper/d.go": "package deeper",
		"infra/app/main.go": "package main\nimport (\n\t_ \"fmt\"\n\t_ \"example.org/mono/pkg/a\"\n)\nfunc main() {}",
		"infra/net/main.go": "package main\nimport _ \"example.org/mono/pkg/c\"\nfunc main() {}",
		"pkg/a/a.go":        "package a\nimport _ \"example.org/mono/pkg/b\"\n",
		"pkg/b/b.go":        "package b\nimport _ \"example.org/lib/deep\"",
	})
	work := program("go", "infra/app", "dev").with(program("go", "infra/net", "core")).with(tree{
		"go.work":            "go 1.26\nuse (\n\t./infra/app\n\t./infra/net\n\t./lib\n)\nreplace example.org/r v1.0.0 => ./r\n",
		"infra/app/go.mod":   "module example.org/app\ngo 1.26\nrequire example.org/r v1.0.0",
		"infra/app/main.go":  "package main\nimport _ \"example.org/lib/a\"\nimport _ \"example.org/r\"\nfunc main() {}",
		"infra/net/go.mod":   "module example.org/net\ngo 1.26\n",
		"infra/net/main.go":  "package main\nimport _ \"example.org/net/own\"\nfunc main() {}",
		"infra/net/own/o.go": "package own",
		"lib/go.mod":         "module example.org/lib\ngo 1.26",
		"lib/a/a.go":         "package a\nimport _ \"example.org/lib\"",
		"lib/lib.go":         "package lib",
		"lib/b/b.go":         "package b",
		"r/go.mod":           "module example.org/r\ngo 1.26",
		"r/r.go":             "package r",
	})
	for name, files := range map[string]tree{"one module": one, "a workspace": work} {
		t.Run(name, func(t *testing.T) {
			dir, root := write(t, files)
			r, err := Read(root.FS())
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range r.units {
				found, err := r.usesOf(u)
				if err != nil {
					t.Fatal(err)
				}
				got := slices.Sorted(maps.Keys(found.packages))
				if want := goList(t, dir, u.dir); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", u.dir, got, want)
				}
			}
		})
	}
}

// goList gives the folders in dir whose packages a program is built of.
func goList(t *testing.T, dir, program string) []string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.Dir}}{{end}}", ".")
	list.Dir = filepath.Join(dir, program)
	list.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, line := range strings.Fields(string(out)) {
		if relative, err := filepath.Rel(dir, line); err == nil {
			dirs = append(dirs, relative)
		}
	}
	slices.Sort(dirs)
	return dirs
}

func TestLinksAreNotFollowedOutOfTheTree(t *testing.T) {
	dir, root := write(t, yamlProgram("app", "dev").with(tree{"app/x": ""}))
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("name: secret\nruntime: yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out/Pulumi.yaml", "out/Pulumi.dev.yaml"} {
		if err := os.Symlink(secret, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Read(root.FS())
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Choose(Selection{All: true})
	if err == nil || !strings.HasPrefix(err.Error(), "out/Pulumi.yaml is broken: it cannot be read: ") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// BenchmarkChoose is the worst that may come: 200 Go programs of one module, and a change of 3,000 files.
func BenchmarkChoose(b *testing.B) {
	files := tree{"go.mod": "module m"}
	var c Changes
	for i := range 200 {
		dir := fmt.Sprintf("infra/p%d", i)
		files = files.with(program("go", dir, "dev", "staging", "prod")).with(tree{
			dir + "/main.go":                   fmt.Sprintf("package main\nimport _ \"m/pkg/p%d\"\n", i),
			fmt.Sprintf("pkg/p%d/p.go", i):     fmt.Sprintf("package p\nimport _ \"m/pkg/p%d\"\n", max(0, i-1)),
			path.Join(dir, "watched", "a.yml"): "",
		})
	}
	for i := range 3000 {
		c.Files = append(c.Files, File{Path: fmt.Sprintf("pkg/p%d/f%d.go", i%200, i)})
	}
	_, root := write(b, files)
	for b.Loop() {
		r, err := Read(root.FS())
		if err != nil {
			b.Fatal(err)
		}
		choice, err := r.Choose(Selection{Changes: c})
		if err != nil || len(choice.Stacks) != 600 {
			b.Fatal(len(choice.Stacks), err)
		}
	}
}
