// Package plan tells whether what would be done is what was reviewed.
package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"dagger/iac/report"
)

const (
	// prefix begins what a digest is made of. It changes with what a digest or the content of a step means.
	prefix = "iac plan 1\n"
	// maxListed is the number of steps up to which a plan has a list of them.
	maxListed = 300
	// shortBytes is how much of a step's hash stands in the list.
	shortBytes = 6
)

// Plan is what would be done.
type Plan struct {
	// Digest is the same for the same plan: 64 hexadecimal digits. It is empty where the plan is not known.
	Digest string
	// Why says why there is no digest, such as "the preview failed".
	Why string
	// Steps are what happens to each resource, in Pulumi's order, and then to the outputs of the stack.
	Steps []Step

	// stateOnly is true where something changes that is no step and only in Pulumi's state, such as what is protected.
	stateOnly bool
}

// Step is what happens to a resource or to an output of the stack.
type Step struct {
	Operation report.Operation
	// Type, Name and URN are the resource's. An output has a Name only.
	Type, Name, URN string

	hash report.Hash
	// idle is true for what changes nothing.
	idle bool
}

// String names the step, such as "replace aws:s3/bucket:Bucket logs" or "update output url".
func (s Step) String() string {
	kind := s.Type
	if s.URN == "" {
		kind = "output"
	}
	return s.Operation.Present() + " " + kind + " " + s.Name
}

// Of gives the plan that a preview tells of. There is a digest only of a preview that succeeded and whose events are
// whole.
func Of(r report.Report) Plan {
	p := Plan{stateOnly: r.StateOnly}
	for _, s := range r.Steps {
		idle := !s.Operation.IsChange() && !s.Refreshed && !s.Pending
		p.Steps = append(p.Steps, Step{s.Operation, s.Type, s.Name, s.URN, s.Content, idle})
	}
	for _, o := range r.Outputs {
		p.Steps = append(p.Steps, Step{Operation: o.Operation, Name: o.Name, hash: o.Content})
	}
	switch {
	case r.NoLog:
		p.Why = "Pulumi wrote no event log"
	case r.Broken != "":
		p.Why = "Pulumi's event log is not whole: " + r.Broken
	case !r.Preview:
		p.Why = "it is not a preview"
	case !r.OK() || r.ErroredSteps() > 0:
		p.Why = "the preview failed"
	default:
		p.Digest = digest(p.hashes())
	}
	return p
}

// hashes are those of the steps, sorted.
func (p Plan) hashes() []report.Hash {
	var out []report.Hash
	for _, s := range p.Steps {
		out = append(out, s.hash)
	}
	slices.SortFunc(out, func(a, b report.Hash) int { return bytes.Compare(a[:], b[:]) })
	return out
}

func digest(steps []report.Hash) string {
	h := sha256.New()
	h.Write([]byte(prefix))
	for _, s := range steps {
		h.Write(s[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Empty reports whether it is known that nothing would be done.
func (p Plan) Empty() bool {
	return p.Digest != "" && !p.stateOnly && !slices.ContainsFunc(p.Steps, func(s Step) bool { return !s.idle })
}

// Reviewed is what is kept of a plan that was reviewed.
type Reviewed struct {
	// Digest is the plan's.
	Digest string
	// Steps are 12 hexadecimal digits for each step, sorted and in a row; empty where there are more than 300.
	Steps string
}

// Reviewed gives what is to be kept of the plan; nothing where there is no digest.
func (p Plan) Reviewed() Reviewed {
	if p.Digest == "" {
		return Reviewed{}
	}
	r := Reviewed{Digest: p.Digest}
	if len(p.Steps) <= maxListed {
		for _, hash := range p.hashes() {
			r.Steps += short(hash)
		}
	}
	return r
}

func short(hash report.Hash) string { return hex.EncodeToString(hash[:shortBytes]) }

// listed gives how often each short hash is in the list; false where there is no list.
func (r Reviewed) listed() (map[string]int, bool) {
	const size = 2 * shortBytes
	if r.Steps == "" && r.Digest != digest(nil) || len(r.Steps)%size != 0 {
		return nil, false
	}
	out := map[string]int{}
	for i := 0; i < len(r.Steps); i += size {
		out[r.Steps[i:i+size]]++
	}
	return out, true
}

// Difference is how a plan differs from one that was reviewed.
type Difference struct {
	// Same is true where the plan is the one that was reviewed.
	Same bool
	// Listed is true where it is known which steps were reviewed. New and Missing tell nothing otherwise.
	Listed bool
	// New are the steps that were not reviewed.
	New []Step
	// Missing is the number of steps that were reviewed and are not in the plan.
	Missing int
}

// Compare tells how a plan differs from one that was reviewed. A plan without a digest is never the same.
func Compare(reviewed Reviewed, now Plan) Difference {
	d := Difference{Same: now.Digest != "" && now.Digest == reviewed.Digest}
	steps, listed := reviewed.listed()
	if d.Listed = listed || d.Same; !listed || d.Same {
		return d
	}
	for _, s := range now.Steps {
		if steps[short(s.hash)] == 0 {
			d.New = append(d.New, s)
			continue
		}
		steps[short(s.hash)]--
	}
	for _, n := range steps {
		d.Missing += n
	}
	return d
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// CheckDigest gives an error for what is not the digest of a plan.
func CheckDigest(digest string) error {
	if !digestForm.MatchString(digest) {
		return fmt.Errorf("invalid digest %q: want 64 digits from 0-9 and a-f, as a preview gives them", digest)
	}
	return nil
}

// Together gives the plan of several stacks, by their names. It has two steps for each: one for its name and one for its
// plan. There is a digest where each plan has one.
func Together(stacks map[string]Plan) Plan {
	var p Plan
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		one := stacks[name]
		if one.Digest == "" && p.Why == "" {
			p.Why = name + ": " + one.Why
		}
		p.Steps = append(p.Steps, Step{Name: name, hash: nameHash(name), idle: true}, Step{Name: name, hash: planHash(name, one), idle: one.Empty()})
	}
	if p.Why == "" {
		p.Digest = digest(p.hashes())
	}
	return p
}

func nameHash(name string) report.Hash { return sha256.Sum256([]byte("stack " + name)) }

func planHash(name string, of Plan) report.Hash {
	return sha256.Sum256([]byte("plan " + of.Digest + " of " + name))
}

// Differences are how the plans of several stacks differ from those that were reviewed.
type Differences struct {
	// Listed is true where it is known which stacks were reviewed. The others tell nothing otherwise.
	Listed bool
	// Other are the stacks that would do something that was not reviewed, sorted.
	Other []string
	// Missing is the number of stacks that were reviewed and are not among these.
	Missing int
}

// CompareTogether tells how the plans of several stacks differ from what is kept of such plans that were reviewed. A stack
// that has nothing to do is never another one.
func CompareTogether(reviewed Reviewed, stacks map[string]Plan) Differences {
	steps, listed := reviewed.listed()
	if !listed {
		return Differences{}
	}
	d := Differences{Listed: true, Missing: len(steps) / 2}
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		if steps[short(nameHash(name))] > 0 {
			d.Missing--
		}
		if one := stacks[name]; !one.Empty() && steps[short(planHash(name, one))] == 0 {
			d.Other = append(d.Other, name)
		}
	}
	return d
}
