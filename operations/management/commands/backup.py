"""`manage.py backup FILE`: write a backup while everything runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from operations.backup import make_backup


class Command(OperatorCommand):
    help = "Write a backup while everything runs. The keys are not in it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write; it must not exist")
        parser.add_argument(
            "--keys", type=Path, metavar="FILE", help="write the keys too, to a file of their own"
        )
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """Write the backup.

        Raises:
            Refusal: it cannot be written.
        """
        path, keys = options["file"], options["keys"]
        manifest = make_backup(path=path, keys=keys)
        sentence = _("Wrote %(file)s: %(n)d deliveries, version %(version)s.") % {
            "file": path,
            "n": manifest.counts["sending_delivery"],
            "version": manifest.version,
        }
        if keys is None:
            sentence += " " + _(
                "The keys are not in it. Keep CREDENTIAL_KEYS elsewhere (--keys FILE writes them): "
                "without it no account can log in."
            )
        answer = {**manifest.as_json(), "file": str(path), "keys": str(keys) if keys else None}
        self.answer(answer, as_json=options["json"], text=sentence)
