package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dagger/iac/cisystem"
	"iac/internal/hostdagger"
)

// .env.example names each variable that the table of CI systems reads, once and with a default.
func TestEnvExampleNamesTheVariablesOfAllSystems(t *testing.T) {
	text := string(must(os.ReadFile(filepath.Join(root, ".env.example"))))
	if !slices.Contains(strings.Split(text, "\n"), cisystem.DotEnv()) {
		t.Errorf(".env.example lacks the line\n%s", cisystem.DotEnv())
	}
}

func TestEnvExampleGivesStackAndSecrets(t *testing.T) {
	for _, test := range []struct {
		environ []string
		stack   string
	}{
		{nil, "dev"},
		{[]string{"PULUMI_STACK=org/project/prod"}, "org/project/prod"},
	} {
		values, err := hostdagger.ExpandDotEnv(filepath.Join(root, ".env.example"), test.environ)
		if err != nil {
			t.Fatal(err)
		}
		delete(values, "CIVARIABLES")
		for name, want := range map[string]string{
			"CACHE":               "true",
			"PULUMITOKEN":         "env://PULUMI_ACCESS_TOKEN",
			"AWSACCESSKEY":        "env://AWS_ACCESS_KEY_ID",
			"AWSSECRETKEY":        "env://AWS_SECRET_ACCESS_KEY",
			"PREVIEW_GITHUBTOKEN": "env://GITHUB_TOKEN",
			"PREVIEW_STACK":       test.stack,
			"PLAN_STACK":          test.stack,
			"OUTPUTS_STACK":       test.stack,
			"DRIFT_STACK":         test.stack,
		} {
			if values[name] != want {
				t.Errorf("%v: %s=%q, want %q", test.environ, name, values[name], want)
			}
			delete(values, name)
		}
		// Nobody changes or destroys a stack without naming it.
		if len(values) > 0 {
			t.Errorf("more than that is given: %v", values)
		}
	}
}

// withDotEnv puts .env.example into the module.
func (w *world) withDotEnv() {
	w.t.Helper()
	w.write(filepath.Join(w.module, ".env"), string(must(os.ReadFile(filepath.Join(root, ".env.example")))))
}

func TestPullRequestIsPrinted(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for name, test := range map[string]struct {
		environ, args []string
		want          cisystem.Result
	}{
		"a laptop": {nil, nil, cisystem.Result{Commit: commit, Why: "no"}},
		"CircleCI": {[]string{"CIRCLECI=true", "CIRCLE_PULL_REQUEST=https://github.com/acme/shop/pull/7"}, nil,
			cisystem.Result{System: "CircleCI", Host: "github.com", Repository: "acme/shop", Number: 7, Commit: commit}},
		"a flag goes before it": {[]string{"CIRCLE_PULL_REQUEST=https://github.com/acme/shop/pull/7"}, []string{"--github-ref", "8"},
			cisystem.Result{System: "CircleCI", Host: "github.com", Repository: "acme/shop", Number: 8, Commit: commit}},
		"only a number": {[]string{"CHANGE_ID=7"}, nil,
			cisystem.Result{System: "Jenkins", Host: "ghe.example.com", Repository: "acme/shop", Number: 7, Commit: commit}},
		"a push": {[]string{"GITHUB_ACTIONS=true", "GITHUB_REF=refs/heads/main", "GITHUB_REPOSITORY=acme/shop", "GITHUB_SERVER_URL=https://github.com"}, nil,
			cisystem.Result{System: "GitHub Actions", Host: "github.com", Repository: "acme/shop", Commit: commit, Why: "branch"}},
		"text of others in a variable": {[]string{`GIT_URL=it's "$(id)" & \ ` + "`", "CIRCLE_PULL_REQUEST=https://github.com/acme/shop/pull/7"}, nil,
			cisystem.Result{System: "CircleCI", Host: "github.com", Repository: "acme/shop", Number: 7, Commit: commit}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "infra-yaml")
			w.withDotEnv()
			w.environ = append(w.environ, test.environ...)
			git := filepath.Join(w.stack.Src, ".git")
			w.must(os.MkdirAll(filepath.Join(git, "refs", "heads"), 0o755))
			w.write(filepath.Join(git, "HEAD"), "ref: refs/heads/topic\n")
			w.write(filepath.Join(git, "refs", "heads", "topic"), commit+"\n")
			w.write(filepath.Join(git, "config"), "[remote \"origin\"]\n\turl = https://ghe.example.com/acme/shop.git\n")
			a := w.call(append([]string{"pull-request", "--src", w.stack.Src}, test.args...)...)
			var got cisystem.Result
			if err := json.Unmarshal([]byte(a.stdout), &got); err != nil || a.code != 0 {
				t.Fatalf("%v\n%s\n%s", err, a.stdout, a.stderr)
			}
			if test.want.Why != "" && strings.Contains(got.Why, test.want.Why) {
				got.Why = test.want.Why
			}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if strings.Contains(a.stderr, "ran     ") {
				t.Errorf("something ran:\n%s", a.stderr)
			}
		})
	}
}

func TestEnvFileAloneIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra")
	if err := os.CopyFS(w.module, os.DirFS(w.stack.Src)); err != nil {
		t.Fatal(err)
	}
	w.withDotEnv()
	w.environ = append(w.environ, "PULUMI_STACK="+w.stack.Name)
	w.has(w.succeed("preview"), "to create")
	if n := len(w.comments()); n != 0 {
		t.Fatalf("a laptop's run left %d comments", n)
	}
	w.environ = append(w.environ, "CIRCLE_PULL_REQUEST=https://github.com/acme/shop/pull/7")
	a := w.call("preview")
	w.has(a.stderr, "pull request acme/shop#7, from CircleCI's CIRCLE_PULL_REQUEST")
	w.has(w.comment().Body, "to create")
}

// The command asks for required arguments in a chain, whatever .env says, so a stack is none of them.
func TestEnvFileInAChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.withDotEnv()
	w.environ = append(w.environ, "PULUMI_STACK="+w.stack.Name)
	w.has(w.succeed("with-cache", "--name", "shop", "preview", "--src", w.stack.Src), "to create")
	for verb, name := range map[string]string{"up": "UP_STACK", "refresh": "REFRESH_STACK", "destroy": "DESTROY_STACK"} {
		w.has(w.fail(verb, "--src", w.stack.Src), "missing stack: give --stack [organization/[project/]]stack, or "+name+" in .env")
	}
}

func TestPulumiYmlIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "tiny")
	w.must(os.Rename(filepath.Join(w.stack.Src, "Pulumi.yaml"), filepath.Join(w.stack.Src, "Pulumi.yml")))
	w.has(w.succeed(w.verb(inContainer, "preview")...), "nothing to do")
}

// A repository on another forge gets no comment, and a sentence.
func TestAnotherForgeGetsNoComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "infra-yaml")
	w.withDotEnv()
	w.environ = append(w.environ, "GITEA_ACTIONS=true", "GITHUB_ACTIONS=true", "GITHUB_REF=refs/pull/7/merge", "GITHUB_REPOSITORY=acme/shop", "GITHUB_SERVER_URL=https://gitea.example.com")
	a := w.call("preview", "--src", w.stack.Src, "--stack", w.stack.Name)
	if a.code != 0 || len(w.github.Requests()) > 0 {
		t.Fatalf("exit code %d, %d requests\n%s", a.code, len(w.github.Requests()), a.stderr)
	}
	w.has(a.stderr, "nothing is posted", "GitHub")
}
