# Guichet's few commands. `make` alone lists them.
# Needs Python 3.11 or newer with pip, and make; everything else comes from wheels into .tools and .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
SOURCES := core edge gateway portals perf observability deploy tests
ARGS ?=

# Dozens of processes start in a run of the tests: each would compile the code anew where a machine turns that off.
unexport PYTHONDONTWRITEBYTECODE

# Interpreters come from the machine, never from a download.
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy
export PIP_ROOT_USER_ACTION := ignore
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/  make \1|\2/' | column -t -s '|'

.PHONY: run
run: .venv/stamp-run .venv/stamp-assets ## Install what is missing, start everything here and print addresses and logins
	@exec $(BIN)/guichet up $(ARGS)

# A quarter of the time of a test is waiting, for a host, a browser or a clock: three share two cores.
.PHONY: test
test: .venv/stamp-dev .venv/stamp-assets ## Run every test but the long ones
	$(BIN)/python -m pytest -n 3 --dist loadfile -m "not faults_long and not pages_long" $(ARGS)

.PHONY: check
check: .venv/stamp-dev ## Format, lint, types, imports, spelling, dead code, security, migrations
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-types check-rest

# Types take as long as everything else together.
.PHONY: check-types check-rest
check-types:
	$(BIN)/basedpyright

check-rest:
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell $$(git ls-files)
	$(BIN)/vulture
	$(BIN)/bandit -q -c pyproject.toml -r $(filter-out tests,$(SOURCES))
	$(BIN)/python -m tests.architecture.lint_migrations

.PHONY: format
format: .venv/stamp-dev ## Format the code and repair what the linter can
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

.PHONY: faults
faults: .venv/stamp-dev ## Run the long fault matrix
	$(BIN)/python -m pytest -m "faults or faults_long" tests/faults $(ARGS)

.PHONY: hostile
hostile: .venv/stamp-dev .venv/stamp-assets ## Walk every endpoint and page with hostile bytes and values, at full length
	GUICHET_WHOLE_WALKS=1 $(BIN)/python -m pytest tests/integration/portals/test_any_address.py \
		tests/integration/gateway/test_schema.py tests/integration/gateway/test_any_bytes.py \
		tests/integration/edge/test_hostile.py tests/unit/core/bus/test_wire.py \
		tests/unit/edge/protocol/test_session.py $(ARGS)

.PHONY: pages
pages: .venv/stamp-dev .venv/stamp-assets ## Look at every page in every look, and walk a whole purchase; ARGS=--pictures=FOLDER keeps pictures
	$(BIN)/python -m pytest tests/browser/test_every_page.py tests/browser/test_whole_story.py $(ARGS)

.PHONY: bench
bench: .venv/stamp-dev ## Measure this machine and write the report under perf/
	$(BIN)/guichet bench authorise --report perf/report.md $(ARGS)

.PHONY: load
load: .venv/stamp-dev .venv/stamp-assets ## Load a stack of its own through the API, the pages and the terminals; report in perf/
	$(BIN)/python -m perf.load $(ARGS)

.PHONY: soak
soak: .venv/stamp-dev .venv/stamp-assets ## Let an hour pass with everything odd and processes killed, then verify
	$(BIN)/python -m perf.soak $(ARGS)

.PHONY: lock
lock: $(UV) ## Lock packages newly named in pyproject.toml; ARGS=--upgrade takes newer versions of all
	printf 'hatchling\neditables\n' | $(UV) pip compile pyproject.toml - --extra embedded $(LOCKED) $(ARGS) -o requirements.lock
	$(UV) pip compile pyproject.toml --all-extras -c requirements.lock $(LOCKED) $(ARGS) -o requirements-dev.lock

.PHONY: clean
clean: ## Remove what was installed and built; data in .data stays
	rm -rf .venv .tools .pytest_cache .ruff_cache .hypothesis portals/assets/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Hashes for every platform and Python, and no registry address.
LOCKED := --quiet --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --custom-compile-command "make lock"

.tools/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is older than 3.11; give another with PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "make: $(PYTHON) has no pip; install it (Debian: apt-get install python3-pip)" >&2; exit 1; }
	@echo "installing uv into .tools"
	@$(PYTHON) -m pip install --quiet --target .tools uv

.venv/bin/python: | $(UV)
	@test -x $@ || $(UV) venv --quiet --python "$$($(PYTHON) deploy/local/interpreter.py $(PYTHON))" .venv

# The stamps say which lock file the environment was made from, so a second run installs nothing.
.venv/stamp-run: requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing packages into .venv"
	@$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/stamp-dev: requirements-dev.lock .venv/stamp-run
	@echo "installing the tools of the gate into .venv"
	@$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r requirements-dev.lock
	@touch $@

# The portals' build of third-party front-end files; it lives with them.
ASSET_INPUTS := $(wildcard portals/assets/build.py portals/assets/package-lock.json portals/assets/src/* portals/assets/src/*/* portals/assets/src/*/*/*)
.venv/stamp-assets: .venv/stamp-run $(ASSET_INPUTS)
	@if test -f portals/assets/build.py; then echo "building front-end files"; $(BIN)/python -m portals.assets.build; fi
	@touch $@
