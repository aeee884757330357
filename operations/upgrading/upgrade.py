"""Upgrades an installation: checks, backs up, migrates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.utils.translation import gettext as _

from accounts.models import Worker
from foundation.refusals import Refusal
from operations.backup import make_backup
from operations.databases import kinds
from operations.upgrading.migration_rules import problems, state_before


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did, or would do.

    Attributes:
        version: of the code.
        migrations: those to apply, as "app.name".
        unsafe: those that are not safe beside the previous version, each with the reason.
        backup: the backup that was made; None if none was.
        running: the versions of the workers that run, which have to be restarted.
    """

    version: str
    migrations: list[str]
    unsafe: dict[str, list[str]]
    backup: Path | None
    running: list[str]


def upgrade(*, backup: Path | None = None, is_dry_run: bool = False) -> Upgrade:
    """Check everything, make a backup, and migrate, while the previous version runs.

    Args:
        backup: the file of the backup; None for one in QQCAMPAIGN_HOME/backups.
        is_dry_run: whether to change nothing.

    Raises:
        Refusal: a setting is wrong (`wrong_settings`), or a migration is not safe while workers run
            (`stop_first`). Nothing is changed then.
    """
    _refuse_wrong_settings()
    plan, unsafe = _plan()
    names = [f"{one.app_label}.{one.name}" for one in plan]
    running = _running_versions()
    is_new = not kinds.tables_in_use()
    if is_dry_run:
        return Upgrade(settings.VERSION, names, unsafe, None, running)
    if unsafe and running and not is_new:
        raise Refusal(
            _(
                "%(names)s cannot be applied while workers of the previous version run. Stop all "
                "processes, upgrade, and start them again."
            )
            % {"names": ", ".join(unsafe)},
            code="stop_first",
            unsafe=unsafe,
        )
    made = None
    if plan and not is_new:
        made = backup or _default_backup()
        make_backup(path=made)
    call_command("migrate", interactive=False, verbosity=0)
    return Upgrade(settings.VERSION, names, unsafe, made, running)


def _refuse_wrong_settings() -> None:
    found = [message for message in checks.run_checks() if message.is_serious()]
    if found:
        raise Refusal(" ".join(message.msg for message in found), code="wrong_settings")


def _plan() -> tuple[list[Migration], dict[str, list[str]]]:
    """Return the migrations to apply, and those that are not safe beside running workers."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unsafe: dict[str, list[str]] = {}
    own = {config for config in settings.INSTALLED_APPS if "." not in config}
    for migration, _backwards in plan:
        if migration.app_label not in own:
            continue
        before = state_before(executor.loader, migration.app_label, migration.name)
        found = problems(migration, before)
        if found:
            unsafe[f"{migration.app_label}.{migration.name}"] = found
    return [migration for migration, _backwards in plan], unsafe


def _running_versions() -> list[str]:
    """Return the versions of the workers that are alive."""
    if Worker._meta.db_table not in connection.introspection.table_names():
        return []
    living = Worker.objects.living().exclude(pk__in=Worker.objects.silent().values("pk"))
    return sorted(set(living.values_list("version", flat=True)))


def _default_backup() -> Path:
    folder = Path(settings.QQCAMPAIGN_HOME) / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = kinds.database_time().astimezone(UTC)
    return folder / f"before-{settings.VERSION}-{at:%Y%m%d%H%M%S}"
