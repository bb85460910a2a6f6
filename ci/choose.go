package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"dagger/iac/internal/dagger"
	"dagger/iac/stacks"
)

// choosing is what a verb over many stacks was told about which ones.
type choosing struct {
	Organization string
	Only, Skip   []string
	All          bool
	ChangedFiles *dagger.File
	MaxStacks    int
	// Parallel is how many stacks are worked on at once.
	Parallel int
}

// check says what is wrong with the values, before anything runs.
func (c choosing) check() error {
	var badOrganization, badParallel, badMax, badFiles error
	if c.Organization != "" && !organization.MatchString(c.Organization) {
		badOrganization = fmt.Errorf("invalid organization %q: want letters, digits, `-`, `_` and `.`, not beginning with `-`", c.Organization)
	}
	if c.Parallel < 1 || c.Parallel > 16 {
		badParallel = fmt.Errorf("invalid parallel %d: want 1 to 16, the number of stacks to work on at once", c.Parallel)
	}
	if c.MaxStacks < 1 || c.MaxStacks > maxMaxStacks {
		badMax = fmt.Errorf("invalid max-stacks %d: want 1 to %d", c.MaxStacks, maxMaxStacks)
	}
	if c.All && c.ChangedFiles != nil {
		badFiles = errors.New("all and changed-files are both given: want one of them")
	}
	return errors.Join(badOrganization, badParallel, badMax, badFiles)
}

const maxMaxStacks = 1000

// choose gives the stacks that the call is about.
func (c choosing) choose(ctx context.Context, r *run, src *dagger.Directory, p *publication) (stacks.Choice, string, error) {
	reading := start(func() (repository, error) { return readRepository(ctx, src) }) // without policy packs
	changes, noChanges := c.changes(ctx, r, src, p)
	read, noRead := reading.wait()
	if err := errors.Join(noRead, noChanges); err != nil {
		return stacks.Choice{}, read.dir, err
	}
	choice, err := read.Choose(stacks.Selection{Only: c.Only, Skip: c.Skip, All: c.All, Changes: changes, Max: c.MaxStacks})
	for _, text := range choice.Warnings {
		warn(r.shown(text))
	}
	return choice, read.dir, err
}

// repository is what src holds, with the folder in which its manifests lie.
type repository struct {
	*stacks.Repository
	dir string
}

// readRepository brings the manifests, and where they are needed the Go files, into this function's own file system: one
// question to the engine instead of one for each file.
func readRepository(ctx context.Context, src *dagger.Directory) (r repository, err error) {
	if r.dir, err = os.MkdirTemp("", "iac-manifests"); err != nil {
		return r, err
	}
	if err := exportOnly(ctx, src, stacks.Manifests, r.dir); err != nil {
		return r, err
	}
	root, err := os.OpenRoot(r.dir) // no link leads out of it
	if err != nil {
		return r, err
	}
	if r.Repository, err = stacks.Read(root.FS()); err != nil {
		return r, err
	}
	if sources := r.GoFiles(); len(sources) > 0 {
		err = exportOnly(ctx, src, sources, r.dir)
	}
	return r, err
}

func exportOnly(ctx context.Context, src *dagger.Directory, include []string, dir string) error {
	if _, err := src.Filter(dagger.DirectoryFilterOpts{Include: include}).Export(ctx, dir); err != nil {
		return fmt.Errorf("src cannot be read: %s", explain(err))
	}
	return nil
}

// changes are the files that decide which stacks are touched.
func (c choosing) changes(ctx context.Context, r *run, src *dagger.Directory, p *publication) (stacks.Changes, error) {
	switch {
	case c.All:
		return stacks.Changes{}, nil
	case c.ChangedFiles != nil:
		text, err := c.ChangedFiles.Contents(ctx)
		if err != nil {
			return stacks.Changes{}, fmt.Errorf("changed-files cannot be read: %s", explain(err))
		}
		return stacks.ParseChanges(text)
	}
	of, err := r.changed(ctx, src, p)
	if err != nil {
		return stacks.Changes{}, err
	}
	files, more, err := of.publisher().Files(ctx)
	if err != nil {
		return stacks.Changes{}, err
	}
	if more {
		return stacks.Changes{Everything: fmt.Sprintf("%s changes more files than GitHub lists", of.target)}, nil
	}
	var changes stacks.Changes
	var there []string
	for _, f := range files {
		changes.Files = append(changes.Files, stacks.File{Path: f.Path, Previous: f.Previous})
		if !f.Removed {
			there = append(there, f.Path)
		}
	}
	return changes, checkThere(ctx, src, of.target, there)
}

// whichStacks asks for what no pull request tells.
const whichStacks = "give --all, or --changed-files with the paths that changed"

// changed gives a run whose target is the pull request of the change: the one that is previewed, or the merged one of the
// commit.
func (r *run) changed(ctx context.Context, src *dagger.Directory, p *publication) (*run, error) {
	if p == nil {
		return nil, errors.New("missing changed-files: which stacks does the change touch? " + whichStacks)
	}
	if p.Token == nil {
		return nil, errors.New("missing github-token: it is not known which stacks the change touches: give the token, " + whichStacks[len("give "):])
	}
	of := *r
	if of.target == nil {
		merged := *p
		merged.Ref, merged.Merged = "", true
		var err error
		if of.target, _, err = merged.find(ctx, src); err != nil {
			return nil, err
		}
		if of.target == nil { // an empty token, and no repository
			return nil, errors.New("it is not known which stacks the change touches, and github-token is empty: " + whichStacks)
		}
	}
	if of.target.number > 0 {
		return &of, nil
	}
	found, err := of.merged(ctx, of.findMerge(ctx))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is not known which stacks the change touches: %s: %s", err, whichStacks)
	case found.number == 0:
		return nil, fmt.Errorf("it is not known which stacks the change touches: %s: %s", found.why, whichStacks)
	}
	warn("the changed files are those of " + of.target.String())
	return &of, nil
}

// checkThere says when src is not the root of the repository, by whose paths GitHub names files: no stack would seem to be
// touched then.
func checkThere(ctx context.Context, src *dagger.Directory, of *target, files []string) error {
	const enough, atOnce = 200, 8
	if isRoot, err := src.Exists(ctx, ".git"); err != nil || isRoot {
		return err
	}
	files = files[:min(len(files), enough)]
	missing := make([]error, len(files))
	sideBySide(atOnce, len(files), func(i int) {
		there, err := src.Exists(ctx, files[i])
		if err == nil && !there {
			err = fmt.Errorf("src: %s changes %q, which is not in this folder: want the root of the repository, at the commit of the pull request; or %s, as paths in src", of, files[i], whichStacks)
		}
		missing[i] = err
	})
	if i := slices.IndexFunc(missing, func(err error) bool { return err != nil }); i >= 0 {
		return missing[i]
	}
	return nil
}
