"""The arguments of `campaign create` about planning: earlier runs, sender, order, limits."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.creation.online_wait import read_online_wait
from campaigns.creation.planning_choices import (
    PlanningChoices,
    read_cap_and_label,
    read_order,
)
from campaigns.earlier_people import EarlierPeople
from campaigns.find import find_campaign, find_run
from campaigns.models import Campaign
from campaigns.states import EarlierGroup, SenderChoice
from foundation.names import without_controls
from foundation.refusals import Refusal
from foundation.spans import span_text


def add_planning_arguments(create: argparse.ArgumentParser) -> None:
    """Add the arguments to the parser of `campaign create`."""
    create.add_argument(
        "--audience-of",
        dest="earlier",
        action="append",
        default=[],
        metavar="CAMPAIGN[:RUN]=GROUP",
        help="send to people of an earlier run (the newest unless named): "
        "sent, replied, not-replied or failed",
    )
    create.add_argument(
        "--exclude-audience-of",
        dest="excluded_earlier",
        action="append",
        default=[],
        metavar="CAMPAIGN[:RUN]=GROUP",
        help="leave out people of an earlier run",
    )
    create.add_argument(
        "--sender",
        choices=SenderChoice.values,
        default=SenderChoice.KEEP.value,
        help="people written to before: by the same account again (default), or spread anew",
    )
    create.add_argument(
        "--order",
        default="imported",
        metavar="imported|random|attribute:NAME[:desc]",
        help="the order in which each account sends",
    )
    create.add_argument(
        "--cap",
        metavar="2/7d[@label:NAME]",
        help="at most 2 messages in 7 days to a person, those of all campaigns counted, or of "
        "campaigns with the label",
    )
    create.add_argument(
        "--online-within",
        dest="online_within",
        metavar="6h",
        help="wait for each person to be online, at most so long after planning",
    )
    create.add_argument(
        "--once-across",
        dest="once_across",
        action="extend",
        nargs="+",
        default=[],
        metavar="CAMPAIGN",
        help="a person gets one message of these campaigns and this one together",
    )


def planning_choices(options: Mapping[str, Any]) -> PlanningChoices:
    """Return the choices that the arguments make.

    Raises:
        Refusal: an argument cannot be read, or names an unknown campaign or run.
    """
    order, attribute, is_descending = read_order(options["order"])
    names = dict.fromkeys(options["once_across"])
    cap, cap_label = None, None
    if options["cap"] is not None:
        cap, cap_label = read_cap_and_label(options["cap"])
    return PlanningChoices(
        sender=options["sender"],
        order=order,
        order_attribute=attribute,
        order_descending=is_descending,
        cap=cap,
        cap_label=cap_label,
        online_within=read_online_wait(options["online_within"])
        if options["online_within"] is not None
        else None,
        once_across=[find_campaign(name=name) for name in names],
        earlier=read_earlier(options["earlier"]),
        excluded_earlier=read_earlier(options["excluded_earlier"]),
    )


def planning_data(campaign: Campaign, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices for JSON. The keys are a public interface."""
    return {
        "audience_of": options["earlier"],
        "exclude_audience_of": options["excluded_earlier"],
        "sender": campaign.sender,
        "order": options["order"],
        "cap": options["cap"],
        "online_within": span_text(campaign.online_within) or None,
        "once_across": options["once_across"],
    }


def read_earlier(texts: Iterable[str]) -> list[EarlierPeople]:
    """Return the people of earlier runs written as CAMPAIGN[:RUN]=sent|replied|not-replied|failed.

    Raises:
        Refusal: one cannot be read (`earlier_malformed`), or names an unknown campaign or run.
    """
    return [_earlier(text) for text in texts]


def _is_printable(text: str) -> bool:
    """Return whether a text can stand in a sentence: no control character, no lone surrogate."""
    return without_controls(text) == text


def _earlier(text: str) -> EarlierPeople:
    name, sign, group = text.rpartition("=")
    group = group.strip()
    if not sign or not name.strip() or not _is_printable(name) or group not in EarlierGroup.values:
        raise Refusal(
            _(
                "The audience “%(text)s” cannot be read: write CAMPAIGN=GROUP or "
                "CAMPAIGN:RUN=GROUP, where the group is %(groups)s."
            )
            % {
                "text": text if _is_printable(text) else ascii(text)[1:-1],
                "groups": ", ".join(EarlierGroup.values),
            },
            code="earlier_malformed",
        )
    name = name.strip()
    campaign, colon, number = name.rpartition(":")
    is_numbered = bool(colon) and number.isascii() and number.isdigit() and len(number) < 10
    # A name may itself end like a run's number.
    if not is_numbered or Campaign.objects.filter(name=name).exists():
        return EarlierPeople(find_campaign(name=name).pk, None, group)
    found = find_campaign(name=campaign)
    run = find_run(campaign=found, number=int(number))
    return EarlierPeople(found.pk, run.number, group)
