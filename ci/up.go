package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dagger/iac/internal/dagger"
	"dagger/iac/options"
	"dagger/iac/plan"
)

// Applies the program to the stack, without asking
//
// The result is what Pulumi printed. With a token, a comment on the merged pull request of the commit says what was
// created, updated, replaced and deleted, and what failed.
//
// +cache="never"
func (m *Iac) Up(
	ctx context.Context,
	// Folder with Pulumi.yaml, or with --work-dir one around it; the root of the repository if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config", "!.git/HEAD", "!.git/packed-refs", "!.git/refs"]
	src *dagger.Directory,
	// Stack, as [organization/[project/]]stack
	//
	// +optional
	stack string,
	// Folder of Pulumi.yaml inside src, for a program that needs what is around it, such as a go.mod above
	//
	// +optional
	workDir string,
	// Token that may write comments on the pull request, such as env://GITHUB_TOKEN
	//
	// +optional
	githubToken *dagger.Secret,
	// Repository, as owner/name or a URL; read from the pull request's URL, from ci-variables or from .git/config in src if left out
	//
	// +optional
	githubRepository string,
	// Name that tells apart two comments for the same stack, such as one a job
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
	// Regular expressions (RE2), one a line; what they match is shown as ***
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
	// URNs of the only resources to work on, or patterns with *
	//
	// +optional
	target []string,
	// Work on resources too that depend on a target
	//
	// +optional
	targetDependents bool,
	// URNs of resources to leave out, or patterns with *
	//
	// +optional
	exclude []string,
	// URNs of resources to replace, or patterns with *
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
	// Number of resources to work on at once
	//
	// +optional
	parallel int,
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
	// Fail if anything changes
	//
	// +optional
	expectNoChanges bool,
	// Create the stack if it is missing
	//
	// +optional
	upsert bool,
) (string, error) {
	run, err := m.prepare(ctx, "up", settings{
		Src: src, WorkDir: workDir, Stack: stack, Mask: mask, Timeout: timeout, WaitForLock: waitForLock, PolicyPack: policyPack, Upsert: upsert,
		Options: options.Options{
			Target: target, TargetDependents: targetDependents, Exclude: exclude, Replace: replace, Refresh: refresh,
			Parallel: parallel, Message: message, Config: config,
		},
		Publication: &publication{
			Token: githubToken, Repository: githubRepository, Key: commentKey,
			Commit: commit, RunURL: runUrl, RunTime: runTime, Variables: m.CiVariables, Merged: true,
		},
	})
	also := []string{"--yes"}
	if continueOnError {
		also = append(also, "--continue-on-error")
	}
	if expectNoChanges {
		also = append(also, "--expect-no-changes")
	}
	if err := errors.Join(err, checkReviewed(reviewed, expectDigest, githubToken)); err != nil {
		return "", err
	}
	merged := run.findMerged(ctx)
	if reviewed || expectDigest != "" {
		done, text, err := run.review(ctx, merged, reviewed, expectDigest, commentOptional)
		if done {
			return text, err
		}
		also = append(also, "--skip-preview")
	}
	did := run.pulumi(ctx, "up", also...)
	text, failed := run.finish(did)
	number, err := merged.wait()
	if err == nil && number == 0 {
		return text, failed
	}
	if err == nil {
		run.target.number = number
		content := run.content()
		content.Report, content.NotRun = did.report, did.notRun
		err = run.post(ctx, run.publisher(), content)
	}
	return run.answer(text, failed, err, commentOptional)
}

// checkReviewed checks what an up is to be compared with.
func checkReviewed(reviewed bool, expectDigest string, token *dagger.Secret) error {
	if expectDigest != "" {
		if err := plan.CheckDigest(expectDigest); err != nil {
			return fmt.Errorf("expect-digest: %w", err)
		}
	}
	if reviewed && token == nil {
		return errors.New("missing github-token: --reviewed reads the comment on the merged pull request, written by the same token's owner")
	}
	return nil
}

// findMerged looks for the merged pull request, or gives 0 where there is none to be told.
func (r *run) findMerged(ctx context.Context) *future[int] {
	return start(func() (int, error) {
		switch {
		case r.target == nil:
			return 0, nil
		case r.target.content.Commit == "":
			warn("missing commit: it is not given and cannot be read from .git in src, so no merged pull request is found")
			return 0, nil
		}
		number, err := r.publisher().Merged(ctx, r.target.content.Commit)
		if err == nil && number == 0 {
			warn(fmt.Sprintf("no merged pull request of %s has the commit %s: nothing is posted", r.target.repository, r.target.content.Commit))
		}
		return number, err
	})
}

// review previews, and says whether it is done with it: where nothing is left to do, and where the plan is not the one
// that was reviewed.
func (r *run) review(ctx context.Context, merged *future[int], reviewed bool, expectDigest string, optional bool) (done bool, text string, err error) {
	did := r.pulumi(ctx, "preview")
	number, notFound := merged.wait()
	if r.target != nil {
		r.target.number = number
	}
	if _, failed := r.finish(did); failed != nil {
		return true, "", failed
	}
	now := plan.Of(did.report)
	var wrong error
	switch {
	case now.Digest == "":
		wrong = errors.New("its plan is not known: " + now.Why)
	case now.Empty():
		return true, did.report.Stdout, nil
	}
	if wrong == nil && expectDigest != "" && now.Digest != expectDigest {
		wrong = fmt.Errorf("its plan has the digest %s, and not %s as --expect-digest says", now.Digest, expectDigest)
	}
	if wrong == nil && reviewed {
		wrong = notFound
		if wrong == nil {
			wrong = r.compare(ctx, number, now)
		}
	}
	if wrong == nil {
		return false, "", nil
	}
	failure := fmt.Errorf("%s was not applied: %s", r.stack, wrong)
	if number == 0 {
		return true, "", failure
	}
	content := r.content()
	content.NotApplied = r.shown(wrong.Error())
	text, err = r.answer("", failure, r.post(ctx, r.publisher(), content), optional)
	return true, text, err
}

// compare says how a plan differs from the one in the comment on the merged pull request.
func (r *run) compare(ctx context.Context, number int, now plan.Plan) error {
	if number == 0 {
		return errors.New("no merged pull request was found whose comment it could be compared with")
	}
	id := r.content().ID
	id.Verb = ""
	found, err := r.publisher().Reviewed(ctx, id)
	switch {
	case err != nil:
		return err
	case found.Plan == "":
		return fmt.Errorf("the comment on %s holds no plan: its preview failed, or an older version wrote it", r.target)
	}
	d := plan.Compare(plan.Reviewed{Digest: found.Plan, Steps: found.Steps}, now)
	if d.Same {
		return nil
	}
	why := fmt.Sprintf("its plan is not the one that was reviewed on %s", r.target)
	if !d.Listed {
		return errors.New(why)
	}
	if len(d.New) > 0 {
		var names []string
		for _, s := range d.New[:min(len(d.New), maxNamed)] {
			names = append(names, s.String())
		}
		why += fmt.Sprintf("; new: %s", strings.Join(names, ", "))
		if more := len(d.New) - maxNamed; more > 0 {
			why += fmt.Sprintf(" and %d more", more)
		}
	}
	if d.Missing > 0 {
		why += fmt.Sprintf("; missing: %d of those that were reviewed", d.Missing)
	}
	return errors.New(why)
}

// maxNamed is how many steps are named in an error.
const maxNamed = 20
