"""The verbs `suppressions opt-outs|undo-opt-out|confirm-opt-outs`."""

from __future__ import annotations

import argparse
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.suppression_verbs import SuppressionVerb, register_suppression_verb
from foundation.command_log import log_changed
from foundation.display import EMPTY
from foundation.refusals import Refusal
from foundation.times import clock, utc_iso
from sending.models import OptOut
from sending.models.opt_out_settings import opt_out_settings
from sending.opt_outs.change_settings import change_settings
from sending.opt_outs.undo import undo_opt_out
from tabular.arguments import uin_argument

#: How many opt-outs the list shows unless it is asked for another number, and the most.
USUAL, MOST = 100, 1_000


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uins", nargs="*", type=uin_argument, metavar="UIN")
    parser.add_argument(
        "--limit", type=int, default=USUAL, metavar="N", help="at most so many (default: 100)"
    )
    parser.add_argument(
        "--before", type=int, metavar="ID", help="only older ones: the `next` of an earlier answer"
    )


def _list(options: dict[str, Any]) -> tuple[Any, str]:
    rows = OptOut.objects.select_related("account", "message", "undone_by").with_suppressed()
    if options["uins"]:
        rows = rows.filter(uin__in=options["uins"])
    if options["before"] is not None:
        rows = rows.filter(pk__lt=options["before"])
    limit = min(max(options["limit"], 1), MOST)
    found = list(rows.order_by("-pk")[: limit + 1])
    shown = found[:limit]
    data = {
        "items": [_item(row) for row in shown],
        "next": shown[-1].pk if len(found) > limit else None,
    }
    return data, "\n".join(map(_line, shown)) or _("Nobody has opted out by a reply.")


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "uin": row.uin,
        "account": row.account.uin,
        "direction": row.direction,
        "word": row.word,
        "text": row.message.text,
        "at": utc_iso(row.at),
        "took_effect": row.took_effect,
        "undone_at": utc_iso(row.undone_at),
        "undone_by": str(row.undone_by) if row.undone_by else None,
        "undone_by_reply": row.undone_by_reply_id,
        "confirmation": row.confirmation,
        "suppressed": row.is_suppressed,
    }


def _line(row: Any) -> str:
    undone = _("undone at %(at)s") % {"at": clock(row.undone_at)} if row.undone_at else ""
    parts = (row.pk, clock(row.at), row.uin, row.get_direction_display(), row.word, undone)
    return "  ".join(str(part or EMPTY) for part in parts)


def _undo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", type=int, metavar="ID", help="as opt-outs lists them")


def _undo(options: dict[str, Any]) -> tuple[Any, str]:
    """Undo opt-outs, all of them or none."""
    wanted = sorted(set(options["ids"]))
    changed = 0
    with transaction.atomic():
        rows = {row.pk: row for row in OptOut.objects.filter(pk__in=wanted)}
        for key in wanted:
            if key not in rows:
                raise Refusal(
                    _("There is no opt-out %(id)d. manage.py suppressions opt-outs lists them.")
                    % {"id": key},
                    code="opt_out_unknown",
                    id=key,
                )
            changed += undo_opt_out(opt_out=rows[key])
        log_changed(*rows.values(), fields=["undone_at"])
    data = {"undone": len(wanted), "changed": changed}
    return data, _("Undone: %(undone)d. Suppressions that changed: %(changed)d.") % data


def _confirm_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--on", dest="is_confirmed", action="store_true", default=None)
    which.add_argument("--off", dest="is_confirmed", action="store_false", default=None)
    parser.add_argument("--text", metavar="TEXT", help="the message that says so")


def _confirm(options: dict[str, Any]) -> tuple[Any, str]:
    if options["text"] is not None or options["is_confirmed"] is not None:
        change_settings(is_confirmed=options["is_confirmed"], text=options["text"])
    row = opt_out_settings()
    words = (
        _("Who opts out by a reply is told so: %(text)s")
        if row.is_confirmed
        else _("Who opts out by a reply gets no answer. The text would be: %(text)s")
    )
    return {"confirmed": row.is_confirmed, "text": row.text}, words % {"text": row.text}


def register_verbs() -> None:
    """Add the verbs to the command `suppressions`."""
    for verb in _VERBS:
        register_suppression_verb(verb)


_VERBS = (
    SuppressionVerb(
        "opt-outs",
        "list replies that were taken for an opt-out or an opt-in, newest first",
        _list_arguments,
        _list,
    ),
    SuppressionVerb(
        "undo-opt-out",
        "undo opt-outs and opt-ins that were none; lifts only what the reply did",
        _undo_arguments,
        _undo,
    ),
    SuppressionVerb(
        "confirm-opt-outs",
        "show or change whether who opts out by a reply is told so, and the text",
        _confirm_arguments,
        _confirm,
    ),
)
