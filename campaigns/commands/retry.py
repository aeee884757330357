"""The verb `retry`: send chosen deliveries again."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from django.utils.translation import ngettext

from accounts.lookup import find_accounts
from campaigns.commands.run_answer import run_answer
from campaigns.commands.run_argument import add_run_argument
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.run_control.retry import RetryChoice, retry_run
from sending.states import DeliveryState
from tabular.arguments import uin_argument


def _add_arguments(retry: argparse.ArgumentParser) -> None:
    retry.add_argument(
        "--state",
        dest="states",
        action="append",
        choices=DeliveryState.values,
        help="default: failed; people of unknown deliveries may get the message twice",
    )
    retry.add_argument(
        "--res",
        action="extend",
        nargs="+",
        default=[],
        metavar="CODE",
        help="only deliveries with one of these last result codes",
    )
    retry.add_argument(
        "--reason",
        dest="reasons",
        action="extend",
        nargs="+",
        default=[],
        metavar="REASON",
        help="only deliveries with one of these reasons, such as no_account",
    )
    retry.add_argument(
        "--account",
        dest="accounts",
        action="extend",
        nargs="+",
        type=uin_argument,
        default=[],
        metavar="UIN",
        help="only deliveries of these accounts",
    )
    retry.add_argument(
        "--uin",
        dest="uins",
        action="extend",
        nargs="+",
        type=uin_argument,
        default=[],
        metavar="UIN",
        help="only deliveries to these people",
    )
    add_run_argument(retry)


def _retry(call: Call) -> Answer:
    run = find_run(campaign=call.campaign(), number=call.options["run"])
    retried = retry_run(run=run, choice=_choice(call.options), by=call.by)
    words = ngettext(
        "%(n)s delivery will be retried.", "%(n)s deliveries will be retried.", retried
    )
    return run_answer(run, more={"retried": retried}, words=words % {"n": retried})


def _choice(options: Mapping[str, Any]) -> RetryChoice:
    """Return the deliveries that the arguments name.

    Raises:
        Refusal: there is no account of a UIN (`account_unknown`).
    """
    return RetryChoice(
        states=tuple(options["states"] or (DeliveryState.FAILED.value,)),
        res=options["res"],
        reasons=options["reasons"],
        accounts=find_accounts(uins=options["accounts"]),
        uins=options["uins"],
    )


VERBS = (
    Verb("retry", "send the failed deliveries of the newest run again", _retry, _add_arguments),
)
