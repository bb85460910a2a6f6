// Pulumi-resource-demo is a Pulumi provider without a cloud: its buckets and databases stand in the
// stack's state only, its files are files. Tests and recordings get real creates, updates,
// replacements, deletes, imports, drift and failures from it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-go-provider/infer"
)

func main() {
	provider, err := infer.NewProviderBuilder().
		WithResources(
			infer.Resource(Bucket{}),
			infer.Resource(Database{}),
			infer.Resource(File{}),
			infer.Resource(Fault{}),
			infer.Resource(Notice{}),
		).
		Build()
	if err == nil {
		err = provider.Run(context.Background(), "demo", "0.1.0")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
