package workflows

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// rules hold for every workflow. Each gives in what a workflow breaks it.
var rules = []func(workflow) findings{
	isNamedAfterWhatItRuns, keepsAnIssue, runsOnHarmlessEvents, mayDoNoMoreThanItNeeds, waitsForItsOwnKind, hasOneCarefulJob,
	pinsActions, stopsAtFailures, looksForSecretsFirst, keepsSecretsInVariables, keepsCachesOfPreviews,
}

// findings collects what breaks a rule.
type findings []string

func (f *findings) add(broken bool, format string, args ...any) {
	if broken {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

func (w workflow) forPullRequests() bool {
	_, ok := w.On["pull_request"]
	return ok
}

// verbs are the last functions of the calls, without the export of caches.
func (w workflow) verbs() []string {
	var verbs []string
	for _, c := range w.calls {
		if verb := c[len(c)-1].Function; verb != "cache-export" {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

// publishes is true if it tags and releases this repository.
func (w workflow) publishes() bool {
	return slices.ContainsFunc(w.job().Steps, func(s step) bool { return s.Run == "make release" })
}

func (w workflow) changesInfrastructure() bool {
	return slices.ContainsFunc(w.verbs(), func(verb string) bool {
		return !slices.Contains([]string{"preview", "drift"}, strings.TrimSuffix(verb, "-all"))
	})
}

// ofManyStacks is true if it needs no variable that names the stack.
func (w workflow) ofManyStacks() bool { return strings.HasSuffix(w.name, "-all") }

// A workflow that calls the module has the name of the verb, another one of a target of make.
func isNamedAfterWhatItRuns(w workflow) (f findings) {
	if len(w.calls) == 0 {
		runs := slices.ContainsFunc(w.job().Steps, func(s step) bool { return s.Run == "make "+w.name })
		f.add(!runs, "it neither calls %s nor runs make %s", w.name, w.name)
		return f
	}
	f.add(!slices.Equal(w.verbs(), []string{w.name}), "it calls %v, want %s", w.verbs(), w.name)
	return f
}

// Others, such as pull_request_target and workflow_run, run with secrets for the code of strangers.
func runsOnHarmlessEvents(w workflow) (f findings) {
	for event := range w.On {
		harmless := []string{"pull_request", "push", "schedule", "workflow_dispatch"}
		f.add(!slices.Contains(harmless, event), "it runs on %s, want some of %v", event, harmless)
	}
	if push, ok := w.On["push"]; ok {
		var filter struct{ Branches []string }
		err := push.Decode(&filter)
		f.add(err != nil || !slices.Equal(filter.Branches, []string{"main"}), "it runs on pushes to %v, want main", filter.Branches)
	}
	if pull, ok := w.On["pull_request"]; ok {
		var filter map[string]yaml.Node
		err := pull.Decode(&filter)
		delete(filter, "branches")
		f.add(err != nil || len(filter) > 0, "pull requests to main are left out by %v", slices.Sorted(maps.Keys(filter)))
	}
	f.add(w.forPullRequests() && w.changesInfrastructure(), "it changes infrastructure for pull requests")
	return f
}

func mayDoNoMoreThanItNeeds(w workflow) (f findings) {
	want := map[string]string{"contents": "read"}
	for _, c := range w.calls {
		last := c[len(c)-1]
		if _, writes := last.Flags["--github-token"]; writes {
			want[map[bool]string{true: "issues", false: "pull-requests"}[last.keepsIssue()]] = "write"
		}
	}
	if w.publishes() {
		want["contents"] = "write"
	}
	f.add(!maps.Equal(w.Permissions, want), "the permissions are %v, want %v", w.Permissions, want)
	return f
}

// keepsIssue is true for a function that writes an issue, and no comment on a pull request.
func (l link) keepsIssue() bool {
	_, keeps := l.Flags["--issue"]
	return keeps
}

// A workflow on a schedule is looked at by nobody: an issue tells what it found.
func keepsAnIssue(w workflow) (f findings) {
	for _, c := range w.calls {
		last := c[len(c)-1]
		_, token := last.Flags["--github-token"]
		f.add(strings.TrimSuffix(last.Function, "-all") == "drift" && (!last.keepsIssue() || !token), "drift keeps no issue")
	}
	return f
}

// A newer run ends the one before, but never one that changes infrastructure or releases. Workflows do not share a
// group: even a run whose only job is left out would end the other one there.
func waitsForItsOwnKind(w workflow) (f findings) {
	kind := "github.ref"
	switch {
	case len(w.calls) > 0 && w.forPullRequests():
		kind = "github.event.pull_request.number"
	case len(w.calls) > 0 && !w.ofManyStacks():
		kind = "vars.PULUMI_STACK"
	}
	want := concurrency{fmt.Sprintf("%s-${{ %s }}", w.name, kind), !w.changesInfrastructure() && !w.publishes()}
	f.add(w.Concurrency != want, "the concurrency is %+v, want %+v", w.Concurrency, want)
	return f
}

// Permissions and concurrency are those of the whole workflow, so it has one job.
func hasOneCarefulJob(w workflow) (f findings) {
	j, there := w.Jobs[w.name]
	f.add(!there || len(w.Jobs) != 1, "the jobs are %v, want one job with the workflow's name", slices.Sorted(maps.Keys(w.Jobs)))
	f.add(!j.Permissions.IsZero(), "the job has permissions of its own")
	f.add(j.Timeout == 0, "the job has no timeout")
	f.add(len(w.Env)+len(j.Env) > 0, "variables belong to the steps that need them")
	environment := map[bool]string{true: "production"}[w.changesInfrastructure()]
	f.add(j.Environment != environment, "the environment is %q, want %q", j.Environment, environment)

	// A job that is skipped counts as one that passed, so that one for pull requests always runs.
	condition := map[bool]string{true: "vars.PULUMI_STACK != ''"}[len(w.calls) > 0 && !w.forPullRequests() && !w.ofManyStacks()]
	f.add(j.If != condition, "the job runs if %q, want %q", j.If, condition)
	return f
}

var (
	pinned  = regexp.MustCompile(`^(actions|dagger)/[\w./-]+@[0-9a-f]{40}$`)
	version = regexp.MustCompile(`^# v\d+\.\d+\.\d+$`)
)

// Actions are GitHub's and Dagger's, by commit, with the version beside it.
func pinsActions(w workflow) (f findings) {
	for _, s := range w.job().Steps {
		action := s.Uses.Value
		f.add(action != "" && (!pinned.MatchString(action) || !version.MatchString(s.Uses.LineComment)),
			"%s %s is not pinned as actions/NAME@COMMIT # v1.2.3 or dagger/NAME@COMMIT # v1.2.3", action, s.Uses.LineComment)
		switch s.action() {
		case "actions/checkout":
			f.add(s.With["persist-credentials"] != "false", "%s leaves its token in .git/config", action)
		case "dagger/dagger-for-github":
			diff := cmp.Diff(map[string]string{"version": engineVersion()}, s.With)
			f.add(diff != "", "%s does more than install Dagger's CLI:\n%s", action, diff)
		}
	}
	return f
}

// engineVersion is the version of Dagger that dagger.json asks for.
func engineVersion() string {
	var config struct{ EngineVersion string }
	text, err := os.ReadFile("../../dagger.json")
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(config.EngineVersion, "v")
}

// checked is the condition of the steps that come after the check of a workflow for pull requests.
const checked = "steps.check.outputs.preview == 'true'"

// hasCheck is true if the workflow needs that check.
func (w workflow) hasCheck() bool {
	return w.forPullRequests() && len(w.calls) > 0 && !w.ofManyStacks()
}

// Only what keeps caches may fail, or be left out by anything but the check. A condition that asks for no
// status leaves it at that: a step runs only when those before it went well, and never when the run was
// cancelled.
func stopsAtFailures(w workflow) (f findings) {
	for i, s := range w.job().Steps {
		if s.exportsCaches() || s.action() == "actions/cache/save" {
			continue
		}
		condition := map[bool]string{true: checked}[w.hasCheck() && i > 1]
		f.add(s.MayFail, "a step may fail: %s%s", s.Uses.Value, s.Run)
		f.add(s.If != condition, "a step runs if %q, want %q: %s%s", s.If, condition, s.Uses.Value, s.Run)
	}
	return f
}

// A pull request without secrets ends after the checkout, at a step that knows only whether any of those
// that the other steps get is there.
func looksForSecretsFirst(w workflow) (f findings) {
	steps := w.job().Steps
	if !w.hasCheck() {
		return nil
	}
	if len(steps) < 2 || steps[0].action() != "actions/checkout" || steps[1].ID != "check" {
		f.add(true, "the first steps are not the checkout and the check")
		return f
	}
	var there []string
	for _, s := range steps {
		for _, value := range s.Env {
			if match := secretOnly.FindStringSubmatch(value); match != nil && match[2] != "" {
				there = append(there, match[1]+" != ''")
			}
		}
	}
	slices.Sort(there)
	want := "${{ " + strings.Join(slices.Compact(there), " || ") + " }}"
	f.add(steps[1].Env["SECRETS"] != want, "the check looks for %s, want %s", steps[1].Env["SECRETS"], want)
	return f
}

var (
	comments   = regexp.MustCompile(`(?m)^ *#.*$`)
	secret     = regexp.MustCompile(`\$\{\{[^}]*\b(secrets|github\.token)\b`)
	secretOnly = regexp.MustCompile(`^\$\{\{ (secrets\.([A-Z_]+)|github\.token) \}\}$`)
	anySecret  = regexp.MustCompile(`^\$\{\{ secrets\.[A-Z_]+ != ''( \|\| secrets\.[A-Z_]+ != '')* \}\}$`)
	// whatIsKept are the expressions that say which caches are kept where.
	whatIsKept = regexp.MustCompile(`^\$\{\{ (runner\.(temp|os|arch)|hashFiles\([^()]*\)|steps\.\w+\.outputs\.cache-primary-key) \}\}$`)
)

// A secret is the whole value of a variable, with its own name, which goes into the call as env://NAME.
// Anything else may only know whether there is one.
func keepsSecretsInVariables(w workflow) (f findings) {
	inVariables := 0
	for _, s := range w.job().Steps {
		// It would be pasted into the command before the shell reads it.
		f.add(strings.Contains(s.Run, "${{"), "an expression in the command\n%s", s.Run)
		for name, value := range s.Env {
			if !secret.MatchString(value) {
				continue
			}
			inVariables++
			if anySecret.MatchString(value) {
				continue
			}
			match := secretOnly.FindStringSubmatch(value)
			if match == nil {
				f.add(true, "%s: a secret in %s is not understood", name, value)
			} else {
				f.add(match[2] != "" && match[2] != name, "%s holds the secret %s", name, match[2])
			}
			// Of the programs only gh reads its token from the environment by itself.
			forGH := name == "GH_TOKEN" && match != nil && match[2] == "" && w.publishes()
			f.add(!forGH && !strings.Contains(s.Run, "env://"+name+" "), "the secret %s does not go in as env://%s", name, name)
			f.add(regexp.MustCompile(`\$\{?`+name+`\b`).MatchString(s.Run), "the secret %s is on the command line", name)
		}
		for _, match := range regexp.MustCompile(`env://(\w+)`).FindAllStringSubmatch(s.Run, -1) {
			f.add(!secretOnly.MatchString(s.Env[match[1]]), "%s is no secret", match[0])
		}
		for name, value := range s.With {
			for _, expression := range regexp.MustCompile(`\$\{\{.*?\}\}`).FindAllString(value, -1) {
				f.add(!strings.HasPrefix(s.Uses.Value, "actions/cache/") || !whatIsKept.MatchString(expression),
					"%s: %s is given to %s", name, expression, s.Uses.Value)
			}
		}
	}
	f.add(len(secret.FindAllString(comments.ReplaceAllString(w.text, ""), -1)) != inVariables, "a secret outside of a step's variables")
	return f
}

// What a deployment reads must not come out of a preview, so that only previews keep caches: a run exports
// what it used, unless it got exactly that, under the name by which the next one looks for it.
func keepsCachesOfPreviews(w workflow) (f findings) {
	var restore, run, export, save step
	var order []string
	for _, s := range w.job().Steps {
		switch action := s.action(); {
		case action == "actions/cache/restore":
			restore, order = s, append(order, "restore")
		case action == "actions/cache/save":
			save, order = s, append(order, "save")
		case s.exportsCaches():
			export, order = s, append(order, "export")
		case len(s.calls) > 0:
			run, order = s, append(order, "run")
		default:
			f.add(strings.HasPrefix(action, "actions/cache"), "caches are restored by actions/cache/restore and saved by actions/cache/save, not by %s", action)
		}
	}
	if restore.With == nil && save.With == nil && export.calls == nil {
		return f
	}
	f.add(w.changesInfrastructure(), "a run that changes infrastructure reads or writes the caches of previews")
	if want := []string{"restore", "run", "export", "save"}; !slices.Equal(order, want) {
		f.add(true, "the steps with caches are %v, want %v", order, want)
		return f
	}

	const key = "iac-previews-${{ runner.os }}-${{ runner.arch }}-"
	path, temporary := strings.CutPrefix(restore.With["path"], "${{ runner.temp }}/")
	f.add(!temporary || save.With["path"] != restore.With["path"],
		"caches lie in %s and %s, want one place outside of the checkout", restore.With["path"], save.With["path"])
	f.add(!strings.HasPrefix(restore.With["key"], key+"${{ hashFiles(") || restore.With["restore-keys"] != key,
		"other caches are restored than those of previews: %s, %s", restore.With["key"], restore.With["restore-keys"])
	f.add(save.With["key"] != "${{ steps."+restore.ID+".outputs.cache-primary-key }}", "the caches are saved as %s", save.With["key"])

	missed := "steps." + restore.ID + ".outputs.cache-hit != 'true'"
	if w.hasCheck() {
		missed = checked + " && " + missed
	}
	f.add(export.If != missed, "the caches are exported if %s, want %s", export.If, missed)
	f.add(save.If != "steps."+export.ID+".outcome == 'success'", "the caches are saved if %s", save.If)

	_, used := take(run.calls[0], "with-cache")
	rest, exported := take(export.calls[0], "with-cache")
	file := fmt.Sprintf(`"$RUNNER_TEMP/%s"`, path)
	from, to := used.Flags["--from"], rest[len(rest)-1].Flags["-o"]
	f.add(from != file || to != file, "the caches come from %s and go to %s, want %s", from, to, file)
	_, other := rest[len(rest)-1].Flags["--of"]
	f.add(used.Flags["--name"] != exported.Flags["--name"] || rest.functions() != "cache-export" || other,
		"other caches are exported than %s used", w.name)
	return f
}
