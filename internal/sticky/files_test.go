package sticky

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"dagger/iac/pullrequest"
	"dagger/iac/sticky"

	"iac/internal/githubapi"
)

// changes says which files the pull request changes, from lines of a status and a path, and for a renamed one the path
// before it.
func (w *world) changes(lines ...string) {
	w.t.Helper()
	var files []githubapi.File
	for _, line := range lines {
		parts := strings.SplitN(line, " ", 3)
		file := githubapi.File{Status: parts[0], Name: parts[len(parts)-1]}
		if len(parts) > 2 {
			file.Previous = parts[1]
		}
		files = append(files, file)
	}
	w.must(w.github.SetFiles(repo, number, files...))
}

// files gives the files of the pull request.
func (w *world) files() []sticky.File {
	w.t.Helper()
	files, more, err := w.publisher.Files(w.t.Context())
	if err != nil || more {
		w.t.Errorf("%d files, more %v: %v", len(files), more, err)
	}
	return files
}

func TestFilesOfAPullRequestAreFound(t *testing.T) {
	const odd = "a \"b\"\n{\"path\":\"c\"}\nHTTP/2.0 502 \\ \u00e9\u2028😀<>&'`$(id)"
	for name, test := range map[string]struct {
		changes []string
		want    []sticky.File
	}{
		"none":        {nil, nil},
		"of each way": {[]string{"added a", "modified b", "changed c", "removed d", "unchanged e"}, []sticky.File{{Path: "a"}, {Path: "b"}, {Path: "c"}, {Path: "d", Removed: true}, {Path: "e"}}},
		"renamed":     {[]string{"renamed lib/a.go web/a.go"}, []sticky.File{{Path: "web/a.go", Previous: "lib/a.go"}}},
		// The file that was copied has not changed.
		"copied": {[]string{"copied lib/a.go web/a.go"}, []sticky.File{{Path: "web/a.go"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.changes(test.changes...)
			if got := w.files(); !slices.Equal(got, test.want) {
				t.Errorf("they are %+v, want %+v", got, test.want)
			}
			w.asked(http.MethodGet)
			w.warned()
		})
	}
	t.Run("with a name that holds anything", func(t *testing.T) {
		w := newWorld(t)
		w.must(w.github.SetFiles(repo, number, githubapi.File{Name: odd, Status: "renamed", Previous: odd + "2"}))
		if got := w.files(); !slices.Equal(got, []sticky.File{{Path: odd, Previous: odd + "2"}}) {
			t.Errorf("they are %+v", got)
		}
	})
}

// many are the lines of so many files.
func many(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("added web/%d.go", i))
	}
	return lines
}

func TestFilesOfEveryPageAreFound(t *testing.T) {
	for n, test := range map[int]struct {
		found, requests int
		more            bool
	}{
		250:  {250, 3, false},
		2999: {2999, 30, false},
		3000: {3000, 30, true},
		3100: {3000, 30, true},
	} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			w.changes(many(n)...)
			files, more, err := w.publisher.Files(t.Context())
			if err != nil || len(files) != test.found || more != test.more || len(w.github.Requests()) != test.requests {
				t.Fatalf("%d files, more %v, in %d requests: %v", len(files), more, len(w.github.Requests()), err)
			}
			if last := fmt.Sprintf("web/%d.go", test.found-1); files[test.found-1].Path != last {
				t.Errorf("the last is %s, want %s", files[test.found-1].Path, last)
			}
		})
	}
}

func TestFilesOnAnEnterpriseServer(t *testing.T) {
	w := newWorld(t)
	w.github.AddPullRequest(onPrem+"/acme/shop", number, "On premises")
	w.must(w.github.SetFiles(onPrem+"/acme/shop", number, githubapi.File{Name: "a", Status: "added"}))
	w.publisher.GH = w.gh("GH_HOST="+onPrem, "GH_ENTERPRISE_TOKEN="+token)
	w.publisher.Repository = pullrequest.Repository{Host: onPrem, Owner: "acme", Name: "shop"}
	if got := w.files(); !slices.Equal(got, []sticky.File{{Path: "a"}}) {
		t.Errorf("they are %+v", got)
	}
}

// Of the pages that came before a fault, nothing is taken twice.
func TestPassingFaultOfFilesIsWaitedOut(t *testing.T) {
	for _, kind := range passing {
		for skip, page := range []string{"the first page", "the second page"} {
			t.Run(fmt.Sprintf("%s, %s", page, kind), func(t *testing.T) {
				w := newWorld(t)
				w.changes(many(150)...)
				w.github.Fail(githubapi.Fault{Match: is(http.MethodGet), Skip: skip, Kind: kind})
				if got := w.files(); len(got) != 150 || got[149].Path != "web/149.go" {
					t.Errorf("there are %d", len(got))
				}
				if len(w.clock.waits) != 1 {
					t.Errorf("it waited %v", w.clock.waits)
				}
				w.warned("trying again in")
			})
		}
	}
}

func TestLastingFaultOfFilesIsAnError(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		want   string
	}{
		"a gateway": {func(w *world) { w.github.Fail(githubapi.Fault{Kind: githubapi.BadGateway, Times: -1}) }, "would take longer than 3m0s in all"},
		"a second page that never comes": {func(w *world) {
			w.changes(many(150)...)
			w.github.Fail(githubapi.Fault{Match: func(r githubapi.Request) bool { return strings.Contains(r.Path, "page=2") }, Kind: githubapi.ServerError, Times: -1})
		}, "GitHub, asked about acme/shop#7: Server Error (HTTP 500)"},
		"a token that nobody knows":          {func(w *world) { w.publisher.GH = w.gh("GH_TOKEN=nobody") }, "invalid github-token: github.com does not take it: Bad credentials (HTTP 401)"},
		"a pull request that is not there":   {func(w *world) { w.publisher.Number = 99 }, "acme/shop#99 is not there, or github-token may not see it: Not Found (HTTP 404)"},
		"an error in which a secret appears": {func(w *world) { w.publisher.Number, w.publisher.Show = 99, hideShop }, "acme/***#99 is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			files, more, err := w.publisher.Files(t.Context())
			if err == nil || files != nil || more {
				t.Fatalf("there are %d files, more %v, %v", len(files), more, err)
			}
			has(t, err.Error(), test.want)
		})
	}
}

func hideShop(s string) string { return strings.ReplaceAll(s, "shop", "***") }
