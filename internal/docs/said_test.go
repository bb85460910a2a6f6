package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// anything stands in a message for what is not always the same.
const anything = "…"

// message is a text of the module's source, with … for each value in it, and without line breaks.
type message struct {
	text string
	at   token.Position
	// said is true for an error or a warning.
	said bool
}

// sayers make an error of one of their arguments, or a warning.
var sayers = map[string]int{"errors.New": 0, "fmt.Errorf": 0, "warn": 0, "Warn": 0, "unchanged": 1}

// messages gives the texts of the module's source, without those of its tests.
func messages(t *testing.T) []message {
	t.Helper()
	var all []message
	fset := token.NewFileSet()
	err := filepath.WalkDir("../../ci", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (name == "../../ci/internal" || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || entry.Name() == "dagger.gen.go" {
			return nil
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CallExpr:
				if at, ok := sayers[calledName(node.Fun)]; ok && at < len(node.Args) {
					all = append(all, message{saying(node.Args[at]), fset.Position(node.Pos()), true})
				}
			case *ast.BasicLit, *ast.BinaryExpr:
				all = append(all, message{saying(node.(ast.Expr)), fset.Position(node.Pos()), false})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// calledName is errors.New and fmt.Errorf in full, and of a method its name alone.
func calledName(called ast.Expr) string {
	switch called := called.(type) {
	case *ast.Ident:
		return called.Name
	case *ast.SelectorExpr:
		if pkg, ok := called.X.(*ast.Ident); ok && (pkg.Name == "errors" || pkg.Name == "fmt") {
			return pkg.Name + "." + called.Sel.Name
		}
		return called.Sel.Name
	}
	return ""
}

var (
	directive = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)
	several   = regexp.MustCompile(anything + `(` + anything + `)+`)
	breaks    = regexp.MustCompile(`\n+`)
)

// saying is what an expression says, as far as its source tells.
func saying(expr ast.Expr) string {
	said := anything
	switch expr := expr.(type) {
	case *ast.ParenExpr:
		said = saying(expr.X)
	case *ast.BasicLit:
		if literal, err := strconv.Unquote(expr.Value); err == nil && expr.Kind == token.STRING {
			said = strings.ReplaceAll(directive.ReplaceAllString(literal, anything), "%%", "%")
		}
	case *ast.BinaryExpr:
		if expr.Op == token.ADD {
			said = saying(expr.X) + saying(expr.Y)
		}
	case *ast.CallExpr:
		if calledName(expr.Fun) == "fmt.Sprintf" {
			said = saying(expr.Args[0])
		}
	}
	return several.ReplaceAllString(breaks.ReplaceAllString(said, " "), anything)
}

var word = regexp.MustCompile(`[A-Za-z]{3}`)

// hasWords tells a text from one that only puts others together.
func hasWords(text string) bool { return word.MatchString(text) }
