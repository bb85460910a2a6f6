package hostengine

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dagger.io/dagger"
)

// connected is a client of the public library that reaches a session as a program does that `dagger run` starts.
func connected(t *testing.T, s *Session) *dagger.Client {
	t.Helper()
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	client, err := dagger.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// sample is a repository with the module that tests of bindings have.
func sample(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("../bindings/testdata/module")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile("../../ci/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "src", name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "init", "--quiet", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return root
}

func asked(t *testing.T, client *dagger.Client, query string, vars map[string]any) (string, error) {
	t.Helper()
	var out json.RawMessage
	err := client.Do(t.Context(), &dagger.Request{Query: query, Variables: vars}, &dagger.Response{Data: &out})
	return string(out), err
}

func TestAClientCallsAModule(t *testing.T) {
	root := sample(t)
	s := start(t, Options{Workdir: root, Environ: []string{"TOKEN=12345"}})
	client := connected(t, s)
	if _, err := asked(t, client, `{sample {name}}`, nil); err == nil || !strings.Contains(err.Error(), `Cannot query field "sample"`) {
		t.Errorf("before it is served the module answers %v", err)
	}
	source := client.ModuleSource("src")
	if err := source.AsModule().Serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	token, err := client.Secret("env://TOKEN").ID(ctx)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := client.Host().Directory(".", dagger.HostDirectoryOpts{Exclude: []string{".git"}}).ID(ctx)
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]any{"token": token, "folder": folder}
	const greet = `query($token: ID) {sample(token: $token) {withTags(tags: ["a", "b"], upper: true) {name greet last {shout text}}}}`
	for _, test := range []struct{ query, want, err string }{
		{greet, `{"sample":{"withTags":{"greet":"hello world a token of 5 letters [A B] 2 \"\"\n","last":{"shout":"B!","text":"B"},"name":"world"}}}`, ""},
		{`{sample(name: "you") {greet(times: 2)}}`, `{"sample":{"greet":"` + strings.Repeat(`hello you no token [] 0 \"\"\n`, 2) + `"}}`, ""},
		{`query($folder: ID!) {sample {list(src: $folder)}}`, `{"sample":{"list":["src/"]}}`, ""},
		{`{sample {list}}`, `{"sample":{"list":[".git/","src/"]}}`, ""},
		{`{sample {write(text: "hi") {contents}}}`, `{"sample":{"write":{"contents":"hi"}}}`, ""},
		{`{sample {last {text}}}`, "", "there are no parts"},
		{`{sample {fail(text: "plain")}}`, "", "plain"},
		{`{sample {withTags(tags: ["a"]) {name}}}`, "", `argument "upper" of type "Boolean!" is required`},
		{`{sample {token {id}}}`, "", `Cannot query field "token" on type "Sample"`},
		{`{sample {last {__typename}}}`, "", "there are no parts"},
		{`{sample {withTags(tags: ["a"], upper: false) {last {__typename}}}}`, `{"sample":{"withTags":{"last":{"__typename":"SamplePart"}}}}`, ""},
	} {
		got, err := asked(t, client, test.query, vars)
		switch {
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s:\nfails with %v, want %q", test.query, err, test.err)
		case test.err == "" && (err != nil || got != test.want):
			t.Errorf("%s:\ngot  %s, %v\nwant %s", test.query, got, err, test.want)
		}
	}

	id, err := asked(t, client, `{sample {withTags(tags: ["a"], upper: false) {last {id}}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var found any
	if err := json.Unmarshal([]byte(id), &found); err != nil {
		t.Fatal(err)
	}
	again, err := asked(t, client, `query($id: ID!) {node(id: $id) {... on SamplePart {shout}}}`, map[string]any{"id": only(found)})
	if err != nil || again != `{"node":{"shout":"A!"}}` {
		t.Errorf("by its id the object answers %s, %v", again, err)
	}
}

// What the host engine leaves out it refuses.
func TestModulesThatAreNotServed(t *testing.T) {
	root := sample(t)
	client := connected(t, start(t, Options{Workdir: root}))
	serve := func(ref string, opts ...dagger.ModuleServeOpts) error {
		return client.ModuleSource(ref).AsModule().Serve(t.Context(), opts...)
	}
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it says %v, want %q", err, want)
		}
	}
	refused("modules on this host only", serve("github.com/acme/iac@v1"))
	refused("neither as entrypoint nor with its dependencies", serve(".", dagger.ModuleServeOpts{Entrypoint: true}))
	if err := os.WriteFile(filepath.Join(root, ".env"), []byte("NAME=you\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused("reads no .env", serve("."))
}
