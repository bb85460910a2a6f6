package workflows

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"iac/internal/bindings"
)

func TestWrongCallsAreFound(t *testing.T) {
	module := load(t)
	for command, want := range map[string]string{
		`dagger -m ./ci call up --src . --stack dev`:                               "",
		`dagger -m ./ci call up --stack=dev`:                                       "",
		`x=$(dagger -m ./ci call preview --stack "$S" --comment-optional)`:         "",
		`dagger -m ./ci call --pulumi-version 1.2.3 up --stack dev`:                "",
		`dagger call up --stack dev`:                                               "begins otherwise",
		`dagger -m ./ci up --stack dev`:                                            "begins otherwise",
		`dagger -m ./ci call with-credential up`:                                   `no function "with-credential"`,
		`dagger -m ./ci call up --stack dev preview --stack dev`:                   `no function "preview"`,
		`dagger -m ./ci call refresh --stack dev --github-token env://T`:           `refresh has no flag "--github-token"`,
		`dagger -m ./ci call --stack dev up`:                                       `has no flag "--stack"`,
		`dagger -m ./ci call up --stack dev -o file`:                               `up has no flag "-o"`,
		`dagger -m ./ci call with-env-variable --value x up`:                       "with-env-variable lacks --name",
		`dagger -m ./ci call with-credentials --pulumi-token env://T up --stack s`: "with-credentials lacks --aws-access-key",
		`dagger -m ./ci call with-cache cache-export`:                              "cache-export lacks -o",
		`dagger -m ./ci call up --stack`:                                           "--stack of up has no value",
		`dagger -m ./ci call up --stack --src .`:                                   "--stack of up has no value",
		`dagger -m ./ci call up --stack a --stack b`:                               "--stack of up is given twice",
		`dagger -m ./ci call up --stack $STACK`:                                    "$STACK is not quoted",
		`dagger -m ./ci call up --stack $(id)`:                                     "$(id) is not quoted",
		`dagger -m ./ci call preview --stack s --github-token "$T"`:                "--github-token of preview is no env://",
		`dagger -m ./ci call with-cache`:                                           "gives only an object",
		`dagger -m ./ci call`:                                                      "gives only an object",
	} {
		_, err := readCommand(module, command)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s\nis answered by %v, want %q", command, err, want)
		}
	}
}

// load reads the module that `-m ./ci` names.
func load(t *testing.T) *bindings.Module {
	t.Helper()
	root, err := bindings.Find("../../ci")
	if err != nil {
		t.Fatal(err)
	}
	module, err := bindings.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// A call is a chain of functions, each with its flags. It begins with the constructor, which has no
// name.
type call []link

type link struct {
	Function string
	Flags    map[string]string
}

func (c call) functions() string {
	var names []string
	for _, l := range c[1:] {
		names = append(names, l.Function)
	}
	return strings.Join(names, " ")
}

// take takes the link of a function out of a call.
func take(c call, function string) (rest call, taken link) {
	for _, l := range c {
		if l.Function == function {
			taken = l
		} else {
			rest = append(rest, l)
		}
	}
	return rest, taken
}

// readCommand gives the calls of the module in a shell command.
func readCommand(module *bindings.Module, command string) (found []call, err error) {
	file, err := syntax.NewParser().Parse(strings.NewReader(command), "")
	if err != nil {
		return nil, err
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		if simple, ok := node.(*syntax.CallExpr); ok && err == nil && len(simple.Args) > 0 && simple.Args[0].Lit() == "dagger" {
			var c call
			if c, err = readCall(module, simple.Args); err == nil {
				found = append(found, c)
			}
		}
		return true
	})
	return found, err
}

func readCall(module *bindings.Module, args []*syntax.Word) (call, error) {
	words, err := written(args)
	if err != nil {
		return nil, err
	}
	start := []string{"dagger", "-m", "./ci", "call"}
	if len(words) < len(start) || !slices.Equal(words[:len(start)], start) {
		return nil, fmt.Errorf("%s begins otherwise than with %s", words, start)
	}
	return readChain(module, words[len(start):])
}

// written gives words as they are written. The shell would split one with a value that is not quoted.
func written(args []*syntax.Word) ([]string, error) {
	var words []string
	for _, word := range args {
		var text strings.Builder
		if err := syntax.NewPrinter().Print(&text, word); err != nil {
			return nil, err
		}
		for _, part := range word.Parts {
			switch part.(type) {
			case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
			default:
				return nil, fmt.Errorf("%s is not quoted", text.String())
			}
		}
		words = append(words, text.String())
	}
	return words, nil
}

// readChain reads the flags of the constructor, then function by function with its flags.
func readChain(module *bindings.Module, words []string) (call, error) {
	function := module.Main.Constructor
	var c call
	for {
		l, rest, err := readLink(function, words)
		if err != nil {
			return nil, err
		}
		if c = append(c, l); len(rest) == 0 {
			break
		}
		if function = find(module.Objects[function.Result.Name], rest[0]); function == nil {
			return nil, fmt.Errorf("there is no function %q after %q", rest[0], l.Function)
		}
		words = rest[1:]
	}
	if function.Result.Kind == bindings.Own {
		return nil, fmt.Errorf("%q gives only an object of the module", c.functions())
	}
	return c, nil
}

func find(object *bindings.Object, name string) *bindings.Function {
	if object == nil {
		return nil
	}
	i := slices.IndexFunc(object.Functions, func(f *bindings.Function) bool { return bindings.KebabName(f.Name) == name })
	if i < 0 {
		return nil
	}
	return object.Functions[i]
}

// readLink reads the flags of a function, and gives the words after them.
func readLink(function *bindings.Function, words []string) (link, []string, error) {
	l := link{bindings.KebabName(function.Name), map[string]string{}}
	args := flags(function)
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		name, value, joined := strings.Cut(words[0], "=")
		arg, known := args[name]
		_, twice := l.Flags[name]
		words = words[1:]
		if known && arg.Type.Kind != bindings.Bool && !joined && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
			value, words = words[0], words[1:]
		}
		switch {
		case !known:
			return l, nil, fmt.Errorf("%s has no flag %q", l.Function, name)
		case twice && arg.Type.Kind != bindings.List:
			return l, nil, fmt.Errorf("%s of %s is given twice", name, l.Function)
		case value == "" && arg.Type.Kind != bindings.Bool:
			return l, nil, fmt.Errorf("%s of %s has no value", name, l.Function)
		case arg.Type.Name == "Secret" && !strings.HasPrefix(value, "env://"):
			return l, nil, fmt.Errorf("%s of %s is no env://NAME", name, l.Function)
		}
		l.Flags[name] += value
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if _, given := l.Flags[name]; !given && args[name].Required() {
			return l, nil, fmt.Errorf("%s lacks %s", l.Function, name)
		}
	}
	return l, words, nil
}

// flags gives the arguments of a function by their flags. A folder or a file has to go somewhere.
func flags(function *bindings.Function) map[string]*bindings.Argument {
	all := map[string]*bindings.Argument{}
	for _, arg := range function.Args {
		all["--"+bindings.KebabName(arg.Name)] = arg
	}
	if function.Result.Kind == bindings.Core {
		all["-o"] = &bindings.Argument{Type: bindings.Type{Kind: bindings.String}}
	}
	return all
}
