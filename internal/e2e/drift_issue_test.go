package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"iac/internal/githubapi"
)

// page gives the stack a file of this machine, of which its program knows nothing, and gives its name.
func (w *world) page() string {
	w.t.Helper()
	page := filepath.Join(w.t.TempDir(), "page")
	w.fill(func(program *world) {
		program.program(fmt.Sprintf("  page: {type: demo:index:File, properties: {path: %q, content: hello}}", page))
	})
	return page
}

// driftIssue is the rest of a chain that looks for drift and keeps the issue.
func (w *world) driftIssue(args ...string) []string {
	return w.verb(inContainer, "drift", append([]string{
		"--issue", "--github-token", "env://GITHUB_TOKEN", "--github-repository", repo, "--run-url", "https://ci.example.com/runs/1",
	}, args...)...)
}

// issue checks the only issue: whether it is open, how many comments it has, and what it says.
func (w *world) issue(state string, comments int, parts ...string) githubapi.Issue {
	w.t.Helper()
	all := w.github.Issues(repo)
	if len(all) != 1 {
		w.t.Fatalf("there are %d issues, want 1: %+v", len(all), all)
	}
	i := all[0]
	if i.Closed != (state == "closed") || len(i.Comments) != comments {
		w.t.Errorf("it is closed: %v, with %d comments, want it %s, with %d", i.Closed, len(i.Comments), state, comments)
	}
	w.has(i.Body, parts...)
	return i
}

func TestDriftKeepsAnIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	page := w.page()
	name := w.stack.Name
	const drifted = "the cloud has changed: it is not what the state of "

	w.has(w.succeed(w.driftIssue()...), "unchanged")
	if all := w.github.Issues(repo); len(all) > 0 {
		t.Fatalf("there is no drift, and there are %+v", all)
	}

	w.write(page, "hello, world")
	w.has(w.fail(w.driftIssue()...), drifted)
	first := w.issue("open", 0, "<!-- iac {", "\n### Drift in `"+name+"`: 1 updated\n", "`up --refresh` sets the cloud back", `"hello" => "hello, world"`, "[run](https://ci.example.com/runs/1)")
	if first.Title != "Drift in "+name || first.Author != bot {
		t.Errorf("the issue is %+v", first)
	}

	w.must(os.Remove(page))
	w.has(w.fail(w.driftIssue()...), drifted)
	w.issue("open", 0, "1 deleted\n", "> **1 deleted**", "`page` (`demo:index:File`), which is gone from the cloud")

	w.write(page, "hello")
	w.has(w.succeed(w.driftIssue()...), "unchanged")
	closed := w.issue("closed", 1, "1 deleted\n")
	w.has(closed.Comments[0].Body, "<!-- iac {", "### No drift any more in `"+name+"`\n", "[run](https://ci.example.com/runs/1)")
	w.succeed(w.driftIssue()...)
	if again := w.issue("closed", 1); again.Body != closed.Body || again.Edits != closed.Edits {
		t.Errorf("a closed issue was changed: %+v, was %+v", again, closed)
	}

	w.write(page, "hello, moon")
	w.has(w.fail(w.driftIssue()...), drifted)
	w.issue("open", 1, "1 updated\n", "hello, moon")

	// Without --issue nobody asks GitHub.
	asked := len(w.github.Requests())
	w.has(w.fail(w.verb(inContainer, "drift", "--github-token", "env://GITHUB_TOKEN")...), drifted)
	if now := len(w.github.Requests()); now != asked {
		t.Errorf("GitHub was asked %d times", now-asked)
	}
	if len(w.comments()) > 0 {
		t.Errorf("the pull request has %+v", w.comments())
	}
}

// What keeps drift from coming to its end is no drift, and is not the end of one.
func TestDriftThatFailsLeavesTheIssueAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	page := w.page()
	state := filepath.Join(w.stack.State, ".pulumi", "stacks", "infra", "dev.json")
	good := string(must(os.ReadFile(state)))
	const left = "has drifted: its issue stays as it is"

	w.write(state, "{")
	w.has(w.fail(w.driftIssue()...), "pulumi refresh of "+w.stack.Name, left)
	if all := w.github.Issues(repo); len(all) > 0 {
		t.Fatalf("it opened %+v", all)
	}
	w.write(state, good)
	w.write(page, "hello, world")
	w.fail(w.driftIssue()...)
	open := w.issue("open", 0)
	w.write(state, "{")
	w.has(w.fail(w.driftIssue()...), "pulumi refresh of "+w.stack.Name, left)
	w.write(state, good)
	w.must(os.Rename(filepath.Join(w.stack.Src, "Pulumi.yaml"), filepath.Join(w.stack.Src, "Elsewhere.yaml")))
	w.has(w.fail(w.driftIssue()...), "src: no readable Pulumi.yaml")
	if now := w.issue("open", 0); now.Body != open.Body || now.Edits != 0 {
		t.Errorf("it is %+v, was %+v", now, open)
	}
}

func TestIssueTellsWhatIsNotApplied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	page := w.page()
	const deleted = "> - delete `page` (`demo:index:File`)"

	// The program knows nothing of the page.
	w.has(w.fail(w.driftIssue("--unapplied")...), "something has not been applied")
	body := w.issue("open", 0, "### Not applied to `", "1 to delete\n", "`up` applies the program", deleted).Body
	w.hasNot(body, "Drift in", "❌")

	w.write(page, "hello, world")
	w.has(w.fail(w.driftIssue("--unapplied")...), "the cloud has changed", "something has not been applied")
	body = w.issue("open", 0, "### Drift in `", "1 updated\n", "### Not applied to `", deleted).Body
	if strings.Count(body, "<!-- iac ") != 1 || strings.Index(body, "### Drift in") > strings.Index(body, "### Not applied to") {
		t.Errorf("the issue is\n%s", body)
	}

	// A check that failed stands beside one that found something.
	program := filepath.Join(w.stack.Src, "Pulumi.yaml")
	before := string(must(os.ReadFile(program)))
	w.write(program, strings.Replace(before, "\noutputs:\n", "\n  broken: {type: demo:index:File, properties: {path: '${nosuch.path}', content: x}}\noutputs:\n", 1))
	w.has(w.fail(w.driftIssue("--unapplied")...), "the cloud has changed", "pulumi preview of "+w.stack.Name+" failed")
	w.issue("open", 0, "### Drift in `", "### ❌ Check for what is not applied to `", "nosuch")

	w.write(program, before)
	w.program(fmt.Sprintf("  page: {type: demo:index:File, properties: {path: %q, content: hello}}", page))
	w.write(page, "hello")
	w.has(w.succeed(w.driftIssue("--unapplied")...), "unchanged")
	w.issue("closed", 1)
}

// Pulumi's --expect-no-changes passes over both.
func TestOutputsAndWhatIsLeftOverAreNotApplied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	must(w.stack.Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", w.stack.Name))
	program := filepath.Join(w.stack.Src, "Pulumi.yaml")
	const applied = "${sessions.endpoint}"
	w.edit(program, applied, "moved")
	w.has(w.fail(w.driftIssue("--unapplied")...), "something has not been applied", `~ sessions:`)
	w.issue("open", 0, "### Not applied to `", ": 1 output to change\n")
	w.edit(program, "moved", applied)
	w.succeed(w.driftIssue("--unapplied")...)
	w.issue("closed", 1)

	w.must(w.stack.LeaveOver(t.Context(), "orders"))
	w.has(w.fail(w.driftIssue("--unapplied")...), "something has not been applied")
	w.issue("open", 1, ": 1 left over to delete\n", "`orders` (`demo:data:Database`) (left over from an earlier run)")
}

func TestIssueShowsNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	page := w.page()
	w.write(page, "the token "+githubToken+" is in the garden @everyone")
	said := w.fail(w.driftIssue("--mask", "g.rden")...)
	body := w.issue("open", 0, "the token *** is in the *** @everyone").Body
	w.hasNot(said+body, githubToken, "garden")
	for _, r := range w.github.Requests() {
		w.hasNot(r.String(), githubToken)
	}
}

// A fault of the issue hides neither drift nor that there is none.
func TestIssueThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	page := w.page()
	const why = "it needs the permission `issues: write`"
	w.write(page, "hello, world")
	environ := w.environ
	w.environ = slices.Concat(environ, []string{"GITHUB_TOKEN=" + readOnly})
	said := w.fail(w.driftIssue()...)
	w.has(said, "the cloud has changed", `"hello" => "hello, world"`, "The issue was not written either: github-token may not write issues of "+repo, why)

	w.environ = environ
	w.fail(w.driftIssue()...)
	w.write(page, "hello")
	w.environ = slices.Concat(environ, []string{"GITHUB_TOKEN=" + readOnly})
	said = w.fail(w.driftIssue()...)
	w.has(said, "there is no drift in "+w.stack.Name+", but its issue was not closed: github-token may not write comments on "+repo+"#8", why, "unchanged")
	w.hasNot(said, "the cloud has changed")
	w.issue("open", 0)
}

func TestIssueIsRefusedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	token := []string{"--issue", "--github-token", "env://GITHUB_TOKEN"}
	for want, args := range map[string][]string{
		"missing github-token: --issue keeps an issue on GitHub":                           {"--issue"},
		"missing github-repository: want owner/name or a URL":                              token,
		`invalid run-url "ftp://x": want a URL`:                                            append(token, "--github-repository", repo, "--run-url", "ftp://x"),
		`github-repository: "shop"`:                                                        append(token, "--github-repository", "shop"),
		"github-token is empty: want a secret that has a value":                            {"--issue", "--github-token", "env://EMPTY", "--github-repository", repo},
		"neither ci-variables nor .git/config in src tell it\ngithub-token is empty: want": {"--issue", "--github-token", "env://EMPTY"},
	} {
		w.environ = append(w.environ, "EMPTY=")
		said := w.fail(w.verb(inContainer, "drift", args...)...)
		w.has(said, want)
		w.hasNot(said, "ran     ")
	}
	if all := w.github.Requests(); len(all) > 0 {
		t.Errorf("GitHub was asked %v", all)
	}
}

// The repository is told by the CI system's variables, as for the other verbs.
func TestIssueIsWrittenWhereTheVariablesSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.write(w.page(), "hello, world")
	variables := "GITHUB_ACTIONS=true GITHUB_REF=refs/heads/main GITHUB_REPOSITORY=" + repo + " GITHUB_SERVER_URL=https://github.com"
	call := append([]string{"--ci-variables", variables}, w.verb(inContainer, "drift", "--issue", "--github-token", "env://GITHUB_TOKEN")...)
	w.has(w.fail(call...), "the cloud has changed")
	w.issue("open", 0, "1 updated\n")
}
