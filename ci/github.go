package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dagger/iac/comment"
	"dagger/iac/ghapi"
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
	content    comment.Content
}

// String is the name of the pull request in messages.
func (t *target) String() string { return fmt.Sprintf("%s#%d", t.repository, t.number) }

var (
	commentKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}$`)
	commitHash = regexp.MustCompile(`^([0-9a-fA-F]{7,64})?$`)
)

// check finds the pull request, and says what is wrong with a value before anything runs. There is
// no target, and no error, where nothing is to be posted. The token's value is given too, for it
// must not stand in a comment.
func (p publication) check(ctx context.Context, src *dagger.Directory) (*target, string, error) {
	content, err := p.content()
	if err != nil {
		return nil, "", err
	}
	if p.Token == nil {
		if pr, err := pullrequest.Parse(p.Ref); err == nil && pr.Number > 0 {
			warn("github-ref names a pull request, but there is no github-token: nothing is posted")
		} else {
			warn("no pull request and no github-token: this is a local run, nothing is posted")
		}
		return nil, "", nil
	}
	value, noToken := readSecret(ctx, "github-token", p.Token)
	pr, notPR := pullrequest.Parse(p.Ref)
	switch {
	case notPR == nil && pr.Number == 0, notPR != nil && noToken != nil:
		warn("no pull request was given or found: nothing is posted")
		return nil, value, nil //nolint:nilerr // a token without a value counts as none here
	case notPR != nil:
		return nil, "", named("github-ref", notPR)
	case noToken != nil:
		return nil, "", noToken
	}
	repository, err := p.repository(ctx, src, pr)
	return &target{repository, pr.Number, trimmed("github-token", p.Token, value), content}, value, err
}

// content checks the values that the comment shows.
func (p publication) content() (comment.Content, error) {
	c := comment.Content{ID: comment.ID{Key: p.Key}, Commit: p.Commit, RunURL: p.RunURL}
	if !commentKey.MatchString(p.Key) {
		return c, fmt.Errorf("comment-key: %q is no key: it takes up to 64 letters, digits, `-`, `_` and `.`", p.Key)
	}
	if !commitHash.MatchString(p.Commit) {
		return c, fmt.Errorf("commit: %q is no commit: it takes 7 to 64 hexadecimal digits", p.Commit)
	}
	if u, err := url.Parse(p.RunURL); p.RunURL != "" && (err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil) {
		_, shown, _ := cutLast("@"+p.RunURL, "@")
		return c, fmt.Errorf("run-url: %q is no URL: it takes one that begins with https:// or http://, without a user", shown)
	}
	if p.RunTime != "" {
		at, err := time.Parse(time.RFC3339, p.RunTime)
		if err != nil {
			return c, fmt.Errorf("run-time: %q is no time: it takes a form such as 2006-01-02T15:04:05Z", p.RunTime)
		}
		c.Time = at
	}
	return c, nil
}

// repository is the one of the pull request's URL, the one that was given, or that of .git/config.
func (p publication) repository(ctx context.Context, src *dagger.Directory, pr pullrequest.PullRequest) (pullrequest.Repository, error) {
	ofURL := pullrequest.Repository{Host: pr.Host, Owner: pr.Owner, Name: pr.Repo}
	if p.Repository == "" && pr.Host != "" {
		return ofURL, nil
	}
	if p.Repository != "" {
		given, err := pullrequest.ParseRepository(p.Repository)
		if err != nil {
			return given, named("github-repository", err)
		}
		// github.com is also the host of a repository that was given without one.
		elsewhere := given.Host != "github.com" && given.Host != pr.Host
		if pr.Host != "" && (elsewhere || !strings.EqualFold(pr.Owner, given.Owner) || !strings.EqualFold(pr.Repo, given.Name)) {
			return given, fmt.Errorf("github-repository: %q is not the repository %q of github-ref: leave one of them out, or let both name the same one", given, ofURL)
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
		return ofURL, fmt.Errorf("github-repository: the repository of pull request %d cannot be told from .git/config in src (%s): give owner/name, or a URL", pr.Number, err)
	}
	return ofURL, nil
}

// poster publishes the comment of one target.
type poster struct {
	ctx       context.Context
	target    *target
	container *dagger.Container
	// found are the comments that are there, and whether they could be listed. They are looked for
	// while Pulumi runs.
	listed chan struct{}
	found  []posted
	err    error
}

// posted is a comment of ours on the pull request.
type posted struct {
	ID   int64  `json:"-"`
	URL  string `json:"url"`
	Body string `json:"body"`
}

// Where the comment's text lies in gh's container.
const bodyFile = "/iac/comment.md"

// gh gets gh ready and looks for the comments that are there, while the caller goes on.
func (m *Iac) gh(ctx context.Context, t *target) *poster {
	binary := dag.Gh().Get(dagger.GhGetOpts{Version: m.GhVersion})
	c := dag.Container().
		From(ghImage).
		WithFile("/usr/local/bin/gh", binary).
		WithEnvVariable("GH_PROMPT_DISABLED", "1").
		WithEnvVariable("GH_NO_UPDATE_NOTIFIER", "1").
		WithEnvVariable("GH_HOST", t.repository.Host)
	variable := "GH_ENTERPRISE_TOKEN"
	if t.repository.Host == "github.com" || strings.HasSuffix(t.repository.Host, ".ghe.com") {
		variable = "GH_TOKEN"
	}
	p := &poster{ctx: ctx, target: t, container: c.WithSecretVariable(variable, t.token), listed: make(chan struct{})}
	go func() {
		defer close(p.listed)
		p.found, p.err = p.find()
	}()
	return p
}

// exists is true when a comment for this project, stack and key is there.
func (p *poster) exists() bool {
	<-p.listed
	return p.err != nil || len(p.found) > 0
}

// publish leaves one comment with this body on the pull request.
func (p *poster) publish(body string) error {
	<-p.listed
	found, err := p.found, p.err
	if err != nil || len(found) > 0 && normal(found[0].Body) == normal(body) {
		// What was seen before Pulumi ran may be otherwise now.
		found, err = p.find()
	}
	if err == nil && len(found) == 0 {
		found, err = p.create(body)
	}
	if err != nil {
		return err
	}
	err = p.edit(found[0], body)
	if errors.Is(err, errGone) {
		// Somebody deleted it since it was listed.
		if found, err = p.create(body); err == nil {
			err = p.edit(found[0], body)
		}
	}
	if err != nil {
		return err
	}
	for _, twin := range found[1:] {
		if err := p.delete(twin); err != nil {
			warn("a second comment was not deleted: " + err.Error())
		}
	}
	return nil
}

// create posts the comment and looks again: another job may have posted one at the same time. All
// that are there are given back, the oldest first, which is the one to stay.
func (p *poster) create(body string) ([]posted, error) {
	var found []posted
	path := fmt.Sprintf("repos/%s/%s/issues/%d/comments", p.target.repository.Owner, p.target.repository.Name, p.target.number)
	values, err := p.try(body, func() (done bool, err error) {
		found, err = p.find()
		return len(found) > 0, err
	}, "-X", "POST", path, "-F", "body=@"+bodyFile, "--jq", "{url: .html_url, body}")
	if err != nil || len(found) > 0 {
		return found, err
	}
	if found, err = p.find(); err != nil {
		warn("whether another job has posted the same comment is not known: " + err.Error())
	}
	if len(found) > 0 {
		return found, nil
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("GitHub took a comment on %s, but its answer does not name it", p.target)
	}
	// GitHub has it, and does not list it yet.
	return parsePosted(values)
}

var errGone = errors.New("the comment is no longer there")

// edit gives a comment a new text, unless it has it already.
func (p *poster) edit(c posted, body string) error {
	if normal(c.Body) == normal(body) {
		return nil
	}
	_, err := p.try(body, nil, "-X", "PATCH", p.path(c), "-F", "body=@"+bodyFile, "--jq", "{url: .html_url}")
	return err
}

// normal is a text as far as GitHub keeps it.
func normal(body string) string {
	return strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
}

// delete takes away a comment that stands there twice.
func (p *poster) delete(c posted) error {
	_, err := p.try("", nil, "-X", "DELETE", p.path(c))
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

func (p *poster) path(c posted) string {
	return fmt.Sprintf("repos/%s/%s/issues/comments/%d", p.target.repository.Owner, p.target.repository.Name, c.ID)
}

const commentsQuery = `query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $endCursor) {
      nodes { url body isMinimized viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  } }
}`

// find lists the comments for this project, stack and key that the token's own user wrote and nobody
// has minimised, the oldest first.
func (p *poster) find() ([]posted, error) {
	marker, err := json.Marshal(comment.Marker(p.target.content.ID))
	if err != nil {
		return nil, err
	}
	only := fmt.Sprintf(`.data.repository.pullRequest.comments.nodes[] | select(.viewerDidAuthor and (.isMinimized | not) and (.body | startswith(%s))) | {url, body}`, marker)
	values, err := p.try("", nil, "graphql", "--paginate",
		"-f", "query="+commentsQuery,
		"-f", "owner="+p.target.repository.Owner, "-f", "name="+p.target.repository.Name,
		"-F", "number="+strconv.Itoa(p.target.number), "--jq", only)
	if err != nil {
		return nil, err
	}
	found, err := parsePosted(values)
	found = slices.DeleteFunc(found, func(c posted) bool { return !comment.IsFor(c.Body, p.target.content.ID) })
	slices.SortFunc(found, func(a, b posted) int { return cmp.Compare(a.ID, b.ID) })
	return found, err
}

// parsePosted reads the comments that a --jq gave as {url, body}.
func parsePosted(values []json.RawMessage) ([]posted, error) {
	var out []posted
	for _, value := range values {
		var c posted
		if err := json.Unmarshal(value, &c); err != nil {
			return nil, fmt.Errorf("GitHub's answer about a comment is not understood: %w", err)
		}
		_, number, _ := strings.Cut(c.URL, "#issuecomment-")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("GitHub gave a comment the URL %q, in which its number is not found", c.URL)
		}
		c.ID = id
		out = append(out, c)
	}
	return out, nil
}

// patience is how long a fault that passes is waited for.
const patience = 2 * time.Minute

// try calls gh until it succeeds, fails for good or patience ends. Where it is not known whether a
// call took effect, look says whether it did.
func (p *poster) try(body string, look func() (done bool, err error), args ...string) ([]json.RawMessage, error) {
	end := time.Now().Add(patience)
	for pause := time.Second; ; pause *= 2 {
		a, err := p.call(body, args)
		if err != nil {
			return nil, err
		}
		if !a.Failed {
			return a.Values, nil
		}
		wait := max(pause, a.Pause)
		if !a.Again || time.Now().Add(wait).After(end) {
			return nil, p.failure(a)
		}
		warn(fmt.Sprintf("GitHub answered %q, trying again in %s", a.Message, wait))
		select {
		case <-p.ctx.Done():
			return nil, p.ctx.Err()
		case <-time.After(wait):
		}
		if look != nil && a.Unknown {
			if done, err := look(); done || err != nil {
				return nil, err
			}
		}
	}
}

// call runs gh once. Arguments go to it as they are, through no shell.
func (p *poster) call(body string, args []string) (ghapi.Answer, error) {
	c := p.container
	if body != "" {
		c = c.WithNewFile(bodyFile, body)
	}
	c = c.WithEnvVariable("IAC_ONCE", rand.Text()).
		WithExec(append([]string{"gh", "api", "--include"}, args...), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	code, err := c.ExitCode(p.ctx)
	if err != nil {
		return ghapi.Answer{}, errors.New("gh could not be run: " + explain(err))
	}
	stdout, err := c.Stdout(p.ctx)
	if err != nil {
		return ghapi.Answer{}, err
	}
	var stderr string
	if code != 0 {
		if stderr, err = c.Stderr(p.ctx); err != nil {
			return ghapi.Answer{}, err
		}
	}
	return ghapi.Read(stdout, stderr, code), nil
}

// failure is the sentence for an answer that is final.
func (p *poster) failure(a ghapi.Answer) error {
	switch {
	case a.Status == 404 || a.Status == 410:
		return fmt.Errorf("%w on %s, or github-token may not see it: %s (HTTP %d)", errGone, p.target, a.Message, a.Status)
	case a.Status == 401:
		return fmt.Errorf("github-token: %s does not take this token: %s (HTTP 401)", p.target.repository.Host, a.Message)
	case strings.Contains(a.Message, "Resource not accessible"):
		return fmt.Errorf("github-token may not write comments on %s: it needs the permission `pull-requests: write`, which the token of a pull request from a fork or by Dependabot does not have (%s)", p.target, a.Message)
	case a.Status == 0 || a.Status < 300:
		return fmt.Errorf("GitHub, asked about %s: %s", p.target, a.Message)
	}
	return fmt.Errorf("GitHub, asked about %s: %s (HTTP %d)", p.target, a.Message, a.Status)
}
