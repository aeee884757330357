"""The verb `figures`: the figures of a run by variant and the like."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.run_argument import add_run_argument
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.reports.figures_by import BREAKDOWNS, figures_by
from foundation.terminal_tables import table


def _add_arguments(figures: argparse.ArgumentParser) -> None:
    figures.add_argument("--by", choices=list(BREAKDOWNS), default="variant")
    add_run_argument(figures)


def _figures(call: Call) -> Answer:
    campaign = call.campaign()
    run = find_run(campaign=campaign, number=call.options["run"])
    found = {"campaign": campaign.name, **figures_by(run=run, by=call.options["by"])}
    return Answer(found, _text(found))


def _text(data: Mapping[str, Any]) -> str:
    """Return what `figures_by` found, as a table and sentences."""
    return _TEXTS.get(data["by"], _plain)(data)


def _by_variant(data: Mapping[str, Any]) -> str:
    heading = (
        *(_("variant"), _("assigned"), _("sent"), _("failed"), _("skipped")),
        *(_("replied"), _("95 % interval"), _("opted out"), _("95 % interval")),
    )
    rows = [
        (
            _name(item),
            *(item[name] for name in ("assigned", "sent", "failed", "skipped")),
            None if item["is_holdout"] else item["replied"],
            _interval(item["rates"]["replied"]),
            item["opted_out"],
            _interval(item["rates"]["opted_out"]),
        )
        for item in data["items"]
    ]
    sentences = [verdict["sentence"] for verdict in data["verdicts"]]
    return "\n".join((table(heading=heading, rows=rows), *sentences))


def _name(item: Mapping[str, Any]) -> str:
    if item["is_holdout"]:
        return _("holdout")
    if item["is_rest"]:
        variant = item["variant"]
        return _("rest: %(variant)s") % {"variant": variant} if variant else _("rest")
    return str(item["variant"] or _("all"))


def _interval(rate: Mapping[str, float] | None) -> str:
    return f"{100 * rate['low']:.1f}–{100 * rate['high']:.1f} %" if rate else ""


def _plain(data: Mapping[str, Any]) -> str:
    """Return items as a table of their keys: for a breakdown without a table of its own."""
    items: Sequence[Mapping[str, Any]] = data["items"]
    heading = tuple(items[0]) if items else ()
    return table(heading=heading, rows=[tuple(item.values()) for item in items])


_TEXTS: dict[str, Callable[[Mapping[str, Any]], str]] = {"variant": _by_variant}

VERBS = (
    Verb(
        "figures",
        "show the figures of the newest run by variant, account or hour, or of all runs",
        _figures,
        _add_arguments,
    ),
)
