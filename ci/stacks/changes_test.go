package stacks

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParseChanges(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"\n\r\n  \n":                     "",
		"a\nb/c\n":                       "a|b/c",
		"a\r\nb/c":                       "a|b/c",
		"./a\n././b//c\na/../d":          "a|b/c|d",
		"a\n./a":                         "a",
		"\ufeffa":                        "a",
		" a b ":                          " a b ",
		`"\303\244/\"x\"\t.go"`:          "ä/\"x\"\t.go",
		`"\\\001"`:                       "\\\x01",
		"ä/ö":                            "ä/ö",
		"..a/...":                        "..a/...",
		`a"b"`:                           `a"b"`,
		"app/main.go\n\n# not a comment": "app/main.go|# not a comment",
	} {
		c, err := ParseChanges(text)
		var names []string
		for _, f := range c.Files {
			names = append(names, f.Path)
		}
		if err != nil || strings.Join(names, "|") != want || c.Everything != "" {
			t.Errorf("%q: %q, %v, want %q", text, names, err, want)
		}
	}
	for text, want := range map[string]string{
		"a\n\n/etc/x":         `line 3: "/etc/x" leaves src: want paths from the root of src, such as infra/main.go`,
		"../x":                `line 1: "../x" leaves src`,
		"..":                  `line 1: ".." leaves src`,
		"a/../../x":           `line 1: "a/../../x" leaves src`,
		`"/\303\244"`:         `line 1: "/ä" leaves src`,
		`"a`:                  `line 1: "a is not a name as git quotes it: want one path a line`,
		"a\n\"a\" b":          `line 2: "a" b is not a name as git quotes it`,
		"M\ta":                `line 1: "M\ta" has a tab: want one path a line and nothing else, as git diff --name-only prints it`,
		"a\x00b":              `line 1: "a\x00b" has a zero byte: want UTF-8 text, one path a line`,
		"\xff\xfea\x00\n\x00": `line 1: "\xff\xfea\x00" has a zero byte`,
		"./":                  `line 1: "./" is a folder: want the path of a file, such as infra/main.go`,
		"lib/":                `line 1: "lib/" is a folder`,
	} {
		if _, err := ParseChanges(text); err == nil || !strings.HasPrefix(err.Error(), "changed-files: "+want) {
			t.Errorf("%q:\n  got  %v\n  want changed-files: %s", text, err, want)
		}
	}
}

func FuzzParseChanges(f *testing.F) {
	f.Add("a\n./b//c\r\n\"\\303\\244\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseChanges(text)
		if err != nil && c.Files != nil {
			t.Errorf("%q with %v", c.Files, err)
		}
		for _, file := range c.Files {
			if file.Path != path.Clean(file.Path) || path.IsAbs(file.Path) || file.Path == "." || slices.Contains(strings.Split(file.Path, "/"), "..") {
				t.Errorf("took %q from %q", file.Path, text)
			}
			if strings.ContainsAny(shown(file.Path), "\n\r\x1b\u2028") {
				t.Errorf("shows %q as it is", file.Path)
			}
		}
	})
}

func FuzzGlobs(f *testing.F) {
	f.Add("a*b?c", "aXYbZc")
	f.Add("lib/**/x*", "lib/a/b/xy")
	f.Fuzz(func(t *testing.T, glob, text string) {
		glob, text = strings.ToValidUTF8(glob, ""), strings.ToValidUTF8(text, "")
		if len(glob) > 100 || len(text) > 1000 {
			return
		}
		var want strings.Builder
		for _, c := range glob {
			switch c {
			case '*':
				want.WriteString(`(?s:.*)`)
			case '?':
				want.WriteString(`(?s:.)`)
			default:
				want.WriteString(regexp.QuoteMeta(string(c)))
			}
		}
		if got, want := matchText(glob, text), regexp.MustCompile(`\A`+want.String()+`\z`).MatchString(text); got != want {
			t.Errorf("matchText(%q, %q) = %t", glob, text, got)
		}
		for i := range text + "." { // between characters, and at the end
			if matchText(glob, text) && !mayMatch(glob, text[:i]) {
				t.Errorf("mayMatch(%q, %q) is false, and it matches %q", glob, text[:i], text)
			}
		}
		if clean, ok := within(".", glob); ok && clean == glob && !strings.ContainsAny(glob, "*?") {
			if g := newPathGlob(glob); !g.match(glob) || !g.match(path.Join(glob, "x")) || glob != "." && g.match("x"+glob) {
				t.Errorf("%q is not read as a plain path", glob)
			}
		}
	})
}

// FuzzRead reads and chooses whatever the files hold. A stack whose folder has a changed file is never lost.
func FuzzRead(f *testing.F) {
	f.Add("name: a\nruntime: go\nmain: ../b", "module a\nreplace b => ../b", `{"workspaces": ["{a,b}"]}`, "watch: {a: ['**']}", "package a\nimport \"a/b\"", "b/x", "packages: [a]")
	f.Add("name: a\nruntime: nodejs\nstackConfigDir: b", "use ./a", `{"dependencies": {"b": "file:../b"}}`, "after: {a: [b]}", "", "a/x", "")
	f.Add("name: a\nruntime: yaml\nplugins: {x: [{path: ./a}]}\npackages: {a: ./b}", "", "", "", "", "a/b/../x", "")
	f.Fuzz(func(t *testing.T, pulumi, mod, node, iac, source, changed, pnpm string) {
		files := tree{
			"a/Pulumi.yaml": pulumi, "a/Pulumi.dev.yaml": "", "b/Pulumi.yaml": "name: b\nruntime: yaml", "b/Pulumi.dev.yaml": "", "b/Pulumi.prod.yaml": "",
			"go.mod": mod, "a/go.work": mod, "package.json": node, "a/package.json": node, "a/main.go": source, "b/b.go": source, "pnpm-workspace.yaml": pnpm,
		}
		if iac != "" {
			if _, err := Read(files.with(tree{"iac.yaml": iac}).fs()); err == nil {
				files["iac.yaml"] = iac
			} else if strings.Count(err.Error(), "iac.yaml: ") == 0 {
				t.Errorf("%v does not name the file", err)
			}
		}
		r := read(t, files)
		r.GoFiles()
		_, _ = r.Choose(Selection{All: true, Only: []string{iac}, Skip: []string{node}})
		choice, err := r.Choose(Selection{Changes: Changes{Files: []File{{Path: changed, Previous: "a/x"}, {Path: "b/y"}}}})
		if err != nil {
			return
		}
		var ids []string
		for _, s := range choice.Stacks {
			ids = append(ids, s.ID())
			if strings.ContainsAny(s.Why, "\n\r") {
				t.Errorf("%q is not one line", s.Why)
			}
		}
		want := []string{"b:dev", "b:prod"}
		for _, s := range r.byDir["a"].stacks {
			want = append(want, s.id())
		}
		for _, id := range want {
			if !slices.Contains(ids, id) {
				t.Errorf("%s is lost: %q", id, ids)
			}
		}
	})
}

func FuzzConfig(f *testing.F) {
	f.Add("watch:\n  db: [lib/**, '!x']\nafter:\n  db: [infra/app]\n")
	f.Add("after: &a {db: *a}")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(configured.with(tree{"iac.yaml": text}).fs())
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "iac.yaml: ") && !strings.Contains(err.Error(), "not YAML") {
					t.Errorf("%q does not name the file", line)
				}
			}
			return
		}
		_, _ = r.Choose(Selection{All: true})
	})
}
