# `make help` lists the targets from the comments behind them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# What `make serve` shows while there is no store of one's own: that of the demo.
STORE := $(if $(WHENCE_STORE)$(wildcard whence.db),,$(if $(wildcard build/demo/whence.db),--store sqlite:build/demo/whence.db))
WEB := api/web
PAGE := $(WEB)/dist/index.html
PAGE_FILES := $(WEB)/index.html $(wildcard $(WEB)/*.json $(WEB)/*.js $(WEB)/src/* $(WEB)/src/*/*)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test check format format-check lint types contracts serve neo4j-start neo4j-stop \
	proofs bench constraints openapi page screenshots clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.base $(PAGE) ## Load the example data, ask four questions, draw one answer
	@$(BIN)/python scripts/demo

test: $(VENV)/.dev $(PAGE) ## Run the tests (ARGS='-k name' to choose)
	$(BIN)/pytest $(ARGS)

check: format-check lint types contracts test ## All that must pass before a commit

format: $(VENV)/.dev ## Format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

format-check: $(VENV)/.dev
	$(BIN)/ruff format --check

lint: $(VENV)/.dev ## Run ruff
	$(BIN)/ruff check

types: $(VENV)/.dev ## Run mypy --strict
	$(BIN)/mypy

contracts: $(VENV)/.dev ## Check who imports what
	$(BIN)/lint-imports

serve: $(VENV)/.base $(PAGE) ## Serve the page and the HTTP API on this machine only
	$(BIN)/whence $(STORE) serve $(ARGS)

page: $(VENV)/.base ## Build the web page anew
	@$(BIN)/python scripts/page

# Said and gone on without where it cannot be built.
$(PAGE): $(PAGE_FILES) | $(VENV)/.base
	@$(BIN)/python scripts/page --if-possible

screenshots: $(VENV)/.dev page ## Draw the pictures of the page in docs/images anew
	$(BIN)/python scripts/screenshots

neo4j-start: ## Start a local Neo4j (password from WHENCE_NEO4J_PASSWORD)
	$(PYTHON) scripts/neo4j-local start $(ARGS)

neo4j-stop: ## Stop the local Neo4j
	$(PYTHON) scripts/neo4j-local stop $(ARGS)

proofs: $(VENV)/.dev ## Run all tests, searching longer; none that needs a server or the data sets is skipped
	WHENCE_PROOFS=1 WHENCE_REQUIRE=neo4j,data,postgres,browser $(BIN)/pytest $(ARGS)

bench: $(VENV)/.dev ## Measure asking and loading (needs the public data sets); ARGS=--whole for the large graph
	@rm -rf build/bench && mkdir -p build/bench
	$(BIN)/whence --store sqlite:build/bench/supply.db load examples/supply/*.yml --json > build/bench/load.json
	$(BIN)/python benchmarks/ask.py --store sqlite:build/bench/supply.db --questions examples/supply/questions.jsonl --grow 10
	$(BIN)/python benchmarks/scale.py $(ARGS)
	$(BIN)/python benchmarks/load.py
	$(BIN)/python benchmarks/load_rows.py

openapi: $(VENV)/.base ## Write docs/openapi.json and the JSON Schemas of docs anew
	$(BIN)/python -m api.openapi docs/openapi.json
	$(BIN)/python -m loaders.schema docs/dataset-file.schema.json
	$(BIN)/python -m kg.models.file docs/models-file.schema.json
	$(BIN)/python -m kg.decisions.review_file docs/review-rules.schema.json
	$(BIN)/python -m kg.decisions.table_file docs/decision-table.schema.json

constraints: ## Write constraints.txt anew from a fresh environment
	@rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet -e '.[dev]'
	{ echo '# Pins of every package of the base and the dev install. Made by `make constraints`.'; \
	  build/constraints/bin/python -m pip list --format=freeze --exclude pip --exclude setuptools --exclude whence; \
	} > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/constraints

clean: ## Remove what was built; .venv stays
	rm -rf build dist $(WEB)/dist $(WEB)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find kg api loaders tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing Whence into $(VENV); the first time takes about a minute.'
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing Whence and its development tools into $(VENV); the first time takes about a minute.'
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.base $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Whence needs Python 3.11 or newer, and $(PYTHON) is not. Name another one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) cannot make virtual environments. On Debian and Ubuntu install python3-venv.' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
