package main

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Database holds a secret. Another engine replaces it, and the old one goes first.
type Database struct{}

type databaseArgs struct {
	Engine   string  `pulumi:"engine" provider:"replaceOnChanges"`
	Release  *string `pulumi:"release,optional"`
	Size     *int    `pulumi:"size,optional"`
	Password string  `pulumi:"password" provider:"secret"`
}

type databaseState struct {
	databaseArgs
	Endpoint string `pulumi:"endpoint"`
}

func (*Database) Annotate(a infer.Annotator) { a.SetToken("data", "Database") }

func (Database) Create(_ context.Context, req infer.CreateRequest[databaseArgs]) (infer.CreateResponse[databaseState], error) {
	return infer.CreateResponse[databaseState]{ID: req.Name, Output: newDatabaseState(req.Name, req.Inputs)}, nil
}

func (Database) Update(_ context.Context, req infer.UpdateRequest[databaseArgs, databaseState]) (infer.UpdateResponse[databaseState], error) {
	return infer.UpdateResponse[databaseState]{Output: newDatabaseState(req.ID, req.Inputs)}, nil
}

func (Database) Delete(context.Context, infer.DeleteRequest[databaseState]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, nil
}

func newDatabaseState(id string, args databaseArgs) databaseState {
	return databaseState{databaseArgs: args, Endpoint: fmt.Sprintf("%s://%s.example.com", args.Engine, id)}
}
