package sticky

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"dagger/iac/marker"
)

// Merged gives the number of the pull request whose merge a commit is, or 0 and why none surely is: GitHub lists all
// that hold the commit, of forks too.
func (p *Publisher) Merged(ctx context.Context, commit string) (number int, why string, err error) {
	err = p.patiently(ctx, state{}, func(run *publication) error {
		number, why, err = run.merged(commit)
		return err
	})
	return number, why, err
}

func (p *publication) merged(commit string) (number int, why string, err error) {
	repository := p.Repository.Owner + "/" + p.Repository.Name
	name, err := json.Marshal(strings.ToLower(repository))
	if err != nil {
		return 0, "", err
	}
	a, err := p.ask("--paginate", fmt.Sprintf("repos/%s/commits/%s/pulls?per_page=100", repository, commit), "--jq",
		fmt.Sprintf(".[] | select(.merged_at != null and (.base.repo.full_name | ascii_downcase) == %s) | {number, sha: .merge_commit_sha}", name))
	if a.status == http.StatusUnprocessableEntity {
		return 0, fmt.Sprintf("%s does not know the commit %s", p.Repository, commit), nil
	}
	if err != nil {
		return 0, "", err
	}
	var all, merges []int
	for _, value := range a.values {
		var pr struct {
			Number int
			SHA    string
		}
		if err := json.Unmarshal(value, &pr); err != nil {
			return 0, "", fmt.Errorf("invalid answer of GitHub about a pull request: %w", err)
		}
		all = append(all, pr.Number)
		if strings.HasPrefix(pr.SHA, strings.ToLower(commit)) {
			merges = append(merges, pr.Number)
		}
	}
	switch {
	case len(merges) == 1:
		return merges[0], "", nil
	case len(all) == 1:
		return all[0], "", nil
	case len(all) == 0:
		return 0, fmt.Sprintf("no merged pull request of %s has the commit %s", p.Repository, commit), nil
	}
	slices.Sort(all)
	var names []string
	for _, n := range all {
		names = append(names, fmt.Sprintf("#%d", n))
	}
	return 0, fmt.Sprintf("several merged pull requests of %s have the commit %s: %s", p.Repository, commit, strings.Join(names, ", ")), nil
}

// Reviewed gives the marker of the comment with the same project, stack and key as m. An error says why none can be
// trusted: it is not there, or somebody else has changed it.
func (p *Publisher) Reviewed(ctx context.Context, m marker.Marker) (found marker.Marker, err error) {
	err = p.patiently(ctx, state{marker: m}, func(run *publication) error {
		found, err = run.reviewed()
		return err
	})
	return found, err
}

func (p *publication) reviewed() (marker.Marker, error) {
	if err := p.look(); err != nil {
		return marker.Marker{}, err
	}
	if len(p.found) == 0 {
		return marker.Marker{}, fmt.Errorf("%s has no comment of a preview of this stack that is by the owner of github-token and not hidden", p.title())
	}
	latest := p.found[0]
	for _, c := range p.found {
		if c.Editor != "" {
			return marker.Marker{}, fmt.Errorf("the preview's comment was edited by %s: %s", c.Editor, c.URL)
		}
		if p.began(c).After(p.began(latest)) {
			latest = c
		}
	}
	return latest.Marker, nil
}
