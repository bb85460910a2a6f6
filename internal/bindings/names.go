package bindings

import (
	"strings"

	"github.com/iancoleman/strcase"
)

// CamelName gives the name of a function or an argument in the API: githubRef.
func CamelName(name string) string { return strcase.ToLowerCamel(name) }

// KebabName gives the name of a function or an argument on the command line: github-ref.
func KebabName(name string) string { return strcase.ToKebab(CamelName(name)) }

// SnakeName gives a name with underscores: github_ref.
func SnakeName(name string) string { return strcase.ToSnake(CamelName(name)) }

// exported gives a name with a capital at its beginning.
func exported(name string) string {
	return strings.ToUpper(name[:1]) + name[1:]
}
