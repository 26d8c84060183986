# The commands of the house: `make` lists them. What they need is installed into .venv, from the committed lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ALONE := tests/benchmarks/test_imports.py
SAM := .venv-sam/bin/sam
SAM_READY := .venv-sam/.ready

.PHONY: help run demo quick test check lint build bench mutants templates gallery pictures machines mjml vendor docs lock clean

help:  ## list the commands
	@sed -n 's/^\([a-z]*\):.*  ## /\1\t/p' Makefile | expand -t 12

run: $(READY)  ## start the whole system on http://localhost:8000 (PORT=8001, FRESH=1 to start over, CUSTOMERS=1000)
	@$(BIN)/beckon run $(if $(PORT),--port $(PORT)) $(if $(FRESH),--fresh) $(if $(CUSTOMERS),--customers $(CUSTOMERS))

demo: $(READY)  ## play one contact's story and print it as it happens
	$(BIN)/python -m infra.local demo

# One process a processor. A test file stays in one of them, and what it has prepared is prepared once.
quick: $(READY)  ## run the tests that need no world, but for SQL against Python: what fails first, in under a minute
	$(BIN)/pytest -n auto --dist worksteal tests/unit tests/contract/test_docs.py --ignore tests/unit/test_sql.py

# What a handler's import takes is measured alone: beside other tests, an import suffers more than what it is held to.
test: $(READY)  ## run the whole suite
	$(BIN)/pytest -n auto --dist loadfile --ignore $(ALONE)
	$(BIN)/pytest $(ALONE)

check: test lint $(SAM_READY)  ## run the suite, all linters and `sam validate`
	$(SAM) validate --lint --template template.yaml --region eu-west-1

lint: $(READY)  ## ruff, mypy, import-linter and cfn-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint

build: $(SAM_READY)  ## build what `sam deploy` uploads, in .aws-sam
	$(SAM) build

bench: $(READY)  ## measure speed, size and cost (leaves out, and says so, what cannot be installed to compare with)
	-$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-bench.lock
	$(BIN)/python -m tests.benchmarks

mutants: $(READY)  ## try small wrong changes of the code and say which of them no test notices (ten minutes)
	$(BIN)/python -m tests.mutants

templates: $(READY)  ## compile the shipped emails, MJML to HTML
	$(BIN)/python -m infra.templates

gallery: $(READY)  ## take pictures of the shipped emails in Chromium, for docs/emails
	$(BIN)/python -m tests.browser.gallery

pictures: $(READY)  ## take pictures of the admin's pages for docs/pages, while `make run` is running (PORT=8001)
	$(BIN)/python -m tests.browser.pages $(PORT)

machines: $(READY)  ## compile the journeys that run on Step Functions, YAML to ASL, and say what a run costs
	$(BIN)/python -m infra.machines

mjml: $(READY)  ## read MJML's own list of elements and attributes again, from npm
	$(BIN)/python -m infra.mjml

vendor: $(READY)  ## pack what the admin's page is written with (Preact, htm, signals) again, from npm
	$(BIN)/python -m infra.vendoring

docs: $(READY)  ## write what of the docs is made: the tables of segments.md, the numbers of decisions.md
	$(BIN)/python -m infra.documentation

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet "uv==$(UV_VERSION)"

$(READY): requirements.lock | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(BIN)/python" -P -m infra.local "$$@"\n' "$(CURDIR)" "$(CURDIR)" > $(BIN)/beckon && chmod +x $(BIN)/beckon
	touch $@

$(SAM_READY): requirements-sam.lock | $(BIN)/uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-sam
	$(BIN)/uv pip install --quiet --python .venv-sam/bin/python --require-hashes -r requirements-sam.lock
	touch $@

# The requirements of an artefact: of what is named, the versions of requirements.lock with all their hashes.
DEPLOYED = $(BIN)/uv pip compile --quiet --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock" --constraints requirements.lock -
# python-liquid names both and needs neither (shared/adapters/sandbox.py).
NO_BABEL = --no-emit-package babel --no-emit-package pytz

lock: $(BIN)/uv  ## resolve the locks again (for every Python we support, with hashes, naming no index)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --constraints requirements.lock --group bench -o requirements-bench.lock
	echo aws-sam-cli | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" - -o requirements-sam.lock
	printf 'aws-lambda-powertools\npydantic\ntzdata\n' | $(DEPLOYED) -o shared/requirements.txt
	echo python-liquid | $(DEPLOYED) $(NO_BABEL) -o functions/message/requirements.txt
	echo python-liquid | $(DEPLOYED) $(NO_BABEL) -o functions/campaign/requirements.txt
	echo duckdb | $(DEPLOYED) -o functions/lake/requirements.txt
	echo duckdb | $(DEPLOYED) -o functions/export/requirements.txt
	echo duckdb | $(DEPLOYED) -o functions/amend/requirements.txt
	echo vadersentiment | $(DEPLOYED) --no-deps -o functions/transition/requirements.txt
	printf 'numpy\nscipy\nvadersentiment\n' | $(DEPLOYED) --no-deps -o functions/insight/requirements.txt
	printf 'chalice\ndnspython\nimagesize\nimportlib-resources\nmarkupsafe\nmjml-python\npython-dateutil\npython-liquid\npyyaml\nsix\n' | $(DEPLOYED) --no-deps -o functions/admin/requirements.txt

clean:  ## remove all that was installed, built or played
	rm -rf .venv .venv-sam .local .aws-sam
