package githubapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// files are the arguments by which gh lists the files of a pull request.
func files(repo string, number int) []string {
	return []string{
		"api", "--paginate", fmt.Sprintf("repos/%s/pulls/%d/files?per_page=100", repo, number),
		"--jq", `.[] | {filename, status, previous_filename, sha}`,
	}
}

func TestGhListsTheFilesOfAPullRequest(t *testing.T) {
	s := start(t, Options{})
	const none = "no\nfile \"of\" \\ yours, \u00e9\u2028.go"
	ok(t, s.SetFiles("octo/infra", 7,
		File{Name: "new.go", Status: "added", SHA: merge},
		File{Name: "web/main.go", Status: "modified"},
		File{Name: none, Status: "removed"},
		File{Name: "lib/b.go", Status: "renamed", Previous: "lib/a.go"},
	))
	var want strings.Builder
	for _, line := range []map[string]any{
		{"filename": "new.go", "status": "added", "previous_filename": nil, "sha": merge},
		{"filename": "web/main.go", "status": "modified", "previous_filename": nil, "sha": nil},
		{"filename": none, "status": "removed", "previous_filename": nil, "sha": nil},
		{"filename": "lib/b.go", "status": "renamed", "previous_filename": "lib/a.go", "sha": nil},
	} {
		raw, err := json.Marshal(line)
		ok(t, err)
		want.Write(append(raw, '\n'))
	}
	for name, variables := range map[string][]string{"a job's token": asBot, "a token that only reads": {"GH_TOKEN=fork-token"}} {
		got := gh(t, s, variables, files("OCTO/infra", 7)...)
		// gh writes as it is what Go's JSON escapes.
		got.stdout = strings.ReplaceAll(got.stdout, "\u2028", `\u2028`)
		if diff := cmp.Diff(result{stdout: want.String()}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}

	if got := gh(t, s, asBot, files("octo/infra", 8)...); got.exit != 1 || got.stderr != "gh: Not Found (HTTP 404)\n" {
		t.Errorf("a pull request that is not there: %+v", got)
	}
	ok(t, s.SetFiles("octo/infra", 7))
	if got := gh(t, s, asBot, files("octo/infra", 7)...); got != (result{}) {
		t.Errorf("a pull request without files: %+v", got)
	}
}

func TestGhListsFilesUpToGitHubsLimit(t *testing.T) {
	for name, test := range map[string]struct{ there, listed, requests int }{
		"one page":         {100, 100, 1},
		"three pages":      {250, 250, 3},
		"beyond the limit": {3001, 3000, 30},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			var all []File
			for i := range test.there {
				all = append(all, File{Name: fmt.Sprint(i), Status: "added"})
			}
			ok(t, s.SetFiles("octo/infra", 7, all...))
			got := gh(t, s, asBot, files("octo/infra", 7)...)
			if n := strings.Count(got.stdout, "\n"); n != test.listed || len(s.Requests()) != test.requests || got.exit != 0 {
				t.Errorf("%d files in %d requests, exit %d: %s", n, len(s.Requests()), got.exit, got.stderr)
			}
		})
	}
}

func TestGhMeetsAFaultOfFiles(t *testing.T) {
	s := start(t, Options{})
	ok(t, s.SetFiles("octo/infra", 7, File{Name: "a.go", Status: "added"}))
	s.Fail(Fault{Match: func(r Request) bool { return strings.Contains(r.Path, "/files") }, Kind: ServerError})
	if got := gh(t, s, asBot, files("octo/infra", 7)...); got.exit != 1 || got.stderr != "gh: Server Error (HTTP 500)\n" {
		t.Errorf("%+v", got)
	}
	if got := gh(t, s, asBot, files("octo/infra", 7)...); got.exit != 0 {
		t.Errorf("the next request meets %+v", got)
	}
}

func TestFilesThatGitHubCouldNotListAreRefused(t *testing.T) {
	s := start(t, Options{})
	ok(t, s.SetFiles("octo/infra", 7, File{Name: "a.go", Status: "added"}))
	for name, file := range map[string]File{
		"no name":                 {Status: "added"},
		"no status":               {Name: "b.go"},
		"another status":          {Name: "b.go", Status: "deleted"},
		"renamed from nowhere":    {Name: "b.go", Status: "renamed"},
		"added from another file": {Name: "b.go", Status: "added", Previous: "c.go"},
	} {
		if s.SetFiles("octo/infra", 7, File{Name: "c.go", Status: "added"}, file) == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if s.SetFiles("octo/infra", 8) == nil {
		t.Error("a pull request that is not there has files")
	}
	if got := gh(t, s, asBot, files("octo/infra", 7)...); !strings.Contains(got.stdout, "a.go") || strings.Contains(got.stdout, "c.go") {
		t.Errorf("it lists %+v", got)
	}
}

func TestFilesLast(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	first := start(t, Options{State: state})
	ok(t, first.SetFiles("octo/infra", 7, File{Name: "b.go", Status: "renamed", Previous: "a.go"}))
	second := start(t, Options{State: state})
	status, _, body := send(t, client(t, second), "bot-token", http.MethodGet, "https://api.github.com/repos/octo/infra/pulls/7/files", "")
	if want := `"previous_filename":"a.go"`; status != http.StatusOK || !strings.Contains(body, want) {
		t.Errorf("%d %s", status, body)
	}
}
