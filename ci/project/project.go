// Package project tells what a folder with a Pulumi program and the name of a stack mean.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Project is what Pulumi.yaml says.
type Project struct {
	// File is the name of the file itself, which the caller knows.
	File string
	Name string
	// Main is the folder of the program where it is another one than that of the file.
	Main string
	// Runtime is the language: go, nodejs, python, dotnet, java, yaml or another word.
	Runtime string
	// Plain is true for `runtime: go`, false for `runtime: {name: go, options: …}`.
	Plain bool
	// PackageManager is the option packagemanager of the runtime nodejs.
	PackageManager string
	// Packages is true where the file lists packages that `pulumi install` has to generate.
	Packages bool
	// StackConfigDir is the folder of the Pulumi.<stack>.yaml files where they do not lie beside the file.
	StackConfigDir string
	// Local are the paths of packages and plugins that lie in the repository, as they are written. An absolute one is of the
	// image in which Pulumi runs.
	Local []string
}

var (
	projectName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	runtimeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
)

// Parse reads the text of a Pulumi.yaml. Of a broken one it gives the name and StackConfigDir as far as they can be told.
func Parse(text string) (Project, error) {
	var file struct {
		Name           string    `yaml:"name"`
		Main           string    `yaml:"main"`
		Runtime        yaml.Node `yaml:"runtime"`
		Packages       yaml.Node `yaml:"packages"`
		Plugins        yaml.Node `yaml:"plugins"`
		Config         yaml.Node `yaml:"config"`
		StackConfigDir yaml.Node `yaml:"stackConfigDir"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return Project{Name: find(nameLine, text), StackConfigDir: find(stackConfigLine, text)}, fmt.Errorf("it is not YAML: %w", err)
	}
	dir, err := stackConfigDir(&file.StackConfigDir, &file.Config)
	if err != nil {
		return Project{Name: file.Name, StackConfigDir: dir}, err
	}
	if !projectName.MatchString(file.Name) {
		return Project{StackConfigDir: dir}, fmt.Errorf("its name is %q: a name has letters, digits, `-`, `_` and `.`, 1 to 100 of them", file.Name)
	}
	p := Project{Name: file.Name, Main: file.Main, Packages: !file.Packages.IsZero(), StackConfigDir: dir}
	p.Local = append(localPackages(&file.Packages), localPlugins(&file.Plugins)...)
	if err := p.readRuntime(&file.Runtime); err != nil {
		return Project{Name: p.Name, StackConfigDir: dir}, err
	}
	if !runtimeName.MatchString(p.Runtime) {
		return Project{Name: p.Name, StackConfigDir: dir}, fmt.Errorf("its runtime is %q: a runtime is a word such as go, nodejs, python, dotnet, java or yaml", p.Runtime)
	}
	return p, nil
}

var (
	nameLine        = regexp.MustCompile(`(?m)^name:[ \t]*["']?([A-Za-z0-9_.-]{1,100})["']?[ \t]*(?:#.*)?\r?$`)
	stackConfigLine = regexp.MustCompile(`(?m)^stackConfigDir:[ \t]*["']?([^"'#\r\n]*[^"'#\r\n \t])["']?[ \t]*(?:#.*)?\r?$`)
)

// find finds the value of a line in a text that is not YAML.
func find(line *regexp.Regexp, text string) string {
	if match := line.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}

// stackConfigDir reads where the files of the stacks lie. A plain word as config is the old spelling of it.
func stackConfigDir(dir, config *yaml.Node) (string, error) {
	old := config.Kind == yaml.ScalarNode && config.Tag == "!!str"
	switch {
	case dir.IsZero() && old:
		return config.Value, nil
	case dir.IsZero() || dir.Tag == "!!null":
		return "", nil
	case dir.Kind != yaml.ScalarNode:
		return "", errors.New("its stackConfigDir is not a path: want one such as stacks")
	case old:
		return dir.Value, errors.New("it has both stackConfigDir and a path as config: want stackConfigDir alone")
	}
	return dir.Value, nil
}

// localPackages gives the sources of packages that are paths. What is not understood is left to Pulumi.
func localPackages(node *yaml.Node) []string {
	var packages map[string]yaml.Node
	if node.Decode(&packages) != nil {
		return nil
	}
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		spec := packages[name]
		var long struct {
			Source string `yaml:"source"`
		}
		source := spec.Value
		if spec.Kind != yaml.ScalarNode {
			if spec.Decode(&long) != nil {
				continue
			}
			source = long.Source
		}
		source, _, _ = strings.Cut(source, "@")
		if strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") {
			paths = append(paths, source)
		}
	}
	return paths
}

// localPlugins gives the paths of plugins. What is not understood is left to Pulumi.
func localPlugins(node *yaml.Node) []string {
	var kinds map[string][]struct {
		Path string `yaml:"path"`
	}
	if node.Decode(&kinds) != nil {
		return nil
	}
	var paths []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, plugin := range kinds[kind] {
			if plugin.Path != "" && !path.IsAbs(plugin.Path) {
				paths = append(paths, plugin.Path)
			}
		}
	}
	return paths
}

func (p *Project) readRuntime(node *yaml.Node) error {
	var long struct {
		Name    string `yaml:"name"`
		Options struct {
			PackageManager string `yaml:"packagemanager"`
		} `yaml:"options"`
	}
	switch {
	case node.IsZero():
		return errors.New("it has no runtime")
	case node.Kind == yaml.ScalarNode:
		p.Runtime, p.Plain = node.Value, true
		return nil
	case node.Decode(&long) != nil:
		return errors.New("its runtime is neither a word nor a mapping with a name")
	}
	p.Runtime, p.PackageManager = long.Name, long.Options.PackageManager
	return nil
}

// CheckWorkDir says what is wrong with a folder that is to lie inside another one; empty or `.` is that one itself.
func CheckWorkDir(dir string) error {
	if dir == "" || fs.ValidPath(dir) && !strings.HasPrefix(dir, "-") && !strings.ContainsAny(dir, "\\\x00\n\r*?[") {
		return nil
	}
	return fmt.Errorf("invalid work-dir %q: want the folder of Pulumi.yaml inside src, such as infra or stacks/network", dir)
}

var stackPart = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// CheckStack says what is wrong with the name of a stack, `[organization/[project/]]stack`.
func CheckStack(stack string) error {
	parts := strings.Split(stack, "/")
	ok := len(parts) <= 3 && !strings.HasPrefix(stack, "-")
	for _, part := range parts {
		ok = ok && stackPart.MatchString(part)
	}
	if !ok {
		return fmt.Errorf("invalid stack %q: want [organization/[project/]]stack, each part of letters, digits, `-`, `_` and `.`, not beginning with `-`", stack)
	}
	return nil
}

// WithBinary gives the text of a Pulumi.yaml by which Pulumi starts a Go program that is built already, under this name
// on the PATH. It gives false where the program is no Go program, or says itself what is to be built or started.
func WithBinary(text, name string) (string, bool) {
	var file yaml.Node
	if yaml.Unmarshal([]byte(text), &file) != nil || len(file.Content) != 1 || file.Content[0].Kind != yaml.MappingNode {
		return "", false
	}
	top := file.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value != "runtime" {
			continue
		}
		var p Project
		var options struct {
			Options map[string]any `yaml:"options"`
		}
		if p.readRuntime(top[i+1]) != nil || p.Runtime != "go" {
			return "", false
		}
		if !p.Plain && (top[i+1].Decode(&options) != nil || len(options.Options) > 0) {
			return "", false
		}
		top[i+1] = &yaml.Node{}
		if top[i+1].Encode(map[string]any{"name": "go", "options": map[string]string{"binary": name}}) != nil {
			return "", false
		}
		out, err := yaml.Marshal(&file)
		return string(out), err == nil
	}
	return "", false
}
