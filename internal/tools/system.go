package tools

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/mod/semver"
)

// A system is a program that the machine has or gets from its packages. It is reached through a
// link in the bin folder.
type system struct {
	// program is its name in the bin folder, commands are the names it has on machines.
	program  string
	commands []string
	// atLeast is the oldest version that will do, such as v2.23.0; any if empty.
	atLeast  string
	packages []string
	// byHand is where to get it on a system that is not Debian's kind.
	byHand string
}

func (s *system) about() string {
	return fmt.Sprintf("installing %s with apt-get, up to a minute", strings.Join(s.packages, " and "))
}

// ready is true as soon as the machine has the program; it makes the link.
func (s *system) ready(in *installer) bool {
	path, err := s.find(Bin(in.root))
	if err != nil {
		return false
	}
	return s.link(in, path) == nil
}

func (s *system) get(ctx context.Context, in *installer) error {
	if err := s.possible(); err != nil {
		return err
	}
	if err := aptInstall(ctx, s.packages); err != nil {
		return err
	}
	path, err := s.find(Bin(in.root))
	if err != nil {
		return err
	}
	return s.link(in, path)
}

// possible says what to do by hand where apt-get is not to be used.
func (s *system) possible() error {
	_, err := exec.LookPath("apt-get")
	wanted := s.program
	if s.atLeast != "" {
		wanted += " " + s.atLeast + " or newer"
	}
	switch {
	case runtime.GOOS != "linux" || err != nil:
		return fmt.Errorf("%s is needed and this system has no apt-get: install it from %s", wanted, s.byHand)
	case os.Geteuid() != 0:
		return fmt.Errorf("%s is needed and only root may install it: run `sudo apt-get install %s`, or see %s", wanted, strings.Join(s.packages, " "), s.byHand)
	}
	return nil
}

// aptInstall fetches the lists of packages only where they are missing or out of date, which shows in
// that the packages cannot be installed.
func aptInstall(ctx context.Context, packages []string) error {
	install := append([]string{"install", "--yes", "--no-install-recommends"}, packages...)
	if apt(ctx, install...) == nil {
		return nil
	}
	if err := apt(ctx, "update"); err != nil {
		return err
	}
	return apt(ctx, install...)
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// find looks on PATH, but not in the bin folder, for a command that is new enough.
func (s *system) find(bin string) (string, error) {
	err := errors.New("not on PATH")
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if same(dir, bin) {
			continue
		}
		for _, command := range s.commands {
			path, missing := exec.LookPath(filepath.Join(dir, command))
			if missing != nil {
				continue
			}
			if err = s.check(path); err == nil {
				return filepath.Abs(path)
			}
		}
	}
	return "", fmt.Errorf("%s: %w", strings.Join(s.commands, ", "), err)
}

// same tells whether two paths are one folder.
func same(a, b string) bool {
	first, err1 := os.Stat(a)
	second, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(first, second)
}

func (s *system) check(path string) error {
	if s.atLeast == "" {
		return nil
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", path, err)
	}
	found, err := findVersion(string(out))
	if err != nil {
		return fmt.Errorf("%s --version: %w", path, err)
	}
	if semver.Compare(found, s.atLeast) < 0 {
		return fmt.Errorf("%s is %s, and %s or newer is needed", path, found, s.atLeast)
	}
	return nil
}

func (s *system) link(in *installer, path string) error {
	name := in.program(s.program)
	if target, err := os.Readlink(name); err == nil && target == path {
		return nil
	}
	if err := os.RemoveAll(name); err != nil {
		return err
	}
	return os.Symlink(path, name)
}

var versionPattern = regexp.MustCompile(`\d+\.\d+\.\d+`)

// findVersion gives the first version in a text such as "gh version 2.23.0+dfsg1 (…)", as v2.23.0.
func findVersion(text string) (string, error) {
	found := versionPattern.FindString(text)
	if found == "" {
		return "", fmt.Errorf("no version in %q", text)
	}
	return "v" + found, nil
}
