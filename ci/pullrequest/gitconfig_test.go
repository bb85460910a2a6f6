package pullrequest

import (
	"strings"
	"testing"
)

func TestFromGitConfig(t *testing.T) {
	const core = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"

	for _, test := range []struct{ name, config, want string }{
		{"as git clone writes it", core + "[remote \"origin\"]\n\turl = https://github.com/o/r.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n" +
			"[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n", "o/r"},
		{"as actions/checkout writes it", core + "[remote \"origin\"]\n\turl = https://github.com/o/r\n[gc]\n\tauto = 0\n" +
			"[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic " + password + "\n", "o/r"},
		{"short form", "[remote \"origin\"]\n\turl = git@ghe.example.com:o/r.git\n", "ghe.example.com/o/r"},
		{"password", "[remote \"origin\"]\n\turl = https://x-access-token:" + password + "@github.com/o/r\n", "o/r"},
		{"origin before others", "[remote \"a\"]\nurl = a/a\n[remote \"origin\"]\nurl = o/r\n[remote \"b\"]\nurl = b/b\n", "o/r"},
		{"the only one", "[remote \"upstream\"]\nurl = o/r\n[remote \"empty\"]\nfetch = x\n", "o/r"},
		{"first URL of several", "[remote \"origin\"]\nurl = o/r\nurl = a/b\n", "o/r"},
		{"sections of one remote", "[remote \"origin\"]\nfetch = x\n[core]\nx\n[remote \"origin\"]\nurl = o/r\n", "o/r"},
		{"push URL left out", "[remote \"origin\"]\npushurl = a/b\nurl = o/r\npushurl = a/c\n", "o/r"},
		{"insteadOf left out", "[url \"git@github.com:\"]\ninsteadOf = https://github.com/\n[remote \"origin\"]\nurl = o/r\n", "o/r"},
		{"old form of a section", "[remote.origin]\nurl = o/r\n", "o/r"},
		{"capital letters", "[REMOTE \"origin\"]\nURL = o/r\n", "o/r"},
		{"another remote by its capital letters", "[remote \"Origin\"]\nurl = a/b\n[remote \"origin\"]\nurl = o/r\n", "o/r"},
		{"on the line of the section", "[remote \"origin\"] url = o/r", "o/r"},
		{"no blanks", "[remote \"origin\"]\nurl=o/r", "o/r"},
		{"comments", "# [remote \"origin\"]\n; url = a/b\n[remote \"origin\"] # x\n#url = a/b\nurl = o/r # a\n", "o/r"},
		{"quotes", "[remote \"origin\"]\nurl = \"o/r\" ; x\n", "o/r"},
		{"quotes in the middle", "[remote \"origin\"]\nurl = o\"/\"r\n", "o/r"},
		{"continued line", "[remote \"origin\"]\nurl = o/\\\nr\n", "o/r"},
		{"escaped name", "[remote \"ori\\gin\"]\nurl = o/r\n[remote \"a\\\"]b\"]\nurl = a/b", "o/r"},
		{"Windows line ends", "\ufeff[remote \"origin\"]\r\n\turl = o/r\r\n", "o/r"},
		{"url of another section", "[remote]\nurl = a/b\n[submodule \"x\"]\nurl = a/b\n[remote \"origin\"]\nurl = o/r\n", "o/r"},
		{"empty URL", "[remote \"origin\"]\nurl =\nurl\nurl = o/r\n", "o/r"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := FromGitConfig(test.config)
			if err != nil || got.String() != test.want {
				t.Errorf("FromGitConfig = %v, %v, want %s\n%s", got, err, test.want, test.config)
			}
		})
	}
}

func TestFromGitConfigRefuses(t *testing.T) {
	for _, test := range []struct{ name, config, want string }{
		{"nothing", "", "there is no remote in .git/config"},
		{"no remote", "[core]\nbare = false\n", "there is no remote in .git/config"},
		{"no URL", "[remote \"origin\"]\nfetch = x\n", "there is no remote in .git/config"},
		{"several", "[remote \"a\"]\nurl = a/a\n[remote \"b\"]\nurl = b/b\n", `none of the remotes in .git/config is called origin: "a", "b"`},
		{"not on GitHub", "[remote \"origin\"]\nurl = /srv/r.git\n", `the remote "origin" in .git/config: "/srv/r.git" is not a repository on GitHub: expected `},
		{"password", "[remote \"origin\"]\nurl = https://u:" + password + "@gitlab.com/o/r\n", `the remote "origin" in .git/config: "…@gitlab.com/o/r" is not`},
		{"password in a name", "[remote \"https://u:" + password + "@a\"]\nurl = a/a\n[remote \"b\"]\nurl = b/b\n", `none of the remotes in .git/config is called origin: "…@a", "b"`},
		{"open section", "[core]\n[remote \"origin\"\nurl = o/r\n", "line 2 of .git/config is not what git reads"},
		{"open name", "[remote \"origin]\nurl = o/r\n", "line 1 of"},
		{"open quote", "[remote \"origin\"]\nurl = \"o/r\n", "line 2 of"},
		{"open quote at the end", "[remote \"origin\"]\nurl = \"o/r", "line 2 of"},
		{"unknown escape", "[remote \"origin\"]\nurl = o\\r\n", "line 2 of"},
		{"no key", "[remote \"origin\"]\n= o/r\n", "line 2 of"},
		{"no equals sign", "[remote \"origin\"]\nurl o/r\n", "line 2 of"},
		{"no name of a section", "[]\n", "line 1 of"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := FromGitConfig(test.config)
			if err == nil || got != (Repository{}) || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("FromGitConfig = %v, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func FuzzFromGitConfig(f *testing.F) {
	for _, config := range []string{
		"[remote \"origin\"]\n\turl = https://github.com/o/r.git\n", "[remote.origin]\nurl=o/r", "[remote \"a\\\"b\"] url = \"o\\\\r\" # x\n",
		"[remote \"a\"]\nurl = a\n[remote \"b\"]\nurl = b\n", "; x\n[core]\n\tx\n\ty = \\\n z\n", "[remote \"origin\"]\nurl = https://u:p@h/o/r/x\n",
	} {
		f.Add(config)
	}
	f.Fuzz(func(t *testing.T, config string) {
		if r, err := FromGitConfig(config); err == nil {
			checkRepository(t, r)
		}
		for _, hidden := range []string{
			"[remote \"origin\"]\nurl = https://user:" + password + "@" + config,
			config + "\n[http]\nextraheader = basic " + password + "\n[remote \"origin\"]\nurl = https://" + password + "@h/\n",
		} {
			r, err := FromGitConfig(hidden)
			if err == nil {
				checkRepository(t, r)
			}
			if strings.Contains(r.String(), password) || err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("FromGitConfig(%q) = %v, %v", hidden, r, err)
			}
		}
	})
}
