package main

import (
	"context"
	"encoding/json"

	"dagger/iac/cisystem"
	"dagger/iac/internal/dagger"
)

// Prints which pull request a preview would comment on, as JSON, and touches nothing
//
// {"system", "host", "repository", "number", "commit"}: the number is 0 where there is none, and "why" says why.
//
// +cache="never"
func (m *Iac) PullRequest(
	ctx context.Context,
	// Folder with the program; the root of the repository if left out
	//
	// +defaultPath="/"
	// +ignore=["*", "!.git", ".git/*", "!.git/config", "!.git/HEAD", "!.git/packed-refs", "!.git/refs"]
	src *dagger.Directory,
	// Pull request, as for preview
	//
	// +optional
	githubRef string,
	// Repository, as for preview
	//
	// +optional
	githubRepository string,
) (string, error) {
	p := publication{Ref: githubRef, Repository: githubRepository, Variables: m.CiVariables}
	found, err := cisystem.Find(p.input(ctx, src))
	if err != nil {
		return "", err
	}
	found.Commit = headOf(ctx, src)
	text, err := json.Marshal(found)
	return string(text) + "\n", err
}
