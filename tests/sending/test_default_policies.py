"""The default result policies: the table in code and the rows of the migration are the same."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module

import pytest

from sending.policies import DEFAULTS, Policy

MIGRATION = import_module("sending.migrations.0002_default_result_policies")


@pytest.mark.one_database
def test_a_new_installation_has_the_defaults_as_rows() -> None:
    """A migration imports no code, so the rows are written out there."""
    columns = [field.name for field in fields(Policy)]
    expected = [{name: getattr(policy, name) for name in columns} for policy in DEFAULTS]
    assert list(MIGRATION.ROWS) == expected
