package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// File is a file of this machine, so that a test makes drift by editing it. Its path is its id.
type File struct{}

type fileArgs struct {
	Path    string `pulumi:"path" provider:"replaceOnChanges"`
	Content string `pulumi:"content"`
}

func (*File) Annotate(a infer.Annotator) { a.SetToken("index", "File") }

func (File) Create(_ context.Context, req infer.CreateRequest[fileArgs]) (infer.CreateResponse[fileArgs], error) {
	done := infer.CreateResponse[fileArgs]{ID: req.Inputs.Path, Output: req.Inputs}
	if req.DryRun {
		return done, nil
	}
	return done, write(req.Inputs)
}

func (File) Read(_ context.Context, req infer.ReadRequest[fileArgs, fileArgs]) (infer.ReadResponse[fileArgs, fileArgs], error) {
	content, err := os.ReadFile(req.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return infer.ReadResponse[fileArgs, fileArgs]{}, nil
	}
	if err != nil {
		return infer.ReadResponse[fileArgs, fileArgs]{}, err
	}
	found := fileArgs{Path: req.ID, Content: string(content)}
	return infer.ReadResponse[fileArgs, fileArgs]{ID: req.ID, Inputs: found, State: found}, nil
}

func (File) Update(_ context.Context, req infer.UpdateRequest[fileArgs, fileArgs]) (infer.UpdateResponse[fileArgs], error) {
	done := infer.UpdateResponse[fileArgs]{Output: req.Inputs}
	if req.DryRun {
		return done, nil
	}
	return done, write(req.Inputs)
}

func (File) Delete(_ context.Context, req infer.DeleteRequest[fileArgs]) (infer.DeleteResponse, error) {
	err := os.Remove(req.ID)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return infer.DeleteResponse{}, err
}

func write(file fileArgs) error {
	return os.WriteFile(file.Path, []byte(file.Content), 0o644)
}
