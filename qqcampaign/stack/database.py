"""Checks the database and migrates it, at the start of the stack."""

from __future__ import annotations

import io

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from foundation.refusals import Refusal


def use_without_pool() -> None:
    """Use one connection without a pool in this process.

    The supervisor starts processes, and a pool would add threads to it. A pool would also retry an
    unreachable server for half a minute before it fails.
    """
    connections[DEFAULT_DB_ALIAS].settings_dict["OPTIONS"].pop("pool", None)


def refuse_unreachable() -> None:
    """Connect to the database once.

    Raises:
        Refusal: the database does not answer or refuses the connection.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        connection.ensure_connection()
    except (DatabaseError, OSError) as problem:
        raise Refusal(
            _(
                "The database cannot be reached: %(problem)s. Check that it is running and "
                "that DATABASE_URL is right."
            )
            % {"problem": _first_line(problem)},
            code="database_unreachable",
        ) from None


def migrate() -> bool:
    """Apply migrations. Return whether there were any.

    Raises:
        Refusal: a migration failed.
    """
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        call_command("migrate", interactive=False, verbosity=0, stdout=io.StringIO())
    except Exception as problem:  # a migration may raise anything
        raise Refusal(
            _(
                "The tables could not be updated: %(problem)s. Nothing was started. The data "
                "is in the state of the last complete migration; `manage.py showmigrations` "
                "shows which one that is."
            )
            % {"problem": _first_line(problem)},
            code="migration_failed",
        ) from None
    return True


def close_connections() -> None:
    """Close the connection, which the supervisor does not need any more."""
    connections.close_all()


def _first_line(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(problem).__name__
