package sticky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"dagger/iac/marker"
)

// Merged gives the number of the pull request whose merge a commit is, or 0 where that is not sure: GitHub lists those
// that hold the commit, of which only one that was merged counts.
func (p *Publisher) Merged(ctx context.Context, commit string) (number int, err error) {
	err = p.patiently(ctx, state{}, func(run *publication) error {
		number, err = run.merged(commit)
		return err
	})
	return number, err
}

func (p *publication) merged(commit string) (int, error) {
	a, err := p.ask("--paginate", fmt.Sprintf("repos/%s/%s/commits/%s/pulls", p.Repository.Owner, p.Repository.Name, commit),
		"--jq", ".[] | select(.merged_at != null) | {number, sha: .merge_commit_sha}")
	if a.status == http.StatusUnprocessableEntity {
		// GitHub does not know the commit.
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var all []int
	for _, value := range a.values {
		var pr struct {
			Number int
			SHA    string
		}
		if err := json.Unmarshal(value, &pr); err != nil {
			return 0, fmt.Errorf("invalid answer of GitHub about a pull request: %w", err)
		}
		if pr.SHA == commit {
			return pr.Number, nil
		}
		all = append(all, pr.Number)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return 0, nil
}

// Reviewed gives the marker of the comment with the same project, stack and key as m. An error says why none can be
// trusted: it is not there, or somebody else has changed it.
func (p *Publisher) Reviewed(ctx context.Context, m marker.Marker) (found marker.Marker, err error) {
	err = p.patiently(ctx, state{marker: m}, func(run *publication) error {
		if err := run.look(); err != nil {
			return err
		}
		if len(run.found) == 0 {
			return fmt.Errorf("%s has no comment of a preview of this stack, written by the owner of github-token", run.title())
		}
		latest := run.found[0]
		for _, c := range run.found[1:] {
			if run.began(c).After(run.began(latest)) {
				latest = c
			}
		}
		found = latest.Marker
		if latest.Editor != "" && latest.Editor != latest.Author {
			return errors.New("the preview's comment was edited by " + latest.Editor + ": " + latest.URL)
		}
		return nil
	})
	return found, err
}
