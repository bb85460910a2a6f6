package git

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	sha1    = strings.Repeat("0a1b2c3d", 5)
	another = strings.Repeat("fedcba98", 5)
	sha256  = strings.Repeat("0a1b2c3d", 8)
)

// files is a .git folder in memory.
type files map[string]string

func (f files) read(name string) (string, error) {
	text, ok := f[name]
	if !ok {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return text, nil
}

func TestHead(t *testing.T) {
	const header = "# pack-refs with: peeled fully-peeled sorted \n"
	for _, test := range []struct {
		name  string
		files files
		want  string
	}{
		{"a branch", files{"HEAD": "ref: refs/heads/main\n", "refs/heads/main": sha1 + "\n"}, sha1},
		{"a branch with slashes", files{"HEAD": "ref: refs/heads/fix/a.b-c_d@1\n", "refs/heads/fix/a.b-c_d@1": sha1 + "\n"}, sha1},
		{"detached, as CI systems check out", files{"HEAD": sha1 + "\n"}, sha1},
		{"SHA-256", files{"HEAD": sha256 + "\n"}, sha256},
		{"no line end, blanks", files{"HEAD": "ref:\trefs/heads/main", "refs/heads/main": sha1}, sha1},
		{"Windows line ends", files{"HEAD": "ref: refs/heads/main\r\n", "refs/heads/main": sha1 + "\r\n"}, sha1},
		{"packed", files{"HEAD": "ref: refs/heads/main\n", "packed-refs": header + another + " refs/heads/ma\n" + sha1 + " refs/heads/main\n" + another + " refs/heads/main2\n"}, sha1},
		{"packed with SHA-256", files{"HEAD": "ref: refs/heads/main\n", "packed-refs": sha256 + " refs/heads/main\n"}, sha256},
		{"loose before packed", files{"HEAD": "ref: refs/heads/main\n", "refs/heads/main": sha1, "packed-refs": another + " refs/heads/main\n"}, sha1},
		{"the peeled line of the reference before", files{"HEAD": "ref: refs/heads/main\n", "packed-refs": another + " refs/heads/a\n^" + another + "\n" + sha1 + " refs/heads/main\n"}, sha1},
		{"a packed tag by its peeled line", files{"HEAD": "ref: refs/tags/v1\n", "packed-refs": another + " refs/tags/v1\n^" + sha1 + "\n"}, sha1},
		{"a chain of symbolic references", files{"HEAD": "ref: refs/heads/a\n", "refs/heads/a": "ref: refs/heads/b\n", "refs/heads/b": sha1}, sha1},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Head(test.files.read)
			if err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestHeadSaysWhyThereIsNone(t *testing.T) {
	const cannot = "the commit cannot be told, "
	for _, test := range []struct {
		name  string
		files files
		want  string
	}{
		{"no .git, or a file gitdir:", files{}, cannot + ".git/HEAD is not read: open HEAD: file does not exist"},
		{"no commit yet", files{"HEAD": "ref: refs/heads/main\n"}, cannot + ".git/refs/heads/main is neither there nor in .git/packed-refs"},
		{"not packed", files{"HEAD": "ref: refs/heads/main\n", "packed-refs": sha1 + " refs/heads/other\n"}, cannot + "refs/heads/main is neither in .git nor in .git/packed-refs"},
		{"empty", files{"HEAD": "\n"}, cannot + ".git/HEAD holds no commit"},
		{"capital letters", files{"HEAD": strings.ToUpper(sha1)}, cannot + ".git/HEAD holds no commit"},
		{"too short", files{"HEAD": sha1[:39]}, cannot + ".git/HEAD holds no commit"},
		{"neither SHA-1 nor SHA-256", files{"HEAD": sha1 + "00"}, cannot + ".git/HEAD holds no commit"},
		{"more than a commit", files{"HEAD": sha1 + "\n" + another}, cannot + ".git/HEAD holds no commit"},
		{"another's words in the reference", files{"HEAD": "ref: refs/heads/main", "refs/heads/main": "<b>"}, cannot + ".git/refs/heads/main holds no commit"},
		{"packed, but no commit", files{"HEAD": "ref: refs/heads/main", "packed-refs": "xyz refs/heads/main\n"}, cannot + ".git/packed-refs holds no commit"},
		{"a way out of .git", files{"HEAD": "ref: refs/../../secret"}, cannot + `.git/HEAD names the reference "refs/../../secret"`},
		{"a way to another file", files{"HEAD": "ref: config"}, cannot + `.git/HEAD names the reference "config"`},
		{"an absolute path", files{"HEAD": "ref: /etc/passwd"}, cannot + `.git/HEAD names the reference "/etc/passwd"`},
		{"the reftable format", files{"HEAD": "ref: refs/heads/.invalid\n"}, cannot + ".git/refs/heads/.invalid is neither there nor in .git/packed-refs"},
		{"a circle", files{"HEAD": "ref: refs/a", "refs/a": "ref: refs/b", "refs/b": "ref: refs/a"}, cannot + "the references from .git/HEAD on go round in a circle"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Head(test.files.read)
			if err == nil || err.Error() != test.want || got != "" {
				t.Errorf("%q, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// What git itself writes is read as git reads it.
func TestHeadIsWhatGitSays(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			folder := t.TempDir()
			git := func(args ...string) string {
				t.Helper()
				cmd := exec.Command("git", append([]string{"-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
				cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("git %v: %v\n%s", args, err, out)
				}
				return strings.TrimSpace(string(out))
			}
			same := func(when string) {
				t.Helper()
				got, err := Head(func(name string) (string, error) {
					text, err := os.ReadFile(filepath.Join(folder, ".git", name))
					return string(text), err
				})
				if want := git("rev-parse", "HEAD"); err != nil || got != want {
					t.Errorf("%s: %q, %v, want %q", when, got, err, want)
				}
			}
			git("init", "--quiet", "--object-format="+format, "--initial-branch=main")
			git("commit", "--quiet", "--allow-empty", "-m", "one")
			same("on a branch")
			git("tag", "-a", "-m", "v1", "v1")
			git("commit", "--quiet", "--allow-empty", "-m", "two")
			git("pack-refs", "--all")
			same("packed")
			git("commit", "--quiet", "--allow-empty", "-m", "three")
			same("packed, then moved")
			git("checkout", "--quiet", "v1")
			same("detached at a tag")
		})
	}
}

func FuzzHead(f *testing.F) {
	f.Add("ref: refs/heads/main\n", sha1+"\n", "")
	f.Add("ref: refs/heads/main\n", "", "# pack-refs\n"+sha1+" refs/heads/main\n^"+another+"\n")
	f.Add(sha256, "", "")
	f.Fuzz(func(t *testing.T, head, ref, packedRefs string) {
		commit, err := Head(func(name string) (string, error) {
			switch {
			case name == "HEAD":
				return head, nil
			case name == "packed-refs":
				return packedRefs, nil
			case !strings.HasPrefix(name, "refs/") || strings.Contains(name, ".."):
				t.Errorf("reads %q", name)
			}
			if ref == "" {
				return "", fs.ErrNotExist
			}
			return ref, nil
		})
		if (err == nil) != commitForm.MatchString(commit) {
			t.Errorf("%q, %v", commit, err)
		}
	})
}
