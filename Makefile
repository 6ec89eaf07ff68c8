# One command each; the environment is built once, inside the checkout, and again when pyproject.toml changes.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help env demo test test-s3 lint style types contracts bench docs clean

VENV ?= .venv
BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.complete
RUN := PATH="$(BIN):$$PATH"

# The first Python that is new enough; `make PYTHON=/path/to/python3.12 env` chooses another.
NEW_ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$each" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$each" && break; done)

help: ## say what there is
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile | expand -t 16

env: $(STAMP) ## build the environment in .venv, with uv where it is installed, else with pip

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none is on PATH" >&2; exit 1; }
	@echo "building the environment in $(VENV); this takes some minutes, once"
	@if command -v uv >/dev/null; then \
		uv venv --quiet --seed --allow-existing --python "$(PYTHON)" "$(VENV)"; \
		uv pip install --quiet --python "$(BIN)/python" --editable . --group dev; \
	else \
		"$(PYTHON)" -m venv "$(VENV)"; \
		"$(BIN)/python" -m pip install --quiet --upgrade "pip>=25.1"; \
		"$(BIN)/python" -m pip install --quiet --editable . --group dev; \
	fi
	@touch "$(STAMP)"

demo: $(STAMP) ## a dataset's life from an empty folder to a model retrained on the old data, each step proved
	@$(RUN) python -m examples.demo

test: $(STAMP) ## every test and every example in a docstring, on all cores
	@$(RUN) python -m pytest -n auto

test-s3: $(STAMP) ## the tests against a real S3 server, Ceph's; skipped where Debian's ceph-mon, ceph-osd, radosgw are missing
	@$(RUN) python -m pytest -m ceph tests/s3

lint: style types contracts ## style, types and import contracts

style: $(STAMP) ## style only
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

types: $(STAMP) ## types only
	@$(RUN) mypy

contracts: $(STAMP) ## import contracts only
	@$(RUN) lint-imports

bench: $(STAMP) ## what the hook, the command line and recording cost, beside Git, DVC and cp
	@$(RUN) python -m benchmarks

docs: $(STAMP) ## write the generated pages and the picture anew
	@$(RUN) python -m docs.generate

clean: ## remove the environment and what tools left behind
	rm -rf "$(VENV)" build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
