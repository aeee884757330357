"""The pace of a campaign: the rate of its own, and its priority among others."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from foundation.refusals import Refusal
from sending.states import DEFAULT_PRIORITY, LOWEST_PRIORITY, MOST_PER_MINUTE, URGENT


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate and the priority of a campaign.

    Attributes:
        per_minute: the most messages in a minute, over all accounts; None: no rate of its own.
        priority: its weight among the campaigns that share an account.
    """

    per_minute: int | None = None
    priority: int = DEFAULT_PRIORITY


#: The default pace of a campaign.
USUAL_PACE = Pace()


def pace_of(campaign: Campaign) -> Pace:
    """Return the pace of a campaign."""
    return Pace(campaign.per_minute, campaign.priority)


def refuse_pace(pace: Pace) -> None:
    """Refuse a pace that is out of bounds.

    Raises:
        Refusal: the rate (`rate_unknown`) or the priority (`priority_unknown`) is out of bounds.
    """
    if pace.per_minute is not None and not 1 <= pace.per_minute <= MOST_PER_MINUTE:
        raise Refusal(
            _("A rate of %(n)s messages a minute is not possible: choose 1 to %(most)s, or none.")
            % {"n": f"{pace.per_minute:,}"[:40], "most": f"{MOST_PER_MINUTE:,}"},
            code="rate_unknown",
            field="per_minute",
        )
    if not LOWEST_PRIORITY <= pace.priority <= URGENT:
        raise Refusal(
            _("There is no priority %(n)s: choose 1 to 9, where 9 is urgent.")
            % {"n": str(pace.priority)[:40]},
            code="priority_unknown",
            field="priority",
        )
