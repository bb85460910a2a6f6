package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dagger/iac/marker"
	"dagger/iac/plan"
	"dagger/iac/report"

	"iac/internal/githubapi"
)

const (
	mergeCommit = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	otherCommit = "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"
)

// up is the rest of a chain that applies what the merged pull request changes.
func (w *world) up(way []string, args ...string) []string {
	return w.verb(way, "up", slices.Concat([]string{
		"--github-token", "env://GITHUB_TOKEN", "--github-repository", repo, "--commit", mergeCommit,
	}, args)...)
}

// merge merges the pull request.
func (w *world) merge() {
	w.t.Helper()
	w.must(w.github.Merge(repo, number, mergeCommit))
}

// state is all that Pulumi keeps of the stack.
func (w *world) state() string {
	w.t.Helper()
	var all strings.Builder
	for _, name := range must(filepath.Glob(filepath.Join(w.stack.State, ".pulumi", "stacks", "*", "*.json"))) {
		all.Write(must(os.ReadFile(name)))
	}
	if all.Len() == 0 {
		w.t.Fatal("the stack has no state")
	}
	return all.String()
}

// pulumi runs Pulumi by hand.
func (w *world) pulumi(args ...string) string {
	w.t.Helper()
	out, err := w.stack.Run(w.t.Context(), append(args, "--stack", w.stack.Name)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// updates counts the updates of the stack.
func (w *world) updates() int {
	w.t.Helper()
	return strings.Count(w.pulumi("stack", "history", "--json"), `"version"`)
}

// program gives the YAML program more resources and gives it as it was.
func (w *world) program(resources ...string) (before string) {
	w.t.Helper()
	name := filepath.Join(w.stack.Src, "Pulumi.yaml")
	before = string(must(os.ReadFile(name)))
	first, rest, ok := strings.Cut(before, "\noutputs:\n")
	if !ok {
		w.t.Fatalf("%s has no outputs", name)
	}
	w.write(name, first+"\n"+strings.Join(resources, "\n")+"\noutputs:\n"+rest)
	return before
}

// rewrite gives the YAML program another text.
func (w *world) rewrite(text string) {
	w.t.Helper()
	w.write(filepath.Join(w.stack.Src, "Pulumi.yaml"), text)
}

func bucket(name string) string {
	return fmt.Sprintf("  %s: {type: demo:storage:Bucket, properties: {name: %s}}", name, name)
}

// two are the comments of the preview and of up, in this order.
func (w *world) two() (preview, up githubapi.Comment) {
	w.t.Helper()
	list := w.comments()
	if len(list) != 2 {
		w.t.Fatalf("there are %d comments on the pull request, want 2: %v", len(list), list)
	}
	for i, verb := range []string{"", "up"} {
		if m, ok := marker.Parse(list[i].Body); !ok || m.Verb != verb || (m.Plan != "") != (verb == "") {
			w.t.Errorf("comment %d has the marker %+v", i+1, m)
		}
	}
	return list[0], list[1]
}

// notApplied checks that nothing was applied, and gives the words on standard error and in the comment of up.
func (w *world) notApplied(args ...string) (said, posted string) {
	w.t.Helper()
	before, updates := w.state(), w.updates()
	said = w.fail(args...)
	if w.state() != before || w.updates() != updates {
		w.t.Errorf("the stack was changed, and it failed:\n%s", said)
	}
	w.has(said, "nothing was applied")
	w.hasNot(said, "Updating (")
	for _, c := range w.comments() {
		if m, ok := marker.Parse(c.Body); ok && m.Verb == "up" {
			posted = c.Body
		}
	}
	return said, posted
}

func TestUpTellsTheMergedPullRequest(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			w.succeed(w.preview(c.way)...)
			before := w.comment()
			w.merge()
			w.succeed(w.up(c.way, "--run-url", "https://ci.example.com/runs/1")...)
			preview, up := w.two()
			if preview != before {
				t.Errorf("the preview's comment is %+v, was %+v", preview, before)
			}
			w.has(up.Body, "1 created, 1 updated, 1 deleted, 1 replaced", "`orders`", "`uploads`", "**Outputs:**", "commit `6dcb09b`", "https://ci.example.com/runs/1")
			w.hasNot(up.Body, "to create", "to delete", "will")

			w.succeed(w.up(c.way)...)
			preview, again := w.two()
			if preview != before || again.ID != up.ID || again.Edits != 1 {
				t.Errorf("the second up left %+v and %+v", preview, again)
			}
			w.has(again.Body, ": nothing changed in ")
		})
	}
}

func TestUpTellsTheMergedPullRequestWhichOutputsChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.pulumi("up", "--yes", "--skip-preview")
	w.output("zone: eu-west-1")
	w.merge()
	w.succeed(w.up(inContainer)...)
	w.has(w.comment().Body, ": 1 output changed\n", "**Outputs:** new `zone`")
}

func TestUpTellsTheMergedPullRequestWhatFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.program("  broken: {type: 'demo:index:Fault', properties: {at: create, message: the quota is used up}, options: {dependsOn: ['${sessions}']}}")
	w.succeed(w.preview(inContainer)...)
	w.merge()
	words := w.fail(w.up(inContainer)...)
	w.has(words, "pulumi up of organization/infra/dev failed with exit code", "the quota is used up")
	_, up := w.two()
	w.has(up.Body, "❌", "failed with exit code 1; 1 created, 1 updated, 1 replaced, 1 errored", "**Error** in `broken` (`demo:index:Fault`)", "the quota is used up")
	w.has(w.state(), "::sessions")

	// What is left of it is another plan.
	said, posted := w.notApplied(w.up(inContainer, "--reviewed")...)
	w.has(said, "its plan is not the one that was reviewed on acme/shop#7", "missing: ")
	w.has(posted, "not applied", "missing: ")
}

func TestUpThatCouldNotStartTellsTheMergedPullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.merge()
	w.fail(w.up(inContainer, "--timeout", "soon")...)
	w.has(w.comment().Body, "could not start", "invalid timeout", "soon")
}

func TestUpWithoutMergedPullRequestPostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.github.AddPullRequest(repo, 8, "Open")
	w.github.AddPullRequest(repo, 9, "Another")
	w.must(w.github.AddCommit(repo, otherCommit, number, 8, 9))
	w.must(w.github.AddCommit(repo, "0000000000000000000000000000000000000001"))
	w.must(w.github.AddCommit(repo, "0000000000000000000000000000000000000002", number))
	with := func(args ...string) []string { return w.verb(inContainer, "up", args...) }
	token := []string{"--github-token", "env://GITHUB_TOKEN", "--github-repository", repo}
	for _, test := range []struct {
		name, warning string
		args          []string
	}{
		{"no token", "", []string{"--github-repository", repo, "--commit", mergeCommit}},
		{"nothing", "", nil},
		{"no commit", "missing commit", token},
		{"an unknown commit", "acme/shop does not know the commit " + mergeCommit, append(token[:4:4], "--commit", mergeCommit)},
		{"a commit of no pull request", "no merged pull request of acme/shop has the commit", append(token[:4:4], "--commit", "0000000000000000000000000000000000000001")},
		{"a commit of an open one", "no merged pull request of acme/shop has the commit", append(token[:4:4], "--commit", "0000000000000000000000000000000000000002")},
	} {
		a := w.call(with(test.args...)...)
		if a.code != 0 || !strings.Contains(a.stdout, "Resources:") {
			t.Errorf("%s: exit code %d\n%s\n%s", test.name, a.code, a.stdout, a.stderr)
		}
		if test.warning == "" {
			w.hasNot(a.stderr, "nothing is posted")
			continue
		}
		w.has(a.stderr, test.warning, "nothing is posted")
	}
	w.must(w.github.Merge(repo, 8, mergeCommit))
	w.must(w.github.Merge(repo, 9, mergeCommit))
	w.has(w.call(with(append(token, "--commit", otherCommit)...)...).stderr, "several merged pull requests of acme/shop have the commit "+otherCommit+": #8, #9: nothing is posted")
	for _, n := range []int{number, 8, 9} {
		if list := w.github.Comments(repo, n); len(list) != 0 {
			t.Errorf("#%d has comments: %v", n, list)
		}
	}
}

// GitHub knows of a merge some seconds after the commit.
func TestMergedPullRequestIsToldLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.must(w.github.AddCommit(repo, mergeCommit, number))
	asked := 0
	w.github.Before(func(r githubapi.Request) {
		if strings.Contains(r.Path, "/pulls") {
			if asked++; asked == 2 {
				w.merge()
			}
		}
	})
	w.succeed(w.up(inContainer)...)
	w.has(w.comment().Body, "created")
}

func TestMergedPullRequestOfTheCommitThatIsCheckedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.merge()
	if err := os.Mkdir(filepath.Join(w.stack.Src, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(w.stack.Src, ".git", "HEAD"), mergeCommit+"\n")
	w.write(filepath.Join(w.stack.Src, ".git", "config"), "[remote \"origin\"]\n\turl = git@github.com:acme/shop.git\n")
	w.succeed(w.verb(inContainer, "up", "--github-token", "env://GITHUB_TOKEN")...)
	w.has(w.comment().Body, "created", "commit `6dcb09b`")
}

func TestMergedPullRequestThatTakesNoComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.merge()
	w.environ = append(w.environ, "GITHUB_TOKEN="+readOnly)
	before := w.state()
	w.has(w.fail(w.up(inContainer)...), "the up ran, but its comment was not posted", "pull-requests: write", "created")
	if w.state() == before {
		t.Error("nothing was applied")
	}
	a := w.call(w.up(inContainer, "--comment-optional")...)
	if a.code != 0 {
		t.Fatalf("with comment-optional it failed:\n%s", a.stderr)
	}
	w.has(a.stderr, "the comment was not posted", "pull-requests: write")
}

var previewing = regexp.MustCompile(`(?m)^Previewing `)

func TestReviewedPlanIsApplied(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			w.succeed(w.preview(c.way)...)
			before := w.comment()
			w.merge()
			updates := w.updates()
			out := w.succeed(w.up(c.way, "--reviewed")...)
			w.has(out, "Updating (", "created", "replaced")
			if previewing.MatchString(out) {
				t.Errorf("Pulumi previewed again:\n%s", out)
			}
			if got := w.updates(); got != updates+1 {
				t.Errorf("there were %d updates, want 1", got-updates)
			}
			preview, up := w.two()
			if preview != before {
				t.Errorf("the preview's comment is %+v, was %+v", preview, before)
			}
			w.has(up.Body, "1 created, 1 updated, 1 deleted, 1 replaced")

			// Nothing is left to do, whatever the comment says.
			state := w.state()
			w.must(w.github.DeleteComment(before.ID))
			w.has(w.succeed(w.up(c.way, "--reviewed")...), "unchanged")
			w.has(w.comment().Body, ": nothing changed in ")
			if w.state() != state || w.updates() != updates+1 {
				t.Error("with nothing left to do the stack was changed")
			}
		})
	}
}

// Pulumi counts a resource as unchanged that is protected from now on, and only an up takes note of it.
func TestWhatOnlyTheStateKeepsIsApplied(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			w.pulumi("up", "--yes", "--skip-preview")
			if c.program == "infra" {
				w.edit(filepath.Join(w.stack.Src, "main.go"), "}, &assets)", "}, &assets, pulumi.Protect(true))")
			} else {
				w.edit(filepath.Join(w.stack.Src, "Pulumi.yaml"), "type: demo:storage:Bucket\n", "type: demo:storage:Bucket\n    options: {protect: true}\n")
			}
			w.succeed(w.preview(c.way)...)
			w.merge()
			updates := w.updates()
			for range 2 {
				w.has(w.succeed(w.up(c.way, "--reviewed")...), "unchanged")
				if got := w.updates(); got != updates+1 {
					t.Errorf("there were %d updates, want 1", got-updates)
				}
			}
			w.has(w.pulumi("stack", "export"), `"protect": true`)
		})
	}
}

func TestReviewedPlanIsNotTheOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.succeed(w.preview(inContainer)...)
	reviewed := w.comment()
	w.merge()
	post := func(login, body string) githubapi.Comment {
		return must(w.github.AddComment(repo, number, login, body))
	}
	same := func() { post(bot, reviewed.Body) }
	forged := func() string {
		m, _ := marker.Parse(reviewed.Body)
		_, rest, _ := strings.Cut(reviewed.Body, "\n")
		m.Plan, m.Steps = strings.TrimSpace(w.succeed(w.verb(inContainer, "plan", "digest")...)), ""
		return m.String() + "\n" + rest
	}
	program := string(must(os.ReadFile(filepath.Join(w.stack.Src, "Pulumi.yaml"))))
	const differs = "its plan is not the one that was reviewed on acme/shop#7"
	const missing = "acme/shop#7 has no comment of a preview of this stack"
	for _, test := range []struct {
		name string
		make func()
		args []string
		want []string
	}{
		{"the program has one resource more", func() { same(); w.program(bucket("extra")) }, nil, []string{differs, "\nnew: create demo:storage:Bucket extra"}},
		{"the program has another value", func() { same(); w.rewrite(strings.Replace(program, "days: 90", "days: 91", 1)) }, nil,
			[]string{differs, "\nnew: update demo:storage:Bucket assets\nmissing: 1 of those that were reviewed"}},
		{"the program has one resource less", func() {
			same()
			w.rewrite(regexp.MustCompile(`(?s)  sessions:\n.*outputs:\n`).ReplaceAllString(strings.Replace(program, "  sessions: ${sessions.endpoint}\n", "", 1), "outputs:\n"))
		}, nil, []string{differs, "missing: 2 of those that were reviewed"}},
		{"the program has one output more", func() { same(); w.output("zone: eu-west-1") }, nil, []string{differs, "\nnew: create output zone"}},
		{"only a part is to be applied", same, []string{"--exclude", "**::sessions"}, []string{differs, "missing: "}},
		{"one more is to be replaced", same, []string{"--replace", "**::assets"}, []string{differs, "\nnew: replace demo:storage:Bucket assets"}},
		{"the program is broken", func() { same(); w.output("broken: ${nosuch}") }, nil, []string{"failed", "nosuch"}},
		{"no comment", func() {}, nil, []string{missing}},
		{"hidden", func() { w.must(w.github.Minimize(post(bot, reviewed.Body).ID)) }, nil, []string{missing}},
		{"of another key", same, []string{"--comment-key", "nightly"}, []string{missing}},
		{"planted", func() { w.program(bucket("extra")); post("mallory", forged()) }, nil, []string{missing}},
		{"planted beside the preview's", func() { same(); w.program(bucket("extra")); post("mallory", forged()) }, nil, []string{differs, "extra"}},
		{"edited", func() {
			c := post(bot, reviewed.Body)
			w.program(bucket("extra"))
			w.must(w.github.EditComment(c.ID, "mallory", forged()))
		}, nil, []string{"the preview's comment was edited by mallory: https://github.com/acme/shop/pull/7#issuecomment-"}},
		{"another one of the bot's, edited", func() {
			same()
			w.program(bucket("extra"))
			w.must(w.github.EditComment(post(bot, "Coverage: 80 %").ID, "mallory", forged()))
		}, nil, []string{"the preview's comment was edited by mallory"}},
		{"a commit of no pull request", func() { same(); w.must(w.github.AddCommit(repo, otherCommit)) }, []string{"--commit", otherCommit},
			[]string{"there is no comment to compare its plan with: no merged pull request of acme/shop has the commit"}},
		{"the state is another one", func() {
			same()
			w.pulumi("state", "delete", "--yes", "urn:pulumi:dev::infra::demo:storage:Bucket::uploads")
		}, nil, []string{differs + "\nmissing: 1 of those that were reviewed"}},
	} {
		for _, c := range w.comments() {
			w.must(w.github.DeleteComment(c.ID))
		}
		w.rewrite(program)
		test.make()
		said, posted := w.notApplied(w.up(inContainer, append(test.args, "--reviewed")...)...)
		ok := strings.Contains(said, test.want[0])
		for _, words := range test.want {
			ok = ok && strings.Contains(said, words)
			if slices.Contains(test.args, otherCommit) {
				ok = ok && posted == ""
				continue
			}
			ok = ok && strings.Contains(posted, words) && strings.Contains(posted, "not applied")
		}
		if !ok {
			t.Errorf("%s: want %q in both of\n%s\n\n%s", test.name, test.want, said, posted)
		}
	}
}

// A preview that failed leaves no plan to go by, also in the place of an earlier one.
func TestReviewedPreviewFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.succeed(w.preview(inContainer)...)
	program := string(must(os.ReadFile(filepath.Join(w.stack.Src, "Pulumi.yaml"))))
	w.output("broken: ${nosuch}")
	w.fail(w.preview(inContainer)...)
	w.rewrite(program)
	w.merge()
	const words = "the preview's comment on acme/shop#7 holds no plan: the preview failed"
	said, _ := w.notApplied(w.up(inContainer, "--reviewed")...)
	w.has(said, words)
	if list := w.comments(); len(list) != 2 || !strings.Contains(list[1].Body, words) {
		t.Errorf("the comments are %v", list)
	}
}

func TestReviewedPlansOfTwoMergesInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.pulumi("up", "--yes", "--skip-preview")
	w.github.AddPullRequest(repo, 8, "Another change")
	of := func(n int) []string { return []string{"--github-ref", fmt.Sprint(n)} }
	base := w.program(bucket("first"))
	w.succeed(w.preview(inContainer, of(7)...)...)
	w.rewrite(base)
	w.program(bucket("second"))
	w.succeed(w.preview(inContainer, of(8)...)...)
	w.must(w.github.Merge(repo, 7, mergeCommit))
	w.must(w.github.Merge(repo, 8, otherCommit))

	// The run of the second merge comes first.
	w.rewrite(base)
	w.program(bucket("first"), bucket("second"))
	said, _ := w.notApplied(w.up(inContainer, "--commit", otherCommit, "--reviewed")...)
	w.has(said, "reviewed on acme/shop#8", "\nnew: create demo:storage:Bucket first\n")
	w.hasNot(said, "missing", "second")
	if n := len(w.comments()); n != 1 || len(w.github.Comments(repo, 8)) != 2 {
		t.Errorf("#7 has %d comments, #8 has %v", n, w.github.Comments(repo, 8))
	}

	w.rewrite(base)
	w.program(bucket("first"))
	w.has(w.succeed(w.up(inContainer, "--reviewed")...), "1 created")
	w.rewrite(base)
	w.program(bucket("first"), bucket("second"))
	w.has(w.succeed(w.up(inContainer, "--commit", otherCommit, "--reviewed")...), "1 created")
	w.has(w.github.Comments(repo, 8)[1].Body, ": 1 created\n")
}

func TestReviewedNeedsAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.environ = append(w.environ, "EMPTY=")
	before := w.state()
	for words, args := range map[string][]string{
		"missing github-token: --reviewed reads": {"--reviewed"},
		"github-token":                           {"--reviewed", "--github-token", "env://EMPTY", "--github-repository", repo},
		"there is no comment to compare its plan with: missing commit":    {"--reviewed", "--github-token", "env://GITHUB_TOKEN", "--github-repository", repo},
		"nothing was applied to organization/infra/dev: its plan has the": {"--expect-digest", strings.Repeat("a", 64)},
		`expect-digest: invalid digest "abc": want 64 digits`:             {"--expect-digest", "abc"},
	} {
		w.has(w.fail(w.verb(inContainer, "up", args...)...), words)
	}
	if w.state() != before {
		t.Error("the stack was changed")
	}
}

// While GitHub does not answer, nothing is known to be reviewed.
func TestReviewedWithoutAnAnswerOfGitHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.succeed(w.preview(inContainer)...)
	w.merge()
	w.github.Fail(githubapi.Fault{Kind: githubapi.TooManyRequests, RetryAfter: 3600, Times: -1})
	for _, more := range [][]string{nil, {"--comment-optional"}} {
		said, _ := w.notApplied(w.up(inContainer, append(more, "--reviewed")...)...)
		w.has(said, "GitHub, asked about acme/shop", "HTTP 429")
	}
}

func TestExpectedDigest(t *testing.T) {
	t.Parallel()
	for name, c := range bothWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.program)
			good := strings.TrimSpace(w.succeed(w.verb(c.way, "plan", "digest")...))
			bad := strings.Repeat("0", 64)
			said, _ := w.notApplied(w.verb(c.way, "up", "--expect-digest", bad)...)
			w.has(said, good, bad, "--expect-digest")
			if c.program == "infra-yaml" {
				w.merge()
				_, posted := w.notApplied(w.up(c.way, "--expect-digest", bad)...)
				w.has(posted, "not applied", good, bad)
			}
			out := w.succeed(w.verb(c.way, "up", "--expect-digest", good)...)
			w.has(out, "created")
			if previewing.MatchString(out) {
				t.Errorf("Pulumi previewed again:\n%s", out)
			}
			// Nothing is left to do.
			w.has(w.succeed(w.verb(c.way, "up", "--expect-digest", good)...), "unchanged")
		})
	}
}

func TestDigestIsTheSameInBothWays(t *testing.T) {
	t.Parallel()
	var all []string
	for _, way := range [][]string{throughModule, inContainer} {
		w := newWorld(t, "infra")
		w.succeed(w.preview(way)...)
		digest := w.succeed(w.verb(way, "plan", "publish", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7", "--github-repository", repo, "--comment-key", "plan", "digest")...)
		all = append(all, strings.TrimSpace(digest))
		for _, c := range w.comments() {
			m, _ := marker.Parse(c.Body)
			all = append(all, m.Plan)
		}
	}
	if slices.Sort(all); len(all) != 6 || plan.CheckDigest(all[0]) != nil || all[0] != all[5] {
		t.Errorf("the digests are %q", all)
	}
}

// The token is given after the preview.
func TestDigestAndTextsOfAPublishedPlanHoldNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.output(`leaked: "the token ` + githubToken + `"`)
	for _, get := range []string{"text", "markdown", "json", "digest", "changes"} {
		out := w.succeed(w.verb(inContainer, "plan", "publish", "--github-token", "env://GITHUB_TOKEN", "--github-ref", "7", "--github-repository", repo, get)...)
		w.hasNot(out+w.comment().Body, githubToken)
		want := map[string]string{"text": "the token ***", "markdown": "the token ***", "json": `"name": "leaked"`, "changes": "7"}[get]
		w.has(out, want)
		w.has(w.comment().Body, "the token ***")
	}
}

// The order in which Pulumi comes to the resources, and how much it knows when, are others in every run.
func TestDigestIsSteady(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	program := string(must(os.ReadFile(filepath.Join(w.stack.Src, "Pulumi.yaml"))))
	many := func(change func(i int) string) string {
		var lines []string
		for i := range 40 {
			if line := change(i); line != "" {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\n")
	}
	w.program(many(func(i int) string {
		if i%5 == 0 {
			return ""
		}
		return fmt.Sprintf("  r%d: {type: demo:data:Database, properties: {engine: mysql, size: %d, password: '${password}'}}", i, i)
	}))
	w.pulumi("up", "--yes", "--skip-preview", "--parallel", "30")
	w.rewrite(program)
	w.program(many(func(i int) string {
		if i%7 == 6 {
			return ""
		}
		engine, of := "mysql", "assets.address"
		if i%3 == 0 {
			engine = "postgres"
		}
		if i >= 10 && (i-10)%7 != 6 {
			of = fmt.Sprintf("r%d.endpoint", i-10)
		}
		return fmt.Sprintf("  r%d: {type: demo:data:Database, properties: {engine: %s, size: %d, release: 'at ${%s}', password: '${password}'}}", i, engine, i+i%2, of)
	}))
	digest := func() string {
		log := filepath.Join(t.TempDir(), "events")
		cmd := w.stack.Command(t.Context(), "preview", "--stack", w.stack.Name, "--non-interactive", "--color", "never", "--diff", "--show-full-output", "--parallel", "30", "--event-log", log)
		cmd.Env = append(cmd.Env, "PULUMI_DEBUG_COMMANDS=true")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		r, err := report.FromLog(bytes.NewReader(must(os.ReadFile(log))))
		if err != nil {
			t.Fatal(err)
		}
		p := plan.Of(r)
		if p.Digest == "" || len(p.Steps) < 35 {
			t.Fatalf("the plan has %d steps, and no digest because %q", len(p.Steps), p.Why)
		}
		return p.Digest
	}
	first := digest()
	for i := range 49 {
		if got := digest(); got != first {
			t.Fatalf("run %d has the digest %s, the first %s", i+2, got, first)
		}
	}
}
