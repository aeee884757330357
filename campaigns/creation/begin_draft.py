"""The beginning of a campaign that is made step by step: a campaign with a name alone."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from clocks import shared
from foundation.names import clean_name, name_key

#: How many numbers are tried to make a proposed name one of its own.
MOST_NUMBERS = 20


def begin_draft(*, name: str, by: Any = None) -> Campaign:
    """Create a campaign with a name alone. A start is refused until it has people and a text.

    Raises:
        Refusal: the name is not one, or another campaign has it.
    """
    campaign = Campaign(name=clean_name(name), created_by=by)
    campaign.refuse_twin()
    campaign.save()
    return campaign


def proposed_name() -> str:
    """Return a name for a new campaign that no other has: it says when the campaign was begun."""
    at = timezone.localtime(shared.wall()).strftime("%Y-%m-%d %H:%M")
    name = _("Campaign of %(at)s") % {"at": at}
    names = [name, *(f"{name} ({number})" for number in range(2, MOST_NUMBERS))]
    taken = set(
        Campaign.objects.filter(name_key__in=map(name_key, names)).values_list(
            "name_key", flat=True
        )
    )
    return next((one for one in names if name_key(one) not in taken), name)
