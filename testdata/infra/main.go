package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

type bucket struct {
	pulumi.CustomResourceState
	Address pulumi.StringOutput `pulumi:"address"`
}

type database struct {
	pulumi.CustomResourceState
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		password := config.New(ctx, "").RequireSecret("password")

		var assets bucket
		err := ctx.RegisterResource("demo:storage:Bucket", "assets", pulumi.Map{
			"name":      pulumi.String("assets"),
			"region":    pulumi.String("eu-west-1"),
			"versioned": pulumi.Bool(true),
			"tags":      pulumi.StringMap{"team": pulumi.String("web"), "stage": pulumi.String("production")},
			"rules":     pulumi.Array{pulumi.Map{"prefix": pulumi.String("logs/"), "days": pulumi.Int(90)}},
		}, &assets)
		if err != nil {
			return err
		}
		var orders database
		err = ctx.RegisterResource("demo:data:Database", "orders", pulumi.Map{
			"engine":   pulumi.String("postgres"),
			"release":  pulumi.String("17.1"),
			"size":     pulumi.Int(50),
			"password": password,
		}, &orders, pulumi.DependsOn([]pulumi.Resource{&assets}))
		if err != nil {
			return err
		}
		var sessions database
		err = ctx.RegisterResource("demo:data:Database", "sessions", pulumi.Map{
			"engine":   pulumi.String("redis"),
			"size":     pulumi.Int(5),
			"password": password,
		}, &sessions, pulumi.DependsOn([]pulumi.Resource{&orders}))
		if err != nil {
			return err
		}
		ctx.Export("assets", assets.Address)
		ctx.Export("sessions", sessions.Endpoint)
		return nil
	})
}
