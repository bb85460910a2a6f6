package main

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Fault fails with its message: at "create", "update" or "delete", whichever it is told.
type Fault struct{}

type faultArgs struct {
	At      string `pulumi:"at"`
	Message string `pulumi:"message"`
}

func (*Fault) Annotate(a infer.Annotator) { a.SetToken("index", "Fault") }

func (Fault) Create(_ context.Context, req infer.CreateRequest[faultArgs]) (infer.CreateResponse[faultArgs], error) {
	done := infer.CreateResponse[faultArgs]{ID: req.Name, Output: req.Inputs}
	if req.DryRun {
		return done, nil
	}
	return done, req.Inputs.fail("create")
}

func (Fault) Update(_ context.Context, req infer.UpdateRequest[faultArgs, faultArgs]) (infer.UpdateResponse[faultArgs], error) {
	done := infer.UpdateResponse[faultArgs]{Output: req.Inputs}
	if req.DryRun {
		return done, nil
	}
	return done, req.Inputs.fail("update")
}

func (Fault) Delete(_ context.Context, req infer.DeleteRequest[faultArgs]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.fail("delete")
}

func (a faultArgs) fail(step string) error {
	if a.At != step {
		return nil
	}
	return errors.New(a.Message)
}
