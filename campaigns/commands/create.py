"""The verb `create`: a campaign from its arguments."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from campaigns.commands.message_arguments import add_message_arguments, message_data, message_from
from campaigns.commands.pace_arguments import add_pace_arguments, pace_data, pace_from
from campaigns.commands.planning_arguments import (
    add_planning_arguments,
    planning_choices,
    planning_data,
)
from campaigns.commands.schedule_arguments import (
    add_schedule_arguments,
    schedule_data,
    schedule_from,
)
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.creation.create_campaign import DEFAULT_TIMEZONE, create_campaign
from campaigns.creation.pace import USUAL_PACE, pace_of
from campaigns.creation.pool_shares import read_pools
from campaigns.find import find_lists, find_segments
from campaigns.models import Campaign
from labels.labelling import find_labels
from sending.states import Promise
from tabular.arguments import uin_argument


def _add_arguments(create: argparse.ArgumentParser) -> None:
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
    add_schedule_arguments(create)
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


def _create(call: Call) -> Answer:
    options = call.options
    if not options["lists"] and not options["segments"] and not options["earlier"]:
        call.refuse_usage(
            "choose the recipients: --list L, --segment S, or --audience-of CAMPAIGN=GROUP"
        )
    campaign = create_campaign(
        name=options["name"],
        lists=find_lists(names=options["lists"]),
        segments=find_segments(names=options["segments"]),
        excluded_lists=find_lists(names=options["excluded_lists"]),
        **message_from(options),
        accounts=find_accounts(uins=options["accounts"]),
        pools=read_pools(options["pools"]),
        labels=find_labels(names=options["labels"]),
        **schedule_from(options),
        promise=options["promise"],
        allows_strangers=options["strangers"],
        planning=planning_choices(options),
        needs_approval=options["needs_approval"],
        pace=pace_from(options, before=USUAL_PACE),
        by=call.by,
    )
    return Answer(_creation_data(campaign, options), created_sentence(campaign))


def created_sentence(campaign: Campaign) -> str:
    """Return that a campaign was created, and what comes next."""
    words = _("Campaign “%(name)s” was created. Check it with preflight, then start it.")
    return words % {"name": campaign.name}


def _creation_data(campaign: Campaign, options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "campaign": campaign.name,
        "id": campaign.pk,
        "lists": options["lists"],
        "segments": options["segments"],
        "excluded_lists": options["excluded_lists"],
        **message_data(campaign, options),
        "accounts": options["accounts"],
        "pools": options["pools"],
        "labels": [label.name for label in campaign.labels.all()],
        **schedule_data(campaign, options),
        "timezone": campaign.timezone,
        "promise": campaign.promise,
        "strangers": campaign.allows_strangers,
        "needs_approval": campaign.needs_approval,
        **planning_data(campaign, options),
        **pace_data(pace_of(campaign)),
    }


VERBS = (
    Verb(
        "create",
        "create a campaign; it sends nothing until it is started",
        _create,
        _add_arguments,
    ),
)
