// Package sticky keeps one comment on a pull request, or one issue of a repository: it finds, creates, edits and tidies it
// through gh.
//
// It looks, does one thing and looks again, until there is nothing to do; so whatever it writes follows
// from what was there a moment ago, also after it had to wait. decide says what it does.
package sticky

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"dagger/iac/marker"
	"dagger/iac/pullrequest"
)

// GH runs `gh` with these arguments. A body that is not empty is given to gh as the field `body`, as with
// -F body=@FILE. An error means that gh could not be run; a gh that failed is none.
type GH func(ctx context.Context, args []string, body string) (stdout, stderr string, exitCode int, err error)

// Clock tells the time and waits.
type Clock interface {
	Now() time.Time
	// Wait gives the cause of the context's end where that comes first.
	Wait(ctx context.Context, d time.Duration) error
}

// Publisher keeps the comment of one run on one pull request.
type Publisher struct {
	GH         GH
	Repository pullrequest.Repository
	Number     int
	// OnlyExisting leaves it at a comment that is there: no new one is made.
	OnlyExisting bool
	// Show takes out of a text what must not be seen. Every error and warning goes through it.
	Show func(string) string
	// Warn tells the caller what is no error.
	Warn func(string)
	// Clock is that of the system if nil.
	Clock Clock
}

const (
	// patience is how long a publication may take in all.
	patience = 3 * time.Minute
	// maxWrites ends a contest with somebody who writes over the comment without looking.
	maxWrites = 6
)

var errPatience = fmt.Errorf("it took longer than %s", patience)

// Publish leaves one comment with this body on the pull request. The body's first line is its marker,
// which tells which comment it is and when the run began: the comment of a run that began later stays. Where
// the marker names no project, since a broken Pulumi.yaml does not tell it, the comment of the stack is taken
// if there is one, and none is made.
func (p *Publisher) Publish(ctx context.Context, body string) error {
	m, ok := marker.Parse(body)
	if !ok {
		return errors.New("invalid comment: want a marker as its first line")
	}
	return p.patiently(ctx, state{body: body, marker: m, onlyExisting: p.OnlyExisting}, (*publication).run)
}

// patiently does something that may take as long as the patience.
func (p *Publisher) patiently(caller context.Context, s state, do func(*publication) error) error {
	clock := p.Clock
	if clock == nil {
		clock = systemClock{}
	}
	ctx, cancel := context.WithTimeoutCause(caller, patience, errPatience)
	defer cancel()
	run := &publication{Publisher: p, kind: ofPullRequest, ctx: ctx, clock: clock, end: clock.Now().Add(patience), state: s, gone: map[int64]bool{}, announced: map[string]bool{}}
	switch err := do(run); {
	case err == nil:
		return nil
	case caller.Err() != nil:
		return context.Cause(caller)
	default:
		return errors.New(p.Show(err.Error()))
	}
}

// publication is one call of a Publisher.
type publication struct {
	*Publisher
	state
	kind  kind
	ctx   context.Context
	clock Clock
	end   time.Time
	// pause is the next one's length, and grows while faults follow each other.
	pause time.Duration
	// gone are comments that GitHub says are not there, even if it lists them.
	gone   map[int64]bool
	writes int
	// superseded is true once the comment of a later run has been seen.
	superseded bool
	// announced are the keys of the comments that say why an issue is closed, once they are there.
	announced map[string]bool
}

// run looks and acts until there is nothing to do. Once the right text is there, what goes
// wrong is worth a warning only.
func (p *publication) run() error {
	for {
		done, err := p.round()
		if err != nil && (p.written || p.superseded) {
			p.warn(fmt.Sprintf(p.kind.words().unsure, err))
			return nil
		}
		if done || err != nil {
			return err
		}
	}
}

// round looks once and does one thing.
func (p *publication) round() (done bool, err error) {
	if err := p.look(); err != nil {
		return false, err
	}
	if p.marker.Project == "" && !p.adopt() {
		return true, nil
	}
	next := decide(p.state)
	if !next.later.IsZero() && !p.written && !p.superseded {
		p.superseded = true
		p.warn(fmt.Sprintf(p.kind.words().later, next.later.Format(time.RFC3339)))
	}
	if next.action == nothing {
		return true, nil
	}
	if next.action == edit && p.writes == maxWrites {
		p.warn(p.kind.words().contest)
		return true, nil
	}
	if did, err := p.announce(next); did || err != nil {
		return false, err
	}
	p.tried = p.tried || next.mine
	a, err := p.kind.do(p, next)
	switch {
	case err != nil:
		return false, err
	case !a.failed:
		p.pause = 0
		p.taken(next)
		return false, nil
	case a.gone() && next.action != create:
		p.gone[next.comment.ID] = true
		return false, nil
	}
	return false, p.wait(a)
}

// adopt takes over the project of the comments that were found, if it is the same one in all.
func (p *publication) adopt() bool {
	if len(p.found) == 0 {
		return false
	}
	project := p.found[0].Marker.Project
	for _, c := range p.found {
		if c.Marker.Project != project {
			p.warn(fmt.Sprintf("%s has comments of several projects for this stack, so none of them is changed", p.title()))
			return false
		}
	}
	p.marker.Project = project
	_, rest, _ := strings.Cut(p.body, "\n")
	p.body = p.marker.String() + "\n" + rest
	return true
}

// taken notes what GitHub has done.
func (p *publication) taken(s step) {
	if s.action == remove {
		p.gone[s.comment.ID] = true
		return
	}
	p.written = p.written || s.mine
	p.writes++
}

// wait waits for a fault to pass. It gives the fault as an error where that is not to be expected in time.
func (p *publication) wait(a answer) error {
	if !a.passing {
		return p.failure(a)
	}
	p.pause = max(2*p.pause, time.Second)
	pause := max(p.pause, a.pause)
	if p.clock.Now().Add(pause).After(p.end) {
		return fmt.Errorf("%w; trying again in %s would take longer than %s in all", p.failure(a), pause, patience)
	}
	p.warn(fmt.Sprintf("GitHub answered %q, trying again in %s", a.message, pause))
	return p.clock.Wait(p.ctx, pause)
}

func (p *publication) warn(text string) { p.Warn(p.Show(text)) }

// title is the pull request in messages, or the repository before it is known.
func (p *publication) title() string {
	if p.Number == 0 {
		return p.Repository.String()
	}
	return fmt.Sprintf("%s#%d", p.Repository, p.Number)
}

// failure is the sentence for an answer that is final.
func (p *publication) failure(a answer) error {
	switch {
	case a.status == http.StatusGone && p.Number == 0:
		return fmt.Errorf("%s takes no issues: %s (HTTP 410)", p.title(), a.message)
	case a.gone():
		return fmt.Errorf("%s is not there, or github-token may not see it: %s (HTTP %d)", p.title(), a.message, a.status)
	case a.status == 401:
		return fmt.Errorf("invalid github-token: %s does not take it: %s (HTTP 401)", p.Repository.Host, a.message)
	case strings.Contains(a.message, "Resource not accessible"):
		return fmt.Errorf(p.kind.words().refused, p.title(), a.message)
	case a.status < 300:
		return fmt.Errorf("GitHub, asked about %s: %s", p.title(), a.message)
	}
	return fmt.Errorf("GitHub, asked about %s: %s (HTTP %d)", p.title(), a.message, a.status)
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
