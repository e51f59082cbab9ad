# Everything a developer or a first-time user runs. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CARGO := cargo
BIN := target/debug

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## install what is missing, build, play the stories, open the console (BATCH=1: print and exit; PCAP=file: your own traffic)
	@scripts/setup demo
	@$(CARGO) build --workspace --bins --locked
	@$(BIN)/bartizan demo $(if $(BATCH),--batch) $(if $(PCAP),--pcap $(PCAP)) $(if $(POLICY),--policy $(POLICY))

test: ## install what is missing, build the programs, run every test
	@scripts/setup test
	@$(CARGO) build --workspace --bins --locked
	@scripts/test

check: ## format, lints, spelling, unused dependencies
	@scripts/setup check
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@scripts/tool typos
	@scripts/tool cargo-machete

fmt: ## format everything
	@$(CARGO) fmt --all

lint: ## lints alone
	@$(CARGO) clippy --workspace --all-targets -- -D warnings

bless: ## accept new snapshots and generated files
	@BLESS=1 INSTA_UPDATE=always $(CARGO) test --workspace

engine: ## fetch and verify the embedded ClickHouse engine
	@scripts/engine

stories: ## write the captures of every story below target/stories
	@$(CARGO) build --bin bartizan-stories
	@$(BIN)/bartizan-stories list | awk '{ print $$1 }' | while read -r story; do $(BIN)/bartizan-stories write $$story --out target/stories/$$story; done

evaluate: ## hold the detections against generators; writes docs/detection-quality.md
	@$(CARGO) build --bin bartizan-analyzer
	@$(BIN)/bartizan-analyzer evaluate beacon --write docs/detection-quality.md

foresight: ## fit early warning on generated banks and measure it; about an hour; writes docs/early-warning.md
	@$(CARGO) build --bin bartizan-analyzer --bin bartizan-stories --bin bartizan-store
	@$(BIN)/bartizan-analyzer evaluate forecast --make-model analyzer/src/forecast --write docs/early-warning.md

tables: ## make the beacon's templates and knots again from their seeds
	@$(CARGO) build --bin bartizan-analyzer
	@$(BIN)/bartizan-analyzer evaluate beacon --make-tables analyzer/src/detections/beacon

.PHONY: help demo test check fmt lint bless engine stories evaluate foresight tables
