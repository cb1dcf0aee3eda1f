# make up    set the project up and run the demo stack (Ctrl-C stops it)
# make test  set the project up and run every check
# make bench print every figure of speed the README quotes (BENCH="--seconds 60" for long runs)
# make prove play every ring of the reliability proof and write docs/reliability.md
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
UP     ?=
TEST   ?=
PROVE  ?=
BENCH  ?=

.PHONY: up test check prove bench pins clean
.DEFAULT_GOAL := up

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "counterfoil needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# The compiled accelerator, where it can be built; without it everything runs in pure Python.
$(VENV)/.accelerator: $(wildcard accelerator/*.* accelerator/src/counterfoil_accelerator/*.p*) $(VENV)/.runtime
	@$(PIP) install --no-deps --no-build-isolation ./accelerator >$(VENV)/accelerator.log 2>&1 || { \
	  $(PIP) uninstall --yes counterfoil-accelerator >/dev/null 2>&1; \
	  echo "the accelerator was not built (a C compiler and Python's headers are needed; $(VENV)/accelerator.log says more): everything runs in pure Python"; }
	@$(BIN)/counterfoil --version
	@touch $@

up: $(VENV)/.accelerator
	@echo "the command: $(CURDIR)/$(BIN)/counterfoil   (in another terminal: $(CURDIR)/$(BIN)/counterfoil sale --amount 12.50 --card alice --pin ...)"
	@exec $(BIN)/counterfoil up $(UP)

check: $(VENV)/.dev $(VENV)/.accelerator
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TEST)

# Minutes the simulator plays; what earlier runs of the same code proved is kept and added to.
MINUTES ?= 10

prove: $(VENV)/.dev $(VENV)/.accelerator
	PYTHONPATH=tests $(BIN)/python -m prove --minutes $(MINUTES) $(PROVE)

bench: $(VENV)/.dev $(VENV)/.accelerator
	$(BIN)/python -m bench.report $(BENCH)

# Re-pin: the files hold versions and hashes, never an index address.
pins:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra archive --extra demo --group build pyproject.toml -o requirements/runtime.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra archive --extra demo --group build --group dev pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
