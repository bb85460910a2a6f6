package tools

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// packages are those of npm that a folder with a package-lock.json pins. They come into a folder of build.
type packages struct {
	dir  string
	what string
}

// NodeModules is the folder of a checkout that the packages of a folder are installed into.
func NodeModules(root, dir string) string {
	return filepath.Join(root, "build", "npm", filepath.Base(dir), "node_modules")
}

func (p *packages) about() string { return p.what }

// ready compares the lock file with the one that was installed from.
func (p *packages) ready(in *installer) bool {
	wanted, err := os.ReadFile(filepath.Join(in.root, p.dir, "package-lock.json"))
	if err != nil {
		return false
	}
	there, err := os.ReadFile(filepath.Join(filepath.Dir(NodeModules(in.root, p.dir)), "package-lock.json"))
	return err == nil && string(there) == string(wanted)
}

// get installs into a folder of its own first, so that the packages are never there by half. No package may run
// anything.
func (p *packages) get(ctx context.Context, in *installer) error {
	to := filepath.Dir(NodeModules(in.root, p.dir))
	fresh := to + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(in.root, p.dir, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(fresh, name), text, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, in.program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in %s: %w\n%s", fresh, err, out)
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.Rename(fresh, to)
}
