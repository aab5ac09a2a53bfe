# `make report` and `make test` do all the set-up on a fresh machine: Python 3.11 or newer and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
EXAMPLE := build/example
# among how many processes the tests are shared out
PROCESSES ?= 2

.DEFAULT_GOAL := report
.PHONY: report test bench lint browser postgres wheel clean

# the package and what it needs to run
$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pdsa needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 report")'
	@echo "Setting up $(VENV) (once, about two minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) pip hatchling editables
	@$(PIP) --no-build-isolation --editable .
	@touch $@

# the tools that only developers need
$(VENV)/.dev: $(VENV)/.run
	@$(PIP) --group dev
	@touch $@

$(EXAMPLE)/network.yaml: $(VENV)/.run $(wildcard src/pdsa/example/*.py src/pdsa/example/log/*.yaml)
	@rm -rf $(EXAMPLE)
	@$(BIN)/pdsa example $(EXAMPLE)

report: $(EXAMPLE)/network.yaml
	@$(BIN)/pdsa report $(EXAMPLE)/params/example.yaml

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Chromium for the browser tests: installed where that is possible, otherwise the tests say what to run
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the browser tests ..."; \
	    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	  else echo "No Chromium: the browser tests are skipped. Install it, for example: sudo apt-get install chromium"; fi

# PostgreSQL 15 or newer for the tests of the log: they start a server of their own, so none is set up to run
postgres:
	@ls /usr/lib/postgresql/1[5-9]/bin/postgres /usr/lib/postgresql/[2-9][0-9]/bin/postgres 2>/dev/null | grep -q . || \
	  command -v postgres >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing PostgreSQL for the tests of the log ..."; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq >/dev/null && apt-get install -y -qq postgresql-common >/dev/null && \
	    sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && \
	    apt-get install -y -qq postgresql >/dev/null; \
	  else echo "No PostgreSQL: its tests are skipped. Install it, for example: sudo apt-get install postgresql"; fi

test: $(VENV)/.dev $(EXAMPLE)/network.yaml lint browser postgres
	$(BIN)/python -m pytest -q --nbval-lax --nbval-current-env --nbval-cell-timeout 120 notebooks --ignore notebooks/methods
	$(BIN)/python -m pytest -q --nbval --nbval-current-env --nbval-cell-timeout 120 notebooks/methods
	$(BIN)/python -m pytest -q --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder -m "not alone"
	$(BIN)/python -m pytest -q -m alone

bench: $(VENV)/.dev postgres
	$(BIN)/python -m pytest -q -s tests/benchmarks/*.py

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel --no-isolation
	@ls dist/*.whl

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
