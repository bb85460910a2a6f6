package stacks

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tree is a repository: the texts of files by their paths.
type tree map[string]string

func (t tree) fs() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range t {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// with is the tree and more files.
func (t tree) with(more tree) tree {
	all := maps.Clone(t)
	maps.Copy(all, more)
	return all
}

// program is a project in a folder, with the name of its last part, and its stacks.
func program(runtime, dir string, stacks ...string) tree {
	prefix, name := dir+"/", dir[strings.LastIndex(dir, "/")+1:]
	if dir == "." {
		prefix, name = "", "root"
	}
	t := tree{prefix + "Pulumi.yaml": "name: " + name + "\nruntime: " + runtime + "\n"}
	for _, s := range stacks {
		t[prefix+"Pulumi."+s+".yaml"] = ""
	}
	return t
}

func yamlProgram(dir string, stacks ...string) tree { return program("yaml", dir, stacks...) }

// changes reads one path a line, or two with -> between them.
func changes(text string) Changes {
	var c Changes
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ';' }) {
		line = strings.TrimSpace(line)
		if old, now, ok := strings.Cut(line, " -> "); ok {
			c.Files = append(c.Files, File{now, old})
			continue
		}
		c.Files = append(c.Files, File{Path: line})
	}
	return c
}

func read(t testing.TB, files tree) *Repository {
	t.Helper()
	r, err := Read(files.fs())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is a choice as lines: the stacks with why, what is gone with a -, warnings with a !.
func told(c Choice) []string {
	lines := []string{}
	for _, s := range c.Stacks {
		line := s.ID() + " " + s.Why
		if s.After != nil {
			line += " after " + strings.Join(s.After, " ")
		}
		lines = append(lines, line)
	}
	for _, g := range c.Removed {
		lines = append(lines, "- "+g.Dir+":"+g.Stack)
	}
	for _, w := range c.Warnings {
		lines = append(lines, "! "+w)
	}
	return lines
}

type chooseCase struct {
	files tree
	// changed are the files of the change, one a line or behind ;
	changed string
	want    []string
}

func runChoose(t *testing.T, cases map[string]chooseCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			choice, err := read(t, c.files).Choose(Selection{Changes: changes(c.changed)})
			if err != nil {
				t.Fatal(err)
			}
			if got := told(choice); !slices.Equal(got, c.want) {
				t.Errorf("%s:\n  got  %q\n  want %q", c.changed, got, c.want)
			}
		})
	}
}

func TestAFileTouchesTheStacksOfItsProject(t *testing.T) {
	two := yamlProgram("app", "dev", "prod").with(yamlProgram("app/db", "dev")).with(yamlProgram("net", "core"))
	runChoose(t, map[string]chooseCase{
		"nothing":                            {two, "", []string{}},
		"a file of none":                     {two, "README.md", []string{}},
		"a file of a project":                {two, "app/main.go", []string{"app:dev app/main.go", "app:prod app/main.go"}},
		"far below":                          {two, "app/a/b/c.txt", []string{"app:dev app/a/b/c.txt", "app:prod app/a/b/c.txt"}},
		"a project in a project":             {two, "app/db/x", []string{"app/db:dev app/db/x"}},
		"its Pulumi.yaml":                    {two, "net/Pulumi.yaml", []string{"net:core net/Pulumi.yaml"}},
		"a stack's file":                     {two, "app/Pulumi.prod.yaml", []string{"app:prod app/Pulumi.prod.yaml"}},
		"a folder with a like name":          {two, "apple/x", []string{}},
		"two files":                          {two, "net/b;net/a", []string{"net:core net/b and 1 more file"}},
		"three files":                        {two, "net/b;net/a;net/c;net/c", []string{"net:core net/b and 2 more files"}},
		"the stack's own file first":         {two, "app/a;app/Pulumi.dev.yaml", []string{"app:dev app/Pulumi.dev.yaml and 1 more file", "app:prod app/a"}},
		"a rename, both sides":               {two, "net/a -> app/db/a", []string{"app/db:dev app/db/a", "net:core net/a"}},
		"a rename within":                    {two, "net/a -> net/b", []string{"net:core net/b"}},
		"a removed file":                     {two, "net/gone.go", []string{"net:core net/gone.go"}},
		"below a project without a stack":    {two.with(yamlProgram("app/sub")), "app/sub/a/x.txt", []string{"app:dev app/sub/a/x.txt", "app:prod app/sub/a/x.txt"}},
		"below one that lost its last stack": {two.with(yamlProgram("app/sub")), "app/sub/x.txt;app/sub/Pulumi.a.yaml", []string{"- app/sub:a"}},
		"a name of two lines":                {two, "net/a\u2028b", []string{`net:core "net/a\u2028b"`}},
		"the root is a project":              {yamlProgram(".", "dev").with(yamlProgram("app", "dev")), "x;app/y", []string{".:dev x", "app:dev app/y"}},
		"a Pulumi.yml": {tree{"a/Pulumi.yml": "name: a\nruntime: yaml", "a/Pulumi.x.yml": "", "a/Pulumi.y.yaml": ""}, "a/z",
			[]string{"a:x a/z", "a:y a/z"}},
		"both, Pulumi takes .yaml": {tree{"a/Pulumi.yml": "", "a/Pulumi.yaml": "name: a\nruntime: yaml", "a/Pulumi.x.yml": "", "a/Pulumi.y.yaml": ""}, "a/Pulumi.x.yml",
			[]string{"a:y a/Pulumi.x.yml"}},
		"installed ones are no projects": {two.with(yamlProgram("net/node_modules/x", "dev")), "net/node_modules/x/Pulumi.dev.yaml", []string{"net:core net/node_modules/x/Pulumi.dev.yaml"}},
		"deployment settings": {two.with(tree{"app/Pulumi.dev.deploy.yaml": ""}), "app/Pulumi.dev.deploy.yaml",
			[]string{"app:dev app/Pulumi.dev.deploy.yaml"}},
	})
}

func TestStackConfigDir(t *testing.T) {
	at := func(line string) tree {
		return tree{"app/Pulumi.yaml": "name: app\nruntime: yaml\n" + line, "app/Pulumi.beside.yaml": ""}.with(yamlProgram("net", "core"))
	}
	runChoose(t, map[string]chooseCase{
		"only there":            {at("stackConfigDir: stacks").with(tree{"app/stacks/Pulumi.dev.yaml": ""}), "app/Pulumi.beside.yaml", []string{"app:dev app/Pulumi.beside.yaml"}},
		"its file":              {at("stackConfigDir: stacks").with(tree{"app/stacks/Pulumi.dev.yaml": "", "app/stacks/Pulumi.b.yaml": ""}), "app/stacks/Pulumi.b.yaml", []string{"app:b app/stacks/Pulumi.b.yaml"}},
		"the old spelling":      {at("config: stacks").with(tree{"app/stacks/Pulumi.dev.yaml": ""}), "app/x", []string{"app:dev app/x"}},
		"config of settings":    {at("config: {a: b}"), "app/x", []string{"app:beside app/x"}},
		"outside the project":   {at("stackConfigDir: ../conf").with(tree{"conf/Pulumi.dev.yaml": ""}), "conf/Pulumi.dev.yaml", []string{"app:dev conf/Pulumi.dev.yaml"}},
		"in another project":    {at("stackConfigDir: ../net").with(tree{"net/Pulumi.dev.yaml": ""}), "net/Pulumi.dev.yaml", []string{"app:dev net/Pulumi.dev.yaml", "net:dev net/Pulumi.dev.yaml"}},
		"below another project": {at("stackConfigDir: ../net/app").with(tree{"net/app/Pulumi.dev.yaml": ""}), "net/app/Pulumi.dev.yaml", []string{"app:dev net/app/Pulumi.dev.yaml"}},
		"a / at its beginning":  {at("stackConfigDir: /stacks").with(tree{"app/stacks/Pulumi.dev.yaml": ""}), "app/x", []string{"app:dev app/x"}},
		"of a broken file": {tree{"app/Pulumi.yaml": "name: [\nstackConfigDir: stacks # here\n", "app/stacks/Pulumi.dev.yaml": ""}.with(yamlProgram("net", "core")), "net/x",
			[]string{"net:core net/x", "! app/Pulumi.yaml is broken: it is not YAML: yaml: line 2: did not find expected ',' or ']'"}},
	})
	for _, line := range []string{"stackConfigDir: ../..", "stackConfigDir: ../../x", "config: ../../x"} {
		files := at(line)
		if _, err := read(t, files).Choose(Selection{}); err == nil || !strings.HasPrefix(err.Error(), "app/Pulumi.yaml: its stackConfigDir ") {
			t.Errorf("%s: %v", line, err)
		}
		for _, s := range []Selection{{Skip: []string{"app:*"}}, {Only: []string{"net:*"}}} {
			if _, err := read(t, files.with(yamlProgram("app/x", "d"))).Choose(s); err != nil && !strings.Contains(err.Error(), "matches no stack") {
				t.Errorf("%s, %+v: %v", line, s, err)
			}
		}
		if _, err := read(t, files).Choose(Selection{Only: []string{"*:core"}}); err == nil {
			t.Errorf("%s: it could have a stack core", line)
		}
	}
}

func TestLinkedFilesOfStacks(t *testing.T) {
	files := yamlProgram("app", "dev", "prod").fs()
	files["app/Pulumi.dev.yaml"] = &fstest.MapFile{Data: []byte("../conf/dev.yaml"), Mode: 0o777 | 1<<27}
	r, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	choice, err := r.Choose(Selection{Changes: changes("conf/dev.yaml")})
	if want := []string{"app:dev conf/dev.yaml (linked as app/Pulumi.dev.yaml)"}; err != nil || !slices.Equal(told(choice), want) {
		t.Errorf("%q, %v, want %q", told(choice), err, want)
	}
}

func TestRemoved(t *testing.T) {
	here := yamlProgram("app", "dev").with(yamlProgram("new", "dev"))
	runChoose(t, map[string]chooseCase{
		"a project with stacks":            {here, "old/Pulumi.yaml;old/Pulumi.a.yaml;old/Pulumi.b.yaml;old/x", []string{"- old:a", "- old:b"}},
		"with a folder for its stacks":     {here, "old/Pulumi.yaml;old/stacks/Pulumi.a.yaml", []string{"- old:a"}},
		"without a known stack":            {here, "old/Pulumi.yml;old/x", []string{"- old:"}},
		"the root":                         {here, "Pulumi.yaml;Pulumi.a.yaml", []string{"- .:a"}},
		"within a project":                 {here, "app/old/Pulumi.yaml;app/old/Pulumi.a.yaml", []string{"app:dev app/old/Pulumi.yaml and 1 more file", "- app/old:a"}},
		"moved":                            {here, "old/Pulumi.yaml -> new/Pulumi.yaml;old/Pulumi.dev.yaml -> new/Pulumi.dev.yaml", []string{"new:dev new/Pulumi.dev.yaml and 1 more file"}},
		"moved, one of its stacks gone":    {here, "old/Pulumi.yaml -> new/Pulumi.yaml;old/Pulumi.a.yaml;old/Pulumi.dev.yaml", []string{"new:dev new/Pulumi.yaml", "- new:a"}},
		"moved to what is no project":      {here, "old/Pulumi.yaml -> doc/Pulumi.yaml.txt", []string{"- old:"}},
		"another spelling":                 {here, "app/Pulumi.yml -> app/Pulumi.yaml", []string{"app:dev app/Pulumi.yaml"}},
		"a stack of a project":             {here, "app/Pulumi.gone.yaml", []string{"- app:gone"}},
		"a stack renamed":                  {here, "app/Pulumi.gone.yaml -> app/Pulumi.dev.yaml", []string{"app:dev app/Pulumi.dev.yaml", "- app:gone"}},
		"a stack renamed to another's":     {here, "app/Pulumi.gone.yaml -> new/Pulumi.dev.yaml", []string{"new:dev new/Pulumi.dev.yaml", "- app:gone"}},
		"moved, one of its stacks renamed": {here, "old/Pulumi.yaml -> new/Pulumi.yaml;old/Pulumi.a.yaml -> new/Pulumi.dev.yaml", []string{"new:dev new/Pulumi.dev.yaml and 1 more file", "- new:a"}},
		"a stack renamed to none":          {here, "app/Pulumi.gone.yaml -> lib/Pulumi.gone.yaml", []string{"- app:gone"}},
		"a removed project counts":         {here, "old/Pulumi.yaml;old/Pulumi.a.yaml -> app/Pulumi.dev.yaml", []string{"app:dev app/Pulumi.dev.yaml", "- old:a"}},
		"no name of a stack":               {here, "app/Pulumi.a b.yaml", []string{}},
		"the settings of deployments":      {here, "app/Pulumi.gone.deploy.yaml", []string{}},
		"the same stack in two spellings":  {here, "app/Pulumi.gone.yaml;app/Pulumi.gone.yaml", []string{"- app:gone"}},
		"a copy":                           {here, "old/app/Pulumi.yaml;old/app/Pulumi.dev.yaml", []string{"- old/app:dev"}},
		"a copy, where the folder stays":   {here.with(yamlProgram("old/net", "x")), "old/app/Pulumi.yaml", []string{"- old/app:"}},
		"a copy, and a change of another":  {here, "old/app/Pulumi.yaml;new/x", []string{"new:dev new/x", "- old/app:"}},
		"below the root":                   {yamlProgram(".", "dev"), "old/Pulumi.yaml", []string{".:dev old/Pulumi.yaml", "- old:"}},
		"a copy of one of two":             {here, "old/app/Pulumi.yaml;old/x/Pulumi.yaml", []string{"- old/app:", "- old/x:"}},
		"copies in two folders":            {here, "old/app/Pulumi.yaml;older/app/Pulumi.yaml", []string{"- old/app:", "- older/app:"}},
		"the last one there was":           {tree{}, "old/Pulumi.yaml;old/Pulumi.a.yaml", []string{"- old:a"}},
	})
	for _, c := range []struct {
		s    Selection
		want []string
	}{
		{Selection{Only: []string{"old:*"}}, []string{"- old:", "- old:a"}[1:]},
		{Selection{Only: []string{"app:*"}}, []string{}},
		{Selection{Skip: []string{"*:a"}}, []string{}},
		{Selection{All: true}, []string{"app:dev --all", "new:dev --all"}},
		{Selection{Max: 1}, []string{"- old:a"}},
	} {
		c.s.Changes = changes("old/Pulumi.yaml;old/Pulumi.a.yaml")
		choice, err := read(t, here).Choose(c.s)
		if err != nil || !slices.Equal(told(choice), c.want) {
			t.Errorf("%+v: %q, %v, want %q", c.s, told(choice), err, c.want)
		}
	}
}

func TestOnlyAndSkip(t *testing.T) {
	files := yamlProgram("infra/app", "dev", "prod").with(yamlProgram("infra/net", "core", "dev")).with(yamlProgram(".", "dev"))
	for _, c := range []struct {
		only, skip []string
		want       string
		total      int
	}{
		{nil, nil, ".:dev infra/app:dev infra/app:prod infra/net:core infra/net:dev", 5},
		{[]string{"*:prod"}, nil, "infra/app:prod", 1},
		{[]string{".:dev"}, nil, ".:dev", 1},
		{[]string{"infra/*"}, []string{"*:dev"}, "infra/app:prod infra/net:core", 2},
		{[]string{"infra/???:dev"}, nil, "infra/app:dev infra/net:dev", 2},
		{[]string{"*:core", "*:prod"}, nil, "infra/app:prod infra/net:core", 2},
		{nil, []string{"*net*"}, ".:dev infra/app:dev infra/app:prod", 3},
	} {
		choice, err := read(t, files).Choose(Selection{Only: c.only, Skip: c.skip, All: true})
		var ids []string
		for _, s := range choice.Stacks {
			ids = append(ids, s.ID())
		}
		if err != nil || strings.Join(ids, " ") != c.want || choice.Total != c.total {
			t.Errorf("only %q, skip %q: %q of %d, %v, want %q of %d", c.only, c.skip, ids, choice.Total, err, c.want, c.total)
		}
	}
	choice, err := read(t, files).Choose(Selection{Skip: []string{"*:core"}, Changes: changes("infra/net/Pulumi.core.yaml;infra/net/Pulumi.gone.yaml")})
	if want := []string{"- infra/net:gone"}; err != nil || !slices.Equal(told(choice), want) {
		t.Errorf("%q, %v: the file of a stack that is left out touches nothing", told(choice), err)
	}
}

func TestEverything(t *testing.T) {
	choice, err := read(t, yamlProgram("a", "x").with(yamlProgram("b", "y"))).Choose(Selection{Skip: []string{"a:x"}, Changes: Changes{Everything: "it is large"}})
	if want := []string{"b:y it is large"}; err != nil || !slices.Equal(told(choice), want) {
		t.Errorf("%q, %v, want %q", told(choice), err, want)
	}
}

func TestChooseGivesTheProject(t *testing.T) {
	choice, err := read(t, tree{"a/Pulumi.yml": "name: shop\nruntime: yaml", "a/Pulumi.x.yml": ""}).Choose(Selection{All: true})
	if err != nil || len(choice.Stacks) != 1 {
		t.Fatal(choice, err)
	}
	s := choice.Stacks[0]
	if s.Dir != "a" || s.Name != "x" || s.ID() != "a:x" || s.Project.Name != "shop" || s.Project.File != "Pulumi.yml" || s.Project.Runtime != "yaml" {
		t.Errorf("%+v", s)
	}
}

func TestBrokenProjects(t *testing.T) {
	files := yamlProgram("app", "dev").with(tree{"bad/Pulumi.yaml": "name: bad\n", "bad/Pulumi.x.yaml": "", "template/Pulumi.yaml": "name: ${NAME}\n"})
	const bad, template = "bad/Pulumi.yaml is broken: it has no runtime", "template/Pulumi.yaml is broken: its name is "
	choice, err := read(t, files).Choose(Selection{Changes: changes("app/x;template/x")})
	if got := told(choice); err != nil || len(got) != 3 || got[0] != "app:dev app/x" || got[1] != "! "+bad || !strings.HasPrefix(got[2], "! "+template) {
		t.Errorf("%q, %v", got, err)
	}
	for _, s := range []Selection{{All: true}, {Changes: changes("bad/x")}, {Only: []string{"bad:x"}, All: true}} {
		if _, err := read(t, files).Choose(s); err == nil || err.Error() != bad {
			t.Errorf("%+v: %v, want %q", s, err, bad)
		}
	}
}

func TestRefuses(t *testing.T) {
	app := yamlProgram("app", "dev", "prod")
	many := yamlProgram("app")
	for i := range 12 {
		many[fmt.Sprintf("app/Pulumi.s%02d.yaml", i)] = ""
	}
	for name, c := range map[string]struct {
		files tree
		s     Selection
		want  string
	}{
		"no project": {tree{"x/Pulumi.dev.yaml": ""}, Selection{All: true}, "no Pulumi project in src: want a Pulumi.yaml and a Pulumi.<stack>.yaml beside it"},
		"no stack":   {yamlProgram("app"), Selection{All: true}, "no Pulumi project with a stack in src: app/Pulumi.yaml has no Pulumi.<stack>.yaml beside it"},
		"no stack in its folder": {tree{"app/Pulumi.yaml": "name: a\nruntime: go\nstackConfigDir: s", "app/Pulumi.dev.yaml": ""}, Selection{All: true},
			"no Pulumi project with a stack in src: app/Pulumi.yaml has no Pulumi.<stack>.yaml in app/s"},
		"no stack, and broken": {tree{"app/Pulumi.yaml": "name: app"}, Selection{All: true}, "app/Pulumi.yaml is broken: it has no runtime"},
		"an empty glob":        {app, Selection{Only: []string{""}}, "empty --only: want a glob on folder:stack, such as infra/*:prod"},
		"a glob for nothing":   {app, Selection{Skip: []string{"app:dev", "ap:dev"}}, `--skip "ap:dev" matches no stack: there are app:dev, app:prod`},
		"a glob for nothing of many": {many, Selection{Only: []string{"app:s99"}},
			`--only "app:s99" matches no stack: there are app:s00, app:s01, app:s02, app:s03, app:s04, app:s05, app:s06, app:s07, app:s08, app:s09 and 2 more`},
		"nothing left": {app, Selection{Only: []string{"app:dev"}, Skip: []string{"*:dev"}}, "--only and --skip leave none of the stacks in src: there are app:dev, app:prod"},
		"the same project twice": {app.with(tree{"copy/Pulumi.yaml": "name: app\nruntime: yaml", "copy/Pulumi.dev.yaml": ""}), Selection{},
			"app:dev and copy:dev are both the stack dev of the project app: give one of the projects another name, or leave one out by --skip"},
		"a bad name": {tree{"app/Pulumi.yaml": "name: a\nruntime: go", "app/Pulumi.a b.yaml": ""}, Selection{All: true}, `app/Pulumi.a b.yaml: invalid stack "a b": want `},
		"a bad folder": {tree{"a[b]/Pulumi.yaml": "name: a\nruntime: go", "a[b]/Pulumi.x.yaml": ""}, Selection{All: true},
			`invalid folder "a[b]" of a project: want a name without \ * ? [ and control characters that does not begin with -`},
		"paths that are not from src": {app, Selection{Changes: changes("README.md;infra/app/x;infra/app/Pulumi.yaml")},
			`changed files: "infra/app/Pulumi.yaml" is not in src, but "app/Pulumi.yaml" is: want paths from the root of src`},
		"paths from far above src": {app.with(yamlProgram(".", "dev")), Selection{Changes: changes("a/b/app/Pulumi.prod.yaml;a/b/app/Pulumi.dev.yaml")},
			`changed files: "a/b/app/Pulumi.prod.yaml" is not in src, but "app/Pulumi.prod.yaml" is: want paths from the root of src`},
		"too many": {app, Selection{Max: 1, Changes: changes("app/x")}, "2 stacks are chosen, more than --max-stacks 1: raise it, or choose fewer by --only and --skip\n  app:dev  (app/x)\n  app:prod  (app/x)"},
		"main":     {tree{"app/Pulumi.yaml": "name: a\nruntime: go\nmain: ../../x", "app/Pulumi.x.yaml": ""}, Selection{}, `app/Pulumi.yaml: its main "../../x" leaves src: want a path inside src, or a src that holds it too`},
		"main, absolute": {tree{"app/Pulumi.yaml": "name: a\nruntime: go\nmain: /x", "app/Pulumi.x.yaml": ""}, Selection{},
			`app/Pulumi.yaml: its main "/x" leaves src`},
		"a package": {tree{"app/Pulumi.yaml": "name: a\nruntime: yaml\npackages: {p: ../../p}", "app/Pulumi.x.yaml": ""}, Selection{}, `app/Pulumi.yaml: its package or plugin "../../p" leaves src`},
		"a plugin":  {tree{"app/Pulumi.yaml": "name: a\nruntime: yaml\nplugins: {providers: [{name: p, path: ../../bin}]}", "app/Pulumi.x.yaml": ""}, Selection{}, `app/Pulumi.yaml: its package or plugin "../../bin" leaves src`},
		"a replace": {program("go", "app", "dev").with(tree{"app/go.mod": "module app\n\nreplace x => ../../x\n"}), Selection{}, `app/go.mod: line 3: its replace "../../x" leaves src`},
		"a use": {program("go", "app", "dev").with(tree{"app/go.mod": "module app", "go.work": "use (\n\t./app\n\t../x // there\n)\n"}), Selection{},
			`go.work: line 3: its use "../x" leaves src`},
		"a dependency": {program("nodejs", "app", "dev").with(tree{"app/package.json": `{"dependencies": {"x": "file:../../x"}}`}), Selection{},
			`app/package.json: its dependency "x" leaves src by "file:../../x": want a path inside src, or a src that holds it too`},
		"iac.yml": {app.with(tree{"iac.yml": ""}), Selection{}, "iac.yml is not read: name it iac.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read(c.files.fs())
			if err == nil {
				_, err = r.Choose(c.s)
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestFaultsOfProjectsThatAreLeftOutDoNotMatter(t *testing.T) {
	files := yamlProgram("ok", "dev").with(program("go", "app", "prod")).with(tree{"app/go.mod": "replace x => ../../x"})
	choice, err := read(t, files).Choose(Selection{Only: []string{"ok:*"}, All: true})
	if want := []string{"ok:dev --all"}; err != nil || !slices.Equal(told(choice), want) {
		t.Errorf("%q, %v", told(choice), err)
	}
	if _, err := read(t, files.with(tree{"copy/Pulumi.yaml": "name: ok\nruntime: yaml", "copy/Pulumi.prod.yaml": ""})).Choose(Selection{Skip: []string{"app:*"}}); err != nil {
		t.Errorf("the same project with different stacks: %v", err)
	}
}

func TestTooManyAreListedUpTo200(t *testing.T) {
	files := yamlProgram("app")
	for i := range 250 {
		files[fmt.Sprintf("app/Pulumi.s%03d.yaml", i)] = ""
	}
	_, err := read(t, files).Choose(Selection{All: true, Max: 50})
	if err == nil || strings.Count(err.Error(), "\n") != 201 || !strings.HasSuffix(err.Error(), "\n  app:s199  (--all)\n  … and 50 more") {
		t.Error(err)
	}
}

func TestManyFaultsAreCut(t *testing.T) {
	files := tree{}
	for i := range 100 {
		files = files.with(tree{fmt.Sprintf("p%d/Pulumi.yaml", i): "name: x", fmt.Sprintf("p%d/Pulumi.a.yaml", i): ""})
	}
	_, err := read(t, files).Choose(Selection{All: true})
	if err == nil || strings.Count(err.Error(), "\n") != 60 || !strings.HasSuffix(err.Error(), "\n… and 40 more") {
		t.Error(err)
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		ids   string
		after map[string][]string
		want  [][]string
	}{
		{"", nil, nil},
		{"b a", nil, [][]string{{"b", "a"}}},
		{"a b c", map[string][]string{"a": {"b"}, "b": {"c"}}, [][]string{{"c"}, {"b"}, {"a"}}},
		{"a b c d", map[string][]string{"d": {"b", "c", "b"}, "b": {"a"}}, [][]string{{"a", "c"}, {"b"}, {"d"}}},
		{"a b", map[string][]string{"a": {"x"}, "y": {"y"}}, [][]string{{"a", "b"}}},
		{"a b a", map[string][]string{"a": {"b"}}, [][]string{{"b"}, {"a"}}},
	} {
		got, err := Levels(strings.Fields(c.ids), c.after)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: %v, %v, want %v", c.ids, c.after, got, err, c.want)
		}
	}
	for _, c := range []struct {
		ids   string
		after map[string][]string
		want  string
	}{
		{"a:dev", map[string][]string{"a:dev": {"a:dev"}}, "a:dev comes after a:dev"},
		{"b:dev a:dev", map[string][]string{"a:dev": {"b:dev"}, "b:dev": {"a:dev"}}, "a:dev comes after b:dev comes after a:dev"},
		{"a b c d e", map[string][]string{"a": {"c"}, "c": {"d", "b"}, "d": {"c"}, "b": {"e"}}, "c comes after d comes after c"},
	} {
		if _, err := Levels(strings.Fields(c.ids), c.after); err == nil || err.Error() != "these stacks wait for each other: "+c.want {
			t.Errorf("%v: %v, want %q", c.after, err, c.want)
		}
	}
}
