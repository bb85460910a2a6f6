#!/usr/bin/env bash
# Starts an engine with Docker that trusts an authority made for the stand-in for GitHub, and prints the variables by which
# `make engine` uses both. In GitHub Actions: ./internal/engine/start.sh >> "$GITHUB_ENV"
set -euo pipefail
version=$(sed -n 's/.*"engineVersion": "\(v[0-9.]*\)".*/\1/p' dagger.json)
authority=$(mktemp -d)
go run ./internal/cmd/github authority "$authority"
docker run --detach --name iac-engine --privileged --volume /var/lib/dagger \
    --volume "$authority/ca.pem:/usr/local/share/ca-certificates/iac.crt:ro" "registry.dagger.io/engine:$version" >/dev/null
# The engine's containers reach this machine by the gateway of Docker's network.
gateway=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')
echo "_EXPERIMENTAL_DAGGER_RUNNER_HOST=docker-container://iac-engine"
echo "IAC_ENGINE_GITHUB=$gateway:8443"
echo "IAC_ENGINE_CA=$authority"
