"""What a run of the engine belongs to."""

from __future__ import annotations

from campaigns.models.campaign_run import CampaignRun
from campaigns.models.test_run import TestRun
from sending.models import Run

#: The relations that `owner_of` follows, for `select_related` on runs; for deliveries with run__.
OWNERS = ("campaign_run__campaign", "test_run__campaign")
OWNERS_OF_DELIVERIES = tuple(f"run__{relation}" for relation in OWNERS)


def owner_of(run: Run) -> CampaignRun | TestRun:
    """Return the run of a campaign, or the test of one, that a run of the engine is."""
    found: CampaignRun | TestRun | None = getattr(run, "campaign_run", None)
    return found if found is not None else run.test_run
