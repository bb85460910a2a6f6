package hostengine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"iac/internal/graphql"
)

// asModule asks as a function of a module does, and gives the one value that the query selects.
func asModule(t *testing.T, s *Session, home, query string) (string, error) {
	t.Helper()
	answer := s.execute(t.Context(), s.newClient(&functionCall{home: home}), graphql.Request{Query: query})
	if len(answer.Errors) > 0 {
		return "", answer.Errors[0]
	}
	return only(*answer.Data), nil
}

func TestModuleExportsAFile(t *testing.T) {
	s, home := start(t, Options{}), t.TempDir()
	file := `{file(name:"run.log",contents:"hello",permissions:416){export(%s)}}`
	for _, test := range []struct{ arguments, want string }{
		{fmt.Sprintf("path:%q", home+"/new/deep/out"), home + "/new/deep/out"},
		{`path:"relative"`, home + "/relative"},
		{fmt.Sprintf("path:%q,allowParentDirPath:true", home), home + "/run.log"},
	} {
		got, err := asModule(t, s, home, fmt.Sprintf(file, test.arguments))
		if err != nil || got != test.want {
			t.Errorf("export(%s) gave %q, %v, want %q", test.arguments, got, err, test.want)
		}
		text, err := os.ReadFile(test.want)
		if err != nil || string(text) != "hello" {
			t.Errorf("export(%s) wrote %q, %v", test.arguments, text, err)
		}
	}
	info, err := os.Stat(filepath.Join(home, "relative"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file is %v, %v, want the permissions 0640", info.Mode(), err)
	}
	_, err = asModule(t, s, home, fmt.Sprintf(file, fmt.Sprintf("path:%q", home)))
	if want := fmt.Sprintf("destination %q is a directory", home); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("export to a folder: %v, want %s", err, want)
	}
}

func TestModuleExportsAFolder(t *testing.T) {
	s, home := start(t, Options{}), t.TempDir()
	query := `{directory{withNewFile(path:"a/b",contents:"%s"){export(path:%q,wipe:%t)}}}`
	target := filepath.Join(home, "out")
	if err := writeFile(filepath.Join(target, "before"), "", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wipe := range []bool{false, true} {
		got, err := asModule(t, s, home, fmt.Sprintf(query, "hello", target, wipe))
		if err != nil || got != target {
			t.Fatalf("export gave %q, %v", got, err)
		}
		if text, err := os.ReadFile(filepath.Join(target, "a", "b")); string(text) != "hello" {
			t.Errorf("it wrote %q, %v", text, err)
		}
		if _, err := os.Stat(filepath.Join(target, "before")); (err != nil) != wipe {
			t.Errorf("with wipe %t, what was there before: %v", wipe, err)
		}
	}
}

func TestStreamsAreCopiedToFiles(t *testing.T) {
	s := start(t, Options{Environ: []string{"TOKEN=swordfish"}})
	id := ask(t, s, `{secret(uri:"env://TOKEN"){id}}`)
	run := func(at, redirects, select_ string) string {
		return fmt.Sprintf(`{container{from(address:"alpine"){withDirectory(path:"/out",source:%q){withWorkdir(path:%q){withSecretVariable(name:"T",secret:%q){withExec(args:["sh","-c","echo $T out; echo $T err >&2; exit 3"],expect:ANY,%s){%s}}}}}}}`,
			ask(t, s, `{directory{id}}`), at, id, redirects, select_)
	}
	for _, place := range []struct{ at, redirects, out, err string }{
		{"/", `redirectStdout:"/out/o",redirectStderr:"/out/e"`, "/out/o", "/out/e"},
		{"/out", `redirectStdout:"o",redirectStderr:"./e"`, "/out/o", "e"},
		{"/work", `redirectStdout:"/tmp/o",redirectStderr:"/e"`, "/tmp/o", "../e"},
	} {
		for select_, want := range map[string]string{
			fmt.Sprintf("file(path:%q){contents}", place.out): "*** out\n",
			fmt.Sprintf("file(path:%q){contents}", place.err): "*** err\n",
			fmt.Sprintf("file(path:%q){size}", place.out):     "8",
			fmt.Sprintf("file(path:%q){name}", place.err):     "e",
			"stdout":   "*** out\n",
			"stderr":   "*** err\n",
			"exitCode": "3",
		} {
			if got := ask(t, s, run(place.at, place.redirects, select_)); got != want {
				t.Errorf("with %s in %s, %s gave %q, want %q", place.redirects, place.at, select_, got, want)
			}
		}
	}
	_, err := tryAsk(t.Context(), s, run("/", `redirectStdout:"/nosuch/o"`, "exitCode"))
	if err == nil || !strings.Contains(err.Error(), "open redirect stdout file: nosuch/o: no such file or directory") {
		t.Errorf("a file in a folder that is not there: %v", err)
	}
}

func TestRedirectedStreamIsThereForTheNextExec(t *testing.T) {
	got := ask(t, start(t, Options{}), `{container{from(address:"alpine"){withExec(args:["sh","-c","echo hello"],redirectStdout:"/said"){withExec(args:["cat","/said"]){stdout}}}}}`)
	if got != "hello\n" {
		t.Errorf("the next exec read %q", got)
	}
}

func TestFilesOfAnExecThatFailedCanBeRead(t *testing.T) {
	s, home := start(t, Options{}), t.TempDir()
	query := `{container{from(address:"alpine"){withWorkdir(path:"/infra"){withExec(args:["sh","-c","echo log > /tmp/e; pwd > /infra/at; ln -s at link; exit 1"],expect:ANY){%s}}}}}`
	for select_, want := range map[string]string{
		`file(path:"/tmp/e"){contents}`:                                         "log\n",
		`file(path:"at"){contents}`:                                             "/infra\n",
		`file(path:"link"){contents}`:                                           "/infra\n",
		`directory(path:"/infra"){entries}`:                                     "[at link]",
		`directory(path:"."){file(path:"at"){contents}}`:                        "/infra\n",
		`exists(path:"/tmp/e")`:                                                 "true",
		`exists(path:"/tmp/nosuch")`:                                            "false",
		`withNewFile(path:"new",contents:""){file(path:"/infra/at"){contents}}`: "/infra\n",
	} {
		if got, err := asModule(t, s, home, fmt.Sprintf(query, select_)); err != nil || got != want {
			t.Errorf("%s gave %q, %v, want %q", select_, got, err, want)
		}
	}
	for _, select_ := range []string{`contents`, fmt.Sprintf(`export(path:%q)`, home+"/x"), "size"} {
		_, err := asModule(t, s, home, fmt.Sprintf(query, `file(path:"/tmp/nosuch"){`+select_+`}`))
		if err == nil || !strings.Contains(err.Error(), "tmp/nosuch: no such file or directory") {
			t.Errorf("%s of a missing file: %v", select_, err)
		}
	}
}

func TestFilesOfAVolumeCannotBeTaken(t *testing.T) {
	s := start(t, Options{})
	id := ask(t, s, `{cacheVolume(key:"c"){id}}`)
	for _, select_ := range []string{`file(path:"/c/x"){contents}`, `directory(path:"/c"){entries}`} {
		_, err := tryAsk(t.Context(), s, sh(fmt.Sprintf(`withMountedCache(path:"/c",cache:%q){`, id), "echo > /c/x", select_))
		if err == nil || !strings.Contains(err.Error(), "cannot retrieve path from cache") {
			t.Errorf("%s: %v", select_, err)
		}
	}
}

// A container's /tmp is its own, but tests and people name folders of this host's.
func TestTempOfTheContainerIsItsOwn(t *testing.T) {
	s, here := start(t, Options{}), t.TempDir()
	if !strings.HasPrefix(here, "/tmp/") {
		t.Skipf("the temporary folders of this host are in %s", here)
	}
	name := fmt.Sprintf("iac-%d", time.Now().UnixNano())
	for command, want := range map[string]string{
		"echo a > /tmp/" + name + "; cat '/tmp/" + name + "'": "a\n",
		"mkdir /tmp/" + name + "; ls /tmp":                    name + "\n",
		"echo b > " + here + "/x; cat " + here + "/x":         "b\n",
		"mktemp -u >/dev/null 2>&1; echo $TMPDIR":             "/tmp\n",
	} {
		if got := ask(t, s, sh("", command, "stdout")); got != want {
			t.Errorf("%s gave %q, want %q", command, got, want)
		}
	}
	if _, err := os.Stat("/tmp/" + name); err == nil {
		t.Errorf("/tmp/%s was made on this host", name)
	}
	if _, err := os.Stat(filepath.Join(here, "x")); err != nil {
		t.Error(err)
	}
}

func TestBinaryFilesComeOutAsTheyAre(t *testing.T) {
	s, home := start(t, Options{}), t.TempDir()
	query := `{container{from(address:"alpine"){withWorkdir(path:"/infra"){withExec(args:["sh","-c","(printf '\\000'; pwd) > binary"]){file(path:"binary"){export(path:"binary")}}}}}}`
	if _, err := asModule(t, s, home, query); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(home, "binary"))
	if err != nil || !strings.HasPrefix(string(text), "\x00"+s.Dir) {
		t.Errorf("it holds %q, %v", text, err)
	}
}

func TestContentsOfALargeFileAreRefused(t *testing.T) {
	s, name := start(t, Options{}), filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, largestContents+1); err != nil {
		t.Fatal(err)
	}
	_, err := tryAsk(t.Context(), s, fmt.Sprintf(`{host{file(path:%q){contents}}}`, name))
	if err == nil || err.Error() != "file size 134217729 exceeds limit 134217728" {
		t.Errorf("the contents of 128 MiB and a byte: %v", err)
	}
}

func TestLargeOutputComesOutAsAFile(t *testing.T) {
	const size = 200 << 20
	s, home := start(t, Options{Environ: []string{"TOKEN=swordfish"}}), t.TempDir()
	id := ask(t, s, `{secret(uri:"env://TOKEN"){id}}`)
	query := fmt.Sprintf(`{container{from(address:"alpine"){withWorkdir(path:"/infra"){withSecretVariable(name:"T",secret:%q){withExec(args:["sh","-c",%q],redirectStdout:"/tmp/o"){%%s}}}}}}`,
		id, fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x; pwd", size))
	if _, err := asModule(t, s, home, fmt.Sprintf(query, "exitCode")); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := asModule(t, s, home, fmt.Sprintf(query, `file(path:"/tmp/o"){export(path:"o")}`)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	// The host engine holds the text once, to write the container's paths into it. An answer in JSON would hold it
	// several times. How long the copy takes depends on the machine.
	if took := after.TotalAlloc - before.TotalAlloc; took > size*3/2 {
		t.Errorf("the export of 200 MB took %d bytes of memory", took)
	}
	info, err := os.Stat(filepath.Join(home, "o"))
	if err != nil || info.Size() != size+int64(len("/infra\n")) || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("the file is %v, %v", info, err)
	}
}

// A program prints the same paths whichever way it is run, also those in its event log.
func TestProgramLiesInInfraBothWays(t *testing.T) {
	s := start(t, Options{Environ: []string{"TOKEN=swordfish"}})
	// It stands for the CLI: what is tested is the container around it.
	pulumi := "#!/bin/sh\n[ \"$1\" = version ] && echo v1.2.3 && exit\npwd; echo $PWD/f >&2; echo \"{\\\"at\\\":\\\"$PWD\\\"}\" > $2\n"
	if err := writeFile(filepath.Join(s.Programs, "pulumi"), pulumi, 0o755); err != nil {
		t.Fatal(err)
	}
	secret := ask(t, s, `{secret(uri:"env://TOKEN"){id}}`)
	src := ask(t, s, `{directory{withNewFile(path:"Pulumi.yaml",contents:"name: a\nruntime: dotnet\n"){id}}}`)
	module := fmt.Sprintf(`{pulumi{withPulumiToken(pulumiToken:%q){withAwsCredentials(awsAccessKey:%[1]q,awsSecretKey:%[1]q){run(src:%q,command:"preview /tmp/events >/tmp/o 2>/tmp/x; cat /tmp/o /tmp/x /tmp/events")}}}}`, secret, src)
	own := fmt.Sprintf(`{container{from(address:"pulumi/pulumi-dotnet"){withWorkdir(path:"/infra"){withMountedDirectory(path:"/infra",source:%q){withExec(args:["pulumi","preview","/tmp/events"],redirectStdout:"/tmp/o",redirectStderr:"/tmp/x"){withExec(args:["cat","/tmp/o","/tmp/x","/tmp/events"]){stdout}}}}}}}`, src)
	const want = "/infra\n/infra/f\n{\"at\":\"/infra\"}\n"
	for _, query := range []string{module, own} {
		if got := ask(t, s, query); got != want {
			t.Errorf("%s gave %q, want %q", query, got, want)
		}
	}
	events := strings.Replace(own, `withExec(args:["cat","/tmp/o","/tmp/x","/tmp/events"]){stdout}`, `file(path:"/tmp/events"){contents}`, 1)
	if got := ask(t, s, events); got != "{\"at\":\"/infra\"}\n" {
		t.Errorf("the event log says %q", got)
	}
}
