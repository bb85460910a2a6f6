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
)

// rules hold for every workflow. Each gives in what a workflow breaks it.
var rules = []func(workflow) findings{
	isNamedAfterWhatItRuns, runsOnHarmlessEvents, mayDoNoMoreThanItNeeds, waitsForItsOwnKind, hasOneCarefulJob,
	pinsActions, stopsAtFailures, keepsSecretsInVariables, keepsCachesOfPullRequestsApart,
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

func (w workflow) changesInfrastructure() bool {
	return slices.ContainsFunc(w.verbs(), func(verb string) bool { return verb != "preview" && verb != "drift" })
}

// A workflow that calls the module has the name of the verb, another one of a target of make.
func isNamedAfterWhatItRuns(w workflow) (f findings) {
	verb, _, _ := strings.Cut(w.name, "-")
	if len(w.calls) == 0 {
		runs := slices.ContainsFunc(w.job().Steps, func(s step) bool { return s.Run == "make "+w.name })
		f.add(!runs, "it neither calls %s nor runs make %s", verb, w.name)
		return f
	}
	f.add(!slices.Equal(w.verbs(), []string{verb}), "it calls %v, want %s", w.verbs(), verb)
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
	f.add(w.forPullRequests() && w.changesInfrastructure(), "it changes infrastructure for pull requests")
	return f
}

func mayDoNoMoreThanItNeeds(w workflow) (f findings) {
	want := map[string]string{"contents": "read"}
	for _, c := range w.calls {
		if _, comments := c[len(c)-1].Flags["--github-token"]; comments {
			want["pull-requests"] = "write"
		}
	}
	f.add(!maps.Equal(w.Permissions, want), "the permissions are %v, want %v", w.Permissions, want)
	return f
}

// A newer run ends the one before, but never one that changes infrastructure. Workflows do not share a
// group: even a run whose only job is left out would end the other one there.
func waitsForItsOwnKind(w workflow) (f findings) {
	kind := "github.ref"
	switch {
	case len(w.calls) > 0 && w.forPullRequests():
		kind = "github.event.pull_request.number"
	case len(w.calls) > 0:
		kind = "vars.PULUMI_STACK"
	}
	want := concurrency{fmt.Sprintf("%s-${{ %s }}", w.name, kind), !w.changesInfrastructure()}
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

	var conditions []string
	if len(w.calls) > 0 {
		conditions = append(conditions, "vars.PULUMI_STACK != ''")
	}
	if w.forPullRequests() && secret.MatchString(w.text) {
		// Pull requests of forks and of Dependabot get no secrets.
		conditions = append(conditions, "github.event.pull_request.head.repo.full_name == github.repository",
			"github.event.pull_request.user.login != 'dependabot[bot]'")
	}
	f.add(strings.Contains(j.If, "||"), "|| in the condition %s", j.If)
	for _, condition := range conditions {
		f.add(!slices.Contains(strings.Split(j.If, " && "), condition), "the condition lacks %s", condition)
	}
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
		switch name, _, _ := strings.Cut(action, "@"); name {
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

// Only what keeps caches may fail or be left out. A condition that asks for no status leaves it at that:
// a step runs only when those before it went well, and never when the run was cancelled.
func stopsAtFailures(w workflow) (f findings) {
	status := regexp.MustCompile(`\b(always|failure|cancelled|success)\(`)
	for _, s := range w.job().Steps {
		forCaches := strings.HasPrefix(s.Uses.Value, "actions/cache/") || len(s.calls) > 0
		for _, c := range s.calls {
			forCaches = forCaches && c[len(c)-1].Function == "cache-export"
		}
		f.add((s.If != "" || s.MayFail) && !forCaches, "a step may fail or be left out: %s%s", s.Uses.Value, s.Run)
		f.add(status.MatchString(s.If), "a step runs whatever came before: %s", s.If)
	}
	return f
}

var (
	secret     = regexp.MustCompile(`\$\{\{[^}]*\b(secrets|github\.token)\b`)
	secretOnly = regexp.MustCompile(`^\$\{\{ (secrets\.([A-Z_]+)|github\.token) \}\}$`)
	// whatIsKept are the expressions that say which caches are kept where.
	whatIsKept = regexp.MustCompile(`^\$\{\{ (runner\.(temp|os|arch)|hashFiles\([^()]*\)|steps\.\w+\.outputs\.cache-primary-key) \}\}$`)
)

// A secret is the whole value of a variable, with its own name, which goes into the call as env://NAME.
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
			if match := secretOnly.FindStringSubmatch(value); match == nil {
				f.add(true, "%s: a secret in %s is not understood", name, value)
			} else {
				f.add(match[2] != "" && match[2] != name, "%s holds the secret %s", name, match[2])
			}
			f.add(!strings.Contains(s.Run, "env://"+name+" "), "the secret %s does not go in as env://%s", name, name)
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
	f.add(len(secret.FindAllString(w.text, -1)) != inVariables, "a secret outside of a step's variables")
	return f
}

// What a deployment reads must not come out of a pull request, so that only pull requests keep caches.
func keepsCachesOfPullRequestsApart(w workflow) (f findings) {
	var restore, export, save step
	for _, s := range w.job().Steps {
		switch kind, _, _ := strings.Cut(s.Uses.Value, "@"); {
		case kind == "actions/cache/restore":
			restore = s
		case kind == "actions/cache/save":
			save = s
		case len(s.calls) > 0 && s.MayFail:
			export = s
		default:
			f.add(strings.HasPrefix(kind, "actions/cache"), "caches are restored by actions/cache/restore and saved by actions/cache/save, not by %s", kind)
		}
	}
	if restore.With == nil && save.With == nil {
		return f
	}
	const key = "iac-previews-${{ runner.os }}-${{ runner.arch }}-"
	f.add(!w.forPullRequests() || len(w.On) != 1, "caches outlive a pull request: it runs on %v", slices.Sorted(maps.Keys(w.On)))
	path := restore.With["path"]
	f.add(!strings.HasPrefix(path, "${{ runner.temp }}/") || save.With["path"] != path,
		"caches lie in %s and %s, want one folder outside of the checkout", path, save.With["path"])
	f.add(!strings.HasPrefix(restore.With["key"], key+"${{ hashFiles(") || restore.With["restore-keys"] != key,
		"other caches are restored than those of previews: %s, %s", restore.With["key"], restore.With["restore-keys"])
	f.add(save.With["key"] != "${{ steps."+restore.ID+".outputs.cache-primary-key }}", "the caches are saved as %s", save.With["key"])
	f.add(save.If != "steps."+export.ID+".outcome == 'success'", "the caches are saved if %s", save.If)
	return f
}
