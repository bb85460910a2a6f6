package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"iac/internal/tools"
)

// decodeYAML reads a text strictly: a field that the value does not have is an error.
func decodeYAML(text string, value any) error {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	return decoder.Decode(value)
}

// parse gives a text to a parser of read.mjs, and reads its answer.
func parse(ctx context.Context, kind, root, text string, value any) error {
	out, err := node(ctx, root, "", text, filepath.Join(root, "internal", "pipelines", "read.mjs"), kind, modules(root))
	if err != nil {
		return err
	}
	return json.Unmarshal(out, value)
}

const parsers = "internal/tools/pipelines"

// modules is the folder with the node_modules of the parsers.
func modules(root string) string {
	return filepath.Dir(tools.NodeModules(root, parsers))
}

// node runs Node.js and gives what it prints. Its words are the error's.
func node(ctx context.Context, root, dir, input string, args ...string) ([]byte, error) {
	program := filepath.Join(tools.Bin(root), "node")
	for _, file := range []string{program, tools.NodeModules(root, parsers)} {
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("the parsers are missing, `make test-tools` gets them: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(errors.New(strings.TrimSpace(stderr.String())), err)
	}
	return out, nil
}
