package pullrequest

import (
	"errors"
	"strings"
	"testing"
)

func TestParseRepository(t *testing.T) {
	on := func(host string) Repository { return Repository{Host: host, Owner: "o-1", Name: "r.x_y"} }

	for _, test := range []struct {
		s    string
		want Repository
	}{
		{"o-1/r.x_y", on("github.com")},
		{" o-1/r.x_y\n", on("github.com")},
		{"o-1/r.x_y.git", on("github.com")},
		{"github.com/o-1/r.x_y", on("github.com")},
		{"GHE.example.com/o-1/r.x_y", on("ghe.example.com")},
		{"ghe/o-1/r.x_y", on("ghe")},
		{"ghe.example.com:8443/o-1/r.x_y", on("ghe.example.com:8443")},
		{"https://github.com/o-1/r.x_y", on("github.com")},
		{"https://github.com/o-1/r.x_y.git", on("github.com")},
		{"https://github.com/o-1/r.x_y/", on("github.com")},
		{"https://www.github.com/o-1/r.x_y", on("github.com")},
		{"https://github.com:443/o-1/r.x_y", on("github.com")},
		{"http://ghe.example.com:80/o-1/r.x_y", on("ghe.example.com")},
		{"https://127.0.0.1:8443/o-1/r.x_y", on("127.0.0.1:8443")},
		{"https://x-access-token:secret@github.com/o-1/r.x_y.git", on("github.com")},
		{"https://secret@ghe.example.com/o-1/r.x_y", on("ghe.example.com")},
		{"ssh://git@github.com/o-1/r.x_y.git", on("github.com")},
		{"ssh://git@ssh.github.com:443/o-1/r.x_y.git", on("github.com")},
		{"ssh://git@ghe.example.com:2222/o-1/r.x_y.git", on("ghe.example.com")},
		{"git://github.com/o-1/r.x_y.git", on("github.com")},
		{"git@github.com:o-1/r.x_y.git", on("github.com")},
		{"git@ssh.github.com:o-1/r.x_y.git", on("github.com")},
		{"git@ghe.example.com:o-1/r.x_y", on("ghe.example.com")},
		{"git@github.com:/o-1/r.x_y.git", on("github.com")},
		{"github.com:o-1/r.x_y.git", on("github.com")},
		{"someone_corp/r", Repository{Host: "github.com", Owner: "someone_corp", Name: "r"}},
		{"o/.github", Repository{Host: "github.com", Owner: "o", Name: ".github"}},
	} {
		got, err := ParseRepository(test.s)
		if err != nil || got != test.want {
			t.Errorf("ParseRepository(%q) = %+v, %v, want %+v", test.s, got, err, test.want)
		}
	}
}

func TestParseRepositoryRefuses(t *testing.T) {
	for _, s := range []string{
		"", " ", "r", "/", "o/", "/r", "o/..", "o/.", "../r", "./r", "o/.git", "o/r.git.git", "o r/x", "o/r x", "o/r;id", "o/$(id)", "-o/r",
		strings.Repeat("o", 40) + "/r", "o/" + strings.Repeat("r", 101), "o/r/x/y", "o/é", "é/r", "o.x/r",
		"/srv/git/r.git", "../o/r", "C:\\o\\r", "file:///o/r", "ftp://github.com/o/r", "https://github.com", "https://github.com/o",
		"https://github.com/o/r/pull/7", "https://github.com/o/r?x=1", "https://github.com/o/r#x", "https://github.com/o/%72",
		"https:///o/r", "https://ghe_x/o/r", "https://-ghe/o/r", "https://ghe..x/o/r", "https://ghe:0/o/r", "https://ghe:65536/o/r", "https://ghe:x/o/r",
		"https://[::1]/o/r", "git@github.com:r", "git@github.com:o/r/x", "git@work:o/r.git", "ssh://git@work/o/r.git", "git@github.com", "a@b/o/r", "\x00/r", "o/r\nx",
		"https://gitlab.com/o/r.git", "git@gitlab.com:o/r.git", "git@bitbucket.org:o/r.git", "https://dev.azure.com/o/p/_git/r", "https://dev.azure.com/o/r",
	} {
		if got, err := ParseRepository(s); err == nil || got != (Repository{}) {
			t.Errorf("ParseRepository(%q) = %+v, %v, want an error", s, got, err)
		}
	}
}

func TestParseRepositoryTellsOtherForgesAndAliases(t *testing.T) {
	for _, test := range []struct {
		want error
		s    []string
	}{
		{ErrElsewhere, []string{
			"https://gitlab.com/o/r.git", "git@gitlab.com:group/subgroup/r.git", "git@bitbucket.org:o/r.git", "ssh://git@altssh.bitbucket.org:443/o/r.git",
			"https://dev.azure.com/o/p/_git/r", "git@ssh.dev.azure.com:v3/o/p/r", "https://o.visualstudio.com/p/_git/r", "https://CodeBerg.org/o/r",
			"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/r", "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/r", "gitlab.com/o/r",
			"https://gitlab.example.com/o/r", "ssh://git@bitbucket.example.com:7999/o/r.git", "https://gitea.example.com:3000/o/r", "git@gitlab:o/r.git",
		}},
		{ErrAlias, []string{
			"git@github.com-infra:acme/infra.git", "git@github.com-infra:acme/infra", "ssh://git@github.com-infra/acme/infra.git", "github:acme/infra.git",
			"git@work:o/r.git", "ssh://git@work/o/r.git", "git@github.com.work:o/r.git", "git@work.github.com:o/r.git",
		}},
		{nil, []string{
			"git@ssh.github.com:o/r.git", "git@ghe.example.com:o/r.git", "git@ghe-1.example.com:o/r.git", "git@10.0.0.7:o/r.git", "git@ghe.xn--p1ai:o/r.git",
			"https://ghe/o/r", "https://ghe.my-company/o/r", "https://notgitlab.com/o/r", "https://ghe.gitlab.example.com/o/r",
		}},
	} {
		for _, s := range test.s {
			got, err := ParseRepository(s)
			if !errors.Is(err, test.want) || (err == nil) != (got != Repository{}) {
				t.Errorf("ParseRepository(%q) = %+v, %v, want %v", s, got, err, test.want)
			}
		}
	}
}

func TestParseSlugLeavesTheHostOut(t *testing.T) {
	for _, s := range []string{"acme/infra", "git@github.com-infra:acme/infra.git", "https://ghe.example.com/acme/infra", "ssh://git@work/acme/infra.git"} {
		if got, err := ParseSlug(s); err != nil || got != (Repository{Owner: "acme", Name: "infra"}) {
			t.Errorf("ParseSlug(%q) = %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "infra", "acme/..", "git@work:infra", "https://work/a/b/c", "a b/c"} {
		if got, err := ParseSlug(s); err == nil || got != (Repository{}) {
			t.Errorf("ParseSlug(%q) = %+v, want an error", s, got)
		}
	}
}

func TestParseRepositorySaysWhatItGotAndTakes(t *testing.T) {
	for _, test := range []struct{ s, want string }{
		{"o r/x", `"o r/x" is not a repository on GitHub: expected OWNER/NAME, HOST/OWNER/NAME or a URL of it (https://HOST/OWNER/NAME, git@HOST:OWNER/NAME)`},
		{"https://x-access-token:secret@github.com/o", `"…@github.com/o" is not a repository on GitHub`},
		{"x-access-token:secret@github.com/o/r", `"…@github.com/o/r" is not a repository on GitHub`},
		{"https://secret@gitlab.com/o/r", `"…@gitlab.com/o/r" is not a repository on GitHub, but on another forge: expected OWNER/NAME or HOST/OWNER/NAME`},
		{"git@github.com-infra:o/r", `"…@github.com-infra:o/r" is not a repository on a known host, but behind an alias of ssh's configuration: expected OWNER/NAME or HOST/OWNER/NAME`},
		{"https://sec@ret@github.com/o", `"…@github.com/o" is not a repository on GitHub`},
	} {
		_, err := ParseRepository(test.s)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("ParseRepository(%q): %v\nwant %s", test.s, err, test.want)
		}
	}
}

func TestRepositoryString(t *testing.T) {
	for _, test := range []struct {
		repository Repository
		want       string
	}{
		{Repository{Host: "github.com", Owner: "o", Name: "r"}, "o/r"},
		{Repository{Owner: "o", Name: "r"}, "o/r"},
		{Repository{Host: "ghe.example.com:8443", Owner: "o", Name: "r"}, "ghe.example.com:8443/o/r"},
	} {
		if got := test.repository.String(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.repository, got, test.want)
		}
	}
}

// password cannot come out of the fuzzer's own text by chance.
const password = "pA55-w0rd-that-must-not-show"

func checkRepository(t *testing.T, r Repository) {
	t.Helper()
	if again, err := ParseRepository(r.String()); err != nil || again != r {
		t.Errorf("%+v read again: %+v, %v", r, again, err)
	}
	if strings.ContainsAny(r.String(), "@ \n\t%?#\\") || strings.Contains(r.String(), "..") && r.Name == ".." {
		t.Errorf("%+v", r)
	}
}

func FuzzParseRepository(f *testing.F) {
	for _, s := range []string{
		"o/r", "ghe/o/r", "ghe:8443/o/r", "https://github.com/o/r.git", "ssh://git@ssh.github.com:443/o/r.git", "git@github.com:o/r.git",
		"github.com/o", "github.com:o/r", "a@b/o/r",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := ParseRepository(s); err == nil {
			checkRepository(t, r)
		}
		for _, before := range []string{"https://user:" + password + "@", "https://" + password + "@", "ssh://user:" + password + "@", password + "@"} {
			r, err := ParseRepository(before + s)
			if err != nil {
				if strings.Contains(err.Error(), password) {
					t.Errorf("ParseRepository(%q): %v", before+s, err)
				}
				continue
			}
			checkRepository(t, r)
			if strings.Contains(r.String(), password) {
				t.Errorf("ParseRepository(%q) = %+v", before+s, r)
			}
		}
	})
}
