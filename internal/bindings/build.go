package bindings

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// stageMark is a file that says that a folder was written by Stage and may be replaced by it.
const stageMark = ".staged"

// Stage makes dir a folder in which go build, go vet and linters work on all of the module: its
// source, tests included, with the generated code. What Stage wrote there before is replaced; a folder
// with anything else in it is refused.
func (m *Module) Stage(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, stageMark)); err != nil && len(entries) > 0 {
		return fmt.Errorf("%q holds files that were not put there by staging the module; it must be empty or not exist", dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, stageMark), nil); err != nil {
		return err
	}
	return m.stage(ctx, dir, true)
}

func (m *Module) stage(ctx context.Context, dir string, tests bool) error {
	files, err := m.sourceFiles(tests)
	if err != nil {
		return err
	}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(m.Source, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	return m.Write(ctx, dir)
}

// Build builds the module's program into dir and gives its path. Nothing is done if a program of the
// same source is there. Several processes may build into the same folder.
func (m *Module) Build(ctx context.Context, dir string, progress io.Writer) (binary string, err error) {
	digest, err := m.digest()
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, m.Name+"-"+digest)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	_, _ = fmt.Fprintf(progress, "building module %s\n", m.Name)
	start := time.Now()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := m.stage(ctx, work, false); err != nil {
		return "", err
	}
	// The path of the working folder must not reach the compiler, or nothing is found in its cache.
	program := filepath.Join(work, ".program")
	if _, err := goCommand(ctx, work, "build", "-trimpath", "-o", program, "."); err != nil {
		return "", fmt.Errorf("the module does not compile: %w", err)
	}
	if err := os.Rename(program, binary); err != nil {
		return "", err
	}
	_, _ = fmt.Fprintf(progress, "built module %s in %.1f s\n", m.Name, time.Since(start).Seconds())
	return binary, m.removeOld(dir, binary)
}

// removeOld removes programs of earlier sources, except those of the last day: they may be running.
func (m *Module) removeOld(dir, current string) error {
	old, err := filepath.Glob(filepath.Join(dir, m.Name+"-*"))
	if err != nil {
		return err
	}
	for _, name := range old {
		info, err := os.Stat(name)
		if err != nil || name == current || time.Since(info.ModTime()) < 24*time.Hour {
			continue
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// digest covers everything that the program is built from.
func (m *Module) digest() (string, error) {
	sum := sha256.New()
	add := func(name string, text []byte) { _, _ = fmt.Fprintf(sum, "%q %d\n%s\n", name, len(text), text) }
	add(runtime.Version(), []byte(runtime.GOOS+"/"+runtime.GOARCH))
	add(generatedMain, coreCode())
	generated, err := m.generate()
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(generated)) {
		add(name, generated[name])
	}
	files, err := m.sourceFiles(false)
	if err != nil {
		return "", err
	}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(m.Source, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		add(name, text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// goCommand runs the go command in a folder and gives what it printed. A go.work above the folder
// must not change what it sees.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
