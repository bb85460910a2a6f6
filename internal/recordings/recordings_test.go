// Package recordings tests what is read from outputs of the real Pulumi CLI.
package recordings

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dagger/iac/report"
)

var update = flag.Bool("update", false, "write the reports that are read as golden files")

const folder = "../../testdata/recordings"

// recording is a run of the CLI, recorded twice.
type recording struct {
	name          string
	apart, joined report.Run
}

// recordings reads all recordings. There must be some.
func recordings(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "exit"))
	if err != nil || len(files) < 15 {
		t.Fatalf("there are %d recordings in %s, and must be at least 15: run make recordings (%v)", len(files), folder, err)
	}
	var all []recording
	for _, file := range files {
		dir := filepath.Dir(file)
		exit, err := strconv.Atoi(strings.TrimSpace(read(t, file)))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		r := recording{name: filepath.Base(dir)}
		stdout := read(t, filepath.Join(dir, "stdout"))
		only := !strings.Contains(r.name, "up") && !strings.Contains(r.name, "destroy") && !strings.Contains(r.name, "refresh")
		r.apart = report.Run{Stdout: stdout, Stderr: read(t, filepath.Join(dir, "stderr")), ExitCode: exit, Preview: only}
		r.joined = report.Run{Stdout: read(t, filepath.Join(dir, "joined")), ExitCode: exit, Preview: only}
		all = append(all, r)
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// golden is a report as it is kept: the diff by its lines, the text not at all, since it is the recording.
type golden struct {
	report.Report
	Text string `json:",omitempty"`
	Diff []string
}

func TestEveryRecordingIsReadAsBefore(t *testing.T) {
	for _, r := range recordings(t) {
		t.Run(r.name, func(t *testing.T) {
			got := report.Parse(r.apart)
			kept := golden{Report: got, Diff: strings.Split(got.Diff, "\n")}
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(kept); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(folder, r.name, "report.json")
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(read(t, file), b.String()); diff != "" {
				t.Errorf("go test ./internal/recordings -update accepts this (- before, + now):\n%s", diff)
			}
		})
	}
}

func TestJoinedOutputSaysTheSame(t *testing.T) {
	// Of messages of several lines joined output tells less, and the order of things that happen at the
	// same time is another one in each of the two runs.
	messages := cmp.FilterPath(func(p cmp.Path) bool {
		return strings.HasSuffix(p.String(), "Diagnostics.Message")
	}, cmp.Comparer(func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }))
	ignored := cmpopts.IgnoreFields(report.Report{}, "Text", "Diff", "Duration")
	resources := cmpopts.SortSlices(func(a, b report.Resource) bool { return a.URN < b.URN })
	diagnostics := cmpopts.SortSlices(func(a, b report.Diagnostic) bool {
		return a.Name+a.Severity+a.Message < b.Name+b.Severity+b.Message
	})
	for _, r := range recordings(t) {
		t.Run(r.name, func(t *testing.T) {
			apart, joined := report.Parse(r.apart), report.Parse(r.joined)
			if diff := cmp.Diff(apart, joined, messages, ignored, resources, diagnostics); diff != "" {
				t.Errorf("- apart, + joined:\n%s", diff)
			}
		})
	}
}

func TestNoRecordingIsDisputed(t *testing.T) {
	for _, r := range recordings(t) {
		for _, run := range []report.Run{r.apart, r.joined} {
			got := report.Parse(run)
			if got.Disputed || run.ExitCode == 0 && !got.Summarised {
				t.Errorf("%s: disputed %t, summarised %t", r.name, got.Disputed, got.Summarised)
			}
		}
	}
}

func TestEveryChangeIsNamed(t *testing.T) {
	for _, r := range recordings(t) {
		if !strings.Contains(r.apart.Stdout, "[urn=") {
			continue // recorded without --diff
		}
		got := report.Parse(r.apart)
		named := map[report.Operation]int{}
		for _, resource := range got.Resources {
			named[resource.Operation]++
		}
		for _, c := range got.Counts {
			if named[c.Operation] < c.Number {
				t.Errorf("%s: %d of %d to %s are named", r.name, named[c.Operation], c.Number, c.Operation)
			}
		}
	}
}

// The diff has all that tells a change, and nothing of the rest.
func TestTheDiffIsTheChanges(t *testing.T) {
	for _, r := range recordings(t) {
		for _, run := range []report.Run{r.apart, r.joined} {
			got := report.Parse(run)
			lines := strings.Split(got.Diff, "\n")
			for _, resource := range got.Resources {
				if !strings.Contains(got.Diff, "[urn="+resource.URN+"]") {
					t.Errorf("%s: %s is not in the diff", r.name, resource.URN)
				}
			}
			for _, line := range lines {
				for _, other := range []string{"Previewing ", "View Live: ", "Resources:", "Duration: ", "warning: ", "error: "} {
					if strings.HasPrefix(line, other) {
						t.Errorf("%s: %q is in the diff", r.name, line)
					}
				}
			}
		}
	}
}

// However an output was cut off, what is still told must be true.
func TestACutOutputTellsNothingWrong(t *testing.T) {
	for _, r := range recordings(t) {
		if !r.joined.Preview {
			continue // what is cut off within the preview before a run tells what the preview said
		}
		whole := report.Parse(r.joined)
		counts, urns := map[report.Count]bool{}, map[string]bool{}
		for _, c := range whole.Counts {
			counts[c] = true
		}
		for _, resource := range whole.Resources {
			urns[string(resource.Operation)+resource.URN] = true
		}
		text := r.joined.Stdout
		for at := 0; at < len(text); at += 1 + len(text)/400 {
			run := r.joined
			run.Stdout = text[:at]
			got := report.Parse(run)
			for _, c := range got.Counts {
				if !counts[c] {
					t.Fatalf("%s cut at %d: %d to %s", r.name, at, c.Number, c.Operation)
				}
			}
			for _, resource := range got.Resources {
				if !urns[string(resource.Operation)+resource.URN] {
					t.Fatalf("%s cut at %d: %v", r.name, at, resource)
				}
			}
			if len(got.Counts) < len(whole.Counts) && len(got.Counts) > 0 && !got.Disputed && run.ExitCode == 0 {
				t.Fatalf("%s cut at %d: only %v is counted, and nothing disputed", r.name, at, got.Counts)
			}
		}
	}
}
