// Package engine tests the module on a real Dagger engine, by the dagger command: that it loads with the published modules
// it depends on, that each function and flag is there with its help, and what only an engine can show, such as that a run
// is not answered from its cache. It has tests only.
//
// `make engine` runs them and fails where there is no engine; `go test ./internal/engine` skips them there and says so.
// Either runs the same tests on the host engine, with the command of internal/hostdagger, so that their code is exercised
// everywhere.
//
//	IAC_ENGINE            anything: a missing command or engine is a failure
//	IAC_ENGINE_DAGGER     the dagger command; if empty, dagger on PATH
//	IAC_ENGINE_MODULE     the module; if empty, this checkout. github.com/OWNER/REPOSITORY@VERSION tests a release
//	IAC_ENGINE_GITHUB     HOST:PORT by which the engine's containers reach this machine: the stand-in for GitHub listens
//	                      on that port and is called by that name. If empty, no comments are posted
//	IAC_ENGINE_CA         with it, the folder of an authority that the engine trusts, made by
//	                      `go run ./internal/cmd/github authority FOLDER`
//
// Any engine will do: _EXPERIMENTAL_DAGGER_RUNNER_HOST says to the command which one. start.sh starts one with Docker for
// the comments, and prints these variables.
//
// The program is testdata/engine. Its state lies in /tmp of the container, so that it is gone with each run: every `up`
// begins with nothing, and that is enough to see whether it ran.
package engine
