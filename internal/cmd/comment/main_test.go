package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const recordings = "../../../testdata/recordings/"

func TestTheCommentOfARecordingIsPrinted(t *testing.T) {
	output, err := os.ReadFile(recordings + "replace/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	spread := filepath.Join(t.TempDir(), "spread.json")
	var text bytes.Buffer
	for line := range bytes.Lines(output) {
		if err := json.Indent(&text, line, "", "  "); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(spread, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"file", []string{recordings + "same/events.jsonl"}, "\n### `organization/project/stack`: nothing to change"},
		{"standard input", []string{"-exit", "1", "-"}, "\n### ❌ `organization/project/stack`: failed with exit code 1; 2 to replace\n"},
		{"text", []string{"-text", recordings + "replace/stdout", "-"}, "+-demo:data:Database: (replace)"},
		{"spread over lines", []string{spread}, "because `engine` changes"},
		{"full stack", []string{"-stack", "acme/shop/prod", "-"}, `{"v":1,"project":"shop","stack":"acme/prod"}`},
		{"short stack", []string{"-stack", "prod", "-"}, "\n### `prod`: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			if err := run(test.args, bytes.NewReader(output), &stdout, &stderr); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(stdout.String(), test.want) {
				t.Errorf("%q is not in\n%s", test.want, stdout.String())
			}
		})
	}
}

func TestBadArgumentsAreRefused(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "got 0 files, takes one"},
		{[]string{"a", "b"}, "got 2 files, takes one"},
		{[]string{"nosuch"}, "open nosuch: no such file or directory"},
		{[]string{"-exit", "x", "-"}, `invalid value "x" for flag -exit: parse error`},
	} {
		var stdout, stderr strings.Builder
		err := run(test.args, strings.NewReader(""), &stdout, &stderr)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q gave %v, want %s", test.args, err, test.want)
		}
		if stdout.Len() > 0 {
			t.Errorf("%q printed %s", test.args, stdout.String())
		}
	}
}
