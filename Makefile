# make help lists the targets. PYTHON=… chooses the interpreter, ARGS=… goes to the command behind the target.
SHELL := /bin/sh
PYTHON ?= $(shell sh scripts/python.sh)
BIN := .venv/bin
RUN_DEPS := .venv/.installed
DEV_DEPS := .venv/.installed-dev
ARGS ?=

.PHONY: help demo test check bench wheel clean
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE # the tests start hundreds of processes, and each would compile what it imports

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(RUN_DEPS) ## set everything up and search the options table on the synthetic market
	$(BIN)/python -m quantray.run +experiment=options_sweep $(ARGS)

test: $(DEV_DEPS) ## set everything up and run every test
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(DEV_DEPS) ## style, types and the core of the tests, with what it covers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m slipcover -m pytest -q -n auto --core $(ARGS)
	@$(BIN)/python -c "import json; print(json.load(open('.coverage'))['summary']['percent_covered_display'], '% of the lines of quantray ran; files of compiled functions are not counted')"

bench: $(DEV_DEPS) ## run every benchmark and write docs/benchmarks.md
	$(BIN)/python -m benchmarks $(ARGS)

wheel: $(DEV_DEPS) ## build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## remove the environment and what was built (outputs/ stays)
	rm -rf .venv build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "quantray needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.12 …" >&2; exit 2; }
	"$(PYTHON)" -m venv .venv

$(RUN_DEPS): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(DEV_DEPS): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ $(RUN_DEPS)
