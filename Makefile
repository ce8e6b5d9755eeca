# A few verbs. Each sets up what it needs first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
JOBS   ?= auto

.PHONY: setup compiled run demo test soak lint bench bench-large docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $(STAMP)

# An environment with Stator as users install it, its hot modules compiled if this machine can.
compiled:
	$(PYTHON) -m tools.compiled

run: compiled
	build/run/bin/stator serve

demo: setup
	$(BIN)/python -m services.demo $(ARGS)

test: setup
	$(BIN)/pytest -n $(JOBS) --dist loadgroup -m 'not soak' tests

soak: setup
	$(BIN)/pytest -m soak tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup compiled
	$(BIN)/python -m benchmarks $(ARGS)

bench-large: setup compiled
	$(BIN)/python -m benchmarks --large $(ARGS)
	$(BIN)/python -m benchmarks.recovery --large

docs: setup
	$(BIN)/python -m tools.reference

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
