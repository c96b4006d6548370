# Every target creates what it needs; nothing has to be run before it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help:  ## this help
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sort | awk -F ':.*?## ' '{printf "  make %-17s %s\n", $$1, $$2}'

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch .venv/.runtime $@

demo: .venv/.runtime  ## start plant, collectors, ACS, API and page; diagnose three accesses (ARGS=--once exits)
	@$(BIN)/python -m api demo $(ARGS)

JOBS ?= 3

test: .venv/.dev  ## tests that need no server, JOBS at once; says what it skips (REQUIRE_SERVICES=1: nothing may be skipped)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

check: .venv/.dev  ## ruff, mypy strict (tests too, but for their declarations), import contracts, duplicates of labels and rule pages, examples of the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/repo

mutation: .venv/.dev  ## move every number of the rule-set, turn every comparison with one: prints what no test notices
	$(BIN)/python -m tests.diagnostics.mutation

coverage: .venv/.dev  ## the engine's tests, which must take every branch of diagnostics/
	$(BIN)/python -m pytest -q tests/diagnostics --cov=diagnostics --cov-branch --cov-fail-under=100

bench: bench-diagnosis bench-collection bench-live bench-cycle bench-fleet bench-telemetry bench-acs  ## measure: diagnosis, collection, live, cycle, fleet, telemetry and ACS

bench-diagnosis: .venv/.dev  ## measure: the engine on 3,300 broken networks, its speed, and the time to a result
	$(BIN)/python -m benchmarks.diagnosis_mc --picture docs/images/confusion.svg $(ARGS)
	$(BIN)/python -m benchmarks.diagnosis

bench-collection: .venv/.dev  ## measure: varbinds a second beside net-snmp, pysnmp, gufo-snmp and snmp_exporter
	$(BIN)/python -m benchmarks.collection

bench-live: .venv/.dev  ## measure: one ONT read live, alone and during cycles of its OLT
	$(BIN)/python -m benchmarks.live

bench-cycle: .venv/.dev  ## measure: a whole polling cycle of a million ONTs, from the agents to the store
	$(BIN)/python -m benchmarks.cycle --olts 61 --onts 16384 --cycles 2

bench-incidents: .venv/.dev  ## measure: collective incidents over a million ONTs
	$(BIN)/python -m benchmarks.incidents

bench-telemetry: .venv/.dev  ## measure: the telemetry store
	$(BIN)/python -m benchmarks.telemetry

bench-trends: .venv/.dev  ## measure: the scan of a fleet's 30 days (ARGS="--onts 100000" for the goal's size)
	$(BIN)/python -m benchmarks.trends $(ARGS)

bench-acs: .venv/.dev  ## measure: Informs and actions through the ACS, with its store; a day of 10,000 simulated boxes
	$(BIN)/python -m benchmarks.acs $(ARGS)
	$(BIN)/python -m benchmarks.park

bench-kills: .venv/.dev  ## measure: acknowledged rows lost by 30 kills -9, the server down half of the time
	$(BIN)/python -m benchmarks.kills
	$(BIN)/python -m benchmarks.kills_polling

bench-teleactions: .venv/.dev  ## measure: 1,000 téléactions under 20 kills -9, and a firmware campaign on 500 boxes
	$(BIN)/python -m benchmarks.teleaction_kills
	$(BIN)/python -m benchmarks.campaign

bench-fleet: .venv/.dev  ## measure: the simulated fleet
	$(BIN)/python -m benchmarks.fleet

contract: .venv/.dev  ## measure: every check of schemathesis against the running service, 10,000 requests and more
	$(BIN)/python -m benchmarks.contract $(ARGS)

bench-agents: .venv/.dev  ## measure: 200 agents at once beside a polling cycle, p50 and p99 of each kind of request
	$(BIN)/python -m benchmarks.agents $(ARGS)

client: .venv/.dev  ## write the typed Python client of the interface to build/
	@mkdir -p build
	$(BIN)/python -m api openapi --language en > build/openapi.json
	$(BIN)/openapi-python-client generate --path build/openapi.json --config api/contract/client.yml --output-path build/just-fibre-client --overwrite

services:  ## install the real servers that tests use (Debian packages)
	./deploy/install-services

lock: | .venv/bin/python  ## write the lock files anew from pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-strip-extras pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-strip-extras --extra dev -c requirements.lock \
	  pyproject.toml -o requirements-dev.lock

.PHONY: contract client bench-agents help demo test check mutation coverage bench bench-diagnosis bench-live bench-kills bench-collection bench-cycle bench-telemetry bench-trends bench-fleet bench-incidents bench-acs bench-teleactions services lock
