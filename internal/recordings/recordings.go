// Package recordings reads testdata/recordings: runs of the real Pulumi CLI, each with what it printed, its exit code
// and its event log. internal/cmd/record makes them.
package recordings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"dagger/iac/report"
)

// Recording is one run.
type Recording struct {
	Name           string
	Stdout, Stderr string
	ExitCode       int
	// Events is the event log, nil where Pulumi wrote none.
	Events []byte
}

// Read reads the recording in a folder.
func Read(dir string) (Recording, error) {
	r := Recording{Name: filepath.Base(dir)}
	files := map[string][]byte{}
	for _, name := range []string{"stdout", "stderr", "exit", "events.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && (name != "events.jsonl" || !errors.Is(err, fs.ErrNotExist)) {
			return r, err
		}
		files[name] = text
	}
	r.Stdout, r.Stderr, r.Events = string(files["stdout"]), string(files["stderr"]), files["events.jsonl"]
	var err error
	r.ExitCode, err = strconv.Atoi(strings.TrimSpace(string(files["exit"])))
	return r, err
}

// All reads all recordings below a folder. There must be some.
func All(folder string) ([]Recording, error) {
	dirs, err := filepath.Glob(filepath.Join(folder, "*", "exit"))
	if err != nil || len(dirs) < 15 {
		return nil, fmt.Errorf("there are %d recordings in %s, want at least 15: run make recordings (%v)", len(dirs), folder, err)
	}
	var all []Recording
	for _, file := range dirs {
		r, err := Read(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// Report is what the module reads from the recording.
func (r Recording) Report() (report.Report, error) {
	out, err := report.FromLog(bytes.NewReader(r.Events))
	out.ExitCode, out.Stdout, out.Stderr = r.ExitCode, r.Stdout, r.Stderr
	if out.NoLog {
		out.Preview = strings.Contains(r.Stdout, "Previewing ")
	}
	return out, err
}
