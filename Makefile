# Two commands matter: `make scan` and `make test`. Both make .venv themselves, with uv where it is on the
# PATH and with the standard venv and pip where it is not. `make help` lists the others.

PYTHON ?= python3
UV ?= $(shell command -v uv 2>/dev/null)
WORKERS ?= 2
# Where studies go, and how many runs of one are trained side by side (0: one a CPU core, one on a GPU).
STUDIES ?= studies
JOBS ?= 0
# How many changes of the code `make mutants` tries, and which: the same seed draws the same ones.
SAMPLE ?= 300
SEED ?= 0

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/stamp
PACKAGES := auditor builders checks experiments

# uv does not read pip's settings: pass on the folder of wheels that a machine keeps, where it names one.
ifndef UV_FIND_LINKS
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS := $(PIP_FIND_LINKS)
endif
endif

# The requirement files are complete and hashed, so nothing is resolved: what they name is what is installed.
ifeq ($(UV),)
INSTALL = $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
NEW_VENV = $(PYTHON) -m venv $(VENV)
else
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode
NEW_VENV = $(UV) venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV)
endif
LOCKED = $(INSTALL) --no-deps --require-hashes -r

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev setup-train setup-gx setup-spark setup-ray setup-report setup-browser setup-smollm2 \
	scan test test-all lint-findings lint-diff faults fuzz supply study studies study-smollm2 lint types imports docs docs-update \
	docs-check lock mutants ci clean

help: ## List the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 16

scan: setup ## Audit past issue 96 with the light core alone; findings are the point, so they end with 0
	@$(BIN)/audit scan issue-96; status=$$?; test $$status -le 1 || exit $$status

setup: $(STAMP)-core ## Make .venv with the light core: .venv/bin/audit
	@$(BIN)/python -m compileall -q $(PACKAGES)

setup-dev: setup $(STAMP)-dev ## ... and what linting and testing need
setup-train: setup $(STAMP)-train ## ... and torch, transformers, peft, trl, datasets
setup-gx: setup $(STAMP)-gx ## ... and Great Expectations
setup-spark: setup $(STAMP)-spark ## ... and PySpark (needs Java)
setup-ray: setup $(STAMP)-ray ## ... and Ray
setup-report: setup $(STAMP)-report ## ... and what draws figures
setup-browser: setup $(STAMP)-browser ## ... and what drives a Chromium that is there
setup-smollm2: setup-train $(STAMP)-smollm2 ## ... and a small real chat model

# Pages are looked at in the Chromium that is there; where there is none, those tests say so and are skipped.
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

test: setup-dev setup-train setup-gx setup-report $(if $(CHROMIUM),setup-browser) ## All set-up, then the tests
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow"

CORPUS ?= .lint-corpus
HALF ?= sixth

lint-diff: setup-dev ## What `audit lint` finds anew and no longer on pinned packages (HALF), beside the last release
	$(BIN)/python benchmarks/lint_precision.py --corpus $(CORPUS) --half $(HALF) --against benchmarks/lint_findings.csv

lint-findings: setup-dev ## Write down what `audit lint` finds on the pinned packages, for a release
	$(BIN)/python benchmarks/lint_precision.py --corpus $(CORPUS) --half $(HALF) --findings benchmarks/lint_findings.csv --sample 0

test-all: setup-dev setup-train setup-gx setup-report setup-spark setup-ray setup-browser setup-smollm2 ## Tests that take minutes, too
	$(BIN)/python -m pytest -q -n $(WORKERS)

faults: setup-train ## Kill, fill disks, race and turn clocks, and say what is lost (docs/reliability.md)
	$(BIN)/python benchmarks/faults.py --trials $(or $(TRIALS),100) --runs $(or $(RUNS),8)

fuzz: setup-dev ## Fuzz whatever reads what somebody else wrote, SECONDS for each target (docs/security.md)
	$(BIN)/python -m pip install --quiet atheris
	$(BIN)/python benchmarks/fuzz.py --seconds $(or $(SECONDS),1800)

supply: setup ## Known vulnerabilities, licences, a bill of materials, and the workflow and action
	requirements/supply

study: setup-train setup-report ## The anchor doses at ten seeds on the embedded model, with the calibration table
	$(call study,anchor-dose)

studies: study ## ... and where it stops to hold: settings, questions, near prompts, templates, cleaned arms
	$(call study,mixture-limits)
	$(call study,condition-overlap)
	$(call study,template)
	$(call study,cleaned-control)
	$(BIN)/audit report calibration $(addprefix $(STUDIES)/,anchor-dose mixture-limits condition-overlap template \
	  cleaned-control) --force --out $(STUDIES)/together.md

study-smollm2: setup-smollm2 setup-report ## The marker study on a real chat model: hours on a CPU, minutes on a GPU
	$(call study,smollm2-marker)

# Finished runs are reused, interrupted ones resumed: the same command goes on where the last one stopped.
define study
$(BIN)/audit run $(1) --exp all --jobs $(JOBS) --resume --out $(STUDIES)/$(1)
$(BIN)/audit report calibration $(STUDIES)/$(1) --force --out $(STUDIES)/$(1).md
$(BIN)/audit report calibration $(STUDIES)/$(1) --force --format json --out $(STUDIES)/$(1).json
endef

lint: setup-dev ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-dev setup-train setup-gx setup-report ## Types, strictly
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: setup-dev ## The direction of imports between the four packages
	$(BIN)/lint-imports

docs-update: setup-dev setup-report ## Write the generated pages and the README's transcript anew
	$(BIN)/python docs/generate.py

docs-check: setup-dev setup-report ## Fail where a generated page is stale
	$(BIN)/python docs/generate.py --check

docs: docs-check ## Build the site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lock: setup ## Write requirements/*.txt from pyproject.toml (UPGRADE=1 takes newer releases)
	@test -n "$(UV)" || $(INSTALL) uv
	UV="$(or $(UV),$(BIN)/uv)" requirements/lock

mutants: setup-dev setup-train ## Change the code in one place at a time and count what tests see (SAMPLE=300 SEED=0 JOBS=1)
	$(BIN)/python -m benchmarks.mutants --sample $(SAMPLE) --seed $(SEED) --jobs $(or $(filter-out 0,$(JOBS)),1)

ci: ## What CI runs
	.ci/run

clean: ## Remove what these commands made
	rm -rf $(VENV) site .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(NEW_VENV) || { echo "error: no virtual environment could be made" >&2; \
		echo "help: install uv, or the system's package for the venv module (Debian: python3-venv)" >&2; exit 2; }

$(STAMP)-core: requirements/core.txt pyproject.toml | $(BIN)/python
	$(LOCKED) requirements/core.txt
	$(INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

# torch comes last and by version alone: its own pins bring the CUDA packages where the build has any.
$(STAMP)-train: requirements/train.txt requirements/torch.txt | $(STAMP)-core
	$(LOCKED) requirements/train.txt
	$(INSTALL) -r requirements/torch.txt
	@touch $@

$(STAMP)-%: requirements/%.txt | $(STAMP)-core
	$(LOCKED) $<
	@touch $@
