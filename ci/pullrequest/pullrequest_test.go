package pullrequest

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	url := func(number int, host string) PullRequest {
		return PullRequest{Number: number, Host: host, Owner: "o", Repo: "r"}
	}
	number := func(n int) PullRequest { return PullRequest{Number: n} }
	none := PullRequest{}

	for _, test := range []struct {
		name, ref string
		want      PullRequest
	}{
		{"GitHub Actions", "refs/pull/7/merge", number(7)},
		{"GitHub Actions, short name of the ref", "7/merge", number(7)},
		{"GitHub merge queue", "refs/heads/gh-readonly-queue/main/pr-7-0123456789abcdef0123456789abcdef01234567", number(7)},
		{"GitHub merge queue, base with slashes", "refs/heads/gh-readonly-queue/release/v1/pr-7-0a1b", number(7)},
		{"GitHub merge queue, base like a pull request", "refs/heads/gh-readonly-queue/pr-1-0a1b/pr-7-0a1b", number(7)},
		{"GitHub merge queue, short name of the ref", "gh-readonly-queue/main/pr-7-0a1b", number(7)},
		{"CircleCI", "https://github.com/o/r/pull/7", url(7, "github.com")},
		{"CircleCI, GitHub App", "7", number(7)},
		{"Jenkins", "7", number(7)},
		{"Buildkite", "7", number(7)},
		{"Buildkite, no pull request", "false", none},
		{"Azure Pipelines, number", "7", number(7)},
		{"Azure Pipelines, branch", "refs/pull/7/merge", number(7)},
		{"GitLab CI", "7", number(7)},
		{"Travis CI", "7", number(7)},
		{"Travis CI, no pull request", "false", none},
		{"Drone and Woodpecker", "refs/pull/7/head", number(7)},
		{"TeamCity, ref", "refs/pull/7", number(7)},
		{"TeamCity, branch", "pull/7", number(7)},
		{"AWS CodeBuild", "pr/7", number(7)},
		{"Semaphore", "7", number(7)},
		{"Codefresh", "7", number(7)},
		{"Google Cloud Build", "7", number(7)},
		{"AppVeyor", "7", number(7)},

		{"a person's number", "#7", number(7)},
		{"white space around it", "\t 7 \r\n", number(7)},
		{"ref without refs", "pull/7/merge", number(7)},
		{"ref without refs", "pull/7/head", number(7)},
		{"the greatest number", "2147483647", number(math.MaxInt32)},
		{"nothing", "", none},
		{"white space", " \n\t", none},
		{"false in any case", " False\n", none},
		{"FALSE", "FALSE", none},

		{"Enterprise Server", "https://ghe.example.com/o/r/pull/7", url(7, "ghe.example.com")},
		{"port", "https://127.0.0.1:8443/o/r/pull/7", url(7, "127.0.0.1:8443")},
		{"usual port", "https://github.com:443/o/r/pull/7", url(7, "github.com")},
		{"http", "http://ghe.example.com/o/r/pull/7", url(7, "ghe.example.com")},
		{"capital letters in the host", "HTTPS://GitHub.com/o/r/pull/7", url(7, "github.com")},
		{"www", "https://www.github.com/o/r/pull/7", url(7, "github.com")},
		{"slash at the end", "https://github.com/o/r/pull/7/", url(7, "github.com")},
		{"files", "https://github.com/o/r/pull/7/files", url(7, "github.com")},
		{"commit", "https://github.com/o/r/pull/7/commits/0a1b", url(7, "github.com")},
		{"comment", "https://github.com/o/r/pull/7#issuecomment-99", url(7, "github.com")},
		{"query", "https://github.com/o/r/pull/7/files?w=1#diff-8", url(7, "github.com")},
		{"user information", "https://someone:secret@github.com/o/r/pull/7", url(7, "github.com")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.ref)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("Parse(%q) = %+v, want %+v", test.ref, got, test.want)
			}
		})
	}
}

func TestParseRefusesWhatIsNoPullRequest(t *testing.T) {
	for _, ref := range []string{
		// Branches and tags, however they are called.
		"main", "refs/heads/main", "refs/tags/v1", "refs/heads/7", "refs/tags/7", "refs/heads/pull/7/merge",
		"refs/heads/pr/7", "feature/pull/7", "pull/7/x", "pull/7/merge/x", "refs/pull/7/merge/8", "7/x", "7/8/merge",
		"pr/7/x", "PR-7", "pr-7", "branch/main", "branch/7", "tag/7", "refs/remotes/pull/7/merge", "refs/heads/refs/pull/7/merge",
		"refs/heads/gh-readonly-queue/pr-7-0a1b", "refs/heads/gh-readonly-queue/main/pr-7-0a1b/x",
		"refs/heads/gh-readonly-queue/pr-7-0a1b/x", "refs/heads/gh-readonly-queue/main/pr-7", "refs/heads/gh-readonly-queue/main/xpr-7-0a1b",
		"refs/heads/x/gh-readonly-queue/main/pr-7-0a1b", "refs/heads/gh-readonly-queue/main/pr-0-0a1b",
		"REFS/PULL/7/MERGE", "refs/pull//merge", "refs/pull/", "pull/", "/pull/7", "refs/pull/7/",
		// Not a positive 32-bit number.
		"0", "#0", "-7", "+7", "007", "7.0", "7e1", "0x7", "1_000", "2147483648", "18446744073709551623", "99999999999999999999999",
		"٧", "７", "7 8", "# 7", "##7", "7#", "#", "!7", "refs/pull/0/merge", "refs/pull/-7/merge", "refs/pull/2147483648/merge",
		"refs/pull/7\n/merge", "7\x00", "true", "null", "none",
		// Other URLs.
		"https://github.com/o/r/issues/7", "https://github.com/o/r/pulls/7", "https://github.com/o/r", "https://github.com/o/r/pull/",
		"https://github.com/o/r/pull/7/unknown", "https://github.com/o/r/pull/7.diff", "https://github.com/o/r/pull/007",
		"https://github.com/o/r/tree/pull/7", "https://github.com/o/r/pull/99999999999", "https://github.com/o/../pull/7",
		"https://github.com/o/%72/pull/7", "https://github.com/o/r/pull/%37", "https://github.com/-o/r/pull/7", "https://github.com/o//pull/7",
		"https:///o/r/pull/7", "https://ghe_x/o/r/pull/7", "https://ghe.example.com:0/o/r/pull/7", "https://ghe.example.com:65536/o/r/pull/7",
		"ftp://github.com/o/r/pull/7", "github.com/o/r/pull/7", "o/r/pull/7", "o/r#7",
		"https://gitlab.com/o/r/-/merge_requests/7", "https://gitlab.com/o/r/pull/7", "https://bitbucket.org/o/r/pull-requests/7",
		"https://dev.azure.com/o/p/_git/r/pullrequest/7",
	} {
		t.Run(ref, func(t *testing.T) {
			got, err := Parse(ref)
			if !errors.Is(err, ErrNotPullRequest) {
				t.Fatalf("Parse(%q) = %+v, %v, want ErrNotPullRequest", ref, got, err)
			}
			if got != (PullRequest{}) {
				t.Errorf("Parse(%q) = %+v with an error", ref, got)
			}
		})
	}
}

func TestParseSaysWhatItGotAndTakes(t *testing.T) {
	for _, test := range []struct{ ref, want string }{
		{"refs/heads/main", `"refs/heads/main" is not a pull request: expected its number (7 or #7, up to 2147483647), ` +
			`a ref of it (refs/pull/7/merge, refs/pull/7/head, refs/pull/7, pull/7, pr/7, or a merge queue's), ` +
			`its URL (https://HOST/OWNER/REPO/pull/7), or nothing`},
		{"https://someone:secret@github.com/o/r/issues/7?token=secret", `"…@github.com/o/r/issues/7?…" is not a pull request`},
		{strings.Repeat("é", 300), `"` + strings.Repeat("é", 200) + `…" is not a pull request`},
	} {
		_, err := Parse(test.ref)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("Parse(%q): %v\nwant %s", test.ref, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, ref := range []string{
		"7", "#7", "7/merge", "pr/7", "refs/pull/7/merge", "pull/7/head", "refs/heads/main", "refs/heads/pull/7/merge",
		"refs/heads/gh-readonly-queue/main/pr-7-0a1b", "https://github.com/o/r/pull/7/files#x", "https://a:b@h:1/o/r/pull/7?x",
		"false", " ", "2147483648",
	} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		pr, err := Parse(ref)
		if err != nil {
			if !errors.Is(err, ErrNotPullRequest) || pr != (PullRequest{}) {
				t.Fatalf("Parse(%q) = %+v, %v", ref, pr, err)
			}
			return
		}
		if pr.Number < 0 || pr.Number > math.MaxInt32 {
			t.Errorf("Parse(%q): number %d", ref, pr.Number)
		}
		trimmed := strings.TrimSpace(ref)
		if none := trimmed == "" || strings.ToLower(trimmed) == "false"; none != (pr.Number == 0) {
			t.Errorf("Parse(%q): number %d", ref, pr.Number)
		}
		if strings.HasPrefix(trimmed, "refs/heads/") && !strings.HasPrefix(trimmed, "refs/heads/gh-readonly-queue/") {
			t.Errorf("Parse(%q) took a branch for pull request %d", ref, pr.Number)
		}
		if strings.HasPrefix(trimmed, "refs/tags/") {
			t.Errorf("Parse(%q) took a tag for pull request %d", ref, pr.Number)
		}
		fromURL := strings.Contains(trimmed, "://")
		if fromURL != (pr.Host != "") || fromURL != (pr.Owner != "") || fromURL != (pr.Repo != "") {
			t.Errorf("Parse(%q) = %+v", ref, pr)
		}
		if fromURL {
			checkRepository(t, Repository{Host: pr.Host, Owner: pr.Owner, Name: pr.Repo})
		}
	})
}
