"""The arguments of `manage.py campaign`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from campaigns.commands.check_arguments import add_checks
from campaigns.commands.choose_variant import add_choose_arguments
from campaigns.commands.definition_actions import add_definition_actions
from campaigns.commands.figures import add_figures_arguments
from campaigns.commands.free_text import FreeTextParser
from campaigns.commands.message_arguments import add_message_arguments
from campaigns.commands.pace_arguments import add_pace_arguments
from campaigns.commands.planning_arguments import add_planning_arguments
from campaigns.commands.retry_arguments import add_retry_arguments
from campaigns.commands.test_action import add_test_arguments
from campaigns.creation.create_campaign import DEFAULT_TIMEZONE
from campaigns.reports.run_report import WRITERS
from campaigns.run_control.unknown_deliveries import VERDICTS
from campaigns.scheduling.dates import MOST_DATES
from campaigns.states import Late
from foundation.commands import seconds
from sending.states import Promise
from tabular.arguments import uin_argument

#: Actions whose only argument is the name of the campaign, with their help.
SIMPLE_ACTIONS = {
    "pause": "pause before the next message of each account",
    "resume": "continue a paused or stopped run",
    "cancel": "stop permanently",
    "add-late-comers": "plan the people who joined the audience since the newest run was planned",
    "archive": "take it out of lists and choices; it can be restored",
    "restore": "offer an archived campaign again",
    "delete": "delete it with its runs and reports; refused while a run has not ended",
    "unknown": "list the deliveries of the newest run whose result is unknown",
}


def add_actions(parser: argparse.ArgumentParser, *, add_json: Callable[[Any], None]) -> None:
    """Add every action with its arguments."""
    actions = parser.add_subparsers(
        dest="action",
        required=True,
        metavar="ACTION",
        parser_class=FreeTextParser,
    )

    def add(action: str, words: str) -> argparse.ArgumentParser:
        one = actions.add_parser(action, help=words, description=words)
        one.add_argument("name", metavar="NAME", help="the campaign")
        one.set_defaults(wrong_usage=one.error)
        add_json(one)
        return one

    _add_creation(add("create", "create a campaign; it sends nothing until it is started"))
    for action, words in SIMPLE_ACTIONS.items():
        add(action, words)
    add_checks(add)
    _add_dates(add)
    add_pace_arguments(add("pace", "change the rate and the priority, also of the run under way"))
    add_choose_arguments(add("choose", "send a variant to the rest of a tested run"))
    add_retry_arguments(add("retry", "send the failed deliveries of the newest run again"))
    _add_resolution(add("resolve", "record the result of the newest run's unknown deliveries"))
    _add_run(add("status", "show the status of the newest run"))
    wait = add("wait", "wait until the newest run has ended")
    wait.add_argument("--timeout", type=seconds, metavar="S", help="at most this many seconds")
    figures = add("figures", "show the figures of the newest run by variant, account or hour")
    add_figures_arguments(figures)
    _add_run(figures)
    report = add("report", "write one row per delivery of the newest run")
    report.add_argument("--format", choices=list(WRITERS), default="csv")
    report.add_argument(
        "--out", required=True, metavar="FILE", help="output file; - for standard output"
    )
    _add_run(report)

    def add_without_name(action: str, words: str) -> argparse.ArgumentParser:
        one = actions.add_parser(action, help=words, description=words)
        one.set_defaults(wrong_usage=one.error)
        add_json(one)
        return one

    add_test_arguments(add("test", "send the message to chosen people, outside all figures"))
    add_definition_actions(add, add_without_name)


def _add_creation(create: argparse.ArgumentParser) -> None:
    create.add_argument(
        "--list", dest="lists", action="append", default=[], metavar="L", help="send to this list"
    )
    create.add_argument(
        "--segment",
        dest="segments",
        action="append",
        default=[],
        metavar="S",
        help="send to the people in this segment when the run is planned",
    )
    create.add_argument(
        "--exclude-list",
        dest="excluded_lists",
        action="append",
        default=[],
        metavar="L",
        help="leave out the people of this list",
    )
    add_message_arguments(create)
    create.add_argument(
        "--account",
        dest="accounts",
        action="extend",
        nargs="+",
        type=uin_argument,
        default=[],
        metavar="UIN",
        help="sender accounts; default: every working account",
    )
    create.add_argument(
        "--pool",
        dest="pools",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME[=SHARE]",
        help="sender accounts of these pools, with the share of the messages each pool gets",
    )
    create.add_argument(
        "--label",
        dest="labels",
        action="extend",
        nargs="+",
        default=[],
        metavar="L",
        help="labels of the campaign",
    )
    create.add_argument("--at", metavar="ISO", help="not before this time (in --timezone)")
    _add_schedule(create)
    create.add_argument("--timezone", default=DEFAULT_TIMEZONE, metavar="TZ")
    create.add_argument("--promise", choices=Promise.values, default=Promise.NEVER_TWICE.value)
    create.add_argument(
        "--strangers",
        action="store_true",
        help="also send to people who are not a friend of any account",
    )
    create.add_argument(
        "--needs-approval",
        action="store_true",
        help="send nothing until a second person has approved it",
    )
    add_planning_arguments(create)
    add_pace_arguments(create)


def _add_schedule(create: argparse.ArgumentParser) -> None:
    create.add_argument(
        "--repeat",
        default="",
        metavar="RULE",
        help='"daily@09:00", "weekly@mon,thu 09:00", "monthly@1 09:00" or "cron@0 9 * * 1-5"',
    )
    end = create.add_mutually_exclusive_group()
    end.add_argument("--until", metavar="ISO", help="the last moment of the repetition")
    end.add_argument("--times", type=int, metavar="N", help="the number of its dates")
    create.add_argument(
        "--window",
        dest="windows",
        action="append",
        metavar="WINDOW",
        help='when to send: 09:00-20:00 every day, or "mon-fri=09:00-11:30,14:00-18:00", '
        "sat,sun= for closed; may be repeated",
    )
    create.add_argument(
        "--holidays", metavar="NAME", help="send nothing on the holidays of this calendar"
    )
    create.add_argument(
        "--late",
        choices=Late.values,
        default=Late.SEND.value,
        help="what to do with a start that is more than 15 minutes late",
    )
    create.add_argument(
        "--deadline",
        metavar="ISO|4h",
        help="cancel the rest at this time, or so long after a start",
    )
    create.add_argument(
        "--override-quiet-hours", action="store_true", help="send in the quiet hours too"
    )


def _add_dates(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    dates = add("occurrences", "list the next dates on which the campaign starts")
    dates.add_argument("--next", type=_count, default=5, metavar="N", help="how many; default 5")
    dates.add_argument("--after", metavar="ISO", help="only dates after this time")
    schedule = add("schedule", "pause, resume or end the schedule, or cancel one date")
    which = schedule.add_mutually_exclusive_group(required=True)
    which.add_argument("--pause", action="store_true", help="start nothing until it is resumed")
    which.add_argument("--resume", action="store_true", help="continue with the next date")
    which.add_argument("--end", action="store_true", help="start nothing any more")
    which.add_argument("--cancel-date", metavar="ISO", help="start nothing on this date")
    which.add_argument("--restore-date", metavar="ISO", help="take a cancellation back")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_DATES):
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_DATES}, not {text[:20]!r}")
    return int(text)


def _add_resolution(resolve: argparse.ArgumentParser) -> None:
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


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=int, metavar="N", help="this run instead of the newest")
