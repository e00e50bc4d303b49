# `make demo` and `make test` are all a new machine needs: both install what they use into .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(CURDIR)/$(VENV)/bin
STAMP  := $(VENV)/.installed
# MONAI Label needs pydicom 2.4: what reads and writes DICOM, none of which imports torch, is tested with it as well.
OLD    := .venv-pydicom2
# Two applications need an environment of their own (docs/decisions/023-applications.md).
DEPLOY := .venv-deploy
LABEL  := .venv-label
DEMO   ?= build/demo

.PHONY: install demo test test-deploy test-label lint bench clean

install: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(STAMP)
	PATH="$(BIN):$$PATH" bash scripts/demo.sh $(DEMO)

$(OLD)/.installed: pyproject.toml
	$(PYTHON) -m venv $(OLD)
	$(OLD)/bin/python -m pip install --quiet 'pydicom==2.4.5' 'numpy<2.4' imagecodecs opencv-python-headless pillow nibabel \
		fire tqdm filelock imagehash openpyxl pytest hypothesis
	$(OLD)/bin/python -m pip install --quiet --no-deps --editable .
	touch $@

test: $(STAMP) $(OLD)/.installed
	bash scripts/browser.sh
	bash scripts/dicom_tools.sh
	$(OLD)/bin/python -m pytest -q -p no:cacheprovider tests/dicom tests/phantom tests/deidentification tests/datasets tests/cli \
		tests/test_cli.py --ignore tests/dicom/test_reader.py
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

$(DEPLOY)/.installed $(LABEL)/.installed: .venv-%/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --upgrade pip
	.venv-$*/bin/python -m pip install --quiet --editable '.[$*]' pytest
	touch $@

test-deploy: $(DEPLOY)/.installed
	$(DEPLOY)/bin/python -m pytest tests/apps/deploy

test-label: $(LABEL)/.installed
	bash scripts/orthanc.sh
	$(LABEL)/bin/python -m pytest tests/apps/monailabel

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd apps/deploy && $(BIN)/mypy --config-file ../../pyproject.toml mammo_deploy
	cd apps/monailabel && $(BIN)/mypy --config-file ../../pyproject.toml lib main.py
	cd apps/reader && $(BIN)/mypy --config-file ../../pyproject.toml reading_page

bench: $(STAMP)
	MAMMO_DEMO="$(abspath $(DEMO))" $(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(OLD) $(DEPLOY) $(LABEL) build dist test-artifacts .pytest_cache .mypy_cache .ruff_cache
