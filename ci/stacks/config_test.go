package stacks

import (
	"slices"
	"strings"
	"testing"
)

var configured = yamlProgram("infra/app", "dev", "prod").with(yamlProgram("infra/net", "core", "prod")).with(yamlProgram("db", "prod"))

func TestWatch(t *testing.T) {
	const app = "infra/app:"
	watched := func(globs, changed string, want ...string) chooseCase {
		var lines []string
		for _, stack := range []string{"dev", "prod"} {
			for _, file := range want {
				lines = append(lines, app+stack+" "+file+" (watch in iac.yaml)")
			}
		}
		return chooseCase{configured.with(tree{"iac.yaml": "watch:\n  infra/app: [" + globs + "]\n"}), changed, append([]string{}, lines...)}
	}
	runChoose(t, map[string]chooseCase{
		"any folders":           watched("lib/**", "lib/a/b/c", "lib/a/b/c"),
		"any folders, between":  watched("lib/**/c", "lib/a/b/c", "lib/a/b/c"),
		"no folder between":     watched("lib/**/c", "lib/c", "lib/c"),
		"any folders, before":   watched("'**/*.json'", "a/b/x.json", "a/b/x.json"),
		"any folders, none":     watched("'**/*.json'", "x.json", "x.json"),
		"within one folder":     watched("lib/*", "lib/a/b"),
		"a name":                watched("lib/*.go", "lib/a.go", "lib/a.go"),
		"one character":         watched("'lib/?.go'", "lib/a.go;lib/ab.go", "lib/a.go"),
		"one that is no /":      watched("'lib?a.go'", "lib/a.go"),
		"a folder":              watched("lib/x", "lib/x/a/b", "lib/x/a/b"),
		"a folder in any":       watched("lib/*/x", "lib/y/x/a", "lib/y/x/a"),
		"a folder with a /":     watched("lib/*/", "lib/y/x/a", "lib/y/x/a"),
		"a file":                watched("Makefile", "Makefile", "Makefile"),
		"a like name":           watched("lib", "library/x"),
		"brackets are no glob":  watched("'lib/[a]'", "lib/a"),
		"from ./":               watched("./lib/", "lib/a", "lib/a"),
		"all":                   watched(".", "a/b", "a/b"),
		"taken out":             watched("lib/**, '!lib/**/*.md'", "lib/a/x.md"),
		"taken out, first":      watched("'!lib/**/*.md', lib", "lib/a/x.md"),
		"not taken out":         watched("lib/**, '!lib/**/*.md'", "lib/a/x.go", "lib/a/x.go"),
		"nothing":               watched("", "lib/a"),
		"the stacks of another": {configured.with(tree{"iac.yaml": "watch: {db: [infra/net/*.yaml]}"}), "infra/net/Pulumi.core.yaml", []string{"db:prod infra/net/Pulumi.core.yaml (watch in iac.yaml)", "infra/net:core infra/net/Pulumi.core.yaml"}},
		"the root": {configured.with(yamlProgram(".", "dev")).with(tree{"iac.yaml": "watch: {.: [db/**]}"}), "db/x",
			[]string{".:dev db/x (watch in iac.yaml)", "db:prod db/x"}},
		"an empty file":  {configured.with(tree{"iac.yaml": ""}), "db/x", []string{"db:prod db/x"}},
		"comments alone": {configured.with(tree{"iac.yaml": "# watch:\n---\n"}), "db/x", []string{"db:prod db/x"}},
	})
}

func TestAfter(t *testing.T) {
	for name, c := range map[string]struct {
		after string
		s     Selection
		want  []string
	}{
		"the stack of the same name, or all": {"{infra/app: [infra/net]}", Selection{All: true, Skip: []string{"db:*"}}, []string{
			"infra/app:dev --all after infra/net:core infra/net:prod", "infra/app:prod --all after infra/net:prod", "infra/net:core --all", "infra/net:prod --all"}},
		"one stack after one": {`{infra/app:dev: ["infra/net:core"]}`, Selection{All: true, Skip: []string{"*:prod"}}, []string{
			"infra/app:dev --all after infra/net:core", "infra/net:core --all"}},
		"all after one": {`{./infra/app/: ["db:prod"]}`, Selection{All: true, Only: []string{"*app*", "db*"}}, []string{
			"db:prod --all", "infra/app:dev --all after db:prod", "infra/app:prod --all after db:prod"}},
		"by way of what is not chosen": {"{infra/app: [infra/net], infra/net: [db]}", Selection{Changes: changes("db/x;infra/app/Pulumi.prod.yaml")}, []string{
			"db:prod db/x", "infra/app:prod infra/app/Pulumi.prod.yaml after db:prod"}},
		"what is not chosen": {"{infra/app: [infra/net]}", Selection{Changes: changes("infra/app/Pulumi.prod.yaml")}, []string{
			"infra/app:prod infra/app/Pulumi.prod.yaml"}},
	} {
		choice, err := read(t, configured.with(tree{"iac.yaml": "after: " + c.after})).Choose(c.s)
		if err != nil || !slices.Equal(told(choice), c.want) {
			t.Errorf("%s: %v\n  got  %q\n  want %q", name, err, told(choice), c.want)
		}
	}
}

func TestACircleIsRefused(t *testing.T) {
	for after, want := range map[string]string{
		"{db: [db]}":                         "db:prod comes after db:prod",
		"{db: ['db:prod']}":                  "db:prod comes after db:prod",
		"{db: [infra/net], infra/net: [db]}": "db:prod comes after infra/net:prod comes after db:prod",
		"{infra/app: [infra/net], infra/net:prod: [db], db: [infra/app]}": "db:prod comes after infra/app:prod comes after infra/net:prod comes after db:prod",
	} {
		r := read(t, configured.with(tree{"iac.yaml": "after: " + after}))
		if _, err := r.Choose(Selection{}); err == nil || err.Error() != "iac.yaml: these stacks wait for each other: "+want {
			t.Errorf("%s: %v, want %q", after, err, want)
		}
		if _, err := r.Choose(Selection{Skip: []string{"db:*"}}); err != nil {
			t.Errorf("%s, without db: %v", after, err)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"wach: {}":                                   `line 1: unknown key "wach": want watch or after`,
		"watch: {}\n\n<<: {}":                        `line 3: unknown key "<<": want watch or after`,
		"- watch":                                    `line 1: iac.yaml is not a mapping: want watch and after`,
		"watch:":                                     `line 1: watch is not a mapping: want folders of projects, each with a list of globs`,
		"watch: [a]":                                 `line 1: watch is not a mapping`,
		"watch: {db: lib}":                           `line 1: db is not a list: want globs of files, such as lib/**`,
		"watch:\n  db:\n  - {a: b}":                  `line 3: an item of db is empty or not a text`,
		"watch:\n  db:\n  -\n":                       `line 3: an item of db is empty or not a text`,
		"watch:\n  db:\n  - ''\n":                    `line 3: an item of db is empty or not a text`,
		"watch:\n  db:\n  - '!'\n":                   `line 3: empty glob: want one such as lib/**`,
		"watch:\n  db:\n  - lib/../x\n":              `line 3: "lib/../x" leaves src: want a glob of files inside src, from its root`,
		"watch:\n  db:\n  - '!../x'\n":               `line 3: "!../x" leaves src`,
		"watch:\n  db:\n  - /x\n":                    `line 3: "/x" leaves src`,
		"watch:\n  db:\n  - '!x'\n":                  `line 2: "db" watches nothing: want a glob without ! too`,
		"watch:\n  bd: [x]\n":                        `line 2: no project in "bd": want the folder of a Pulumi.yaml, which are db, infra/app, infra/net`,
		"watch:\n  '': [x]\n":                        `line 2: no project in ""`,
		"watch:\n  db: [x]\n  db: [y]\n":             `line 3: "db" is there twice: it is in line 2 already`,
		"watch:\n  db: [x]\n  ./db/: [y]\n":          `line 3: "./db/" is there twice`,
		"watch:\n  db: [x]\nwatch:\n  db: [y]\n":     `line 3: "watch" is there twice`,
		"watch:\n  [a, b]: [x]\n":                    `line 2: watch has a key that is not a word`,
		"after: db":                                  `line 1: after is not a mapping: want folders of projects, or folder:stack, each with a list of what goes before`,
		"after: {db: {}}":                            `line 1: db is not a list: want folders of projects, or folder:stack`,
		"after:\n  db: [net]":                        `line 2: no project in "net"`,
		"after:\n  db:dev: [infra/app]":              `line 2: no stack "dev" in db: want one of prod`,
		"after:\n  db:\n  - infra/app:x":             `line 3: no stack "x" in infra/app: want one of dev, prod`,
		"after:\n  db:\n  - app:dev":                 `line 3: no project in "app"`,
		"after: {}\n---\nafter: {}":                  `line 2: a second document: want one`,
		"after: [":                                   `line 1: it is not YAML: did not find expected node content`,
		"after:\n\t- a":                              `line 2: it is not YAML: found character that cannot start any token`,
		"after: \x01":                                `it is not YAML: control characters are not allowed`,
		"wach: {}\nwatch:\n  a: [b]\nafter:\n  c: d": "line 1: unknown key \"wach\": want watch or after\niac.yaml: line 3: no project in \"a\"",
	} {
		if _, err := Read(configured.with(tree{"iac.yaml": text}).fs()); err == nil || !strings.HasPrefix(err.Error(), "iac.yaml: "+want) {
			t.Errorf("%q:\n  got  %v\n  want iac.yaml: %s", text, err, want)
		}
	}
}
