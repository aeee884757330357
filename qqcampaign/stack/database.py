"""The database at the start of the stack: is it there, are its tables up to date?"""

from __future__ import annotations

import io

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from foundation.refusals import Refusal


def use_without_pool() -> None:
    """Use one plain connection in this process.

    The supervisor starts processes; a pool would bring threads into it, and would try an
    unreachable server for half a minute before it says so.
    """
    connections[DEFAULT_DB_ALIAS].settings_dict["OPTIONS"].pop("pool", None)


def refuse_unreachable() -> None:
    """Connect once.

    Raises:
        Refusal: the database does not answer, or refuses us.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        connection.ensure_connection()
    except (DatabaseError, OSError) as problem:
        raise Refusal(
            _(
                "The database cannot be reached: %(problem)s. See that it runs and that "
                "DATABASE_URL names it."
            )
            % {"problem": _first_line(problem)},
            code="database_unreachable",
        ) from None


def migrate() -> bool:
    """Bring the tables up to date. Return whether there was anything to do.

    Raises:
        Refusal: it failed, and why.
    """
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        call_command("migrate", interactive=False, verbosity=0, stdout=io.StringIO())
    except Exception as problem:  # a migration may raise anything
        raise Refusal(
            _(
                "The tables could not be brought up to date: %(problem)s. Nothing was started; the "
                "data is as the last complete migration left it. `manage.py showmigrations` shows "
                "how far it came."
            )
            % {"problem": _first_line(problem)},
            code="migration_failed",
        ) from None
    return True


def close_connections() -> None:
    """Close the connection: the supervisor may watch for weeks without needing it."""
    connections.close_all()


def _first_line(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(problem).__name__
