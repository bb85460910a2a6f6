package hostengine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"iac/internal/graphql"
)

func start(t *testing.T, o Options) *Session {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Programs = filepath.Join(o.Dir, "programs")
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask gives the one value that a query selects.
func ask(t *testing.T, s *Session, query string) string {
	t.Helper()
	value, err := tryAsk(t.Context(), s, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func tryAsk(ctx context.Context, s *Session, query string) (string, error) {
	var out any
	if err := s.Query(ctx, query, nil, &out); err != nil {
		return "", err
	}
	return only(out), nil
}

// only gives the one value of nested objects.
func only(value any) string {
	for {
		fields, ok := value.(map[string]any)
		if !ok {
			return fmt.Sprint(value)
		}
		for _, value = range fields {
		}
	}
}

// sh is a query that runs a shell command in a small container; what is put between.
func sh(between, command, select_ string) string {
	closing := strings.Repeat("}", strings.Count(between, "{"))
	script, _ := json.Marshal([]string{"sh", "-c", command})
	return fmt.Sprintf(`{container{from(address:"alpine"){%swithExec(args:%s){%s}%s}}}`, between, script, select_, closing)
}

func TestSameExecIsAnsweredFromCache(t *testing.T) {
	dir, log := t.TempDir(), filepath.Join(t.TempDir(), "runs")
	run := func(between string) {
		ask(t, start(t, Options{Dir: dir}), sh(between, "echo run >> "+log, "stdout"))
	}
	runs := func() int {
		text, _ := os.ReadFile(log)
		return strings.Count(string(text), "run")
	}
	run("")
	run("")
	if runs() != 1 {
		t.Fatalf("the same exec ran %d times, in two sessions, want once", runs())
	}
	run(`withEnvVariable(name:"ONCE",value:"1"){`)
	run(`withEnvVariable(name:"ONCE",value:"2"){`)
	if runs() != 3 {
		t.Fatalf("execs with something new in them ran %d times, want 3", runs())
	}
}

func TestThreeQueriesOfOneExecRunItOnce(t *testing.T) {
	s, log := start(t, Options{}), filepath.Join(t.TempDir(), "runs")
	var group sync.WaitGroup
	for _, field := range []string{"stdout", "stderr", "exitCode"} {
		group.Go(func() { _, _ = tryAsk(t.Context(), s, sh("", "echo run >> "+log, field)) })
	}
	group.Wait()
	if text, _ := os.ReadFile(log); string(text) != "run\n" {
		t.Errorf("it ran as often as: %q", text)
	}
}

func TestFailingExecIsTheEnginesError(t *testing.T) {
	s, log := start(t, Options{}), filepath.Join(t.TempDir(), "runs")
	query := sh("", "echo out; echo err >&2; echo run >> "+log+"; exit 3", "stdout")
	for range 2 {
		_, err := tryAsk(t.Context(), s, query)
		var failed *graphql.Error
		if !errors.As(err, &failed) || failed.Message != "exit code: 3" {
			t.Fatalf("the error is %v", err)
		}
		want := map[string]any{"_type": "EXEC_ERROR", "exitCode": 3, "stdout": "out\n", "stderr": "err\n"}
		for name, value := range want {
			if failed.Extensions[name] != value {
				t.Errorf("%s is %v, want %v", name, failed.Extensions[name], value)
			}
		}
		if cmd, _ := failed.Extensions["cmd"].([]string); len(cmd) != 3 || cmd[0] != "sh" {
			t.Errorf("cmd is %v", failed.Extensions["cmd"])
		}
	}
	if text, _ := os.ReadFile(log); string(text) != "run\nrun\n" {
		t.Errorf("a failure was kept: it ran as often as %q", text)
	}
}

func TestExpectedFailureCanBeRead(t *testing.T) {
	s := start(t, Options{})
	query := `{container{from(address:"alpine"){withExec(args:["sh","-c","echo out; exit 4"],expect:ANY){%s}}}}`
	if got := ask(t, s, fmt.Sprintf(query, "exitCode")); got != "4" {
		t.Errorf("exitCode is %s", got)
	}
	if got := ask(t, s, fmt.Sprintf(query, "stdout")); got != "out\n" {
		t.Errorf("stdout is %q", got)
	}
}

func TestErrorOutputIsCut(t *testing.T) {
	_, err := tryAsk(t.Context(), start(t, Options{}), sh("", "head -c 300000 /dev/zero | tr '\\0' x; exit 1", "stdout"))
	var failed *graphql.Error
	if !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if out := failed.Extensions["stdout"].(string); len(out) < errorOutput || len(out) > errorOutput+100 {
		t.Errorf("an error carries %d bytes", len(out))
	}
}

func TestSecretsAreMaskedWhereTheyWereGiven(t *testing.T) {
	s := start(t, Options{Environ: []string{"TOKEN=swordfish"}})
	id := ask(t, s, `{secret(uri:"env://TOKEN"){id}}`)
	with := fmt.Sprintf(`withSecretVariable(name:"T",secret:%q){`, id)
	if got := ask(t, s, sh(with, "echo a $T b; echo $T >&2", "stdout")); got != "a *** b\n" {
		t.Errorf("stdout is %q", got)
	}
	if got := ask(t, s, sh(with, "echo $T >&2", "stderr")); got != "***\n" {
		t.Errorf("stderr is %q", got)
	}
	if got := ask(t, s, sh("", "echo swordfish", "stdout")); got != "swordfish\n" {
		t.Errorf("an exec that was not given the secret printed %q", got)
	}
}

func TestSecretSchemes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Environ: []string{"EMPTY=", "A=1"}})
	for uri, want := range map[string]string{
		"env://A": "1", "env://EMPTY": "", "file://" + file: "from file\n", "cmd://echo from cmd": "from cmd\n",
	} {
		if got := ask(t, s, fmt.Sprintf(`{secret(uri:%q){plaintext}}`, uri)); got != want {
			t.Errorf("%s is %q, want %q", uri, got, want)
		}
	}
	ask(t, s, `{secret(uri:"env://MISSING"){id}}`)
	if _, err := tryAsk(t.Context(), s, `{secret(uri:"env://MISSING"){plaintext}}`); err == nil || !strings.Contains(err.Error(), "secret env var not found") {
		t.Errorf("a missing variable: %v", err)
	}
	if _, err := tryAsk(t.Context(), s, `{secret(uri:"swordfish"){id}}`); err == nil || strings.Contains(err.Error(), "swordfish") && strings.Contains(err.Error(), "://swordfish") {
		t.Errorf("a value instead of a URI: %v", err)
	}
}

func TestPathsOfTheContainer(t *testing.T) {
	s := start(t, Options{})
	between := `withNewFile(path:"/iac/body.md",contents:"hello"){withWorkdir(path:"/iac/src"){withEnvVariable(name:"AT",value:"/iac/cache/x"){`
	for command, want := range map[string]string{
		"cat /iac/body.md":         "hello",
		"cat ../body.md; pwd":      "hello/iac/src\n",
		"echo @/iac/body.md $AT":   "@/iac/body.md /iac/cache/x\n",
		"echo https://a/iac/b":     "https://a/iac/b\n",
		"mkdir -p $AT && ls /iac":  "body.md\ncache\nsrc\n",
		"cat file:/iac/body.md; :": "",
	} {
		if got := ask(t, s, sh(between, command, "stdout")); got != want {
			t.Errorf("%s gave %q, want %q", command, got, want)
		}
	}
}

func TestDependencyStepRunsAgainOnlyWhenItsInputsChange(t *testing.T) {
	dir, src, log := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "runs")
	once := 0
	run := func(content string) {
		if err := os.WriteFile(filepath.Join(src, "main"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := start(t, Options{Dir: dir})
		id := ask(t, s, fmt.Sprintf(`{host{directory(path:%q){id}}}`, src))
		once++
		ask(t, s, fmt.Sprintf(`{container{from(address:"alpine"){withMountedDirectory(path:"/iac",source:%q){withExec(args:["sh","-c",%q]){withEnvVariable(name:"ONCE",value:"%d"){withExec(args:["cat","/iac/installed","/iac/main"]){stdout}}}}}}}`,
			id, "echo run >> "+log+"; echo yes > /iac/installed", once))
	}
	run("a")
	run("a")
	if text, _ := os.ReadFile(log); string(text) != "run\n" {
		t.Fatalf("with an unchanged source the step ran as often as %q", text)
	}
	run("b")
	if text, _ := os.ReadFile(log); string(text) != "run\nrun\n" {
		t.Fatalf("with a changed source the step ran as often as %q", text)
	}
}

func TestVolumesOutliveSessionsAndAreKeptApart(t *testing.T) {
	dir := t.TempDir()
	use := func(key, source, command string) string {
		s := start(t, Options{Dir: dir})
		if source != "" {
			source = fmt.Sprintf(",source:%q", ask(t, s, fmt.Sprintf(`{directory{withNewFile(path:"given",contents:%q){id}}}`, source)))
		}
		id := ask(t, s, fmt.Sprintf(`{cacheVolume(key:%q){id}}`, key))
		return ask(t, s, sh(fmt.Sprintf(`withMountedCache(path:"/iac/c",cache:%q%s){withEnvVariable(name:"O",value:"%d"){`, id, source, time.Now().UnixNano()), command, "stdout"))
	}
	use("a", "", "echo hello > /iac/c/x")
	if got := use("a", "", "cat /iac/c/x"); got != "hello\n" {
		t.Errorf("the volume holds %q", got)
	}
	if got := use("b", "", "ls /iac/c"); got != "" {
		t.Errorf("another volume holds %q", got)
	}
	if got := use("a", "from here", "ls /iac/c; cat /iac/c/given"); got != "given\nfrom here" {
		t.Errorf("the volume with a source holds %q", got)
	}
}

func TestQueriesAreValidated(t *testing.T) {
	s := start(t, Options{})
	for _, query := range []string{
		`{container{nosuch}}`, `{container{from{id}}}`, `{container{from(address:1){id}}}`, `{container}`,
		`{container{withExec(args:["a"],expect:MAYBE){id}}}`, `{`,
	} {
		if _, err := tryAsk(t.Context(), s, query); err == nil {
			t.Errorf("%s was answered", query)
		}
	}
}

func TestTokenIsNeeded(t *testing.T) {
	s := start(t, Options{})
	response, err := http.Post("http://"+s.listener.Addr().String()+"/query", "application/json", bytes.NewReader([]byte(`{"query":"{version}"}`)))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the token the answer is %s", response.Status)
	}
}

func TestUnknownImagesAndProgramsAreRefused(t *testing.T) {
	s := start(t, Options{})
	if _, err := tryAsk(t.Context(), s, `{container{from(address:"nosuch:1"){withExec(args:["true"]){stdout}}}}`); err == nil || !strings.Contains(err.Error(), `"nosuch:1"`) {
		t.Errorf("an unknown image: %v", err)
	}
	if _, err := tryAsk(t.Context(), s, `{container{from(address:"alpine"){withExec(args:["pulumi","version"]){stdout}}}}`); err == nil || !strings.Contains(err.Error(), `"pulumi": executable file not found`) {
		t.Errorf("a program that the image lacks: %v", err)
	}
}

func TestFolders(t *testing.T) {
	src := t.TempDir()
	for name, text := range map[string]string{
		"main.go": "x", ".git/config": "c", ".git/HEAD": "h", "a/node_modules/m/i.js": "j", "a/b.txt": "b",
	} {
		if err := writeFile(filepath.Join(src, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, Options{})
	id := ask(t, s, fmt.Sprintf(`{host{directory(path:%q,exclude:["**/node_modules",".git/*","!.git/config"]){id}}}`, src))
	for query, want := range map[string]string{
		`entries`:                                       "[.git/ a/ main.go]",
		`entries(path:".git")`:                          "[config]",
		`entries(path:"a")`:                             "[b.txt]",
		`file(path:".git/config"){contents}`:            "c",
		`filter(include:["*.go"]){entries}`:             "[main.go]",
		`withoutFile(path:"main.go"){entries}`:          "[.git/ a/]",
		`directory(path:"a"){file(path:"b.txt"){name}}`: "b.txt",
		`glob(pattern:"**/*.txt")`:                      "[a/b.txt]",
		`exists(path:"nosuch")`:                         "false",
	} {
		if got := ask(t, s, fmt.Sprintf(`{loadDirectoryFromID(id:%q){%s}}`, id, query)); got != want {
			t.Errorf("%s is %s, want %s", query, got, want)
		}
	}
	_, err := tryAsk(t.Context(), s, fmt.Sprintf(`{loadDirectoryFromID(id:%q){file(path:"Pulumi.yaml"){contents}}}`, id))
	if err == nil || !strings.Contains(err.Error(), "Pulumi.yaml: no such file or directory") || strings.Contains(err.Error(), s.Dir) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestCloseStopsWhatRuns(t *testing.T) {
	s, err := Start(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(t.TempDir(), "started")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := tryAsk(ctx, s, sh("", "touch "+mark+"; sleep 600", "stdout"))
		done <- err
	}()
	for range 1000 {
		if _, err := os.Stat(mark); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	begin := time.Now()
	cancel()
	if err := <-done; err == nil || time.Since(begin) > time.Minute {
		t.Errorf("a cancelled exec ended after %s with %v", time.Since(begin), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
