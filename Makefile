# Everything runs in .venv, which is made on first use: PYTHON=python3.12 make lab chooses another
# Python. macOS and Linux; on Windows see README.md.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python -m
COURSE := $(RUN) mmtutor.cli
NOTEBOOKS := notebooks solutions exercises
# Tests run side by side, whole files to a process; conftest.py gives each process one thread.
WORKERS ?= 2
# The last lines of `make test` name what failed: where only the end of a log is kept, it is there.
COSTS := build/costs
PYTEST := $(RUN) pytest
SIDE_BY_SIDE := $(PYTEST) --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
TABLE := $(RUN) tests.running.table $(COSTS)
# One lesson, by its number or its name: L=11 or L=gans.
LESSON := $(basename $(notdir $(wildcard notebooks/$(L)_*.ipynb notebooks/??_$(L).ipynb)))
SLUG := $(shell echo $(LESSON) | cut -c 4-)
ROOMS = $(wildcard */$(LESSON).ipynb mmtutor/$(SLUG).py mmtutor/checks/$(SLUG)* tests/*/test_$(SLUG).py tests/*/$(SLUG).py)

.DEFAULT_GOAL := help
.PHONY: help lab data test test-fast lesson known lint notebooks exercises clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.course data ## install the course, build its data, open it in JupyterLab
	$(COURSE) lab

data: $(VENV)/.course ## build the data (up to two minutes once; kept in data/cache)
	$(COURSE) data

test: $(VENV)/.test lint data ## run everything: lint, unit tests, browser, every notebook
	$(COURSE) release --check
	rm -rf $(COSTS)
	@trap 'exit 130' INT; failed=; set -x; \
	$(SIDE_BY_SIDE) --costs $(COSTS) --nbval-lax -m "not serial" tests $(NOTEBOOKS) || failed=1; \
	$(PYTEST) --costs $(COSTS) -m serial tests || failed=1; \
	$(TABLE) || failed=1; \
	cat .pytest_cache/v/cache/lastfailed || true; \
	test -z "$$failed"

test-fast: $(VENV)/.test lint data ## lint and unit tests, no notebook, no long list of answers (5 minutes)
	$(SIDE_BY_SIDE) -m "not serial and not answers and not pairs and not training" tests

lesson: known $(VENV)/.test data ## run what belongs to one lesson: make lesson L=11
	$(RUN) ruff check $(ROOMS)
	$(RUN) ruff format --check --force-exclude $(ROOMS)
	rm -rf $(COSTS)
	$(SIDE_BY_SIDE) --costs $(COSTS) --nbval-lax -k "$(LESSON) or $(SLUG)." \
	  tests/test_structure.py tests/lessons tests/checks $(NOTEBOOKS)
	$(TABLE)

known:
	@test -n "$(SLUG)" || { echo "Which lesson? make lesson L=11, or L=gans"; exit 2; }

lint: $(VENV)/.test ## check style and format of code and notebooks
	$(RUN) ruff check .
	$(RUN) ruff format --check .

notebooks: $(VENV)/.test ## run every lesson and solution and store what they show
	$(COURSE) run all --store

exercises: $(VENV)/.test ## generate exercises/ from solutions/
	$(COURSE) release

# What the book needs lies beside the course's environment, which stays as it is.
BOOK := build/bookenv
.PHONY: book book-test
book: $(BOOK)/.book ## make the course as a book in build/book/html, from stored outputs
	$(BOOK)/bin/python docs/book/make.py

book-test: $(BOOK)/.book ## make the book and look at each of its pages in Chromium
	$(BOOK)/bin/python -m pytest tests/book

.PHONY: gpu-check
gpu-check: $(VENV)/.test ## try all that needs a GPU, in 8 minutes (without one: a dry run on the CPU)
	$(VENV)/bin/python benchmarks/gpu_check.py

clean: ## remove built data and caches (delete .venv yourself to install again)
	rm -rf build data/cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -not -path "./$(VENV)/*" -prune -exec rm -rf {} +

# The stamps remember what was installed: pip runs again only when pyproject.toml is newer.
$(VENV)/bin/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "The course needs Python 3.11 or newer: make lab PYTHON=python3.12 chooses one."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.course: pyproject.toml | $(VENV)/bin/python
	$(RUN) pip install --disable-pip-version-check --editable .
	touch $@

$(BOOK)/.book: pyproject.toml docs/book/environment.py $(VENV)/.test
	$(VENV)/bin/python docs/book/environment.py $(BOOK)
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(RUN) pip install --disable-pip-version-check --editable ".[test]"
	touch $@ $(VENV)/.course
