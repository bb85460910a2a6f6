// Package project tells what a folder with a Pulumi program and the name of a stack mean.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
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
}

var (
	projectName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	runtimeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
)

// Parse reads the text of a Pulumi.yaml. Of a broken one it gives the name as far as that can be told.
func Parse(text string) (Project, error) {
	var file struct {
		Name     string    `yaml:"name"`
		Main     string    `yaml:"main"`
		Runtime  yaml.Node `yaml:"runtime"`
		Packages yaml.Node `yaml:"packages"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return Project{Name: nameOf(text)}, fmt.Errorf("it is not YAML: %w", err)
	}
	if !projectName.MatchString(file.Name) {
		return Project{}, fmt.Errorf("its name is %q: a name has letters, digits, `-`, `_` and `.`, 1 to 100 of them", file.Name)
	}
	p := Project{Name: file.Name, Main: file.Main, Packages: !file.Packages.IsZero()}
	if err := p.readRuntime(&file.Runtime); err != nil {
		return Project{Name: p.Name}, err
	}
	if !runtimeName.MatchString(p.Runtime) {
		return Project{Name: p.Name}, fmt.Errorf("its runtime is %q: a runtime is a word such as go, nodejs, python, dotnet, java or yaml", p.Runtime)
	}
	return p, nil
}

var nameLine = regexp.MustCompile(`(?m)^name:[ \t]*["']?([A-Za-z0-9_.-]{1,100})["']?[ \t]*(?:#.*)?\r?$`)

// nameOf finds the name in a text that is not YAML.
func nameOf(text string) string {
	if match := nameLine.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
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

// CheckWorkDir says what is wrong with a folder that is to lie inside another one; empty is that one itself.
func CheckWorkDir(dir string) error {
	if dir == "" || fs.ValidPath(dir) && dir != "." && !strings.HasPrefix(dir, "-") && !strings.ContainsAny(dir, "\\\x00\n\r*?[") {
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
