package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every bad value ends in a sentence that names the argument, what it got and what it takes, before
// anything has run.
func TestBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	empty, broken, noRepository := t.TempDir(), t.TempDir(), t.TempDir()
	w.write(filepath.Join(broken, "Pulumi.yaml"), "name: [broken\n")
	w.write(filepath.Join(noRepository, "Pulumi.yaml"), "name: shop\nruntime: yaml\n")
	w.environ = append(w.environ, "EMPTY=", "BLANK= \n")

	credentials := func(token, access, secret string) []string {
		return []string{"with-credentials", "--pulumi-token", token, "--aws-access-key", access, "--aws-secret-key", secret}
	}
	good := credentials("env://PULUMI_ACCESS_TOKEN", "env://AWS_ACCESS_KEY_ID", "env://AWS_SECRET_ACCESS_KEY")
	preview := func(way []string, more ...string) []string { return w.preview(way, more...) }
	stack := func(name string) []string {
		return append(append([]string{}, inContainer...), "up", "--src", w.stack.Src, "--stack="+name)
	}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"shell text in a stack":       {stack("dev; rm -rf /"), []string{"stack", `"dev; rm -rf /"`, "[organization/[project/]]stack"}},
		"a command in a stack":        {stack("$(id)"), []string{"stack", `"$(id)"`, "want"}},
		"an option as a stack":        {stack("-x"), []string{"stack", `"-x"`, "want"}},
		"a line break in a stack":     {stack("dev\nid"), []string{"stack", `"dev\nid"`, "want"}},
		"another project's stack":     {stack("org/other/dev"), []string{"stack", `"org/other/dev"`, "of the project infra"}},
		"an empty token":              {w.verb(credentials("env://EMPTY", "env://AWS_ACCESS_KEY_ID", "env://AWS_SECRET_ACCESS_KEY"), "up"), []string{"pulumi-token", "empty", "fork", "want"}},
		"a missing token":             {w.verb(credentials("env://NOSUCH", "env://AWS_ACCESS_KEY_ID", "env://AWS_SECRET_ACCESS_KEY"), "up"), []string{"pulumi-token", "NOSUCH", "want"}},
		"an empty access key":         {w.verb(credentials("env://PULUMI_ACCESS_TOKEN", "env://BLANK", "env://AWS_SECRET_ACCESS_KEY"), "up"), []string{"aws-access-key", "empty"}},
		"a missing secret key":        {w.verb(credentials("env://PULUMI_ACCESS_TOKEN", "env://AWS_ACCESS_KEY_ID", "env://NOSUCH"), "up"), []string{"aws-secret-key", "NOSUCH"}},
		"no credentials at all":       {w.verb(nil, "up"), []string{"missing pulumi-token", "missing aws-access-key", "missing aws-secret-key", "with-credentials", ".env", "with-secret-variable"}},
		"an empty GitHub token":       {w.verb(inContainer, "preview", "--github-token", "env://EMPTY", "--github-ref", "7", "--github-repository", repo), []string{"github-token is empty", "fork"}},
		"a missing GitHub token":      {w.verb(inContainer, "preview", "--github-token", "env://NOSUCH", "--github-ref", "7", "--github-repository", repo), []string{"github-token", "NOSUCH"}},
		"a branch with a token":       {w.verb(inContainer, "preview", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "refs/heads/main", "--github-repository", repo), []string{"github-ref", `"refs/heads/main"`, "refs/pull/7/merge"}},
		"a tag with a token":          {w.verb(inContainer, "preview", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "refs/tags/v1", "--github-repository", repo), []string{"github-ref", `"refs/tags/v1"`}},
		"no repository":               {append(append([]string{}, inContainer...), "preview", "--src", noRepository, "--stack", "dev", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7"), []string{"github-repository", "pull request 7", "owner/name"}},
		"a bad repository":            {preview(inContainer, "--github-repository", "not a repository"), []string{"github-repository", "not a repository"}},
		"two repositories":            {preview(inContainer, "--github-ref", "https://github.com/other/shop/pull/7"), []string{"github-repository", `"acme/shop"`, "other/shop"}},
		"a folder without Pulumi":     {append(append([]string{}, inContainer...), "up", "--src", empty, "--stack", "dev"), []string{"src", "Pulumi.yaml", "want"}},
		"a broken Pulumi.yaml":        {append(append([]string{}, inContainer...), "up", "--src", broken, "--stack", "dev"), []string{"src", "Pulumi.yaml is broken"}},
		"no version of Pulumi":        {append([]string{"--pulumi-version", "latest"}, w.verb(good, "up")...), []string{"pulumi-version", `"latest"`, "want"}},
		"shell text in a version":     {append([]string{"--gh-version", "1.0.0; id"}, w.verb(good, "up")...), []string{"gh-version", `"1.0.0; id"`, "want"}},
		"a bad key":                   {preview(inContainer, "--comment-key", "a b"), []string{"comment-key", `"a b"`, "want"}},
		"a bad mask":                  {preview(inContainer, "--mask", "fine\na("), []string{`invalid mask "a(": want a regular expression`}},
		"a bad commit":                {preview(inContainer, "--commit", "main"), []string{"commit", `"main"`, "want"}},
		"a bad run URL":               {preview(inContainer, "--run-url", "javascript:alert(1)"), []string{"run-url", `"javascript:alert(1)"`, "want"}},
		"a bad time":                  {preview(inContainer, "--run-time", "now"), []string{"run-time", `"now"`, "want"}},
		"a bad name of a variable":    {w.verb([]string{"with-env-variable", "--name", "A-B", "--value", "x"}, "up"), []string{"name", `"A-B"`, "want"}},
		"a variable given twice":      {w.verb([]string{"with-env-variable", "--name", "A", "--value", "x", "with-secret-variable", "--name", "A", "--secret", "env://GITHUB_TOKEN"}, "up"), []string{"invalid name", `"A"`, "already"}},
		"a credential given twice":    {w.verb(append(append([]string{}, good...), "with-secret-variable", "--name", "PULUMI_ACCESS_TOKEN", "--secret", "env://PULUMI_ACCESS_TOKEN"), "up"), []string{"pulumi-token", "PULUMI_ACCESS_TOKEN"}},
		"an empty secret variable":    {w.verb([]string{"with-secret-variable", "--name", "A", "--secret", "env://EMPTY"}, "up"), []string{"with-secret-variable A", "empty"}},
		"a bad name of a cache":       {w.verb([]string{"with-cache", "--name", "a/b"}, "up"), []string{"name", `"a/b"`, "want"}},
		"a runtime for the container": {w.verb(good, "up"), []string{"src", "yaml", "with-cache"}},
		"a container without Pulumi":  {w.verb([]string{"with-container", "--container", "alpine"}, "up"), []string{"container", "pulumi version", "want"}},
		"a cache for nobody":          {[]string{"with-cache", "cache-export", "--of", "me"}, []string{"of", `"me"`, "previews"}},
	} {
		a := w.call(c.args...)
		if a.code == 0 {
			t.Errorf("%s: it succeeded:\n%s", name, a.stdout)
			continue
		}
		_, sentence, _ := strings.Cut(a.stderr, "Error: ")
		for _, part := range c.want {
			if !strings.Contains(sentence, part) {
				t.Errorf("%s: %q is missing in: %s", name, part, a.stderr)
			}
		}
		// On a pull request it is said there, by gh.
		for line := range strings.Lines(a.stderr) {
			if strings.HasPrefix(line, "ran     ") && !strings.HasPrefix(line, "ran     alpine: gh ") || strings.Contains(line, "goroutine") {
				t.Errorf("%s: something ran, or a stack trace is shown:\n%s", name, a.stderr)
			}
		}
	}
	w.has(w.comment().Body, "could not start")
}

// What keeps a preview from starting replaces the comment of an older one, which is no longer true.
func TestWhatKeepsAPreviewFromStartingIsSaidOnThePullRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way  []string
		edit func(*world)
		want string
	}{
		"a broken Pulumi.yaml": {inContainer, func(w *world) {
			w.write(filepath.Join(w.stack.Src, "Pulumi.yaml"), "name: infra\nruntime: [yaml\n")
		}, "Pulumi.yaml is broken"},
		"a Pulumi.yaml without a name": {inContainer, func(w *world) {
			w.write(filepath.Join(w.stack.Src, "Pulumi.yaml"), "[")
		}, "Pulumi.yaml is broken"},
		"no Pulumi.yaml": {inContainer, func(w *world) {
			w.must(os.Remove(filepath.Join(w.stack.Src, "Pulumi.yaml")))
		}, "no readable Pulumi.yaml"},
		"an empty secret": {append([]string{"with-secret-variable", "--name", "A", "--secret", "env://EMPTY"}, inContainer...), func(w *world) {
			w.environ = append(w.environ, "EMPTY=")
		}, "with-secret-variable A is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra-yaml")
			w.succeed(w.preview(inContainer)...)
			first := w.comment()
			w.has(first.Body, "to create")
			c.edit(w)
			w.has(w.fail(w.preview(c.way, "--mask", "readable")...), c.want)
			after := w.comment()
			if after.ID != first.ID {
				t.Errorf("it is said in another comment: %+v", after)
			}
			w.has(after.Body, ": could not start\n", strings.ReplaceAll(c.want, "readable", "***"))
			w.hasNot(after.Body, "to create")
		})
	}
}

func TestSeveralFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	words := w.fail("--pulumi-version", "x", "with-cache", "preview", "--src", w.stack.Src, "--stack", "a b", "--mask", "(")
	w.has(words, `invalid pulumi-version "x"`, `invalid stack "a b"`, "invalid mask")
}

func TestRepositoryComesFromGitConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	if err := os.Mkdir(filepath.Join(w.stack.Src, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(w.stack.Src, ".git", "config"), "[remote \"origin\"]\n\turl = git@github.com:acme/shop.git\n")
	w.succeed(w.verb(inContainer, "preview", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7")...)
	w.comment()
}

func TestSecretsFromFilesAndCommandsAreTrimmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	file := filepath.Join(t.TempDir(), "token")
	w.write(file, githubToken+"\n")
	for _, address := range []string{"file://" + file, "cmd://cat " + file} {
		w.succeed(w.verb(inContainer, "preview", "--github-token", address, "--github-ref", "7", "--github-repository", repo)...)
	}
	w.comment()
}
