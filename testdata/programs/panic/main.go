package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		ctx.Export("size", pulumi.Int(sizes()["large"]))
		return nil
	})
}

func sizes() map[string]int {
	var sizes map[string]int
	sizes["large"] = 3
	return sizes
}
