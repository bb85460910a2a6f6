package stacks

import (
	"slices"
	"strings"
	"testing"
)

func TestPulumiYamlNamesSharedFolders(t *testing.T) {
	app := func(lines string) tree {
		return tree{"app/Pulumi.yaml": "name: app\nruntime: yaml\n" + lines, "app/Pulumi.dev.yaml": ""}
	}
	nested := app("main: ../src").with(yamlProgram("src/other", "x"))
	runChoose(t, map[string]chooseCase{
		"main outside":             {app("main: ../src"), "src/a/b", []string{"app:dev src/a/b (main in app/Pulumi.yaml)"}},
		"main is a file":           {app("main: ../src/index.ts"), "src/a.ts", []string{"app:dev src/a.ts (main in app/Pulumi.yaml)"}},
		"main inside":              {app("main: src"), "src/a", []string{}},
		"main in a project in it":  {tree{"Pulumi.yaml": "name: all\nruntime: python\nmain: app/src", "Pulumi.dev.yaml": ""}.with(yamlProgram("app", "x")), "app/src/a;app/b", []string{".:dev app/src/a (main in Pulumi.yaml)", "app:x app/src/a and 1 more file"}},
		"beside main":              {app("main: ../src"), "srcs/a", []string{}},
		"a project in it":          {nested, "src/other/y", []string{"app:dev src/other/y (main in app/Pulumi.yaml)", "src/other:x src/other/y"}},
		"a stack of one in it":     {nested, "src/other/Pulumi.x.yaml", []string{"src/other:x src/other/Pulumi.x.yaml"}},
		"own files are named":      {app("main: ../src"), "src/a;app/b", []string{"app:dev app/b and 1 more file"}},
		"shared with more":         {app("main: ../src"), "src/a;src/b;src/c", []string{"app:dev src/a (main in app/Pulumi.yaml) and 2 more files"}},
		"a package":                {app("packages: {p: ../p@1.0.0, q: aws@1.2.3}"), "p/x", []string{"app:dev p/x (package in app/Pulumi.yaml)"}},
		"a package at length":      {app("packages:\n  p:\n    source: ../p\n    version: 1.0.0"), "p/x", []string{"app:dev p/x (package in app/Pulumi.yaml)"}},
		"a package from elsewhere": {app("packages: {p: p}"), "p/x", []string{}},
		"a plugin":                 {app("plugins:\n  providers:\n  - name: p\n    path: ../bin"), "bin/pulumi-resource-p", []string{"app:dev bin/pulumi-resource-p (package in app/Pulumi.yaml)"}},
	})
}

func TestASubmoduleIsNamedByItsFolder(t *testing.T) {
	files := program("go", "app", "dev").with(tree{"app/go.mod": "replace x => ../lib/x", "lib/x/go.mod": "module x"}).with(yamlProgram("sub/net", "core"))
	runChoose(t, map[string]chooseCase{
		"of a project":               {files, "app", []string{"app:dev app"}},
		"of projects":                {files, "sub", []string{"sub/net:core sub"}},
		"of shared code":             {files, "lib", []string{"app:dev lib (replace in app/go.mod)"}},
		"just that":                  {files, "lib/x", []string{"app:dev lib/x (replace in app/go.mod)"}},
		"of something else":          {files, "other", []string{}},
		"of watched files":           {files.with(tree{"iac.yaml": "watch: {app: [shared/dash/**, '**/*.json', '!shared/dash/x']}"}), "shared", []string{"app:dev shared (watch in iac.yaml)"}},
		"of a watched folder":        {files.with(tree{"iac.yaml": "watch: {app: [shared/*.json]}"}), "shared", []string{"app:dev shared (watch in iac.yaml)"}},
		"of no watched files":        {files.with(tree{"iac.yaml": "watch: {app: [shared/dash/**]}"}), "share;shared/dashes;other", []string{}},
		"of code without a manifest": {files.with(tree{"app/go.mod": "replace x => ../shared/x"}), "shared", []string{"app:dev shared (replace in app/go.mod)"}},
		"of Go packages":             {oneModule, "pkg", []string{"infra/app:dev pkg (imported by infra/app)", "infra/net:core pkg (imported by infra/net)"}},
	})
}

func TestGoModNamesSharedFolders(t *testing.T) {
	app := func(mod string) tree {
		return program("go", "app", "dev").with(program("go", "net", "dev")).with(tree{"app/go.mod": "module app\n" + mod, "net/go.mod": "module net"})
	}
	const why = " (replace in app/go.mod)"
	block := app("require lib v1.0.0\nreplace (\n\tx => y v1.0.0 // a comment\n\tlib v1.0.0 => ../lib // ../nothing\n\t\"q\" => \"../quoted dir\"\n)\n")
	runChoose(t, map[string]chooseCase{
		"a replace":            {app("replace lib => ../lib"), "lib/a/b.txt", []string{"app:dev lib/a/b.txt" + why}},
		"in a block":           {block, "lib/b.go", []string{"app:dev lib/b.go" + why}},
		"in quotes":            {block, "quoted dir/b.go", []string{"app:dev quoted dir/b.go" + why}},
		"in a comment":         {block, "nothing/b.go", []string{}},
		"by a version":         {app("replace lib => lib v2.0.0"), "lib/b.go", []string{}},
		"a comment line":       {app("// replace lib => ../lib"), "lib/b.go", []string{}},
		"a folder of projects": {app("replace net => ../net"), "net/x.go", []string{"app:dev net/x.go" + why, "net:dev net/x.go"}},
		"the root":             {app("replace all => .."), "README.md", []string{"app:dev README.md" + why}},
		"another language":     {app("replace lib => ../lib").with(program("yaml", "app", "dev")), "lib/b.go", []string{}},
		"main has the go.mod": {tree{"app/Pulumi.yaml": "name: app\nruntime: go\nmain: ../src/cmd", "app/Pulumi.dev.yaml": "", "src/cmd/go.mod": "module cmd\nreplace lib => ../lib"}, "src/lib/x",
			[]string{"app:dev src/lib/x (replace in src/cmd/go.mod)"}},
	})
	if got := read(t, block).GoFiles(); len(got) != 0 {
		t.Errorf("%q: where each program has a go.mod no Go code is needed", got)
	}
}

// oneModule is a repository with a go.mod above its programs.
var oneModule = program("go", "infra/app", "dev").with(program("go", "infra/net", "core")).with(tree{
	"go.mod":                  "module example.org/mono\nrequire example.org/mono/outside v1.0.0\nreplace example.org/lib => ./third\n",
	"infra/app/main.go":       "package main\nimport (\n\t\"fmt\"\n\tx \"example.org/mono/pkg/a\"\n\t_ \"example.org/mono/outside/z\"\n)\n",
	"infra/app/inner/i.go":    "package inner",
	"infra/net/main.go":       "package main\nimport \"example.org/mono/pkg/c\"\n",
	"pkg/a/a.go":              "package a\nimport \"example.org/mono/pkg/b\"\n",
	"pkg/a/a_test.go":         "package a\nimport \"example.org/mono/pkg/tests\"\n",
	"pkg/a/_old.go":           "not Go",
	"pkg/b/b.go":              "package b\nimport \"example.org/mono/pkg/a\"\nimport \"example.org/lib/deep\"",
	"pkg/b/sub/sub.go":        "package sub",
	"pkg/c/c.go":              "package c",
	"pkg/tests/t.go":          "package tests",
	"third/deep/d.go":         "package deep\nimport \"example.org/mono/pkg/by-third\"",
	"pkg/by-third/x.go":       "package bythird",
	"infra/net/testdata/x.go": "package x",
})

func TestGoPackagesAreSharedOneByOne(t *testing.T) {
	const app, net = "infra/app:dev ", "infra/net:core "
	const byApp, byNet = " (imported by infra/app)", " (imported by infra/net)"
	broken := oneModule.with(tree{"pkg/b/b.go": "packag b"})
	missing := oneModule.with(tree{})
	delete(missing, "pkg/b/b.go")
	both := []string{app + "x (the imports in pkg/b cannot be read)", net + "x"}
	runChoose(t, map[string]chooseCase{
		"imported":                {oneModule, "pkg/a/a.go", []string{app + "pkg/a/a.go" + byApp}},
		"imported by an import":   {oneModule, "pkg/b/b.go", []string{app + "pkg/b/b.go" + byApp}},
		"imported by another":     {oneModule, "pkg/c/c.go", []string{net + "pkg/c/c.go" + byNet}},
		"through a replaced one":  {oneModule, "pkg/by-third/x.go", []string{app + "pkg/by-third/x.go" + byApp}},
		"embedded":                {oneModule, "pkg/a/files/x.txt", []string{app + "pkg/a/files/x.txt" + byApp}},
		"a new file":              {oneModule, "pkg/a/new.go", []string{app + "pkg/a/new.go" + byApp}},
		"a file moved away":       {oneModule, "pkg/a/old.go -> pkg/z/old.go", []string{app + "pkg/a/old.go" + byApp}},
		"a package below":         {oneModule, "pkg/b/sub/sub.go", []string{}},
		"by its tests only":       {oneModule, "pkg/tests/t.go", []string{}},
		"by none":                 {oneModule, "docs/x.md;pkg/none/x.go", []string{}},
		"go.mod":                  {oneModule, "go.mod", []string{app + "go.mod (Go module of the program)", net + "go.mod (Go module of the program)"}},
		"go.sum":                  {oneModule, "go.sum", []string{app + "go.sum (Go module of the program)", net + "go.sum (Go module of the program)"}},
		"replaced":                {oneModule, "third/README", []string{app + "third/README (replace in go.mod)", net + "third/README (replace in go.mod)"}},
		"a nearer go.mod removed": {oneModule, "infra/go.mod", []string{app + "infra/go.mod (Go module of the program)", net + "infra/go.mod (Go module of the program)"}},
		"a go.work removed":       {oneModule, "go.work", []string{app + "go.work (Go workspace above the program)", net + "go.work (Go workspace above the program)"}},
		"vendored":                {oneModule, "vendor/a/b.go", []string{app + "vendor/a/b.go (vendor folder of the program's Go module)", net + "vendor/a/b.go (vendor folder of the program's Go module)"}},
		"of a file that is no Go": {broken, "x", both[:1]},
		"of a package not there":  {missing, "x", both[:1]},
		"its own files":           {oneModule, "infra/app/main.go", []string{app + "infra/app/main.go"}},
		"a folder of its own":     {oneModule, "infra/net/testdata/x.go", []string{net + "infra/net/testdata/x.go"}},
	})
	if got, want := read(t, oneModule).GoFiles(), []string{"**/*.go", "third/**/*.go"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestGoPackagesInTheFolderOfANestedProject(t *testing.T) {
	files := program("go", "infra", "prod").with(program("go", "infra/boot", "prod")).with(tree{
		"infra/go.mod":          "module example.org/infra",
		"infra/main.go":         "package main\nimport _ \"example.org/infra/boot/names\"",
		"infra/boot/main.go":    "package main",
		"infra/boot/names/n.go": "package names",
	})
	const boot = "infra/boot:prod "
	runChoose(t, map[string]chooseCase{
		"imported":     {files, "infra/boot/names/n.go", []string{"infra:prod infra/boot/names/n.go (imported by infra)", boot + "infra/boot/names/n.go"}},
		"not imported": {files, "infra/boot/main.go", []string{boot + "infra/boot/main.go"}},
		"its own":      {files, "infra/x", []string{"infra:prod infra/x"}},
		"main is it": {files.with(tree{"infra/Pulumi.yaml": "name: infra\nruntime: go\nmain: boot", "infra/boot/go.mod": "module boot"}), "infra/boot/main.go",
			[]string{"infra:prod infra/boot/main.go (imported by infra/boot)", boot + "infra/boot/main.go"}},
		"main in it": {files.with(tree{"infra/Pulumi.yaml": "name: infra\nruntime: go\nmain: boot/cmd", "infra/boot/cmd/main.go": "package main"}), "infra/boot/cmd/main.go",
			[]string{"infra:prod infra/boot/cmd/main.go (imported by infra/boot/cmd)", boot + "infra/boot/cmd/main.go"}},
	})
	if got, want := read(t, files).GoFiles(), []string{"infra/**/*.go"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := read(t, files.with(tree{"infra/boot/go.mod": "module boot"})).GoFiles(); len(got) != 0 {
		t.Errorf("%q: another module in it needs no Go code", got)
	}
}

func TestGoWork(t *testing.T) {
	files := program("go", "app", "dev").with(program("go", "net", "core")).with(tree{
		"go.work":       "go 1.26\nuse (\n\t./app\n\tlib\n\t./net\n)\nuse ./other\nreplace z => ./z\n",
		"app/go.mod":    "module app",
		"app/main.go":   "package main\nimport \"example.org/lib/a\"\nimport \"example.org/r/x\"",
		"net/go.mod":    "module net",
		"net/main.go":   "package main\n",
		"lib/go.mod":    "module example.org/lib\nreplace example.org/r => ../r\n",
		"lib/a/a.go":    "package a\nimport \"example.org/other/o\"",
		"lib/b/b.go":    "package b",
		"other/go.mod":  "module example.org/other",
		"other/o/o.go":  "package o",
		"r/x/x.go":      "package x",
		"alone/go.mod":  "module alone",
		"alone/main.go": "package main",
	}).with(program("go", "alone", "dev"))
	const app, net = "app:dev ", "net:core "
	runChoose(t, map[string]chooseCase{
		"imported":                    {files, "lib/a/a.go", []string{app + "lib/a/a.go (imported by app)"}},
		"imported by an import":       {files, "other/o/o.go", []string{app + "other/o/o.go (imported by app)"}},
		"not imported":                {files, "lib/b/b.go", []string{}},
		"go.mod of what is imported":  {files, "lib/go.mod", []string{app + "lib/go.mod (imported by app)"}},
		"go.sum of what is imported":  {files, "other/go.sum", []string{app + "other/go.sum (imported by app)"}},
		"replaced by what is used":    {files, "r/y", []string{app + "r/y (replace in lib/go.mod)"}},
		"replaced by go.work":         {files, "z/y", []string{app + "z/y (replace in go.work)", net + "z/y (replace in go.work)"}},
		"go.work":                     {files, "go.work", []string{"alone:dev go.work (Go workspace above the program)", app + "go.work (Go workspace above the program)", net + "go.work (Go workspace above the program)"}},
		"go.work.sum":                 {files, "go.work.sum", []string{app + "go.work.sum (Go workspace above the program)", net + "go.work.sum (Go workspace above the program)"}},
		"a program it does not use":   {files, "alone/x", []string{"alone:dev alone/x"}},
		"a go.work that was removed":  {files, "app/go.work", []string{app + "app/go.work"}},
		"a go.sum of another":         {files, "alone/go.sum", []string{"alone:dev alone/go.sum"}},
		"a file of a program it uses": {files, "net/x", []string{net + "net/x"}},
	})
	if got, want := read(t, files).GoFiles(), []string{"app/**/*.go", "lib/**/*.go", "net/**/*.go", "other/**/*.go", "r/**/*.go", "z/**/*.go"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	odd := program("go", "a[b]", "dev").with(tree{"a[b]/Pulumi.yaml": "name: a\nruntime: go", "a[b]/go.mod": "module a", "go.work": "use \"./a[b]\""})
	if got, want := read(t, odd).GoFiles(), []string{"**/*.go"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWithoutGoFilesAllModulesAreShared(t *testing.T) {
	files := tree{}
	for name, text := range oneModule {
		if !strings.HasSuffix(name, ".go") {
			files[name] = text
		}
	}
	runChoose(t, map[string]chooseCase{"a file that is not imported": {files, "pkg/none/x.go", []string{
		"infra/app:dev pkg/none/x.go (the imports in infra/app cannot be read)", "infra/net:core pkg/none/x.go (the imports in infra/net cannot be read)"}}})
}

func TestPackageJSONNamesSharedFolders(t *testing.T) {
	app := func(manifest string) tree {
		return program("nodejs", "app", "dev").with(tree{"app/package.json": manifest})
	}
	const why = " (dependency in app/package.json)"
	chain := app(`{"dependencies": {"a": "file:../a"}}`).with(tree{"a/package.json": `{"devDependencies": {"b": "link:../b"}}`, "b/package.json": `{"dependencies": {"a": "../a", "c": "./c"}}`})
	runChoose(t, map[string]chooseCase{
		"file:":             {app(`{"dependencies": {"a": "file:../a"}}`), "a/x/y", []string{"app:dev a/x/y" + why}},
		"link:":             {app(`{"devDependencies": {"a": "link:../a"}}`), "a/x", []string{"app:dev a/x" + why}},
		"portal:":           {app(`{"optionalDependencies": {"a": "portal:../a::locator=x"}}`), "a/x", []string{"app:dev a/x" + why}},
		"a path":            {app(`{"dependencies": {"a": "../a"}}`), "a/x", []string{"app:dev a/x" + why}},
		"a tar file":        {app(`{"dependencies": {"a": "file:../a.tgz"}}`), "a.tgz", []string{"app:dev a.tgz" + why}},
		"resolutions":       {app(`{"resolutions": {"a": "file:../a"}}`), "a/x", []string{"app:dev a/x" + why}},
		"overrides":         {app(`{"overrides": {"b": {"a": "file:../a"}}}`), "a/x", []string{"app:dev a/x" + why}},
		"overrides of pnpm": {app(`{"pnpm": {"overrides": {"a": "link:../a"}}}`), "a/x", []string{"app:dev a/x" + why}},
		"a version":         {app(`{"dependencies": {"a": "^1.0.0"}}`), "a/x", []string{}},
		"their own":         {chain, "b/x", []string{"app:dev b/x (dependency in a/package.json)"}},
		"their own again":   {chain, "b/c/x", []string{"app:dev b/c/x (dependency in b/package.json)"}},
		"another language":  {app(`{"dependencies": {"a": "file:../a"}}`).with(program("go", "app", "dev")), "a/x", []string{}},
		"other kinds":       {app(`{"dependencies": ["a"], "workspaces": 7, "overrides": {"a": [1]}, "name": {}}`), "a/x", []string{}},
		"not JSON":          {app(`{`), "app/x", []string{"app:dev app/x", "! app/package.json cannot be read: unexpected end of JSON input"}},
		"above the program": {program("nodejs", "infra/app", "dev").with(tree{"infra/package.json": `{"dependencies": {"a": "file:../a"}}`}), "a/x;infra/package-lock.json;infra/x",
			[]string{"infra/app:dev a/x (dependency in infra/package.json) and 1 more file"}},
	})
}

func TestNodeWorkspaces(t *testing.T) {
	packages := program("nodejs", "apps/web", "dev").with(program("nodejs", "alone", "dev")).with(tree{
		"apps/web/package.json":    `{"name": "web", "dependencies": {"@org/a": "^1.0.0", "pulumi": "1"}}`,
		"libs/a/package.json":      `{"name": "@org/a", "dependencies": {"b": "workspace:^"}}`,
		"libs/b/package.json":      `{"name": "b"}`,
		"libs/c/package.json":      `{"name": "c"}`,
		"libs/old/d/package.json":  `{"name": "d"}`,
		"alone/package.json":       `{"name": "alone", "dependencies": {"b": "1"}}`,
		"outside/b/package.json":   `{"name": "b"}`,
		"apps/other/package.json":  `{"name": "other"}`,
		"apps/other/nothing.json":  `{}`,
		"apps/web/nested/x.txt":    "",
		"libs/a/node_modules/x.js": "",
	})
	list := packages.with(tree{"package.json": `{"name": "all", "workspaces": ["apps/*", "./libs/*/", "!libs/old"]}`})
	version := func(v string) tree {
		return list.with(tree{"apps/web/package.json": `{"name": "web", "dependencies": {"x": "` + v + `"}}`})
	}
	const web = "apps/web:dev "
	cases := map[string]chooseCase{
		"what it does not depend on":      {list, "libs/c/x", []string{}},
		"one that stands alone":           {list, "libs/b/x", []string{web + "libs/b/x (dependency in libs/a/package.json)"}},
		"the root's lock file":            {list, "yarn.lock", []string{web + "yarn.lock (what the program installs)"}},
		"the root's manifest":             {list, "package.json", []string{web + "package.json (what the program installs)"}},
		"another file of the root":        {list, "README.md", []string{}},
		"another lock file":               {list, "libs/c/yarn.lock", []string{}},
		"under another name":              {version("workspace:c@*"), "libs/c/x", []string{web + "libs/c/x (dependency in apps/web/package.json)"}},
		"by its path":                     {version("workspace:../../libs/c"), "libs/c/x", []string{web + "libs/c/x (dependency in apps/web/package.json)"}},
		"by its path from the root":       {version("workspace:libs/c"), "libs/c/x", []string{web + "libs/c/x (dependency in apps/web/package.json)"}},
		"not by its path from the root":   {version("workspace:libs/c"), "libs/b/x", []string{}},
		"one that is not known, all":      {version("workspace:*"), "libs/c/x", []string{web + "libs/c/x (dependency in apps/web/package.json)"}},
		"one that is not a member at all": {version("1"), "libs/old/d/x", []string{}},
	}
	for name, root := range map[string]tree{
		"a list":           {"package.json": `{"workspaces": ["apps/*", "libs/*"]}`},
		"an object":        {"package.json": `{"workspaces": {"packages": ["apps/*", "libs/**"]}}`},
		"braces":           {"package.json": `{"workspaces": ["{apps,libs}/*"]}`},
		"braces in them":   {"package.json": `{"workspaces": ["{apps,li{b,c}s}/{a,b,web}"]}`},
		"classes":          {"package.json": `{"workspaces": ["@(apps|libs)/[a-z]*"]}`},
		"pnpm":             {"pnpm-workspace.yaml": "packages:\n- apps/*\n- libs/**\n- '!libs/old/**'\n"},
		"pnpm, no YAML":    {"pnpm-workspace.yaml": "packages: ["},
		"pnpm's and npm's": {"package.json": `{"workspaces": ["apps/*"]}`, "pnpm-workspace.yaml": "packages: ['libs/*']"},
	} {
		cases["found by "+name] = chooseCase{packages.with(root), "libs/a/x", []string{web + "libs/a/x (dependency in apps/web/package.json)"}}
		cases["their own, by "+name] = chooseCase{packages.with(root), "libs/b/x", []string{web + "libs/b/x (dependency in libs/a/package.json)"}}
	}
	cases["a root that was removed"] = chooseCase{packages, "pnpm-workspace.yaml", []string{"alone:dev pnpm-workspace.yaml (what the program installs)", web + "pnpm-workspace.yaml (what the program installs)"}}
	cases["pnpm without packages"] = chooseCase{packages.with(tree{"pnpm-workspace.yaml": "catalog: {}"}), "libs/a/x;pnpm-lock.yaml", []string{}}
	cases["their own, by pnpm, no YAML"] = chooseCase{packages.with(tree{"pnpm-workspace.yaml": "packages: ["}), "alone/x", []string{"alone:dev alone/x"}}
	runChoose(t, cases)
}
