"""The table of the verbs of `manage.py campaign`, and its parsers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from campaigns.commands import (
    choose_variant,
    create,
    decisions,
    definition,
    figures,
    keeping,
    pace,
    preflight,
    report,
    retry,
    run_control,
    schedule,
    start,
    status,
    test_send,
    unknown,
    wait,
)
from campaigns.commands.free_text import FreeTextParser
from campaigns.commands.verb import Verb

#: Every verb by its name, in the order of the help.
VERBS: dict[str, Verb] = {
    verb.name: verb
    for capability in (
        create,
        preflight,
        start,
        decisions,
        schedule,
        run_control,
        choose_variant,
        pace,
        retry,
        unknown,
        definition,
        keeping,
        test_send,
        status,
        wait,
        figures,
        report,
    )
    for verb in capability.VERBS
}


def add_verbs(parser: argparse.ArgumentParser, *, add_json: Callable[[Any], None]) -> None:
    """Add a parser for every verb, with its arguments."""
    parsers = parser.add_subparsers(
        dest="action", required=True, metavar="ACTION", parser_class=FreeTextParser
    )
    for verb in VERBS.values():
        one = parsers.add_parser(verb.name, help=verb.words, description=verb.words)
        if verb.has_name:
            one.add_argument("name", metavar="NAME", help="the campaign")
        one.set_defaults(wrong_usage=one.error)
        add_json(one)
        verb.add_arguments(one)
