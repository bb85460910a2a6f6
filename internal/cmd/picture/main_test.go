package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadArgumentsAreRefused(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "got 0 arguments, takes two"},
		{[]string{"a", "b", "c"}, "got 3 arguments, takes two"},
		{[]string{"nosuch", "b"}, "open nosuch: no such file or directory"},
	} {
		err := run(t.Context(), test.args, strings.NewReader(""))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q gave %v, want %s", test.args, err, test.want)
		}
	}
}

// What most of a picture has stays as it is, and the rest is near it.
func TestAShrunkPictureShowsTheSame(t *testing.T) {
	shot := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		c := color.RGBA{R: 255, A: 255}
		if i < 2000 {
			c = color.RGBA{R: uint8(i), G: uint8(i / 8), A: 255}
		}
		shot.Set(i%64, i/64, c)
	}
	file := filepath.Join(t.TempDir(), "shot.png")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(out, shot); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := shrink(file); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	small, err := png.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	few, ok := small.(*image.Paletted)
	if !ok || len(few.Palette) != 256 || small.Bounds() != shot.Bounds() {
		t.Fatalf("it is a %T of %v", small, small.Bounds())
	}
	if got := color.RGBAModel.Convert(small.At(63, 63)); got != shot.At(63, 63) {
		t.Errorf("the colour of most of it is %v", got)
	}
}
