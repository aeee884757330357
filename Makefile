# The two commands a newcomer needs: `make run` and `make test`. Each sets up what it needs.
# All paths are relative, so that the folder may be called anything.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test quick lint docs bench torture screenshots sbom audit-dependencies release clean
.DEFAULT_GOAL := help

# A line that begins with `##` after a target is an example; `make help` prints both.

help: ## print this page
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s%s\n", $$1, $$2 } \
	  /^## / { printf "%20s%s\n", "", substr($$0, 4) }' Makefile

run: .venv/.runtime ## set up and start everything, with the demo
## make run PORT=8080
	@QQCAMPAIGN_STOP_WITH_PARENT=1 exec $(PY) manage.py up --demo --port $(PORT) $(ARGS)

test: .venv/.development ## set up and run the tests, on SQLite, then on PostgreSQL
## make test ARGS="--all"                                   also what takes long, and all on both
## make test ARGS="tests/accounts/test_pace.py"             one file
## make test ARGS="-k lease"                                one name: tests with "lease" in theirs
## make test ARGS="--database postgresql -x tests/sending"   one database, to the first failure
	@$(PY) -m tests.run $(ARGS)

quick: .venv/.development ## run the tests that are not slow, on SQLite, in a few minutes
## make quick ARGS="--last-failed"                          what failed last time
	@DATABASE_URL= $(PY) -m pytest -q -n 3 -m "not slow" $(ARGS)

lint: .venv/.development ## check style, types, import rules, migrations and settings
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy .
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())'
	@$(PY) manage.py makemigrations --check --dry-run
	@env SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')" \
	  CREDENTIAL_KEYS="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(32))')" \
	  DATABASE_URL=postgres://qqcampaign:secret@db:5432/qqcampaign REDIS_URL=redis://redis:6379/0 \
	  ALLOWED_HOSTS=console.example.org BEHIND_HTTPS=1 \
	  $(PY) manage.py check --deploy --fail-level WARNING

docs: .venv/.docs ## build the documentation, English and Chinese, into site/
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

bench: .venv/.development ## measure the README's figures, side by side in one run
## make bench ARGS="--quick"                                small numbers
	@$(PY) -m benchmarks.run $(ARGS)

torture: .venv/.development ## kill processes under load; check that no message is lost or doubled
## make torture ARGS="--database sqlite --kills 30"         less of it
## make torture ARGS="--scenario list"                      the scenarios, one kind of trouble each
## make torture MODEL=1                                     also ATTACKS=1, BLACK_BOX=1, MUTATIONS=1: docs/failures.md
	@$(PY) tests/torture/run.py $(ARGS)

screenshots: .venv/.development ## photograph every page of the console into screenshots/
	@$(PY) tests/screenshots.py $(ARGS)

release: .venv/.development ## check everything, set the version, date the changelog, commit and tag
## make release VERSION=0.2.0                               CHANGELOG.md has a section "## 0.2.0 (unreleased)"
	@$(PY) -m tests.release "$(VERSION)"

sbom: .venv/.runtime .audit/.made ## write the bill of materials (CycloneDX) into sbom.json
	@.audit/bin/cyclonedx-py environment --output-format JSON --output-file sbom.json .venv/bin/python
	@echo "The bill of materials is in sbom.json."

audit-dependencies: .audit/.made ## ask for known advisories about every pinned package
	@said=$$(.audit/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off \
	  -r requirements.txt 2>&1); status=$$?; echo "$$said"; \
	case "$$said" in *"could not be audited"*|*"not found on PyPI"*|*onnection*|*"Max retries"*) \
	  echo "The advisories could not be reached, so this says nothing about the packages. Run it where the package index can be reached." >&2;; \
	esac; exit $$status

clean: ## remove the virtual environment, caches and site/; the data in var/ is kept
	@rm -rf .venv .audit sbom.json .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles site
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than its requirements exactly when they are installed.

.venv/.runtime: .venv/.made requirements.txt constraints.txt
	@echo "Installing what qqcampaign runs on (once; about a minute) ..."
	@$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.txt
	@echo "Installing what the tests need (once; about a minute) ..."
	@$(PY) -m pip install --quiet -r requirements-dev.txt
	@touch $@

.venv/.docs: .venv/.runtime requirements-docs.txt
	@echo "Installing what the documentation needs (once) ..."
	@$(PY) -m pip install --quiet -r requirements-docs.txt
	@touch $@

.audit/.made: requirements-audit.txt
	@echo "Installing the tools of the audit (once) ..."
	@$(PYTHON) -m venv .audit
	@.audit/bin/python -m pip install --quiet -r requirements-audit.txt
	@touch $@

.venv/.made:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is too old ($$($(PYTHON) --version 2>&1)): qqcampaign needs Python 3.11 or newer. Name one: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@
