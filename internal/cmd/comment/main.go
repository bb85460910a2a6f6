// Command comment prints the comment that iac would write for an event log of Pulumi, so that one can be looked at
// without running anything.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"dagger/iac/clean"
	"dagger/iac/comment"
	"dagger/iac/marker"
	"dagger/iac/report"
)

const usage = `Usage: go run ./internal/cmd/comment [flags] FILE

FILE is what "PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log FILE" or another verb wrote;
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
	text := flags.String("text", "", "the file with what Pulumi printed to standard output, for the diff")
	errs := flags.String("stderr", "", "the file with what Pulumi printed to standard error")
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
	did, err := readLog(flags.Arg(0), stdin)
	if err != nil {
		return err
	}
	did.ExitCode = *exit
	if did.Stdout, err = readText(*text); err != nil {
		return err
	}
	if did.Stderr, err = readText(*errs); err != nil {
		return err
	}
	_, err = io.WriteString(stdout, comment.Render(comment.Content{ID: id(*stack), Report: did.Shown(clean.Text)}))
	return err
}

// readLog reads an event log, also one that somebody has written over several lines for people to read.
func readLog(name string, stdin io.Reader) (report.Report, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return report.Report{}, err
		}
		defer file.Close()
		in = file
	}
	log := bufio.NewReader(in)
	if start, _ := log.Peek(2); string(start) == "{\n" {
		return readSpread(log)
	}
	return report.FromLog(log)
}

func readSpread(log io.Reader) (report.Report, error) {
	var lines bytes.Buffer
	decoder := json.NewDecoder(log)
	for {
		var event json.RawMessage
		if err := decoder.Decode(&event); err == io.EOF {
			return report.FromLog(&lines)
		} else if err != nil {
			return report.Report{}, err
		}
		if err := json.Compact(&lines, event); err != nil {
			return report.Report{}, err
		}
		lines.WriteByte('\n')
	}
}

func readText(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	text, err := os.ReadFile(name)
	return string(text), err
}

// id takes the project out of a stack's full name.
func id(stack string) marker.Marker {
	parts := strings.Split(stack, "/")
	if len(parts) != 3 {
		return marker.Marker{Stack: stack}
	}
	return marker.Marker{Project: parts[1], Stack: parts[0] + "/" + parts[2]}
}
