"""What was typed in a step of making a campaign and is not saved in its columns yet.

It is kept beside the campaign, so that leaving a step and coming back loses nothing, even if what
was typed is not valid yet. It is no decision, so neither the history nor the audit trail has it.
"""

from __future__ import annotations

from django.http import QueryDict

from campaigns.models import Campaign, TypedStep

#: The most characters of one value, and inputs of one step, that are kept.
LONGEST_VALUE, MOST_VALUES = 50_000, 200


def keep_typed(campaign: Campaign, step: str, values: QueryDict) -> None:
    """Keep the values of a step's inputs."""
    kept = {
        name: [value[:LONGEST_VALUE] for value in values.getlist(name)]
        for name in list(values)[:MOST_VALUES]
    }
    TypedStep.objects.update_or_create(campaign=campaign, step=step, defaults={"typed": kept})


def typed_in(campaign: Campaign, step: str) -> QueryDict | None:
    """Return what was typed in a step; None if nothing waits there."""
    found = TypedStep.objects.filter(campaign=campaign, step=step).first()
    if found is None:
        return None
    values = QueryDict(mutable=True)
    for name, several in found.typed.items():
        values.setlist(name, several)
    return values


def forget_typed(campaign: Campaign, step: str) -> None:
    """Forget what was typed in a step: it is saved."""
    TypedStep.objects.filter(campaign=campaign, step=step).delete()
