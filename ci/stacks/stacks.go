// Package stacks tells which projects and stacks a repository has, which of them a change touches, and in which order
// they go. It reads files and runs nothing.
package stacks

import (
	"dagger/iac/project"
)

// File is a file that a change touches.
type File struct {
	// Path is where it is, or was where the change removes it, from the root of the repository.
	Path string
	// Previous is where it was before it was renamed, else empty.
	Previous string
}

// Changes are the files that a change touches.
type Changes struct {
	Files []File
	// Everything, if not empty, says why every stack is touched, such as "the pull request changes 3,000 files or more".
	Everything string
}

// Selection is what is asked for.
type Selection struct {
	// Only and Skip are globs on dir:stack: * is any text, ? one character. Each has to match something.
	Only, Skip []string
	// Changes choose the stacks that they touch. They are ignored where All is set.
	Changes Changes
	All     bool
	// Max is how many stacks may be chosen; 0 is without limit.
	Max int
}

// Stack is one that was chosen.
type Stack struct {
	// Dir is the folder of Pulumi.yaml, "." for the root.
	Dir     string
	Project project.Project
	// Name is the stack's own, as in Pulumi.<name>.yaml.
	Name string
	// Why says in one line why it was chosen.
	Why string
	// After are the IDs of the chosen stacks that go before it by iac.yaml, sorted.
	After []string
}

// ID names a stack within its repository, such as infra/network:prod.
func (s Stack) ID() string { return s.Dir + ":" + s.Name }

// Removed is a stack whose files a change takes away. Nothing is done to the stack itself.
type Removed struct {
	// Dir is where its project was or is.
	Dir string
	// Stack is empty where its name is not known.
	Stack string
	Why   string
}

// Choice is what Choose gives.
type Choice struct {
	// Stacks are sorted by Dir, then by Name.
	Stacks []Stack
	// Removed are sorted the same way. They do not count in Max.
	Removed []Removed
	// Total is how many stacks the repository has after Only and Skip.
	Total int
	// Warnings tell of what is wrong with projects that are not chosen.
	Warnings []string
}
