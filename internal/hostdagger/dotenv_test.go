package hostdagger

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iac/internal/bindings"
)

func TestExpand(t *testing.T) {
	for name, test := range map[string]struct {
		file    string
		environ []string
		want    map[string]string
		err     string
	}{
		"plain text": {
			file: "# it's a comment\n\nexport A=1\nB = 2\nC=a b  c\nD=\nE='x  y' z\n",
			err:  ".env: \"B = 2\" is not one assignment NAME=value",
		},
		"words": {
			file: "# it's a comment\n\nexport A=1\nC=a b  c\nD=\nE='x  y' z\nF=\"$\"\nG=a=b\n",
			want: map[string]string{"A": "1", "C": "a b  c", "D": "", "E": "x  y z", "F": "$", "G": "a=b"},
		},
		"a default": {
			file: "A=${NONE:-b}\nB=${NONE:-${NOR:-}}\nC=${EMPTY-c}\n", environ: []string{"EMPTY="},
			want: map[string]string{"A": "b", "B": "", "C": "c"},
		},
		"the environment": {
			file: "A=${X}\nB=x${X}y$X\nC='$X'\nD=\\$X\n", environ: []string{"X=1", "X=a b"},
			want: map[string]string{"A": "a b", "B": "xa bya b", "C": "$X", "D": "$X"},
		},
		"other variables": {
			file: "A=${B}\nB=${C:-3}\n", environ: []string{"B=other"},
			want: map[string]string{"A": "3", "B": "3"},
		},
		"the last of a name": {file: "A=1\nA=2\n", want: map[string]string{"A": "2"}},
		"unset":              {file: "A=${NONE}\n", err: ".env: A: NONE: unbound variable"},
		"empty":              {file: "A=${X}\n", environ: []string{"X="}, err: ".env: A: X: unbound variable"},
		"itself":             {file: "A=${A:-1}\n", environ: []string{"A=2"}, want: map[string]string{"A": "1"}},
		"a command":          {file: "A=$(id)\n", err: ".env: A: unexpected command substitution at 1:3"},
		"no end":             {file: "A=${X\n", err: ".env: \"A=${X\" cannot be read: 1:3: reached EOF without matching `${` with `}`"},
		// What stands behind :+ is expanded, and must be set, also where it is not used.
		"a pattern of an unset variable": {file: "A=${X:+${X##refs/heads/*}}\n", err: ".env: A: X: unbound variable"},
		"a pattern of a set variable": {
			file: "A=${X:+${X##refs/heads/*}}\nB=${Y:+${Y##refs/heads/*}}\n", environ: []string{"X=refs/heads/main", "Y=refs/pull/7/merge"},
			want: map[string]string{"A": "", "B": "refs/pull/7/merge"},
		},
		"no branch, of nothing":        {file: noBranch, want: map[string]string{"REF": "refs/heads/", "R": ""}},
		"no branch, of an empty one":   {file: noBranch, environ: []string{"X="}, want: map[string]string{"REF": "refs/heads/", "R": ""}},
		"no branch, of a branch":       {file: noBranch, environ: []string{"X=refs/heads/main"}, want: map[string]string{"REF": "refs/heads/main", "R": ""}},
		"no branch, of a pull request": {file: noBranch, environ: []string{"X=refs/pull/7/merge"}, want: map[string]string{"REF": "refs/pull/7/merge", "R": "refs/pull/7/merge"}},
		"no branch, of another system": {file: noBranch, environ: []string{"X=refs/heads/main", "Z=8"}, want: map[string]string{"REF": "refs/heads/main", "R": "8"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), ".env")
			if err := os.WriteFile(file, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			vars, err := readDotEnv(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := vars.expand(func(name string) string { return environment(test.environ, name) })
			message := ""
			if err != nil {
				message = err.Error()
			}
			if message != test.err {
				t.Errorf("error %q, want %q", message, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// noBranch drops a branch and keeps everything else.
const noBranch = "REF=${X:-refs/heads/}\nR=${Y:-${Z:-${REF##refs/heads/*}}}\n"

func TestDefaults(t *testing.T) {
	text := bindings.Type{Kind: bindings.String}
	preview := &bindings.Function{Name: "Preview", Args: []*bindings.Argument{{Name: "stack", Type: text}, {Name: "githubRef", Type: text}}}
	with := &bindings.Function{Name: "WithCredentials", Args: []*bindings.Argument{{Name: "pulumiToken", Type: text}}}
	constructor := &bindings.Function{Args: []*bindings.Argument{{Name: "pulumiToken", Type: text}}}
	for name, test := range map[string]struct {
		inner, outer string
		environ      []string
		function     *bindings.Function
		want         map[string]string
	}{
		"constructor":                {inner: "PULUMITOKEN=a\nPREVIEW_STACK=b\n", function: constructor, want: map[string]string{"pulumiToken": "a"}},
		"separators in the argument": {inner: "PULUMI_TOKEN=a\n", function: constructor, want: map[string]string{}},
		"function":                   {inner: "PREVIEW_STACK=a\npreview_githubref=b\n", function: preview, want: map[string]string{"stack": "a", "githubRef": "b"}},
		"separators":                 {inner: "PREVIEW_GITHUB_REF=a\n", function: preview, want: map[string]string{}},
		"a name of two words":        {inner: "WITHCREDENTIALS_PULUMITOKEN=a\n", function: with, want: map[string]string{"pulumiToken": "a"}},
		"the same with underscores":  {inner: "WITH_CREDENTIALS_PULUMITOKEN=a\n", function: with, want: map[string]string{"pulumiToken": "a"}},
		"a folder above":             {outer: "IAC_PREVIEW_STACK=a\nPREVIEW_GITHUBREF=b\nSHARED=c\n", function: preview, want: map[string]string{"stack": "a"}},
		"both":                       {inner: "PREVIEW_STACK=a\n", outer: "IAC_PREVIEW_STACK=b\n", function: preview, want: map[string]string{"stack": "b"}},
		"context of a folder above":  {outer: "IAC_PREVIEW_STACK=${SHARED}\nSHARED=c\nBROKEN=${NONE}\n", function: preview, want: map[string]string{"stack": "c"}},
		// Within the function's names the variable refers to itself, and counts as unset.
		"a variable named as the argument": {inner: "PREVIEW_STACK=${STACK:-dev}\n", environ: []string{"STACK=prod"}, function: preview, want: map[string]string{"stack": "dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			root, dir := t.TempDir(), t.TempDir()
			for file, text := range map[string]string{filepath.Join(root, ".env"): test.inner, filepath.Join(dir, ".env"): test.outer} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			main := &bindings.Object{Name: "Iac"}
			d, err := readDefaults(&bindings.Module{Name: "iac", Root: root, Main: main}, dir, test.environ)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.of(main, test.function)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnboundVariableFailsTheLoad(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, ".env"), []byte("UP_STACK=${NONE}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readDefaults(&bindings.Module{Name: "iac", Root: root}, root, nil)
	if err == nil || err.Error() != ".env: UP_STACK: NONE: unbound variable" {
		t.Errorf("error %v", err)
	}
}

// FuzzDotEnv looks for files that cannot be read without a crash.
func FuzzDotEnv(f *testing.F) {
	for _, text := range []string{"A=1", "A=${B:-c}\nB=${A}", "A='", "export A=$(id)", "=", "A=${A##*/}", "A={1..3}", "A=~"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		vars, err := readDotEnv(file)
		if err != nil {
			return
		}
		values, err := vars.namespace("iac").with(vars).expand(func(string) string { return "" })
		if err == nil && len(values) < len(vars.own) {
			t.Errorf("%d values of %d variables", len(values), len(vars.own))
		}
	})
}
