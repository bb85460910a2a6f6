// Package dagger is the beginning of the package internal/dagger of a module that internal/bindings
// builds. It is compiled here so that it can be checked; a module has a copy of it, with the types of
// the API added.
package dagger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	core "dagger.io/dagger"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Client is the API as the module sees it.
type Client struct {
	*core.Client
}

// Connect connects to the session that the module's program was started in.
func Connect() *Client {
	if os.Getenv("DAGGER_SESSION_PORT") == "" {
		panic("DAGGER_SESSION_PORT is not set: this program can only be started by a Dagger session")
	}
	client, err := core.Connect(context.Background())
	if err != nil {
		panic(err)
	}
	return &Client{client}
}

// ServedFunction is a Go function that a call can name, and the names of its arguments without the context.
type ServedFunction struct {
	Func any
	Args []string
}

// Serve answers the one call that the module's program was started for. A function is named by its
// type, a dot and its own name, the constructor by the type and the dot alone.
func Serve(dag *Client, functions map[string]ServedFunction) {
	ctx := context.Background()
	err := answer(ctx, dag, functions)
	if err == nil {
		return
	}
	if sendErr := dag.CurrentFunctionCall().ReturnError(ctx, errorObject(dag, err)); sendErr != nil {
		fmt.Fprintf(os.Stderr, "the error could not be returned: %v\n%v\n", sendErr, err)
	}
	os.Exit(2)
}

func answer(ctx context.Context, dag *Client, functions map[string]ServedFunction) error {
	var data struct {
		CurrentFunctionCall struct {
			ParentName, Name, Parent string

			InputArgs []struct{ Name, Value string }
		}
	}
	err := dag.Do(ctx,
		&core.Request{Query: "{currentFunctionCall{parentName name parent inputArgs{name value}}}"},
		&core.Response{Data: &data})
	if err != nil {
		return err
	}
	call := data.CurrentFunctionCall
	function, ok := functions[call.ParentName+"."+call.Name]
	if !ok {
		return fmt.Errorf("the module has no function %q of %q", call.Name, call.ParentName)
	}
	args := map[string]string{}
	for _, arg := range call.InputArgs {
		args[arg.Name] = arg.Value
	}
	result, err := function.call(ctx, dag, call.Name != "", call.Parent, args)
	if err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return dag.CurrentFunctionCall().ReturnValue(ctx, core.JSON(text))
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	objectType  = reflect.TypeFor[core.DaggerObject]()
)

func (f ServedFunction) call(ctx context.Context, dag *Client, method bool, parent string, args map[string]string) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			_, _ = os.Stderr.Write(debug.Stack())
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	in, err := f.input(ctx, dag, method, parent, args)
	if err != nil {
		return nil, err
	}
	fn := reflect.ValueOf(f.Func)
	call := fn.Call
	if fn.Type().IsVariadic() {
		call = fn.CallSlice
	}
	for _, out := range slices.Backward(call(in)) {
		if out.Type() == errorType {
			err, _ = out.Interface().(error)
			continue
		}
		result = out.Interface()
	}
	return result, err
}

func (f ServedFunction) input(ctx context.Context, dag *Client, method bool, parent string, args map[string]string) ([]reflect.Value, error) {
	t := reflect.TypeOf(f.Func)
	var in []reflect.Value
	next := func(what, text string) error {
		v := reflect.New(t.In(len(in))).Elem()
		if text != "" {
			if err := decode(dag, []byte(text), v); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
		}
		in = append(in, v)
		return nil
	}
	if method {
		if parent == "" || parent == "null" {
			parent = "{}"
		}
		if err := next("the state of the object", parent); err != nil {
			return nil, err
		}
	}
	if len(in) < t.NumIn() && t.In(len(in)) == contextType {
		in = append(in, reflect.ValueOf(ctx))
	}
	for _, name := range f.Args {
		if err := next("argument "+name, args[name]); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// decode reads JSON into a value. Objects of the API are ids there.
func decode(dag *Client, text []byte, v reflect.Value) error {
	if string(text) == "null" {
		return nil
	}
	t := v.Type()
	switch {
	case t.Implements(objectType):
		var id ID
		if err := json.Unmarshal(text, &id); err != nil {
			return err
		}
		typeName := reflect.Zero(t).Interface().(core.DaggerObject).XXX_GraphQLType()
		query := dag.QueryBuilder().Select("node").Arg("id", id).InlineFragment(typeName)
		v.Set(reflect.New(t.Elem()).MethodByName("WithGraphQLQuery").Call([]reflect.Value{reflect.ValueOf(query)})[0])
		return nil
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return decode(dag, text, v.Elem())
	case t.Kind() == reflect.Slice:
		return decodeSlice(dag, text, v)
	case t.Kind() == reflect.Struct:
		return decodeStruct(dag, text, v)
	}
	return json.Unmarshal(text, v.Addr().Interface())
}

func decodeSlice(dag *Client, text []byte, v reflect.Value) error {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := decode(dag, item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeStruct(dag *Client, text []byte, v reflect.Value) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		if value, ok := fields[name]; ok && field.IsExported() {
			if err := decode(dag, value, v.Field(i)); err != nil {
				return fmt.Errorf("%s: %w", field.Name, err)
			}
		}
	}
	return nil
}

// errorObject is err as an engine passes it on: of an error that wraps one of the API only that one
// is left, with its values, and the text around it is lost. Joined errors are not looked into.
func errorObject(dag *Client, err error) *core.Error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if fromAPI, ok := inner.(*gqlerror.Error); ok { //nolint:errorlint // errors.As would look into joined errors too
			return apiError(dag, fromAPI)
		}
	}
	return dag.Error(err.Error())
}

func apiError(dag *Client, err *gqlerror.Error) *core.Error {
	out := dag.Error(err.Message)
	for _, name := range slices.Sorted(maps.Keys(err.Extensions)) {
		if value, err := json.Marshal(err.Extensions[name]); err == nil {
			out = out.WithValue(name, core.JSON(value))
		}
	}
	return out
}

// assertNotNil panics if an object is nil: it cannot be an argument of a query.
//
//nolint:unused // the generated types call it
func assertNotNil(name string, object any) {
	if reflect.ValueOf(object).IsNil() {
		panic(fmt.Sprintf("unexpected nil pointer for argument %q", name))
	}
}
