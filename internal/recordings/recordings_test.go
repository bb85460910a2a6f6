package recordings

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dagger/iac/plan"
	"dagger/iac/report"
)

var update = flag.Bool("update", false, "write the reports that are read as golden files")

const folder = "../../testdata/recordings"

// each runs a test on every recording and its report.
func each(t *testing.T, test func(*testing.T, Recording, report.Report)) {
	t.Helper()
	all, err := All(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		t.Run(r.Name, func(t *testing.T) {
			got, err := r.Report()
			if err != nil {
				t.Fatal(err)
			}
			test(t, r, got)
		})
	}
}

func TestEveryRecordingIsReadAsBefore(t *testing.T) {
	each(t, func(t *testing.T, r Recording, got report.Report) {
		got.Stdout, got.Stderr = "", ""
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, r.Name, "report.json")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("go test ./internal/recordings -update accepts this (- before, + now):\n%s", diff)
		}
	})
}

// Only a run that was killed leaves a log that is not whole, and only one that could not open the stack none.
func TestEveryLogIsWhole(t *testing.T) {
	each(t, func(t *testing.T, r Recording, got report.Report) {
		if want := r.Name == "killed"; (got.Broken != "") != want {
			t.Errorf("broken: %q", got.Broken)
		}
		want := slices.Contains([]string{"no-stack", "conflict", "cloud-conflict", "cloud-token", "cloud-no-stack"}, r.Name)
		if got.NoLog != want {
			t.Errorf("no log: %t", got.NoLog)
		}
	})
}

// summary are the lines in which Pulumi itself counts what changes, and what stays.
var summary = regexp.MustCompile(`(?m)^    (?:([-+~=<>]{1,2}) ?)(\d+) (?:to )?[a-z]`)

// The counts are those that Pulumi prints.
func TestTheCountsArePulumis(t *testing.T) {
	each(t, func(t *testing.T, r Recording, got report.Report) {
		_, text, ok := cutLast(r.Stdout, "\nResources:\n")
		if !ok || !got.Whole() {
			return
		}
		want := map[string]int{}
		for _, line := range summary.FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(line[2])
			if err != nil {
				t.Fatal(err)
			}
			want[line[1]] += n
		}
		counted := map[string]int{}
		for _, c := range got.Counts {
			counted[c.Operation.Mark()] += c.Number
		}
		if diff := cmp.Diff(want, counted); diff != "" {
			t.Errorf("- Pulumi, + the report:\n%s", diff)
		}
	})
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

func TestEveryCountedResourceIsNamed(t *testing.T) {
	each(t, func(t *testing.T, _ Recording, got report.Report) {
		named := map[report.Operation]int{}
		for _, s := range got.Steps {
			if s.Type == "" || s.Name == "" || s.URN == "" {
				t.Errorf("a step without a name: %+v", s)
			}
			if s.Outcome == report.Planned || s.Outcome == report.Done {
				named[s.Operation]++
			}
		}
		for _, c := range got.Counts {
			if named[c.Operation] < c.Number {
				t.Errorf("%d of %d to %s are named", named[c.Operation], c.Number, c.Operation)
			}
		}
	})
}

// However a log was cut off, what is still told is true, and it is said that something is missing.
func TestACutLogTellsNothingWrong(t *testing.T) {
	each(t, func(t *testing.T, r Recording, whole report.Report) {
		counts, steps := map[report.Count]bool{}, map[string]bool{}
		for _, c := range whole.Counts {
			counts[c] = true
		}
		for _, s := range whole.Steps {
			steps[string(s.Operation)+s.URN] = true
		}
		for at := 1; at < len(r.Events)-1; at += 1 + len(r.Events)/200 {
			got, err := report.FromLog(bytes.NewReader(r.Events[:at]))
			if err != nil {
				t.Fatal(err)
			}
			if got.Whole() {
				t.Fatalf("cut at %d: nothing is said", at)
			}
			for _, s := range got.Steps {
				// What was to be replaced may look like what is left over from an earlier run as long as the rest is missing.
				if !steps[string(s.Operation)+s.URN] && !s.Pending {
					t.Fatalf("cut at %d: %+v", at, s)
				}
			}
		}
	})
}

// The line filter of the Pulumi module's way must not change what is read: a line of an unchanged resource may be
// nothing but its number.
func TestUnchangedResourcesTellNothing(t *testing.T) {
	line := regexp.MustCompile(`(?m)^(\{"sequence":\d+),"timestamp":\d+,"res(?:ourcePre|Outputs)Event":\{"metadata":\{"op":"same","urn":"urn:pulumi:dev::cases::(?:[^p]|p[^u]).*\}$`)
	each(t, func(t *testing.T, r Recording, want report.Report) {
		got, err := report.FromLog(bytes.NewReader(line.ReplaceAll(r.Events, []byte("$1}"))))
		if err != nil {
			t.Fatal(err)
		}
		want.StateOnly = false // the filter keeps the lines that tell this
		got.ExitCode, got.Stdout, got.Stderr, got.Preview = want.ExitCode, want.Stdout, want.Stderr, want.Preview
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// twins are recordings of the same plan.
var twins = map[string]string{"update-full": "update", "replace-steps": "replace"}

// A preview that succeeded has a digest, the same in each run of it and no other's.
func TestEveryPlanHasItsDigest(t *testing.T) {
	was := map[string]string{}
	each(t, func(t *testing.T, r Recording, got report.Report) {
		p := plan.Of(got)
		if want := got.Preview && got.Whole() && got.OK(); (p.Digest != "") != want {
			t.Fatalf("digest %q, %q", p.Digest, p.Why)
		}
		if p.Digest == "" {
			return
		}
		if want := len(got.Counts) == 0 && len(got.Outputs) == 0 && len(got.Pending()) == 0 && !got.StateOnly; p.Empty() != want {
			t.Errorf("nothing is to be done: %t", p.Empty())
		}
		again, err := report.FromLog(bytes.NewReader(otherRun(r.Events)))
		if err != nil {
			t.Fatal(err)
		}
		if digest := plan.Of(again).Digest; digest != p.Digest {
			t.Errorf("another run has the digest %q, %q", digest, again.Broken)
		}
		if other, known := was[p.Digest]; known && other != twins[r.Name] && len(p.Steps) > 0 {
			t.Errorf("it has the digest of %s", other)
		}
		if other, known := twins[r.Name]; known && was[p.Digest] != other {
			t.Errorf("it has not the digest of %s", other)
		}
		was[p.Digest] = r.Name
	})
}

var varies = regexp.MustCompile(`"(timestamp|durationSeconds)":\d+|"(id|parent)":"[^"]*"`)

// otherRun is the log of another run of the same plan: its resources come in the opposite order, later, and with
// other identifiers, but for those that the program gives.
func otherRun(events []byte) []byte {
	lines := strings.SplitAfter(strings.TrimSuffix(string(events), "\n")+"\n", "\n")
	first, last := 1, len(lines)-4
	slices.Reverse(lines[first:last])
	for i, line := range lines {
		_, line, _ = strings.Cut(line, ",")
		if line == "" {
			continue
		}
		if !strings.Contains(line, `"op":"read`) && !strings.Contains(line, `"op":"import`) {
			line = varies.ReplaceAllStringFunc(line, func(field string) string {
				name, value, _ := strings.Cut(field, ":")
				if strings.HasPrefix(value, `"`) {
					return name + `:"x` + value[1:]
				}
				return name + ":7" + value
			})
		}
		lines[i] = `{"sequence":` + strconv.Itoa(i) + "," + line
	}
	return []byte(strings.Join(lines, ""))
}
