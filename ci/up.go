package main

import (
	"context"
	"errors"
	"fmt"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/marker"
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
	// Apply, and fail if that changed anything
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
			Parallel: parallel, Message: message, Config: config, ExpectNoChanges: expectNoChanges,
		},
		Publication: &publication{
			Token: githubToken, Repository: githubRepository, Key: commentKey,
			Commit: commit, RunURL: runUrl, RunTime: runTime, Variables: m.CiVariables, Merged: true,
		},
	})
	err = errors.Join(err, checkReviewed(reviewed, expectDigest, githubToken))
	merging := run.findMerge(ctx)
	if err != nil {
		content := run.content()
		content.NotStarted = run.shown(err.Error())
		return run.tell(ctx, merging, comment.Render(content), false, "", err, commentOptional)
	}
	also := []string{"--yes"}
	if continueOnError {
		also = append(also, "--continue-on-error")
	}
	if reviewed || expectDigest != "" {
		told, text, err := run.review(ctx, merging, reviewed, expectDigest)
		if told != nil {
			return run.tell(ctx, merging, comment.Render(*told), false, text, err, commentOptional)
		}
		also = append(also, "--skip-preview")
	}
	did := run.pulumi(ctx, "up", also...)
	content := run.content()
	content.Report, content.NotRun = did.report, did.notRun
	text, failed := run.finish(did)
	return run.tell(ctx, merging, comment.Render(content), false, text, failed, commentOptional)
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

// merge is the pull request whose merge is applied, or 0 and why it is not known.
type merge struct {
	number int
	why    string
}

// findMerge asks GitHub for the pull request, while the caller goes on.
func (r *run) findMerge(ctx context.Context) *future[merge] {
	known := func(why string) *future[merge] {
		return start(func() (merge, error) { return merge{why: why}, nil })
	}
	switch {
	case r.target == nil:
		return known("no pull request was looked for")
	case r.target.content.Commit == "":
		return known("missing commit: it is not given and cannot be read from .git in src, so its pull request is not known")
	}
	publisher := r.publisher()
	return start(func() (merge, error) {
		number, why, err := publisher.Merged(ctx, r.target.content.Commit)
		return merge{number, why}, err
	})
}

// merged waits for the pull request. Where there was none GitHub is asked once more, by now: it tells of a merge some
// seconds after the commit.
func (r *run) merged(ctx context.Context, merging *future[merge]) (merge, error) {
	if r.target != nil && r.target.number > 0 {
		return merge{number: r.target.number}, nil
	}
	found, err := merging.wait()
	if err == nil && found.number == 0 {
		found, err = r.findMerge(ctx).wait()
	}
	if r.target != nil {
		r.target.number = found.number
	}
	return found, err
}

// tell posts what came of an up on the merged pull request, if there is one, and gives the result.
func (r *run) tell(ctx context.Context, merging *future[merge], body string, onlyExisting bool, text string, failed error, optional bool) (string, error) {
	found, err := r.merged(ctx, merging)
	switch {
	case r.target == nil:
		return text, failed
	case err == nil && found.number == 0:
		warn(found.why + ": nothing is posted")
		return text, failed
	case err == nil:
		p := r.publisher()
		p.OnlyExisting = onlyExisting
		err = r.post(ctx, p, body)
	}
	return r.answer(text, failed, err, optional)
}

// review previews, and gives what is to be told where that is the end: where nothing is left to do, and where the plan
// is not the one that was reviewed.
func (r *run) review(ctx context.Context, merging *future[merge], reviewed bool, expectDigest string) (told *comment.Content, text string, err error) {
	did := r.pulumi(ctx, "preview")
	text, failed := r.finish(did)
	content := r.content()
	now := plan.Of(did.report)
	switch {
	case failed != nil:
		content.NotApplied = whyFailed(did)
		return &content, "", fmt.Errorf("nothing was applied: %s", failed)
	case now.Empty():
		content.Report = did.report
		content.Report.Preview = false
		return &content, text, nil
	}
	why := r.differs(ctx, merging, now, reviewed, expectDigest)
	if why == nil {
		return nil, "", nil
	}
	content.NotApplied = r.shown(why.Error())
	return &content, "", fmt.Errorf("nothing was applied to %s: %s", r.stack, why)
}

// whyFailed says in short why a preview failed. What it says has been masked.
func whyFailed(did outcome) string {
	if did.notRun != "" {
		return "its preview did not run to its end: " + did.notRun
	}
	why := "its preview failed"
	for _, d := range did.report.Diagnostics {
		if d.Severity == "error" && d.Message != "preview failed" {
			why += "\n" + d.Message
		}
	}
	return why
}

// differs says why a plan may not be applied, or nil where it may.
func (r *run) differs(ctx context.Context, merging *future[merge], now plan.Plan, reviewed bool, expectDigest string) error {
	if now.Digest == "" {
		return errors.New("its plan is not known: " + now.Why)
	}
	if expectDigest != "" && now.Digest != expectDigest {
		return fmt.Errorf("its plan has the digest %s, want %s as --expect-digest says", now.Digest, expectDigest)
	}
	if !reviewed {
		return nil
	}
	id := r.content().ID
	id.Verb = ""
	agreed, err := r.agreed(ctx, merging, id)
	if err != nil {
		return err
	}
	return r.compare(agreed, now)
}

// agreed gives the plan that the preview's comment on the merged pull request tells of.
func (r *run) agreed(ctx context.Context, merging *future[merge], id marker.Marker) (plan.Reviewed, error) {
	found, err := r.merged(ctx, merging)
	switch {
	case err != nil:
		return plan.Reviewed{}, err
	case found.number == 0:
		return plan.Reviewed{}, fmt.Errorf("there is no comment to compare its plan with: %s", found.why)
	}
	of, err := r.publisher().Reviewed(ctx, id)
	switch {
	case err != nil:
		return plan.Reviewed{}, err
	case of.Plan == "":
		return plan.Reviewed{}, fmt.Errorf("the preview's comment on %s holds no plan: the preview failed, or an older version of this module wrote the comment", r.target)
	}
	return plan.Reviewed{Digest: of.Plan, Steps: of.Steps}, nil
}

// compare says how a plan differs from the one that was reviewed.
func (r *run) compare(agreed plan.Reviewed, now plan.Plan) error {
	d := plan.Compare(agreed, now)
	if d.Same {
		return nil
	}
	why := fmt.Sprintf("its plan is not the one that was reviewed on %s", r.target)
	if !d.Listed {
		return errors.New(why)
	}
	for _, step := range d.New[:min(len(d.New), maxNamed)] {
		why += "\nnew: " + step.String()
	}
	if more := len(d.New) - maxNamed; more > 0 {
		why += fmt.Sprintf("\n%d more are new", more)
	}
	if d.Missing > 0 {
		why += fmt.Sprintf("\nmissing: %d of those that were reviewed", d.Missing)
	}
	return errors.New(why)
}

// maxNamed is how many steps are named in an error.
const maxNamed = 20
