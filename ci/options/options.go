// Package options turns what a verb was asked for into Pulumi's options.
package options

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options are those of Pulumi's that a verb takes, under Pulumi's names. What is empty is left to Pulumi.
type Options struct {
	// Target, Exclude and Replace are URNs, or patterns with `*`.
	Target, Exclude, Replace []string
	TargetDependents         bool
	Refresh                  bool
	// PolicyPack are folders, as Pulumi finds them from the program's.
	PolicyPack []string
	// Parallel is how many resources are worked on at once; 0 leaves it to Pulumi.
	Parallel int
	Message  string
	// Config are key=value, for this run only.
	Config           []string
	ContinueOnError  bool
	ExcludeProtected bool
	ExpectNoChanges  bool
	Remove           bool
}

var configKey = regexp.MustCompile(`^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+){0,2}$`)

// Arguments gives the options as Pulumi takes them, or says what is wrong with each that is.
func (o Options) Arguments() ([]string, error) {
	var args []string
	var errs []error
	for _, list := range []struct {
		name   string
		values []string
		wrong  func(string) string
	}{
		{"target", o.Target, wrongURN},
		{"exclude", o.Exclude, wrongURN},
		{"replace", o.Replace, wrongURN},
		{"config", o.Config, wrongConfig},
		{"policy-pack", o.PolicyPack, func(string) string { return "" }},
	} {
		for _, value := range list.values {
			if want := list.wrong(value); want != "" {
				errs = append(errs, fmt.Errorf("invalid %s %s: want %s", list.name, shown(list.name, value), want))
			}
			args = append(args, "--"+list.name+"="+value)
		}
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"target-dependents", o.TargetDependents},
		{"refresh", o.Refresh},
		{"continue-on-error", o.ContinueOnError},
		{"exclude-protected", o.ExcludeProtected},
		{"expect-no-changes", o.ExpectNoChanges},
		{"remove", o.Remove},
	} {
		if flag.set {
			args = append(args, "--"+flag.name)
		}
	}
	switch {
	case o.Parallel < 0 || o.Parallel > maxParallel:
		errs = append(errs, fmt.Errorf("invalid parallel %d: want 1 to %d", o.Parallel, maxParallel))
	case o.Parallel > 0:
		args = append(args, "--parallel="+strconv.Itoa(o.Parallel))
	}
	if o.TargetDependents && len(o.Target) == 0 {
		errs = append(errs, errors.New("target-dependents is of no use without target"))
	}
	if o.Message != "" {
		args = append(args, "--message="+o.Message)
	}
	return args, errors.Join(errs...)
}

// maxParallel is more than any cloud takes from one client.
const maxParallel = 10_000

// shown shows a value in an error, but of a setting its key alone: the value may be one that nobody should see.
func shown(name, value string) string {
	if key, _, ok := strings.Cut(value, "="); ok && name == "config" {
		return strconv.Quote(key + "=…")
	}
	return strconv.Quote(value)
}

func wrongURN(value string) string {
	if strings.HasPrefix(value, "urn:pulumi:") && !strings.ContainsAny(value, "\n\r\x00") || strings.Contains(value, "*") {
		return ""
	}
	return "a URN such as urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs, or a pattern with * such as **::logs"
}

func wrongConfig(value string) string {
	if key, _, ok := strings.Cut(value, "="); ok && configKey.MatchString(key) {
		return ""
	}
	return "key=value, such as aws:region=eu-west-1"
}

// Duration reads how long something may take, such as 90s, 30m or 1h30m; empty is 0.
func Duration(argument, value string) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Second || d > 24*time.Hour {
		return 0, fmt.Errorf("invalid %s %q: want 1s to 24h, such as 90s, 30m or 1h30m", argument, value)
	}
	return d, nil
}
