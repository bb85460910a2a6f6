package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPreviewKeepsOneComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra")
	out := w.succeed(w.preview(throughModule)...)
	w.has(out, "to create", "to update", "to replace", "to delete", "[secret]")
	first := w.comment()
	if first.Author != bot {
		t.Errorf("the comment is by %s", first.Author)
	}
	w.has(first.Body, "<!-- iac {", "dev", "to create", "to delete", "[secret]", "```diff")
	if line, _, _ := strings.Cut(first.Body, "\n"); !strings.HasPrefix(line, "<!-- iac {") || !strings.HasSuffix(line, "} -->") {
		t.Errorf("the first line is %q", line)
	}

	w.succeed(w.preview(throughModule)...)
	if again := w.comment(); again.ID != first.ID || again.Edits != 1 {
		t.Errorf("the second run left %+v, the first one %+v", again, first)
	}

	program := filepath.Join(w.stack.Src, "main.go")
	text := string(must(os.ReadFile(program)))
	if !strings.Contains(text, "\nfunc ") {
		t.Fatal("the program has no function")
	}
	w.write(program, strings.Replace(text, "\nfunc ", "\n// An edit of the program.\nfunc ", 1))
	w.succeed(w.preview(throughModule)...)
	if third := w.comment(); third.ID != first.ID {
		t.Errorf("the third run made a new comment: %+v", third)
	}
}

func TestPreviewReallyRunsEachTime(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.program)
			before := w.succeed(w.verb(c.way, "preview")...)
			w.has(before, "to create")
			if _, err := w.stack.Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", w.stack.Name); err != nil {
				t.Fatal(err)
			}
			after := w.succeed(w.verb(c.way, "preview")...)
			w.hasNot(after, "to create")
			w.has(after, "unchanged")
		})
	}
}

func TestUpChangesTheStateEachTime(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.program)
			history := func() int {
				out, err := w.stack.Run(t.Context(), "stack", "history", "--stack", w.stack.Name, "--json", "--full-dates")
				if err != nil {
					t.Fatal(err)
				}
				return strings.Count(out, `"version"`)
			}
			start := history()
			w.has(w.succeed(w.verb(c.way, "up")...), "created", "deleted")
			if got := history(); got != start+1 {
				t.Fatalf("the first up left %d updates, want %d", got, start+1)
			}
			w.has(w.succeed(w.verb(c.way, "up")...), "unchanged")
			if got := history(); got != start+2 {
				t.Errorf("the second up left %d updates, want %d", got, start+2)
			}
		})
	}
}

func TestLocalRunPostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.environ = append(w.environ, "EMPTY=")
	for name, args := range map[string][]string{
		"nothing given":                  nil,
		"a token and no ref":             {"--github-token", "env://GITHUB_TOKEN"},
		"a token and the word false":     {"--github-token", "env://GITHUB_TOKEN", "--github-ref", "false"},
		"a pull request and no token":    {"--github-ref", "refs/pull/7/merge"},
		"a branch and no token":          {"--github-ref", "refs/heads/main"},
		"a branch and an empty token":    {"--github-ref", "refs/heads/main", "--github-token", "env://EMPTY"},
		"no ref and a missing token":     {"--github-token", "env://NOSUCH"},
		"a missing token, no repository": {"--github-token", "env://NOSUCH", "--github-repository", "not a repository"},
	} {
		a := w.call(w.verb(inContainer, "preview", args...)...)
		if a.code != 0 || !strings.Contains(a.stdout, "to create") || !strings.Contains(a.stderr, "nothing is posted") {
			t.Errorf("%s: exit code %d\n%s\n%s", name, a.code, a.stdout, a.stderr)
		}
	}
	if n := len(w.github.Requests()); n != 0 {
		t.Errorf("GitHub was asked %d times", n)
	}
}

func TestFailingProgramIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.program)
			w.succeed(w.preview(c.way)...)
			before := w.comment()
			stack := w.stack.Name
			w.stack.Name = strings.TrimSuffix(stack, "dev") + "nosuch"
			w.has(w.fail(w.verb(c.way, "up")...), "no stack named", "failed with exit code")
			w.has(w.fail(w.preview(c.way)...), "no stack named", "failed with exit code")
			w.stack.Name = stack

			if c.program == "infra" {
				w.write(filepath.Join(w.stack.Src, "broken.go"), "package main\n\nvar x int = \"it's broken\"\n")
			} else {
				w.output("broken: ${nosuch}")
			}
			words := w.fail(w.preview(c.way)...)
			after := w.github.Comments(repo, number)[0]
			if after.ID != before.ID || len(w.comments()) != 2 {
				t.Errorf("the failure of the stack is not in its own comment: %+v", w.comments())
			}
			title := strings.Split(after.Body, "\n")[1]
			w.has(title, "failed with exit code")
			w.hasNot(title, "nothing to change")
			for _, text := range []string{words, after.Body} {
				if c.program == "infra" {
					w.has(text, "broken.go", "exit code")
				} else {
					w.has(text, "nosuch", "exit code")
				}
			}
		})
	}
}

func TestNastyTextArrivesAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.output(`nasty: "it's \"quoted\" $(id) ` + "`id` ```" + ` </details> --> @everyone $HOME \\ ; rm -rf / | & #1"`)
	out := w.succeed(w.preview(inContainer)...)
	body := w.comment().Body
	for _, text := range []string{"it's", "$(id)", "`id`", "```", "</details>", "-->", "@everyone", "; rm -rf / | &", "#1"} {
		w.has(out, text)
		w.has(body, text)
	}
}

func TestSecretsNeverReachTheComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.output(`leaked: "key ` + secretKey + ` and token ` + pulumiToken + ` and ` + githubToken + ` and card 4111-1111-1111-1111 of no. 123,45"`)
	out := w.succeed(w.preview(throughContainerWith("AWS_SECRET_ACCESS_KEY", "PULUMI_ACCESS_TOKEN"), "--mask", "([0-9]{4,4}-?){4}\r\n\n[0-9]+,[0-9]+\n")...)
	for _, text := range []string{out, w.comment().Body} {
		w.has(text, "key *** and token *** and *** and card *** of no. ***")
		w.hasNot(text, secretKey, pulumiToken, githubToken, "4111")
	}
}

// throughContainerWith gives the container way secret variables of the same names.
func throughContainerWith(names ...string) (way []string) {
	for _, name := range names {
		way = append(way, "with-secret-variable", "--name", name, "--secret", "env://"+name)
	}
	return way
}

// A checkout's .git/config may hold the job's token, and Go refuses to build below a .git that lacks its
// other files: it tells the repository and goes no further.
func TestGitConfigNeverReachesPulumi(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	if err := os.Mkdir(filepath.Join(w.stack.Src, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(w.stack.Src, ".git", "config"), "[remote \"origin\"]\n\turl = https://github.com/acme/shop\n[http]\n\textraheader = AUTHORIZATION: basic c3dvcmRmaXNo\n")
	w.write(filepath.Join(w.stack.Src, "main.go"), `package main

import (
	"fmt"
	"os"
)

func main() {
	text, err := os.ReadFile(".git/config")
	fmt.Println("found:", string(text), err)
}
`)
	way := []string{"with-env-variable", "--name", "GOFLAGS", "--value", "-modcacherw", "with-env-variable", "--name", "GOENV", "--value", "off"}
	out := w.succeed(w.verb(way, "preview", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7")...)
	w.has(out, "found:", "no such file")
	w.hasNot(out+w.comment().Body, "c3dvcmRmaXNo", "extraheader")
}
