# make run    set up and run the flagship scenario
# make test   set up and check everything: style, types, walls, tests
# make bench  set up and time everything; needs a quiet machine for half an hour
#
# Needs Python 3.11 or later with pip and venv, and make: `make run PYTHON=python3.12` picks another one.
# The network is needed the first time only; stamps in $(VENV) remember what is installed.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
SOURCES := $(shell find simmodel solvers scenarios -type f -not -name '*.pyc')

CREATED := $(VENV)/.created
INSTALLED := $(VENV)/.installed
DEVELOPING := $(VENV)/.developing

.DEFAULT_GOAL := run
.PHONY: run test bench format clean

run: $(INSTALLED)
	$(BIN)/simmodel run scenarios/almaty.yaml --out results/almaty --overwrite

# pytest comes last: its closing line is the last thing said
test: $(DEVELOPING)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/pytest

bench: $(DEVELOPING)
	$(BIN)/python -m benchmarks

format: $(DEVELOPING)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# The build tool goes into the environment and not into pip's throw-away one, so that installing again works offline.
$(CREATED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "simmodel needs Python 3.11 or later: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "preparing $(VENV)"
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' > $(VENV)/build-requires.txt
	@$(PIP) install --quiet --requirement $(VENV)/build-requires.txt
	@touch $@

# An editable installation by `make test` serves `make run` as well, and always shows the sources as they are.
$(INSTALLED): $(CREATED) $(SOURCES)
	@if [ ! -e $(DEVELOPING) ] || [ $(CREATED) -nt $(DEVELOPING) ]; then \
	  echo "installing simmodel (the first time: a few minutes)"; \
	  rm -f $(DEVELOPING); \
	  $(PIP) install --quiet --no-build-isolation . || exit 1; \
	fi
	@touch $@

$(DEVELOPING): $(CREATED)
	@echo "installing simmodel and its test tools (the first time: a few minutes)"
	@$(PIP) install --quiet --no-build-isolation --editable ".[test]"
	@touch $@
