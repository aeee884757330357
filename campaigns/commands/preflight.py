"""The verb `preflight`: rehearse a campaign, and show what a start would do."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.commands.local_time import local_text
from campaigns.commands.rehearsing import rehearsal_lines, rehearse_with_progress
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.models import Campaign, Rehearsal
from campaigns.planning.preflight import Preflight, preflight
from campaigns.planning.preflight_warnings import kept_senders_sentence
from campaigns.reason_text import reason_text
from campaigns.rehearsals.lifecycle import (
    cancel_open_rehearsal,
    newest_rehearsal,
    start_rehearsal,
)
from campaigns.rehearsals.result import rehearsal_data
from campaigns.states import OPEN_REHEARSAL_STATES
from foundation.commands import DONE, REFUSED
from foundation.terminal_tables import table
from foundation.times import utc_iso


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--in-background",
        action="store_true",
        help="let the jobs worker rehearse a large audience, and answer at once",
    )
    how.add_argument("--cancel", action="store_true", help="cancel the rehearsal under way")


def _preflight(call: Call) -> Answer:
    campaign = call.campaign()
    if call.by is not None and not call.options["cancel"]:
        return _at_once(campaign, start_rehearsal(campaign=campaign, by=call.by))
    if call.options["cancel"]:
        cancel_open_rehearsal(campaign=campaign)
    elif call.options["in_background"]:
        start_rehearsal(campaign=campaign, by=call.by)
    else:
        rehearse_with_progress(campaign=campaign, stderr=call.stderr)
    found, rehearsal = preflight(campaign=campaign), newest_rehearsal(campaign)
    return Answer(
        preflight_data(found, rehearsal),
        "\n".join([_text(found), *rehearsal_lines(rehearsal)]),
        status=REFUSED if found.problems else DONE,
    )


def _at_once(campaign: Campaign, rehearsal: Rehearsal) -> Answer:
    """Return the answer to a program: it waits for no large audience, and asks again."""
    if rehearsal.state in OPEN_REHEARSAL_STATES:
        return Answer(rehearsal_under_way(rehearsal), "")
    found = preflight(campaign=campaign)
    return Answer(preflight_data(found, rehearsal), "", REFUSED if found.problems else DONE)


def rehearsal_under_way(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return what is known while a rehearsal goes on, and where to ask for the rest, for JSON."""
    name = quote(rehearsal.campaign.name, safe="")
    return {
        "sentence": _("The rehearsal goes on in the background. Ask for it until it is done."),
        "ask": f"/api/v1/campaigns/{name}/rehearsal",
        "rehearsal": rehearsal_data(rehearsal),
    }


def preflight_data(found: Preflight, rehearsal: Rehearsal | None) -> dict[str, Any]:
    """Return a preflight and its rehearsal for JSON. The keys are a public interface."""
    return {
        **asdict(found),
        "starts_at": utc_iso(found.starts_at),
        "finishes_at": utc_iso(found.finishes_at),
        "rehearsal": rehearsal_data(rehearsal),
    }


def _text(found: Preflight) -> str:
    """Return a preflight as text."""
    lines = [
        _("%(sendable)s of %(targeted)s people would get the message.")
        % {"sendable": f"{found.sendable:,}", "targeted": f"{found.targeted:,}"}
    ]
    lines += [f"  {reason_text(reason)}: {n:,}" for reason, n in found.skipped.items()]
    if found.variants:
        shares = ", ".join(f"{name} {people:,}" for name, people in found.variants.items())
        lines.append(_("Variants: %(shares)s") % {"shares": shares})
    if found.rest:
        lines.append(
            ngettext(
                "%(n)s person waits for the choice of the variant.",
                "%(n)s people wait for the choice of the variant.",
                found.rest,
            )
            % {"n": f"{found.rest:,}"}
        )
    if found.kept:
        lines.append(kept_senders_sentence(found.kept))
    if found.merged:
        lines.append(
            _("%(n)s people are in several lists; each counts once.") % {"n": f"{found.merged:,}"}
        )
    if found.per_account:
        heading = (_("account"), _("name"), _("state"), _("messages"), _("seconds"))
        rows = [(a.uin, a.name, a.state, a.messages, a.seconds) for a in found.per_account]
        lines.append(table(heading=heading, rows=rows))
    if found.finishes_at is not None:
        lines.append(
            _("The last message would be sent at about %(at)s.")
            % {"at": local_text(found.finishes_at)}
        )
    lines += [f"{sample.uin} {sample.name}\n{sample.text}" for sample in found.samples]
    lines += [_("Note: %(sentence)s") % {"sentence": warning} for warning in found.warnings]
    lines += [_("Problem: %(sentence)s") % {"sentence": problem} for problem in found.problems]
    return "\n".join(lines)


VERBS = (
    Verb(
        "preflight",
        "rehearse it: show what a start would do, without doing it",
        _preflight,
        _add_arguments,
    ),
)
