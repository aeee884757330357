"""The verbs `unknown` and `resolve`: the deliveries whose result is unknown."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.commands.local_time import local_text
from campaigns.commands.run_answer import run_answer
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.models import CampaignRun
from campaigns.reason_text import reason_text
from campaigns.run_control.unknown_deliveries import (
    VERDICTS,
    UnknownDelivery,
    resolve_by_uin,
    unknown_deliveries,
)
from foundation.terminal_tables import table
from foundation.times import utc_iso
from tabular.arguments import uin_argument


def _add_arguments(resolve: argparse.ArgumentParser) -> None:
    resolve.add_argument(
        "--as",
        dest="verdict",
        required=True,
        choices=list(VERDICTS),
        help="arrived, did not arrive, or send again (some people may get the message twice)",
    )
    which = resolve.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--uin",
        dest="uins",
        action="extend",
        nargs="+",
        type=uin_argument,
        metavar="UIN",
        help="deliveries to these people",
    )
    which.add_argument("--all", action="store_true", help="all unknown deliveries")


def _unknown(call: Call) -> Answer:
    run = find_run(campaign=call.campaign())
    unknown = list(unknown_deliveries(run=run))
    return Answer(_data(run=run, unknown=unknown), _text(run=run, unknown=unknown))


def _resolve(call: Call) -> Answer:
    run, verdict = find_run(campaign=call.campaign()), call.options["verdict"]
    resolved = resolve_by_uin(run=run, verdict=verdict, uins=call.options["uins"])
    words = ngettext("%(n)s delivery is resolved.", "%(n)s deliveries are resolved.", resolved)
    more = {"resolved": resolved, "as": verdict}
    return run_answer(run, more=more, words=words % {"n": resolved})


def _data(*, run: CampaignRun, unknown: Sequence[UnknownDelivery]) -> dict[str, Any]:
    """Return a run's unknown deliveries for JSON. The keys are a public interface."""
    rows = [{**asdict(one), "since": utc_iso(one.since)} for one in unknown]
    return {"campaign": run.campaign.name, "run": run.number, "unknown": rows}


def _text(*, run: CampaignRun, unknown: Sequence[UnknownDelivery]) -> str:
    """Return a run's unknown deliveries as text."""
    if not unknown:
        return _("Run %(run)s has no unknown deliveries.") % {"run": run}
    heading = (_("UIN"), _("account"), _("reason"), _("last RES"), _("SEQ"), _("since"))
    rows = [
        (
            one.uin or None,
            one.account,
            reason_text(one.reason),
            one.last_res,
            one.seq,
            one.since and local_text(one.since),
        )
        for one in unknown
    ]
    advice = _("Resolve them with manage.py campaign resolve NAME --as sent|failed|again.")
    return "\n".join((table(heading=heading, rows=rows), advice))


VERBS = (
    Verb("unknown", "list the deliveries of the newest run whose result is unknown", _unknown),
    Verb(
        "resolve",
        "record the result of the newest run's unknown deliveries",
        _resolve,
        _add_arguments,
    ),
)
