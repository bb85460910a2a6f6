package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"dagger/iac/project"
)

// chooser is at work on one selection.
type chooser struct {
	r *Repository
	s Selection
	// kept are the stacks after Only and Skip, units those that have one of them.
	kept  map[*stack]bool
	units []*unit
	uses  map[*unit]uses
	hits  map[*stack]*hits
	// lost are the folders that a stack was removed from.
	lost map[string]bool
}

// How near a file is to the stack that it touches.
const (
	ownFile = iota
	ownFolder
	sharedFile
)

// hit is how a file touches a stack: its name as it is shown, and what the stack uses it for if it is not its own.
type hit struct {
	rank         int
	name, shared string
}

func (h hit) why() string {
	if h.shared == "" {
		return h.name
	}
	return h.name + " (" + h.shared + ")"
}

// hits are the files that touch a stack: the one that says it best, and how many there are.
type hits struct {
	best  hit
	count int
}

func (h *hits) why() string {
	switch h.count {
	case 1:
		return h.best.why()
	case 2:
		return h.best.why() + " and 1 more file"
	}
	return fmt.Sprintf("%s and %d more files", h.best.why(), h.count-1)
}

// Choose gives the stacks that a selection means, or says why it cannot be met. Where GoFiles is not empty, the tree has
// to hold those files by now.
func (r *Repository) Choose(s Selection) (Choice, error) {
	c := &chooser{r: r, s: s, kept: map[*stack]bool{}, uses: map[*unit]uses{}, hits: map[*stack]*hits{}, lost: map[string]bool{}}
	var gone []Removed
	if !s.All {
		gone = r.removed(s.Changes.Files)
		if err := r.checkRoot(s.Changes, gone); err != nil {
			return Choice{}, err
		}
	}
	for _, g := range gone {
		c.lost[g.Dir] = true
	}
	if err := c.keep(gone); err != nil {
		return Choice{}, err
	}
	if err := errors.Join(c.checkOutside(), c.checkTwice(), c.checkOrder(), c.gatherUses()); err != nil {
		return Choice{}, err
	}
	c.touch()
	chosen, err := c.chosen()
	if err == nil {
		err = checkMax(chosen, s.Max)
	}
	if err != nil {
		return Choice{}, err
	}
	return Choice{Stacks: chosen, Removed: c.allowed(gone), Total: len(c.kept), Warnings: c.warnings()}, nil
}

// allows tells whether Only and Skip leave a stack.
func (c *chooser) allows(id string) bool {
	matches := func(glob string) bool { return matchText(glob, id) }
	return (len(c.s.Only) == 0 || slices.ContainsFunc(c.s.Only, matches)) && !slices.ContainsFunc(c.s.Skip, matches)
}

func (c *chooser) allowed(gone []Removed) []Removed {
	return slices.DeleteFunc(slices.Clone(gone), func(g Removed) bool { return !c.allows(g.id()) })
}

// keep finds the stacks that Only and Skip leave. Without any there is nothing to do, but to tell what is gone.
func (c *chooser) keep(gone []Removed) error {
	var ids []string
	for _, u := range c.r.units {
		for _, s := range u.stacks {
			ids = append(ids, s.id())
			if c.allows(s.id()) {
				c.kept[s] = true
			}
		}
		if slices.ContainsFunc(u.stacks, func(s *stack) bool { return c.kept[s] }) {
			c.units = append(c.units, u)
		}
	}
	if len(ids) == 0 && len(gone) == 0 {
		return errors.Join(c.checkOutside(), c.r.nothing())
	}
	err := errors.Join(checkGlobs("only", c.s.Only, ids, gone), checkGlobs("skip", c.s.Skip, ids, gone))
	if err == nil && len(c.kept) == 0 && len(c.allowed(gone)) == 0 {
		err = fmt.Errorf("--only and --skip leave none of the stacks in src: there are %s", some(ids))
	}
	return err
}

// nothing says why a repository has no stack.
func (r *Repository) nothing() error {
	if len(r.units) == 0 {
		return errors.New("no Pulumi project in src: want a Pulumi.yaml and a Pulumi.<stack>.yaml beside it")
	}
	for _, u := range r.units {
		if u.broken != nil {
			return u.fault()
		}
	}
	u := r.units[0]
	where := "beside it"
	if u.config != u.dir {
		where = "in " + shown(u.config)
	}
	return fmt.Errorf("no Pulumi project with a stack in src: %s has no Pulumi.<stack>.yaml %s", shown(u.file), where)
}

func (u *unit) fault() error { return fmt.Errorf("%s is broken: %w", shown(u.file), u.broken) }

// checkGlobs refuses globs that are empty or match nothing.
func checkGlobs(flag string, globs, ids []string, gone []Removed) error {
	for _, glob := range globs {
		matches := func(id string) bool { return matchText(glob, id) }
		switch {
		case glob == "":
			return fmt.Errorf("empty --%s: want a glob on folder:stack, such as infra/*:prod", flag)
		case slices.ContainsFunc(ids, matches):
		case slices.ContainsFunc(gone, func(g Removed) bool { return matches(g.id()) }):
		default:
			return fmt.Errorf("--%s %q matches no stack: there are %s", flag, glob, some(ids))
		}
	}
	return nil
}

// some lists up to ten IDs.
func some(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	var list []string
	for _, id := range ids[:min(10, len(ids))] {
		list = append(list, shown(id))
	}
	text := strings.Join(list, ", ")
	if len(ids) > 10 {
		text += fmt.Sprintf(" and %d more", len(ids)-10)
	}
	return text
}

// checkOutside refuses projects whose stacks cannot be looked for.
func (c *chooser) checkOutside() error {
	var errs []error
	for _, u := range c.r.units {
		may := func(glob string) bool { return mayMatch(glob, u.dir+":") }
		if u.outside != nil && (len(c.s.Only) == 0 || slices.ContainsFunc(c.s.Only, may)) &&
			!slices.ContainsFunc(c.s.Skip, func(glob string) bool { return matchText(glob, u.dir+":") }) {
			errs = append(errs, u.outside)
		}
	}
	return joined(errs)
}

// checkTwice refuses two projects that mean the same stack.
func (c *chooser) checkTwice() error {
	var errs []error
	first := map[string]*stack{}
	for _, u := range c.units {
		for _, s := range u.stacks {
			if !c.kept[s] || u.broken != nil {
				continue
			}
			name := u.Name + "/" + s.name
			if other := first[name]; other != nil {
				errs = append(errs, fmt.Errorf("%s and %s are both the stack %s of the project %s: give one of the projects another name, or leave one out by --skip", shown(other.id()), shown(s.id()), shown(s.name), u.Name))
				continue
			}
			first[name] = s
		}
	}
	return joined(errs)
}

// checkOrder refuses an order in iac.yaml that cannot be kept.
func (c *chooser) checkOrder() error {
	var ids []string
	for _, u := range c.units {
		for _, s := range u.stacks {
			if c.kept[s] {
				ids = append(ids, s.id())
			}
		}
	}
	if _, err := Levels(ids, c.r.config.after); err != nil {
		return fmt.Errorf("iac.yaml: %w", err)
	}
	return nil
}

// gatherUses finds what the projects use outside their own folders.
func (c *chooser) gatherUses() error {
	var errs []error
	for _, u := range c.units {
		if u.broken != nil {
			continue
		}
		uses, err := c.r.usesOf(u)
		if err != nil {
			errs = append(errs, err)
		}
		c.uses[u] = uses
	}
	return joined(errs)
}

// touch finds the stacks that the change touches.
func (c *chooser) touch() {
	reason := c.s.Changes.Everything
	if c.s.All {
		reason = "--all"
	}
	if reason != "" {
		for s := range c.kept {
			c.hits[s] = &hits{hit{ownFile, reason, ""}, 1}
		}
		return
	}
	seen := map[File]bool{}
	for _, f := range c.s.Changes.Files {
		if seen[f] {
			continue
		}
		seen[f] = true
		found := map[*stack]hit{}
		for _, name := range []string{f.Path, f.Previous} {
			if name != "" {
				c.file(name, shown(name), found)
				for _, link := range c.r.links[name] {
					c.file(link, shown(name)+" (linked as "+shown(link)+")", found)
				}
			}
		}
		for s, h := range found {
			c.count(s, h)
		}
	}
}

func (c *chooser) count(s *stack, h hit) {
	old := c.hits[s]
	if old == nil {
		c.hits[s] = &hits{h, 1}
		return
	}
	old.count++
	if h.rank < old.best.rank {
		old.best = h
	}
}

// file finds the stacks that a file touches, which is shown in this way.
func (c *chooser) file(name, show string, found map[*stack]hit) {
	add := func(s *stack, h hit) {
		if old, ok := found[s]; c.kept[s] && (!ok || h.rank < old.rank) {
			found[s] = h
		}
	}
	owners := c.r.owners(name)
	for _, o := range owners {
		if s := o.unit.stack(o.name); s != nil {
			add(s, hit{ownFile, show, ""})
		}
	}
	if u := c.nearest(name); u != nil && owners == nil {
		for _, s := range u.stacks {
			add(s, hit{ownFolder, show, ""})
		}
	}
	for _, u := range c.units {
		shared := c.uses[u].match(name, owners != nil, c.r)
		if watch := c.r.config.watch[u]; shared == "" && watch.match(name) {
			shared = "watch in iac.yaml"
		}
		for _, s := range u.stacks {
			// A submodule of git's is named by its folder.
			if below(name, u.dir) {
				add(s, hit{ownFolder, show, ""})
			}
			if shared != "" {
				add(s, hit{sharedFile, show, shared})
			}
		}
	}
}

// nearest gives the unit whose folder is the nearest at or above a file, nil where there is none. A project without a stack,
// such as a template, is part of the one around it, unless the change took its last stack.
func (c *chooser) nearest(file string) *unit {
	for dir := range up(path.Dir(file)) {
		if u := c.r.byDir[dir]; u != nil && (len(u.stacks) > 0 || u.outside != nil || c.lost[dir]) {
			return u
		}
	}
	return nil
}

// chosen gives the stacks that were touched.
func (c *chooser) chosen() ([]Stack, error) {
	var chosen []Stack
	var errs []error
	for _, u := range c.units {
		broken := false
		for _, s := range u.stacks {
			h := c.hits[s]
			if h == nil {
				continue
			}
			broken = broken || u.broken != nil
			if err := s.check(); err != nil {
				errs = append(errs, err)
			}
			chosen = append(chosen, Stack{Dir: u.dir, Project: u.Project, Name: s.name, Why: h.why()})
		}
		if broken {
			errs = append(errs, u.fault())
		}
	}
	slices.SortFunc(chosen, func(a, b Stack) int { return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Name, b.Name)) })
	c.order(chosen)
	return chosen, joined(errs)
}

// check says what is wrong with the names that a stack is run under.
func (s *stack) check() error {
	if err := project.CheckStack(s.name); err != nil {
		return fmt.Errorf("%s: %w", shown(s.file), err)
	}
	if s.unit.dir != "." && project.CheckWorkDir(s.unit.dir) != nil {
		return fmt.Errorf("invalid folder %q of a project: want a name without \\ * ? [ and control characters that does not begin with -", s.unit.dir)
	}
	return nil
}

// order says which of the chosen stacks go before each, also by way of those that are not chosen.
func (c *chooser) order(chosen []Stack) {
	isChosen := map[string]bool{}
	for _, s := range chosen {
		isChosen[s.ID()] = true
	}
	for i := range chosen {
		seen := map[string]bool{chosen[i].ID(): true}
		for todo := slices.Clone(c.r.config.after[chosen[i].ID()]); len(todo) > 0; {
			id := todo[0]
			todo = todo[1:]
			if seen[id] {
				continue
			}
			seen[id] = true
			if isChosen[id] {
				chosen[i].After = append(chosen[i].After, id)
				continue
			}
			todo = append(todo, c.r.config.after[id]...)
		}
		slices.Sort(chosen[i].After)
	}
}

// warnings tell of broken projects that are not chosen, or the choice would have failed.
func (c *chooser) warnings() []string {
	var list []string
	for _, u := range c.r.units {
		if u.broken != nil {
			list = append(list, u.fault().Error())
		}
	}
	return append(list, c.r.brokenNodes()...)
}

// maxListed is up to how many lines a list in an error has, maxChosen that of the stacks that are too many.
const (
	maxListed = 60
	maxChosen = 200
)

// joined joins errors, of very many the first.
func joined(errs []error) error {
	if len(errs) > maxListed {
		errs = append(errs[:maxListed:maxListed], fmt.Errorf("… and %d more", len(errs)-maxListed))
	}
	return errors.Join(errs...)
}

// checkMax refuses more stacks than are allowed, with the reason for each.
func checkMax(chosen []Stack, most int) error {
	if most <= 0 || len(chosen) <= most {
		return nil
	}
	var list strings.Builder
	for _, s := range chosen[:min(maxChosen, len(chosen))] {
		fmt.Fprintf(&list, "\n  %s  (%s)", shown(s.ID()), s.Why)
	}
	if len(chosen) > maxChosen {
		fmt.Fprintf(&list, "\n  … and %d more", len(chosen)-maxChosen)
	}
	return fmt.Errorf("%d stacks are chosen, more than --max-stacks %d: raise it, or choose fewer by --only and --skip%s", len(chosen), most, list.String())
}
