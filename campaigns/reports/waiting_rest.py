"""Why the rest of a tested run waits: for the choice of its variant, and until when."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from campaigns.models import CampaignRun
from campaigns.reports.waiting_reason import WaitingReason
from campaigns.states import DecideBy
from foundation.spans import span_words
from foundation.times import clock


def rest_reason(run: CampaignRun) -> WaitingReason:
    """Return why the rest of a run that holds it is not sent."""
    if run.chosen_variant:
        return WaitingReason(
            _("“%(variant)s” was chosen for the rest, which gets its text now.")
            % {"variant": run.chosen_variant}
        )
    if run.decide_by != DecideBy.REPLIES:
        return WaitingReason(_("The rest waits for the choice of the variant, by hand."))
    if run.tested_at is None:
        return WaitingReason(
            _(
                "The rest waits for the choice of the variant, by replies, %(span)s after the last "
                "message of the test."
            )
            % {"span": span_words(run.decide_after or 0)}
        )
    at = run.tested_at + timedelta(seconds=run.decide_after or 0)
    return WaitingReason(
        _("The rest waits for the choice of the variant, at %(time)s by replies.")
        % {"time": clock(at, zone=run.timezone)},
        until=at,
    )
