"""`manage.py audit list|export`: the audit trail from a terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.timezone import localtime

from audit.find import find_entries
from audit.models import AuditEntry, Channel
from audit.reading import as_data, told
from audit.resources import AuditEntryResource
from foundation.acts import take_out
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.times import asked_moment
from tabular.exports import stream_csv

MOST_SHOWN = 1_000
CHUNK = 500


class Command(OperatorCommand):
    """Lists and exports entries of the audit trail."""

    help = "Show who changed what and who took data out, or export it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listed = actions.add_parser("list", help="show entries, the newest first")
        listed.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many")
        listed.add_argument("--next", type=int, metavar="ID", help="only entries before this one")
        exported = actions.add_parser("export", help="write entries to a file")
        exported.add_argument(
            "--out", required=True, metavar="FILE", help="CSV, or .jsonl; - for standard output"
        )
        for one in (listed, exported):
            one.add_argument("--since", metavar="TIME", help="not before this time, ISO 8601")
            one.add_argument("--who", default="", metavar="NAME", help="who acted")
            one.add_argument(
                "--object", dest="about", default="", metavar="TYPE:ID",
                help="a row, such as campaigns.campaign:12, a type, or the name of a row",
            )  # fmt: skip
            one.add_argument("--channel", default="", choices=Channel.values)
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        """List or export.

        Raises:
            Refusal: the time cannot be read, or there is no such type.
        """
        since = asked_moment(options["since"]) if options["since"] else None
        found = find_entries(
            since=since, who=options["who"], about=options["about"], channel=options["channel"]
        )
        if options["action"] == "list":
            self._list(found, options)
        else:
            self._export(found, options)

    def _list(self, found: QuerySet[AuditEntry], options: dict[str, Any]) -> None:
        if options["next"] is not None:
            found = found.filter(pk__lt=max(0, min(options["next"], 2**63 - 1)))
        limit = max(1, min(options["limit"], MOST_SHOWN))
        rows = list(found.prefetch_related("changes")[: limit + 1])
        shown = rows[:limit]
        data = {
            "items": [as_data(one, one.changes.all()) for one in shown],
            "next": shown[-1].pk if len(rows) > limit else None,
        }
        lines = [
            f"{localtime(one.at):%Y-%m-%d %H:%M:%S}  {one.who}  {one.channel}  {told(one)}"
            for one in shown
        ]
        self.answer(data, as_json=options["json"], text="\n".join(lines))

    def _export(self, found: QuerySet[AuditEntry], options: dict[str, Any]) -> None:
        out = options["out"]
        is_json = out.endswith(".jsonl")
        take_out(what=AuditEntry._meta.label_lower, file=out, format="jsonl" if is_json else "csv")
        pieces = _json_lines(found) if is_json else stream_csv(AuditEntryResource(), found)
        with _opened(out) as file:
            for piece in pieces:
                file.write(piece)
        if out != "-":
            self.answer({"file": out}, as_json=options["json"], text=str(out))


def _json_lines(found: QuerySet[AuditEntry]) -> Iterator[bytes]:
    for entry in found.prefetch_related("changes").iterator(CHUNK):
        data = as_data(entry, entry.changes.all())
        yield json.dumps(data, ensure_ascii=False).encode() + b"\n"


@contextmanager
def _opened(out: str) -> Iterator[IO[bytes]]:
    """Yield a file to write, or standard output for "-"."""
    if out == "-":
        yield sys.stdout.buffer
        return
    try:
        with Path(out).open("wb") as file:
            yield file
    except OSError as problem:
        raise Refusal(
            _("%(file)s cannot be written: %(why)s.")
            % {"file": out, "why": problem.strerror or type(problem).__name__},
            code="cannot_write",
        ) from None
