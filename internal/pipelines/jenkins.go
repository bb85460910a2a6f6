package pipelines

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var jenkins = System{
	Name:   "Jenkins",
	Files:  []string{"examples/ci/jenkins/Jenkinsfile"},
	Remote: func(r Run) string { return "https://github.com/" + r.Repository + ".git" },
	Variables: func(r Run) map[string]string {
		v := map[string]string{
			"JENKINS_URL": "https://jenkins.example.com/", "BUILD_URL": "https://jenkins.example.com/job/infra/12/",
			"GIT_URL": "https://github.com/" + r.Repository + ".git", "GIT_COMMIT": r.Commit, "BRANCH_NAME": r.branch(),
		}
		if r.For == PullRequest || r.For == Fork {
			v["BRANCH_NAME"] = fmt.Sprintf("PR-%d", r.Number)
			v["CHANGE_ID"], v["CHANGE_URL"], v["CHANGE_TARGET"], v["CHANGE_BRANCH"] = fmt.Sprint(r.Number), r.pull(), "main", r.branch()
		}
		if r.For == Fork {
			v["CHANGE_FORK"] = "stranger"
		}
		return v
	},
	read: readJenkins,
}

// groovyNode is a node of a Jenkinsfile's tree.
type groovyNode struct {
	Type, Field, Text string
	Line              int
	Children          []groovyNode
}

// directive is a call in a Jenkinsfile as the declarative syntax uses it: name(arguments) { body }, or an assignment.
type directive struct {
	name string
	// args are those without a name, as text.
	args  []string
	named map[string]string
	// code is the body as it is written, for an expression.
	code string
	body []directive
	// value is what an assignment gives.
	value *directive
}

func readJenkins(ctx context.Context, f *files, _ Run, variables map[string]string) ([]Command, error) {
	var root groovyNode
	if err := parse(ctx, "groovy", f.root, f.text(), &root); err != nil {
		return nil, err
	}
	top, err := directives(root.Children)
	if err != nil {
		return nil, err
	}
	if len(top) != 1 || top[0].name != "pipeline" {
		return nil, fmt.Errorf("not one pipeline: %w", errNotUnderstood)
	}
	build := jenkinsBuild{variables: variables}
	err = build.pipeline(top[0].body)
	return build.commands, err
}

// directives reads the statements of a block.
func directives(nodes []groovyNode) ([]directive, error) {
	var all []directive
	for _, n := range nodes {
		if n.Type == "expression_statement" && len(n.Children) == 1 {
			n = n.Children[0]
		}
		d, err := n.directive()
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func (n groovyNode) refuse() error {
	first, _, _ := strings.Cut(n.Text, "\n")
	return fmt.Errorf("line %d: %s: %w", n.Line, first, errNotUnderstood)
}

func (n groovyNode) directive() (directive, error) {
	switch n.Type {
	case "method_invocation", "juxt_function_call":
		return n.call()
	case "assignment_expression":
		value, err := n.Children[1].directive()
		return directive{name: n.Children[0].Text, value: &value}, err
	case "character_literal", "string_literal":
		text, err := n.literal()
		return directive{args: []string{text}}, err
	}
	return directive{}, n.refuse()
}

func (n groovyNode) call() (directive, error) {
	d := directive{named: map[string]string{}}
	for _, child := range n.Children {
		var err error
		switch child.Type {
		case "identifier":
			d.name = child.Text
		case "argument_list":
			err = d.arguments(child.Children)
		case "closure":
			d.code = strings.Trim(child.Text, "{} \n")
			if d.name != "expression" {
				d.body, err = directives(child.Children)
			}
		default:
			err = child.refuse()
		}
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

func (d *directive) arguments(nodes []groovyNode) error {
	for _, n := range nodes {
		if n.Type == "map_item" {
			d.named[n.Children[0].Text] = n.Children[1].Text
			continue
		}
		text, err := n.literal()
		if err != nil {
			return err
		}
		d.args = append(d.args, text)
	}
	return nil
}

// literal gives a text in ' or ”', in which Groovy puts no values. A backslash at the end of a line joins it with the
// next one; other escapes are not understood.
func (n groovyNode) literal() (string, error) {
	for _, quote := range []string{"'''", "'"} {
		text, ok := strings.CutPrefix(n.Text, quote)
		if ok {
			text = strings.ReplaceAll(strings.TrimSuffix(text, quote), "\\\n", "")
			if strings.Contains(text, `\`) {
				return "", n.refuse()
			}
			return text, nil
		}
	}
	return "", n.refuse()
}

// jenkinsBuild is what a build does.
type jenkinsBuild struct {
	variables map[string]string
	// common is what all commands have.
	common   Command
	commands []Command
}

// environment is what `env` knows, and null for what is not there.
func (b *jenkinsBuild) environment(name string) (any, error) {
	name, ok := strings.CutPrefix(name, "env.")
	if !ok {
		return nil, fmt.Errorf("the name %q", name)
	}
	if value, there := b.variables[name]; there {
		return value, nil
	}
	return nil, nil
}

func (b *jenkinsBuild) pipeline(body []directive) error {
	b.common = Command{Shell: []string{"sh", "-xe", "-c"}, Env: map[string]string{}, Secrets: map[string]string{}}
	for _, section := range body {
		var err error
		switch section.name {
		case "agent":
			if len(section.body) != 1 || section.body[0].name != "label" {
				err = errNotUnderstood
			}
		case "options":
			err = b.options(section.body)
		case "environment":
			err = b.common.setEnvironment(section.body)
		case "stages":
			for _, stage := range section.body {
				if err == nil {
					err = b.stage(stage)
				}
			}
		default:
			err = errNotUnderstood
		}
		if err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	return nil
}

func (b *jenkinsBuild) options(body []directive) error {
	for _, option := range body {
		switch option.name {
		case "disableConcurrentBuilds":
			abort, err := holds(option.named["abortPrevious"], b.environment)
			if err != nil {
				return err
			}
			b.common.Replaced, b.common.Queued = abort, !abort
		case "timeout":
			amount, err := strconv.Atoi(option.named["time"])
			unit, known := map[string]time.Duration{"'HOURS'": time.Hour, "'MINUTES'": time.Minute}[option.named["unit"]]
			if err != nil || !known {
				return fmt.Errorf("timeout: %w", errNotUnderstood)
			}
			b.common.Limit = time.Duration(amount) * unit
		default:
			return fmt.Errorf("%s: %w", option.name, errNotUnderstood)
		}
	}
	return nil
}

func (c *Command) setEnvironment(body []directive) error {
	for _, d := range body {
		switch {
		case d.value == nil || len(d.value.args) != 1:
			return fmt.Errorf("%s: %w", d.name, errNotUnderstood)
		case d.value.name == "credentials":
			c.Secrets[d.name] = d.value.args[0]
		case d.value.name == "":
			c.Env[d.name] = d.value.args[0]
		default:
			return fmt.Errorf("%s: %w", d.value.name, errNotUnderstood)
		}
	}
	return nil
}

func (b *jenkinsBuild) stage(stage directive) error {
	if stage.name != "stage" || len(stage.args) != 1 {
		return fmt.Errorf("%s: %w", stage.name, errNotUnderstood)
	}
	c := b.common
	c.Job, c.Env, c.Secrets = stage.args[0], copied(b.common.Env), copied(b.common.Secrets)
	runs := true
	var steps []directive
	for _, section := range stage.body {
		var err error
		switch section.name {
		case "when":
			runs, err = b.all(section.body)
		case "environment":
			err = c.setEnvironment(section.body)
		case "steps":
			steps = section.body
		default:
			err = errNotUnderstood
		}
		if err != nil {
			return fmt.Errorf("stage %s: %s: %w", c.Job, section.name, err)
		}
	}
	for _, step := range steps {
		next := c
		switch {
		case len(step.args) != 1:
			return fmt.Errorf("stage %s: %s: %w", c.Job, step.name, errNotUnderstood)
		case step.name == "sh":
			next.Text = step.args[0]
		case step.name == "error":
			next.Says = step.args[0]
		default:
			return fmt.Errorf("stage %s: %s: %w", c.Job, step.name, errNotUnderstood)
		}
		if runs {
			b.commands = append(b.commands, next)
		}
	}
	return nil
}

func copied(from map[string]string) map[string]string {
	to := map[string]string{}
	for name, value := range from {
		to[name] = value
	}
	return to
}

// all tells whether all conditions of a `when` are met.
func (b *jenkinsBuild) all(conditions []directive) (bool, error) {
	met := true
	for _, c := range conditions {
		holds, err := b.met(c)
		if err != nil {
			return false, err
		}
		met = met && holds
	}
	return met, nil
}

func (b *jenkinsBuild) met(c directive) (bool, error) {
	switch {
	case c.name == "changeRequest" && len(c.args)+len(c.named) == 0:
		return b.variables["CHANGE_ID"] != "", nil
	case c.name == "branch" && len(c.args) == 1:
		return b.variables["BRANCH_NAME"] == c.args[0], nil
	case c.name == "expression":
		return holds(c.code, b.environment)
	case c.name == "not" && len(c.body) == 1:
		holds, err := b.met(c.body[0])
		return !holds, err
	}
	return false, fmt.Errorf("%s: %w", c.name, errNotUnderstood)
}
