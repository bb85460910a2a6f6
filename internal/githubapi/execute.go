package githubapi

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// object is a value of a type that has fields. A field is a value (nil, a scalar, an object or a
// list of objects) or a resolver that finds it.
type object struct {
	kind   string
	fields map[string]any
}

// resolver finds the value of a field.
type resolver func(arguments map[string]any) (any, error)

// queryError is an error with GitHub's name for its type.
type queryError struct{ kind, message string }

func (e queryError) Error() string { return e.message }

// errNull says that a field that is never null has no value, so that what it is in has none.
var errNull = errors.New("null where no null may be")

// execution is one operation being carried out.
type execution struct {
	schema    *ast.Schema
	variables map[string]any
	errors    []map[string]any
}

// selection gives the chosen fields of an object.
func (e *execution) selection(set ast.SelectionSet, of object, path []any) (map[string]any, error) {
	result := map[string]any{}
	for _, field := range e.collect(set, of.kind, nil) {
		value, err := e.field(field, of, append(path[:len(path):len(path)], field.Alias))
		if err != nil {
			return nil, err
		}
		result[field.Alias] = value
	}
	return result, nil
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
	if condition == "" || condition == kind {
		return true
	}
	for _, possible := range e.schema.PossibleTypes[condition] {
		if possible.Name == kind {
			return true
		}
	}
	return false
}

// field gives the value of one field.
func (e *execution) field(field *ast.Field, of object, path []any) (any, error) {
	if field.Name == "__typename" {
		return of.kind, nil
	}
	value, ok := of.fields[field.Name]
	if !ok {
		panic(fmt.Sprintf("no value for the field %s of %s", field.Name, of.kind))
	}
	var err error
	if resolve, ok := value.(resolver); ok {
		value, err = resolve(field.ArgumentMap(e.variables))
	}
	if err == nil {
		value, err = e.complete(field, value, path)
	}
	if err != nil && !errors.Is(err, errNull) {
		e.report(err, field, path)
	}
	switch {
	case err == nil && value != nil:
		return value, nil
	case field.Definition.Type.NonNull:
		return nil, errNull
	}
	return nil, nil
}

// complete chooses the fields of the objects in a value.
func (e *execution) complete(field *ast.Field, value any, path []any) (any, error) {
	switch value := value.(type) {
	case object:
		return e.selection(field.SelectionSet, value, path)
	case []object:
		list := make([]any, len(value))
		for i, item := range value {
			completed, err := e.selection(field.SelectionSet, item, append(path[:len(path):len(path)], i))
			if err == nil {
				list[i] = completed
			}
		}
		return list, nil
	}
	return value, nil
}

// report notes an error for the answer.
func (e *execution) report(err error, field *ast.Field, path []any) {
	entry := map[string]any{
		"message":   err.Error(),
		"path":      path,
		"locations": []gqlerror.Location{{Line: field.Position.Line, Column: field.Position.Column}},
	}
	var typed queryError
	if errors.As(err, &typed) {
		entry["type"] = typed.kind
	}
	e.errors = append(e.errors, entry)
}
