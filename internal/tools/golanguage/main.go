// Pulumi-language-go starts Pulumi's host for Go programs with the runtime's options of Pulumi.yaml as flags. The CLI
// tells a host of its own version about them in a request, which the older host that is built here does not know.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"go.yaml.in/yaml/v3"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go:", err)
		os.Exit(1)
	}
}

func run() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	options, err := options()
	if err != nil {
		return err
	}
	host := filepath.Join(filepath.Dir(self), "hosts", "pulumi-language-go")
	args := []string{host}
	for _, name := range []string{"binary", "buildTarget"} {
		if options[name] != "" {
			args = append(args, "-"+name, options[name])
		}
	}
	return fmt.Errorf("%s: %w", host, syscall.Exec(host, append(args, os.Args[1:]...), os.Environ()))
}

// options are those of the runtime in the Pulumi.yaml of this folder or the nearest one above.
func options() (map[string]string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "Pulumi.yaml"))
		if err == nil {
			return optionsIn(text), nil
		}
		above := filepath.Dir(dir)
		if !errors.Is(err, os.ErrNotExist) || above == dir {
			return nil, nil
		}
		dir = above
	}
}

// optionsIn gives none for a runtime that is a plain word.
func optionsIn(text []byte) map[string]string {
	var project struct {
		Runtime struct {
			Options map[string]string `yaml:"options"`
		} `yaml:"runtime"`
	}
	if yaml.Unmarshal(text, &project) != nil {
		return nil
	}
	return project.Runtime.Options
}
