package main

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Bucket has properties of every shape. Another name or region replaces it.
type Bucket struct{}

type bucketArgs struct {
	Name      string            `pulumi:"name" provider:"replaceOnChanges"`
	Region    *string           `pulumi:"region,optional" provider:"replaceOnChanges"`
	Versioned *bool             `pulumi:"versioned,optional"`
	Policy    *string           `pulumi:"policy,optional"`
	Tags      map[string]string `pulumi:"tags,optional"`
	Rules     []rule            `pulumi:"rules,optional"`
	Settings  map[string]any    `pulumi:"settings,optional"`
}

type rule struct {
	Prefix      string       `pulumi:"prefix"`
	Days        *int         `pulumi:"days,optional"`
	Transitions []transition `pulumi:"transitions,optional"`
}

type transition struct {
	Class string `pulumi:"class"`
	Days  int    `pulumi:"days"`
}

type bucketState struct {
	bucketArgs
	Address string `pulumi:"address"`
}

func (*Bucket) Annotate(a infer.Annotator) { a.SetToken("storage", "Bucket") }

func (Bucket) Create(_ context.Context, req infer.CreateRequest[bucketArgs]) (infer.CreateResponse[bucketState], error) {
	return infer.CreateResponse[bucketState]{ID: req.Inputs.Name, Output: newBucketState(req.Inputs)}, nil
}

func (Bucket) Update(_ context.Context, req infer.UpdateRequest[bucketArgs, bucketState]) (infer.UpdateResponse[bucketState], error) {
	return infer.UpdateResponse[bucketState]{Output: newBucketState(req.Inputs)}, nil
}

func (Bucket) Delete(context.Context, infer.DeleteRequest[bucketState]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, nil
}

func newBucketState(args bucketArgs) bucketState {
	return bucketState{bucketArgs: args, Address: fmt.Sprintf("https://%s.example.com", args.Name)}
}
