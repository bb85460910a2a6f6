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

// publication is what a verb was told about its comment or its issue.
type publication struct {
	Token                   *dagger.Secret
	Ref, Repository, Key    string
	Commit, RunURL, RunTime string
	// Variables are those of the CI system.
	Variables string
	// Merged looks for no pull request, but for the repository only: that of a merge is told by the commit, later.
	Merged bool
	// Required makes it an error too if there is neither a place to post to nor a token.
	Required bool
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

// find gives the pull request that the comment goes to, what Pulumi is told of the run, and what is wrong with a value.
// There is no target, and no error, where nothing is to be posted. With a wrong value there may be one nevertheless, to
// say so there. Of a merged pull request the number is not known yet.
func (p *publication) find(ctx context.Context, src *dagger.Directory) (*target, []cisystem.Variable, error) {
	if !commentKey.MatchString(p.Key) {
		return nil, nil, fmt.Errorf("invalid comment-key %q: want up to 64 letters, digits, `-`, `_` and `.`", p.Key)
	}
	content, badContent := p.content()
	head := start(func() (string, error) {
		if content.Commit != "" {
			return content.Commit, nil
		}
		return headOf(ctx, src), nil
	})
	var reading *future[string]
	if p.Token != nil {
		reading = start(func() (string, error) { return readSecret(ctx, "github-token", p.Token) })
	}
	found, notFound := cisystem.Find(p.input(ctx, src))
	if p.Merged && notFound == nil {
		found, notFound = p.repositoryOf(ctx, src, found)
	}
	content.Commit, _ = head.wait()
	told := found.ForPulumi(content.Commit, content.RunURL)
	if p.Token == nil {
		switch {
		case p.Merged:
		case notFound == nil && found.Number > 0:
			warn(found.String() + ", but there is no github-token: nothing is posted")
		default:
			warn("no pull request and no github-token: this is a local run, nothing is posted")
		}
		return nil, told, badContent
	}
	value, noToken := reading.wait()
	switch {
	case notFound == nil && found.Number == 0 && !p.Merged:
		warn(found.String() + ": nothing is posted")
		return nil, told, badContent
	case notFound != nil && noToken != nil && p.Required:
		return nil, told, errors.Join(badContent, notFound, noToken)
	case notFound != nil && noToken != nil:
		// A token without a value counts as none here.
		warn("no pull request was found: nothing is posted")
		return nil, told, badContent
	case notFound != nil:
		return nil, told, errors.Join(badContent, notFound)
	case noToken != nil:
		return nil, told, errors.Join(badContent, noToken)
	}
	if !p.Merged {
		warn(found.String())
	}
	return &target{found.Target(), found.Number, trimmed("github-token", p.Token, value), value, content}, told, badContent
}

// repositoryOf completes what was found with the repository, whose merged pull request is looked for later.
func (p *publication) repositoryOf(ctx context.Context, src *dagger.Directory, found cisystem.Result) (cisystem.Result, error) {
	found.Number = 0
	if found.Repository != "" && found.Host != "" || p.Token == nil {
		return found, nil
	}
	text, err := src.File(".git/config").Contents(ctx)
	if err != nil {
		return found, errors.New("missing github-repository: want owner/name or a URL, since neither ci-variables nor .git/config in src tell it")
	}
	repository, err := pullrequest.FromGitConfig(text)
	if err != nil {
		return found, fmt.Errorf("missing github-repository: want owner/name or a URL, since it cannot be told from .git/config in src (%s)", err)
	}
	found.Host, found.Repository = repository.Host, repository.Owner+"/"+repository.Name
	return found, nil
}

// told is what Pulumi is told of the run by a verb without a comment.
func (m *Iac) told() []cisystem.Variable {
	found, err := cisystem.Find(cisystem.Input{Variables: m.CiVariables})
	if err != nil {
		return nil
	}
	return found.ForPulumi("", "")
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
