// Command picture photographs a comment the way GitHub would show it, so that it can be looked at.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"iac/internal/githubapi"
	"iac/internal/picture"
)

const usage = `Usage: go run ./internal/cmd/picture FILE PICTURE

FILE is a comment as Markdown, such as testdata/comments/stacks/14.md; - is standard input.
PICTURE is the file to write, as PNG.`

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader) (err error) {
	const repo, number, author = "acme/infra", 7, "github-actions[bot]"
	if len(args) != 2 {
		return fmt.Errorf("got %d arguments, takes two\n\n%s", len(args), usage)
	}
	text, err := read(args[0], stdin)
	if err != nil {
		return err
	}
	github, err := githubapi.Start(githubapi.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, github.Close()) }()
	github.AddPullRequest(repo, number, "Move the shop to larger machines")
	if _, err := github.AddComment(repo, number, author, string(text)); err != nil {
		return err
	}
	page, err := github.Page(repo, number)
	if err != nil {
		return err
	}
	return picture.Photograph(ctx, page, args[1])
}

func read(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}
