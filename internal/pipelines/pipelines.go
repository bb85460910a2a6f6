// Package pipelines reads the pipelines for CI systems that are shipped: the workflows of GitHub Actions and the files
// of examples/ci. It tells which commands a system runs for a pull request, for a push to main and for a pull request
// from a fork, with which variables and which secrets.
//
// Each file is read by a parser of its kind where there is one, and strictly: what this package does not understand is an
// error.
package pipelines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Situation is what a system runs a pipeline for.
type Situation string

// The situations that the pipelines are made for.
const (
	PullRequest Situation = "a pull request"
	Push        Situation = "a push to main"
	Fork        Situation = "a pull request from a fork"
	// Schedule is only in the workflows of GitHub Actions.
	Schedule Situation = "a schedule"
)

// Run is one run of a pipeline.
type Run struct {
	For Situation
	// Repository is owner/name on github.com.
	Repository string
	// Number is that of the pull request.
	Number int
	// Commit is the last one of the pull request, or the one that was pushed.
	Commit string
	// Stack is the value of PULUMI_STACK where the system keeps it.
	Stack string
}

// branch is the one that is built, as most systems call it.
func (r Run) branch() string {
	if r.For == PullRequest {
		return "topic"
	}
	// A stranger may call a branch main, to look like the one that is applied.
	return "main"
}

// pull is the address of the pull request.
func (r Run) pull() string {
	return fmt.Sprintf("https://github.com/%s/pull/%d", r.Repository, r.Number)
}

// Command is a text that a system gives to a shell.
type Command struct {
	// Job is the name of the job, the step or the stage.
	Job string
	// Shell is the shell with its flags, the text follows it.
	Shell []string
	Text  string
	// Env is what the file sets, but for secrets.
	Env map[string]string
	// Secrets are the variables that hold secrets, and what the system keeps each by.
	Secrets map[string]string
	// Given are the variables that hold an output of a step before, as GitHub Actions calls it, named ID.NAME.
	Given map[string]string
	// Says is what the system itself ends the run with, in the place of a command.
	Says string
	// ID and If are those of a step of GitHub Actions, whose condition hangs on the steps before it.
	ID, If string

	// Replaced: a newer run for the same pull request ends this one, as the file says.
	Replaced bool
	// Queued: another run of the same job waits for this one, as the file says.
	Queued bool
	// Limit is after how long the system ends the job, as the file says.
	Limit time.Duration
}

// System is a CI system with its pipeline.
type System struct {
	// Name is how the system calls itself, and cisystem.
	Name string
	// Files are the paths of the pipeline in this repository.
	Files []string
	// Remote is the address that the system clones from.
	Remote func(Run) string
	// Variables are those that the system sets.
	Variables func(Run) map[string]string
	// Starts says why the system starts nothing in a situation, empty where it does.
	Starts func(Situation) string
	// Secretless is true where the system itself hands no secrets to pull requests from forks. Elsewhere the
	// pipeline must see to it.
	Secretless bool

	// read gives the commands of a run, in which the system sets these variables.
	read func(ctx context.Context, f *files, run Run, variables map[string]string) ([]Command, error)
}

// Systems are those with a pipeline.
var Systems = []System{github, circleCI, gitLab, jenkins, buildkite, azure, codeBuild, woodpecker}

// Commands are what the system runs, with the files as they are below a folder.
func (s System) Commands(ctx context.Context, root string, run Run) ([]Command, error) {
	f := &files{root: root, texts: map[string]string{}}
	for _, name := range s.Files {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		f.names, f.texts[name] = append(f.names, name), string(text)
	}
	return s.commands(ctx, f, run)
}

func (s System) commands(ctx context.Context, f *files, run Run) ([]Command, error) {
	if s.Starts != nil && s.Starts(run.For) != "" {
		return nil, nil
	}
	all, err := s.read(ctx, f, run, s.Variables(run))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.names, err)
	}
	return all, nil
}

// files are the texts of a pipeline.
type files struct {
	root  string
	names []string
	texts map[string]string
}

// text is that of the only file.
func (f *files) text() string { return f.texts[f.names[0]] }

// standard are the secrets of a system that keeps them in its settings, where the file does not name them.
func standard(keeper string) map[string]string {
	all := map[string]string{}
	for _, name := range []string{"PULUMI_ACCESS_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"} {
		all[name] = keeper + "/" + name
	}
	return all
}

// one makes of a value or a list of them a list.
type one []string

func (o *one) UnmarshalYAML(decode func(any) error) error {
	var single string
	if decode(&single) == nil {
		*o = one{single}
		return nil
	}
	var list []string
	err := decode(&list)
	*o = list
	return err
}

// allows tells whether a branch is one of a list. Patterns are not understood.
func (o one) allows(branch string) bool { return slices.Contains(o, branch) }

var errNotUnderstood = errors.New("not understood")
