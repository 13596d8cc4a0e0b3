# Every command of this project. `make` alone lists them.
#
# All of them build with one cargo profile (release; our own crates keep debug assertions and
# overflow checks) into one target folder (.ci/env), so that RocksDB is compiled once.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
CARGO := . .ci/env && cargo
BIN := . .ci/env && "$$CARGO_TARGET_DIR"/release

# Passed through: make demo ARGS="--nodes 1", make bench ARGS="run order_hot",
# make test ARGS="place_order".
# Always the whole workspace: with `-p` cargo resolves other features and compiles much again.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test verify bench soak api-contract setup build fmt dist

help: ## this list
	@printf 'Stoa: make <command>\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name what; do printf '  %-12s %s\n' "$$name" "$$what"; done

demo: build ## a three-node cluster with a real catalog, on this machine; Ctrl-C ends it
	@$(BIN)/stoa demo $(ARGS)

test: build ## every test, process tests with kill -9 included
	@$(CARGO) test --release --locked --workspace --no-fail-fast $(ARGS)

verify: setup ## fmt, clippy, doc, deny: never writes to the tree
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || \
		{ echo 'verify: rustfmt or clippy is missing. Type: rustup component add rustfmt clippy' >&2; exit 1; }
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	@. .ci/env && RUSTDOCFLAGS='-D warnings' \
		cargo doc --release --locked --workspace --no-deps --document-private-items
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check; \
		else echo 'verify: cargo-deny is not installed, licences and advisories not checked' >&2; fi

bench: build ## a short suite of loads with an audit after each; ARGS="run order_hot" picks one
	@$(BIN)/stoa-bench $(or $(ARGS),suite --seconds 5 --warmup 2)

soak: build ## long process tests; SECONDS_EACH, LIVES and RACES set how long
	@STOA_SOAK_SECONDS=$${SECONDS_EACH:-120} && STOA_LIVES=$${LIVES:-10000} && \
		STOA_RACES=$${RACES:-1000} && export STOA_SOAK_SECONDS STOA_LIVES STOA_RACES && \
		$(CARGO) test --release --locked --workspace --test it -- --test-threads 1 \
		process:: expiry::

api-contract: build ## schemathesis, where installed, tries a node against the OpenAPI document; CASES
	@.ci/api-contract

setup: ## checks for compilers and libclang, installs libclang
	@.ci/setup

build: setup ## all binaries: stoad, stoa, stoa-bench, stoa-stripe-sim
	@$(CARGO) build --release --locked --workspace --bins

fmt: ## formats the tree
	@cargo fmt --all

dist: setup ## a tar of stripped binaries, in dist/ of the target folder (compiles RocksDB anew)
	@$(CARGO) build --profile dist --locked --workspace --bins
	@. .ci/env && tar -C "$$CARGO_TARGET_DIR"/dist -czf "$$CARGO_TARGET_DIR"/dist/stoa.tar.gz \
		stoad stoa stoa-bench stoa-stripe-sim && echo "$$CARGO_TARGET_DIR/dist/stoa.tar.gz"
