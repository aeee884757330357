"""What was typed in a step of making a campaign and is not saved in its columns yet.

It is kept beside the campaign, so that leaving a step and coming back loses nothing, even if what
was typed is not valid yet. It is no decision, so neither the history nor the audit trail has it.
"""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from campaigns.models import Campaign

#: The most characters of one value, and inputs of one step, that are kept.
LONGEST_VALUE, MOST_VALUES = 50_000, 200


def keep_typed(campaign: Campaign, step: str, values: QueryDict) -> None:
    """Keep the values of a step's inputs."""
    kept = {
        name: [value[:LONGEST_VALUE] for value in values.getlist(name)]
        for name in list(values)[:MOST_VALUES]
    }
    _store(campaign, {**_all(campaign), step: kept})


def typed_in(campaign: Campaign, step: str) -> QueryDict | None:
    """Return what was typed in a step; None if nothing waits there."""
    kept: Any = _all(campaign).get(step)
    if kept is None:
        return None
    values = QueryDict(mutable=True)
    for name, several in kept.items():
        values.setlist(name, several)
    return values


def forget_typed(campaign: Campaign, step: str) -> None:
    """Forget what was typed in a step: it is saved."""
    kept = _all(campaign)
    if kept.pop(step, None) is not None:
        _store(campaign, kept)


def _all(campaign: Campaign) -> dict[str, Any]:
    stored = Campaign.objects.filter(pk=campaign.pk).values_list("typed_in_steps", flat=True)
    return dict(stored.first() or {})


def _store(campaign: Campaign, kept: dict[str, Any]) -> None:
    campaign.typed_in_steps = kept or None
    Campaign.objects.filter(pk=campaign.pk).update(typed_in_steps=kept or None)
