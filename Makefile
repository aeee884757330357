# The two commands a newcomer needs: `make run` and `make test`. Each sets up what it needs.
# All paths are relative, so that the folder may be called anything.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test lint bench torture screenshots clean
.DEFAULT_GOAL := help

help: ## what there is to make
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

run: .venv/.runtime ## set up and start everything, with the demo (PORT=8000)
	@QQCAMPAIGN_STOP_WITH_PARENT=1 exec $(PY) manage.py up --demo --port $(PORT) $(ARGS)

test: .venv/.development ## set up and run every test, on SQLite and on PostgreSQL (ARGS="-k pace")
	@$(PY) -m tests.run $(ARGS)

lint: .venv/.development ## style, types, import rules, migrations, settings
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

bench: .venv/.development ## the figures of the README (QUICK=1 for small numbers)
	@$(PY) -m benchmarks.run $(ARGS)

torture: .venv/.development ## kill everything, everywhere; nothing lost, nothing twice
	@$(PY) tests/torture/run.py $(ARGS)

screenshots: .venv/.development ## the pictures of the documents
	@$(PY) tests/screenshots.py $(ARGS)

clean: ## remove the virtual environment and caches; the data in var/ is kept
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
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

.venv/.made:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is too old ($$($(PYTHON) --version 2>&1)): qqcampaign needs Python 3.11 or newer. Name one: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@
