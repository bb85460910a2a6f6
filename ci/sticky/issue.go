package sticky

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dagger/iac/marker"
)

// OpenIssue leaves one open issue with this body in the repository. The body's first line is its marker, as that of a
// comment: an issue that is there is brought up to date, and opened again if it is closed; a new one gets the title. What
// a run that began later has written stays.
func (p *Publisher) OpenIssue(ctx context.Context, title, body string) error {
	return p.keepIssue(ctx, issues{title}, state{body: body})
}

// CloseIssue closes the issue, if there is one that is open, and comments on it before. The first line of the comment is
// the marker of the issue. What a run that began later has written stays.
func (p *Publisher) CloseIssue(ctx context.Context, comment string) error {
	return p.keepIssue(ctx, issues{}, state{body: comment, closes: true, onlyExisting: true})
}

func (p *Publisher) keepIssue(ctx context.Context, k issues, s state) error {
	m, ok := marker.Parse(s.body)
	if !ok || m.Project == "" {
		return errors.New("invalid text of an issue: want a marker with a project as its first line")
	}
	s.marker = m
	of := *p
	of.Number, of.OnlyExisting = 0, false
	return of.patiently(ctx, s, func(run *publication) error {
		run.kind = k
		return run.run()
	})
}

// OpenIssues gives the beginnings of the markers of all issues that are open, by one look for however many stacks.
func (p *Publisher) OpenIssues(ctx context.Context) (open map[string]bool, err error) {
	of := *p
	of.Number = 0
	err = of.patiently(ctx, state{}, func(run *publication) error {
		run.kind = issues{}
		open, err = run.open()
		return err
	})
	return open, err
}

func (p *publication) open() (map[string]bool, error) {
	values, err := p.list(marker.Start)
	if err != nil {
		return nil, err
	}
	all, err := marked(values)
	open := map[string]bool{}
	for _, c := range all {
		if !c.Closed {
			open[c.Marker.Prefix()] = true
		}
	}
	return open, err
}

// issues are those of a repository. Title is that of a new one.
type issues struct{ title string }

// list lists all issues of the repository. GitHub could select those by the token's owner, but not everywhere by that of
// a job's token, and the search comes behind.
func (issues) list(p *publication, prefix string) []string {
	const query = `query($owner: String!, $name: String!, $endCursor: String) {
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $endCursor) {
      nodes { url body closed viewerDidAuthor ` + edits + ` }
      pageInfo { hasNextPage endCursor }
    }
  }
}`
	only := `.data.repository.issues.nodes[]
		| select(.viewerDidAuthor and (.body | startswith(` + prefix + `))) | {url, body, closed, ` + editor + `}`
	return []string{
		"graphql", "--paginate", "-f", "query=" + query, "-f", "owner=" + p.Repository.Owner, "-f", "name=" + p.Repository.Name, "--jq", only,
	}
}

// do does one step. An issue cannot be deleted: a twin is closed, and loses its marker.
func (k issues) do(p *publication, s step) (answer, error) {
	all := fmt.Sprintf("repos/%s/%s/issues", p.Repository.Owner, p.Repository.Name)
	one := []string{"-X", "PATCH", fmt.Sprintf("%s/%d", all, s.comment.ID), "--jq", "{url: .html_url}"}
	switch s.action {
	case create:
		return p.call(s.body, "-X", "POST", all, "-f", "title="+k.title, "--jq", "{url: .html_url}")
	case edit:
		return p.call(s.body, append(one, stateOf(s)...)...)
	default:
		text := fmt.Sprintf("Two runs opened an issue at the same time: #%d tells about this stack.", p.found[0].ID)
		return p.call(text, append(one, "-f", "state=closed", "-f", "state_reason=not_planned")...)
	}
}

// stateOf are the arguments by which an issue is closed or open, whatever another job has just made of it.
func stateOf(s step) []string {
	if s.closed {
		return []string{"-f", "state=closed", "-f", "state_reason=completed"}
	}
	return []string{"-f", "state=open"}
}

func (issues) words() words {
	return words{
		before:  "/issues/",
		later:   "a run that began later (%s) has already written the issue of this stack: it stays as it is",
		contest: "another job keeps writing over the issue",
		unsure:  "it is not known whether the repository has a second issue of this stack: %s",
		refused: "github-token may not write issues of %s: it needs the permission `issues: write` (%s)",
	}
}

// closing is the form of a time in the key of the comment on an issue that is closed.
const closing = "2006-01-02T15:04:05.000Z"

// announce comments on an issue before it is closed, and tells whether it did. The comment has the beginning of the run
// whose drift is over as its key. So two jobs, or the next one after a job that was cut off, leave one comment. On a locked
// issue, as bots lock those that are closed, the token of a job may not comment: it goes without.
func (p *publication) announce(s step) (bool, error) {
	if !p.closes || !s.mine || s.action != edit || s.comment.Closed {
		return false, nil
	}
	m := p.marker
	if began := s.comment.Marker.Began; !began.IsZero() {
		m.Key = began.UTC().Format(closing)
	}
	if p.announced[m.Key] {
		return false, nil
	}
	_, text, _ := strings.Cut(p.body, "\n")
	on := *p.Publisher
	on.Number = int(s.comment.ID)
	comment := &publication{
		Publisher: &on, kind: ofIssue, ctx: p.ctx, clock: p.clock, end: p.end, gone: map[int64]bool{},
		state: state{marker: m, body: m.String() + "\n" + text},
	}
	switch err := comment.run(); {
	case err == nil:
	case strings.Contains(err.Error(), "issue is locked"):
		p.warn(fmt.Sprintf("%s is locked: it is closed without a comment", comment.title()))
	default:
		return false, err
	}
	p.announced[m.Key] = true
	return true, nil
}
