package pipelines

import (
	"errors"
	"strings"
	"testing"
)

var testScope = in(map[string]any{
	"build.branch": "main", "build.pull_request.id": nil, "build.pull_request.repository.fork": true,
	"variables.Build.Reason": "PullRequest", "empty": "", "a-b": "c", "zero": 0.0,
})

func TestExpressions(t *testing.T) {
	for text, want := range map[string]any{
		`build.branch == "main"`:                                  true,
		`build.branch == 'main' && build.pull_request.id == null`: true,
		`build.branch != 'main' || build.pull_request.id != null`: false,
		`build.pull_request.repository.fork != true`:              false,
		`!build.pull_request.repository.fork`:                     false,
		`! (build.branch == "topic")`:                             true,
		`!empty`:                                                  true,
		`!!empty`:                                                 false,
		`!zero && !null`:                                          true,
		`true || false && false`:                                  true,
		`(true || false) && false`:                                false,
		`true == false || true`:                                   true,
		`empty || build.branch`:                                   "main",
		`build.branch && empty`:                                   "",
		`'' != '' || empty != ''`:                                 false,
		`zero == 0`:                                               true,
		`12`:                                                      12.0,
		`a-b`:                                                     "c",
		`'it is && not "this"'`:                                   `it is && not "this"`,
		`eq(variables['Build.Reason'], 'PullRequest')`:            true,
		`ne(variables['Build.Reason'],'PullRequest')`:             false,
		`and(eq(1, 1), not(eq(1, 2)), ne('a', 'b'))`:              true,
		`and(true, false)`:                                        false,
		`or(false, eq(variables['Build.Reason'], 'x'), build.branch)`: true,
		`or(false, '')`:                         false,
		"\n build.branch\n==\t'main' ":          true,
		`build.pull_request.id == null != true`: nil, // an error
		`build.branch = 'main'`:                 nil,
		`build.branch == 'main`:                 nil,
		`build.branch == 'ma\'in'`:              nil,
		`build.message == 'x'`:                  nil,
		`build.branch =~ /main/`:                nil,
		`succeeded()`:                           nil,
		`and(true)`:                             nil,
		`and(true, true`:                        nil,
		`not(true false)`:                       nil,
		`(true`:                                 nil,
		`true)`:                                 nil,
		`true &&`:                               nil,
		`&& true`:                               nil,
		`variables['Build.Reason`:               nil,
		`variables['Build.Reason'`:              nil,
		``:                                      nil,
		`!`:                                     nil,
		`build.branch > 'a'`:                    nil,
		`false && build.message == 'evaluated, so it has to be a name'`: nil,
		`contains(build.branch, 'a')`:                                   nil,
		`build.branch == "main" // a comment`:                           nil,
		`${{ build.branch }}`:                                           nil,
		`build.branch ? 'a' : 'b'`:                                      nil,
	} {
		got, err := evaluate(text, testScope)
		if want == nil {
			if !errors.Is(err, errNotUnderstood) {
				t.Errorf("%s: %v, %v, want an error", text, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func FuzzExpression(f *testing.F) {
	f.Add(`and(eq(variables['Build.Reason'], 'PullRequest'), !(build.branch != "main") || true)`)
	f.Add(`(((`)
	f.Fuzz(func(t *testing.T, text string) {
		value, err := evaluate(text, testScope)
		if err != nil {
			if !errors.Is(err, errNotUnderstood) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		// What a text means does not hang on what stands around it.
		again, err := evaluate(" ( "+text+" ) ", testScope)
		if err != nil || again != value {
			t.Errorf("%q is %v, and in parentheses %v, %v", text, value, again, err)
		}
		if strings.TrimSpace(text) == "" {
			t.Errorf("%q is %v", text, value)
		}
	})
}
