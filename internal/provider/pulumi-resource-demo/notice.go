package main

import (
	"context"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Notice logs its text, in previews too, at the level "debug", "info", "warning" or "error".
type Notice struct{}

type noticeArgs struct {
	Level string `pulumi:"level"`
	Text  string `pulumi:"text"`
}

func (*Notice) Annotate(a infer.Annotator) { a.SetToken("index", "Notice") }

func (Notice) Create(ctx context.Context, req infer.CreateRequest[noticeArgs]) (infer.CreateResponse[noticeArgs], error) {
	log := provider.GetLogger(ctx)
	switch req.Inputs.Level {
	case "debug":
		log.Debug(req.Inputs.Text)
	case "warning":
		log.Warning(req.Inputs.Text)
	case "error":
		log.Error(req.Inputs.Text)
	default:
		log.Info(req.Inputs.Text)
	}
	return infer.CreateResponse[noticeArgs]{ID: req.Name, Output: req.Inputs}, nil
}
