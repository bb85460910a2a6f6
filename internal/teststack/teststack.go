// Package teststack makes a copy of a Pulumi program with a state of its own, in a folder, so that
// tests, recordings and the demonstration run it without an account and without a trace elsewhere.
package teststack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// StateFile is the exported stack that a program may have beside its Pulumi.yaml.
const StateFile = "stack.json"

// Stack is a program with a state.
type Stack struct {
	// Src is the copy of the program. Its Pulumi.yaml names the state and the provider by absolute
	// paths, so that it may be copied on.
	Src string
	// State is the folder that holds the state, as a file backend.
	State string
	// Name is the stack, as organization/project/stack.
	Name string
	// Env are the variables that Pulumi needs besides the system's, as NAME=value.
	Env []string

	bin string
}

// Prepare copies the program to dir/src, makes the stack "dev" with a state in dir/state, and fills
// it from the program's stack.json where there is one. The bin folder holds the programs of
// internal/tools, pulumi among them.
func Prepare(ctx context.Context, program, dir, bin string) (*Stack, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	s := &Stack{Src: filepath.Join(dir, "src"), State: filepath.Join(dir, "state"), Env: environ(dir), bin: bin}
	if err := os.MkdirAll(s.State, 0o755); err != nil {
		return nil, err
	}
	if err := os.CopyFS(s.Src, os.DirFS(program)); err != nil {
		return nil, fmt.Errorf("copying the program %s: %w", program, err)
	}
	project, err := s.settle()
	if err != nil {
		return nil, err
	}
	s.Name = "organization/" + project + "/dev"
	return s, s.fill(ctx)
}

// environ are the variables that Pulumi needs besides the system's, with its home in dir.
func environ(dir string) []string {
	return []string{
		"PULUMI_CONFIG_PASSPHRASE=",
		"PULUMI_HOME=" + filepath.Join(dir, "home"),
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
	}
}

// Command is the Pulumi CLI with these arguments, in the program's folder.
func (s *Stack) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "pulumi"), args...)
	cmd.Dir = s.Src
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.Env = append(cmd.Env, "PATH="+s.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd
}

// Run runs the Pulumi CLI and gives what it wrote to standard output.
func (s *Stack) Run(ctx context.Context, args ...string) (string, error) {
	cmd := s.Command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("no Pulumi CLI in %s: get it with `make tools`", s.bin)
		}
		return stdout.String(), fmt.Errorf("pulumi %s: %w\n%s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

// LeaveOver puts a second, replaced copy of a resource into the state, as a run leaves it that was ended before it
// could delete it.
func (s *Stack) LeaveOver(ctx context.Context, name string) error {
	exported, err := s.Run(ctx, "stack", "export", "--stack", s.Name)
	if err != nil {
		return err
	}
	var state struct {
		Version    int                        `json:"version"`
		Deployment map[string]json.RawMessage `json:"deployment"`
	}
	if err := json.Unmarshal([]byte(exported), &state); err != nil {
		return err
	}
	var resources []map[string]any
	if err := json.Unmarshal(state.Deployment["resources"], &resources); err != nil {
		return err
	}
	i := slices.IndexFunc(resources, func(r map[string]any) bool {
		urn, _ := r["urn"].(string)
		return strings.HasSuffix(urn, "::"+name)
	})
	if i < 0 {
		return fmt.Errorf("no resource of %s is called %s", s.Name, name)
	}
	old := maps.Clone(resources[i])
	old["delete"], old["id"] = true, name+"-old"
	resources = append(resources, old)
	if state.Deployment["resources"], err = json.Marshal(resources); err != nil {
		return err
	}
	edited, err := json.Marshal(state)
	if err != nil {
		return err
	}
	file := filepath.Join(filepath.Dir(s.State), "edited.json")
	if err := os.WriteFile(file, edited, 0o600); err != nil {
		return err
	}
	_, err = s.Run(ctx, "stack", "import", "--stack", s.Name, "--file", file, "--non-interactive")
	return err
}

// settle adds backend and provider to the copy's Pulumi.yaml and gives the project's name.
func (s *Stack) settle() (string, error) {
	path := filepath.Join(s.Src, "Pulumi.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var project struct {
		Name    string `yaml:"name"`
		Backend any    `yaml:"backend"`
		Plugins any    `yaml:"plugins"`
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if project.Name == "" || project.Backend != nil || project.Plugins != nil {
		return "", fmt.Errorf("%s: a program of testdata has a name, and leaves backend and plugins to its copies", path)
	}
	text = fmt.Appendf(text, "backend:\n  url: %q\nplugins:\n  providers:\n    - {name: demo, path: %q}\n  analyzers:\n    - {name: policy-demo, path: %q}\n",
		"file://"+filepath.ToSlash(s.State), s.bin, s.bin)
	return project.Name, os.WriteFile(path, text, 0o644)
}

func (s *Stack) fill(ctx context.Context) error {
	if _, err := s.Run(ctx, "stack", "init", s.Name, "--non-interactive"); err != nil {
		return err
	}
	state := filepath.Join(s.Src, StateFile)
	if _, err := os.Stat(state); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err := s.Run(ctx, "stack", "import", "--stack", s.Name, "--file", state, "--non-interactive")
	return err
}

// Repository is a folder with many programs, whose stacks share a state.
type Repository struct {
	// Src is the copy of the folder, State the folder that holds the state.
	Src, State string
	// Env are the variables that Pulumi needs besides the system's, as NAME=value.
	Env []string

	bin string
}

// PrepareRepository copies a folder to dir/src and prepares each program in it as Prepare does. A stack is made for each
// Pulumi.<stack>.yaml beside a Pulumi.yaml.
func PrepareRepository(ctx context.Context, folder, dir, bin string) (*Repository, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	r := &Repository{Src: filepath.Join(dir, "src"), State: filepath.Join(dir, "state"), Env: environ(dir), bin: bin}
	if err := os.MkdirAll(r.State, 0o755); err != nil {
		return nil, err
	}
	if err := os.CopyFS(r.Src, os.DirFS(folder)); err != nil {
		return nil, fmt.Errorf("copying the repository %s: %w", folder, err)
	}
	manifests, err := filepath.Glob(filepath.Join(r.Src, "*", "Pulumi.yaml"))
	if err != nil {
		return nil, err
	}
	for _, manifest := range manifests {
		if err := r.Add(ctx, filepath.Base(filepath.Dir(manifest))); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Add prepares the program in a folder of the repository, and makes its stacks.
func (r *Repository) Add(ctx context.Context, folder string) error {
	s := r.Program(folder)
	project, err := s.settle()
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(s.Src, "Pulumi.*.yaml"))
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		if err := r.Init(ctx, folder, "organization/"+project+"/"+name); err != nil {
			return err
		}
	}
	return err
}

// Init makes a stack of the program in a folder of the repository.
func (r *Repository) Init(ctx context.Context, folder, stack string) error {
	_, err := r.Program(folder).Run(ctx, "stack", "init", stack, "--non-interactive")
	return err
}

// Program is the program in a folder of the repository, with which Pulumi can be run there.
func (r *Repository) Program(folder string) *Stack {
	return &Stack{Src: filepath.Join(r.Src, folder), State: r.State, Env: r.Env, bin: r.bin}
}
