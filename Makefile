# Orderloop: every task, one line each. Needs Python 3.11 or later and make, nothing else.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# the first Python that is new enough; PYTHON=… chooses another
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
ORDERLOOP := $(BIN)/python -m orderloop
CAMPAIGN := $(BIN)/python -m campaign
STAMP := .venv/.complete
PACKAGES := .venv/.packages
PROJECTS := $(patsubst %/pyproject.toml,%,$(wildcard shared/*/pyproject.toml services/*/pyproject.toml))
# a PostgreSQL to try migrations on: the one that is named, else that of the tests
SCRATCH = $${ORDERLOOP_POSTGRES:-$$($(ORDERLOOP) servers start --directory .local/test --only postgres)}
SERVICES := customer sales order inventory finance service quality insight

.PHONY: help setup up down status logs token demo import audit bench bench-faults bench-scale insight-proof campaign campaign-smoke \
	campaign-planted campaign-page simulation test check schemas migration lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## the environment in .venv, exactly as locked; instant when nothing changed
	@echo "The environment in .venv is ready."

up: $(STAMP) ## start everything (or what is missing) and wait until it is ready
	@$(ORDERLOOP) up

down: $(STAMP) ## stop everything; all data stays
	@$(ORDERLOOP) down

status: $(STAMP) ## every process: pid, memory, lag, health
	@$(ORDERLOOP) status

logs: $(STAMP) ## what they say: make logs NAME=order FOLLOW=1
	@$(ORDERLOOP) logs $(NAME) $(if $(FOLLOW),--follow)

token: $(STAMP) ## a bearer token: make token ROLE=sales (NAME=anna, CUSTOMER=<id>)
	@$(ORDERLOOP) token $(foreach role,$(or $(ROLE),admin),--role $(role)) $(if $(NAME),--name $(NAME)) \
		$(if $(CUSTOMER),--customer $(CUSTOMER))

demo: $(STAMP) ## a company lives through its day
	@$(ORDERLOOP) demo

import: $(STAMP) ## load a data set: make import DATASET=crm-sales-opportunities
	@$(ORDERLOOP) import $(DATASET)

audit: $(STAMP) ## order against inventory against finance
	@$(ORDERLOOP) audit

bench: $(STAMP) ## loops per second and times, beside what PostgreSQL and Kafka do alone
	@$(ORDERLOOP) bench

bench-faults: $(STAMP) ## commands while Kafka is away, recovery after kill -9; MINUTES=30 watches memory too
	@$(ORDERLOOP) bench-faults $(if $(MINUTES),--minutes $(MINUTES))

bench-scale: $(STAMP) ## throughput by partitions and processes, cost with 10 and 100 times the history
	@$(ORDERLOOP) bench-scale

insight-proof: $(STAMP) ## clean events for the watcher, and none of them a discrepancy: make insight-proof EVENTS=1000000
	@ORDERLOOP_POSTGRES=$(SCRATCH) PYTHONPATH=services/insight/tests $(BIN)/python -m insight_proof \
		--events $(or $(EVENTS),1000000) --seed $(or $(SEED),1)

campaign: $(STAMP) ## break the platform and check it: SEED=1 TRIALS=25 FAULTS="F6 F9", or PLANTED (see docs/campaign.md)
	@$(CAMPAIGN) run $(if $(SEED),--seed $(SEED)) $(if $(TRIALS),--trials $(TRIALS)) $(if $(FAULTS),--faults "$(FAULTS)") \
		$(if $(FIRST),--first $(FIRST)) $(if $(PLANTED),--planted $(PLANTED))

campaign-smoke: $(STAMP) ## one trial of each family of faults, two planted bugs: ten minutes
	@ORDERLOOP_CAMPAIGN=.local/campaign-smoke $(CAMPAIGN) smoke $(if $(SEED),--seed $(SEED))

campaign-planted: $(STAMP) ## each planted bug, switched on alone, has to be caught: SEED=1 PLANTED="retry-without-key"
	@if [ -n "$(FAULTS)$(FIRST)$(TRIALS)" ]; then \
		echo "A planted bug brings its own fault and trials: leave out FAULTS, FIRST and TRIALS." >&2; exit 2; fi
	@$(CAMPAIGN) plant $(if $(SEED),--seed $(SEED)) $(if $(PLANTED),--names "$(PLANTED)")

campaign-page: $(STAMP) ## docs/reliability.md from the results on file
	@$(CAMPAIGN) page --write docs/reliability.md

simulation: $(STAMP) ## the protocol alone, seeded: SEED=1 SCHEDULES=100000
	@$(BIN)/python -m campaign.simulation $(if $(SEED),--seed $(SEED)) $(if $(SCHEDULES),--schedules $(SCHEDULES)) \
		$(if $(PLANTED),--planted $(PLANTED))

test: $(STAMP) ## everything from nothing, end to end included; ARGS="services/order -k cancel" for less
	@$(ORDERLOOP) servers start --directory .local/test
	@if [ -n "$(ARGS)" ]; then $(BIN)/pytest $(ARGS); else \
		$(BIN)/pytest -q -n 2 --dist loadfile shared services && $(BIN)/pytest -q tests-e2e; fi; \
		result=$$?; $(ORDERLOOP) servers stop --directory .local/test; exit $$result

check: $(STAMP) ## style, types, layers; schemas and migrations are up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m kit schemas --check $(SERVICES)
	@ORDERLOOP_POSTGRES=$(SCRATCH) $(BIN)/python -m kit drift $(SERVICES)

schemas: $(STAMP) ## write the published contracts under schemas/ anew
	@$(BIN)/python -m kit schemas $(SERVICES)

migration: $(STAMP) ## write a migration: make migration SERVICE=order MESSAGE="orders promised on"
	@ORDERLOOP_POSTGRES=$(SCRATCH) \
		$(BIN)/python -m kit migration $(SERVICE) $(MESSAGE)

lock: $(STAMP) ## newest versions into requirements.lock and deploy/local/kafka.lock
	@$(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock requirements.in
	@$(ORDERLOOP) servers lock

clean: ## stop everything, then remove .venv, .local with all data, and what tools left behind
	@if [ -x $(BIN)/python ]; then $(ORDERLOOP) down; fi
	@rm -rf .venv .local .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): $(PACKAGES) $(addsuffix /pyproject.toml,$(PROJECTS))
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation \
		$(addprefix --editable ./,$(PROJECTS))
	@touch $@

$(PACKAGES): requirements.lock
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or later found. Install one, or say where it is: make setup PYTHON=/path/to/python3"; exit 1; fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: its venv or ensurepip module is missing."; \
		echo "On Debian and Ubuntu: apt install python3-venv. Or choose another: make setup PYTHON=python3.12"; exit 1; }
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making .venv with $(PYTHON)"; $(PYTHON) -m venv --clear .venv; fi
	@echo "Installing what requirements.lock names (some 200 MB the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements.lock || { \
		echo; echo "An installation failed. Check the network and the room on the disk, then: make setup"; \
		echo "Behind a proxy or with an index of your own, pip's settings apply (PIP_INDEX_URL, HTTPS_PROXY)."; exit 1; }
	@touch $@
