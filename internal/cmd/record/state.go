package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"iac/internal/teststack"
	"iac/internal/tools"
)

// infra are the programs that start from the state that testdata/programs/infra-before leaves.
var infra = []string{"infra", "infra-yaml", "infra-nodejs"}

// makeState runs infra-before on an empty stack and keeps its state and configuration beside each of
// the programs.
func makeState(ctx context.Context, root string) error {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stack, err := teststack.Prepare(ctx, filepath.Join(root, "testdata", "programs", "infra-before"), dir, tools.Bin(root))
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"config", "set", "--secret", "password", "correct horse battery staple", "--stack", stack.Name, "--non-interactive"},
		{"up", "--yes", "--stack", stack.Name, "--non-interactive"},
	} {
		if _, err := stack.Run(ctx, args...); err != nil {
			return err
		}
	}
	text, err := stack.Run(ctx, "stack", "export", "--stack", stack.Name)
	if err != nil {
		return err
	}
	state, err := withoutPaths([]byte(text))
	if err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(stack.Src, "Pulumi.dev.yaml"))
	if err != nil {
		return err
	}
	for _, program := range infra {
		target := filepath.Join(root, "testdata", program)
		if err := errors.Join(
			os.WriteFile(filepath.Join(target, teststack.StateFile), state, 0o644),
			os.WriteFile(filepath.Join(target, "Pulumi.dev.yaml"), config, 0o644),
		); err != nil {
			return err
		}
	}
	return nil
}

// exported is an exported stack.
type exported struct {
	Version    int `json:"version"`
	Deployment struct {
		Manifest  map[string]any   `json:"manifest"`
		Secrets   map[string]any   `json:"secrets_providers"`
		Resources []map[string]any `json:"resources"`
		Metadata  map[string]any   `json:"metadata"`
	} `json:"deployment"`
}

// withoutPaths takes out where the plugins of this machine lie and which lines of source made what.
func withoutPaths(text []byte) ([]byte, error) {
	var state exported
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("the exported stack: %w", err)
	}
	delete(state.Deployment.Manifest, "plugins")
	for _, resource := range state.Deployment.Resources {
		delete(resource, "sourcePosition")
		delete(resource, "stackTrace")
	}
	text, err := json.MarshalIndent(state, "", "  ")
	return append(text, '\n'), err
}
