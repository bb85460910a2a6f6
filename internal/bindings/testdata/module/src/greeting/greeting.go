// Package greeting is a package of the module's own.
package greeting

// Of gives a greeting.
func Of(name string) string { return "hello " + name }
