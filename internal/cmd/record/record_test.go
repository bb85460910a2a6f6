package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const recordings = "../../../testdata/recordings"

func TestEveryScenarioIsRecorded(t *testing.T) {
	var names, folders []string
	for _, s := range scenarios {
		names = append(names, s.name)
		for _, file := range []string{"stdout", "stderr", "exit"} {
			if _, err := os.Stat(filepath.Join(recordings, s.name, file)); err != nil {
				t.Error(err)
			}
		}
		_, err := os.Stat(filepath.Join(recordings, s.name, "events.jsonl"))
		if there := err == nil; there == s.noEvents {
			t.Errorf("%s: has events %t, want %t", s.name, there, !s.noEvents)
		}
	}
	entries, err := os.ReadDir(recordings)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, entry.Name())
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, folders) {
		t.Errorf("the scenarios are %q, the recordings %q", names, folders)
	}
}

func TestEventsAreWholeLinesInPulumisOrder(t *testing.T) {
	line := regexp.MustCompile(`^\{"sequence":(\d+),"timestamp":1767323045,"(\w+)":\{`)
	for _, s := range scenarios {
		if s.noEvents {
			continue
		}
		text, err := os.ReadFile(filepath.Join(recordings, s.name, "events.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		kind, number := "", 0
		for event := range bytes.Lines(text) {
			start := line.FindSubmatch(event)
			if start == nil || !json.Valid(event) || string(start[1]) != strconv.Itoa(number) {
				t.Fatalf("%s: line %d is %.100q", s.name, number, event)
			}
			kind = string(start[2])
			number++
		}
		if ended := kind == "cancelEvent"; ended == (s.signal == os.Kill) {
			t.Errorf("%s: the last event is a %s", s.name, kind)
		}
	}
}

// A few, since each takes seconds, with what is most likely to differ: the order of changed properties,
// policies, a failure, and where a run is cut off.
func TestRecordedAgainItIsTheSame(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRecorder(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	chosen, err := choose([]string{"update", "policy", "up-failed"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range chosen {
		t.Run(s.name, func(t *testing.T) {
			again := t.TempDir()
			if err := r.record(t.Context(), s, again); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"stdout", "stderr", "exit", "events.jsonl"} {
				want, errWant := os.ReadFile(filepath.Join(recordings, s.name, file))
				got, errGot := os.ReadFile(filepath.Join(again, file))
				if !bytes.Equal(got, want) || (errGot == nil) != (errWant == nil) {
					t.Errorf("%s (- recorded, + again):\n%s", file, cmp.Diff(string(want), string(got)))
				}
			}
		})
	}
}

func TestRecordingsTellNothingOfAMachine(t *testing.T) {
	local := regexp.MustCompile(`/tmp/|/root/|/Users/|/var/folders/|127\.0\.0\.1|localhost|\.go/pkg`)
	size := 0
	err := filepath.WalkDir(recordings, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if found := local.Find(text); found != nil {
			t.Errorf("%s has %q", path, found)
		}
		size += len(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if limit := 5_000_000; size > limit {
		t.Errorf("the recordings have %d bytes, more than %d", size, limit)
	}
}

func TestCleaner(t *testing.T) {
	t.Setenv("HOME", "/home/alice")
	r := &recorder{root: "/home/alice/iac", dir: "/tmp/record123"}
	diff := scenario{args: preview}
	for _, test := range []struct {
		name, text, want string
		scenario         scenario
	}{
		{"durations", "Duration: 1m3s\n ~ demo:storage:Bucket a updated (0.01s)\n", "Duration: 2s\n ~ demo:storage:Bucket a updated (1s)\n", diff},
		{"paths", "/tmp/record123/work/src/main.go /home/alice/iac/testdata /home/alice/go", "/work/src/main.go /checkout/testdata /home/user/go", diff},
		{"lock", "created by alice@laptop (pid 4711) at 2026-11-22T09:29:28+01:00", "created by user@host (pid 123) at 2026-01-02T03:04:05Z", diff},
		{"identifiers", "locks/9f1c2d3e-0000-4aaa-8bbb-0123456789ab.json", "locks/00000000-0000-0000-0000-000000000000.json", diff},
		{"trace", "goroutine 53 [running]:\nmain.f(0xc0001a2b3c, {0x1, 0x2})\n\tmain.go:7 +0x1d\n", "goroutine 1 [running]:\nmain.f(0xc000000000, {0x1, 0x2})\n\tmain.go:7 +0x0\n", diff},
		{"links", "http://app.pulumi.com/acme/shop/dev/updates/7 http://127.0.0.1:4711/api", "https://app.pulumi.com/acme/shop/dev/updates/7 https://api.pulumi.com/api", diff},
		{"table of policy packs", "    Name                   Version\n", "    Name  Version\n", diff},
		{"times", "{2026-11-23 21:54:36.808945266 +0000 UTC}", "{2026-01-02 03:04:05 +0000 UTC}", diff},
		{"signs of life", "a\n@ previewing update.......\nb\n", "a\nb\n", diff},
		{"signs of life that belong there", "a\n@ previewing update.......\nb\n", "a\n@ previewing update....\nb\n", scenario{args: plainUp}},
		{
			"events",
			`{"sequence":1,"timestamp":1795469503,"summaryEvent":{"maybeCorrupt":false,"durationSeconds":63,"resourceChanges":{}}}` + "\n",
			`{"sequence":1,"timestamp":1767323045,"summaryEvent":{"maybeCorrupt":false,"durationSeconds":2,"resourceChanges":{}}}` + "\n", diff,
		},
		{
			"properties in any order",
			`{"keys":["b[\"x]\"]","a"],"diffs":["c","b[\"x]\"]","a"],"detailedDiff":{}}`,
			`{"keys":["a","b[\"x]\"]"],"diffs":["a","b[\"x]\"]","c"],"detailedDiff":{}}`, diff,
		},
		{
			"values not yet known",
			`"id":"9f1c2d3e-0000-4aaa-8bbb-0123456789ab","outputs":{"address":"04da6b54-80e4-46f7-96ec-b56ff0331ba9"}`,
			`"id":"00000000-0000-0000-0000-000000000000","outputs":{"address":"04da6b54-80e4-46f7-96ec-b56ff0331ba9"}`, diff,
		},
		{
			"strings in events",
			`"message":"\u003cx\u003e \ud83d\ude42\u2028 /tmp/record123/work/src\n\"Duration: 9s\" {\"timestamp\":7}\n"`,
			`"message":"\u003cx\u003e \ud83d\ude42\u2028 /work/src\n\"Duration: 9s\" {\"timestamp\":7}\n"`, diff,
		},
		{"what a program says", "      ~ policy: \"@ updating....\"\n", "      ~ policy: \"@ updating....\"\n", diff},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := r.cleaner(test.scenario)([]byte(test.text)); !bytes.Equal(got, []byte(test.want)) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
