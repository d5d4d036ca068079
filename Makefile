# All the set-up there is: every target that needs .venv makes it first, from requirements.lock.
.DEFAULT_GOAL := help
.PHONY: help demo test check chaos bench soak lock

READY := .venv/.ready
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
UV ?= uv

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 15

demo: $(READY) ## Try it: a local Slack and a rehearsal model on one page (ARGS="--reset" starts over)
	@.venv/bin/bot demo $(ARGS)

test: $(READY) ## Run the tests (ARGS="tests/house -x" chooses)
	@.venv/bin/pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(READY) ## Run the linters, the type checker and the import contracts, then the tests
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@PYRIGHT_PYTHON_GLOBAL_NODE=0 PYRIGHT_PYTHON_IGNORE_WARNINGS=1 .venv/bin/pyright
	@.venv/bin/lint-imports --no-logo --no-cache
	@$(MAKE) --no-print-directory test

chaos: $(READY) ## Kill processes at random for ten minutes, then check everything (ARGS="--seconds 60")
	@.venv/bin/python -m tests.chaos $(ARGS)

bench: $(READY) ## Measure how quick it is here: a table, build/bench.json, build/bench.svg (ARGS="--runs 9")
	@.venv/bin/python -m tests.bench $(ARGS)

soak: $(READY) ## 200 Slack events a second for a minute over connections that break: what is lost, how quick (ARGS="--seconds 10")
	@.venv/bin/python -m tests.bench.soak $(ARGS)

lock: ## Renew requirements.lock from pyproject.toml (developers; needs uv, UPGRADE=1 takes newer releases)
	@$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --quiet $(if $(UPGRADE),--upgrade) --output-file requirements.lock

# The first Python in PYTHON that is new enough makes the environment; an unusable .venv is made again.
$(READY): requirements.lock pyproject.toml
	@set -e; \
	if ! .venv/bin/python -c 'import pip' 2>/dev/null; then \
	  for python in $(PYTHON) none; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	  done; \
	  if [ "$$python" = none ]; then \
	    echo 'No Python 3.11 or newer found: install one, or name it: make PYTHON=/path/to/python3' >&2; exit 2; \
	  fi; \
	  if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$python cannot make an environment with pip: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 2; \
	  fi; \
	  echo 'Setting up .venv from requirements.lock (once, about a minute) ...'; \
	  "$$python" -m venv --clear .venv; \
	else \
	  echo 'Bringing .venv up to date with requirements.lock ...'; \
	fi; \
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	touch $@
