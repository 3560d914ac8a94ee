# Everything runs in .venv, which is made on first use: PYTHON=python3.12 make lab chooses another
# Python. macOS and Linux; on Windows see README.md.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python -m
COURSE := $(RUN) mmtutor.cli
NOTEBOOKS := notebooks solutions exercises
# What nbval runs leaves the reader's own progress alone.
QUIET := MMTUTOR_HEADLESS=1 MMTUTOR_BUDGET=quick MMTUTOR_HOME="$(CURDIR)/build/test-home"
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=600 -p no:xdist

.DEFAULT_GOAL := help
.PHONY: help lab data test test-fast lint notebooks exercises clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.course data ## install the course, build its data, open it in JupyterLab
	$(COURSE) lab

data: $(VENV)/.course ## build the data (seconds; kept in data/cache)
	$(COURSE) data

test: $(VENV)/.test lint ## run everything: lint, unit tests, browser, every notebook
	$(COURSE) release --check
	rm -rf build/test-home
	$(QUIET) $(RUN) pytest $(NBVAL) tests $(NOTEBOOKS)

test-fast: $(VENV)/.test lint ## lint and unit tests, no notebook, browser, pair of mistakes or long training (about 3 minutes)
	$(QUIET) $(RUN) pytest -m "not notebooks and not browser and not pairs and not training" tests

lint: $(VENV)/.test ## check style and format of code and notebooks
	$(RUN) ruff check .
	$(RUN) ruff format --check .

notebooks: $(VENV)/.test ## run every lesson and solution and store what they show
	$(COURSE) run all --store

exercises: $(VENV)/.test ## generate exercises/ from solutions/
	$(COURSE) release

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

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(RUN) pip install --disable-pip-version-check --editable ".[test]"
	touch $@ $(VENV)/.course
