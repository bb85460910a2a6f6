package cisystem

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dagger/iac/pullrequest"
)

func TestParseVariables(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       variables
	}{
		{"nothing", "", variables{}},
		{"blanks", " \n", variables{}},
		{"some are set", "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY= CHANGE_ID=7", variables{"GITHUB_REF": "refs/pull/7/merge", "CHANGE_ID": "7"}},
		{"blanks around it", "  CHANGE_ID=7  TRAVIS=true \n", variables{"CHANGE_ID": "7", "TRAVIS": "true"}},
		{"signs of a shell", `GITHUB_REF=refs/heads/"a'b$c&d\e;f|g` + "`h` CHANGE_ID=7", variables{"GITHUB_REF": `refs/heads/"a'b$c&d\e;f|g` + "`h`", "CHANGE_ID": "7"}},
		{"an equals sign in a value", "GITHUB_REF=refs/heads/CHANGE_ID=8", variables{"GITHUB_REF": "refs/heads/CHANGE_ID=8"}},
		{"a space in a value", "GITHUB_REF=refs/pull/7/merge x CHANGE_ID=7", variables{"GITHUB_REF": "refs/pull/7/merge x", "CHANGE_ID": "7"}},
		{"other white space parts nothing", "GITHUB_REF=a\nCHANGE_ID=8\tTRAVIS=true TRAVIS_REPO_SLUG=b", variables{"GITHUB_REF": "a\nCHANGE_ID=8\tTRAVIS=true", "TRAVIS_REPO_SLUG": "b"}},
		{"what looks like an unknown variable", "GITHUB_REF=refs/heads/x FOO=bar baz CHANGE_ID=7", variables{"GITHUB_REF": "refs/heads/x", "CHANGE_ID": "7"}},
		{"what looks nearly like a variable", "GITHUB_REF=a 1X=b --CHANGE_ID=8 change-id=9", variables{"GITHUB_REF": "a 1X=b --CHANGE_ID=8 change-id=9"}},
		{"an unknown variable twice", "FOO=1 CHANGE_ID=7 FOO=2", variables{"CHANGE_ID": "7"}},
		{"capital letters count", "change_id=8 Change_ID=9 CHANGE_ID=7", variables{"CHANGE_ID": "7"}},
		{"what was not put in", "CHANGE_ID=$(X) GITHUB_REF=${X} TRAVIS_PULL_REQUEST=${{X}} _PR_NUMBER=$_PR_NUMBER PULL_NUM=%x.y% DRONE_PULL_REQUEST=<+trigger.prNumber> CIRRUS_PR=null SD_PULL_REQUEST=undefined", variables{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseVariables(test.line)
			if err != nil || !maps.Equal(got, test.want) {
				t.Errorf("%q, %v\nwant %q", got, err, test.want)
			}
		})
	}
}

func TestParseVariablesRefuses(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"CHANGE_ID=7 CHANGE_ID=8", "ci-variables: CHANGE_ID is given twice: a value holds a space, or the line is not that of .env.example"},
		{"CHANGE_ID= CHANGE_ID=8", "ci-variables: CHANGE_ID is given twice: a value holds a space, or the line is not that of .env.example"},
		{"CHANGE_ID=8 TRAVIS=true CHANGE_ID=", "ci-variables: CHANGE_ID is given twice: a value holds a space, or the line is not that of .env.example"},
		{"refs/pull/7/merge", `ci-variables: "refs/pull/7/merge" is not NAME=value`},
		{"export CHANGE_ID=7", `ci-variables: "export" is not NAME=value`},
	} {
		if got, err := parseVariables(test.line); err == nil || err.Error() != test.want {
			t.Errorf("parseVariables(%q) = %q, %v, want %s", test.line, got, err, test.want)
		}
	}
}

// Whoever can choose the value of one variable, as the name of a branch, sets
// no other one by it.
func TestNoValueSetsAnotherVariable(t *testing.T) {
	for _, value := range []string{
		"x CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1",
		"x CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1 GITHUB_REF=refs/pull/1/merge",
		" CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1 ",
		"x\" CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1 \"",
	} {
		got, err := Find(Input{Variables: expand(map[string]string{"GITHUB_REF": value})})
		if err == nil || !strings.Contains(err.Error(), "is given twice") {
			t.Errorf("%q: %q, %v", value, got, err)
		}
	}
	for _, value := range []string{
		"refs/heads/x\tCIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1",
		"refs/heads/x\nCIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1",
		"refs/heads/x\u00a0CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1",
		"refs/heads/x;CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1",
		"refs/heads/$(CIRCLE_PULL_REQUEST=https://github.com/evil/repo/pull/1)",
		"refs/heads/x NOT_KNOWN=https://github.com/evil/repo/pull/1",
		"refs/pull/1/merge x",
		"refs/pull/1/merge\nx",
	} {
		got, err := Find(Input{Variables: expand(map[string]string{"GITHUB_REF": value})})
		if err != nil || got.Number != 0 || got.System != "GitHub Actions" {
			t.Errorf("%q: %+v, %v", value, got, err)
		}
	}
}

func TestDotEnvNamesWhatTheTableReads(t *testing.T) {
	read := map[string]bool{}
	var collect func(v reflect.Value)
	collect = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Slice:
			for i := range v.Len() {
				collect(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				// A literal, and a name for people.
				if field := v.Type().Field(i).Name; field == "otherwise" || v.Type() == reflect.TypeFor[system]() && field == "name" {
					continue
				}
				collect(v.Field(i))
			}
		case reflect.String:
			name, _, _ := strings.Cut(v.String(), "=")
			read[name] = name != ""
		}
	}
	collect(reflect.ValueOf(systems))
	delete(read, "")

	line, whole := strings.CutPrefix(DotEnv(), `CIVARIABLES="`)
	line, closed := strings.CutSuffix(line, `"`)
	if !whole || !closed || strings.ContainsAny(line, "\"\n") {
		t.Fatalf("%s", DotEnv())
	}
	word := regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=\$\{([A-Za-z_][A-Za-z0-9_]*):-\}$`)
	seen := map[string]bool{}
	for text := range strings.SplitSeq(line, " ") {
		match := word.FindStringSubmatch(text)
		if match == nil || match[1] != match[2] {
			t.Errorf("%q", text)
			continue
		}
		if seen[match[1]] {
			t.Errorf("%s is there twice", match[1])
		}
		seen[match[1]] = true
	}
	if !maps.Equal(seen, read) {
		t.Errorf("named %v\nread %v", slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(read)))
	}
}

func TestNoVariableIsOfTheForkOrOfOneRun(t *testing.T) {
	never := regexp.MustCompile(`(?i)HEAD|SHA$|_SHA_|REVISION|BUILD_ID|BUILD_NUM|RUN_ID|RUN_NUM|_FORK|SOURCE_?BRANCH_NAME|SOURCE_?REPO|PR_SLUG|PR_USERNAME|PR_REPONAME|PULL_REQUEST_REPO|TOKEN|SECRET|PASSWORD`)
	for _, name := range Names() {
		// The repository that CodeBuild's project is for.
		if never.MatchString(name) && name != "CODEBUILD_SOURCE_REPO_URL" {
			t.Error(name)
		}
	}
}

func FuzzNoValueSetsAnotherVariable(f *testing.F) {
	for i, value := range []string{"refs/heads/main", "x CHANGE_ID=8", " ", "a=b c", "x\tCHANGE_ID=8", "$X", "7 =8", "x FOO=1 y"} {
		f.Add(i, value)
	}
	f.Fuzz(func(t *testing.T, i int, value string) {
		names := Names()
		name := names[max(i, -(i+1))%len(names)]
		got, err := parseVariables(expand(map[string]string{name: value}))
		if err != nil {
			if !strings.Contains(value, " ") {
				t.Errorf("%s=%q: %v", name, value, err)
			}
			return
		}
		for other := range got {
			if other != name {
				t.Errorf("%s=%q sets %s to %q", name, value, other, got[other])
			}
		}
		if !strings.ContainsAny(value, " \t\r\n\v\f\u0085\u00a0") && !isBlank(value) && got[name] != value {
			// The end of the line is trimmed of all that Unicode calls space.
			if name != names[len(names)-1] || got[name] != strings.TrimSpace(value) {
				t.Errorf("%s=%q became %q", name, value, got[name])
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, e := range examples {
		for _, run := range []string{e.pull, e.fork, e.push, e.tag, e.server} {
			f.Add(e.always+" "+run, "", "", e.config)
		}
	}
	f.Add("", "#7", "acme/infra", "git@work:a/b")
	f.Add("CHANGE_ID=7", "https://ghe.example.com/a/b/pull/7", "a/b", "")
	f.Add("BUILDKITE_PULL_REQUEST=7 BUILDKITE_PIPELINE_PROVIDER=github BUILDKITE_REPO=ssh://x/a/b", "https://x", "a/b", "https://x/a")
	f.Fuzz(func(t *testing.T, line, ref, repository, config string) {
		secret := strings.NewReplacer("://", "://user:"+password+"@")
		got, err := Find(Input{Variables: secret.Replace(line), Ref: secret.Replace(ref), Repository: repository, GitConfig: gitConfig(secret.Replace(config))})
		if err != nil {
			if got != (Result{}) || strings.Contains(err.Error(), password) {
				t.Errorf("%+v, %v", got, err)
			}
			return
		}
		if strings.Contains(got.String(), password) {
			t.Errorf("%+v", got)
		}
		if (got.Number > 0) != (got.Source != "") || (got.Number == 0) != (got.Why != "") || got.Commit != "" || strings.ContainsAny(got.String(), "\n\x00\x1b") {
			t.Errorf("%+v", got)
		}
		if got.Number > 0 || got.Host != "" {
			if again, err := pullrequest.ParseRepository(got.Host + "/" + got.Repository); err != nil || again != got.Target() {
				t.Errorf("%+v: %+v, %v", got, again, err)
			}
		}
	})
}
