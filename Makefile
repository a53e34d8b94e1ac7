# The same few commands for people and for CI. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-crash test-sanitize fuzz lint bench bench-million bench-durability bench-rotation bench-limits bench-pacing clean

nightjar := .build/release/nightjar

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## install missing Debian packages
	@scripts/setup

build: ## build .build/release/nightjar, one file without the Swift runtime beside it
	@scripts/setup --build-only
	swift build -c release --static-swift-stdlib -Xlinker -s --product nightjar

demo: build ## a few hundred real documents through a local provider, killed and resumed
	@scripts/demo $(nightjar)

test: setup lint ## everything that must hold: style, then every test
	swift build --build-tests
	scripts/run-tests

test-crash: setup ## 200 kills of a run, 500 of a queue's workers, thousands of schedules (ten minutes)
	swift build --build-tests
	NIGHTJAR_KILLS=200 NIGHTJAR_JOBS=20000 scripts/run-tests --filter RandomKillTests
	NIGHTJAR_KILLS=500 NIGHTJAR_JOBS=20000 scripts/run-tests --filter QueueKillTests
	NIGHTJAR_SEEDS=100 scripts/run-tests --filter turned
	NIGHTJAR_SEEDS=10 scripts/run-tests --filter 'A batch that anything happens to|A dispatcher in a simulated world'

test-sanitize: setup ## every test under the address and the thread sanitizer
	@scripts/test-sanitize

fuzz: setup ## libFuzzer on every reader of bytes from outside, an hour for each (FUZZ_SECONDS)
	@scripts/fuzz

lint: ## formatting and naming, without changing anything
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

bench: setup build ## cost and speed beside a bare libcurl loop (about five minutes)
	@scripts/bench/bench.py

bench-million: setup build ## a million jobs: is it flat? (about five minutes, 2 GB of disk)
	@scripts/bench/bench.py million

bench-durability: setup build ## what durable commits cost, beside a RAM disk without fsync (two minutes)
	@scripts/bench/durability.py

bench-rotation: setup build ## a key rotated every second, its store sealed and killed (eight minutes)
	@scripts/bench/rotation.py

bench-pacing: setup ## the pacer beside the clients people use today, simulated (two minutes)
	@scripts/bench/pacing

bench-limits: setup build ## how much of an allowed rate is used, at the simulator's limits (twenty minutes)
	@scripts/bench/limits.py

clean: ## remove everything that was built
	rm -rf .build
