"""The command `suppressions add|remove|list|import|export`, and the verbs of apps above."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import ContactList, Suppression
from contacts.resources import SuppressionResource
from contacts.suppression_verbs import suppression_verbs
from contacts.suppressions import lift_suppressions, read_until, suppress
from foundation.command_log import log_added, log_deleted, log_table
from foundation.commands import OperatorCommand
from foundation.display import EMPTY
from foundation.names import shown_name
from foundation.refusals import Refusal
from foundation.times import utc_iso
from foundation.uins import UIN_MAX, UIN_MIN
from tabular.arguments import add_layout_arguments, uin_argument
from tabular.changing_files import refuse_changed, state_of
from tabular.exports import stream_csv, write_xlsx
from tabular.given_files import given_file
from tabular.table_import.plan import ImportPlan, counted, plan_import, write_import
from tabular.table_import.resource import CHANGED, NEW, UNCHANGED, WRONG
from tabular.table_import.table_file import FileLayout

HELP = {
    "add": "never write to these people again",
    "remove": "allow writing to these people again",
    "list": "show suppressions and their reasons (of the UINs named, or all)",
}

#: The most rows of a file on the command line: they are held in memory.
MOST_ROWS = 100_000
#: Wrong rows that a refusal names.
FIRST_ERRORS = 20


class Command(OperatorCommand):
    """Add, remove, list, import and export suppressions."""

    help = "Suppressions, the UINs never to write to: add, remove, list, import, export."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.add_argument(
                "uins", nargs="*" if action == "list" else "+", type=uin_argument, metavar="UIN"
            )
            one.add_argument(
                "--list",
                dest="list_name",
                metavar="NAME",
                help="only in campaigns to this list, instead of in all of them",
            )
            if action == "add":
                one.add_argument(
                    "--reason", default="", metavar="TEXT", help="the reason, stored with it"
                )
                one.add_argument(
                    "--until",
                    metavar="ISO",
                    help="it ends by itself at this time (default: it holds for good)",
                )
            self.add_json_argument(one)
        words = (
            "add the suppressions in a file (columns uin, list, reason, source, until); lifts none"
        )
        one = actions.add_parser("import", help=words, description=words)
        one.add_argument("file", type=Path, metavar="FILE")
        add_layout_arguments(one)
        self.add_json_argument(one)
        words = "write all suppressions as CSV to standard output, or to a file"
        one = actions.add_parser("export", help=words, description=words)
        one.add_argument("--out", type=Path, metavar="FILE", help="a file, CSV or .xlsx")
        self.add_json_argument(one)
        for verb in suppression_verbs().values():
            one = actions.add_parser(verb.name, help=verb.help, description=verb.help)
            verb.add_arguments(one)
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        verb = suppression_verbs().get(options["action"])
        if verb is not None:
            data, text = verb.perform(options)
            self.answer(data, as_json=options["json"], text=text)
            return
        if options["action"] == "import":
            self._import(options)
            return
        if options["action"] == "export":
            self._export(options["out"], as_json=options["json"])
            return
        name, uins = options["list_name"], _checked(options["uins"])
        contact_list = _list_named(name) if name is not None else None
        if options["action"] == "list":
            self._show(uins, contact_list, as_json=options["json"])
        elif options["action"] == "add":
            until = options["until"]
            asked = Suppression.objects.filter(uin__in=uins, contact_list=contact_list)
            before = set(asked.values_list("pk", "until"))
            new = suppress(
                uins=uins,
                source=options["reason"].strip(),
                contact_list=contact_list,
                until=read_until(until) if until is not None else None,
            )
            log_added(*(row for row in asked.all() if (row.pk, row.until) not in before))
            data = {"suppressed": new, "already": len(uins) - new, "list": name}
            text = _("Suppressed: %(suppressed)d. Already suppressed: %(already)d.") % data
            self.answer(data, as_json=options["json"], text=text)
        else:
            rows = list(Suppression.objects.filter(uin__in=uins, contact_list=contact_list))
            lifted = lift_suppressions(uins=uins, contact_list=contact_list)
            log_deleted(*rows)
            text = _("Suppressions lifted: %(n)d.") % {"n": lifted}
            self.answer({"lifted": lifted, "list": name}, as_json=options["json"], text=text)

    def _import(self, options: dict[str, Any]) -> None:
        with given_file(options["file"]) as path:
            self._import_from(path, options["file"].name, options)

    def _import_from(self, path: Path, name: str, options: dict[str, Any]) -> None:
        before = state_of(path)
        plan = plan_import(
            resource=SuppressionResource(),
            path=path,
            name=name,
            layout=FileLayout(
                encoding=options["encoding"],
                delimiter=options["delimiter"],
                sheet=options["sheet"],
                header_line=options["header_row"],
            ),
            most_rows=MOST_ROWS,
        )
        data = _result(plan)
        if plan.counts[WRONG]:
            raise Refusal(_wrong_rows(data["errors"], plan), code="rows_wrong", **data)
        refuse_changed(path, since=before)
        write_import(plan=plan)
        log_table(Suppression, name=name, said=counted(plan, name=name))
        text = _(
            "%(rows)d rows: %(created)d new suppressions, %(updated)d changed, "
            "%(unchanged)d unchanged."
        )
        self.answer(data, as_json=options["json"], text=text % data)

    def _export(self, out: Path | None, *, as_json: bool) -> None:
        resource = SuppressionResource()
        rows = Suppression.objects.select_related("contact_list").order_by("uin", "id")
        if out is None and as_json:
            self.answer({"items": _items(rows), "next": None}, as_json=True, text="")
            return
        if out is None:
            for piece in stream_csv(resource, rows):
                self.stdout.write(piece.decode(), ending="")
            return
        try:
            with out.open("wb") as file:
                if out.suffix.lower() == ".xlsx":
                    write_xlsx(resource, rows, file)
                else:
                    file.writelines(stream_csv(resource, rows))
        except OSError as problem:
            raise Refusal(
                _("%(path)s cannot be written: %(problem)s.")
                % {"path": out, "problem": problem.strerror or problem},
                code="cannot_write",
            ) from None
        data = {"rows": rows.count(), "file": str(out)}
        text = _("Suppressions written to %(file)s: %(rows)d.") % data
        self.answer(data, as_json=as_json, text=text)

    def _show(
        self, uins: Collection[int], contact_list: ContactList | None, *, as_json: bool
    ) -> None:
        shown = Suppression.objects.select_related("contact_list").order_by("uin", "id")
        if uins:
            shown = shown.filter(uin__in=uins)
        if contact_list is not None:
            shown = shown.filter(contact_list=contact_list)
        rows = _items(shown)
        text = "\n".join("  ".join(str(value or EMPTY) for value in row.values()) for row in rows)
        self.answer(rows, as_json=as_json, text=text or _("There are no suppressions."))


def _items(rows: QuerySet[Suppression]) -> list[dict[str, Any]]:
    return [
        {
            "uin": row.uin,
            "list": row.contact_list.name if row.contact_list else None,
            "reason": row.reason,
            "source": row.source,
            "since": utc_iso(row.created_at),
            "until": utc_iso(row.until),
        }
        for row in rows.iterator()
    ]


def _result(plan: ImportPlan) -> dict[str, Any]:
    errors = [
        {"line": row.line, "column": column, "reason": str(reason)}
        for row in plan.outcomes
        if row.kind == WRONG
        for column, reason in row.problems
    ]
    return {
        "created": 0 if plan.counts[WRONG] else plan.counts[NEW],
        "updated": 0 if plan.counts[WRONG] else plan.counts[CHANGED],
        "unchanged": plan.counts[UNCHANGED],
        "rejected": plan.counts[WRONG],
        "rows": len(plan.outcomes),
        "errors": errors[:FIRST_ERRORS],
        "sheet": plan.sheet or None,
    }


def _wrong_rows(errors: list[dict[str, Any]], plan: ImportPlan) -> str:
    reasons = [
        _("line %(line)d: %(reason)s")
        % {"line": error["line"], "reason": f"{error['column']} {error['reason']}".strip()}
        for error in errors[:3]
    ]
    return _("Nothing was imported: %(count)d rows have errors. The first: %(reasons)s.") % {
        "count": plan.counts[WRONG],
        "reasons": "; ".join(reasons),
    }


def _checked(uins: Collection[int]) -> set[int]:
    for uin in uins:
        if not UIN_MIN <= uin <= UIN_MAX:
            raise Refusal(
                _("%(uin)d is not a UIN: a UIN is a number from %(least)d to %(most)d.")
                % {"uin": uin, "least": UIN_MIN, "most": UIN_MAX},
                code="uin",
                uin=uin,
            )
    return set(uins)


def _list_named(name: str) -> ContactList:
    found: ContactList | None = ContactList.objects.named(name)
    if found is None:
        raise Refusal(
            _("There is no list “%(name)s”.") % {"name": shown_name(name)}, code="list_unknown"
        )
    return found
