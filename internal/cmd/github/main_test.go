package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"iac/internal/githubapi"
)

func TestPicture(t *testing.T) {
	folder := t.TempDir()
	state, out := filepath.Join(folder, "state.json"), filepath.Join(folder, "page.png")
	server, err := githubapi.Start(githubapi.Options{State: state})
	if err != nil {
		t.Fatal(err)
	}
	server.AddPullRequest("octo/infra", 7, "Move the queue")
	if _, err := server.AddComment("octo/infra", 7, "github-actions[bot]", "Nothing to change."); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}

	var stdout, stderr bytes.Buffer
	arguments := []string{"picture", "-state", state, "-repo", "octo/infra", "-pull", "7", "-out", out}
	if err := run(t.Context(), arguments, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if stdout.String() != out+"\n" {
		t.Errorf("it printed %q", stdout.String())
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
}

func TestBadArguments(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.json")
	tests := []struct {
		arguments string
		err       string
	}{
		{"", `there is no verb ""`},
		{"paint", `there is no verb "paint": it is picture, serve or authority`},
		{"picture -repo infra -pull 7", `-repo is [HOST/]OWNER/NAME, not "infra"`},
		{"picture -repo octo/infra", "-pull is the number of a pull request, not 0"},
		{"picture -repo octo/infra -pull 7 x", `"x" is one argument too many`},
		{"picture -repo octo/infra -pull 7", "picture needs -state"},
		{"picture -repo octo/infra -pull 7 -out x.png -state " + missing, missing},
		{"serve -pull 7", `-repo is [HOST/]OWNER/NAME, not ""`},
	}
	for _, test := range tests {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), strings.Fields(test.arguments), &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q gives the error %v, want %q", test.arguments, err, test.err)
		}
	}
}
