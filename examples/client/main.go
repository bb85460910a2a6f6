// Client applies several stacks, one after the other: it plans each, looks at what would change, and applies just that
// plan, or stops. It is an example of a pipeline that is more than one call of the module.
//
// It needs the code of no module: it asks an engine to serve the module, and calls its functions by their names.
//
//	dagger run go run . -apply ../network=acme/network/prod ../shop=acme/shop/prod
//
// Without -apply it only shows the plans. A plan that deletes or replaces anything is applied with -allow-loss only.
// Stacks come in the order in which they need each other: a plan is made after the stacks before it were applied.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"dagger.io/dagger"
	"github.com/dagger/querybuilder"
)

// options are what the command line says.
type options struct {
	module           string
	apply, allowLoss bool
	secrets          names
	stacks           []stack
}

// stack is a stack with the folder of its program.
type stack struct{ folder, name string }

// names collects the values of a flag that is given several times.
type names []string

func (n *names) String() string { return strings.Join(*n, " ") }

func (n *names) Set(name string) error {
	*n = append(*n, name)
	return nil
}

func main() {
	o, err := read(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err = run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func read(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.StringVar(&o.module, "module", "../../ci", "the module: a folder, or github.com/OWNER/REPOSITORY@VERSION")
	flags.BoolVar(&o.apply, "apply", false, "apply the plans")
	flags.BoolVar(&o.allowLoss, "allow-loss", false, "apply also what deletes or replaces resources")
	flags.Var(&o.secrets, "secret", "a variable that the program and Pulumi get as a secret, such as PULUMI_CONFIG_PASSPHRASE; may be repeated")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for _, arg := range flags.Args() {
		folder, name, ok := strings.Cut(arg, "=")
		if !ok || folder == "" || name == "" {
			return o, fmt.Errorf("invalid stack %q: want FOLDER=STACK, such as infra=org/project/prod", arg)
		}
		o.stacks = append(o.stacks, stack{folder, name})
	}
	if len(o.stacks) == 0 {
		return o, errors.New("no stacks: want FOLDER=STACK, one or more")
	}
	return o, nil
}

func run(ctx context.Context, o options) error {
	client, err := dagger.Connect(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.ModuleSource(o.module).AsModule().Serve(ctx); err != nil {
		return fmt.Errorf("serving %s: %w", o.module, err)
	}
	iac, err := module(ctx, client, o.secrets)
	if err != nil {
		return err
	}
	for _, s := range o.stacks {
		if err := follow(ctx, client, iac, s, o); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// module is the beginning of each query: the module's object, with its credentials and secrets.
func module(ctx context.Context, client *dagger.Client, secrets []string) (*querybuilder.Selection, error) {
	iac := client.QueryBuilder().Select("iac").Arg("cache", true)
	for _, given := range []struct{ argument, variable string }{
		{"pulumiToken", "PULUMI_ACCESS_TOKEN"}, {"awsAccessKey", "AWS_ACCESS_KEY_ID"}, {"awsSecretKey", "AWS_SECRET_ACCESS_KEY"},
	} {
		if os.Getenv(given.variable) == "" {
			continue
		}
		id, err := client.Secret("env://" + given.variable).ID(ctx)
		if err != nil {
			return nil, err
		}
		iac = iac.Arg(given.argument, id)
	}
	for _, variable := range secrets {
		id, err := client.Secret("env://" + variable).ID(ctx)
		if err != nil {
			return nil, err
		}
		iac = iac.Select("withSecretVariable").Arg("name", variable).Arg("secret", id)
	}
	return iac, nil
}

// follow plans a stack, and applies the plan if that was asked for and is allowed.
func follow(ctx context.Context, client *dagger.Client, iac *querybuilder.Selection, s stack, o options) error {
	src, err := client.Host().Directory(s.folder, dagger.HostDirectoryOpts{Exclude: []string{"**/node_modules", ".git"}}).ID(ctx)
	if err != nil {
		return err
	}
	on := func(verb string) *querybuilder.Selection {
		return iac.Select(verb).Arg("src", src).Arg("stack", s.name)
	}
	// One query for all that is asked of a plan: another one would run the preview again.
	var text string
	if err := on("plan").Select("json").Bind(&text).Execute(ctx); err != nil {
		return err
	}
	var plan report
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	fmt.Printf("%s: %s\n", s.name, plan)
	apply, err := decide(plan, o)
	if err != nil || !apply {
		return err
	}
	if err := on("up").Arg("expectDigest", plan.Digest).Bind(&text).Execute(ctx); err != nil {
		return err
	}
	fmt.Printf("%s: applied\n", s.name)
	return nil
}

// report is the part of a plan's JSON that is looked at; ci/comment/report.schema.json describes all of it.
type report struct {
	OK, Complete bool
	ExitCode     int
	Digest       string
	Changes      int
	Counts       map[string]int
	Diagnostics  []struct{ Severity, Message string }
}

func (r report) String() string {
	if !r.OK {
		return fmt.Sprintf("the preview failed with exit code %d", r.ExitCode)
	}
	if r.Complete && r.Changes == 0 {
		return "nothing to change"
	}
	parts := []string{fmt.Sprintf("%d to change", r.Changes)}
	for _, operation := range slices.Sorted(maps.Keys(r.Counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", operation, r.Counts[operation]))
	}
	return strings.Join(parts, ", ")
}

// lossless are the operations that leave everything there is in its place. A newer Pulumi may have others, so whatever is
// not named here needs to be allowed.
var lossless = []string{"create", "update", "import", "read", "refresh"}

// decide tells whether a plan is to be applied. An error ends the run before the stacks that come after.
func decide(plan report, o options) (apply bool, err error) {
	switch {
	case !plan.OK:
		words := []string{"its preview failed"}
		for _, d := range plan.Diagnostics {
			words = append(words, d.Message)
		}
		return false, errors.New(strings.Join(words, "\n"))
	case !plan.Complete:
		return false, errors.New("what would change is not fully known: Pulumi's event log is missing or not whole")
	case plan.Changes == 0 || !o.apply:
		return false, nil
	case o.allowLoss:
		return true, nil
	}
	for _, operation := range slices.Sorted(maps.Keys(plan.Counts)) {
		if !slices.Contains(lossless, operation) {
			return false, fmt.Errorf("not applied: %s %d needs -allow-loss", operation, plan.Counts[operation])
		}
	}
	return true, nil
}
