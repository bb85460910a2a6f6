package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
	"dagger/iac/plan"
)

// Applies every stack that the merged pull request touches, each after those that it reads from, without asking
//
// When one fails, what depends on it is not run, and the others are. Where the change is no merged pull request, give
// --changed-files or --all. With a token, one comment on the merged pull request tells of all.
//
// +cache="never"
func (m *Iac) UpAll(
	ctx context.Context,
	// Root of the repository; that of dagger.json if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config", "!.git/HEAD", "!.git/packed-refs", "!.git/refs"]
	src *dagger.Directory,
	// Organization of the stacks in Pulumi Cloud; without it Pulumi's default one
	//
	// +optional
	organization string,
	// Take only stacks whose folder:stack matches one of these, such as infra/*:prod, where * is any text
	//
	// +optional
	only []string,
	// Leave out stacks whose folder:stack matches one of these, such as *:dev
	//
	// +optional
	skip []string,
	// Take every stack, whatever changed
	//
	// +optional
	all bool,
	// File with the paths in src that changed, one per line, as `git diff --no-renames --name-only` gives them
	//
	// +optional
	changedFiles *dagger.File,
	// Number of stacks to work on at once, 1 to 16
	//
	// +optional
	// +default=4
	parallel int,
	// Largest number of stacks to take; if there are more, nothing is run
	//
	// +optional
	// +default=50
	maxStacks int,
	// Token that may write comments on the pull request, such as env://GITHUB_TOKEN
	//
	// +optional
	githubToken *dagger.Secret,
	// Repository, as owner/name or a URL; read from the pull request's URL, from ci-variables or from .git/config in src if left out
	//
	// +optional
	githubRepository string,
	// Name that keeps comments for the same stack apart, such as one for each job
	//
	// +optional
	commentKey string,
	// Warn instead of failing if the comment cannot be posted
	//
	// +optional
	commentOptional bool,
	// Commit that is applied, whose merged pull request gets the comment; read from .git in src if left out
	//
	// +optional
	commit string,
	// URL of the CI run, for the comment's last line
	//
	// +optional
	runUrl string,
	// Time of the run as 2006-01-02T15:04:05Z, for the comment's last line
	//
	// +optional
	runTime string,
	// Apply only what the comment on the merged pull request says, or fail
	//
	// +optional
	reviewed bool,
	// Apply only the plan with this digest, as `plan … digest` gives it, or fail
	//
	// +optional
	expectDigest string,
	// Regular expressions (RE2), one per line; what they match is shown as ***
	//
	// +optional
	mask string,
	// Interrupt Pulumi after this time, such as 30m: it finishes what has begun and saves the state
	//
	// +optional
	timeout string,
	// Wait this long for a stack that another run has locked, such as 10m
	//
	// +optional
	waitForLock string,
	// Work on these resources only: URNs, or patterns with *
	//
	// +optional
	target []string,
	// Work also on resources that depend on a target
	//
	// +optional
	targetDependents bool,
	// Leave out these resources: URNs, or patterns with *
	//
	// +optional
	exclude []string,
	// Replace these resources: URNs, or patterns with *
	//
	// +optional
	replace []string,
	// Update the stack's state from the cloud first
	//
	// +optional
	refresh bool,
	// Folder with a policy pack to run
	//
	// +optional
	policyPack []*dagger.Directory,
	// Message for the update in Pulumi Cloud
	//
	// +optional
	message string,
	// Setting for this run only, as key=value; not for secrets, it may be shown
	//
	// +optional
	config []string,
	// Go on with other resources when one fails
	//
	// +optional
	continueOnError bool,
	// Apply, and fail if that changed anything
	//
	// +optional
	expectNoChanges bool,
	// Create the stack if it is missing
	//
	// +optional
	upsert bool,
) (string, error) {
	a, err := m.prepareAll(ctx, "up", settings{
		Src: src, Mask: mask, Timeout: timeout, WaitForLock: waitForLock, PolicyPack: policyPack, Upsert: upsert,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Replace: replace, Refresh: refresh,
			Message: message, Config: config, ExpectNoChanges: expectNoChanges,
		},
		Publication: &publication{
			Token: githubToken, Repository: githubRepository, Key: commentKey,
			Commit: commit, RunURL: runUrl, RunTime: runTime, Variables: m.CiVariables, Merged: true,
		},
	}, choosing{
		Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, Parallel: parallel, MaxStacks: maxStacks,
	}, nil)
	merging := a.findMerge(ctx)
	if err = errors.Join(err, checkReviewed(reviewed, expectDigest, githubToken)); err == nil {
		a.up(ctx, merging, upWish{reviewed, expectDigest, continueOnError})
	} else {
		_ = a.fail(err) // told below
	}
	told := a.content()
	text, failed := a.finish(told)
	return a.tell(ctx, merging, told.Render(), failed == nil && len(told.Rows) == 0, text, failed, commentOptional)
}

// upWish is what an up was told about what it applies.
type upWish struct {
	reviewed        bool
	expectDigest    string
	continueOnError bool
}

// up previews all stacks, compares what they would do with what was reviewed, and applies them in order.
func (a *many) up(ctx context.Context, merging *future[merge], wish upWish) {
	a.each(func(s *one) {
		s.preview = s.look(ctx)
		s.did, s.plan = s.preview, plan.Of(s.preview.report)
	})
	a.learn()
	levels, after, err := a.levels()
	if err == nil && (wish.reviewed || wish.expectDigest != "") {
		err = a.differs(ctx, merging, wish)
	}
	if err != nil {
		a.notApplied = a.shown(err.Error())
		return
	}
	states := map[string]state{}
	for _, level := range levels {
		done := make([]state, len(level))
		sideBySide(a.Parallel, len(level), func(i int) { done[i] = a.apply(ctx, level[i], after[level[i].ID()], states, wish) })
		for i, s := range level {
			states[s.ID()] = done[i]
		}
	}
}

// look previews a stack that is to be applied.
func (s *one) look(ctx context.Context) outcome {
	expected := s.options.ExpectNoChanges
	s.options.ExpectNoChanges = false // that is asked of what is applied
	did := s.pulumi(ctx, "preview")
	s.options.ExpectNoChanges = expected
	return did
}

// state is what came of a stack.
type state int

const (
	// unchanged is one that had nothing to do.
	unchanged state = iota
	applied
	failed
)

// apply applies one stack, after those that it depends on.
func (a *many) apply(ctx context.Context, s *one, after []string, states map[string]state, wish upWish) state {
	var broken []string
	again := false
	for _, id := range after {
		switch states[id] {
		case failed:
			broken = append(broken, id)
		case applied:
			again = true
		}
	}
	compared := wish.reviewed || wish.expectDigest != ""
	args := []string{"--yes"}
	switch {
	case len(broken) > 0:
		s.skipped = strings.Join(broken, ", ") + " failed"
		return failed
	case again && compared:
		// What it reads may have changed, and with it what it does.
		if done, came := s.again(ctx); done {
			return came
		}
		args = append(args, "--skip-preview")
	case again:
		if s.preview = s.look(ctx); !s.preview.ok() {
			s.did = s.preview
			return failed
		}
		if s.skipped = a.notDone(s, states); s.skipped != "" {
			return failed
		}
		args = append(args, "--skip-preview")
	case !s.preview.ok():
		return failed
	case s.plan.Empty():
		s.did.report.Preview = false
		return unchanged
	default:
		args = append(args, "--skip-preview")
	}
	if wish.continueOnError {
		args = append(args, "--continue-on-error")
	}
	s.did = s.pulumi(ctx, "up", args...)
	switch {
	case !s.did.ok():
		return failed
	case s.did.report.Whole() && s.did.report.Changes() == 0:
		return unchanged
	}
	return applied
}

// notDone says which stack is not applied that this one turned out to read, empty where all are: what it reads may be
// known only once another one is applied.
func (a *many) notDone(s *one, states map[string]state) string {
	for _, id := range a.readBy(s) {
		switch came, done := states[id]; {
		case !done:
			return id + " was not applied before"
		case came == failed:
			return id + " failed"
		}
	}
	return ""
}

// again previews a stack once more, after one that it reads from was applied. It is done where nothing may or need be
// applied.
func (s *one) again(ctx context.Context) (done bool, came state) {
	did := s.look(ctx)
	now := plan.Of(did.report)
	switch {
	case !did.ok():
		s.did = did
		return true, failed
	case now.Empty():
		s.did = did
		s.did.report.Preview = false
		return true, unchanged
	case now.Digest == "" || now.Digest != s.plan.Digest:
		s.plan = now
		s.notApplied = "what it reads has changed since, and with it its plan: " + s.steps()
		return true, failed
	}
	return false, unchanged
}

// differs says why the plans may not be applied, or nil where they may.
func (a *many) differs(ctx context.Context, merging *future[merge], wish upWish) error {
	for _, s := range a.stacks {
		if !s.preview.ok() {
			return fmt.Errorf("%s: %s", s.ID(), whyFailed(s.preview))
		}
	}
	now := a.together()
	switch {
	case now.Digest == "":
		return errors.New("the plan is not known: " + now.Why)
	case wish.expectDigest != "" && !now.Empty() && now.Digest != wish.expectDigest:
		return fmt.Errorf("the plans have the digest %s, want %s as --expect-digest says", now.Digest, wish.expectDigest)
	case !wish.reviewed:
		return nil
	}
	id := a.id()
	id.Verb = ""
	agreed, err := a.agreed(ctx, merging, id)
	if err != nil && !now.Empty() {
		return err
	}
	return a.compare(agreed, now)
}

// compare says how the plans differ from those that were reviewed. One that has nothing left to do may, and so may all if
// it is not known what was reviewed: nothing is applied then.
func (a *many) compare(agreed plan.Reviewed, now plan.Plan) error {
	if now.Digest == agreed.Digest {
		return nil
	}
	d := plan.CompareTogether(agreed, a.plans())
	if !d.Listed && now.Empty() || d.Listed && len(d.Other) == 0 && d.Missing <= 0 {
		return nil
	}
	why := fmt.Sprintf("the plans are not those that were reviewed on %s", a.target)
	for i, id := range d.Other {
		if i == maxNamed {
			why += fmt.Sprintf("\n%d more are other ones", len(d.Other)-maxNamed)
			break
		}
		why += "\n" + id + " is another one: " + a.by(id).steps()
	}
	if d.Missing > 0 {
		why += fmt.Sprintf("\nmissing: %d of the stacks that were reviewed", d.Missing)
	}
	return errors.New(why)
}

// by is the stack with an ID.
func (a *many) by(id string) *one {
	return a.stacks[slices.IndexFunc(a.stacks, func(s *one) bool { return s.ID() == id })]
}

// steps names the first few steps of a stack's plan.
func (s *one) steps() string {
	var names []string
	for i, step := range s.plan.Steps {
		if i == maxSteps {
			names = append(names, fmt.Sprintf("%d more", len(s.plan.Steps)-maxSteps))
			break
		}
		names = append(names, step.String())
	}
	return strings.Join(names, ", ")
}

// maxSteps is how many steps of a stack are named.
const maxSteps = 5
