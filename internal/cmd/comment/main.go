// Command comment prints the comment that iac would write for an output of Pulumi that was recorded before,
// so that one can be looked at without running anything.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"dagger/iac/comment"
	"dagger/iac/report"
)

const usage = `Usage: go run ./internal/cmd/comment [-exit N] [-stack [organization/[project/]]stack] FILE

FILE is what "pulumi preview --diff --color never" or another verb printed, standard error included;
- is standard input.

`

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "comment:", err)
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("comment", flag.ContinueOnError)
	flags.SetOutput(stderr)
	exit := flags.Int("exit", 0, "the exit code of Pulumi")
	stack := flags.String("stack", "organization/project/stack", "the stack that the comment is about")
	flags.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return fmt.Errorf("got %d files, takes one", flags.NArg())
	}
	output, err := read(flags.Arg(0), stdin)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, comment.Render(comment.Content{
		ID:     id(*stack),
		Report: report.Parse(report.Run{Stdout: output, ExitCode: *exit}),
	}))
	return err
}

func read(name string, stdin io.Reader) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(stdin)
		return string(text), err
	}
	text, err := os.ReadFile(name)
	return string(text), err
}

// id takes the project out of a stack's full name.
func id(stack string) comment.ID {
	parts := strings.Split(stack, "/")
	if len(parts) != 3 {
		return comment.ID{Stack: stack}
	}
	return comment.ID{Project: parts[1], Stack: parts[0] + "/" + parts[2]}
}
