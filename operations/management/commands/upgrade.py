"""`manage.py upgrade`: check, back up, migrate, and say what has to be restarted."""

from __future__ import annotations

import argparse
import shlex
import subprocess
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from operations.upgrading.upgrade import Upgrade, upgrade


class Command(OperatorCommand):
    help = "Check, back up and migrate with the new version installed, while runs go on."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--backup", type=Path, metavar="FILE", help="default: a file in QQCAMPAIGN_HOME/backups"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--then", metavar="COMMAND", help='run this at the end: "systemctl restart qqcampaign"'
        )
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """Upgrade.

        Raises:
            Refusal: a setting is wrong, all processes must be stopped first, or --then failed.
        """
        done = upgrade(backup=options["backup"], is_dry_run=options["dry_run"])
        is_restarted = bool(options["then"]) and not options["dry_run"]
        if is_restarted:
            _run(options["then"])
        data = {
            "version": done.version,
            "dry_run": options["dry_run"],
            "migrations": done.migrations,
            "unsafe": done.unsafe,
            "backup": str(done.backup) if done.backup else None,
            "running": done.running,
            "restarted": is_restarted,
        }
        text = "\n".join(_sentences(done, is_restarted=is_restarted))
        self.answer(data, as_json=options["json"], text=text)


def _sentences(done: Upgrade, *, is_restarted: bool) -> list[str]:
    lines = [
        _("Version %(version)s: %(n)d migrations.")
        % {"version": done.version, "n": len(done.migrations)}
    ]
    lines += [f"  {name}: {'; '.join(found)}" for name, found in done.unsafe.items()]
    if done.backup is not None:
        lines.append(_("Backup: %(file)s") % {"file": done.backup})
    if done.running and not is_restarted:
        lines.append(
            _(
                "Workers of version %(versions)s are running: restart web, jobs, beat and the "
                "workers, one after the other. Runs go on meanwhile."
            )
            % {"versions": ", ".join(done.running)}
        )
    return lines


def _run(command: str) -> None:
    try:
        done = subprocess.run(shlex.split(command), check=False)
        status = str(done.returncode) if done.returncode else ""
    except OSError as problem:
        status = problem.strerror or str(problem)
    if status:
        raise Refusal(
            _("Everything is migrated, but “%(command)s” failed (%(status)s). Restart by hand.")
            % {"command": command, "status": status},
            code="restart_failed",
        )
