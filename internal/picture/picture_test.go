package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestPhotographShowsTheWholePage(t *testing.T) {
	blue, red := color.RGBA{B: 255, A: 255}, color.RGBA{R: 255, A: 255}
	tests := []struct {
		height, want int
		corner       color.RGBA
	}{
		{50, 50, red},
		{20000, maxHeight, blue},
	}
	for _, test := range tests {
		page := fmt.Sprintf(`<!DOCTYPE html><body style="margin:0">
			<div style="background:#00f;height:%dpx"></div><div style="background:#f00;height:10px"></div></body>`, test.height-10)
		out := filepath.Join(t.TempDir(), "page.png")
		if err := Photograph(t.Context(), page, out); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		size := picture.Bounds().Size()
		if size.X != width*scale || size.Y != test.want*scale {
			t.Errorf("the picture of a page of %d pixels has %v", test.height, size)
		}
		if got := color.RGBAModel.Convert(picture.At(size.X-1, size.Y-1)); got != test.corner {
			t.Errorf("the lower right corner of a page of %d pixels is %v", test.height, got)
		}
	}
}

func TestNoBrowser(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", t.TempDir())
	err := Photograph(t.Context(), "<!DOCTYPE html>", filepath.Join(t.TempDir(), "page.png"))
	if !errors.Is(err, ErrNoBrowser) {
		t.Errorf("error is %v", err)
	}
}
