"""The command `pool create|list|show|add|remove|archive|restore|delete`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lookup import find_accounts
from accounts.models import AccountPool
from accounts.pool_members import PoolSummary, count_of, summary_of
from accounts.pools import add_to_pool, create_pool, find_pool, remove_from_pool
from foundation.archiving import archive_row, restore_row
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row, uses_of
from foundation.terminal_tables import table
from foundation.times import utc_iso
from labels.labelling import find_labels
from tabular.arguments import uin_argument

HELP = {
    "create": "create a pool of sender accounts",
    "list": "list the pools",
    "show": "show a pool's members, what they can send, and what uses the pool",
    "add": "add accounts or labels to a pool",
    "remove": "take accounts or labels out of a pool",
    "archive": "take it out of lists and choices; it can be restored",
    "restore": "offer an archived pool again",
    "delete": "delete it; refused while a campaign uses it",
}
CHANGES = {"add": add_to_pool, "remove": remove_from_pool}


class Command(OperatorCommand):
    """Create, list, show, change, archive and delete pools of sender accounts."""

    help = f"Pools of sender accounts: {', '.join(HELP)}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.set_defaults(wrong_usage=one.error)
            if action != "list":
                one.add_argument("name", metavar="NAME", help="the pool")
            else:
                one.add_argument("--archived", action="store_true", help="the archived ones too")
            if action in {"create", "add", "remove"}:
                one.add_argument(
                    "--account", dest="accounts", action="extend", nargs="+", default=[],
                    type=uin_argument, metavar="UIN", help="accounts, one by one",
                )  # fmt: skip
                one.add_argument(
                    "--label", dest="labels", action="extend", nargs="+", default=[], metavar="L",
                    help="accounts with one of these labels, for as long as they have it",
                )  # fmt: skip
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "list":
            self._list(options)
            return
        if action in CHANGES or action == "create":
            accounts = find_accounts(uins=options["accounts"])
            labels = find_labels(names=options["labels"])
            if action == "create":
                pool = create_pool(name=options["name"], accounts=accounts, labels=labels)
            else:
                if not accounts and not labels:
                    options["wrong_usage"]("name accounts (--account UIN) or labels (--label L)")
                pool = find_pool(name=options["name"])
                CHANGES[action](pool=pool, accounts=accounts, labels=labels)
        else:
            pool = find_pool(name=options["name"])
            if action == "delete":
                self._delete(pool, options)
                return
            if action in {"archive", "restore"}:
                (archive_row if action == "archive" else restore_row)(row=pool)
        self._show(pool, options)

    def _delete(self, pool: AccountPool, options: dict[str, Any]) -> None:
        name = pool.name
        delete_row(row=pool)
        self.answer(
            {"pool": name, "deleted": True},
            as_json=options["json"],
            text=_("Pool “%(name)s” is deleted.") % {"name": name},
        )

    def _list(self, options: dict[str, Any]) -> None:
        rows = AccountPool.objects.order_by("name")
        pools = list(rows if options["archived"] else rows.filter(archived_at=None))
        items = [_brief(pool, count_of(pool)) for pool in pools]
        text = "\n".join(_line(item) for item in items)
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("There are no pools. Create one with manage.py pool create NAME."),
        )

    def _show(self, pool: AccountPool, options: dict[str, Any]) -> None:
        summary = summary_of(pool)
        item = _brief(pool, summary)
        uses = list(uses_of(pool).blocking)
        members = [
            {
                "uin": one.account.uin,
                "name": one.account.name,
                "state": one.account.state,
                "a_day": one.a_day,
                "sent_today": one.sent,
            }
            for one in summary.members
        ]
        by_hand = list(pool.accounts.order_by("uin").values_list("uin", flat=True))
        shown = ("uin", "name", "state", "a_day", "sent_today")
        lines = [_line(item)]
        if members:
            rows = [[one[key] for key in shown] for one in members]
            lines.append(table(heading=shown, rows=rows))
        self.answer(
            {**item, "accounts": by_hand, "members": members, "uses": uses},
            as_json=options["json"],
            text="\n".join([*lines, *uses]),
        )


def _brief(pool: AccountPool, summary: PoolSummary) -> dict[str, Any]:
    return {
        "name": pool.name,
        "labels": [label.name for label in pool.labels.all()],
        "size": summary.size,
        "working": summary.working,
        "a_day": summary.a_day,
        "archived_at": utc_iso(pool.archived_at),
    }


def _line(item: dict[str, Any]) -> str:
    words = ngettext(
        "%(name)s: %(size)d account, %(working)d working",
        "%(name)s: %(size)d accounts, %(working)d working",
        item["size"],
    )
    line = words % item
    if item["a_day"] is not None:
        line += ", " + _("%(n)s messages a day") % {"n": f"{item['a_day']:,}"}
    if item["labels"]:
        line += ", " + _("labels: %(names)s") % {"names": ", ".join(item["labels"])}
    return f"{line} ({_('archived')})" if item["archived_at"] else line
