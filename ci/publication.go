package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/pullrequest"
)

// publication is what a verb was told about its comment.
type publication struct {
	Token                   *dagger.Secret
	Ref, Repository, Key    string
	Commit, RunURL, RunTime string
}

// target is a pull request that a comment goes to.
type target struct {
	repository pullrequest.Repository
	number     int
	token      *dagger.Secret
	// secret is the token's value, which must not stand in a comment.
	secret string
	// content is what the caller gave to be shown.
	content comment.Content
}

// String is the name of the pull request in messages.
func (t *target) String() string { return fmt.Sprintf("%s#%d", t.repository, t.number) }

// find gives the pull request that the comment goes to, and what is wrong with a value. There is none, and no error,
// where nothing is to be posted. With a wrong value there may be one nevertheless, to say so there.
func (p *publication) find(ctx context.Context, src *dagger.Directory) (*target, error) {
	if p == nil {
		return nil, nil
	}
	if !commentKey.MatchString(p.Key) {
		return nil, fmt.Errorf("invalid comment-key %q: want up to 64 letters, digits, `-`, `_` and `.`", p.Key)
	}
	content, badContent := p.content()
	if p.Token == nil {
		if pr, err := pullrequest.Parse(p.Ref); err == nil && pr.Number > 0 {
			warn("github-ref names a pull request, but there is no github-token: nothing is posted")
		} else {
			warn("no pull request and no github-token: this is a local run, nothing is posted")
		}
		return nil, badContent
	}
	value, noToken := readSecret(ctx, "github-token", p.Token)
	pr, notPR := pullrequest.Parse(p.Ref)
	switch {
	case notPR == nil && pr.Number == 0, notPR != nil && noToken != nil:
		// A token without a value counts as none here.
		warn("no pull request was given or found: nothing is posted")
		return nil, badContent
	case notPR != nil:
		return nil, errors.Join(badContent, inArgument("github-ref", notPR))
	case noToken != nil:
		return nil, errors.Join(badContent, noToken)
	}
	repository, err := p.repository(ctx, src, pr)
	if err != nil {
		return nil, errors.Join(badContent, err)
	}
	return &target{repository, pr.Number, trimmed("github-token", p.Token, value), value, content}, badContent
}

var (
	commentKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}$`)
	commitHash = regexp.MustCompile(`^([0-9a-fA-F]{7,64})?$`)
)

// content checks the values that the comment shows.
func (p *publication) content() (comment.Content, error) {
	var c comment.Content
	c.ID.Key = p.Key
	if !commitHash.MatchString(p.Commit) {
		return c, fmt.Errorf("invalid commit %q: want 7 to 64 hexadecimal digits", p.Commit)
	}
	if u, err := url.Parse(p.RunURL); p.RunURL != "" && (err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil) {
		shown := p.RunURL[strings.LastIndexByte(p.RunURL, '@')+1:]
		return c, fmt.Errorf("invalid run-url %q: want a URL that begins with https:// or http://, without a user", shown)
	}
	if p.RunTime != "" {
		at, err := time.Parse(time.RFC3339, p.RunTime)
		if err != nil {
			return c, fmt.Errorf("invalid run-time %q: want a time such as 2006-01-02T15:04:05Z", p.RunTime)
		}
		c.Time = at
	}
	c.Commit, c.RunURL = p.Commit, p.RunURL
	return c, nil
}

// repository is the one of the pull request's URL, the one that was given, or that of .git/config.
func (p *publication) repository(ctx context.Context, src *dagger.Directory, pr pullrequest.PullRequest) (pullrequest.Repository, error) {
	ofURL := pullrequest.Repository{Host: pr.Host, Owner: pr.Owner, Name: pr.Repo}
	if p.Repository == "" && pr.Host != "" {
		return ofURL, nil
	}
	if p.Repository != "" {
		given, err := pullrequest.ParseRepository(p.Repository)
		if err != nil {
			return given, inArgument("github-repository", err)
		}
		// github.com is also the host of a repository that was given without one.
		elsewhere := given.Host != "github.com" && given.Host != pr.Host
		if pr.Host != "" && (elsewhere || !strings.EqualFold(pr.Owner, given.Owner) || !strings.EqualFold(pr.Repo, given.Name)) {
			return given, fmt.Errorf("invalid github-repository %q: github-ref is of %q: leave one of them out, or let both name the same repository", given, ofURL)
		}
		if pr.Host != "" {
			return ofURL, nil
		}
		return given, nil
	}
	text, err := src.File(".git/config").Contents(ctx)
	if err == nil {
		ofURL, err = pullrequest.FromGitConfig(text)
	}
	if err != nil {
		return ofURL, fmt.Errorf("missing github-repository: the repository of pull request %d cannot be told from .git/config in src (%s): give owner/name, or a URL", pr.Number, err)
	}
	return ofURL, nil
}
