# `make verify` and `make test` set up all that they need; see setup/ for what that is.
VENV := .venv/bin
REPORT := $(CURDIR)/reports/out/index.html

.PHONY: help setup setup-test setup-arm64 verify fast test lint defects field-cases plain bench changelog lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make verify       set up, run the main job (the smoke cells, without load), decide, print where the matrix is'
	@echo 'make fast         lint, types and unit tests on Python 3.11, 3.12 and 3.13, without machines'
	@echo 'make test         set up, lint, unit tests, tests that start machines'
	@echo 'make defects      set up, inject every known defect, print which check catches each'
	@echo 'make field-cases  set up, try real failures of upgrades, print which check notices each'
	@echo 'make plain        set up, upgrade packages as Debian ships them; no change may be unexplained'
	@echo 'make bench        set up, measure the speed targets'
	@echo 'make lint         set up, check style, types, words and imports'
	@echo 'make setup        system packages, a Docker engine, .venv (setup-arm64: emulation, too)'
	@echo 'make changelog    print the changes that are not in CHANGELOG.md yet'
	@echo 'make lock         resolve requirements.lock again'
	@echo 'make clean        remove .venv, reports and caches; images stay on the engine'

setup:
	@setup/setup.sh run

setup-test:
	@setup/setup.sh test

setup-arm64:
	@setup/setup.sh arm64

verify: setup
	@status=0; $(VENV)/pytest -n auto --maxprocesses=3 -m "smoke and not load" || status=$$?; \
	decided=0; $(VENV)/upgradeproof decide || decided=$$?; \
	echo "matrix: $(REPORT)"; [ $$status -ne 0 ] || status=$$decided; exit $$status

# The first job of CI: it needs no machine, no Docker engine and no root. PYTHONS=3.13 takes one of them.
fast:
	@setup/fast.sh

# Lint and unit tests on the Python of .venv (`make fast` takes each supported one), then tests that
# start machines, which wait for most of their time, in the mode of Python that reports what was not
# closed; last and alone the tests that measure time.
TIMED := tests/load tests/machines/test_load.py
OWN_PYTHON = $$($(VENV)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
test: setup-test
	@PYTHONS=$(OWN_PYTHON) setup/fast.sh
	PYTHONDEVMODE=1 $(VENV)/pytest -n 3 --dist loadfile --no-loadscope-reorder tests \
	    --ignore=tests/unit --ignore=tests/golden $(addprefix --ignore=,$(TIMED)) --durations=20
	$(VENV)/pytest $(TIMED) --durations=5

lint: setup
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/python -m tests.words
	@if grep -qs '^\[tool.importlinter' pyproject.toml || [ -e .importlinter ]; then \
	    echo $(VENV)/lint-imports; $(VENV)/lint-imports; fi

defects: setup-arm64
	$(VENV)/upgradeproof defects --workers 3 --cell='debian-*-amd64.container.*'

field-cases: setup
	$(VENV)/upgradeproof field-cases --workers 2

# PLAIN selects: PLAIN='tests/plain/nginx/upgrade.toml', CELLS='debian-12-amd64.container*'; a VM takes
# minutes, so that there PLAIN=tests/plain/server/upgrade.toml upgrades all but nginx at once.
PLAIN ?= $(wildcard tests/plain/*/upgrade.toml)
CELLS ?= debian-1[12]-amd64.container*
plain: setup
	$(VENV)/pytest -n 2 -o upgradeproof_reports=reports/out/plain -o upgradeproof_plans='$(PLAIN)' \
	    --upgradeproof-cell='$(CELLS)' -k 'every_change_is_expected or changes_nothing_unexpected'

bench: setup-arm64
	@setup/setup.sh bench
	$(VENV)/python -m bench

changelog: setup
	$(VENV)/towncrier build --draft --version "$$($(VENV)/python -c 'import upgradeproof; print(upgradeproof.__version__)')"

# Versions and hashes only, from the default registry: no index or folder of this machine.
lock: setup
	env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	$(VENV)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --extra dev --extra all \
	    --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-options --no-header \
	    --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-* reports/out dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
