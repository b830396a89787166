# The two commands of the README, and what the developers need. PORT, PYTHON and KB_LIBRARY can be given.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# pip of the machine installs into the environment: a Debian Python without ensurepip can do this too.
PIP := $(PYTHON) -m pip --python $(VENV) --disable-pip-version-check --quiet

# Folder of labelled reports. Only `make fit` needs it.
LABELS ?= ../shared

.PHONY: run test mutate cluster cluster-stop test-cluster soak-cluster soak bench check fit fit-model format lock release notice clean screenshots texts references docs

run: $(VENV)/.run
	@$(BIN)/kb serve --port $(PORT)

# Runs on all cores. Tests of a file share a worker, because they share an index or a browser.
test: $(VENV)/.dev
	$(BIN)/pytest --numprocesses auto --dist loadfile

# Mutation tests: 300 small mistakes drawn from all modules, against the tests that tests/mutation/where.toml names.
# Prints the ones that no test notices, and fails if they are more than one in ten. Half an hour on two cores.
# MUTANTS="kb/search --number 50 --seed 2" draws others.
mutate: $(VENV)/.dev
	$(BIN)/python tests/mutation/mutate.py $(MUTANTS)

# Starts three OpenSearch nodes on this machine for work on the cluster engine; `make cluster-stop` ends them.
# Their jars come from Maven Central, once, to the user's cache.
cluster: $(VENV)/.dev
	$(BIN)/python tests/cluster/nodes.py start
cluster-stop: $(VENV)/.dev
	$(BIN)/python tests/cluster/nodes.py stop

# Tests the cluster engine on three nodes, which it starts. Needs Java 17 and Maven.
test-cluster: $(VENV)/.dev
	$(BIN)/python tests/cluster/nodes.py run $(BIN)/pytest -m "cluster and not soak" tests

# The same with nodes that are killed, stopped and restarted: ten minutes more.
soak-cluster: $(VENV)/.dev
	$(BIN)/python tests/cluster/nodes.py run $(BIN)/pytest -m cluster tests

# Every test with new random examples, then the long forms of the reliability tests, about half an hour: each prints its
# seed and what it counted.
soak: $(VENV)/.dev
	$(BIN)/pytest --hypothesis-profile new --numprocesses auto --dist loadfile
	$(BIN)/pytest -m soak -s --numprocesses 0 tests/reliability

# Benchmarks the engine and the page against others, and writes docs/performance.md.
# BENCH_NOTES="10000 100000 1000000" for all sizes.
BENCH_NOTES ?= 10000 100000
bench: $(VENV)/.bench
	$(BIN)/python tests/benchmarks/comparing.py $(BENCH_NOTES)
	$(BIN)/python tests/benchmarks/serving.py $(lastword $(BENCH_NOTES))

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kb evaluate --at-least data/evaluation/figures.json
	KB_EMBEDDING=none $(BIN)/kb evaluate --at-least data/evaluation/figures.json

# Fits the models of headings, talks, kinds, inherited services and relevance. Writes weights and figures.
fit: $(VENV)/.fit
	@if test ! -d $(LABELS)/gold; then echo "There are no labels in $(LABELS): nothing is fitted."; \
	else for part in headings talks kinds services relevance; do $(BIN)/python tests/fitting/$$part.py $(LABELS) || exit 1; done; fi

# Fine-tunes the sentence model on queries, teaches it to read notes and to compare them with queries (torch on the CPU,
# four hours), then recomputes
# the samples' vectors. Needs the notes in LABELS. `make fit` uses what it reads.
fit-model: $(VENV)/.model
	@if test ! -d $(LABELS)/notes; then echo "There are no notes in $(LABELS): nothing is fitted."; \
	else $(BIN)/python tests/fitting/sentence_model.py $(LABELS) && $(BIN)/python tests/fitting/reading.py $(LABELS) && \
	$(BIN)/python tests/fitting/reranking.py $(LABELS) && \
	$(BIN)/python tests/fitting/sample_vectors.py; fi

# Adds new texts to each kb.po, drops unused ones, and compiles it; write the msgstr of new ones, and run it again.
texts: $(VENV)/.dev
	PYTHONPATH=tests/kb/cli $(BIN)/python tests/kb/cli/messages.py

# Generates the references of commands, kb.toml and the HTTP interface.
references: $(VENV)/.dev
	$(BIN)/python docs/references.py

# The documents as a site, in build/site; a warning is an error.
docs: $(VENV)/.docs
	@rm -rf build && mkdir -p build/source
	@tar cf - *.md LICENSE NOTICE docs | tar xf - -C build/source
	$(BIN)/properdocs build --strict

# Makes the screenshots of both READMEs; look at them afterwards.
screenshots: $(VENV)/.dev
	$(BIN)/python docs/screenshots.py

# Builds wheel and sdist of HEAD into dist/ and tries each in an empty environment.
# Ten minutes; nothing is uploaded.
release: $(VENV)/.dev
	@$(PIP) install uv
	$(BIN)/python tests/release/release.py

# Writes the licences of the locked dependencies into NOTICE. Run it after `make lock`.
notice: $(VENV)/.dev
	@$(PIP) install uv
	$(BIN)/python tests/release/notice.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format --quiet

# Pins every version for every supported Python; run it after a change of the dependencies, then `make notice`.
lock: $(VENV)/.dev
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --upgrade \
	  --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 -c requirements.lock \
	  --extra opensearch --group build pyproject.toml -o requirements-opensearch.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  -c requirements-opensearch.lock --extra opensearch --extra evaluate --group build --group dev \
	  pyproject.toml -o requirements-dev.lock

$(VENV)/.run: requirements.lock pyproject.toml
	@echo "Making the environment in $(VENV) (once; about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q index kb webui  # pip compiles what it installs, but no checkout
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Adding the developers' tools ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.fit: pyproject.toml $(VENV)/.dev
	@$(PIP) install uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group fit
	@touch $@

$(VENV)/.model: pyproject.toml $(VENV)/.dev
	@$(PIP) install uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group model
	@touch $@

$(VENV)/.docs: pyproject.toml $(VENV)/.dev
	@$(PIP) install uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group docs
	@touch $@

$(VENV)/.bench: pyproject.toml $(VENV)/.dev
	@$(PIP) install uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench
	@touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
