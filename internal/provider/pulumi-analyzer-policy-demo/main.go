// Pulumi-analyzer-policy-demo is a policy pack for the resources of pulumi-resource-demo, with a
// policy of each kind: one that forbids, one that advises, one that mends, and one about a stack.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve tells its port on standard output and ends when the engine, at the address given, is gone.
func serve(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: pulumi-analyzer-policy-demo ENGINE")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	rpc.RegisterAnalyzerServer(server, pack{})
	if err := rpcutil.Healthcheck(context.Background(), args[0], time.Minute, server.Stop); err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.Serve(listener)
}

const (
	packName    = "house-rules"
	packVersion = "1.2.0"
)

var (
	owner     = &rpc.PolicyInfo{Name: "buckets-have-an-owner", Description: "Every bucket names who answers for it.", EnforcementLevel: rpc.EnforcementLevel_MANDATORY}
	size      = &rpc.PolicyInfo{Name: "databases-are-small", Description: "A large database costs money.", EnforcementLevel: rpc.EnforcementLevel_ADVISORY}
	versioned = &rpc.PolicyInfo{Name: "buckets-are-versioned", Description: "What was deleted can be had back.", EnforcementLevel: rpc.EnforcementLevel_REMEDIATE}
	few       = &rpc.PolicyInfo{Name: "few-buckets", Description: "A stack has at most two buckets.", EnforcementLevel: rpc.EnforcementLevel_ADVISORY}
)

type pack struct {
	rpc.UnimplementedAnalyzerServer
}

func (pack) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*rpc.AnalyzerInfo, error) {
	return &rpc.AnalyzerInfo{Name: packName, Version: packVersion, Policies: []*rpc.PolicyInfo{owner, size, versioned, few}}, nil
}

func (pack) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: packVersion}, nil
}

func (pack) Configure(context.Context, *rpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (pack) Analyze(_ context.Context, req *rpc.AnalyzeRequest) (*rpc.AnalyzeResponse, error) {
	properties := req.Properties.GetFields()
	switch {
	case req.Type == "demo:storage:Bucket" && properties["tags"].GetStructValue().GetFields()["owner"].GetStringValue() == "":
		return violation(owner, req.Urn, "An owner is needed: set the tag `owner`.\nSee https://example.com/rules </details> @everyone"), nil
	case req.Type == "demo:data:Database" && properties["size"].GetNumberValue() > 100:
		return violation(size, req.Urn, fmt.Sprintf("%v GB is a lot, it's more than 100 GB.", properties["size"].GetNumberValue())), nil
	}
	return &rpc.AnalyzeResponse{}, nil
}

func (pack) AnalyzeStack(_ context.Context, req *rpc.AnalyzeStackRequest) (*rpc.AnalyzeResponse, error) {
	buckets := 0
	for _, resource := range req.Resources {
		if resource.Type == "demo:storage:Bucket" {
			buckets++
		}
	}
	if buckets <= 2 {
		return &rpc.AnalyzeResponse{}, nil
	}
	return violation(few, "", fmt.Sprintf("There are %d buckets.", buckets)), nil
}

func (pack) Remediate(_ context.Context, req *rpc.AnalyzeRequest) (*rpc.RemediateResponse, error) {
	properties := req.Properties.GetFields()
	if req.Type != "demo:storage:Bucket" || properties["versioned"].GetBoolValue() {
		return &rpc.RemediateResponse{}, nil
	}
	properties["versioned"] = structpb.NewBoolValue(true)
	return &rpc.RemediateResponse{Remediations: []*rpc.Remediation{{
		PolicyName: versioned.Name, PolicyPackName: packName, PolicyPackVersion: packVersion,
		Description: versioned.Description, Properties: req.Properties,
	}}}, nil
}

// violation begins its message with the policy's description, as Pulumi's own libraries do.
func violation(policy *rpc.PolicyInfo, urn, message string) *rpc.AnalyzeResponse {
	return &rpc.AnalyzeResponse{Diagnostics: []*rpc.AnalyzeDiagnostic{{
		PolicyName: policy.Name, PolicyPackName: packName, PolicyPackVersion: packVersion,
		Description: policy.Description, Message: policy.Description + "\n" + message, EnforcementLevel: policy.EnforcementLevel, Urn: urn,
	}}}
}
