"""The command `suppressions add|remove|list`."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import UIN_MAX, UIN_MIN, ContactList, Suppression
from contacts.suppressions import lift_suppressions, read_until, suppress
from foundation.commands import OperatorCommand
from foundation.display import EMPTY
from foundation.names import shown_name
from foundation.refusals import Refusal
from foundation.times import utc_iso
from tabular.arguments import uin_argument

HELP = {
    "add": "never write to these people again",
    "remove": "allow writing to these people again",
    "list": "show suppressions and their reasons (of the UINs named, or all)",
}


class Command(OperatorCommand):
    """Add, remove and list suppressions."""

    help = "Suppressions, the UINs that must never be written to: add, remove, list."

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

    def perform(self, **options: Any) -> None:
        name, uins = options["list_name"], _checked(options["uins"])
        contact_list = _list_named(name) if name is not None else None
        if options["action"] == "list":
            self._show(uins, contact_list, as_json=options["json"])
        elif options["action"] == "add":
            until = options["until"]
            new = suppress(
                uins=uins,
                source=options["reason"].strip(),
                contact_list=contact_list,
                until=read_until(until) if until is not None else None,
            )
            data = {"suppressed": new, "already": len(uins) - new, "list": name}
            text = _("Suppressed: %(suppressed)d. Already suppressed: %(already)d.") % data
            self.answer(data, as_json=options["json"], text=text)
        else:
            lifted = lift_suppressions(uins=uins, contact_list=contact_list)
            text = _("Suppressions lifted: %(n)d.") % {"n": lifted}
            self.answer({"lifted": lifted, "list": name}, as_json=options["json"], text=text)

    def _show(
        self, uins: Collection[int], contact_list: ContactList | None, *, as_json: bool
    ) -> None:
        shown = Suppression.objects.select_related("contact_list").order_by("uin", "id")
        if uins:
            shown = shown.filter(uin__in=uins)
        if contact_list is not None:
            shown = shown.filter(contact_list=contact_list)
        rows = [
            {
                "uin": row.uin,
                "list": row.contact_list.name if row.contact_list else None,
                "reason": row.reason,
                "source": row.source,
                "since": utc_iso(row.created_at),
                "until": utc_iso(row.until),
            }
            for row in shown.iterator()
        ]
        text = "\n".join("  ".join(str(value or EMPTY) for value in row.values()) for row in rows)
        self.answer(rows, as_json=as_json, text=text or _("There are no suppressions."))


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
