package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/yuin/goldmark/ast"
	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"

	"iac/internal/hostdagger"
)

// block is what stands in a fence.
type block struct{ language, text string }

func (p page) blocks() (all []block) {
	p.walk(func(node ast.Node) {
		if fence, ok := node.(*ast.FencedCodeBlock); ok {
			lines := fence.Lines()
			all = append(all, block{string(fence.Language([]byte(p.text))), string(lines.Value([]byte(p.text)))})
		}
	})
	return all
}

// spans are the texts in single backticks.
func (p page) spans() (all []string) {
	p.walk(func(node ast.Node) {
		if span, ok := node.(*ast.CodeSpan); ok {
			all = append(all, p.content(span))
		}
	})
	return all
}

// readers read a block, by its language.
var readers = map[string]func(string) error{"sh": readShell, "yaml": readYAML, "json": readJSON}

func TestBlocksCanBeRead(t *testing.T) {
	commands := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks() {
			read := readers[b.language]
			if read == nil {
				t.Errorf("%s: no test reads a block of %q:\n%s", p.name, b.language, b.text)
				continue
			}
			if err := read(b.text); err != nil {
				t.Errorf("%s: %v, in\n%s", p.name, err, b.text)
			}
			commands += strings.Count(b.text, "dagger -m ")
		}
		for _, span := range p.spans() {
			if strings.HasPrefix(span, "dagger -m ") && !strings.Contains(span, anything) {
				if err := readShell(span); err != nil {
					t.Errorf("%s: %v, in `%s`", p.name, err, span)
				}
			}
		}
	}
	if commands < 10 {
		t.Errorf("only %d commands were read", commands)
	}
}

func TestBrokenBlocksAreFound(t *testing.T) {
	const job = "on: push\njobs:\n  up:\n    runs-on: ubuntu-24.04\n    steps:\n"
	for text, want := range map[string]string{
		"sh\ndagger -m ./ci call with-cache up --src . --stack \"$S\"":                               "",
		"sh\nx=$(dagger -m ./ci call preview)":                                                       "",
		"sh\ndagger -m ./ci functions":                                                               "",
		"sh\ndagger -m github.com/OWNER/iac@VERSION call up --src .":                                 "",
		"sh\ndagger -m github.com/OWNER/iac@VERSION call plan --src . digest":                        "",
		"sh\ndagger -m github.com/OWNER/iac@VERSION call up":                                         "--src",
		"sh\ndagger -m github.com/OWNER/iac call up --src .":                                         "version",
		"sh\ndagger -m ./other call up":                                                              "./other",
		"sh\ndagger -m ./ci call down":                                                               `"down"`,
		"sh\ndagger -m ./ci call up --sources .":                                                     "--sources",
		"sh\ndagger -m ./ci call with-cache with-credentials preview":                                "required flag",
		"sh\ndagger -m ./ci call with-cache":                                                         "only an object",
		"sh\ndagger -m ./ci call up --stack $S":                                                      "not quoted",
		"sh\nif true":                                                                                "must be followed by",
		"json\n{":                                                                                    "JSON",
		"yaml\na: [":                                                                                 "yaml",
		"yaml\n" + job + "      - run: dagger -m ./ci call up\n":                                     "",
		"yaml\n" + job + "      - run: dagger -m ./ci call down\n":                                   `"down"`,
		"yaml\n" + job + "      - runs: true\n":                                                      "step must run",
		"yaml\n" + job + "      - uses: actions/checkout@v7\n":                                       "is not pinned",
		"yaml\n" + job + "      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n": "is not pinned",
		"yaml\n" + job + "      - uses: actions/checkout@0d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1\n": "the workflows take",
	} {
		language, content, _ := strings.Cut(text, "\n")
		err := readers[language](content)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s\nis answered by %v, want %q", text, err, want)
		}
	}
}

func readJSON(text string) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return nil
}

// readYAML reads a file, and a workflow of GitHub Actions as such.
func readYAML(text string) error {
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil || workflow.Jobs == nil {
		return err
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		return err
	}
	found, err := linter.Lint("workflow.yml", []byte(text), nil)
	errs := []error{err, checkPins(text)}
	for _, problem := range found {
		errs = append(errs, problem)
	}
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			errs = append(errs, readShell(step.Run))
		}
	}
	return errors.Join(errs...)
}

// movedFrom are actions of workflows that people move over from.
var movedFrom = []string{"pulumi/actions", "actions/setup-node"}

var (
	use = regexp.MustCompile(`uses: ([\w-]+/[\w-]+)\S*?(@.*)`)
	pin = regexp.MustCompile(`^@[0-9a-f]{40} # v[0-9.]+$`)
)

// checkPins wants each action pinned by commit, to the one that the workflows of this repository take.
func checkPins(text string) error {
	files, err := filepath.Glob(root + "/.github/workflows/*")
	if err != nil {
		return err
	}
	pins := map[string]string{}
	for _, file := range files {
		workflow, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, match := range use.FindAllStringSubmatch(string(workflow), -1) {
			pins[match[1]] = match[2]
		}
	}
	for _, match := range use.FindAllStringSubmatch(text, -1) {
		action, version := match[1], match[2]
		switch {
		case slices.Contains(movedFrom, action):
		case !pin.MatchString(version):
			return fmt.Errorf("%s%s is not pinned as @COMMIT # vVERSION", action, version)
		case pins[action] != "" && pins[action] != version:
			return fmt.Errorf("%s%s: the workflows take %s", action, version, pins[action])
		}
	}
	return nil
}

// readShell reads a script, and each command of the module in it as the dagger command would.
func readShell(text string) error {
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return err
	}
	var errs []error
	syntax.Walk(file, func(node syntax.Node) bool {
		if command, ok := node.(*syntax.CallExpr); ok && len(command.Args) > 0 && command.Args[0].Lit() == "dagger" {
			errs = append(errs, checkCommand(command.Args[1:]))
		}
		return true
	})
	return errors.Join(errs...)
}

// remote is the module where it is not copied.
var remote = regexp.MustCompile(`^github\.com/[^@]+$|^github\.com/.+@.+$`)

func checkCommand(words []*syntax.Word) error {
	args, err := written(words)
	if err != nil {
		return err
	}
	if args[0] == "run" {
		return nil // any command
	}
	if len(args) < 3 || args[0] != "-m" {
		return fmt.Errorf("dagger %s: want dagger -m MODULE", strings.Join(args, " "))
	}
	module, args := args[1], args[2:]
	if remote.MatchString(module) {
		if !strings.Contains(module, "@") {
			return fmt.Errorf("%s has no version", module)
		}
		if !slices.Contains(args, "--src") {
			return fmt.Errorf("a call of %s lacks --src", module)
		}
	} else if module != "./ci" {
		return fmt.Errorf("there is no module %s", module)
	}
	if args[0] == "functions" && len(args) == 1 {
		return nil
	}
	if args[0] != "call" {
		return fmt.Errorf("dagger has no command %q here", args[0])
	}
	// Paths are not looked at. The folder has no .env.
	dir, err := filepath.Abs(filepath.Join(root, "ci"))
	if err != nil {
		return err
	}
	return hostdagger.Invocation{Args: args[1:], Dir: dir, Stdout: io.Discard, Stderr: io.Discard}.Check()
}

// written gives words without their quotes. The shell would split one with a value that is not quoted.
func written(words []*syntax.Word) (all []string, err error) {
	for _, word := range words {
		var text strings.Builder
		for _, part := range word.Parts {
			switch part.(type) {
			case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
			default:
				err = errors.New("a value is not quoted")
			}
		}
		if printed := syntax.NewPrinter().Print(&text, word); printed != nil {
			return nil, printed
		}
		all = append(all, strings.Trim(text.String(), `"'`))
	}
	return all, err
}
