"""Restores a backup into an empty installation, which is held from its first row on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from accounts.models import Worker
from foundation.refusals import Refusal
from foundation.times import clock
from holds.models import Hold, open_holds
from operations.archives.archive import extract_parts, open_private, opened_archive, private_folder
from operations.archives.manifest import DATABASE, Manifest, newer, not_a_backup
from operations.backup import IMPORTS
from operations.databases import kinds
from operations.restoring.prepare import prepare
from operations.restoring.unreadable import accounts_without_key
from tabular.upload_files import import_folder

#: How far this database's clock may be behind the backup's.
CLOCK_MARGIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        manifest: of the backup.
        hold: the hold that must be released before anything is sent.
        unreadable: the UINs of the accounts whose passwords no key decrypts.
    """

    manifest: Manifest
    hold: Hold
    unreadable: list[int]


def restore(*, path: Path, erasures: Path | None = None) -> Restored:
    """Restore a backup; nothing is sent until it is released.

    Args:
        path: the backup.
        erasures: the list of people who were erased since; None for this host's own list.

    Raises:
        Refusal: the file is no backup, damaged or of a newer version, the installation is not
            empty, or the database's clock is before that of the backup. Nothing is changed then.
    """
    with opened_archive(path) as (manifest, archive):
        _refuse_other(manifest)
        _refuse_in_use()
        now = kinds.database_time()
        if now + CLOCK_MARGIN < manifest.taken_at:
            raise Refusal(
                _(
                    "The clock of this database is %(now)s, before the backup was made "
                    "(%(taken_at)s). Set the clock, then restore: SEQs and waits depend on it."
                )
                % {"now": clock(now), "taken_at": clock(manifest.taken_at)},
                code="clock_behind",
            )
        home = Path(settings.QQCAMPAIGN_HOME)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private_folder(home / "restore") as folder:
            parts = extract_parts(archive, manifest, to=folder)
            if DATABASE not in parts:
                raise not_a_backup()
            kinds.copy_in(parts[DATABASE], hold=(manifest.taken_at, now, manifest.version))
            _put_imports(parts)
    connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    hold = open_holds().order_by("-pk").first()
    if hold is None:  # a backup of a version that knew no holds
        hold = Hold.objects.create(
            taken_at=manifest.taken_at, restored_at=now, version=manifest.version
        )
    prepare(hold=hold, erasures=erasures)
    return Restored(manifest, hold, accounts_without_key())


def _refuse_other(manifest: Manifest) -> None:
    if manifest.database != kinds.kind():
        raise Refusal(
            _("The backup is of %(theirs)s, but this installation is on %(ours)s.")
            % {"theirs": manifest.database, "ours": kinds.kind()},
            code="other_database",
        )
    known = set(MigrationLoader(None).disk_migrations or {})
    if set(manifest.migrations) - known:
        raise newer(manifest.version)


def _refuse_in_use() -> None:
    used = kinds.tables_in_use()
    if used:
        raise Refusal(
            _(
                "This installation is in use: it has rows in %(tables)s. A backup is restored into "
                "an empty one only. Set QQCAMPAIGN_HOME or DATABASE_URL to a new one."
            )
            % {"tables": ", ".join(used)},
            code="not_empty",
        )
    has_workers = Worker._meta.db_table in connection.introspection.table_names()
    if has_workers and Worker.objects.living().exclude(pk__in=Worker.objects.silent()).exists():
        raise Refusal(
            _("Workers are running on this installation. Stop it first, then restore."),
            code="running",
        )


def _put_imports(parts: dict[str, Path]) -> None:
    for name, part in parts.items():
        plain = Path(name).name
        if name == IMPORTS + plain and plain not in {"", ".", ".."}:
            with part.open("rb") as source, open_private(import_folder() / plain) as target:
                while block := source.read(1 << 20):
                    target.write(block)
