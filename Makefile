# The two commands are `make demo` and `make test`; everything they need they make themselves.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test bench soak lock dist services clean help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

demo: .venv/.installed  ## the main job on the built-in sandbox: poll, classify, tickets, report
	@$(BIN)/ntbcare demo --out demo

test: .venv/.developing services  ## lint, types, import contracts, and all tests, in parallel
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/checks

bench: .venv/.developing services  ## measured ratios against named baselines, in one run
	@$(BIN)/python -m tests.bench

soak: .venv/.developing services  ## the long tests, hours of them: schedules, kills; shorter with NTBCARE_SEEDS, NTBCARE_KILLS …
	@$(BIN)/python -m pytest -m soak -s -p no:xdist tests
	@NTBCARE_SOAK=1 $(BIN)/python -m pytest -s -p no:xdist tests/journeys/test_daemon_kills.py tests/journeys/test_daemon_machine.py

lock:  ## pin every package with hashes for Python 3.11 to 3.13 (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --quiet --extra build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --quiet --extra build --extra dev pyproject.toml -o requirements-dev.lock

dist: .venv/.developing  ## a wheel, in dist/
	@$(BIN)/python -m build --wheel --outdir dist . >/dev/null && ls dist/*.whl

services:
	@.ci/services

.venv/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed; run: apt-get install -y python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv .venv || { echo "venv is missing; run: apt-get install -y python3-venv" >&2; exit 2; }
	@touch $@

.venv/.installed: .venv/.made requirements.lock pyproject.toml setup.cfg
	@echo "Installing into .venv (once) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.developing: .venv/.installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

clean:  ## remove what was made here
	rm -rf .venv build dist *.egg-info demo .coverage* .mypy_cache .ruff_cache
