package hostengine

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"sync"
)

// functionCall is the call that a module's program was started for.
type functionCall struct {
	Call
	// home is the folder that the program runs in, which is removed after the call.
	home    string
	mu      sync.Mutex
	result  json.RawMessage
	failure *FunctionError
}

func (c *functionCall) typeName() string { return "FunctionCall" }
func (c *functionCall) key() string      { return fmt.Sprintf("%p", c) }

type inputArg struct{ name, value string }

func (a inputArg) typeName() string { return "FunctionCallArgValue" }
func (a inputArg) key() string      { return a.name + "=" + a.value }

// callError is an error that a module builds to return it.
type callError struct {
	message string
	values  []errorValue
}

func (e *callError) typeName() string { return "Error" }
func (e *callError) key() string      { return fmt.Sprintf("%q %q", e.message, e.values) }

type errorValue struct{ name, value string }

func (v errorValue) typeName() string { return "ErrorValue" }
func (v errorValue) key() string      { return v.name + "=" + v.value }

func init() {
	resolvers["Query.currentFunctionCall"] = func(r *request, _ object, _ arguments) (any, error) {
		if r.client.call == nil {
			return nil, fmt.Errorf("no function of a module is being called by this client")
		}
		return r.client.call, nil
	}
	method("FunctionCall.name", func(_ *request, c *functionCall, _ arguments) (any, error) { return c.Name, nil })
	method("FunctionCall.parentName", func(_ *request, c *functionCall, _ arguments) (any, error) { return c.ParentName, nil })
	method("FunctionCall.parent", func(_ *request, c *functionCall, _ arguments) (any, error) { return string(c.Parent), nil })
	method("FunctionCall.inputArgs", func(_ *request, c *functionCall, _ arguments) (any, error) {
		var out []object
		for name, value := range c.Args {
			out = append(out, inputArg{name, string(value)})
		}
		sort.Slice(out, func(i, j int) bool { return out[i].key() < out[j].key() })
		return out, nil
	})
	method("FunctionCall.returnValue", func(_ *request, c *functionCall, a arguments) (any, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.result = json.RawMessage(a.string("value"))
		if !json.Valid(c.result) {
			return nil, fmt.Errorf("the value that function %q returns is not JSON", c.Name)
		}
		return nil, nil
	})
	method("FunctionCall.returnError", func(r *request, c *functionCall, a arguments) (any, error) {
		e, err := byID[*callError](r, a["error"])
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failure = &FunctionError{Message: e.message, Values: map[string]json.RawMessage{}}
		for _, v := range e.values {
			c.failure.Values[v.name] = json.RawMessage(v.value)
		}
		return nil, nil
	})
	method("FunctionCallArgValue.name", func(_ *request, v inputArg, _ arguments) (any, error) { return v.name, nil })
	method("FunctionCallArgValue.value", func(_ *request, v inputArg, _ arguments) (any, error) { return v.value, nil })

	resolvers["Query.error"] = func(_ *request, _ object, a arguments) (any, error) {
		return &callError{message: a.string("message")}, nil
	}
	method("Error.message", func(_ *request, e *callError, _ arguments) (any, error) { return e.message, nil })
	method("Error.withValue", func(_ *request, e *callError, a arguments) (any, error) {
		values := slices.Concat(e.values, []errorValue{{a.string("name"), a.string("value")}})
		return &callError{e.message, values}, nil
	})
	method("Error.values", func(_ *request, e *callError, _ arguments) (any, error) {
		var out []object
		for _, v := range e.values {
			out = append(out, v)
		}
		return out, nil
	})
	method("ErrorValue.name", func(_ *request, v errorValue, _ arguments) (any, error) { return v.name, nil })
	method("ErrorValue.value", func(_ *request, v errorValue, _ arguments) (any, error) { return v.value, nil })
}
