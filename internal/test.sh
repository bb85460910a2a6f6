#!/usr/bin/env bash
# Runs the tests of the repository's modules, as one stream of events for gotestsum. With "quick" only
# those that start neither Pulumi nor a browser, and without the race detector.
set -u
packages=$(go list ./...) race=-race
if [ "${1-}" = quick ]; then
    packages=$(grep -vx -e iac/internal/e2e -e iac/internal/engine -e iac/internal/teststack -e iac/internal/picture -e iac/internal/cmd/github -e iac/internal/cmd/record <<<"$packages")
    race=
fi
status=0
# shellcheck disable=SC2086 # words, and none at all
go test -json $race -timeout 60m -parallel 4 $packages || status=1
# Package main of the module has no tests of its own: it cannot start outside of a session.
# shellcheck disable=SC2086
(cd ci && go list -e ./... | grep '^dagger/iac/' | grep -v /internal/ | xargs go test -json $race -timeout 10m) || status=1
(cd internal/provider && go test -json ./...) || status=1
(cd examples/client && go test -json ./...) || status=1
exit $status
