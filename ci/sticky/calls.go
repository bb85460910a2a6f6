package sticky

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dagger/iac/marker"
)

// look lists the comments for this project, stack and key that the token's own user wrote and nobody has
// minimised. A fault that passes is waited for.
func (p *publication) look() error {
	start := p.marker.Prefix()
	if p.marker.Project == "" {
		start = marker.Start
	}
	values, err := p.list(start)
	if err != nil {
		return err
	}
	p.now = p.clock.Now()
	p.found, err = p.read(values)
	return err
}

// list lists what the token's own user wrote that begins with a prefix.
func (p *publication) list(prefix string) ([]json.RawMessage, error) {
	text, err := json.Marshal(prefix)
	if err != nil {
		return nil, err
	}
	a, err := p.ask(p.kind.list(p, string(text))...)
	return a.values, err
}

// ask asks GitHub until it answers, or until what is wrong does not pass.
func (p *publication) ask(args ...string) (answer, error) {
	for {
		a, err := p.call("", args...)
		if err != nil || !a.failed {
			return a, err
		}
		if err := p.wait(a); err != nil {
			return a, err
		}
	}
}

// marked reads what a --jq gave, and leaves out what has no marker.
func marked(values []json.RawMessage) ([]comment, error) {
	var all []comment
	for _, value := range values {
		var c comment
		if err := json.Unmarshal(value, &c); err != nil {
			return nil, fmt.Errorf("invalid answer of GitHub about a comment: %w", err)
		}
		if m, known := marker.Parse(c.Body); known {
			c.Marker = m
			all = append(all, c)
		}
	}
	return all, nil
}

// read reads the comments that a --jq gave, and leaves out those of others and those that are gone.
func (p *publication) read(values []json.RawMessage) ([]comment, error) {
	all, err := marked(values)
	if err != nil {
		return nil, err
	}
	var found []comment
	for _, c := range all {
		m := c.Marker
		if p.marker.Project == "" {
			m.Project = ""
		}
		if !m.Same(p.marker) {
			continue
		}
		before := p.kind.words().before
		number := ""
		if at := strings.LastIndex(c.URL, before); at >= 0 { // a repository may be called issues
			number = c.URL[at+len(before):]
		}
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("invalid URL %q: want one that ends in %sNUMBER", c.URL, before)
		}
		if c.ID = id; !p.gone[id] {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b comment) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

// call calls GitHub's API once.
func (p *publication) call(body string, args ...string) (answer, error) {
	if err := context.Cause(p.ctx); err != nil {
		return answer{}, err
	}
	stdout, stderr, code, err := p.GH(p.ctx, append([]string{"api", "--include"}, args...), body)
	if cause := context.Cause(p.ctx); cause != nil {
		if errors.Is(cause, errPatience) {
			cause = fmt.Errorf("GitHub, asked about %s: %w", p.title(), cause)
		}
		return answer{}, cause
	}
	if err != nil {
		return answer{}, fmt.Errorf("gh could not be run: %w", err)
	}
	return readAnswer(stdout, stderr, code), nil
}
