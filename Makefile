# What a newcomer needs: `make run` shows Skyform at work, `make test` says whether a change is good.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help run test check docs web web-check

help:  ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.base  ## Classify the sample galaxies, then serve the page
	@$(BIN)/skyform demo
	@exec $(BIN)/skyform serve

test: check  ## Everything: style, types, import contract, tests
	@echo "pytest"
	@OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist worksteal

check: $(VENV)/.full  ## Only what needs no running: style, types, import contract
	@echo "ruff"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@echo "import-linter"
	@$(BIN)/lint-imports --no-logo
	@echo "pyright"
	@$(BIN)/pyright

docs: $(VENV)/.full  ## Build the documentation site into build/docs, running its tutorials
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

web: web/node_modules/.stamp  ## Build the front end into the package (needs Node 20; its result is committed)
	@cd web && npm run --silent build

web-check: web/node_modules/.stamp  ## The front end: types, style, tests, and that the committed build is this one
	@echo "web"
	@cd web && npm run --silent check && npm test --silent && npm run --silent build -- --logLevel warn
	@git diff --exit-code --stat -- src/skyform/server/site || { \
		echo "The committed front end is not what its sources give: run make web and commit src/skyform/server/site." >&2; exit 1; }

web/node_modules/.stamp: web/package.json web/package-lock.json
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

# The stamps are the last thing that a set-up writes, so an interrupted one starts again.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	@echo "Installing Skyform into $(VENV) (about a minute, once)..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.full: pyproject.toml | $(BIN)/python
	@echo "Installing Skyform with PyTorch and the test tools into $(VENV) (about 6 GB, a few minutes, once)..."
	@$(PIP) -e '.[train,search,cloud,postgres,docs,dev]'
	@touch $(VENV)/.base $@

# PYTHON=/path/to/python chooses one; otherwise the first on the path that is new enough.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$("$$python" --version)"; \
			"$$python" -m venv $(VENV) && exit 0; \
			rm -f $@; \
			echo "Python has no working venv module; on Debian or Ubuntu: apt install python3-venv" >&2; \
			exit 1; \
		fi; \
	done; \
	echo "Skyform needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
	echo "Install one, or name it: make run PYTHON=/path/to/python3.11" >&2; \
	exit 1
