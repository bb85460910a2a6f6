package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"iac/internal/githubapi"
	"iac/internal/teststack"
)

// monorepo is a world with many programs.
type monorepo struct {
	*world
	*teststack.Repository
}

// newMonorepo copies the example of the documentation: three projects with five stacks, and shared code.
func newMonorepo(t *testing.T) *monorepo {
	t.Helper()
	of, err := teststack.PrepareRepository(t.Context(), filepath.Join(root, "testdata", "repository"), t.TempDir(), filepath.Join(build, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	return &monorepo{newWorldOf(t, of.Program(".")), of}
}

// compiled lets the programs of Go share what is compiled with other tests: each has its own caches otherwise.
var compiled = []string{"with-env-variable", "--name", "GOCACHE", "--value", filepath.Join(build, "cache", "images", "go-build"), "with-env-variable", "--name", "GOMODCACHE", "--value", filepath.Join(build, "cache", "images", "go-mod")}

// all is a chain with a verb over many stacks.
func (r *monorepo) all(verb string, args ...string) []string {
	return slices.Concat(compiled, []string{verb, "--src", r.Src}, args)
}

// pull is the rest of it on the pull request.
func (r *monorepo) pull(args ...string) []string {
	return append([]string{"--github-token", "env://GITHUB_TOKEN", "--github-ref", fmt.Sprint(number), "--github-repository", repo}, args...)
}

// changes says which files the pull request changes.
func (r *monorepo) changes(names ...string) {
	r.t.Helper()
	var files []githubapi.File
	for _, name := range names {
		status := "modified"
		if _, err := os.Stat(filepath.Join(r.Src, name)); err != nil {
			status = "removed"
		}
		files = append(files, githubapi.File{Name: name, Status: status})
	}
	r.must(r.github.SetFiles(repo, number, files...))
}

// chosen calls stacks and gives what it chose, as folder:stack, with why.
func (r *monorepo) chosen(args ...string) map[string]string {
	r.t.Helper()
	var list []struct{ Dir, Stack, Why string }
	out := r.succeed(r.all("stacks", args...)...)
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		r.t.Fatalf("%v in %s", err, out)
	}
	chosen := map[string]string{}
	for _, s := range list {
		chosen[s.Dir+":"+s.Stack] = s.Why
	}
	return chosen
}

func TestOnePreviewOfAllStacksOfAPullRequest(t *testing.T) {
	t.Parallel()
	r := newMonorepo(t)
	r.changes("network/Pulumi.yaml", "lib/lib.go", "README.md")
	r.write(filepath.Join(r.Src, "README.md"), "x")
	out := r.succeed(r.all("preview-all", r.pull()...)...)
	body := r.comment().Body
	fmt.Println(out)
	fmt.Println(body)
	r.has(out, "4 of 5 stacks", "network:dev", "app:prod")
	r.has(body, "4 of 5 stacks", "network:dev", "app:prod")
}

var _ = strings.Cut
