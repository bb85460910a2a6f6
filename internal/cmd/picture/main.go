// Command picture photographs a comment the way GitHub would show it, so that it can be looked at.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"maps"
	"os"
	"slices"

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
	if err := picture.Photograph(ctx, page, args[1]); err != nil {
		return err
	}
	return shrink(args[1])
}

// shrink writes a picture with 256 colours: those that most of it has, and for all others the nearest of them. There are
// few on a page, and the file is a third.
func shrink(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	shot, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	pixels := map[color.Color]int{}
	for y := range shot.Bounds().Dy() {
		for x := range shot.Bounds().Dx() {
			pixels[shot.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(pixels), func(a, b color.Color) int {
		return cmp.Or(cmp.Compare(pixels[b], pixels[a]), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	few := image.NewPaletted(shot.Bounds(), colours[:min(256, len(colours))])
	draw.Draw(few, few.Bounds(), shot, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

func read(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}
