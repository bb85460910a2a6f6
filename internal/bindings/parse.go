package bindings

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// source is package main of a module while it is read.
type source struct {
	*Module
	fset  *token.FileSet
	files []*ast.File
	// types are the type declarations, docs the comments of those that have one.
	types map[string]*ast.TypeSpec
	docs  map[string]string
	// methods are the exported methods by the name of their type.
	methods map[string][]*ast.FuncDecl
	newFunc *ast.FuncDecl
	errs    []error
}

func (m *Module) parse() error {
	s := &source{
		Module: m, fset: token.NewFileSet(), types: map[string]*ast.TypeSpec{}, docs: map[string]string{},
		methods: map[string][]*ast.FuncDecl{},
	}
	if err := s.readFiles(); err != nil {
		return err
	}
	for _, file := range s.files {
		s.collect(file)
	}
	m.Objects = map[string]*Object{}
	if name := s.mainName(); name != "" {
		m.Main = s.object(name, nil)
	} else {
		s.errs = append(s.errs, fmt.Errorf("package main in %s has no type %s, the main object of the module %q",
			m.Source, exported(CamelName(m.Name)), m.Name))
	}
	return errors.Join(s.errs...)
}

func (s *source) readFiles() error {
	entries, err := os.ReadDir(s.Source)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || name == generatedMain {
			continue
		}
		if match, err := build.Default.MatchFile(s.Source, name); err != nil || !match {
			continue
		}
		if err := s.readFile(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) readFile(name string) error {
	path := filepath.Join(s.Source, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(s.Root, path); err == nil {
		path = rel
	}
	file, err := parser.ParseFile(s.fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if file.Name.Name != "main" {
		s.refuse(file.Name, "package %s where package main is expected", file.Name.Name)
	}
	s.files = append(s.files, file)
	return nil
}

// refuse notes an error at the position of a node.
func (s *source) refuse(at ast.Node, format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf("%s: %s", s.fset.Position(at.Pos()), fmt.Sprintf(format, args...)))
}

func (s *source) collect(file *ast.File) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			s.collectFunc(decl)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				s.collectSpec(decl, spec)
			}
		}
	}
}

func (s *source) collectFunc(decl *ast.FuncDecl) {
	if decl.Recv == nil {
		s.checkName(decl.Name)
		if decl.Name.Name == "New" {
			s.newFunc = decl
		}
		return
	}
	receiver := strings.TrimPrefix(types.ExprString(decl.Recv.List[0].Type), "*")
	if decl.Name.Name == "MarshalJSON" || decl.Name.Name == "UnmarshalJSON" {
		s.refuse(decl.Name, "the generated code declares %s.%s too", receiver, decl.Name.Name)
	}
	if decl.Name.IsExported() {
		s.methods[receiver] = append(s.methods[receiver], decl)
	}
}

func (s *source) collectSpec(decl *ast.GenDecl, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			s.checkName(name)
		}
	case *ast.TypeSpec:
		s.checkName(spec.Name)
		s.types[spec.Name.Name] = spec
		doc := spec.Doc
		if doc == nil {
			doc = decl.Doc
		}
		_, s.docs[spec.Name.Name] = s.comment(doc)
	}
}

// comment takes the pragmas out of a comment and gives the rest of its text.
func (s *source) comment(groups ...*ast.CommentGroup) (pragmas, string) {
	all, text := pragmas{}, ""
	for _, group := range groups {
		if group == nil {
			continue
		}
		found, doc, unknown := parsePragmas(group.Text())
		for _, name := range unknown {
			s.refuse(group, "an engine takes %q for a pragma, which it does not know, and leaves it out of the help", "+"+name)
		}
		for name, value := range found {
			all[name] = value
		}
		if text == "" {
			text = doc
		}
	}
	return all, text
}

func (s *source) mainName() string {
	for name := range s.types {
		if exported(CamelName(name)) == exported(CamelName(s.Name)) && ast.IsExported(name) {
			return name
		}
	}
	return ""
}

// object reads a type of package main, once. The node is what mentions the type.
func (s *source) object(name string, mention ast.Node) *Object {
	if known := s.Objects[name]; known != nil {
		return known
	}
	spec := s.types[name]
	structType, ok := spec.Type.(*ast.StructType)
	if !ok {
		s.refuse(mention, "type %s of package main is no struct; only structs are supported here", name)
		return nil
	}
	if !ast.IsExported(name) {
		s.refuse(mention, "cannot code-generate unexported type %s", name)
	}
	o := &Object{Name: name, Doc: s.docs[name]}
	s.Objects[name] = o
	for _, field := range structType.Fields.List {
		s.field(o, field)
	}
	isMain := name == s.mainName()
	if isMain {
		s.packageDoc(spec)
	}
	if isMain && s.newFunc != nil {
		s.constructor(o)
	}
	for _, decl := range s.methods[name] {
		o.Functions = append(o.Functions, s.function(name+"."+decl.Name.Name, decl))
	}
	sort.Slice(o.Functions, func(i, j int) bool { return o.Functions[i].Name < o.Functions[j].Name })
	return o
}

func (s *source) packageDoc(main *ast.TypeSpec) {
	for _, file := range s.files {
		if file.FileStart <= main.Pos() && main.Pos() < file.FileEnd {
			_, s.Doc = s.comment(file.Doc)
		}
	}
}

func (s *source) field(o *Object, field *ast.Field) {
	for _, name := range field.Names {
		if !name.IsExported() {
			continue
		}
		found, doc := s.comment(field.Doc, field.Comment)
		t, _ := s.typeOf(field.Type)
		o.Fields = append(o.Fields, &Field{Name: name.Name, Doc: doc, Type: t, Private: found.flag("private")})
	}
	if len(field.Names) == 0 {
		s.refuse(field, "embedded fields are not supported here")
	}
}

func (s *source) constructor(o *Object) {
	o.Constructor = s.function("New", s.newFunc)
	o.Constructor.Name = ""
	if r := o.Constructor.Result; r.Kind != Own || r.Name != o.Name {
		s.refuse(s.newFunc, "New must return the main object %s", o.Name)
	}
}

func (s *source) function(where string, decl *ast.FuncDecl) *Function {
	found, doc := s.comment(decl.Doc)
	f := &Function{Name: decl.Name.Name, Doc: doc, goName: decl.Name.Name}
	var ok bool
	if f.Cache, ok = found.text("cache"); !ok || !validCache(f.Cache) {
		s.refuse(decl, "%s: +cache takes \"never\", \"session\" or a duration, not %s", where, found["cache"])
	}
	f.Args = s.arguments(where, decl)
	f.Result = s.result(where, decl)
	return f
}

func (s *source) result(where string, decl *ast.FuncDecl) Type {
	var results []ast.Expr
	if decl.Type.Results != nil {
		for _, field := range decl.Type.Results.List {
			for range max(1, len(field.Names)) {
				results = append(results, field.Type)
			}
		}
	}
	last := len(results) - 1
	if last >= 0 && types.ExprString(results[last]) == "error" {
		results = results[:last]
	} else if last == 1 {
		s.refuse(results[1], "%s: the second result must be error", where)
	}
	switch len(results) {
	case 0:
		return Type{}
	case 1:
		t, _ := s.typeOf(results[0])
		return t
	}
	s.refuse(decl, "%s has too many results", where)
	return Type{}
}

// parameter is one name of a function's parameter list.
type parameter struct {
	name  *ast.Ident
	field *ast.Field
}

func (s *source) arguments(where string, decl *ast.FuncDecl) []*Argument {
	var params []parameter
	for _, field := range decl.Type.Params.List {
		if len(field.Names) == 0 {
			s.refuse(field, "%s: every argument needs a name", where)
		}
		for _, name := range field.Names {
			params = append(params, parameter{name, field})
		}
	}
	var args []*Argument
	for i, p := range params {
		if s.isContext(p.field.Type) {
			if i > 0 {
				s.refuse(p.name, "%s: the context must be the first argument", where)
			}
			continue
		}
		args = append(args, s.argument(where, p, s.argumentComments(decl, params, i)))
	}
	return args
}

func (s *source) argument(where string, p parameter, comments []*ast.CommentGroup) *Argument {
	found, doc := s.comment(comments...)
	expr := p.field.Type
	variadic := false
	if ellipsis, ok := expr.(*ast.Ellipsis); ok {
		expr, variadic = &ast.ArrayType{Elt: ellipsis.Elt, Lbrack: ellipsis.Pos()}, true
	}
	t, pointer := s.typeOf(expr)
	a := &Argument{Name: p.name.Name, Doc: doc, Type: t, Default: found["default"]}
	a.Optional = found.flag("optional") || variadic || pointer && t.Kind != Core && t.Kind != Own
	var ok bool
	if a.DefaultPath, ok = found.text("defaultPath"); !ok {
		s.refuse(p.name, "%s: +defaultPath of %s must be a string", where, a.Name)
	}
	if _, there := found["defaultAddress"]; there {
		s.refuse(p.name, "%s: +defaultAddress of %s is not supported here", where, a.Name)
	}
	a.Optional = a.Optional || a.DefaultPath != ""
	if ignore, there := found["ignore"]; there && json.Unmarshal(ignore, &a.Ignore) != nil {
		s.refuse(p.name, "%s: +ignore of %s must be a JSON array of strings", where, a.Name)
	}
	s.checkArgument(where, p, a)
	return a
}

// argumentComments gives the comment above an argument and the one at the end of its line. A comment
// is above the argument only if the argument before it, or the line of the function, is not.
func (s *source) argumentComments(decl *ast.FuncDecl, params []parameter, i int) []*ast.CommentGroup {
	line := s.line(params[i].field.Pos())
	before := s.line(decl.Type.Params.Pos())
	if i > 0 {
		before = s.line(params[i-1].field.Pos())
	}
	alone := i+1 == len(params) || s.line(params[i+1].field.Pos()) != line
	if i+1 == len(params) && s.line(decl.Type.Params.End()) == line {
		alone = false
	}
	var above, beside *ast.CommentGroup
	for _, group := range s.fileOf(decl).Comments {
		if above == nil && before < line-1 && (s.line(group.End()) == line-1 || s.line(group.End()) == line) {
			above = group
		}
		if alone && s.line(group.Pos()) == line {
			beside = group
		}
	}
	if above == beside {
		beside = nil
	}
	return []*ast.CommentGroup{above, beside}
}

func (s *source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

func (s *source) fileOf(node ast.Node) *ast.File {
	for _, file := range s.files {
		if file.FileStart <= node.Pos() && node.Pos() < file.FileEnd {
			return file
		}
	}
	return nil
}

func (s *source) isContext(expr ast.Expr) bool {
	selector, ok := expr.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Context" && s.importPath(selector) == "context"
}

// importPath gives the path of the package that a qualified name belongs to.
func (s *source) importPath(selector *ast.SelectorExpr) string {
	pkg := types.ExprString(selector.X)
	for _, spec := range s.fileOf(selector).Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == pkg {
			return path
		}
	}
	return pkg
}

// typeOf reads a type, and says whether it is a pointer. What an engine refuses is noted as an error.
func (s *source) typeOf(expr ast.Expr) (t Type, pointer bool) {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		t, _ = s.typeOf(expr.X)
		return t, true
	case *ast.ArrayType:
		if expr.Len == nil {
			elem, _ := s.typeOf(expr.Elt)
			return Type{Kind: List, Elem: &elem}, false
		}
	case *ast.SelectorExpr:
		if s.importPath(expr) != s.Path+"/internal/dagger" {
			s.refuse(expr, "cannot code-generate for foreign type %s", types.ExprString(expr))
			return Type{}, false
		}
		return Type{Kind: Core, Name: expr.Sel.Name}, false
	case *ast.Ident:
		if kind, ok := basicKinds[expr.Name]; ok {
			return Type{Kind: kind}, false
		}
		if s.types[expr.Name] != nil {
			s.object(expr.Name, expr)
			return Type{Kind: Own, Name: expr.Name}, false
		}
	}
	s.refuse(expr, "type %s is not supported: it must be string, int, float64, bool, a type of Dagger's, a struct of package main, or a list of these", types.ExprString(expr))
	return Type{}, false
}

var basicKinds = map[string]Kind{"string": String, "int": Int, "float64": Float, "bool": Bool}
