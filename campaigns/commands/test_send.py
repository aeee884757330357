"""The verb `test`: send the message to chosen people, and wait for the result."""

from __future__ import annotations

import argparse
import time
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.models import TestRun
from campaigns.reports.test_results import test_results
from campaigns.reports.waiting_reasons import delivery_waiting_reason
from campaigns.run_control.test_send import send_test
from foundation.commands import DONE, REFUSED, seconds
from foundation.terminal_tables import table
from sending.models import Delivery
from sending.states import ACTIVE_RUN_STATES, OPEN_DELIVERY_STATES, DeliveryState
from tabular.arguments import uin_argument

#: Seconds between two looks at the test, and the longest wait unless another is named.
LOOK_SECONDS, WAIT_SECONDS = 0.2, 60.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        action="extend",
        nargs="+",
        type=uin_argument,
        required=True,
        metavar="UIN",
        help="the people",
    )
    parser.add_argument(
        "--account", type=uin_argument, required=True, metavar="UIN", help="the sender account"
    )
    parser.add_argument(
        "--variant",
        default="",
        metavar="NAME",
        help="all get this variant; default: each their own",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=WAIT_SECONDS,
        metavar="S",
        help="wait at most so long for the result; default 60",
    )


def _test(call: Call) -> Answer:
    options = call.options
    test = send_test(
        campaign=call.campaign(),
        uins=options["to"],
        account=find_accounts(uins=[options["account"]])[0],
        variant=options["variant"],
        by=call.by,
    )
    _wait(test=test, timeout=options["timeout"])
    return Answer(_data(test), _text(test), status=DONE if _is_all_sent(test) else REFUSED)


def _wait(*, test: TestRun, timeout: float) -> None:
    """Wait until nothing of a test is open, or the time is over.

    Args:
        test: the test.
        timeout: the most seconds.
    """
    until = time.monotonic() + timeout
    rows = Delivery.objects.filter(run=test, state__in=OPEN_DELIVERY_STATES)
    while rows.exists() and time.monotonic() < until:
        test.refresh_from_db()
        if test.state not in ACTIVE_RUN_STATES:
            return
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))


def _is_all_sent(test: TestRun) -> bool:
    """Return whether every message of a test was sent."""
    return not Delivery.objects.filter(run=test).exclude(state=DeliveryState.SENT).exists()


def _data(test: TestRun) -> dict[str, Any]:
    """Return a test for JSON. The keys are a public interface."""
    test.refresh_from_db()
    return {
        "campaign": test.campaign.name,
        "test": test.number,
        "account": test.account.uin,
        "state": test.state,
        "items": [one.as_data() for one in test_results(test)],
        "why": _why(test),
        "next": None,
    }


def _text(test: TestRun) -> str:
    """Return a test as text."""
    heading = (_("UIN"), _("state"), _("last RES"), _("message"))
    rows = [
        (one.uin or None, one.words, one.last_res, one.text.replace("\n", " ⏎ "))
        for one in test_results(test)
    ]
    return "\n".join((table(heading=heading, rows=rows), *_why(test)))


def _why(test: TestRun) -> list[str]:
    """Return what the open messages of a test wait for, each sentence once."""
    rows = Delivery.objects.filter(run=test, state__in=OPEN_DELIVERY_STATES)
    return list(dict.fromkeys(delivery_waiting_reason(delivery=row).sentence for row in rows))


VERBS = (
    Verb("test", "send the message to chosen people, outside all figures", _test, _add_arguments),
)
