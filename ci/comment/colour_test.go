package comment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dagger/iac/clean"
)

func TestMarksAreColoured(t *testing.T) {
	for _, test := range []struct {
		name, text string
		// gutters has a character for each line: GitHub's, or a dot for none.
		gutters string
	}{
		{"resources", `
Previewing update (dev):
  pulumi:pulumi:Stack: (same)
    [urn=urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev]
    + aws:s3/bucket:Bucket: (create)
    - aws:s3/bucket:Bucket: (delete)
    ~ aws:s3/bucket:Bucket: (update)
    +-aws:s3/bucket:Bucket: (replace)
    ++aws:s3/bucket:Bucket: (create-replacement)
    --aws:s3/bucket:Bucket: (delete-replaced)
    = aws:s3/bucket:Bucket: (import)
    =>aws:s3/bucket:Bucket: (import-replacement)
    > aws:s3/bucket:Bucket: (read)
    < aws:s3/bucket:Bucket: (discard)
    - aws:s3/bucket:Bucket: (delete[retain]) 🔒
`, "...+-!!+-+!..-"},
		{"the stack itself", `
+ pulumi:pulumi:Stack: (create)
    [urn=urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev]
`, "+."},
		{"properties", `
    ~ aws:s3/bucket:Bucket: (update)
        [id=assets]
      ~ rules: [
          ~ [0]: {
                  ~ days: 30 => 60
                  + name: "x"
                }
          - [1]: "old"
        ]
        same : "- not a mark"
      - gone : "+"
`, "!.!!!+.-..-"},
		{"outputs of the stack", `
    + aws:s3/bucket:Bucket: (create)
    --outputs:--
  + url: "https://example.com"
  ~ ip : "1" => "2"
`, "+.+!"},
		{"a changed text: marks in one column only", `
    ~ aws:s3/bucket:Bucket: (update)
      ~ policy: 
            spec:
              - kept one
              - kept two
          - - old item
          + - new item
            --outputs:--
            + aws:s3/bucket:Bucket: (create)
      ~ other: 1 => 2
`, "!!...-+..!"},
		{"a changed text in a list", `
    ~ aws:s3/bucket:Bucket: (update)
      ~ list: [
          ~ [0]: 
                    kept
                      - kept
                  - old
                  + new
        ]
`, "!!!..-+."},
		{"the text of an asset has no marks", `
    + aws:s3/object:Object: (create)
        source: asset(text:1234567) {
            spec:
              - one
              + two
        }
      - gone: 1
`, "+.....-"},
		{"the changed text of an asset", `
    ~ aws:s3/object:Object: (update)
      ~ source: asset(text:1234567->7654321) {
                kept
                  - kept
              - old
              + new
        }
      ~ size: 1 => 2
`, "!!..-+.!"},
		{"what is no resource", `
Diagnostics:
  - one
      + two
error: it failed:
    - a list
    + b
# command-line-arguments
! warning
@@ text
+ aws is not a resource: (really)
Resources:
    + 1 to create
    +-1 to replace
`, "............."},
		{"a message between resources", `
    + aws:s3/bucket:Bucket: (create)
        name: "x"
warning: a list
      - one
    + aws:s3/bucket:Bucket: (create)
      + size: 1
`, "+...++"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got strings.Builder
			for line := range strings.Lines(painted(test.text)) {
				got.WriteString(strings.Replace(line[:1], " ", ".", 1))
			}
			if got.String() != test.gutters {
				t.Errorf("got %s, want %s for:%s", got.String(), test.gutters, test.text)
			}
		})
	}
}

func TestColouringKeepsTheText(t *testing.T) {
	files, err := filepath.Glob("../../testdata/recordings/*/stdout")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in testdata: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkColours(t, string(text))
	}
}

// FuzzColour checks that a coloured diff without its gutter is the diff, and that the gutter is ours.
func FuzzColour(f *testing.F) {
	f.Add("    ~ aws:s3/bucket:Bucket: (update)\n      ~ policy: \n          - a\n          + b\n")
	f.Add("+ a\n- b\n! c\n@@ d\n# e\n")
	f.Add("    + a:b:C: (create)\n        source: asset(text:12) {\n")
	f.Add("\x00")
	f.Fuzz(checkColours)
}

func checkColours(t *testing.T, text string) {
	var out strings.Builder
	for line := range strings.Lines(painted(text)) {
		switch line[:2] {
		case "  ", "+ ", "- ", "! ":
		default:
			t.Errorf("%q has no gutter", line)
		}
		out.WriteString(line[2:])
	}
	want := strings.Trim(text, "\r\n")
	if want != "" {
		want = clean.Text(want) + "\n"
	}
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
}

// painted is a whole diff in colour.
func painted(text string) string {
	parts := splitParts(strings.Trim(text, "\r\n"), nil)
	return paint(parts, choose(parts, everything))
}

// everything is more lines and bytes than any text has.
const everything = 1 << 40
