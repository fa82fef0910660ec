# Every target makes .venv as needed; nothing outside this folder is touched.
#
#   make demo [ARGS=--exit]   install, start servers and two workers, train LeNet on MNIST, show the page
#   make test                 ruff, mypy and pytest
#   make lint                 ruff and mypy
#   make bench                images/s of one process beside PyTorch (downloads torch)
#
# PYTHON=python3.12 picks another interpreter (3.11 or later) when .venv is first made.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# --no-compile saves more than half of the installation; Python compiles what it imports.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: demo test lint bench clean

demo: $(VENV)/runtime.stamp
	@$(BIN)/grid demo $(ARGS)

test: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/bench.stamp
	$(BIN)/python bench/train.py $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info

# A stamp is made by the installation that it is named after, and made again when pyproject.toml changes.
$(VENV)/runtime.stamp: pyproject.toml | $(BIN)/pip
	@echo "Installing Nabe into $(VENV): a download of about 300 MB, most of it the OpenCL driver for the CPU"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/%.stamp: pyproject.toml | $(BIN)/pip
	@echo "Installing Nabe with its $* packages into $(VENV)"
	@$(INSTALL) --editable '.[$*]'
	@touch $@ $(VENV)/runtime.stamp

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "error: expected $(PYTHON) to be Python 3.11 or later, got $$($(PYTHON) --version 2>&1);" \
			"install it or name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "error: expected $(PYTHON) with its venv module; on Debian or Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV)
