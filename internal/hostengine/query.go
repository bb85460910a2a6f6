package hostengine

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"iac/internal/graphql"
)

//go:embed schema.graphqls
var schemaText string

// Schema is the part of the Dagger API that the host engine knows.
var Schema = sync.OnceValue(func() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: schemaText})
})

// object is a value of an object type of the schema. Two objects of a type with the same key are
// the same object.
type object interface {
	typeName() string
	key() string
}

// request is one query while it is answered.
type request struct {
	context.Context
	*Session
	client *client
	// serves is the module whose types the client sees, or nil.
	serves *served
}

// resolver gives the value of one field of an object.
type resolver func(r *request, self object, args arguments) (any, error)

// execute answers what a client asks. Like an engine it names no places in the query.
func (s *Session) execute(ctx context.Context, c *client, asked graphql.Request) graphql.Response {
	schema, serves := Schema(), s.servedTo(c)
	if serves != nil {
		schema = serves.schema
	}
	out := graphql.Execute(schema, asked, func(ast.Operation) graphql.Object {
		return bound{&request{Context: ctx, Session: s, client: c, serves: serves}, query0{}}
	})
	for _, err := range out.Errors {
		err.Locations = nil
	}
	return out
}

// bound is an object that a request asks for fields.
type bound struct {
	*request
	self object
}

func (b bound) Type() string { return b.self.typeName() }

func (b bound) Field(name string, a map[string]any) (any, error) {
	if name == "id" {
		return b.id(b.self), nil
	}
	resolve := resolvers[b.Type()+"."+name]
	if resolve == nil {
		resolve = b.serves.resolver(b.self, name)
	}
	if resolve == nil {
		return nil, graphql.Missing(b, name)
	}
	value, err := resolve(b.request, b.self, a)
	switch value := value.(type) {
	case object:
		return bound{b.request, value}, err
	case []object:
		out := make([]graphql.Object, len(value))
		for i, item := range value {
			out[i] = bound{b.request, item}
		}
		return out, err
	}
	return value, err
}

// Extend says in the extensions what an engine says there of a failing exec.
func (e *execError) Extend(answered *graphql.Error) {
	answered.Message = e.Error()
	answered.Extensions = map[string]any{
		"_type": "EXEC_ERROR", "cmd": e.cmd, "exitCode": e.exitCode, "stdout": e.stdout, "stderr": e.stderr,
	}
}

// id gives the id of an object, and remembers the object under it.
func (r *request) id(o object) string {
	id := base64.RawURLEncoding.EncodeToString([]byte(o.typeName() + "@" + digest(o.key())))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects[id] = o
	return id
}

func byID[T object](r *request, id any) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.objects[fmt.Sprint(id)]
	if !ok {
		var zero T
		return zero, fmt.Errorf("no object of this session has the id %q", id)
	}
	t, ok := o.(T)
	if !ok {
		return t, fmt.Errorf("the id of a %s was given where a %T is taken", o.typeName(), t)
	}
	return t, nil
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// arguments are those of one field, with their defaults.
type arguments map[string]any

func (a arguments) string(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a arguments) bool(name string) bool {
	b, _ := a[name].(bool)
	return b
}

func (a arguments) strings(name string) []string {
	list, _ := a[name].([]any)
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func (a arguments) int(name string) (int, bool) {
	switch n := a[name].(type) {
	case int64:
		return int(n), true
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	case float64:
		return int(n), true
	}
	return 0, false
}
