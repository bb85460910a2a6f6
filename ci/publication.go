package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"dagger/iac/cisystem"
	"dagger/iac/comment"
	"dagger/iac/git"
	"dagger/iac/internal/dagger"
	"dagger/iac/pullrequest"
)

// publication is what a verb was told about its comment.
type publication struct {
	Token                   *dagger.Secret
	Ref, Repository, Key    string
	Commit, RunURL, RunTime string
	// Variables are those of the CI system.
	Variables string
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
	var reading, head *future[string]
	if p.Token != nil {
		reading = start(func() (string, error) { return readSecret(ctx, "github-token", p.Token) })
		head = start(func() (string, error) { return headOf(ctx, src), nil })
	}
	found, notFound := cisystem.Find(p.input(ctx, src))
	if p.Token == nil {
		if notFound == nil && found.Number > 0 {
			warn(found.String() + ", but there is no github-token: nothing is posted")
		} else {
			warn("no pull request and no github-token: this is a local run, nothing is posted")
		}
		return nil, badContent
	}
	value, noToken := reading.wait()
	switch {
	case notFound == nil && found.Number == 0:
		warn(found.String() + ": nothing is posted")
		return nil, badContent
	case notFound != nil && noToken != nil:
		// A token without a value counts as none here.
		warn("no pull request was found: nothing is posted")
		return nil, badContent
	case notFound != nil:
		return nil, errors.Join(badContent, notFound)
	case noToken != nil:
		return nil, errors.Join(badContent, noToken)
	}
	warn(found.String())
	if content.Commit == "" {
		content.Commit, _ = head.wait()
	}
	return &target{found.Target(), found.Number, trimmed("github-token", p.Token, value), value, content}, badContent
}

// input is what is known about the pull request.
func (p *publication) input(ctx context.Context, src *dagger.Directory) cisystem.Input {
	return cisystem.Input{
		Ref: p.Ref, Repository: p.Repository, Variables: p.Variables,
		GitConfig: func() (string, error) { return src.File(".git/config").Contents(ctx) },
	}
}

// headOf is the commit that is checked out in src, empty where it cannot be told.
func headOf(ctx context.Context, src *dagger.Directory) string {
	commit, err := git.Head(func(name string) (string, error) { return src.File(".git/" + name).Contents(ctx) })
	if err != nil {
		return ""
	}
	return commit
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
