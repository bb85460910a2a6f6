// Package picture photographs web pages with a headless Chromium.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

const (
	// width is that of the window, in CSS pixels.
	width = 1028
	// scale is how many pixels of the picture make a CSS pixel.
	scale = 2
	// frame is more than the height that a window needs for itself.
	frame = 200
	// maxHeight is where a long page is cut, in CSS pixels: Chromium draws no more than 16,384
	// pixels.
	maxHeight = 16384/scale - frame
)

// ErrNoBrowser says that there is no Chromium to be found.
var ErrNoBrowser = errors.New("there is no chromium, chromium-browser or google-chrome in build/bin or on PATH: Debian's package chromium has one")

// Photograph writes a picture of a page, as PNG, into the file out. The page must hold all that it
// shows: nothing is fetched. A very long one is cut at its end.
func Photograph(ctx context.Context, page, out string) error {
	browser, err := findBrowser()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "picture")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()

	c := camera{browser, folder}
	height, err := c.measure(ctx, page)
	if err != nil {
		return err
	}
	shot, err := c.shoot(ctx, page, height)
	if err != nil {
		return err
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, crop(shot, width*scale, height*scale)); err != nil {
		return err
	}
	return os.WriteFile(out, encoded.Bytes(), 0o644)
}

// findBrowser looks for a Chromium in build/bin of the repository, then on PATH.
func findBrowser() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if folder, err := os.Getwd(); err == nil {
		for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
			for _, name := range names {
				if path, err := exec.LookPath(filepath.Join(folder, "build", "bin", name)); err == nil {
					return path, nil
				}
			}
		}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// camera is a browser with a folder of its own, which holds all that it writes.
type camera struct{ browser, folder string }

var measured = regexp.MustCompile(`data-height="(\d+)"`)

// measure finds out how high a page is.
func (c camera) measure(ctx context.Context, page string) (int, error) {
	const ruler = `<script>document.body.dataset.height = Math.ceil(document.body.getBoundingClientRect().height)</script>`
	dom, err := c.run(ctx, page+ruler, 600, "--dump-dom")
	if err != nil {
		return 0, err
	}
	match := measured.FindSubmatch(dom)
	if match == nil {
		return 0, fmt.Errorf("%s did not tell the height of the page", c.browser)
	}
	height, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return 0, err
	}
	return min(max(height, 1), maxHeight), nil
}

// shoot takes a picture that is at least as high as asked for.
func (c camera) shoot(ctx context.Context, page string, height int) (image.Image, error) {
	file := filepath.Join(c.folder, "shot.png")
	if _, err := c.run(ctx, page, height+frame, "--screenshot="+file); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s took no picture: %w", c.browser, err)
	}
	return png.Decode(bytes.NewReader(data))
}

// run opens a page in a window of the height and gives what the browser prints.
func (c camera) run(ctx context.Context, page string, height int, action string) ([]byte, error) {
	file := filepath.Join(c.folder, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, c.browser,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-data-dir="+filepath.Join(c.folder, "profile"),
		"--hide-scrollbars", fmt.Sprintf("--force-device-scale-factor=%d", scale),
		fmt.Sprintf("--window-size=%d,%d", width, height),
		action, "file://"+file,
	)
	command.Env = append(os.Environ(), "HOME="+c.folder)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s cannot show the page: %w: %s", c.browser, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}

// crop gives the upper left part of a picture.
func crop(picture image.Image, width, height int) image.Image {
	part := image.NewRGBA(image.Rect(0, 0, width, height).Intersect(picture.Bounds()))
	draw.Draw(part, part.Bounds(), picture, picture.Bounds().Min, draw.Src)
	return part
}
