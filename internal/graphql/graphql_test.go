package graphql

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var zoo = gqlparser.MustLoadSchema(&ast.Source{Name: "zoo", Input: `
	interface Named { name: String! }
	type Cat implements Named { name: String! lives(of: Int = 9): Int! enemy: Dog }
	type Dog implements Named { name: String! broken: Int sick: Int! friends: [Named!] guests: [Named] }
	type Query { cat: Cat! dog: Dog any(named: String!): Named big: Int }
	type Mutation { feed(name: String!): Named! }
`})

// animal is an object whose fields are the values of a map.
type animal struct {
	kind   string
	fields map[string]any
}

func (a animal) Type() string { return a.kind }

func (a animal) Field(name string, arguments map[string]any) (any, error) {
	switch value := a.fields[name].(type) {
	case error:
		return nil, value
	case func(map[string]any) any:
		return value(arguments), nil
	default:
		return value, nil
	}
}

// hurt is an error that says more.
type hurt struct{}

func (hurt) Error() string { return "hurt" }
func (hurt) Extend(e *Error) {
	e.Kind, e.Extensions = "HURT", map[string]any{"where": "paw"}
}

func root(operation ast.Operation) Object {
	cat := animal{"Cat", map[string]any{"name": "Tom", "lives": func(a map[string]any) any { return a["of"] }}}
	sick := animal{"Dog", map[string]any{"name": "Rex", "sick": errors.New("no vet")}}
	dog := animal{"Dog", map[string]any{
		"name": "Spike", "broken": fmt.Errorf("leg: %w", hurt{}), "sick": 1,
		"friends": []Object{cat, sick}, "guests": []Object{sick, cat},
	}}
	if operation == ast.Mutation {
		return animal{"Mutation", map[string]any{"feed": cat}}
	}
	return animal{"Query", map[string]any{"cat": cat, "dog": dog, "any": func(a map[string]any) any {
		return map[any]any{"Tom": cat, "Spike": dog}[a["named"]]
	}}}
}

func TestAnswers(t *testing.T) {
	tests := []struct{ name, query, variables, want string }{
		{"fields, by their aliases", `{cat{name again:name}}`, ``, `{"data":{"cat":{"again":"Tom","name":"Tom"}}}`},
		{"arguments, with defaults", `{cat{lives few:lives(of:2)}}`, ``, `{"data":{"cat":{"few":2,"lives":9}}}`},
		{"variables", `query($n:String!,$of:Int=3){any(named:$n){name ...on Cat{lives(of:$of)}}}`, `{"n":"Tom"}`, `{"data":{"any":{"lives":3,"name":"Tom"}}}`},
		{"fragments on a type and an interface", `{a:any(named:"Tom"){...f ...on Dog{sick}} b:any(named:"Spike"){...f ...on Named{name}}} fragment f on Cat{lives}`, ``, `{"data":{"a":{"lives":9},"b":{"name":"Spike"}}}`},
		{"the name of the type", `{any(named:"Tom"){__typename}}`, ``, `{"data":{"any":{"__typename":"Cat"}}}`},
		{"a field chosen twice, as one", `{dog{name} dog{sick}}`, ``, `{"data":{"dog":{"name":"Spike","sick":1}}}`},
		{"what is skipped and included", `query($t:Boolean=true){cat{name @skip(if:$t) a:name @include(if:$t) ...@include(if:false){b:name}}}`, ``, `{"data":{"cat":{"a":"Tom"}}}`},
		{"nothing", `{any(named:"Jerry"){name} big}`, ``, `{"data":{"any":null,"big":null}}`},
		{"the operation that is named", `query other{big} mutation asked{feed(name:"x"){name}}`, ``, `{"data":{"feed":{"name":"Tom"}}}`},
		{
			"an error, with null for its field", `{dog{name b:broken}}`, ``,
			`{"data":{"dog":{"b":null,"name":"Spike"}},"errors":[{"extensions":{"where":"paw"},"locations":[{"line":1,"column":11}],"message":"leg: hurt","path":["dog","b"],"type":"HURT"}]}`,
		},
		{
			"an error in a list that has no null, with null for the list", `{dog{friends{name ...on Dog{sick}}}}`, ``,
			`{"data":{"dog":{"friends":null}},"errors":[{"locations":[{"line":1,"column":29}],"message":"no vet","path":["dog","friends",1,"sick"]}]}`,
		},
		{
			"an error in a list, with null for the one", `{dog{guests{name ...on Dog{sick}}}}`, ``,
			`{"data":{"dog":{"guests":[null,{"name":"Tom"}]}},"errors":[{"locations":[{"line":1,"column":28}],"message":"no vet","path":["dog","guests",0,"sick"]}]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request := Request{Query: test.query}
			if strings.Contains(test.query, "asked") {
				request.OperationName = "asked"
			}
			if test.variables != "" {
				if err := json.Unmarshal([]byte(test.variables), &request.Variables); err != nil {
					t.Fatal(err)
				}
			}
			got, err := json.Marshal(Execute(zoo, request, root))
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestNothingLeft(t *testing.T) {
	nobody := func(ast.Operation) Object { return animal{"Query", map[string]any{"cat": errors.New("gone")}} }
	got, err := json.Marshal(Execute(zoo, Request{Query: `{cat{name}}`}, nobody))
	if want := `{"data":null,"errors":[{"locations":[{"line":1,"column":2}],"message":"gone","path":["cat"]}]}`; err != nil || string(got) != want {
		t.Errorf("got  %s %v\nwant %s", got, err, want)
	}
}

func TestRefused(t *testing.T) {
	for query, want := range map[string]string{
		`{`:                                      "Expected Name",
		`{cat{shoeSize}}`:                        `Cannot query field \"shoeSize\" on type \"Cat\"`,
		`{cat}`:                                  "must have a selection",
		`{cat{name{x}}}`:                         "must not have a selection",
		`{any{name}}`:                            "is required",
		`{any(named:1){name}}`:                   "cannot represent",
		`query($n:String!){any(named:$n){name}}`: "must be defined",
		`query a{big} query b{big}`:              `No operation named`,
		`subscription{big}`:                      "",
	} {
		got, err := json.Marshal(Execute(zoo, Request{Query: query}, root))
		if err != nil || !strings.HasPrefix(string(got), `{"errors":[{`) || !strings.Contains(string(got), want) {
			t.Errorf("%s gave %s, %v, want an error with %s and no data", query, got, err, want)
		}
	}
}

func TestReadKeepsDigits(t *testing.T) {
	request, err := Read(strings.NewReader(`{"query":"{big}","variables":{"n":12345678901234567890}}`))
	if err != nil || fmt.Sprint(request.Variables["n"]) != "12345678901234567890" {
		t.Errorf("%v, %v", request, err)
	}
	if _, err := Read(strings.NewReader(`{`)); err == nil {
		t.Error("half a request was read")
	}
}
