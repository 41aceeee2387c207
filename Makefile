# Everything a person or CI calls. Options go in ARGS, as in: make demo ARGS=--auto
.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format lock integrity mutation bench eval chaos e2e-k8s gallery
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
export UV_PYTHON_DOWNLOADS := never
export PYTHONUTF8 := 1

help: ## What can be called here
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## /  make \1\t/' | expand -t 20

setup: $(VENV)/.ready ## Create .venv from the locked dependencies

$(VENV)/.ready: requirements.lock
	@PYTHON=$(PYTHON) VENV=$(VENV) bash tools/setup.sh

demo: $(VENV)/.ready ## Break a small service, approve the fix, see it heal (ARGS=--auto, ARGS="--fault healthy")
	@$(BIN)/python -m bot demo $(ARGS)

up: $(VENV)/.ready ## Run bot, think and act with the Slack tokens of .env
	@$(BIN)/python -m bot up $(ARGS)

test: check ## Format, lint, types, contracts, then every test and the short forms of integrity and chaos
	@$(BIN)/python tools/run_tests.py $(ARGS)

check: $(VENV)/.ready ## Format, lint, types, contracts
	@$(BIN)/ruff format --check --quiet . || { echo "Formatting differs: run make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pyright --warnings | tail -n 20; exit $${PIPESTATUS[0]}
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.ready ## Format the code
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

lock: ## Renew requirements.lock (needs uv)
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 --group dev pyproject.toml -o requirements.lock

integrity: $(VENV)/.ready ## The approval-integrity table (ARGS=--short)
	@$(BIN)/python -m tests.integrity $(ARGS)

chaos: $(VENV)/.ready ## Kill processes at random under load (ARGS=--short)
	@$(BIN)/python -m tests.chaos $(ARGS)

mutation: $(VENV)/.ready ## Small faults in the gate, and how many the tests notice (ARGS="--share 0.2"), not in CI
	@$(BIN)/python tools/mutation.py $(ARGS)

bench: $(VENV)/.ready ## Speed and memory, printed
	@$(BIN)/python -m tests.bench $(ARGS)
	@$(BIN)/python -m tests.browser.startup || echo "The page is not measured: it needs chromium."

eval: $(VENV)/.ready ## Quality over recorded incidents (GREENLIGHT_MATERIAL=folder)
	@$(BIN)/python -m bot eval $(ARGS)
	@$(BIN)/python -m bot eval --secrets
	@$(BIN)/python -m bot eval --injections
	@$(BIN)/python -m pytest -q -rs -s tests/evals --deselect tests/evals/test_injection_bar.py

e2e-k8s: $(VENV)/.ready ## Kubernetes for real: builds a control plane once (Debian, root), not in CI
	@bash tools/kubernetes/build.sh
	@$(BIN)/python -m tests.e2e_k8s $(ARGS)

gallery: $(VENV)/.ready ## Screenshots of every state, into docs/gallery (needs chromium)
	@$(BIN)/python -m tests.browser.gallery $(ARGS)
