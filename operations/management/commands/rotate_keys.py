"""`manage.py rotate_keys`: encrypt all credentials under the first of CREDENTIAL_KEYS."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from operations.keys import Rotation, rotate_keys


class Command(OperatorCommand):
    help = "Encrypt all credentials under the first of CREDENTIAL_KEYS, and say which are free."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """Rotate, or count."""
        found = rotate_keys(is_dry_run=options["dry_run"])
        data = {
            "dry_run": options["dry_run"],
            "credentials": found.credentials,
            "rotated": found.rotated,
            "unreadable": found.unreadable,
            "keys": [
                {"place": place, "used_by": n, "free": place in found.free}
                for place, n in enumerate(found.used_by, start=1)
            ],
        }
        self.answer(data, as_json=options["json"], text="\n".join(_sentences(found)))


def _sentences(found: Rotation) -> list[str]:
    lines = [
        _("%(n)d credentials are stored; %(rotated)d were encrypted again under the first key.")
        % {"n": found.credentials, "rotated": found.rotated}
    ]
    if found.unreadable:
        lines.append(
            _("%(n)d cannot be decrypted by any key: put their key back, or enter them again.")
            % {"n": found.unreadable}
        )
    if found.free:
        lines.append(
            _(
                "Nothing needs key %(places)s of CREDENTIAL_KEYS any more: remove it once all "
                "processes were started with the new list. A backup from before still needs it."
            )
            % {"places": ", ".join(map(str, found.free))}
        )
    return lines
