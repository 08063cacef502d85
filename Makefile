# Two commands do everything from a bare checkout: `make run` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
BIN := .venv/bin

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready  ## The environment, as uv.lock says

.venv/.ready: pyproject.toml uv.lock scripts/setup
	@scripts/setup
	@touch $@

run: setup  ## Serve the chat and a demo page at http://127.0.0.1:5005
	@$(BIN)/objection-bot serve

chat: setup  ## The same conversation in the terminal
	@$(BIN)/objection-bot chat

train: setup  ## Train the model when it is needed
	@$(BIN)/objection-bot train

check: setup  ## Style, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: audit
audit:  ## What is known against the versions in uv.lock and not explained in docs/security.md
	@scripts/audit

test: check  ## Every test that this machine can run, and what was left out and why
	@$(BIN)/objection-bot train
	@scripts/widget-tests
	@$(BIN)/python -m pytest -rs -n 2 --dist loadgroup --no-loadscope-reorder tests

evaluate: train  ## How well people are understood, beside stock Rasa; slow the first time
	@$(BIN)/python -W ignore -m bench.ladder
	@$(BIN)/python -W ignore -m bench.replies tests/evaluation/replies.jsonl --quiet
	@$(BIN)/python -W ignore -m bench.conversations tests/evaluation/conversations.yml --quiet

bench: train  ## Speed and memory beside stock Rasa, and a full record; an hour the first time
	@$(BIN)/python -W ignore -m bench.record
	@$(BIN)/python -W ignore -m bench.serving
	@$(BIN)/python -W ignore -m bench.plots

clean:  ## Remove what was made, but not the data in var/
	rm -rf .venv .venv-serving .tools models .rasa .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help setup run chat train check test evaluate bench clean
