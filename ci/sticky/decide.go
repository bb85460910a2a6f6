package sticky

import (
	"strings"
	"time"

	"dagger/iac/marker"
)

// comment is one on the pull request that this project, stack and key have, by the token's own user; or an issue.
type comment struct {
	// ID is the number in the URL.
	ID  int64  `json:"-"`
	URL string `json:"url"`
	// Body is the text as GitHub keeps it, Marker its first line.
	Body   string        `json:"body"`
	Marker marker.Marker `json:"-"`
	// Editor is who changed it last, if that was somebody else than its author; empty for most.
	Editor string `json:"editor"`
	// Closed is true for an issue that is closed.
	Closed bool `json:"closed"`
}

// step is what is to be done next.
type step struct {
	action action
	// comment is the one to edit or to delete, body the text to create it with or to edit it to.
	comment comment
	body    string
	// closed is true for an issue that is to be closed then.
	closed bool
	// mine is true where body is what this run has to say.
	mine bool
	// later is when the run began that has reported although it began after this one; zero if none has.
	later time.Time
}

type action int

const (
	nothing action = iota
	create
	edit
	remove
)

// state is what a publication knows.
type state struct {
	body   string
	marker marker.Marker
	// closes is true where an issue that is open is to be closed: body is the comment that says why.
	closes bool
	// onlyExisting is true where no new comment is to be made.
	onlyExisting bool
	// written is true once GitHub has taken what this run has to say.
	written bool
	// tried is true once GitHub was asked to, even if its answer was lost.
	tried bool
	// found are the comments that were there a moment ago, the oldest first.
	found []comment
	now   time.Time
}

// decide says what to do about the comments that are there.
//
// Every job decides in the same way: the oldest comment stays, and gets the text of the run that began
// last. Only when a job has seen it there does it delete the others. So it does not matter which job does
// it, or that several do, and nobody deletes the comment that another job takes for the one to stay.
func decide(s state) step {
	if len(s.found) == 0 {
		if s.written || s.onlyExisting {
			return step{}
		}
		return step{action: create, body: s.body, mine: true}
	}
	latest := s.found[0]
	for _, c := range s.found[1:] {
		if s.began(c).After(s.began(latest)) {
			latest = c
		}
	}
	next := step{body: latest.Body, closed: latest.Closed}
	switch began := s.began(latest); {
	case began.After(s.marker.Began):
		next.later = began
	case s.written && !began.Before(s.marker.Began):
		// What has been changed since then was changed by somebody else, who may.
	case !s.closes:
		next.body, next.closed, next.mine = s.body, false, true
	case !latest.Closed || s.tried:
		// An issue that is closed already is left alone, unless this run may have done it and an earlier one has
		// written over it.
		next.body, next.closed, next.mine = s.over(latest), true, true
	}
	switch stays := s.found[0]; {
	case normal(stays.Body) != normal(next.body) || stays.Closed != next.closed:
		next.action, next.comment = edit, stays
	case len(s.found) > 1:
		next.action, next.comment = remove, s.found[1]
	}
	return next
}

// over is the text of an issue that is closed: the one that it has, with the marker of this run, but never that of
// somebody else.
func (s state) over(c comment) string {
	line, text, _ := strings.Cut(s.body, "\n")
	if c.Editor == "" {
		_, text, _ = strings.Cut(c.Body, "\n")
	}
	return line + "\n" + text
}

// maxAhead is how far the clocks of two machines may be apart.
const maxAhead = time.Hour

// began is when the run of a comment began: zero if that is not known, lies so far ahead that it is the fault of a
// clock, or was written by somebody else, who could make their text last so.
func (s state) began(c comment) time.Time {
	if c.Editor != "" || c.Marker.Began.After(s.now.Add(maxAhead)) {
		return time.Time{}
	}
	return c.Marker.Began
}

// normal is a text as far as GitHub keeps it.
func normal(body string) string {
	return strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
}
