# make up    set the project up and run the demo stack (Ctrl-C stops it)
# make test  set the project up and run every check
# make quick the checks and the tests of the rules, the codec and the ledger, in a minute
# make fresh the two commands above on a machine that has nothing else (Debian and root only; takes 20 minutes)
# make bench print every figure of speed the README quotes (BENCH="--seconds 60" for long runs)
# make prove play every ring of the reliability proof and write docs/reliability.md
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
SHELL  := bash
.SHELLFLAGS := -o pipefail -c
UP     ?=
TEST   ?=
PROVE  ?=
BENCH  ?=

TOOLS  := $(if $(filter true,$(CI)),$(VENV)/.tools)

# What Python compiles it keeps, whatever the environment says: hundreds of processes start, and all run the same code.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up test quick fresh check prove bench pins clean
.DEFAULT_GOAL := up

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "counterfoil needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

# What pip says, as one line that moves.
SHOWN := { n=0; while read -r word name _; do case $$word in \
  Collecting) n=$$((n+1)); printf '\r\033[K  %s  %s' $$n "$${name%%[=<>;[]*}";; \
  Installing) printf '\r\033[K  %s, all here: installing them' $$n;; esac; done; printf '\r\033[K'; }

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "installing what it runs on (requirements/runtime.txt), half a minute"
	@$(PIP) install --require-hashes -r requirements/runtime.txt | $(SHOWN)
	@$(PIP) --quiet install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "installing what it is tested with (requirements/dev.txt), half a minute"
	@$(PIP) install --require-hashes -r requirements/dev.txt | $(SHOWN)
	@touch $@

# The compiled accelerator, where it can be built; without it everything runs in pure Python. Only one that was built is
# done: where a compiler comes later, the next make builds it.
$(VENV)/.accelerator: $(wildcard accelerator/*.* accelerator/src/counterfoil_accelerator/*.p*) $(VENV)/.runtime $(TOOLS)
	@if ! echo '#include <Python.h>' | $${CC:-cc} -E -x c $$($(BIN)/python -c 'import sysconfig; print("-I" + sysconfig.get_path("include"))') - >/dev/null 2>&1; then \
	  echo "the accelerator is not built (it needs a C compiler and Python's headers: gcc, python3-dev): everything runs in pure Python"; \
	elif echo "building the accelerator, half a minute" && $(PIP) --quiet install --no-deps --no-build-isolation ./accelerator >$(VENV)/accelerator.log 2>&1; then \
	  $(BIN)/counterfoil --version; touch $@; \
	else \
	  $(PIP) --quiet uninstall --yes counterfoil-accelerator >/dev/null 2>&1; \
	  echo "the accelerator was not built ($(VENV)/accelerator.log says why): everything runs in pure Python"; \
	fi

# Where the checks must be complete, what the accelerator is built with is installed before it is built.
$(VENV)/.tools: $(VENV)/.dev
	PYTHONPATH=tests $(BIN)/python -c 'from compiled.parts import headers; headers()'
	@touch $@

# Before the first run the tests are compiled on one core, while mypy works on the other: each who runs them would do it.
$(VENV)/.gathered: $(VENV)/.dev
	@touch $@; $(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 &

up: $(VENV)/.accelerator
	@echo "the command: $(CURDIR)/$(BIN)/counterfoil   (in another terminal: $(CURDIR)/$(BIN)/counterfoil sale --amount 12.50 --card alice --pin ...)"
	@exec $(BIN)/counterfoil up --lab $(UP)

check: $(VENV)/.dev $(VENV)/.accelerator $(VENV)/.gathered
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Four at a time on two cores: half of its time a test waits for the processes it started. In the order of their names,
# so that those who wait (browser, loop, stack) run beside those who reckon, and no file of a few long tests is the last.
test: check
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(TEST)

# The tests of what decides, speaks and counts; none starts a process.
QUICK := $(addprefix tests/,test_tidy.py iso8583 inquiry switch issuer security ledger verdict terminal receipts/test_document.py test_agenda.py test_sentences.py)
quick: check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -p no:schemathesis -x $(QUICK)

# As root on Debian. FRESH="--only up", FRESH=--keep
FRESH  ?=
fresh:
	@PYTHONPATH=tests $(PYTHON) -m fresh $(FRESH)

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
