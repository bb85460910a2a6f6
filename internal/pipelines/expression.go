package pipelines

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// scope gives the value of a name, such as build.branch: a string, a bool, a number or nil. A name that it does not
// know is an error.
type scope func(name string) (any, error)

// evaluate gives the value of an expression: strings, numbers, true, false, null, names, indexes, ==, !=, &&, ||, ! and
// parentheses, and the functions and, or, not, eq and ne. Nothing else is understood. && and || give one of their
// sides, as in GitHub's expressions; in a condition that is the same as in the others.
func evaluate(text string, names scope) (any, error) {
	p := &parser{rest: text, names: names}
	value := p.or()
	if p.space(); p.err == nil && p.rest != "" {
		p.fail("what follows is " + strconv.Quote(p.rest))
	}
	if p.err != nil {
		return nil, fmt.Errorf("the expression %q: %w", text, p.err)
	}
	return value, nil
}

// holds tells whether a condition is met.
func holds(text string, names scope) (bool, error) {
	value, err := evaluate(text, names)
	return truth(value), err
}

// truth is false for nil, false, 0 and the empty string.
func truth(value any) bool {
	return value != nil && value != false && value != "" && value != 0.0
}

// parser evaluates while it reads. Both sides of && and || are evaluated: they have no effects.
type parser struct {
	rest  string
	names scope
	err   error
}

func (p *parser) fail(why string) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", errNotUnderstood, why)
	}
	p.rest = ""
}

func (p *parser) space() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// takes takes a mark if it comes next.
func (p *parser) takes(mark string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, mark)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) expect(mark string) {
	if !p.takes(mark) {
		p.fail(fmt.Sprintf("want %q before %q", mark, p.rest))
	}
}

func (p *parser) or() any {
	value := p.and()
	for p.takes("||") {
		if other := p.and(); !truth(value) {
			value = other
		}
	}
	return value
}

func (p *parser) and() any {
	value := p.comparison()
	for p.takes("&&") {
		if other := p.comparison(); truth(value) {
			value = other
		}
	}
	return value
}

func (p *parser) comparison() any {
	value := p.unary()
	switch {
	case p.takes("=="):
		return value == p.unary()
	case p.takes("!="):
		return value != p.unary()
	}
	return value
}

func (p *parser) unary() any {
	if p.space(); !strings.HasPrefix(p.rest, "!=") && p.takes("!") {
		return !truth(p.unary())
	}
	if p.takes("(") {
		value := p.or()
		p.expect(")")
		return value
	}
	for _, quote := range []string{"'", `"`} {
		if p.takes(quote) {
			return p.text(quote)
		}
	}
	return p.name()
}

func (p *parser) text(quote string) any {
	text, rest, ended := strings.Cut(p.rest, quote)
	if !ended || strings.Contains(text, `\`) {
		p.fail("a text without an end, or with an escape")
		return nil
	}
	p.rest = rest
	return text
}

// name reads a literal, a name with its indexes, or the call of a function.
func (p *parser) name() any {
	end := strings.IndexFunc(p.rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-", r)
	})
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	for p.err == nil && name != "" && strings.HasPrefix(p.rest, "['") {
		p.rest = p.rest[2:]
		name += fmt.Sprintf(".%v", p.text("'"))
		p.expect("]")
	}
	switch name {
	case "":
		p.fail(fmt.Sprintf("want a value before %q", p.rest))
		return nil
	case "true", "false":
		return name == "true"
	case "null":
		return nil
	}
	if number, err := strconv.ParseFloat(name, 64); err == nil && unicode.IsDigit(rune(name[0])) {
		return number
	}
	if p.takes("(") {
		return p.call(name)
	}
	if p.err != nil {
		return nil
	}
	value, err := p.names(name)
	if err != nil {
		p.fail(err.Error())
	}
	return value
}

func (p *parser) call(name string) any {
	var args []any
	for p.err == nil && !p.takes(")") {
		if len(args) > 0 {
			p.expect(",")
		}
		args = append(args, p.or())
	}
	switch {
	case name == "not" && len(args) == 1:
		return !truth(args[0])
	case name == "eq" && len(args) == 2:
		return args[0] == args[1]
	case name == "ne" && len(args) == 2:
		return args[0] != args[1]
	case (name == "and" || name == "or") && len(args) > 1:
		for _, arg := range args {
			if truth(arg) == (name == "or") {
				return name == "or"
			}
		}
		return name == "and"
	}
	p.fail(fmt.Sprintf("the function %s with %d arguments", name, len(args)))
	return nil
}

// in is the scope of some names with their values.
func in(values map[string]any) scope {
	return func(name string) (any, error) {
		value, known := values[name]
		if !known {
			return nil, fmt.Errorf("the name %q", name)
		}
		return value, nil
	}
}
