package docs

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"iac/internal/bindings"
)

var update = flag.Bool("update", false, "write the tables of docs/arguments.md anew")

// below is the line of docs/arguments.md below which everything is written by this test.
const below = "<!-- Below here `go test ./internal/docs -update` writes, from the comments in ci/. -->\n"

func TestArgumentsAreUpToDate(t *testing.T) {
	const file = root + "/docs/arguments.md"
	written := pages(t)["docs/arguments.md"].text
	before, _, ok := strings.Cut(written, below)
	if !ok {
		t.Fatalf("%s lacks the line %q", file, below)
	}
	want := before + below + tables(module(t))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if written != want {
		t.Errorf("%s is not what the comments in ci/ say: `go test ./internal/docs -update` writes it, then read the diff", file)
	}
}

func TestTablesOfArguments(t *testing.T) {
	text := func(name, doc string) *bindings.Argument {
		return &bindings.Argument{Name: name, Doc: doc, Type: bindings.Type{Kind: bindings.String}, Optional: true}
	}
	src := &bindings.Argument{Name: "src", Doc: "Folder, with * for <any>\nand | more", Type: bindings.Type{Kind: bindings.Core, Name: "Directory"}}
	give := bindings.Type{Kind: bindings.Own, Name: "Given"}
	iac := &bindings.Object{
		Name:        "Iac",
		Constructor: &bindings.Function{Args: []*bindings.Argument{text("ghVersion", "Version of gh")}, Result: bindings.Type{Kind: bindings.Own, Name: "Iac"}},
		Functions: []*bindings.Function{
			{Name: "Give", Doc: "Gives\n\nMuch.", Args: []*bindings.Argument{src}, Result: give},
			{Name: "Up", Doc: "Ups", Args: []*bindings.Argument{src, text("stack", "Stack"), text("message", "What up says")}},
			{Name: "UpAll", Doc: "Ups all", Args: []*bindings.Argument{src, text("message", "What up says"), text("only", "Some"), text("skip", "Others")}},
			{Name: "Use", Doc: "Uses", Args: []*bindings.Argument{text("stack", "Stack"), text("message", "What use says")}},
			{Name: "WithIt", Doc: "Withs", Result: bindings.Type{Kind: bindings.Own, Name: "Iac"}},
		},
	}
	given := &bindings.Object{Name: "Given", Functions: []*bindings.Function{{Name: "Text", Doc: "Prints"}}}
	got := tables(&bindings.Module{Main: iac, Objects: map[string]*bindings.Object{"Iac": iac, "Given": given}})
	for _, want := range []string{
		"## Before the verb\n", "| `with-it` | Withs |\n", "| `--gh-version` | `call` | a text | Version of gh |\n",
		"## Verbs\n", "| `give` | Gives. Much. |\n",
		"| `--src` | `up[-all]`, `give` | a folder, required | Folder, with \\* for \\<any> and \\| more |\n",
		"| `--stack` | `up`, `use` | a text | Stack |\n",
		"| `--message` | `up[-all]` | a text | What up says |\n| `--message` | `use` | a text | What use says |\n",
		"| `--only` | `up-all` | a text | Some |\n",
		"## After `give`\n", "| `text` | Prints |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// tables are all functions and arguments of a module. An argument stands there once for all functions in which it is the
// same.
func tables(m *bindings.Module) string {
	var with, verbs []*bindings.Function
	for _, f := range m.Main.Functions {
		if f.Result.Kind == bindings.Own && f.Result.Name == m.Main.Name {
			with = append(with, f)
		} else {
			verbs = append(verbs, f)
		}
	}
	var out strings.Builder
	out.WriteString(table("Before the verb", with, m.Main.Constructor))
	out.WriteString(table("Verbs", verbs))
	var others []*bindings.Object
	for _, object := range m.Objects {
		if object != m.Main {
			others = append(others, object)
		}
	}
	slices.SortFunc(others, func(a, b *bindings.Object) int { return cmp.Compare(a.Name, b.Name) })
	for _, object := range others {
		var after []string
		for _, verb := range verbs {
			if result := element(verb.Result); result.Kind == bindings.Own && result.Name == object.Name {
				after = append(after, "`"+bindings.KebabName(verb.Name)+"`")
			}
		}
		out.WriteString(table("After "+strings.Join(after, " and "), object.Functions))
	}
	return out.String()
}

// element is the type of a list's elements, or the type itself.
func element(t bindings.Type) bindings.Type {
	if t.Kind == bindings.List {
		return *t.Elem
	}
	return t
}

// row is an argument and the functions that have it.
type row struct {
	flag, takes, doc string
	of               []string
}

// table is a section with the functions and their arguments. The constructor has arguments but no row.
func table(heading string, functions []*bindings.Function, constructors ...*bindings.Function) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n## %s\n\n| function | what it does |\n|---|---|\n", heading)
	for _, f := range functions {
		fmt.Fprintf(&out, "| `%s` | %s |\n", bindings.KebabName(f.Name), sentences(f.Doc))
	}
	rows := argumentRows(slices.Concat(constructors, functions))
	if len(rows) == 0 {
		return out.String()
	}
	out.WriteString("\n| argument | of | takes | what it is |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", r.flag, names(r.of), r.takes, r.doc)
	}
	return out.String()
}

// argumentRows puts the arguments of the function with the most of them first, so that those of all stand at the top, and
// those of functions for many stacks last.
func argumentRows(functions []*bindings.Function) []*row {
	functions = slices.Clone(functions)
	slices.SortStableFunc(functions, func(a, b *bindings.Function) int {
		return cmp.Or(cmp.Compare(all(a), all(b)), cmp.Compare(len(b.Args), len(a.Args)))
	})
	var rows []*row
	for _, f := range functions {
		of := cmp.Or(bindings.KebabName(f.Name), "call")
		for _, a := range f.Args {
			r := row{"--" + bindings.KebabName(a.Name), takes(a), plain(a.Doc), []string{of}}
			same := slices.IndexFunc(rows, func(other *row) bool { return other.flag == r.flag && other.takes == r.takes && other.doc == r.doc })
			if same >= 0 {
				rows[same].of = append(rows[same].of, of)
				continue
			}
			// Those of one name stand together.
			at := len(rows)
			for i, other := range rows {
				if other.flag == r.flag {
					at = i + 1
				}
			}
			rows = slices.Insert(rows, at, &r)
		}
	}
	return rows
}

// all is 1 for a function for many stacks.
func all(f *bindings.Function) int { return strings.Count(bindings.KebabName(f.Name), "-all") }

// names are the names of functions. One that is there for many stacks too is written once, as up[-all].
func names(of []string) string {
	var out []string
	for _, name := range of {
		single, many := strings.CutSuffix(name, "-all")
		switch {
		case many && slices.Contains(of, single):
			continue
		case slices.Contains(of, name+"-all"):
			name += "[-all]"
		}
		out = append(out, "`"+name+"`")
	}
	return strings.Join(out, ", ")
}

// takes says what an argument takes.
func takes(a *bindings.Argument) string {
	several := ""
	if a.Type.Kind == bindings.List {
		several = ", several times"
	}
	words := map[string]string{
		"string": "a text", "int": "a number", "bool": "nothing", "Secret": "a secret", "Directory": "a folder", "File": "a file",
		"Container": "an image",
	}
	kind := element(a.Type).String()
	said := cmp.Or(words[kind], kind) + several
	switch {
	case a.Required():
		said += ", required"
	case a.Default != nil:
		said += ", `" + strings.Trim(string(a.Default), `"`) + "` if left out"
	}
	return said
}

var escapes = strings.NewReplacer("|", `\|`, "*", `\*`, "<", `\<`, "\n", " ")

// plain is a comment as the text of a cell.
func plain(doc string) string { return escapes.Replace(strings.TrimSpace(doc)) }

// sentences are the paragraphs of a function's comment, of which the first has no full stop.
func sentences(doc string) string {
	paragraphs := strings.Split(strings.TrimSpace(doc), "\n\n")
	if len(paragraphs) == 1 {
		return plain(paragraphs[0])
	}
	return plain(strings.TrimSuffix(paragraphs[0], ".") + ". " + strings.Join(paragraphs[1:], " "))
}
