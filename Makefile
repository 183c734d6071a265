# From a clean clone, with nothing but make and Python 3.11 or newer:
#
#   make demo    grade the example class, print solution sheets in both languages, into out/demo
#   make test    every check: ruff, mypy, pytest
#
# Both install into .venv here, and again only when pyproject.toml or constraints.txt changes.
# Another Python:  make demo PYTHON=python3.12

PYTHON ?= python3
BIN    := .venv/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO   := out/demo

.PHONY: demo test check clean
.DELETE_ON_ERROR:

# grade answers 1 when a person has to look at an answer, as somebody has to in the example class
demo: .venv/core
	$(BIN)/tirgul grade examples/class --lang both --format html,pdf --out $(DEMO) || [ $$? -eq 1 ]
	$(BIN)/tirgul report examples/class --lang both --out $(DEMO)/report
	$(BIN)/tirgul sheet 11.1 11.2 11.3 conv1d resnet lenet5 --lang both --format html,pdf --out $(DEMO)/sheets
	@echo
	@echo "The class's marks and feedback:  $(DEMO)"
	@echo "The report on the class:         $(DEMO)/report"
	@echo "Solution sheets, he and en:      $(DEMO)/sheets  (HTML and PDF)"

# pytest last: its closing line says how it went
test: check
	$(BIN)/python -m pytest

check: .venv/dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy

clean:
	rm -rf .venv out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/core: .venv/made pyproject.toml constraints.txt
	@echo "Installing tirgul into .venv"
	$(PIP) --editable .
	@touch $@

.venv/dev: .venv/made pyproject.toml constraints.txt
	@echo "Installing tirgul, its tools and torch into .venv (constraints.txt tells how to get torch's small CPU build)"
	$(PIP) --editable '.[verify,dev]'
	@command -v chromium chromium-browser >/dev/null || \
	    PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=10000 $(BIN)/python -m playwright install chromium >/dev/null 2>&1 || \
	    echo "There is no browser and none can be installed: the tests that need one are skipped"
	@touch $@ .venv/core

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "tirgul needs Python 3.11 or newer, and $(PYTHON) is not; name one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@
