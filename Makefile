# make preview shows what iac does, make test passes the tests: both set up all they need.

GO ?= go
BIN := $(CURDIR)/build/bin
# The module with the code that an engine would generate.
STAGE := $(CURDIR)/build/stage
# Modules of their own: they must build and pass the linter too.
MODULES := . $(STAGE) examples/client internal/provider testdata/infra testdata/tiny
FUZZ_TIME ?= 10s
GOTESTSUM := $(BIN)/gotestsum --format pkgname-and-test-fails --hide-summary skipped --raw-command --

.PHONY: preview test check vet lint unit fuzz bench bench-stacks picture recordings engine release tools test-tools check-tools stage clean

## preview: the module's own preview of testdata/infra, with real Pulumi and real gh
preview:
	@$(GO) run ./internal/cmd/preview

## test: everything that has to pass
test: test-tools vet lint fuzz unit

## check: what can be told in a minute, to run before each commit
check: check-tools vet lint
	@$(GOTESTSUM) ./internal/test.sh quick

# unit comes last: its last line says how many tests ran.
unit: test-tools
	@command -v "$${IAC_ENGINE_DAGGER:-dagger}" >/dev/null || echo "no dagger CLI: the tests for a real engine run on the host engine alone"
	@echo "running the tests, with the race detector, about half an hour"
	@$(GOTESTSUM) ./internal/test.sh

vet: stage
	@echo "go vet"
	@set -e; for m in $(MODULES); do (cd $$m && $(GO) vet ./...); done

lint: check-tools stage
	@echo "golangci-lint"
	@set -e; for m in $(MODULES); do (cd $$m && $(BIN)/golangci-lint run --config $(CURDIR)/.golangci.yml ./...); done

## fuzz: each fuzz target for FUZZ_TIME
fuzz:
	@./internal/fuzz.sh $(FUZZ_TIME) . ci

## bench: the module against a script that calls pulumi and gh by hand
bench: tools
	@$(GO) run ./internal/cmd/bench

## bench-stacks: 20 stacks of two programs against one of them, and the memory of 200
bench-stacks: tools
	@$(GO) run ./internal/cmd/bench -stacks -check

## picture: the pictures of comments in the documentation
picture: preview
	@cp build/preview/comment.png testdata/comment.png
	@$(GO) run ./internal/cmd/picture testdata/comments/stacks/14.md testdata/comment-many.png
	@echo "testdata/comment.png and testdata/comment-many.png are new"

## recordings: runs the real Pulumi on the programs of testdata and keeps what it prints
recordings:
	@$(GO) run ./internal/cmd/tools pulumi languages yaml provider nodejs
	@$(GO) run ./internal/cmd/record

## engine: the tests against a real engine, which must answer; internal/engine/doc.go has the variables
engine:
	@IAC_ENGINE=1 $(GO) test -count=1 -timeout 60m -v -run TestEngine ./internal/engine

## release: what release.yml runs
release:
	@./internal/release.sh

## tools: the programs that iac is developed with, into build/bin
tools:
	@$(GO) run ./internal/cmd/tools

test-tools:
	@$(GO) run ./internal/cmd/tools pulumi languages yaml provider gh nodejs pipelines chromium gcc jq lint testsum renovate

check-tools:
	@$(GO) run ./internal/cmd/tools gh nodejs pipelines jq lint testsum renovate

stage:
	@$(GO) run ./internal/cmd/hostdagger -m . stage $(STAGE)

clean:
	@chmod -R u+w build 2>/dev/null; rm -rf build
