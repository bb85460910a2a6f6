package sticky

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"dagger/iac/pullrequest"
)

// lists is a publisher whose gh answers one call with these lines.
func lists(asked *[]string, lines ...string) *Publisher {
	return &Publisher{
		GH: func(_ context.Context, args []string, _ string) (string, string, int, error) {
			*asked = args
			return page("200 OK", "", strings.Join(lines, "\n")+"\n"), "", 0, nil
		},
		Repository: pullrequest.Repository{Host: "github.com", Owner: "acme", Name: "shop"}, Number: 7,
		Show: func(s string) string { return s }, Warn: func(string) {},
	}
}

func TestFilesAreRead(t *testing.T) {
	for name, test := range map[string]struct {
		line string
		want File
	}{
		"plain":             {`{"path":"web/main.go","removed":false}`, File{Path: "web/main.go"}},
		"removed":           {`{"path":"web/main.go","removed":true}`, File{Path: "web/main.go", Removed: true}},
		"renamed":           {`{"path":"b","previous":"a","removed":false}`, File{Path: "b", Previous: "a"}},
		"an odd name":       {`{"path":"a\n{\"path\":\"b\"}\nHTTP/2.0 502 \u00e9\u2028","removed":false}`, File{Path: "a\n{\"path\":\"b\"}\nHTTP/2.0 502 é\u2028"}},
		"no end of its own": {`{"path":" a\t ","removed":false}`, File{Path: " a\t "}},
	} {
		var asked []string
		got, more, err := lists(&asked, test.line).Files(t.Context())
		if err != nil || more || !reflect.DeepEqual(got, []File{test.want}) {
			t.Errorf("%s: %+v, %v, %v", name, got, more, err)
		}
		if want := "--paginate repos/acme/shop/pulls/7/files?per_page=100"; !strings.Contains(strings.Join(asked, " "), want) {
			t.Errorf("%s: it asked %q", name, asked)
		}
	}
}

func TestFilesThatCannotBeReadAreAnError(t *testing.T) {
	for _, line := range []string{`{"path":""}`, `{"removed":true}`, `{"path":7}`, `{"path":null}`} {
		var asked []string
		_, _, err := lists(&asked, `{"path":"a"}`, line).Files(t.Context())
		if err == nil || !strings.Contains(err.Error(), "invalid answer of GitHub about a file of acme/shop#7: "+line) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestAtGitHubsLimitThereMayBeMoreFiles(t *testing.T) {
	for n, want := range map[int]bool{0: false, 1: false, 2999: false, 3000: true, 3001: true} {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = `{"path":"a"}`
		}
		var asked []string
		files, more, err := lists(&asked, lines...).Files(t.Context())
		if err != nil || len(files) != n || more != want {
			t.Errorf("%d files: it gives %d, %v, %v", n, len(files), more, err)
		}
	}
}
