package tools

import (
	"fmt"
	"path/filepath"

	"iac/internal/bindings"
)

// Root is the folder of the checkout that the working directory lies in: the one with dagger.json.
func Root() (string, error) {
	root, err := bindings.Find(".")
	if err != nil {
		return "", fmt.Errorf("%w: start this inside a checkout of iac", err)
	}
	return root, nil
}

// Bin is the folder of a checkout that the programs are built into.
func Bin(root string) string { return filepath.Join(root, "build", "bin") }
