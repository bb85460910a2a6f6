// Package tools gets the programs that tests and developers of iac need into build/bin: built from Go
// modules, each pinned by a go.mod in a folder beside this file, or found on this machine, or
// installed with Debian's apt-get.
package tools
