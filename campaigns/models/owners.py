"""What a run of the engine belongs to."""

from __future__ import annotations

from campaigns.models.campaign_run import CampaignRun
from campaigns.models.test_run import TestRun
from sending.models import Run

#: The relations that `owner_of` follows, for `select_related` on runs; for deliveries with run__.
OWNERS = ["campaign_run__campaign", "test_run__campaign"]
OWNERS_OF_DELIVERIES = [f"run__{relation}" for relation in OWNERS]


def register_owner(relation: str) -> None:
    """Register the relation from a run to the run of an app above.

    Args:
        relation: its name, to a model that inherits `Run`.
    """
    if relation not in OWNERS:
        OWNERS.append(relation)
        OWNERS_OF_DELIVERIES.append(f"run__{relation}")


def owner_of(run: Run) -> CampaignRun | TestRun | Run:
    """Return the run of a campaign, the test of one, or the run of an app above, that a run is."""
    for relation in OWNERS:
        found: Run | None = getattr(run, relation.partition("__")[0], None)
        if found is not None:
            return found
    return run
