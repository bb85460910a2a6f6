package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"iac/internal/bindings"
)

// functionFlags are the flags of the module's functions by their names, those of the constructor by "call". Of several
// functions with one name all flags count.
func functionFlags(m *bindings.Module) map[string][]string {
	all := map[string][]string{}
	add := func(name string, f *bindings.Function) {
		all[name] = append(all[name], "--help", "-o")
		for _, arg := range f.Args {
			all[name] = append(all[name], "--"+bindings.KebabName(arg.Name))
		}
	}
	add("call", m.Main.Constructor)
	for _, object := range m.Objects {
		for _, f := range object.Functions {
			add(bindings.KebabName(f.Name), f)
		}
	}
	return all
}

// Each `--flag` within a text is one that a function has, and that of the function before it, as in `up --reviewed`. What
// messages say of flags is the module's.
func TestPagesNameFlagsThatExist(t *testing.T) {
	flags, named := functionFlags(module(t)), 0
	for _, p := range pages(t) {
		for _, span := range p.spans() {
			if p.name == "docs/messages.md" && strings.Contains(span, anything) {
				continue
			}
			for _, wrong := range wrongFlags(flags, span) {
				t.Errorf("%s: `%s`: %s", p.name, span, wrong)
			}
			named += strings.Count(span, "--")
		}
	}
	if named < 100 {
		t.Errorf("only %d flags were found", named)
	}
}

func TestWrongFlagsAreFound(t *testing.T) {
	flags := functionFlags(module(t))
	for span, wrong := range map[string]bool{
		"--stack": false, "up --reviewed": false, "plan … publish --comment-key": false, "--config key=value": false,
		"pulumi preview --diff": false, "call --cache": false, "with-cache --name": false, "--help": false,
		"--stacks": true, "preview --reviewed": true, "plan … publish --stack": true, "--stack --diff": true, "call --name": true,
	} {
		if found := wrongFlags(flags, span); len(found) > 0 != wrong {
			t.Errorf("`%s`: %q", span, found)
		}
	}
}

// wrongFlags says which flags are not there in a text that begins with a function or a flag. Others are of programs of
// which nothing is known here.
func wrongFlags(flags map[string][]string, span string) (wrong []string) {
	words := strings.Fields(span)
	if len(words) == 0 || flags[words[0]] == nil && !strings.HasPrefix(words[0], "--") {
		return nil
	}
	function := ""
	for _, word := range words {
		name, _, _ := strings.Cut(word, "=")
		switch {
		case !strings.HasPrefix(word, "--"):
			if flags[word] != nil {
				function = word
			}
		case function != "" && !slices.Contains(flags[function], name):
			wrong = append(wrong, fmt.Sprintf("%s has no flag %s", function, name))
		case function == "":
			found := false
			for _, some := range flags {
				found = found || slices.Contains(some, name)
			}
			if !found {
				wrong = append(wrong, "no function has a flag "+name)
			}
		}
	}
	return wrong
}

func TestEachWorkflowIsNamed(t *testing.T) {
	files, err := filepath.Glob(root + "/.github/workflows/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no workflows: %v", err)
	}
	var named []string
	for _, p := range pages(t) {
		for _, span := range p.spans() {
			named = append(named, filepath.Base(span))
		}
	}
	for _, file := range files {
		if !slices.Contains(named, filepath.Base(file)) {
			t.Errorf("no page names %s", filepath.Base(file))
		}
	}
}

// Versions that people are to install are those that the module is made for.
func TestVersionsAreThoseOfTheModule(t *testing.T) {
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	var config struct{ EngineVersion string }
	if err := json.Unmarshal(read("dagger.json"), &config); err != nil {
		t.Fatal(err)
	}
	goMod, err := modfile.ParseLax("go.mod", read("go.mod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	dagger := strings.TrimPrefix(config.EngineVersion, "v")
	for form, want := range map[string]string{
		"`dagger` CLI (X.Y.Z)":        dagger,
		`DAGGER_VERSION=(X.Y.Z)`:      dagger,
		`(?m)^ +version: (X.Y.Z)$`:    dagger,
		`Dagger \| (X.Y.Z) is tested`: dagger,
		`Go (X.Y.Z) or later`:         goMod.Go.Version,
	} {
		found := 0
		for _, p := range pages(t) {
			for _, match := range regexp.MustCompile(strings.ReplaceAll(form, "X.Y.Z", `[0-9]+(?:\.[0-9]+)+`)).FindAllStringSubmatch(p.text, -1) {
				found++
				if match[1] != want {
					t.Errorf("%s says %q, want %s", p.name, match[0], want)
				}
			}
		}
		if found == 0 {
			t.Errorf("no page says %q", form)
		}
	}
}
