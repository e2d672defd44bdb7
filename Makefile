# Every target makes what it needs. `make` alone lists them.
#
#   make site ARGS='--check --diff' INVENTORY=inventories/docker
#   make test ARGS='-k failover -x'

PYTHON    ?= python3
INVENTORY ?= inventories/local
ARGS      ?=
HOSTS     ?=

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help

# PYTHON is looked for where it was before .venv came in front: .venv is made with it.
OUTSIDE := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

# Containers need the collection community.docker.
RUN  := env-$(if $(shell grep -rls '^ *flink_runtime: docker' $(INVENTORY)),docker,run)
PLAY := ansible-playbook -i $(INVENTORY)
TEST := pytest
# Those on a real cluster share it and go one after the other; all others need nothing, or only what their module has.
SIDE_BY_SIDE := --numprocesses 2
BY_MODULE    := $(SIDE_BY_SIDE) --dist loadfile

##@ A cluster
.PHONY: site status monitoring reset feed drill soak
site: $(RUN) ## deploy the cluster of INVENTORY and bring its jobs to RUNNING
	$(PLAY) playbooks/site.yml $(ARGS)

status: env-run ## show nodes, leader, slots and jobs
	$(PLAY) playbooks/status.yml $(ARGS)

monitoring: env-run ## watch the cluster: Prometheus, its alerts, routes and dashboards (docs/monitoring.md)
	$(PLAY) playbooks/monitoring.yml $(ARGS)

# For the embedded demo, `make reset` is the confirmation; any other inventory requires its cluster's name.
ifeq ($(INVENTORY),inventories/local)
CONFIRM ?= local
RESET   := -e flink_reset_running_jobs=true
endif
reset: $(RUN) ## stop and remove everything that site made (CONFIRM=name of the cluster)
	$(PLAY) playbooks/reset.yml $(if $(CONFIRM),-e flink_reset_confirm=$(CONFIRM)) $(RESET) $(ARGS)

feed: env-run ## put more transactions into the demo pipeline
	$(PLAY) playbooks/feed.yml $(ARGS)

# FAULTS: one fault, some with commas between them, or all that the cluster can do.
FAULTS ?= all
drill: env-run ## inject faults and prove that the cluster survives (FAULTS=leader_kill,…; docs/drill.md)
	$(PLAY) playbooks/drill.yml -e flink_drill_faults=$(FAULTS) $(ARGS)

# SEED: the same one draws the same faults again. Without a word, FAULTS means thirty here.
SEED ?= 1
soak: env-test ## random faults on a cluster of its own, with every row compared (FAULTS=30 SEED=1)
	python tests/soak/soak.py --faults $(if $(filter all,$(FAULTS)),30,$(FAULTS)) --seed $(SEED) $(ARGS)
# A database for the example of docs/pipelines.md.
.PHONY: example-postgres example-postgres-load example-postgres-check example-postgres-down
example-postgres: env-test ## start a PostgreSQL for inventories/examples/postgres.yml
	python tools/example_postgres.py up

example-postgres-load: env-test ## change rows in it for half a minute
	python tools/example_postgres.py load

example-postgres-check: env-test ## replay the files of the pipeline and compare them with the tables
	python tools/example_postgres.py check

example-postgres-down: env-test ## stop and remove it
	python tools/example_postgres.py down

##@ Hosts of their own
.PHONY: hosts hosts-down
hosts: env-dev ## start containers with systemd as hosts (HOSTS='zk1 jm1 …'), and write an inventory of them
	python tools/hosts.py up $(HOSTS) $(ARGS)

hosts-down: env-dev ## remove these hosts and all that belongs to them
	python tools/hosts.py down $(ARGS)

##@ Tests
.PHONY: test test-fast test-unit test-integration test-long test-hosts
.PHONY: bench-deploy bench-failover bench-modules bench-pipelines bench-roll bench-scale bench-state bench-watchdog
# Within quotation marks.
REPORT = --junitxml=tests/output/junit/test-$(1).xml --durations=15 $(subst ','\'',$(ARGS))
# Those on the shared cluster mostly wait for its time-outs, so that all others run in parallel with them.
test: env-test ## unit tests and integration tests on a real cluster
	python tools/side_by_side.py \
		cluster '$(TEST) tests/integration -m "not long and not beside" $(call REPORT,integration)' -- \
		others '$(TEST) tests/unit -m "not long" $(SIDE_BY_SIDE) $(call REPORT,unit)' \
		'$(TEST) tests/integration -m "not long and beside" $(BY_MODULE) $(call REPORT,beside)'

test-fast: env-test ## unit tests only: the inner loop, with fewer examples of each property
	STREAMOPS_QUICK=1 $(TEST) tests/unit -m "not long and not real" --numprocesses 4 --dist worksteal --junitxml=tests/output/junit/test-fast.xml $(ARGS)

test-unit: test-fast

test-integration: env-test ## integration tests only
	$(TEST) tests/integration -m "not long" --junitxml=tests/output/junit/test-integration.xml $(ARGS)

test-long: env-test ## what takes too long for every day
	$(TEST) tests -m long --timeout=7200 --junitxml=tests/output/junit/test-long.xml $(ARGS)

test-hosts: env-dev ## tests on hosts of their own (containers with systemd)
	$(TEST) tests/hosts -m "not long" --timeout=3600 --durations=15 --junitxml=tests/output/junit/test-hosts.xml $(ARGS)

# How often each fault is measured.
ROUNDS ?= 5
bench-deploy: env-run ## measure a deployment against the same processes started by a shell script
	python tests/bench/bench_deploy.py $(ARGS)

bench-failover: env-test ## measure how long a failure lasts, with Flink's own settings and with ours (ROUNDS=5)
	python tests/bench/bench_failover.py --rounds $(ROUNDS) $(ARGS)

bench-modules: env-run ## measure modules that find nothing to do against ping, and count their round trips
	python tests/bench/bench_modules.py $(ARGS)

bench-roll: env-test ## measure how long a job stands still while a change is rolled, against a restart of everything
	python tests/bench/bench_roll.py $(ARGS)

bench-pipelines: env-test ## measure how soon changes of a database are in files, against the same SQL with Flink's defaults
	python tests/bench/bench_pipelines.py $(ARGS)

bench-scale: env-run ## measure how the work of the controller grows with the number of hosts
	python tests/bench/bench_scale.py $(ARGS)

bench-state: env-test ## measure backups against tar, and how long a job stands still in an upgrade against the way by hand
	python tests/bench/bench_state.py $(ARGS)

bench-watchdog: env-test ## measure how soon a job that hangs is healed, and what it costs to look (ARGS=--record: anew)
	python tests/bench/bench_watchdog.py $(ARGS)

##@ Quality
.PHONY: lint lint-python lint-types lint-layers lint-docs lint-yaml lint-ansible lint-changelog lint-shell lint-licences format sanity docs importer build
lint: lint-python lint-types lint-layers lint-docs lint-yaml lint-shell lint-licences lint-changelog lint-ansible ## all linters (make -k lint: do not stop at the first)

lint-python: env-dev
	ruff check .
	ruff format --check .

lint-types: env-dev
	mypy

# Which package of the library may import which.
lint-layers: env-dev
	PYTHONPATH=.venv/collections lint-imports

# Whether the tables of the pages say what the code says.
lint-docs: env-dev
	python tools/docs.py --check

lint-yaml: env-dev
	yamllint --strict .

lint-ansible: env-dev
	ansible-lint --offline

lint-changelog: env-dev
	antsibull-changelog lint

lint-shell: env-dev
	shellcheck .ci/run $$(git ls-files -co --exclude-standard '*.sh')

# Whether every file has a licence and a holder of its rights.
lint-licences: env-dev
	reuse lint

format: env-dev ## put Python files into shape
	ruff check --fix-only .
	ruff format .

sanity: env-dev ## ansible-test sanity, all its tests
	python tools/sanity.py $(ARGS)

docs: env-dev ## write the tables of the Markdown pages, check all documentation and write it to build/docs
	python tools/docs.py

build: env-run ## the collection's archive, in build
	python tools/export.py --build build

importer: env-dev build ## what Galaxy says about the archive
	python tools/importer.py build

##@ Workshop
.PHONY: help constraints env-run env-docker env-test env-dev
help: ## this list
	@awk 'BEGIN { FS = ":[^#]*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:[^#]*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "INVENTORY=$(INVENTORY)  PYTHON=$(PYTHON)  ARGS go to the command that the target runs."

constraints: ## write constraints.txt anew
	$(PYTHON) tools/constraints.py

env-run env-docker env-test env-dev: env-%:
	@export PATH='$(OUTSIDE)'; \
	command -v $(PYTHON) >/dev/null || { \
		echo "error: there is no $(PYTHON) here: name a Python 3.11 or newer, for instance PYTHON=python3.12" >&2; \
		exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1 | head -n 1):" \
			"name another one, for instance PYTHON=python3.12" >&2; \
		exit 1; }; \
	$(PYTHON) tools/environment.py $*
