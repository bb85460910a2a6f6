package sticky

import (
	"context"
	"encoding/json"
	"fmt"
)

// maxFiles is how many files of a pull request GitHub lists.
const maxFiles = 3000

// File is one that a pull request changes. Its paths begin at the root of the repository.
type File struct {
	Path string
	// Previous is the path that a renamed file had before, empty for others.
	Previous string
	Removed  bool
}

// Files gives the files that the pull request changes. More is true where there may be others: GitHub lists no more
// than 3,000.
func (p *Publisher) Files(ctx context.Context) (files []File, more bool, err error) {
	err = p.patiently(ctx, state{}, func(run *publication) error {
		files, err = run.files()
		return err
	})
	return files, len(files) >= maxFiles, err
}

func (p *publication) files() ([]File, error) {
	a, err := p.ask("--paginate", fmt.Sprintf("repos/%s/%s/pulls/%d/files?per_page=100", p.Repository.Owner, p.Repository.Name, p.Number),
		"--jq", `.[] | {path: .filename, removed: (.status == "removed")} + if .status == "renamed" then {previous: .previous_filename} else {} end`)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, value := range a.values {
		var f File
		if err := json.Unmarshal(value, &f); err != nil || f.Path == "" {
			return nil, fmt.Errorf("invalid answer of GitHub about a file of %s: %s", p.title(), value)
		}
		files = append(files, f)
	}
	return files, nil
}
