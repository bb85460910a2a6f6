package options

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestArguments(t *testing.T) {
	const urn = "urn:pulumi:dev::shop::demo:index:Machine::web"
	for name, test := range map[string]struct {
		options Options
		want    []string
	}{
		"none": {Options{}, nil},
		"all": {
			Options{
				Target: []string{urn, "**::b"}, Exclude: []string{"*::c"}, Replace: []string{urn}, TargetDependents: true, Refresh: true,
				PolicyPack: []string{"/p"}, Parallel: 3, Message: "--a 'b'", Config: []string{"aws:region=a=b c", "shop:nested.key="},
				ContinueOnError: true, ExcludeProtected: true, ExpectNoChanges: true, Remove: true,
			},
			[]string{
				"--target=" + urn, "--target=**::b", "--exclude=*::c", "--replace=" + urn, "--config=aws:region=a=b c",
				"--config=shop:nested.key=", "--policy-pack=/p", "--target-dependents", "--refresh", "--continue-on-error",
				"--exclude-protected", "--expect-no-changes", "--remove", "--parallel=3", "--message=--a 'b'",
			},
		},
	} {
		if got, err := test.options.Arguments(); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	for want, options := range map[string]Options{
		`invalid target "web": want a URN`:              {Target: []string{"web"}},
		`invalid exclude "": want a URN`:                {Exclude: []string{""}},
		`invalid replace "-x": want a URN`:              {Replace: []string{"-x"}},
		`invalid target "urn:pulumi:a\n": want a URN`:   {Target: []string{"urn:pulumi:a\n"}},
		`invalid config "password": want key=value`:     {Config: []string{"password"}},
		`invalid config "a b=…": want key=value`:        {Config: []string{"a b=hunter2"}},
		`invalid parallel -1: want 1 to 10000`:          {Parallel: -1},
		`target-dependents is of no use without target`: {TargetDependents: true},
		"invalid target \"a\": want a URN such as urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs, or a pattern with * such as **::logs\ninvalid parallel 10001": {Target: []string{"a"}, Parallel: 10001},
	} {
		_, err := options.Arguments()
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", options, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the value is repeated: %v", err)
		}
	}
}

func TestDuration(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "24h": 24 * time.Hour} {
		if got, err := Duration("timeout", value); got != want || err != nil {
			t.Errorf("%q: %s, %v", value, got, err)
		}
	}
	for _, value := range []string{"0", "5", "-1m", "25h", "10ms", "soon"} {
		if _, err := Duration("timeout", value); err == nil || !strings.HasPrefix(err.Error(), "invalid timeout "+`"`+value+`": want `) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
