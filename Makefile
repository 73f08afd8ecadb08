# Bare make lists what can be done. Every target works from a fresh clone and
# needs the network for the Go modules only.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'
TOOL    := go tool -modfile=testdata/tools/go.mod
# How long each fuzz target runs, and how often a random kill is tried.
FUZZTIME ?= 20s
FAULT_ROUNDS ?= 100
# How long make soak loads an engine.
SOAK ?= 1h

.DEFAULT_GOAL := help
.PHONY: help run build install cross test race e2e test-oidc try-oidc faults soak fuzz bench cover update-golden lint fmt vuln clean need-go need-all

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: need-all build ## build and start the console
	./bin/fndeck

build: need-go ## build bin/fndeck
	$(BUILD) -o bin/fndeck ./cmd/fndeck

install: need-go ## install fndeck into Go's bin directory
	CGO_ENABLED=0 go install -trimpath -ldflags '$(LDFLAGS)' ./cmd/fndeck

# What nobody runs need not be fast: without optimisation it is built in two
# thirds of the time.
cross: need-go ## build for PLATFORM=os/arch, to see that it builds
	CGO_ENABLED=0 GOOS=$(word 1,$(subst /, ,$(PLATFORM))) GOARCH=$(word 2,$(subst /, ,$(PLATFORM))) \
		go build -gcflags='all=-N -l' -o /dev/null ./cmd/fndeck

# Lint vets, so the tests need not. A race program would wait a second at its
# end for races that come late; make race lets it wait.
test: need-all ## run all tests, with the race detector where it can be built
	@race=$$(.ci/race) && set -x && GORACE="atexit_sleep_ms=0 $$GORACE" go test -vet=off $$race ./...

race: need-all ## run all tests anew in random order under the race detector
	go test -race -shuffle=on -count=1 ./...

e2e: need-all ## run the scripts against the real binary and a real engine
	go test -count=1 -run 'TestScripts|TestFarContexts|TestReadme|Terminal' -v ./cmd/fndeck

test-oidc: need-all ## run the tests of signing in against a real OpenID provider, if node and npm are there
	@.ci/oidc

try-oidc: ## start that provider to try signing in by hand, see docs/cognite.md
	@.ci/oidc serve

faults: need-all ## kill engine and workers FAULT_ROUNDS (100) times and at every call of the file system, cut redeploys at every request
	FNDECK_FAULT_ROUNDS=$(FAULT_ROUNDS) go test -count=1 -timeout 2h -v -run 'Kill|Dead|Restart|Die|Damaged|FileSystemCall' ./client/embedded ./client/embedded/engine/...
	FNDECK_FAULT_ROUNDS=$(FAULT_ROUNDS) go test -count=1 -timeout 2h -v -run 'Anywhere|AtAny|HearsOfNoChange' ./client/cognite/redeploy
	go test -count=1 -run 'TestScripts/main_job' ./cmd/fndeck

soak: need-all ## load an engine for SOAK (1h) and see that its memory, descriptors and goroutines stay
	FNDECK_SOAK=$(SOAK) go test -count=1 -timeout 0 -v -run TestAnEngineUnderLoadStaysAsItIs ./cmd/fndeck

fuzz: need-go ## run every fuzz target for FUZZTIME (20s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$$dir"/*_test.go | cut -d' ' -f2); do \
			echo "$$dir $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; \
		done; \
	done

bench: need-go ## run the benchmarks: ratios to a floor of the same run
	go test -run '^$$' -bench . -timeout 1h ./...

cover: need-all ## measure the coverage of the tests, into coverage.out
	go test -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out | tail -1

update-golden: need-go ## draw the golden frames anew; read the difference
	@for dir in $$(grep -rlE 'exp/golden"|flag.Bool\("update"' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
		echo "$$dir"; go test -short "$$dir" -update || exit 1; \
	done
	git diff --stat -- '*testdata*' docs/keys.md docs/licences.md

# Built as the program is, so that what the tests of the binary have compiled is
# not compiled again.
lint: export CGO_ENABLED := 0
lint: need-go ## check format, vet and staticcheck
	@unformatted=$$($(TOOL) gofumpt -l auth client cmd ui views) && \
		if [ -n "$$unformatted" ]; then echo "not formatted, make fmt does it:"; echo "$$unformatted"; exit 1; fi
	go vet -trimpath ./...
	GOFLAGS="$$(go env GOFLAGS) -trimpath" $(TOOL) staticcheck ./...

fmt: need-go ## format the code
	$(TOOL) gofumpt -w auth client cmd ui views

vuln: need-go ## look for known vulnerabilities; fetches their list
	$(TOOL) govulncheck ./...

clean: ## remove what the targets made
	rm -rf bin coverage.out testdata/oidc/node_modules

need-go:
	@.ci/need go

need-all:
	@.ci/need go python
