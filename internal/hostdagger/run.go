// Package hostdagger does for a module on this host what the `dagger` command does with an engine: it
// lists a module's functions, shows their help, and calls them, with the same flags, the same
// addresses for secrets and folders, the same defaults from .env and the same results on standard
// output. The functions run in a session of the host engine.
package hostdagger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"iac/internal/bindings"
	"iac/internal/hostengine"
)

const program = "hostdagger"

// Invocation is one start of the command.
type Invocation struct {
	// Args are the words after the program's name.
	Args []string
	// Environ are the variables of the caller, as NAME=value.
	Environ []string
	// Dir is the working folder: where -m and paths are relative to.
	Dir            string
	Stdout, Stderr io.Writer

	// Cache is the folder for the module's program and the session's caches; if empty, build/cache in
	// the folder of dagger.json.
	Cache string
	// Session is the folder of what the session remembers of execs and volumes; if empty, in Cache.
	Session string
	// Programs is the folder with pulumi, its language hosts and gh; if empty, build/bin in the folder
	// of dagger.json.
	Programs string
	// PulumiEnv and GitHubEnv are more variables of containers with Pulumi, and of the others.
	PulumiEnv, GitHubEnv []string
}

// options are the flags of the command itself.
type options struct {
	module   string
	output   string
	silent   bool
	progress string
	help     bool
}

func (o *options) addTo(set *pflag.FlagSet) {
	set.StringVarP(&o.module, "mod", "m", o.module, "Folder of the module, or one below it")
	set.StringVarP(&o.output, "output", "o", o.output, "Save the result to a file, or a folder")
	set.BoolVarP(&o.silent, "silent", "s", o.silent, "Show no progress")
	set.StringVar(&o.progress, "progress", o.progress, "Taken for the sake of dagger; progress is always plain lines")
	set.BoolVarP(&o.help, "help", "h", o.help, "Show this help")
}

// takeHelp takes the flags out that ask for help, wherever they stand.
func (o *options) takeHelp(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		asked := arg == "--help" || arg == "-h"
		o.help = o.help || asked
		return asked
	})
}

// Run runs the command and gives its exit code. What it has to say besides results, errors and
// progress above all, goes to standard error.
func Run(ctx context.Context, inv Invocation) (exitCode int) {
	inv.Stderr = &lockedWriter{w: inv.Stderr}
	err := run(ctx, inv)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintf(inv.Stderr, "Error: %s\n", err)
	var usage usageError
	var failed *hostengine.FunctionError
	var ended programError
	switch {
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(inv.Stderr, "Run '%s --help' for usage.\n", strings.Join(append([]string{program}, usage.path...), " "))
	case errors.As(err, &failed):
		return reportExec(inv.Stderr, failed)
	}
	return 1
}

// lockedWriter keeps lines of progress and what the module writes apart.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(text)
}

// reportExec shows the output of the exec that made a function fail, if it was one, and gives its
// exit code.
func reportExec(w io.Writer, failed *hostengine.FunctionError) int {
	if string(failed.Values["_type"]) != `"EXEC_ERROR"` {
		return 1
	}
	for _, stream := range []string{"stdout", "stderr"} {
		var text string
		if json.Unmarshal(failed.Values[stream], &text) == nil && text != "" {
			_, _ = fmt.Fprintf(w, "%s%s:\n%s\n", strings.ToUpper(stream[:1]), stream[1:], text)
		}
	}
	code := 1
	if err := json.Unmarshal(failed.Values["exitCode"], &code); err != nil || code == 0 {
		return 1
	}
	return code
}

func run(ctx context.Context, inv Invocation) error {
	o := &options{module: "."}
	flags := newFlags()
	o.addTo(flags)
	err := flags.Parse(inv.Args)
	if err == nil && flags.Arg(0) == "run" && !o.help {
		// What comes after it is another program's.
		return inv.run(ctx, o, flags.Args()[1:])
	}
	if err == nil {
		flags = newFlags()
		o.addTo(flags)
		err = flags.Parse(o.takeHelp(inv.Args))
	}
	if err != nil {
		return usageError{err, nil}
	}
	command, args := flags.Arg(0), flags.Args()
	if command == "" || command == "help" || o.help && command != "call" {
		return printCommands(inv.Stdout)
	}
	args = args[1:]
	switch command {
	case "call":
		return inv.call(ctx, o, args)
	case "functions":
		return inv.functions(o, args)
	case "develop":
		return inv.develop(ctx, o, args)
	case "stage":
		return inv.stage(ctx, o, args)
	}
	return usageError{fmt.Errorf("unknown command %q for %q", command, program), nil}
}

func (inv Invocation) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(inv.Dir, name)
}

func (inv Invocation) load(o *options) (*bindings.Module, error) {
	root, err := bindings.Find(inv.path(o.module))
	if err != nil {
		return nil, err
	}
	m, err := bindings.Load(root)
	if err != nil {
		return nil, fmt.Errorf("an engine would not load the module:\n%w", err)
	}
	return m, nil
}

// words reads the flags of a command that has none of its own, and gives the words after them.
func (o *options) words(args []string) ([]string, error) {
	flags := newFlags()
	flags.SetInterspersed(true)
	o.addTo(flags)
	if err := flags.Parse(args); err != nil {
		return nil, usageError{err, nil}
	}
	return flags.Args(), nil
}

// develop writes the generated code into the source folder, for editors.
func (inv Invocation) develop(ctx context.Context, o *options, args []string) error {
	args, err := o.words(args)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s develop takes no arguments, not %q", program, args), nil}
	}
	m, err := inv.load(o)
	if err != nil {
		return err
	}
	return m.Write(ctx, m.Source)
}

// stage copies the source with the generated code into a folder, for linters.
func (inv Invocation) stage(ctx context.Context, o *options, args []string) error {
	args, err := o.words(args)
	if err != nil {
		return err
	}
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s stage takes one folder to write into, not %q", program, args), nil}
	}
	m, err := inv.load(o)
	if err != nil {
		return err
	}
	return m.Stage(ctx, inv.path(args[0]))
}

func (inv Invocation) functions(o *options, args []string) error {
	names, err := o.words(args)
	if err != nil {
		return err
	}
	m, err := inv.load(o)
	if err != nil {
		return err
	}
	r := reader{module: m, chain: chain{path: []string{"functions"}}}
	r.links = []*link{{object: m.Main, function: &bindings.Function{Result: bindings.Type{Kind: bindings.Own, Name: m.Main.Name}}}}
	for _, name := range names {
		next, err := r.find(name)
		if err != nil {
			return usageError{err, []string{"functions"}}
		}
		r.links = append(r.links, next)
	}
	return printFunctions(inv.Stdout, functionsOf(m, r.last().result()))
}

func (inv Invocation) call(ctx context.Context, o *options, args []string) error {
	m, r, err := inv.read(o, args)
	if err != nil {
		return err
	}
	if o.help || len(r.links) == 1 {
		return printHelp(inv.Stdout, m, r)
	}
	return inv.execute(ctx, m, o, &r.chain)
}

// read reads the words after "call".
func (inv Invocation) read(o *options, args []string) (*bindings.Module, *reader, error) {
	// The module is needed to read the flags, and one of them says which module it is.
	for i, arg := range args {
		if path, ok := strings.CutPrefix(arg, "--mod="); ok {
			o.module = path
		}
		if (arg == "-m" || arg == "--mod") && i+1 < len(args) {
			o.module = args[i+1]
		}
	}
	m, err := inv.load(o)
	if err != nil {
		return nil, nil, err
	}
	d, err := readDefaults(m, inv.Dir, inv.Environ)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{module: m, defaults: d, options: o, stderr: inv.Stderr}
	return m, r, r.read(args)
}

// Check says what is wrong with the words after "call", as Run does, and calls nothing.
func (inv Invocation) Check() error {
	m, r, err := inv.read(&options{module: "."}, inv.Args)
	switch {
	case err != nil:
		return err
	case len(r.links) == 1:
		return errors.New("no function is called")
	case r.last().result().Kind == bindings.Own && m.Objects[r.last().result().Name] != nil:
		return fmt.Errorf("%s gives only an object of the module", r.last().name())
	}
	return nil
}
