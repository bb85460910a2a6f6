package tools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A module is a folder with a go.mod that pins what is built there.
type module struct {
	dir string
	// packages are what to build, "tool" for those that the go.mod names as tools.
	packages string
	// programs are the names in the bin folder, perhaps in a folder there.
	programs []string
	ldflags  string
	what     string
}

func (m *module) about() string { return m.what }

func (m *module) ready(in *installer) bool {
	for _, program := range m.programs {
		if _, err := os.Stat(in.program(program)); err != nil {
			return false
		}
	}
	stamp, err := os.ReadFile(m.stampFile(in))
	if err != nil {
		return false
	}
	digest, err := m.digest(in)
	return err == nil && string(stamp) == digest
}

// get builds into a folder of its own first, so that no program is ever there by half.
func (m *module) get(ctx context.Context, in *installer) error {
	digest, err := m.digest(in)
	if err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(Bin(in.root), ".new")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := m.build(ctx, in, fresh); err != nil {
		return err
	}
	for _, program := range m.programs {
		to := in.program(program)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(fresh, m.built(program)), to); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(m.stampFile(in)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(m.stampFile(in), []byte(digest), 0o644)
}

// built is the name by which Go builds a program: that of its package, or of its module.
func (m *module) built(program string) string {
	if m.packages == "." {
		return filepath.Base(m.dir)
	}
	return filepath.Base(program)
}

func (m *module) build(ctx context.Context, in *installer, to string) error {
	args := []string{
		"build", "-trimpath", "-buildvcs=false", "-mod=readonly",
		"-ldflags", strings.TrimSpace("-s -w " + m.ldflags),
		"-o", to + string(filepath.Separator), m.packages,
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(in.root, m.dir)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOOS=", "GOARCH=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s in %s: %w\n%s", strings.Join(args, " "), m.dir, err, out)
	}
	return nil
}

func (m *module) stampFile(in *installer) string {
	return filepath.Join(Bin(in.root), ".stamps", filepath.Base(m.dir))
}

// digest stands for all that decides what is built: the files of the folder and the flags.
func (m *module) digest(in *installer) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", m.packages, m.ldflags)
	dir := filepath.Join(in.root, m.dir)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(hash, "%s %d\n%s", strings.TrimPrefix(path, dir), len(content), content)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil)), err
}
