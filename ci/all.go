package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dagger/iac/comment"
	"dagger/iac/internal/dagger"
	"dagger/iac/marker"
	"dagger/iac/plan"
	"dagger/iac/project"
	"dagger/iac/stacks"
)

var organization = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$`)

// many is one call of a verb over many stacks.
type many struct {
	*run
	choosing
	quiet comment.Quiet
	// stacks are those that were chosen, in the order of their rows, and removed those whose files are gone.
	stacks  []*one
	removed []stacks.Removed
	// total is how many there are in the repository.
	total int
	// notStarted and notApplied say why nothing was run, or nothing applied.
	notStarted, notApplied string
}

// one is one of the stacks.
type one struct {
	*run
	stacks.Stack
	did outcome
	// preview is what was to be done, before it was, and plan its digest.
	preview outcome
	plan    plan.Plan
	// skipped says why it was not run, notApplied why its plan was not applied.
	skipped, notApplied string
	// alone is the project's.
	alone *sync.Mutex
}

// prepareAll checks all values, chooses the stacks and gets ready to run them. The call is given with an error too, so that
// what goes wrong can be said on the pull request.
func (m *Iac) prepareAll(ctx context.Context, verb string, s settings, c choosing, quiet comment.Quiet) (*many, error) {
	b := m.begin(ctx, verb, s)
	b.badValue = errors.Join(append(quiet.Check(), c.check(), b.badValue)...)
	a := &many{run: b.run, choosing: c, quiet: quiet}
	checked, err := b.settle(nil)
	if err != nil {
		return a, err
	}
	choice, manifests, err := c.choose(ctx, a.run, s.Src, s.Publication)
	defer removeAll(manifests)
	if err != nil {
		return a, err
	}
	a.total, a.removed = choice.Total, choice.Removed
	return a, checked.ready(ctx, a, choice.Stacks, manifests)
}

// removeAll removes what was brought into this function's file system.
func removeAll(dir string) {
	if dir != "" {
		_ = os.RemoveAll(dir)
	}
}

// ready gives each stack its run. Stacks of one project share what is installed and built, and all that can the caches.
func (m *Iac) ready(ctx context.Context, a *many, chosen []stacks.Stack, manifests string) error {
	bases := map[string]*future[*dagger.Container]{}
	kept := m.keepCache(ctx, a.purpose)
	runners := map[string]runner{}
	alone := map[string]*sync.Mutex{}
	own := func(s stacks.Stack) *ownContainer {
		if bases[s.Project.Runtime] == nil {
			bases[s.Project.Runtime] = m.fetchBase(ctx, start(func() (project.Project, error) { return s.Project, nil }))
		}
		o := &ownContainer{iac: m, base: bases[s.Project.Runtime], kept: kept, part: s.Project.Name}
		if text, err := os.ReadFile(filepath.Join(manifests, s.Dir, s.Project.File)); err == nil {
			o.manifest = string(text)
		}
		return o
	}
	var ready []*one
	for _, s := range chosen {
		if runners[s.Dir] == nil {
			var err error
			if runners[s.Dir], err = m.runner(s.Project, func() *ownContainer { return own(s) }); err != nil {
				return fmt.Errorf("%s: %w", s.Dir, err)
			}
			alone[s.Dir] = &sync.Mutex{}
		}
		r := *a.run
		r.runner, r.project = runners[s.Dir], s.Project
		r.isOf(s.Dir, a.choosing.stackName(s))
		ready = append(ready, &one{run: &r, Stack: s, alone: alone[s.Dir]})
	}
	a.stacks = ready
	return nil
}

// stackName is the name by which Pulumi knows a stack.
func (c choosing) stackName(s stacks.Stack) string {
	if c.Organization == "" {
		return s.Name
	}
	return c.Organization + "/" + s.Project.Name + "/" + s.Name
}

// sideBySide does something for each of n, so many at once.
func sideBySide(atOnce, n int, do func(i int)) {
	var wait sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i := range n {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			do(i)
		})
	}
	wait.Wait()
}

// each runs the stacks side by side. One that fails stops no other.
func (a *many) each(do func(s *one)) {
	sideBySide(a.Parallel, len(a.stacks), func(i int) { do(a.stacks[i]) })
}

// learn takes what has become a secret in one stack into the mask of all: another one may have printed it.
func (a *many) learn() {
	var nowSecret []string
	for _, s := range a.stacks {
		nowSecret = slices.Concat(nowSecret, s.preview.nowSecret, s.did.nowSecret)
	}
	if len(nowSecret) > 0 {
		a.mask = a.mask.With(nowSecret...)
	}
}

// rows are what is told of each stack.
func (a *many) rows() []comment.Row {
	changing := a.changing()
	var rows []comment.Row
	for _, s := range a.stacks {
		row := comment.Row{
			Dir: s.Dir, Project: s.Project.Name, Stack: s.Name, Organization: a.Organization, Why: s.Why,
			Report: s.did.report.Shown(a.shown), NotRun: a.shown(s.did.notRun), Skipped: s.skipped, NotApplied: a.shown(s.notApplied), Digest: s.plan.Digest,
		}
		if a.verb == "preview" {
			row.Reads = slices.DeleteFunc(a.readBy(s), func(id string) bool { return !changing[id] })
		}
		rows = append(rows, row)
	}
	for _, gone := range a.removed {
		rows = append(rows, comment.Row{Dir: gone.Dir, Stack: gone.Stack, Organization: a.Organization, Why: gone.Why, Removed: true})
	}
	return rows
}

// changing are the stacks that a preview says are to change.
func (a *many) changing() map[string]bool {
	out := map[string]bool{}
	for _, s := range a.stacks {
		if s.did.report.Changes() > 0 {
			out[s.ID()] = true
		}
	}
	return out
}

// readBy gives the chosen stacks whose outputs a stack reads, by their IDs.
func (a *many) readBy(s *one) []string {
	var out []string
	for _, reference := range slices.Concat(s.did.references, s.preview.references) {
		organization, project, name := s.refersTo(reference)
		if organization != "" && a.Organization != "" && organization != a.Organization {
			continue
		}
		for _, other := range a.stacks {
			if other.Project.Name == project && other.Name == name && other != s && !slices.Contains(out, other.ID()) {
				out = append(out, other.ID())
			}
		}
	}
	slices.Sort(out)
	return out
}

// refersTo takes a reference apart: organization/project/stack, or organization/stack or stack of the same project.
func (s *one) refersTo(reference string) (organization, project, name string) {
	parts := strings.Split(reference, "/")
	name, project = parts[len(parts)-1], s.Project.Name
	if len(parts) > 1 {
		organization = parts[0]
	}
	if len(parts) == 3 {
		project = parts[1]
	}
	return organization, project, name
}

// content is what is told of the whole call.
func (a *many) content() comment.All {
	a.learn()
	all := comment.All{ID: a.id(), Rows: a.rows(), Total: a.total, NotStarted: a.notStarted, NotApplied: a.notApplied, Quiet: a.quiet}
	if a.target != nil {
		given := a.target.content
		all.Commit, all.RunURL, all.Time = given.Commit, given.RunURL, given.Time
	}
	if a.verb == "preview" && a.notStarted == "" {
		reviewed := a.together().Reviewed()
		all.ID.Plan, all.ID.Steps = reviewed.Digest, reviewed.Steps
	}
	return all
}

// id is the marker of the comment, without a plan.
func (a *many) id() marker.Marker {
	id := marker.Marker{Project: allStacks, Stack: a.part(), Began: a.began, Iac: release}
	if a.target != nil {
		id.Key = a.target.content.ID.Key
	}
	if a.verb != "preview" {
		id.Verb = a.verb
	}
	return id
}

// allStacks stands in the marker for project and stack: no project and no stack can be called so.
const allStacks = "*"

// part stands in the marker for the stacks that may be chosen at all: two jobs with other ones have a comment each.
func (c choosing) part() string {
	if c.Organization == "" && len(c.Only)+len(c.Skip) == 0 {
		return allStacks
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", c.Organization, c.Only, c.Skip))
	return allStacks + " " + hex.EncodeToString(sum[:6])
}

// plans are those of the stacks, by their IDs.
func (a *many) plans() map[string]plan.Plan {
	plans := map[string]plan.Plan{}
	for _, s := range a.stacks {
		plans[s.ID()] = s.plan
	}
	return plans
}

// together is the plan of all stacks.
func (a *many) together() plan.Plan { return plan.Together(a.plans()) }

// fail takes note of why nothing was run, and gives it as an error.
func (a *many) fail(err error) error {
	a.notStarted = a.shown(err.Error())
	return errors.New(a.notStarted)
}

// refuse is the answer of a call that ran nothing. The pull request is told too, where it is known.
func (a *many) refuse(ctx context.Context, err error, optional bool) (string, error) {
	err = a.fail(err)
	if a.target == nil {
		return "", err
	}
	return a.answer("", err, a.post(ctx, a.publisher(), a.content().Render()), optional)
}

// publish keeps the comment on the pull request, if there is one, and gives the result.
func (a *many) publish(ctx context.Context, all comment.All, optional, onlyChanges bool) (string, error) {
	text, failed := a.finish(all)
	if a.target == nil {
		return text, failed
	}
	publisher := a.publisher()
	nothing := len(all.Rows) == 0 || onlyChanges && all.SaysNothing()
	publisher.OnlyExisting = failed == nil && nothing
	return a.answer(text, failed, a.post(ctx, publisher, all.Render()), optional)
}

// finish is the answer of the call: what was told of all stacks, or an error that names those that failed.
func (a *many) finish(all comment.All) (string, error) {
	text, failed := all.Text(), all.Failed()
	switch {
	case a.notStarted != "":
		return "", errors.New(a.notStarted)
	case a.notApplied != "":
		return "", fmt.Errorf("nothing was applied: %s\n\n%s", a.notApplied, inError(text))
	case len(failed) > 0:
		what := cmp.Or(map[string]string{"drift": "drifted or failed", "up": "failed or were not run"}[a.verb], "failed")
		return "", fmt.Errorf("%d of %d stacks %s: %s\n\n%s", len(failed), len(a.stacks), what, strings.Join(failed, ", "), inError(text))
	}
	return text, nil
}

// levels puts the stacks in order: each after those that it reads from and those that iac.yaml puts before it.
func (a *many) levels() ([][]*one, map[string][]string, error) {
	after := map[string][]string{}
	by := map[string]*one{}
	var ids []string
	for _, s := range a.stacks {
		ids, by[s.ID()] = append(ids, s.ID()), s
		before := slices.Concat(s.After, a.readBy(s))
		slices.Sort(before)
		after[s.ID()] = slices.Compact(before)
	}
	levels, err := stacks.Levels(ids, after)
	var out [][]*one
	for _, level := range levels {
		var list []*one
		for _, id := range level {
			list = append(list, by[id])
		}
		out = append(out, list)
	}
	return out, after, err
}

// pulumi runs a verb of Pulumi's on a stack. Maven cannot build a project twice at the same time.
func (s *one) pulumi(ctx context.Context, verb string, more ...string) outcome {
	if s.Project.Runtime == "java" {
		s.alone.Lock()
		defer s.alone.Unlock()
	}
	did := s.run.pulumi(ctx, verb, more...)
	// A copy, so that nothing of a longer text is held.
	did.report.Stdout = strings.Clone(withoutMiddle(did.report.Stdout, maxPrinted))
	did.report.Stderr = strings.Clone(withoutMiddle(did.report.Stderr, maxPrinted))
	return did
}

// maxPrinted is how much is kept of what Pulumi prints of one of many stacks: 200 of them have to fit into memory.
const maxPrinted = 256 << 10
