.DEFAULT_GOAL := help

# The tests talk DynamoDB's protocol to one static binary, in a folder that git ignores.
# Its publisher has packages for linux-x64, linux-arm64, darwin-x64 and darwin-arm64.
PLATFORM := $(shell uname -s | tr A-Z a-z)-$(shell uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
ENGINE_PACKAGE := @dynoxide/$(PLATFORM)@1.2.1
ENGINE := .tools/node_modules/@dynoxide/$(PLATFORM)/dynoxide
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
VULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
# SQLite's C, as Go, is not ours: with the race detector inside it, each statement takes four times as long. Its driver
# and its locks are watched as all else is.
NOT_SQLITE := -gcflags=modernc.org/sqlite/lib=-race=false
# Without .tools, in which other checks install things.
GO_FOLDERS := .ci cmd docs functions pkg

.PHONY: help run test quick test-clients test-sam test-api test-plan test-counters test-browser screenshots test-bench plan tools lint figures vuln bench flood fuzz build

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

run: ## run the service on this machine, http://127.0.0.1:8080
	go run ./cmd/countersign serve

test: tools ## run all tests, on both stores, with the race detector
	@.ci/test -race $(NOT_SQLITE) -shuffle=on ./...

quick: ## run the tests of the domain, the contracts and SQLite, in half a minute
	@go test ./pkg/otp ./pkg/admission ./pkg/ams ./pkg/unimatrix ./pkg/signature ./pkg/clients/... ./pkg/users \
	  ./pkg/message/... ./pkg/phone/... ./pkg/sqlitestore

test-clients: ## run vendors' own SDKs against the local server
	@go run ./.ci/clients

test-sam: ## validate, lint and build the template with SAM
	@.ci/sam

test-api: ## lint docs/openapi.yaml and the state machine, and test the local server against the first, also with generated clients
	@.ci/api/run

test-plan: ## compare the numbering plans with upstream's answers on 50,000 numbers
	@.ci/plan/run compare

test-counters: ## compare the count of parts with two counters of others, on 100,000 texts
	@.ci/counters/run

test-browser: ## open the page of docs/autofill.md and the console in headless Chromium
	@.ci/browser/run

screenshots: ## take the pictures of docs/console in headless Chromium
	@.ci/browser/run --screenshots

test-bench: ## run each Go benchmark ten times, to see that it runs
	@go test -run '^$$' -bench . -benchtime 10x \
	  $$(grep -rl --include='*_test.go' '^func Benchmark' pkg | xargs -n 1 dirname | sort -u | sed 's|^|./|')

plan: ## write the numbering plans from upstream's newest release, into pkg/phone/plan
	@.ci/plan/run generate

tools: $(ENGINE) ## install the DynamoDB engine of the tests into .tools (not where DYNAMODB_ENDPOINT is set)

$(ENGINE):
	@if [ -z "$$DYNAMODB_ENDPOINT" ]; then \
	  mkdir -p .tools && \
	  npm install --prefix .tools --no-save --no-audit --no-fund --loglevel=error $(ENGINE_PACKAGE) || \
	  { echo "npm could not install $(ENGINE_PACKAGE); without it the DynamoDB tests are skipped" >&2; [ "$$CI" != true ]; }; \
	fi

# gosec leaves out what this code does on purpose: errors that are ignored (G104),
# commands that tools and tests run (G204), files that an operator names (G304). It does
# not look at tests.
lint: ## gofmt, go mod tidy, lines of at most 120 columns, functions of at most 60 lines, go vet, staticcheck, gosec
	@test -z "$$(gofmt -l $(GO_FOLDERS))" || { gofmt -d $(GO_FOLDERS); exit 1; }
	go mod tidy -diff
	@go run ./.ci/figures -wide -long
	go vet ./...
	GOGC=400 go run $(STATICCHECK) ./... # else half of its time is the garbage collector's
	go run -C .ci/gosec . -exclude G104,G204,G304 -exclude-dir .ci,cmd/bench,pkg/otp/storetest,pkg/changes/changestest

figures: ## count lines, functions and files, here and in the commit before=...
	@go run ./.ci/figures -before $(or $(before),54e827d)

vuln: ## known vulnerabilities of what we depend on (asks vuln.go.dev)
	go run $(VULNCHECK) ./...

bench: ## measure speed, and write docs/benchmarks.md
	go run ./cmd/bench -o docs/benchmarks.md

flood: ## measure how clients come in, and what strangers cost, under 1,000 invented ids a second
	go run ./cmd/bench -flood

fuzz: ## run each fuzz target for 20 seconds
	@for t in pkg/strictjson:FuzzDecode pkg/ams:FuzzBody pkg/ams:FuzzClientID pkg/phone:FuzzSplit pkg/config:FuzzLoad pkg/gateway:FuzzInvoke \
	  pkg/signature:FuzzParse pkg/signature:FuzzParseTime pkg/signature:FuzzParsePublicKey pkg/unimatrix:FuzzQuery pkg/unimatrix:FuzzBody pkg/keyring:FuzzParse pkg/message:FuzzOwn pkg/message:FuzzRegistered pkg/admission:FuzzPayment pkg/otp:FuzzPack pkg/message/languages:FuzzTag pkg/phone/plan:FuzzLookup pkg/cognito:FuzzInvoke pkg/receipts:FuzzRead pkg/guard:FuzzTag pkg/guard:FuzzKindOf pkg/console:FuzzTry; do \
	  go test -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime 20s "./$${t%:*}" || exit 1; done

build: ## build the functions as Lambda wants them, into .aws-sam/plain
	@for f in init verify otp changes cognito receipts; do \
	  CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -trimpath -ldflags '-s -w' -o .aws-sam/plain/$$f/bootstrap ./functions/$$f || exit 1; done
	@ls -l .aws-sam/plain/*/bootstrap
