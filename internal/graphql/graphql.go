// Package graphql answers GraphQL requests: it checks them against a schema, which gqlparser reads, and
// collects the fields that they choose from objects.
package graphql

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Object is a value of a type that has fields.
type Object interface {
	// Type is the name of its type.
	Type() string
	// Field gives nil, a scalar, an Object, or a []Object. The arguments have their defaults.
	Field(name string, arguments map[string]any) (any, error)
}

// Request is the body of a request.
type Request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// Read reads a request, without a loss of digits.
func Read(body io.Reader) (Request, error) {
	var request Request
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	err := decoder.Decode(&request)
	return request, err
}

// Response is the answer to a request. Data is nil where nothing was carried out, and points to nil
// where nothing came of it.
type Response struct {
	Data   *map[string]any `json:"data,omitempty"`
	Errors []*Error        `json:"errors,omitempty"`
}

// Error is an error of an answer.
type Error struct {
	Extensions map[string]any      `json:"extensions,omitempty"`
	Locations  []gqlerror.Location `json:"locations,omitempty"`
	Message    string              `json:"message"`
	Path       ast.Path            `json:"path,omitempty"`
	// Kind is the name that GitHub has for a kind of error.
	Kind string `json:"type,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// Extended is an error of a field that says more than its words.
type Extended interface {
	error
	// Extend adds to the error of the answer.
	Extend(*Error)
}

// Execute answers a request. root gives the object that a query or a mutation begins at.
func Execute(schema *ast.Schema, request Request, root func(ast.Operation) Object) Response {
	document, invalid := gqlparser.LoadQueryWithRules(schema, request.Query, rules.NewDefaultRules())
	if len(invalid) > 0 {
		return refused(invalid)
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil {
		return refused(gqlerror.List{gqlerror.Errorf("No operation named %q", request.OperationName)})
	}
	variables, err := validator.VariableValues(schema, operation, request.Variables)
	if err != nil {
		return refused(gqlerror.List{gqlerror.WrapIfUnwrapped(err)})
	}
	e := &execution{schema: schema, variables: variables}
	data, err := e.selection(operation.SelectionSet, root(operation.Operation), nil)
	if err != nil {
		data = nil
	}
	return Response{&data, e.errors}
}

func refused(invalid gqlerror.List) Response {
	var out Response
	for _, err := range invalid {
		out.Errors = append(out.Errors, &Error{err.Extensions, err.Locations, err.Message, err.Path, ""})
	}
	return out
}

// errNull says that a field that is never null has no value, so that what it is in has none.
var errNull = errors.New("null where no null may be")

// execution is one operation being carried out.
type execution struct {
	schema    *ast.Schema
	variables map[string]any
	errors    []*Error
}

// selection gives the chosen fields of an object.
func (e *execution) selection(set ast.SelectionSet, of Object, path ast.Path) (map[string]any, error) {
	result := map[string]any{}
	for _, field := range e.collect(set, of.Type(), nil) {
		value, err := e.field(field, of, extend(path, ast.PathName(field.Alias)))
		if err != nil {
			return nil, err
		}
		result[field.Alias] = value
	}
	return result, nil
}

func extend(path ast.Path, element ast.PathElement) ast.Path {
	return append(slices.Clip(path), element)
}

// collect gives the fields that a selection asks of a type, those of the same key made one.
func (e *execution) collect(set ast.SelectionSet, kind string, fields []*ast.Field) []*ast.Field {
	for _, selected := range set {
		switch selected := selected.(type) {
		case *ast.Field:
			if e.included(selected.Directives) {
				fields = merge(fields, selected)
			}
		case *ast.InlineFragment:
			if e.included(selected.Directives) && e.matches(selected.TypeCondition, kind) {
				fields = e.collect(selected.SelectionSet, kind, fields)
			}
		case *ast.FragmentSpread:
			if e.included(selected.Directives) && e.matches(selected.Definition.TypeCondition, kind) {
				fields = e.collect(selected.Definition.SelectionSet, kind, fields)
			}
		}
	}
	return fields
}

func merge(fields []*ast.Field, field *ast.Field) []*ast.Field {
	for i, other := range fields {
		if other.Alias != field.Alias {
			continue
		}
		merged := *other
		merged.SelectionSet = slices.Concat(other.SelectionSet, field.SelectionSet)
		fields[i] = &merged
		return fields
	}
	return append(fields, field)
}

// included follows @skip and @include.
func (e *execution) included(directives ast.DirectiveList) bool {
	if skip := directives.ForName("skip"); skip != nil && skip.ArgumentMap(e.variables)["if"] == true {
		return false
	}
	include := directives.ForName("include")
	return include == nil || include.ArgumentMap(e.variables)["if"] == true
}

// matches tells whether a fragment on a type applies to an object of the kind.
func (e *execution) matches(condition, kind string) bool {
	return condition == "" || condition == kind || slices.ContainsFunc(e.schema.PossibleTypes[condition],
		func(possible *ast.Definition) bool { return possible.Name == kind })
}

// field gives the value of one field.
func (e *execution) field(field *ast.Field, of Object, path ast.Path) (any, error) {
	if field.Name == "__typename" {
		return of.Type(), nil
	}
	value, err := of.Field(field.Name, field.ArgumentMap(e.variables))
	if err != nil {
		e.report(err, field, path)
		value = nil
	}
	return e.complete(field, field.Definition.Type, value, path)
}

// complete chooses the fields of the objects in a value.
func (e *execution) complete(field *ast.Field, kind *ast.Type, value any, path ast.Path) (out any, err error) {
	switch value := value.(type) {
	case Object:
		var fields map[string]any
		if fields, err = e.selection(field.SelectionSet, value, path); err == nil {
			return fields, nil
		}
	case []Object:
		list := make([]any, len(value))
		for i := 0; i < len(value) && err == nil; i++ {
			list[i], err = e.complete(field, kind.Elem, value[i], extend(path, ast.PathIndex(i)))
		}
		if err == nil {
			return list, nil
		}
	default:
		if value != nil {
			return value, nil
		}
	}
	if kind.NonNull {
		return nil, errNull
	}
	return nil, nil
}

// report notes an error for the answer.
func (e *execution) report(err error, field *ast.Field, path ast.Path) {
	entry := &Error{
		Message:   err.Error(),
		Path:      path,
		Locations: []gqlerror.Location{{Line: field.Position.Line, Column: field.Position.Column}},
	}
	var extended Extended
	if errors.As(err, &extended) {
		extended.Extend(entry)
	}
	e.errors = append(e.errors, entry)
}

// Missing is the error of a field that the schema has and an object has not.
func Missing(of Object, name string) error {
	return fmt.Errorf("%s.%s is in the schema but not built", of.Type(), name)
}
