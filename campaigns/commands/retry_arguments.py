"""The arguments of `campaign retry`: which deliveries are sent again."""

from __future__ import annotations

import argparse
from typing import Any

from accounts.lookup import find_accounts
from campaigns.run_control.retry import RetryChoice
from sending.states import DeliveryState
from tabular.arguments import uin_argument


def add_retry_arguments(retry: argparse.ArgumentParser) -> None:
    """Add the arguments to the parser of `campaign retry`."""
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
    retry.add_argument("--run", type=int, metavar="N", help="this run instead of the newest")


def retry_choice(options: dict[str, Any]) -> RetryChoice:
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
