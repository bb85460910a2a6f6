package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The programs of release.sh, which say what they were told, and answer by what the test laid beside them.
const (
	fakeGH = `#!/bin/sh
echo "gh $*" >>"$0.log"
case "$*" in
*/releases\ *) cat "$0.releases" ;;
*matching-refs*) cat "$0.tags" ;;
esac
`
	fakeDagger = `#!/bin/sh
echo "dagger $*" >>"$(dirname "$0")/gh.log"
case "$*" in
*@v*) cat "$0.tagged" ;;
*) cat "$0.commit" ;;
esac
`
)

func TestRelease(t *testing.T) {
	const (
		versions  = "package main\n\nconst (\n\trelease = \"1.2.3\"\n\tother   = \"9.9.9\"\n)\n"
		changelog = "# Changelog\n\n## 1.2.3\n\nIt is `faster`.\n\n### More\n\n- \"quotes\", $HOME\n\n## 1.2.2\n\nold\n"
		sha       = "0123456789012345678901234567890123456789"
		looks     = "gh api --paginate repos/acme/iac/releases --jq .[].tag_name\n"
		loads     = "dagger -m github.com/acme/iac@" + sha + " call version\n"
		asks      = `gh api repos/acme/iac/git/matching-refs/tags/v1.2.3 --jq .[] | select(.ref == "refs/tags/v1.2.3") | .object.sha` + "\n"
		tags      = "gh api --method POST repos/acme/iac/git/refs -f ref=refs/tags/v1.2.3 -f sha=" + sha + " --silent\n"
		again     = "dagger -m github.com/acme/iac@v1.2.3 call version\n"
		publishes = "gh release create v1.2.3 --repo github.com/acme/iac --verify-tag --title v1.2.3 --notes It is `faster`.\n\n### More\n\n- \"quotes\", $HOME\n"
	)
	for _, test := range []struct {
		name string
		// files are other than those of the first case.
		files       map[string]string
		wanted, ref string
		did, said   string
		fails       bool
	}{
		{name: "a push that raised the version", did: looks + loads + asks + tags + again + publishes},
		{name: "by hand", wanted: "1.2.3", did: looks + loads + asks + tags + again + publishes},
		{name: "by hand, with a v", wanted: "v1.2.3", did: looks + loads + asks + tags + again + publishes},
		{name: "by hand, another version", wanted: "1.2.4", said: `invalid version "1.2.4": ci/versions.go says 1.2.3, raise it there first`, fails: true},
		{name: "from a branch", ref: "refs/heads/next", said: `invalid branch "refs/heads/next": want refs/heads/main`, fails: true},
		{name: "no version", files: map[string]string{"ci/versions.go": "package main\n"}, said: "no version", fails: true},
		{name: "a version of another form", files: map[string]string{"ci/versions.go": strings.Replace(versions, "1.2.3", "1.2.3-rc", 1)}, said: "no version", fails: true},
		{name: "no entry", files: map[string]string{"CHANGELOG.md": "# Changelog\n\n## 1.2.30\n\nother\n"}, said: "CHANGELOG.md says nothing of 1.2.3", fails: true},
		{name: "an empty entry", files: map[string]string{"CHANGELOG.md": "## 1.2.3\n\n## 1.2.2\n\nold\n"}, said: "CHANGELOG.md says nothing of 1.2.3", fails: true},
		{name: "a push, released already", files: map[string]string{"gh.releases": "v1.2.3\nv1.2.2\n"}, did: looks, said: "::notice::v1.2.3 is released already"},
		{name: "by hand, released already", wanted: "1.2.3", files: map[string]string{"gh.releases": "v1.2.3\n"}, did: looks, said: "::error::v1.2.3 is released already", fails: true},
		{name: "a longer version is released", files: map[string]string{"gh.releases": "v1.2.30\n"}, did: looks + loads + asks + tags + again + publishes},
		{name: "tagged, not released", files: map[string]string{"gh.tags": sha + "\n"}, did: looks + loads + asks + again + publishes},
		{name: "another commit is tagged", files: map[string]string{"gh.tags": "abc\n"}, did: looks + loads + asks, said: "the tag v1.2.3 is that of another commit, abc", fails: true},
		{name: "the commit does not load", files: map[string]string{"dagger.commit": ""}, did: looks + loads, said: `says that it is version "", want 1.2.3`, fails: true},
		{name: "the tag does not load", files: map[string]string{"dagger.tagged": "1.2.2\n"}, did: looks + loads + asks + tags + again, said: `github.com/acme/iac@v1.2.3 says that it is version "1.2.2", want 1.2.3`, fails: true},
		{name: "dagger fails", files: map[string]string{"dagger": "#!/bin/sh\nexit 1\n"}, did: looks, said: " does not load", fails: true},
		{name: "gh fails", files: map[string]string{"gh": "#!/bin/sh\nexit 1\n"}, fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{
				"ci/versions.go": versions, "CHANGELOG.md": changelog, "gh": fakeGH, "gh.log": "", "gh.releases": "v1.2.2\n", "gh.tags": "",
				"dagger": fakeDagger, "dagger.commit": "1.2.3\n", "dagger.tagged": "1.2.3\n",
			}
			for name, text := range test.files {
				files[name] = text
			}
			for name, text := range files {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script, err := filepath.Abs("../release.sh")
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("bash", script)
			cmd.Dir = dir
			ref := test.ref
			if ref == "" {
				ref = "refs/heads/main"
			}
			cmd.Env = []string{
				"PATH=" + dir + ":" + os.Getenv("PATH"), "GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=acme/iac",
				"GITHUB_REF=" + ref, "GITHUB_SHA=" + sha, "WANTED=" + test.wanted,
			}
			said, err := cmd.CombinedOutput()
			if (err != nil) != test.fails || !strings.Contains(string(said), test.said) {
				t.Errorf("it says %q, %v, want %q", said, err, test.said)
			}
			did, err := os.ReadFile(filepath.Join(dir, "gh.log"))
			if err != nil || string(did) != test.did {
				t.Errorf("it did, %v\n%s\nwant\n%s", err, did, test.did)
			}
		})
	}
}
