package main

import (
	"context"
	"encoding/json"
	"errors"

	"dagger/iac/internal/dagger"
)

// Prints the stacks that a change touches, or with --all every stack, as JSON, without running Pulumi
//
// [{"dir", "project", "stack", "why", "after"}]: dir is for --work-dir, stack for --stack, why says what touches it, and
// after holds the stacks that iac.yaml puts before it, as folder:stack. One whose files are gone has "removed" too.
//
// +cache="never"
func (m *Iac) Stacks(
	ctx context.Context,
	// Root of the repository; that of dagger.json if left out
	//
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/venv", "**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/bin/Debug", "**/bin/Release", "**/obj/Debug", "**/obj/Release", ".git/*", "!.git/config", "!.git/HEAD", "!.git/packed-refs", "!.git/refs"]
	src *dagger.Directory,
	// Organization of the stacks in Pulumi Cloud; without it Pulumi's default one
	//
	// +optional
	organization string,
	// Take only stacks whose folder:stack matches one of these, such as infra/*:prod, where * is any text
	//
	// +optional
	only []string,
	// Leave out stacks whose folder:stack matches one of these, such as *:dev
	//
	// +optional
	skip []string,
	// Take every stack, whatever changed
	//
	// +optional
	all bool,
	// File with the paths in src that changed, one per line, as `git diff --no-renames --name-only` gives them
	//
	// +optional
	changedFiles *dagger.File,
	// Largest number of stacks to take; if there are more, nothing is run
	//
	// +optional
	// +default=50
	maxStacks int,
	// Token that may read the pull request, such as env://GITHUB_TOKEN
	//
	// +optional
	githubToken *dagger.Secret,
	// Pull request: $GITHUB_REF, a number, a URL or what another CI system calls it; read from ci-variables if left out
	//
	// +optional
	githubRef string,
	// Repository, as owner/name or a URL; read from the pull request's URL, from ci-variables or from .git/config in src if left out
	//
	// +optional
	githubRepository string,
	// Commit whose merged pull request tells the changed files; read from .git in src if left out
	//
	// +optional
	commit string,
) (string, error) {
	p := &publication{Token: githubToken, Ref: githubRef, Repository: githubRepository, Commit: commit, Variables: m.CiVariables}
	c := choosing{Organization: organization, Only: only, Skip: skip, All: all, ChangedFiles: changedFiles, MaxStacks: maxStacks, Parallel: 1}
	bare := &Iac{OwnContainer: true, PulumiVersion: m.PulumiVersion, GhVersion: m.GhVersion, CiVariables: m.CiVariables}
	if all || changedFiles != nil {
		p = nil // no pull request is asked for
	}
	b := bare.begin(ctx, "stacks", settings{Src: src, Publication: p})
	b.badValue = errors.Join(c.check(), b.badValue)
	if _, err := b.settle(nil); err != nil {
		return "", err
	}
	choice, manifests, err := c.choose(ctx, b.run, src, p)
	defer removeAll(manifests)
	if err != nil {
		return "", err
	}
	list := []stackEntry{}
	for _, s := range choice.Stacks {
		list = append(list, stackEntry{s.Dir, s.Project.Name, c.stackName(s), s.Why, append([]string{}, s.After...), false})
	}
	for _, gone := range choice.Removed {
		list = append(list, stackEntry{gone.Dir, "", gone.Stack, gone.Why, []string{}, true})
	}
	text, err := json.Marshal(list)
	return string(text) + "\n", err
}

// stackEntry is a stack in JSON.
type stackEntry struct {
	Dir     string   `json:"dir"`
	Project string   `json:"project"`
	Stack   string   `json:"stack"`
	Why     string   `json:"why"`
	After   []string `json:"after"`
	Removed bool     `json:"removed,omitempty"`
}
