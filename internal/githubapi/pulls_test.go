package githubapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

const (
	merge = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	other = "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pulls are the arguments by which gh lists the pull requests of a commit.
func pulls(repo, commit string) []string {
	return []string{
		"api", "--paginate", fmt.Sprintf("repos/%s/commits/%s/pulls?per_page=100", repo, commit),
		"--jq", `.[] | "\(.number) \(.state) \(.merged_at != null) \(.merge_commit_sha) \(.base.repo.full_name)"`,
	}
}

func TestGhListsThePullRequestsOfACommit(t *testing.T) {
	s := start(t, Options{})
	s.AddPullRequest("octo/infra", 8, "Move the cache")
	s.AddPullRequest("hubot/Infra", 7, "Mine")
	s.AddPullRequest("octo/site", 7, "A page")
	ok(t, s.AddCommit("octo/infra", other))
	ok(t, s.AddCommit("octo/infra", merge, 8))
	ok(t, s.Merge("octo/infra", 7, merge))
	const seven = "7 closed true " + merge + " octo/infra\n"
	for name, test := range map[string]struct {
		repo, commit string
		want         result
	}{
		"merged and open":       {"octo/infra", merge, result{stdout: "8 open false null octo/infra\n" + seven}},
		"shortened, in capital": {"OCTO/infra", strings.ToUpper(merge[:7]), result{stdout: "8 open false null octo/infra\n" + seven}},
		"no pull request":       {"octo/infra", other, result{}},
		"by a fork":             {"hubot/infra", merge, result{stdout: "8 open false null octo/infra\n" + seven}},
	} {
		if got := gh(t, s, asBot, pulls(test.repo, test.commit)...); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	for name, test := range map[string]struct{ repo, commit, stderr string }{
		"an unknown commit":     {"octo/infra", merge[:39] + "f", "gh: No commit found for SHA: " + merge[:39] + "f (HTTP 422)\n"},
		"of another repository": {"octo/site", merge, "gh: No commit found for SHA: " + merge + " (HTTP 422)\n"},
		"too short":             {"octo/infra", merge[:6], "gh: No commit found for SHA: " + merge[:6] + " (HTTP 422)\n"},
		"an unknown repository": {"octo/nosuch", merge, "gh: Not Found (HTTP 404)\n"},
	} {
		if got := gh(t, s, asBot, pulls(test.repo, test.commit)...); got.exit != 1 || got.stderr != test.stderr {
			t.Errorf("%s: %+v, want %q", name, got, test.stderr)
		}
	}
	if got := gh(t, s, []string{"GH_TOKEN=fork-token"}, pulls("octo/infra", merge)...); got.exit != 0 {
		t.Errorf("a token that only reads: %+v", got)
	}
}

func TestGhListsEveryPageOfPullRequests(t *testing.T) {
	s := start(t, Options{})
	var numbers []int
	for i := range 250 {
		s.AddPullRequest("octo/infra", 100+i, "One of many")
		numbers = append(numbers, 100+i)
	}
	ok(t, s.AddCommit("octo/infra", merge, numbers...))
	got := gh(t, s, asBot, pulls("octo/infra", merge)...)
	if n := strings.Count(got.stdout, "\n"); n != 250 || len(s.Requests()) != 3 {
		t.Errorf("%d pull requests in %d requests: %+v", n, len(s.Requests()), got)
	}
}

func TestGhSeesAMerge(t *testing.T) {
	s := start(t, Options{})
	state := func() string {
		return gh(t, s, asBot, "api", "graphql", "-f", `query={repository(owner:"octo",name:"infra"){pullRequest(number:7){state}}}`, "--jq", "..|.state? // empty").stdout
	}
	before := state()
	ok(t, s.Merge("octo/infra", 7, merge))
	if after := state(); before != "OPEN\n" || after != "MERGED\n" {
		t.Errorf("%q, and after the merge %q", before, after)
	}
	comment(t, s, bot, "Merged pull requests take comments too.")
	if s.Merge("octo/infra", 8, merge) == nil || s.AddCommit("octo/infra", other, 8) == nil {
		t.Error("a pull request that is not there was merged")
	}
}

func TestMergesLast(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	first := start(t, Options{State: state})
	ok(t, first.AddCommit("octo/infra", other))
	ok(t, first.Merge("octo/infra", 7, merge))
	second := start(t, Options{State: state})
	for commit, want := range map[string]int{merge: 1, other: 0} {
		status, _, body := send(t, client(t, second), "bot-token", http.MethodGet, "https://api.github.com/repos/octo/infra/commits/"+commit+"/pulls", "")
		var got []restPull
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || len(got) != want {
			t.Errorf("%s: %d %s", commit, status, body)
		}
	}
}
