// Package hostengine is a Dagger session without containers.
//
// It speaks the session protocol of a Dagger engine (GraphQL over HTTP on loopback), knows just the
// part of the API that iac uses (schema.graphqls), and runs each exec as a process of this host. An
// image is a name for programs that this host has; a container's files are a folder. A path of the
// container that stands in an argument or a variable is rewritten to that folder, and back in what is
// printed and in text that is taken out. Such a path begins with what was put into the container, or
// with /tmp.
//
// It is for development and for trying iac out, not for deploying: nothing is isolated. Where it
// matters to a module's author it is as strict as an engine: a query that the schema does not allow
// fails, an exec with the same inputs is answered from the cache, a secret that was given to an exec
// is written as *** in its output, and a failing exec is the error that an engine gives.
package hostengine
