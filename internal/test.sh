#!/usr/bin/env bash
# Runs the tests of the repository's modules, as one stream of events for gotestsum.
set -u
status=0
go test -json -race -timeout 40m -parallel 4 ./... || status=1
# Package main of the module has no tests of its own: it cannot start outside of a session.
(cd ci && go list -e ./... | grep '^dagger/iac/' | grep -v /internal/ | xargs go test -json -race -timeout 10m) || status=1
(cd internal/provider && go test -json ./...) || status=1
exit $status
