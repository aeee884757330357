"""The service that clones a campaign."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.creation.create_campaign import refuse_override_without_right
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.definitions.notifications import clone_notifications
from campaigns.message_texts import variants_of
from campaigns.models import Campaign
from campaigns.states import ScheduleState
from clocks import shared
from foundation.locked_rows import locked_row
from foundation.names import LONGEST_NAME, clean_name
from foundation.refusals import Refusal
from foundation.restricted import whole_tables
from foundation.sentences import Sentence as _

#: What a clone does not take over: it belongs to the campaign's own life.
OWN_COLUMNS: dict[str, Any] = {
    "archived_at": None,
    "schedule_state": ScheduleState.OFF,
    "schedule_detail": "",
    "scheduled_through": None,
    "dates_passed": 0,
}
#: Moments that a clone takes over only while they are ahead.
MOMENTS = ("starts_at", "repeat_until", "deadline_at")
#: The most numbers that are tried for a free name.
MOST_TRIES = 1_000


def clone_campaign(*, campaign: Campaign, name: str, by: Any = None) -> Campaign:
    """Create a campaign with the same definition, and return it. It sends nothing until started.

    Runs, the state of the schedule and an approval stay with the original. So do a start, a last
    date and a deadline that are past.

    Args:
        campaign: the original.
        name: the name of the new campaign.
        by: the operator; None for the command line.

    Raises:
        Refusal: the name cannot be one or is taken (`name_taken`; the sentence names a free one),
            the original was deleted (`gone`), or the operator lacks a right that the definition
            needs (`no_right`).
    """
    with transaction.atomic():
        original = locked_row(campaign)
        if original.overrides_quiet_hours:
            refuse_override_without_right(by)
        copy = Campaign(name=clean_name(name), created_by=by)
        refuse_taken(copy)
        now = shared.wall()
        for field in Campaign._meta.concrete_fields:
            if field.name in ("id", "name", "name_key", "created_by", "created_at", *OWN_COLUMNS):
                continue
            value = getattr(original, field.attname)
            if field.name in MOMENTS and value is not None and value <= now:
                value = None
            setattr(copy, field.attname, value)
        copy.save()
        for relation in Campaign._meta.many_to_many:
            getattr(copy, relation.name).set(getattr(original, relation.name).all())
        variants = [
            NewVariant(one.name, one.weight, one.text, one.template)
            for one in variants_of(original)
        ]
        add_variants(campaign=copy, variants=variants)
        clone_notifications(original, copy, by=by)
    return copy


@whole_tables()
def free_name(name: str) -> str:
    """Return a name like this one that no campaign has: “spring (2)”."""
    base = name.strip()
    for number in range(2, MOST_TRIES):
        suffix = f" ({number})"
        found = base[: LONGEST_NAME - len(suffix)] + suffix
        if Campaign.objects.named(found) is None:
            return found
    return ""


def refuse_taken(campaign: Campaign) -> None:
    """Refuse a name that another campaign has, and suggest a free one.

    Raises:
        Refusal: there is such a campaign (`name_taken`).
    """
    twin = campaign.twin()
    if twin is None:
        return
    name, suggested = campaign.told(twin), free_name(campaign.name)
    raise Refusal(
        _("There is a campaign “%(name)s” already. Choose another name, such as “%(free)s”.")
        % {"name": name, "free": suggested},
        code="name_taken",
        name=name,
        suggested=suggested,
    )
