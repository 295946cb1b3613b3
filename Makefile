# make demo   load the example incident and ask the first questions about it
# make demo-service  the same as a service: a folder watched, the server up, a finding posted; STAY=--stay keeps it up
# make test   lint, types and every test; REQUIRE_NEO4J=1 makes a missing Neo4j a failure, REQUIRE_CHROMIUM=1 a
#             missing Chromium, REQUIRE_SPARK=1 a missing Spark or Java 17; WORKERS=2 is the number of processes,
#             WORKERS=0 runs all in one
# make lint   ruff and mypy alone
# make bench  speed and memory, and the same beside an older commit; EVENTS=100000 is the size
# make bench-large  what needs millions of events; takes most of two hours
# make docs   write the tables of the documentation that the code knows
# make lock   write constraints.txt anew from pyproject.toml (needs uv)
# make clean  remove what make made in this folder

PYTHON ?= python3
EVENTS ?= 100000
PYTEST ?=
WORKERS ?= auto

VENV := .venv
BIN := $(VENV)/bin
CODE := lineage loaders cypher tests benchmarks
DEMO := .demo/lineage.db
export REQUIRE_NEO4J REQUIRE_CHROMIUM REQUIRE_SPARK

.DEFAULT_GOAL := test
.PHONY: env demo demo-service test lint bench bench-large docs lock clean

env: $(VENV)/.installed

# The environment is made anew only when the pinned versions change.
$(VENV)/.dependencies: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "make: $(PYTHON) is not Python 3.11 or newer: name one, as in 'make PYTHON=python3.12'" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.dependencies pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# $(call ask,ARGUMENTS): show a lineage command, then run it on the demo's store.
define ask
	@printf '\n$$ lineage %s\n' '$(1)'
	@LINEAGE_STORE=$(DEMO) $(BIN)/lineage $(1)
endef

demo: env
	@rm -rf $(dir $(DEMO)) && mkdir -p $(dir $(DEMO))
	$(call ask,load examples/incident/logs --accounts examples/incident/accounts.csv)
	$(call ask,info)
	$(call ask,who c0ffee00-0000-4000-8000-000000000007)
	$(call ask,who AKIA3WQUP53HKQ7V2LCK)
	$(call ask,trace c0ffee00-0000-4000-8000-000000000002)
	$(call ask,chains)
	$(call ask,cross-account)
	$(call ask,timeline c0ffee00-0000-4000-8000-000000000007)
	$(call ask,contain c0ffee00-0000-4000-8000-000000000002 --made)
	$(call ask,investigate examples/incident/finding.json --html .demo/report.html)
	$(call ask,graph trace c0ffee00-0000-4000-8000-000000000002 -o .demo/trace.html)
	@printf '\nThe story behind it: examples/incident/README.md\n'
	@printf 'For a browser: the report in .demo/report.html, the picture in .demo/trace.html\n'
	@printf 'Ask on: LINEAGE_STORE=$(DEMO) $(BIN)/lineage --help\n'

demo-service: env
	$(BIN)/python -m tests.demo_service .demo/service $(STAY)

lint: env
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=4 $(PYTEST)

bench: env
	$(BIN)/python -m benchmarks.bench --events $(EVENTS)
	$(BIN)/python -m benchmarks.against

bench-large: env
	$(BIN)/python -m benchmarks.large

docs: env
	$(BIN)/python -m tests.make_tables
	$(BIN)/python -m tests.make_graph_page

lock:
	@command -v uv >/dev/null || { echo "make: lock needs uv" >&2; exit 2; }
	@sed '/^[^#]/,$$d' constraints.txt > constraints.new
	uv pip compile pyproject.toml --quiet --all-extras --universal --fork-strategy fewest --python-version 3.11 \
	  --upgrade --generate-hashes --no-annotate --no-header >> constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) .demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
