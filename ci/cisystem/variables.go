package cisystem

import (
	"fmt"
	"regexp"
	"strings"

	"dagger/iac/pullrequest"
)

// variables are those of the table that have a value.
type variables map[string]string

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseVariables reads NAME=value NAME=value ….
//
// No value that is needed holds a space, and none can be told from the line's
// own spaces. So a value may begin what looks like another variable. It sets
// none: every name of the table stands in DotEnv once, and one that stands
// there twice is refused. What is no NAME=value belongs to the value before
// it, which then fits no form, and a name that the table does not know is left
// out with its value.
func parseVariables(line string) (variables, error) {
	known := map[string]bool{}
	for _, name := range Names() {
		known[name] = true
	}
	found, seen, last := variables{}, map[string]bool{}, ""
	for word := range strings.SplitSeq(strings.TrimSpace(line), " ") {
		name, value, assigned := strings.Cut(word, "=")
		switch {
		case assigned && nameForm.MatchString(name):
			if known[name] && seen[name] {
				return nil, fmt.Errorf("ci-variables: %s is given twice: a value holds a space, or the line is not that of .env.example", name)
			}
			last, seen[name] = name, true
			found[name] = value
		case last != "" && word != "":
			found[last] += " " + word
		case word != "":
			return nil, fmt.Errorf("ci-variables: %s is not NAME=value", pullrequest.Shown(word))
		}
	}
	for name, value := range found {
		if !known[name] || isBlank(value) {
			delete(found, name)
		}
	}
	return found, nil
}

// isBlank is true for a value that says nothing: an empty one, and what CI
// systems leave where they have nothing to put in: $(System.X), ${{CF_X}},
// $_PR_NUMBER, %teamcity.x%, <+trigger.x>, null.
func isBlank(value string) bool {
	switch value {
	case "", "null", "undefined", "<no value>", "<nil>":
		return true
	}
	return strings.HasPrefix(value, "$") || strings.HasPrefix(value, "<+") ||
		strings.HasPrefix(value, "%") && strings.HasSuffix(value, "%")
}

// is tells whether a condition holds: NAME, which is set, or NAME=value.
func (v variables) is(condition string) bool {
	name, value, exact := strings.Cut(condition, "=")
	if exact {
		return v[name] == value
	}
	return v[name] != "" && !strings.EqualFold(v[name], "false")
}

// DotEnv returns the line of .env.example that hands the variables of the
// table to the argument ci-variables.
func DotEnv() string {
	var words []string
	for _, name := range Names() {
		words = append(words, name+"=${"+name+":-}")
	}
	return `CIVARIABLES="` + strings.Join(words, " ") + `"`
}

// Names returns the variables of the table in its order, each once.
func Names() []string {
	var names []string
	seen := map[string]bool{"": true}
	add := func(condition string) {
		name, _, _ := strings.Cut(condition, "=")
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, s := range systems {
		for _, p := range s.pulls {
			add(p.variable)
		}
		for _, r := range s.repositories {
			for _, name := range []string{r.url, r.slug, r.owner, r.name, r.host} {
				add(name)
			}
		}
		for _, condition := range s.marks {
			add(condition)
		}
		for _, condition := range s.hints {
			add(condition)
		}
		for _, name := range s.not {
			add(name)
		}
		add(s.provider)
		add(s.server)
	}
	return names
}
