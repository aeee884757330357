"""`manage.py restore`: restore a backup, show what is not known since, and release it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from foundation.terminal_tables import table
from holds.models import is_held
from operations.restoring.facts import doubts_as_json, unknown_sentences
from operations.restoring.release import doubts, release
from operations.restoring.restore import restore


class Command(OperatorCommand):
    help = "Restore a backup into an empty installation, which sends nothing until --release."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("file", nargs="?", type=Path, help="the backup")
        what.add_argument("--status", action="store_true", help="show what is not known, per run")
        what.add_argument("--release", action="store_true", help="begin to send")
        parser.add_argument(
            "--erasures",
            type=Path,
            metavar="FILE",
            help="the list of erased people of the old installation (QQCAMPAIGN_HOME/erasures)",
        )
        parser.add_argument(
            "--go-on",
            nargs="+",
            type=int,
            default=[],
            metavar="RUN",
            help="with --release: runs (numbers of --status) whose open messages are sent, "
            "although they may have been sent since the backup; those of others become unknown",
        )
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """Restore, show or release.

        Raises:
            Refusal: it is not possible.
        """
        if options["release"]:
            self._release(options)
            return
        if options["file"] is not None:
            erasures: Path | None = options["erasures"]
            if erasures is not None and not erasures.is_file():
                raise Refusal(
                    _("There is no file %(file)s.") % {"file": erasures}, code="no_erasures"
                )
            restore(path=options["file"], erasures=erasures)
        self._show(options)

    def _release(self, options: dict[str, Any]) -> None:
        done = release(go_on=options["go_on"])
        sentence = _(
            "Released. Unknown now: %(unknown)d messages. Sent although in doubt: %(kept)d. "
            "Stopped: %(stopped)d runs that were about to begin, %(sequences)d sequences. Dropped: "
            "%(dates)d dates. Not repeated: %(tasks)d tasks of accounts."
        ) % asdict(done)
        self.answer(asdict(done), as_json=options["json"], text=sentence)

    def _show(self, options: dict[str, Any]) -> None:
        if options["status"] and not is_held():
            self.answer(
                {"held": False}, as_json=options["json"], text=_("This installation is not held.")
            )
            return
        found = doubts()
        facts = doubts_as_json(found)
        lines = unknown_sentences(facts, found)
        if facts["runs"]:
            titles = [_("run"), _("name"), _("state"), _("pending"), _("in flight")]
            rows = [
                [run["run"], run["name"], run["state"], run["pending"], run["sending"]]
                for run in facts["runs"]
            ]
            lines.append(table(heading=titles, rows=rows))
        self.answer(facts, as_json=options["json"], text="\n".join(lines))
