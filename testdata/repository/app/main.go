package main

import (
	"example.com/shop/lib"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		network, err := pulumi.NewStackReference(ctx, "organization/network/"+ctx.Stack(), nil)
		if err != nil {
			return err
		}
		var assets pulumi.CustomResourceState
		return ctx.RegisterResource("demo:storage:Bucket", "assets", pulumi.Map{
			"name":   pulumi.String("assets"),
			"region": network.GetStringOutput(pulumi.String("zone")),
			"tags":   pulumi.ToStringMap(lib.Tags(ctx.Stack())),
			"rules":  pulumi.Array{pulumi.Map{"prefix": pulumi.String("logs/"), "days": pulumi.Int(config.RequireInt(ctx, "days"))}},
		}, &assets)
	})
}
