# Two commands for a newcomer: `make demo` and `make test`. Each sets up .venv by itself, and is quick the second time.
# `make check` runs the linters and type checkers. Needs: python3 (3.11 or newer) with venv, and make.

PYTHON ?= python3
BIN := .venv/bin
MANIFESTS := pyproject.toml constraints.txt $(wildcard */pyproject.toml plugins/*/pyproject.toml examples/*/pyproject.toml)
STAMP := .venv/.installed

.PHONY: demo test check
.DEFAULT_GOAL := test

demo: $(STAMP)
	@$(BIN)/python -m conduit.demo

test: $(STAMP)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(STAMP)
	@echo "== ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "== import-linter"; $(BIN)/lint-imports
	@echo "== mypy (sources)"; $(BIN)/mypy $(wildcard */src plugins/*/src examples/*/src)
	@echo "== mypy (tests)"; set -e; for folder in $$(find . -name 'test_*.py' -not -path './.*' -printf '%h\n' | sort -u); do \
	    echo "   $$folder"; $(BIN)/mypy --allow-untyped-defs --allow-incomplete-defs --disable-error-code var-annotated $$folder/*.py; done

$(STAMP): $(MANIFESTS)
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V); try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "== virtual environment in .venv"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || \
	    { echo "the venv module is incomplete; on Debian: apt install python3-venv" >&2; exit 1; }
	@echo "== packages (the first time, a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt --group dev \
	    $(patsubst %/pyproject.toml,-e %,$(filter-out kernel/pyproject.toml pyproject.toml,$(filter %/pyproject.toml,$(MANIFESTS)))) \
	    -e 'kernel[testing]'
	@touch $@
