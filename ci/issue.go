package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
)

// issuePublication is what a verb was told about its issue, nil where it keeps none.
func (m *Iac) issuePublication(issue bool, token *dagger.Secret, repository, runURL string) *publication {
	if !issue || token == nil {
		return nil
	}
	return &publication{Token: token, Repository: repository, RunURL: runURL, Variables: m.CiVariables, Merged: true, Required: true}
}

// checkIssue checks that there is a token for the issue.
func checkIssue(issue bool, token *dagger.Secret) error {
	if issue && token == nil {
		return errors.New("missing github-token: --issue keeps an issue on GitHub, with a token such as env://GITHUB_TOKEN")
	}
	return nil
}

// keepIssue keeps the GitHub issue about the drift of the stack: it is open while there is drift, and tells of it, and is
// closed when there is none. Where checks failed and none found drift, it is left as it is.
func (r *run) keepIssue(ctx context.Context, checks ...comment.Check) error {
	content := r.content()
	content.Time = r.began
	publisher := r.publisher()
	publisher.Show = r.shown
	var tell []comment.Check
	for _, check := range checks {
		if check.Drifted() || check.Failed() {
			// A later check may have told of a secret.
			check.Report, check.NotRun = check.Report.Shown(r.shown), r.shown(check.NotRun)
			tell = append(tell, check)
		}
	}
	switch {
	case len(tell) == 0:
		return publisher.CloseIssue(ctx, comment.NoDrift(content))
	case !slices.ContainsFunc(tell, comment.Check.Drifted):
		warn(fmt.Sprintf("it is not known whether %s has drifted: its issue stays as it is", r.stack))
		return nil
	}
	return publisher.OpenIssue(ctx, comment.DriftTitle(content.ID), comment.Drift(content, tell...))
}

// keepIssues keeps the issue of each stack, once all have been looked at: what has become a secret in one of them may stand in
// what was printed of another. Stacks without drift share one look for what is open: there may be many of them, and many
// issues in the repository.
func (a *many) keepIssues(ctx context.Context) error {
	a.learn()
	var open map[string]bool
	if slices.ContainsFunc(a.stacks, func(s *one) bool { return s.did.ok() }) {
		var err error
		if open, err = a.publisher().OpenIssues(ctx); err != nil {
			return fmt.Errorf("the issues of the stacks were not written: %s", err)
		}
	}
	unwritten := make([]error, len(a.stacks))
	sideBySide(a.Parallel, len(a.stacks), func(i int) {
		s := a.stacks[i]
		if s.did.ok() && !open[s.content().ID.Prefix()] {
			return
		}
		s.mask = a.mask
		if err := s.keepIssue(ctx, s.did.check()); err != nil {
			unwritten[i] = fmt.Errorf("the issue of %s was not written: %s", s.ID(), err)
		}
	})
	return errors.Join(unwritten...)
}

// issueAnswer is the result of a run and its issue: nothing of the one is lost by a fault of the other.
func (r *run) issueAnswer(text string, failed, unwritten error) (string, error) {
	switch {
	case failed != nil && unwritten != nil:
		return "", fmt.Errorf("%s\n\nThe issue was not written either: %s", failed, unwritten)
	case unwritten != nil:
		return "", fmt.Errorf("there is no drift in %s, but its issue was not closed: %s\n\nPulumi printed:\n\n%s", r.stack, unwritten, inError(text))
	case failed != nil:
		return "", failed
	}
	return text, nil
}
