package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dagger/iac/marker"

	"iac/internal/githubapi"
	"iac/internal/teststack"
)

// monorepo is a world with many programs.
type monorepo struct {
	*world
	*teststack.Repository
}

// newExample copies the repository of the documentation: three projects with five stacks, and shared code.
func newExample(t *testing.T) *monorepo {
	t.Helper()
	return newMonorepo(t, filepath.Join(root, "testdata", "repository"))
}

func newMonorepo(t *testing.T, folder string) *monorepo {
	t.Helper()
	of, err := teststack.PrepareRepository(t.Context(), folder, t.TempDir(), filepath.Join(build, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	return &monorepo{newWorldOf(t, of.Program(".")), of}
}

// newLarge is the example with three more projects: six with fourteen stacks.
func newLarge(t *testing.T) *monorepo {
	t.Helper()
	r := newExample(t)
	r.stackOf("network", "staging", "config:\n  network:zone: eu-north-1\n")
	r.stackOf("monitoring", "dev", "{}")
	r.project("web", reading("app")+bucketOf("pages"), "dev", "prod")
	r.project("billing", bucketOf("invoices"), "dev", "prod")
	r.file("data/Pulumi.yaml", "name: data\nruntime: yaml\nstackConfigDir: config\n"+bucketOf("lake"))
	r.must(r.Add(t.Context(), "data"))
	for _, name := range []string{"dev", "staging", "prod"} {
		r.file("data/config/Pulumi."+name+".yaml", "{}")
		r.must(r.Init(t.Context(), "data", "organization/data/"+name))
	}
	return r
}

// newLayers is a repository of small programs: base is read by middle, which is read by top; other stands alone.
func newLayers(t *testing.T) *monorepo {
	t.Helper()
	r := newMonorepo(t, t.TempDir())
	r.project("base", bucketOf("base")+"outputs: {name: base}\n", "prod")
	r.project("middle", reading("base")+bucketOf("middle"), "prod")
	r.project("top", reading("middle")+bucketOf("top"), "prod")
	r.project("other", bucketOf("other"), "prod")
	return r
}

// bucketOf is a resource of a YAML program, whose first one it may be.
func bucketOf(name string) string {
	return "resources:\n" + bucket(name) + "\n"
}

// reading is a resource that reads another project's stack of the same name.
func reading(project string) string {
	return "resources:\n  below: {type: 'pulumi:pulumi:StackReference', properties: {name: 'organization/" + project + "/${pulumi.stack}'}}\n"
}

// project adds a YAML program with these stacks.
func (r *monorepo) project(name, program string, stacks ...string) {
	r.t.Helper()
	// A reference and a bucket are resources of one list.
	program = strings.Replace(program, "}}\nresources:\n", "}}\n", 1)
	r.file(name+"/Pulumi.yaml", "name: "+name+"\nruntime: yaml\n"+program)
	for _, stack := range stacks {
		r.file(name+"/Pulumi."+stack+".yaml", "{}")
	}
	r.must(r.Add(r.t.Context(), name))
}

// stackOf adds a stack to a project that is there.
func (r *monorepo) stackOf(project, name, config string) {
	r.t.Helper()
	r.file(project+"/Pulumi."+name+".yaml", config)
	r.must(r.Init(r.t.Context(), project, "organization/"+project+"/"+name))
}

func (r *monorepo) file(name, text string) {
	r.t.Helper()
	r.must(os.MkdirAll(filepath.Dir(r.path(name)), 0o755))
	r.write(r.path(name), text)
}

func (r *monorepo) path(name string) string { return filepath.Join(r.Src, name) }

// append adds text to a file.
func (r *monorepo) append(name, text string) {
	r.t.Helper()
	r.write(r.path(name), string(must(os.ReadFile(r.path(name))))+text)
}

// compiled lets the programs of Go share what is compiled with other tests: each has its own caches otherwise.
var compiled = []string{
	"with-env-variable", "--name", "GOCACHE", "--value", filepath.Join(build, "cache", "images", "go-build"),
	"with-env-variable", "--name", "GOMODCACHE", "--value", filepath.Join(build, "cache", "images", "go-mod"),
}

// all is a chain with a verb over many stacks.
func (r *monorepo) all(verb string, args ...string) []string {
	return slices.Concat(compiled, []string{verb, "--src", r.Src}, args)
}

// pull is the rest of it on the pull request.
func (r *monorepo) pull(args ...string) []string {
	return append([]string{"--github-token", "env://GITHUB_TOKEN", "--github-ref", fmt.Sprint(number), "--github-repository", repo}, args...)
}

// merged is the rest of it on the main branch.
func (r *monorepo) merged(args ...string) []string {
	return append([]string{"--github-token", "env://GITHUB_TOKEN", "--github-repository", repo, "--commit", mergeCommit}, args...)
}

// changes says which files the pull request changes.
func (r *monorepo) changes(names ...string) {
	r.t.Helper()
	var files []githubapi.File
	for _, name := range names {
		status := "modified"
		if _, err := os.Stat(r.path(name)); err != nil {
			status = "removed"
		}
		files = append(files, githubapi.File{Name: name, Status: status})
	}
	r.must(r.github.SetFiles(repo, number, files...))
}

// changed gives the arguments for a file with these paths.
func (r *monorepo) changed(names ...string) []string {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), "changed")
	r.write(file, strings.Join(names, "\n")+"\n")
	return []string{"--changed-files", file}
}

// chosen calls stacks and gives what it chose, as folder:stack, with why.
func (r *monorepo) chosen(args ...string) map[string]string {
	r.t.Helper()
	var list []struct{ Dir, Stack, Why string }
	out := r.succeed(r.all("stacks", args...)...)
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		r.t.Fatalf("%v in %s", err, out)
	}
	chosen := map[string]string{}
	for _, s := range list {
		chosen[s.Dir+":"+s.Stack] = s.Why
	}
	return chosen
}

// history counts the updates of a stack.
func (r *monorepo) history(project, stack string) int {
	r.t.Helper()
	out, err := r.Program(project).Run(r.t.Context(), "stack", "history", "--stack", stack, "--json")
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.Count(out, `"version"`)
}

func TestOneCommentTellsOfAllStacks(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	r.file("web/page.html", "x")
	r.changes("network/Pulumi.yaml", "lib/lib.go", "web/page.html", "data/config/Pulumi.prod.yaml", "dashboards/errors.json", "gone/Pulumi.yaml", "gone/Pulumi.dev.yaml")
	a := r.call(r.all("preview-all", r.pull("--parallel", "3")...)...)
	if a.code != 0 {
		t.Fatal(a.stderr)
	}
	if n := strings.Count(a.stderr, "go build"); n != 1 {
		t.Errorf("the program was built %d times", n)
	}
	first := r.comment()
	r.has(first.Body, "10 of 14 stacks change", "`network:dev`", "`network:staging`", "`app:prod`", "`web:dev`", "`data:prod`", "`monitoring:prod`",
		"`gone:dev`", "removed here, its stack still exists", "shown with the outputs of today")
	r.hasNot(first.Body, "billing", "data:dev")
	r.has(a.stdout, "10 of 14 stacks change", "── app:dev: 2 to create ──")
	if m, ok := marker.Parse(first.Body); !ok || m.Project != "*" || m.Stack != "*" || m.Plan == "" || len(m.Steps) != 10*2*12 {
		t.Errorf("the marker is %+v", m)
	}

	r.succeed(r.all("preview-all", r.pull()...)...)
	if again := r.comment(); again.ID != first.ID {
		t.Errorf("the second run made a new comment: %+v", again)
	}
	r.changes("README.md")
	r.file("README.md", "x")
	out := r.succeed(r.all("preview-all", r.pull()...)...)
	if strings.Count(strings.TrimSpace(out), "\n") != 0 {
		t.Errorf("nothing was touched, and it printed:\n%s", out)
	}
	if now := r.comment(); now.ID != first.ID || strings.Contains(now.Body, "network:dev") {
		t.Errorf("nothing is touched any more, and the comment is:\n%s", now.Body)
	}
}

func TestNothingTouchedPostsNothing(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.changes("README.md")
	r.file("README.md", "x")
	r.succeed(r.all("preview-all", r.pull()...)...)
	if list := r.comments(); len(list) != 0 {
		t.Errorf("there are comments: %v", list)
	}
}

func TestEachWayAFileTouchesAStack(t *testing.T) {
	t.Parallel()
	r := newLarge(t)
	everything := r.chosen("--all")
	if len(everything) != 14 {
		t.Fatalf("there are %d stacks: %v", len(everything), everything)
	}
	r.file("site/Pulumi.yaml", "name: site\nruntime: nodejs\nmain: src\n")
	r.file("site/Pulumi.prod.yaml", "{}")
	r.file("site/src/package.json", `{"dependencies": {"ui": "file:../../ui"}}`)
	r.file("ui/package.json", `{"name": "ui"}`)
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"network/Pulumi.dev.yaml"}, "network:dev (network/Pulumi.dev.yaml)"},
		{[]string{"data/config/Pulumi.prod.yaml"}, "data:prod (data/config/Pulumi.prod.yaml)"},
		{[]string{"app/main.go", "app/x/y.txt"}, "app:dev (app/main.go and 1 more file), app:prod (app/main.go and 1 more file)"},
		{[]string{"lib/lib.go"}, "app:dev (lib/lib.go (replace in app/go.mod)), app:prod (lib/lib.go (replace in app/go.mod))"},
		{[]string{"dashboards/a/b.json"}, "monitoring:dev (dashboards/a/b.json (watch in iac.yaml)), monitoring:prod (dashboards/a/b.json (watch in iac.yaml))"},
		{[]string{"ui/button.js"}, "site:prod (ui/button.js (dependency in site/src/package.json))"},
		{[]string{"README.md", ".github/workflows/x.yml", "iac.yaml"}, ""},
		{[]string{"old/Pulumi.yaml", "old/Pulumi.dev.yaml"}, "old:dev (removed here, its stack still exists)"},
	} {
		var got []string
		chosen := r.chosen(r.changed(c.files...)...)
		for id, why := range chosen {
			got = append(got, id+" ("+why+")")
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%v touch\n%s\nwant\n%s", c.files, strings.Join(got, ", "), c.want)
		}
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(r.succeed(r.all("stacks", "--all", "--organization", "acme", "--only", "monitoring:prod", "--only", "app:*", "--skip", "app:dev")...)), &list); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(list); got != "[map[after:[] dir:app project:app stack:acme/app/prod why:--all] map[after:[app:prod] dir:monitoring project:monitoring stack:acme/monitoring/prod why:--all]]" {
		t.Error(got)
	}
}

func TestTheFilesOfThePullRequestDecide(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	var many []githubapi.File
	for i := range 3000 {
		many = append(many, githubapi.File{Name: fmt.Sprintf("docs/%d.md", i), Status: "removed"})
	}
	ids := func(args ...string) string {
		var list []string
		for id := range r.chosen(args...) {
			list = append(list, id)
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	set := func(files ...githubapi.File) { r.must(r.github.SetFiles(repo, number, files...)) }
	set(append(slices.Clone(many[:250]), githubapi.File{Name: "top/x.txt", Previous: "middle/x.txt", Status: "renamed"})...)
	r.file("top/x.txt", "x")
	if got := ids(r.pull()...); got != "middle:prod top:prod" {
		t.Errorf("a rename touches %s", got)
	}
	set(many...)
	if got := ids(r.pull()...); got != "base:prod middle:prod other:prod top:prod" {
		t.Errorf("3,000 files touch %s", got)
	}
	set(githubapi.File{Name: "other/Pulumi.yaml", Status: "modified"})
	r.merge()
	if got := ids(r.merged()...); got != "other:prod" {
		t.Errorf("the merged pull request touches %s", got)
	}
	set(githubapi.File{Name: "infra/other/main.go", Status: "modified"})
	r.has(r.fail(r.all("stacks", r.pull()...)...), `src: acme/shop#7 changes "infra/other/main.go", which is not in this folder: want the root of the repository`)
	r.must(os.Mkdir(r.path(".git"), 0o755))
	r.file(".git/HEAD", mergeCommit+"\n")
	if got := ids(r.pull()...); got != "" {
		t.Errorf("in the root of the repository it touches %s", got)
	}
	r.has(r.fail(r.all("stacks")...), "missing github-token: it is not known which stacks the change touches", "--all, or --changed-files")
	r.must(r.github.AddCommit(repo, otherCommit))
	r.has(r.fail(r.all("preview-all", append(r.merged()[:4:4], "--commit", otherCommit)...)...), "no merged pull request of acme/shop has the commit", "give --all, or --changed-files")
}

func TestOneFailingPreviewStopsNone(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.append("middle/Pulumi.yaml", "outputs: {broken: '${nosuch}'}\n")
	words := r.fail(r.all("preview-all", r.pull("--all")...)...)
	r.has(words, "1 of 4 stacks failed: middle:prod", "nosuch", "── base:prod: 2 to create", "── top:prod: 2 to create")
	body := r.comment().Body
	r.has(strings.Split(body, "\n")[1], "❌", "1 of 4 stacks failed")
	r.has(body, "nosuch", "`top:prod`", "`base:prod`")
	if m, _ := marker.Parse(body); m.Plan != "" {
		t.Errorf("there is a plan of previews that failed: %+v", m)
	}
}

func TestUpAllGoesByLevels(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.changes("base/Pulumi.yaml", "middle/Pulumi.yaml", "top/Pulumi.yaml", "other/Pulumi.yaml")
	r.merge()
	a := r.call(r.all("up-all", r.merged("--run-url", "https://ci.example.com/1")...)...)
	if a.code != 0 {
		t.Fatal(a.stderr)
	}
	r.has(a.stdout, "4 of 4 stacks changed: 8 created", "── top:prod: 2 created ──")
	at := map[string]string{}
	for _, name := range []string{"base", "middle", "top"} {
		out, err := r.Program(name).Run(t.Context(), "stack", "history", "--stack", "prod", "--json")
		if err != nil {
			t.Fatal(err)
		}
		var updates []struct{ StartTime, EndTime string }
		if err := json.Unmarshal([]byte(out), &updates); err != nil || len(updates) != 1 {
			t.Fatalf("%v, %s", err, out)
		}
		at[name+" began"], at[name+" ended"] = updates[0].StartTime, updates[0].EndTime
	}
	if at["middle began"] < at["base ended"] || at["top began"] < at["middle ended"] {
		t.Errorf("the order was %v", at)
	}
	body := r.comment().Body
	r.has(body, "4 of 4 stacks changed: 8 created", "https://ci.example.com/1")
	if m, _ := marker.Parse(body); m.Verb != "up" {
		t.Errorf("the marker is %+v", m)
	}

	out := r.succeed(r.all("up-all", r.merged()...)...)
	r.has(out, "othing changed in 4 stacks")
	if n := r.history("base", "prod"); n != 1 {
		t.Errorf("a stack with nothing to do has %d updates", n)
	}
	r.comment()
}

func TestWhatDependsOnAFailedStackIsNotRun(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.edit(r.path("middle/Pulumi.yaml"), "resources:\n", "resources:\n  broken: {type: 'demo:index:Fault', properties: {at: create, message: the quota is used up}}\n")
	r.file("iac.yaml", "after:\n  other: [base]\n")
	words := r.fail(r.all("up-all", "--all")...)
	r.has(words, "2 of 4 stacks failed or were not run: middle:prod, top:prod", "the quota is used up", "middle:prod failed", "not run", "── other:prod: 2 created")
	for name, want := range map[string]int{"base": 1, "middle": 1, "top": 0, "other": 1} {
		if n := r.history(name, "prod"); n != want {
			t.Errorf("%s has %d updates, want %d", name, n, want)
		}
	}
}

// What a stack reads may be known only once another one is applied.
func TestWhatTurnsOutToReadAFailedStackIsNotRun(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.edit(r.path("middle/Pulumi.yaml"), "name: middle}}", "name: '${below.outputs[\"name\"]}'}}\n"+
		"  more: {type: 'pulumi:pulumi:StackReference', properties: {name: organization/other/prod}, options: {dependsOn: ['${middle}']}}")
	r.edit(r.path("other/Pulumi.yaml"), "resources:\n", "resources:\n  broken: {type: 'demo:index:Fault', properties: {at: create, message: the quota is used up}}\n")
	only := []string{"--all", "--only", "base:*", "--only", "middle:*", "--only", "other:*"}
	r.has(r.fail(r.all("up-all", only...)...), "2 of 3 stacks failed or were not run: middle:prod, other:prod", "other:prod failed", "not run")
	if n := r.history("middle", "prod"); n != 0 {
		t.Errorf("middle has %d updates", n)
	}
}

// What a stack reads may be there only once the other one is applied.
func TestUpAllAppliesWhatCouldNotBePreviewedYet(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.edit(r.path("middle/Pulumi.yaml"), "name: middle}", "name: '${below.outputs[\"name\"]}'}")
	r.has(r.succeed(r.all("up-all", "--all", "--only", "base:*", "--only", "middle:*")...), "2 of 2 stacks changed", "middle:prod")
	state, err := r.Program("middle").Run(t.Context(), "stack", "export", "--stack", "prod")
	if err != nil {
		t.Fatal(err)
	}
	r.has(state, `"name": "base"`)
}

func TestUpAllAppliesOnlyWhatWasReviewed(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.changes("base/Pulumi.yaml", "middle/Pulumi.yaml", "other/Pulumi.yaml")
	r.succeed(r.all("preview-all", r.pull()...)...)
	r.merge()
	before := string(must(os.ReadFile(r.path("other/Pulumi.yaml"))))
	r.edit(r.path("other/Pulumi.yaml"), "name: other}", "name: another}")
	words := r.fail(r.all("up-all", r.merged("--reviewed")...)...)
	r.has(words, "nothing was applied", "the plans are not those that were reviewed on acme/shop#7", "other:prod is another one: create pulumi:pulumi:Stack other-prod, create demo:storage:Bucket other")
	r.hasNot(words, "base:prod is another one", "missing")
	for _, name := range []string{"base", "middle", "other"} {
		if n := r.history(name, "prod"); n != 0 {
			t.Errorf("%s has %d updates", name, n)
		}
	}
	up := r.comments()[1].Body
	r.has(up, "ot applied", "other:prod is another one")

	r.write(r.path("other/Pulumi.yaml"), before)
	if _, err := r.Program("base").Run(t.Context(), "up", "--yes", "--skip-preview", "--stack", "prod"); err != nil {
		t.Fatal(err)
	}
	// base has nothing left to do, which is fine.
	r.has(r.succeed(r.all("up-all", r.merged("--reviewed")...)...), "2 of 4 stacks changed: 4 created")
	// Nothing is left to do, but not all that was reviewed has been looked at.
	r.has(r.fail(r.all("up-all", append(r.merged("--reviewed"), r.changed("base/Pulumi.yaml")...)...)...), "missing: 2 of the stacks that were reviewed")
	if list := r.comments(); len(list) != 2 {
		t.Errorf("there are %d comments", len(list))
	}
}

// What a stack does may change once the one that it reads from is applied: nobody has seen that.
func TestUpAllAppliesNothingThatCameOfAnotherStack(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.edit(r.path("middle/Pulumi.yaml"), "name: middle}", "name: '${below.outputs[\"name\"]}'}")
	r.succeed(r.all("up-all", "--all")...)
	r.edit(r.path("base/Pulumi.yaml"), "outputs: {name: base}", "outputs: {name: another}")
	r.changes("base/Pulumi.yaml")
	r.succeed(r.all("preview-all", r.pull()...)...)
	r.merge()
	words := r.fail(r.all("up-all", r.merged("--reviewed", "--all")...)...)
	r.has(words, "2 of 4 stacks failed or were not run: middle:prod, top:prod", "what it reads has changed since, and with it its plan:", "demo:storage:Bucket middle")
	for name, want := range map[string]int{"base": 2, "middle": 1, "top": 1, "other": 1} {
		if n := r.history(name, "prod"); n != want {
			t.Errorf("%s has %d updates, want %d", name, n, want)
		}
	}
	r.has(r.succeed(r.all("up-all", "--all")...), "1 of 4 stacks changed", "middle:prod")
}

// Pulumi counts a resource as unchanged that is protected from now on, and only an up takes note of it.
func TestUpAllAppliesWhatOnlyTheStateKeeps(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	only := []string{"--all", "--only", "base:*", "--only", "other:*"}
	r.succeed(r.all("up-all", only...)...)
	r.edit(r.path("base/Pulumi.yaml"), "{name: base}}", "{name: base}, options: {protect: true}}")
	r.has(r.succeed(r.all("up-all", only...)...), "1 of 2 stacks changed")
	for name, want := range map[string]int{"base": 2, "other": 1} {
		if n := r.history(name, "prod"); n != want {
			t.Errorf("%s has %d updates, want %d", name, n, want)
		}
	}
}

// With --expect-no-changes an up applies all the same, and fails afterwards.
func TestUpAllExpectsNoChangesOfWhatItApplies(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.changes("base/Pulumi.yaml", "other/Pulumi.yaml")
	r.file("iac.yaml", "after:\n  other: [base]\n")
	r.succeed(r.all("up-all", "--all", "--only", "base:*")...)
	r.edit(r.path("base/Pulumi.yaml"), "outputs: {name: base}", "outputs: {name: another}")
	r.succeed(r.all("preview-all", r.pull()...)...)
	r.merge()
	r.has(r.fail(r.all("up-all", r.merged("--reviewed", "--expect-no-changes")...)...), "other:prod")
	for name, want := range map[string]int{"base": 2, "other": 1} {
		if n := r.history(name, "prod"); n != want {
			t.Errorf("%s has %d updates, want %d", name, n, want)
		}
	}
}

// said is what a call that failed says itself, without the progress.
func said(words string) string {
	_, text, _ := strings.Cut(words, "Error:")
	return text
}

// newSecret has layers of which base makes a secret of zzregionzz, which was none before.
func newSecret(t *testing.T) *monorepo {
	t.Helper()
	r := newLayers(t)
	r.edit(r.path("base/Pulumi.yaml"), "{name: base}}", "{name: base, region: zzregionzz}}")
	r.succeed(r.all("up-all", "--all", "--only", "base:*")...)
	r.edit(r.path("base/Pulumi.yaml"), "region: zzregionzz}", "region: {'fn::secret': zzregionzz}}")
	return r
}

func TestASecretOfOneStackIsInNoTextOfAnother(t *testing.T) {
	t.Parallel()
	r := newSecret(t)
	r.append("other/Pulumi.yaml", "outputs: {x: '${zzregionzz}'}\n")
	r.changes("base/Pulumi.yaml", "other/Pulumi.yaml")
	words := r.fail(r.all("preview-all", r.pull()...)...)
	r.hasNot(said(words)+r.comment().Body, "zzregionzz")
	r.merge()
	words = r.fail(r.all("up-all", r.merged("--reviewed")...)...)
	r.has(words, "nothing was applied: other:prod: its preview failed", "***")
	r.hasNot(said(words)+r.comments()[1].Body, "zzregionzz")
}

func TestAMaskOverANameKeepsTheOrder(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.edit(r.path("middle/Pulumi.yaml"), "name: middle}", "name: '${below.outputs[\"name\"]}'}")
	out := r.succeed(r.all("up-all", "--all", "--mask", "base")...)
	r.has(out, "4 of 4 stacks changed", "***")
}

func TestOtherChoicesHaveAnotherComment(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.changes("base/Pulumi.yaml", "other/Pulumi.yaml")
	for range 2 {
		r.succeed(r.all("preview-all", r.pull("--only", "base:*")...)...)
		r.succeed(r.all("preview-all", r.pull("--only", "other:*")...)...)
	}
	if list := r.comments(); len(list) != 2 {
		t.Fatalf("there are %d comments", len(list))
	}
	r.has(r.comments()[0].Body, "`base:prod`")
	r.merge()
	r.has(r.fail(r.all("up-all", r.merged("--reviewed", "--all", "--skip", "other:*")...)...), "has no comment of a preview")
	r.environ = append(r.environ, "EMPTY=")
	r.has(r.fail(r.all("stacks", "--github-token", "env://EMPTY")...), "it is not known which stacks the change touches, and github-token is empty")
}

func TestManyStacksThroughThePulumiModule(t *testing.T) {
	t.Parallel()
	r := newExample(t)
	chain := func(args ...string) []string {
		return slices.Concat(throughModule, []string{"preview-all", "--src", r.Src, "--all"}, args)
	}
	words := r.fail(chain(r.pull()...)...)
	r.has(words, `monitoring: src: unsupported runtime "yaml" in its Pulumi.yaml`)
	r.has(r.comment().Body, "❌ Could not start")
	r.hasNot(r.comment().Body, "unchanged", "touches")
	out := r.succeed(chain("--only", "app:*")...)
	r.has(out, "2 of 2 stacks change: 4 to create")
}

func TestDriftOfAllStacksKeepsAnIssueEach(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	only := []string{"--all", "--only", "base:*", "--only", "other:*", "--unapplied", "--issue", "--github-token", "env://GITHUB_TOKEN", "--github-repository", repo}
	r.has(r.fail(r.all("drift-all", only...)...), "2 of 2 stacks drifted or failed: base:prod, other:prod")
	issues := r.github.Issues(repo)
	if len(issues) != 2 {
		t.Fatalf("there are %d issues: %v", len(issues), issues)
	}
	r.succeed(r.all("up-all", "--all", "--only", "base:*")...)
	r.has(r.fail(r.all("drift-all", only...)...), "1 of 2 stacks drifted or failed: other:prod")
	open := 0
	for _, issue := range r.github.Issues(repo) {
		if !issue.Closed {
			open++
			r.has(issue.Title, "other/prod")
		}
	}
	if open != 1 {
		t.Errorf("%d issues are open: %v", open, r.github.Issues(repo))
	}
}

func TestASecretOfOneStackIsInNoIssueOfAnother(t *testing.T) {
	t.Parallel()
	r := newSecret(t)
	r.edit(r.path("other/Pulumi.yaml"), "{name: other}}", "{name: other, region: zzregionzz}}")
	words := r.fail(r.all("drift-all", "--all", "--only", "base:*", "--only", "other:*", "--parallel", "1", "--unapplied",
		"--issue", "--github-token", "env://GITHUB_TOKEN", "--github-repository", repo)...)
	issues := r.github.Issues(repo)
	if len(issues) != 2 {
		t.Fatalf("there are %d issues: %v", len(issues), issues)
	}
	first, _ := marker.Parse(issues[0].Body)
	second, _ := marker.Parse(issues[1].Body)
	if first.Began.Equal(second.Began) {
		t.Errorf("both stacks were looked at at %s", first.Began)
	}
	words = said(words) + issues[0].Body + issues[1].Body
	r.has(words, "***")
	r.hasNot(words, "zzregionzz")
}

// A repository may have many issues, and a job's token few questions an hour.
func TestStacksWithoutDriftShareTheLookForTheirIssues(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.succeed(r.all("up-all", "--all", "--only", "base:*", "--only", "other:*")...)
	drift := func() []string {
		return r.all("drift-all", "--all", "--only", "base:*", "--only", "other:*", "--unapplied",
			"--issue", "--github-token", "env://GITHUB_TOKEN", "--github-repository", repo)
	}
	r.succeed(drift()...)
	if asked := r.github.Requests(); len(asked) != 1 {
		t.Errorf("GitHub was asked %d times, want once: %v", len(asked), asked)
	}
	r.edit(r.path("base/Pulumi.yaml"), "{name: base}}", "{name: bases}}")
	r.fail(drift()...)
	r.edit(r.path("base/Pulumi.yaml"), "{name: bases}}", "{name: base}}")
	r.succeed(drift()...)
	r.issue("closed", 1, "### Not applied to `")
}

func TestPlanOfAllStacks(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	chain := func(what string) string { return r.succeed(r.all("plan-all", "--all", what)...) }
	digest := strings.TrimSpace(chain("digest"))
	r.has(chain("text"), "4 of 4 stacks change: 8 to create")
	r.has(chain("markdown"), "4 of 4 stacks change: 8 to create", "<details>")
	var told struct {
		Digest string
		Stacks []struct{ Dir, Stack string }
	}
	if err := json.Unmarshal([]byte(chain("json")), &told); err != nil || told.Digest != digest || len(told.Stacks) != 4 {
		t.Errorf("%+v, %v", told, err)
	}
	if got := strings.TrimSpace(chain("changes")); got != "9" { // and an output
		t.Errorf("%s changes", got)
	}
	r.has(r.fail(r.all("up-all", "--all", "--expect-digest", strings.Repeat("0", 64))...), "nothing was applied", digest)
	r.has(r.succeed(r.all("up-all", "--all", "--expect-digest", digest)...), "4 of 4 stacks changed")
}

func TestDriftAndRefreshOfAllStacks(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	r.has(r.succeed(r.all("up-all", "--all", "--only", "base:*", "--only", "other:*")...), "2 of 2 stacks changed")
	only := []string{"--all", "--only", "base:*", "--only", "other:*"}
	r.has(r.succeed(r.all("drift-all", only...)...), "2 stacks")
	r.has(r.succeed(r.all("refresh-all", only...)...), "2 stacks")
	if n := r.history("base", "prod"); n != 2 {
		t.Errorf("base has %d updates", n)
	}
	r.edit(r.path("base/Pulumi.yaml"), "outputs: {name: base}", "outputs: {name: other}")
	r.has(r.fail(r.all("drift-all", append(only, "--unapplied")...)...), "1 of 2 stacks drifted or failed: base:prod", "1 output to change")
	r.has(r.fail(r.all("drift-all")...), "which stacks does the change touch? give --all, or --changed-files")
	r.has(r.fail(r.all("drift-all", "--issue", "--github-token", "env://GITHUB_TOKEN", "--github-repository", repo)...), "missing commit", "give --all, or --changed-files")
}

func TestWhatIsRefusedOfManyStacks(t *testing.T) {
	t.Parallel()
	r := newLayers(t)
	empty, pack := t.TempDir(), t.TempDir()
	r.write(filepath.Join(pack, "Pulumi.yaml"), "name: case\nruntime: yaml\n")
	r.write(filepath.Join(pack, "Pulumi.prod.yaml"), "{}")
	for i, c := range []struct {
		name, want string
		prepare    func(r *monorepo)
		args       []string
	}{
		{"a glob that matches nothing", `"nosuch:*"`, nil, []string{"--all", "--only", "nosuch:*"}},
		{"a glob to skip that matches nothing", `"nosuch:*"`, nil, []string{"--all", "--skip", "nosuch:*"}},
		{"a circle", "base:prod comes after top:prod comes after base:prod", func(r *monorepo) {
			r.file("iac.yaml", "after:\n  base: [top]\n  top: [base]\n")
		}, []string{"--all"}},
		{"an unknown key", "iac.yaml: line 2", func(r *monorepo) { r.file("iac.yaml", "after: {}\nwatches: {}\n") }, []string{"--all"}},
		{"two projects with one name", "base", func(r *monorepo) {
			r.file("copy/Pulumi.yaml", "name: base\nruntime: yaml\n")
			r.file("copy/Pulumi.prod.yaml", "{}")
		}, []string{"--all"}},
		{"a path that leaves src", "leaves src", func(r *monorepo) { r.file("iac.yaml", "watch:\n  base: [../x]\n") }, []string{"--all"}},
		{"a changed file that leaves src", "changed-files: line 1", nil, r.changed("../x")},
		{"more than max-stacks", "  middle:prod  (--all)", nil, []string{"--all", "--max-stacks", "3"}},
		{"a policy pack is no project", "4 stacks are chosen", nil, []string{"--all", "--max-stacks", "3", "--policy-pack", pack}},
		{"parallel", "invalid parallel 17: want 1 to 16", nil, []string{"--all", "--parallel", "17"}},
		{"max-stacks", "invalid max-stacks 0: want 1 to", nil, []string{"--all", "--max-stacks", "0"}},
		{"organization", `invalid organization "a/b"`, nil, []string{"--all", "--organization", "a/b"}},
		{"both", "all and changed-files are both given", nil, append(r.changed("x"), "--all")},
		{"a broken Pulumi.yaml", "other/Pulumi.yaml", func(r *monorepo) { r.file("other/Pulumi.yaml", "name: other\nruntime: [\n") }, []string{"--all"}},
		{"no project", "no Pulumi project", nil, []string{"--all", "--src", empty}},
		{"an option", "invalid target", nil, []string{"--all", "--target", "x"}},
	} {
		of := *r
		if c.prepare != nil {
			of.Repository = &teststack.Repository{Src: t.TempDir()}
			r.must(os.CopyFS(of.Src, os.DirFS(r.Src)))
			c.prepare(&of)
		}
		key := fmt.Sprintf("case-%d", i)
		a := of.call(of.all("preview-all", append(of.pull("--comment-key", key), c.args...)...)...)
		if a.code == 0 || !strings.Contains(a.stderr, c.want) || strings.Contains(a.stderr, "pulumi preview --stack") {
			t.Errorf("%s: exit code %d, want %q and nothing run:\n%s", c.name, a.code, c.want, a.stderr)
		}
		told := slices.ContainsFunc(r.comments(), func(of githubapi.Comment) bool {
			m, ok := marker.Parse(of.Body)
			return ok && m.Key == key && strings.Contains(of.Body, ": Could not start\n")
		})
		if !told {
			t.Errorf("%s: no comment tells of it", c.name)
		}
	}
}
