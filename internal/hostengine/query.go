package hostengine

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"
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
	vars   map[string]any
}

// resolver gives the value of one field of an object.
type resolver func(r *request, self object, args arguments) (any, error)

func (s *Session) execute(ctx context.Context, c *client, query string, vars map[string]any) (map[string]any, gqlerror.List) {
	doc, errs := gqlparser.LoadQueryWithRules(Schema(), query, rules.NewDefaultRules())
	if len(errs) > 0 {
		return nil, errs
	}
	if len(doc.Operations) != 1 {
		return nil, gqlerror.List{gqlerror.Errorf("one operation is expected, there are %d", len(doc.Operations))}
	}
	r := &request{Context: ctx, Session: s, client: c, vars: vars}
	data, err := r.fields(doc.Operations[0].SelectionSet, query0{}, nil)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	return data, nil
}

func (r *request) fields(set ast.SelectionSet, self object, path ast.Path) (map[string]any, *gqlerror.Error) {
	out := map[string]any{}
	for _, selection := range set {
		switch node := selection.(type) {
		case *ast.Field:
			value, err := r.field(node, self, append(path[:len(path):len(path)], ast.PathName(node.Alias)))
			if err != nil {
				return nil, err
			}
			out[node.Alias] = value
		case *ast.InlineFragment:
			if !implements(self.typeName(), node.TypeCondition) {
				continue
			}
			values, err := r.fields(node.SelectionSet, self, path)
			if err != nil {
				return nil, err
			}
			for name, value := range values {
				out[name] = value
			}
		default:
			return nil, gqlerror.ErrorPathf(path, "named fragments are not known here")
		}
	}
	return out, nil
}

func implements(typeName, condition string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	for _, name := range Schema().Types[typeName].Interfaces {
		if name == condition {
			return true
		}
	}
	return false
}

func (r *request) field(node *ast.Field, self object, path ast.Path) (any, *gqlerror.Error) {
	if node.Name == "__typename" {
		return self.typeName(), nil
	}
	if node.Name == "id" {
		return r.id(self), nil
	}
	resolve := resolvers[self.typeName()+"."+node.Name]
	if resolve == nil {
		return nil, gqlerror.ErrorPathf(path, "%s.%s is in the schema of the host engine but not built", self.typeName(), node.Name)
	}
	value, err := resolve(r, self, node.ArgumentMap(r.vars))
	if err != nil {
		return nil, graphQLError(err, path)
	}
	return r.complete(node, value, path)
}

// complete answers the selection below a field.
func (r *request) complete(node *ast.Field, value any, path ast.Path) (any, *gqlerror.Error) {
	switch value := value.(type) {
	case object:
		return r.fields(node.SelectionSet, value, path)
	case []object:
		out := make([]any, len(value))
		for i, item := range value {
			fields, err := r.fields(node.SelectionSet, item, append(path[:len(path):len(path)], ast.PathIndex(i)))
			if err != nil {
				return nil, err
			}
			out[i] = fields
		}
		return out, nil
	}
	return value, nil
}

// graphQLError is err as an engine answers it: a failing exec says so in its extensions.
func graphQLError(err error, path ast.Path) *gqlerror.Error {
	out := gqlerror.ErrorPathf(path, "%s", err.Error())
	var failed *execError
	if errors.As(err, &failed) {
		out.Message = failed.Error()
		out.Extensions = map[string]any{
			"_type": "EXEC_ERROR", "cmd": failed.cmd, "exitCode": failed.exitCode,
			"stdout": failed.stdout, "stderr": failed.stderr,
		}
	}
	return out
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
