# Two commands: `make demo` runs the main job, `make test` passes the tests that are not slow.
# Each builds .venv from pinned versions first, if it is not there yet.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install pywb demo screenshots test test-all soak check fuzz mutants format clean \
	bench-archive bench-backfill bench-frontier bench-web

install: .venv/installed

.venv/installed: constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Kliping needs Python 3.11 or newer: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# pywb lives in an environment of its own: see docs/decisions/0005-pywb-on-its-own.md.
pywb: .venv/pywb/installed

.venv/pywb/installed: .venv/installed constraints-pywb.txt
	$(PYTHON) -m venv .venv/pywb
	.venv/pywb/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-pywb.txt pywb
	touch $@

demo: install
	$(BIN)/python -m crawler.demo

# Pictures of every page of the reading room over the demo's archive; needs Chromium.
screenshots: install
	$(BIN)/python docs/screenshots.py

# Each file stays in one process, with what it set up.
PYTEST := $(BIN)/python -m pytest -q -n auto --dist loadfile
timed = begin=$$(date +%s); $(2); code=$$?; echo "make $(1): $$(($$(date +%s) - begin)) s"; exit $$code

test: install
	@$(call timed,test,$(PYTEST) -m 'not slow')

# What `make test` leaves out, and each property with its full number of examples.
test-all: install pywb
	@$(call timed,test-all,$(PYTEST) -m 'slow or hypothesis' --hypothesis-profile full)

# The crash tests in full: 200 kills and 20 full disks; takes about a quarter of an hour.
soak: install
	KLIPING_SOAK=1 $(BIN)/python -m pytest -q tests/integration/test_killed_crawl.py tests/integration/test_full_disk.py tests/integration/test_index_crash.py

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Ten thousand mutated pages through the extraction; takes some minutes.
fuzz: install
	$(BIN)/python -m benchmarks.extraction.fuzz --count 10000 tests/golden/themes $(wildcard ../shared/corpora/*)

# How many changes of the code no test notices (docs/mutants.md): some hours on one core.
mutants: install
	mkdir -p build mutants
	PYTHONPATH=$(CURDIR)/mutants nice $(BIN)/mutmut run --max-children 1 > build/mutants.log
	$(BIN)/mutmut results
	nice $(BIN)/python -m benchmarks.mutants.constants

# Goes back over three years of a generated news site: some tens of minutes.
bench-backfill: install
	$(BIN)/python -m benchmarks.backfill.run

# A million generated articles, searched, counted and exported beside DuckDB: an hour, 17 GB of disk.
bench-archive: install
	$(BIN)/python -m benchmarks.archive.run build/archive

# A frontier of a million URLs: some minutes.
bench-frontier: install
	$(BIN)/python -m benchmarks.frontier.take

# Readers of a million articles while a crawl writes; making the archive takes half an hour.
BENCH_WEB ?= bench-web-archive
bench-web: install
	$(BIN)/python -m benchmarks.archive.generate $(BENCH_WEB) --articles 1000000
	$(BIN)/python -m benchmarks.web.run $(BENCH_WEB) --readers 5 --limit-ms 150
	$(BIN)/python -m benchmarks.web.run $(BENCH_WEB) --readers 20 --limit-ms 400

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv demo-archive .mypy_cache .ruff_cache .pytest_cache .hypothesis
