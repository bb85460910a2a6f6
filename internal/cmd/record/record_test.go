package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

const recordings = "../../../testdata/recordings"

func TestEveryScenarioIsRecorded(t *testing.T) {
	var names, folders []string
	for _, s := range scenarios {
		names = append(names, s.name)
		for _, file := range []string{"stdout", "stderr", "joined", "exit"} {
			if _, err := os.Stat(filepath.Join(recordings, s.name, file)); err != nil {
				t.Error(err)
			}
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
	if limit := 1_500_000; size > limit {
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
		{"signs of life", "a\n@ previewing update.......\nb\n", "a\nb\n", diff},
		{"signs of life that belong there", "a\n@ previewing update.......\nb\n", "a\n@ previewing update....\nb\n", scenario{args: plainUp}},
		{"what a program says", "      ~ policy: \"@ updating....\"\n", "      ~ policy: \"@ updating....\"\n", diff},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := r.cleaner(test.scenario)([]byte(test.text)); !bytes.Equal(got, []byte(test.want)) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
