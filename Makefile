# LiftLight at a desk. `make run` shows a session; `make test` checks everything;
# `make lab` runs the device's own files on virtual hardware.
# Both make what they need in a virtual environment of their own, and cost nothing the second time.

PYTHON ?= python3
VENV ?= .venv
BOARD ?= pi4
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lab lab-needs lint lock image clean

run: $(READY)
	$(BIN)/liftlight demo

# Three workers for two cores, since some of the tests mostly wait. A file stays with one, for its
# tests share what is dear; in the order of their names the long ones are not begun last.
test: $(READY) lint
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Takes root, QEMU and minutes, so it is no part of `make test`: see tools/lab/README.md. It says first
# what it lacks; `make lab-needs` installs that on Debian. Three workers for two cores, since some of
# the stories mostly wait.
lab: $(READY)
	@$(BIN)/python -m tools.lab needs
	LIFTLIGHT_LAB=1 $(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder tests/lab \
		$(PYTEST_ARGS)

lab-needs: $(READY)
	$(BIN)/python -m tools.lab needs --install

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The lock file names every package with its hash, so an install next year gives the same thing.
$(READY): tools/setup_venv.py pyproject.toml $(wildcard requirements-*.lock)
	@$(PYTHON) tools/setup_venv.py $(VENV)

lock: $(READY)
	$(BIN)/python -m tools.lock

# An image of the card, where rpi-image-gen can run: see firmware_config/README.md.
image: $(READY)
	@$(BIN)/python -m tools.image build --board $(BOARD)

clean:
	rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis out
