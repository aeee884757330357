"""What the segments of a campaign refer to and that was deleted, as warnings of its preflight."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from contacts.segments.references import missing_in


def warnings_about_segments(*, campaign: Campaign) -> list[str]:
    """Return a sentence for each thing that was deleted and a segment still asks about."""
    return [
        _(
            "The segment “%(segment)s” asks about the %(what)s “%(name)s”, which was deleted. "
            "That is unknown of everybody, so nobody is selected because of it. Change the segment "
            "if these people are meant."
        )
        % {"segment": segment.name, "what": missing.noun, "name": missing.name}
        for segment in campaign.segments.order_by("name")
        for missing in missing_in(segment.conditions)
    ]
