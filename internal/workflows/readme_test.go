package workflows

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"iac/internal/bindings"
)

// Flags that are not the module's.
var others = []string{"--help"}

func TestTheREADMENamesEachFunctionAndFlag(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, match := range regexp.MustCompile(`[`+"`"+` (](--[a-z][a-z-]+)`).FindAllSubmatch(readme, -1) {
		named = append(named, string(match[1]))
	}
	module, there := load(t), slices.Clone(others)
	for _, object := range module.Objects {
		functions := object.Functions
		if object == module.Main {
			functions = append([]*bindings.Function{object.Constructor}, functions...)
		}
		for _, function := range functions {
			name := bindings.KebabName(function.Name)
			if name != "" && !regexp.MustCompile(`\b`+name+`\b`).Match(readme) {
				t.Errorf("the README does not name the function %s", name)
			}
			for _, arg := range function.Args {
				flag := "--" + bindings.KebabName(arg.Name)
				there = append(there, flag)
				if !slices.Contains(named, flag) {
					t.Errorf("the README does not name %s of %s", flag, name)
				}
			}
		}
	}
	for _, flag := range named {
		if !slices.Contains(there, flag) {
			t.Errorf("the README names %s, which no function has", flag)
		}
	}
}
