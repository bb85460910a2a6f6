package tools

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Root is the folder of the checkout that the working directory lies in: the one with dagger.json.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "dagger.json"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no dagger.json in %q or a folder above it: start this inside a checkout of iac", start)
		}
	}
}

// Bin is the folder of a checkout that the programs are built into.
func Bin(root string) string {
	return filepath.Join(root, "build", "bin")
}
