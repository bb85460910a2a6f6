package project

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Project{
		"name: shop\nruntime: go\n": {Name: "shop", Runtime: "go", Plain: true},
		"name: shop\nruntime:\n  name: nodejs\n  options:\n    packagemanager: yarn\n": {Name: "shop", Runtime: "nodejs", PackageManager: "yarn"},
		"name: shop\nruntime: {name: yaml}\npackages: {a: b}\n":                        {Name: "shop", Runtime: "yaml", Packages: true},
		"name: shop\nruntime: go\nbackend: {url: 'file:///x'}\nconfig: {a: 1}":         {Name: "shop", Runtime: "go", Plain: true},
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   `its name is ""`,
		"runtime: go":                        `its name is ""`,
		"name: [a]\nruntime: go":             "it is not YAML",
		"\tname: x":                          "it is not YAML",
		"name: shop":                         "it has no runtime",
		"name: shop\nruntime: ''":            `its runtime is ""`,
		"name: shop\nruntime: [go]":          "neither a word nor a mapping",
		"name: shop\nruntime: {options: {}}": `its runtime is ""`,
		"name: shop\nruntime: 'go:1 x'":      `its runtime is "go:1 x"`,
		"name: 'a b'\nruntime: go":           `its name is "a b"`,
		"name: 'a-->'\nruntime: go":          `its name is "a-->"`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want an error with %q", text, err, want)
		}
	}
}

func TestParseFindsTheFoldersOfStacksAndPackages(t *testing.T) {
	const head = "name: shop\nruntime: yaml\n"
	for text, want := range map[string]Project{
		"stackConfigDir: stacks":               {StackConfigDir: "stacks"},
		"stackConfigDir:":                      {},
		"config: stacks":                       {StackConfigDir: "stacks"},
		"config: 7":                            {},
		"config: {a: b}\nstackConfigDir: ../x": {StackConfigDir: "../x"},
		"packages: {b: ../b, a: ./a@1.0, c: aws, d: {source: /d}}": {Packages: true, Local: []string{"./a", "../b"}},
		"packages: [a]": {Packages: true},
		"plugins: {providers: [{name: a, path: bin}, {name: b}], languages: [{path: ../l}]}": {Local: []string{"../l", "bin"}},
		"plugins: a": {},
	} {
		want.Name, want.Runtime, want.Plain = "shop", "yaml", true
		got, err := Parse(head + text)
		if err != nil || got.StackConfigDir != want.StackConfigDir || got.Packages != want.Packages || !slices.Equal(got.Local, want.Local) {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		head + "stackConfigDir: [a]":          "its stackConfigDir is not a path",
		head + "stackConfigDir: a\nconfig: b": "it has both stackConfigDir and a path as config",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
	for _, text := range []string{"stackConfigDir: 'a b'\n\t", "stackConfigDir: a b # c\n\t", "name: x\nstackConfigDir: a b\r\nruntime: [", "stackConfigDir: a b\nname: x", "stackConfigDir: a b"} {
		if got, err := Parse(text); err == nil || got.StackConfigDir != "a b" {
			t.Errorf("%q: %+v, %v: a broken one tells where its stacks are", text, got, err)
		}
	}
}

func TestCheckStack(t *testing.T) {
	for _, stack := range []string{"dev", "org/prod", "org/shop/prod", "a.b-c_d", "organization/x/y", strings.Repeat("a", 100)} {
		if err := CheckStack(stack); err != nil {
			t.Error(err)
		}
	}
	for _, stack := range []string{
		"", " ", "dev ", "dev; rm -rf /", "$(id)", "`id`", "-x", "--stack", "a/b/c/d", "/dev", "dev/", "a//b",
		"dev\n", "dev\nx", "dev'", "d\"ev", "dév", "dev&id", "dev|id", "dev>x", "a\\b", "dev\x00", strings.Repeat("a", 101),
	} {
		if err := CheckStack(stack); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", stack)) {
			t.Errorf("CheckStack(%q) = %v, want an error that quotes it", stack, err)
		}
	}
}

func TestPlan(t *testing.T) {
	npm := []string{"npm", "ci", "--no-audit", "--no-fund"}
	for name, c := range map[string]struct {
		project Project
		files   map[string]string
		want    Install
	}{
		"go builds fetch by themselves":  {Project{Runtime: "go"}, map[string]string{"go.mod": ""}, Install{}},
		"yaml needs nothing":             {Project{Runtime: "yaml"}, nil, Install{}},
		"generated packages need all":    {Project{Runtime: "yaml", Packages: true}, nil, Install{Command: pulumiInstall}},
		"unknown runtimes ask Pulumi":    {Project{Runtime: "ruby"}, nil, Install{Command: pulumiInstall}},
		"npm's lock file is respected":   {Project{Runtime: "nodejs"}, map[string]string{"package.json": "{}", "package-lock.json": ""}, Install{npm, nodeManifests, true}},
		"yarn's lock file is respected":  {Project{Runtime: "nodejs"}, map[string]string{"package.json": "{}", "yarn.lock": ""}, Install{[]string{"yarn", "install", "--frozen-lockfile"}, nodeManifests, true}},
		"the chosen manager decides":     {Project{Runtime: "nodejs", PackageManager: "pnpm"}, map[string]string{"package.json": "{}", "package-lock.json": "", "pnpm-lock.yaml": ""}, Install{[]string{"pnpm", "install", "--frozen-lockfile"}, nodeManifests, true}},
		"without a lock Pulumi installs": {Project{Runtime: "nodejs"}, map[string]string{"package.json": "{}"}, Install{pulumiInstall, nodeManifests, false}},
		"no package.json, nothing to do": {Project{Runtime: "nodejs"}, nil, Install{}},
		"scripts may read the sources":   {Project{Runtime: "nodejs"}, map[string]string{"package.json": `{"scripts":{"postinstall":"tsc"}}`, "package-lock.json": ""}, Install{Command: npm, Locked: true}},
		"local packages are sources":     {Project{Runtime: "nodejs"}, map[string]string{"package.json": `{"dependencies":{"a":"file:../a"}}`, "package-lock.json": ""}, Install{Command: npm, Locked: true}},
		"main has the package.json":      {Project{Runtime: "nodejs", Main: "src"}, nil, Install{Command: pulumiInstall}},
		"python, main elsewhere":         {Project{Runtime: "python", Main: "src"}, map[string]string{"requirements.txt": ""}, Install{Command: pulumiInstall}},
		"python, plain requirements":     {Project{Runtime: "python"}, map[string]string{"requirements.txt": "pulumi>=3\n"}, Install{pulumiInstall, pythonManifests, false}},
		"python, other files included":   {Project{Runtime: "python"}, map[string]string{"requirements.txt": "-r base.txt\n"}, Install{Command: pulumiInstall}},
		"python, pyproject":              {Project{Runtime: "python"}, map[string]string{"pyproject.toml": ""}, Install{Command: pulumiInstall}},
	} {
		var names []string
		for f := range c.files {
			names = append(names, f)
		}
		got, err := c.project.Plan(func() ([]string, error) { return names, nil }, func(f string) (string, error) { return c.files[f], nil })
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestPlanAbove(t *testing.T) {
	const workspaces = `{"workspaces": ["apps/*"]}`
	for name, c := range map[string]struct {
		project Project
		files   map[string]string
		want    []string
	}{
		"npm's lock file is respected": {Project{}, map[string]string{"package.json": workspaces, "package-lock.json": ""}, []string{"npm", "ci", "--no-audit", "--no-fund"}},
		"without a lock npm installs":  {Project{}, map[string]string{"package.json": workspaces}, []string{"npm", "install"}},
		"the chosen manager decides":   {Project{PackageManager: "yarn"}, map[string]string{"package.json": workspaces, "package-lock.json": ""}, []string{"yarn", "install"}},
		"pnpm lists them elsewhere":    {Project{}, map[string]string{"package.json": "{}", "pnpm-workspace.yaml": "", "pnpm-lock.yaml": ""}, []string{"pnpm", "install", "--frozen-lockfile"}},
		"a package of its own":         {Project{}, map[string]string{"package.json": "{}", "package-lock.json": ""}, nil},
		"not JSON":                     {Project{}, map[string]string{"package.json": "{", "package-lock.json": ""}, nil},
		"nothing":                      {Project{}, map[string]string{"package-lock.json": ""}, nil},
	} {
		got, ok, err := c.project.PlanAbove(slices.Sorted(maps.Keys(c.files)), func(f string) (string, error) { return c.files[f], nil })
		if err != nil || ok != (c.want != nil) || !slices.Equal(got.Command, c.want) || got.Include != nil {
			t.Errorf("%s: %+v, %t, %v, want %q", name, got, ok, err, c.want)
		}
	}
}

func TestCheckWorkDir(t *testing.T) {
	for _, dir := range []string{"", ".", "infra", "stacks/network", "a b", "..a"} {
		if err := CheckWorkDir(dir); err != nil {
			t.Error(err)
		}
	}
	for _, dir := range []string{"/infra", "..", "../lib", "a/../..", "a//b", "a/", "./a", "-a", "a\\b", "a\n", "a*", "a\x00"} {
		if err := CheckWorkDir(dir); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("invalid work-dir %q: want ", dir)) {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("name: shop\nruntime: go\n")
	f.Add("name: shop\nruntime: {name: nodejs}\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err == nil && (!projectName.MatchString(p.Name) || !runtimeName.MatchString(p.Runtime)) {
			t.Errorf("accepted %+v", p)
		}
	})
}

func TestWithBinary(t *testing.T) {
	for text, want := range map[string]string{
		"name: shop\nruntime: go\ndescription: x\n":                       "name: shop\nruntime:\n    name: go\n    options:\n        binary: built\ndescription: x\n",
		"runtime: {name: go}\nname: shop\n":                               "runtime:\n    name: go\n    options:\n        binary: built\nname: shop\n",
		"name: shop\nruntime: {name: go, options: {binary: own}}\n":       "",
		"name: shop\nruntime: {name: go, options: {buildTarget: /x/y}}\n": "",
		"name: shop\nruntime: nodejs\n":                                   "",
		"name: shop\n":                                                    "",
		"[]":                                                              "",
		"":                                                                "",
		"\t":                                                              "",
	} {
		got, ok := WithBinary(text, "built")
		if got != want || ok != (want != "") {
			t.Errorf("WithBinary(%q) = %q, %t, want %q", text, got, ok, want)
		}
	}
}
