package tools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// packed is one file out of an npm package, of which nothing else is installed.
type packed struct {
	// of is the package, as name@version, and path the file in it.
	of, path string
	// sum is the file's SHA-256.
	sum  string
	what string
}

func (p *packed) about() string { return p.what }

func (p *packed) ready(in *installer) bool { return p.check(p.target(in)) == nil }

func (p *packed) target(in *installer) string { return in.program(filepath.Base(p.path)) }

func (p *packed) check(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != p.sum {
		return fmt.Errorf("%s of %s has the SHA-256 %x, want %s", p.path, p.of, sum, p.sum)
	}
	return nil
}

func (p *packed) get(ctx context.Context, in *installer) error {
	dir, err := os.MkdirTemp(Bin(in.root), ".new")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// With --ignore-scripts nothing of the package runs.
	for _, args := range [][]string{
		{in.program("npm"), "pack", "--ignore-scripts", "--silent", p.of},
		{"sh", "-c", `exec tar -xzf *.tgz "package/$1"`, "sh", p.path},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%q: %w\n%s", args, err, out)
		}
	}
	file := filepath.Join(dir, "package", p.path)
	if err := p.check(file); err != nil {
		return err
	}
	return os.Rename(file, p.target(in))
}
