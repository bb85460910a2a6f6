// Cases is the program behind most recordings: CASE names one of the cases, and STEP tells whether it
// is the stack "before" the change or "after" it.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		run, known := cases[os.Getenv("CASE")]
		if !known {
			return fmt.Errorf("CASE is %q, which is none of the cases", os.Getenv("CASE"))
		}
		return run(&program{ctx: ctx, after: os.Getenv("STEP") == "after"})
	})
}

type program struct {
	ctx   *pulumi.Context
	after bool
	last  pulumi.Resource
}

type props = map[string]any

func (p *program) bucket(name string, args props, opts ...pulumi.ResourceOption) error {
	if args["name"] == nil {
		args["name"] = name
	}
	return p.add("demo:storage:Bucket", name, args, opts...)
}

func (p *program) database(name string, args props, opts ...pulumi.ResourceOption) error {
	return p.add("demo:data:Database", name, args, opts...)
}

// add registers a resource and waits for it, so that every run registers in the same order. It
// depends on the one before, so that every run deletes in the same order too, unless PARALLEL is set.
func (p *program) add(kind, name string, args props, opts ...pulumi.ResourceOption) error {
	var resource pulumi.CustomResourceState
	if p.last != nil && os.Getenv("PARALLEL") == "" {
		opts = append(opts, pulumi.DependsOn([]pulumi.Resource{p.last}))
	}
	p.last = &resource
	if err := p.ctx.RegisterResource(kind, name, pulumi.ToMap(args), &resource, opts...); err != nil {
		return err
	}
	_, err := internals.UnsafeAwaitOutput(p.ctx.Context(), resource.URN())
	return err
}

// pick gives the value of this step.
func (p *program) pick(before, after any) any {
	if p.after {
		return after
	}
	return before
}

// each runs the steps until one fails.
func each(steps ...error) error {
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	return nil
}
