"""The warnings of a preflight about segments that refer to deleted rows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from contacts.segments.references import missing_in


def warnings_about_segments(*, campaign: Campaign) -> list[str]:
    """Return a sentence for each deleted row to which a segment of the campaign refers."""
    return [
        _(
            "The segment “%(segment)s” refers to the %(what)s “%(name)s”, which was deleted. "
            "This condition selects no one. Change the segment if you want to reach these "
            "people."
        )
        % {"segment": segment.name, "what": missing.noun, "name": missing.name}
        for segment in campaign.segments.order_by("name")
        for missing in missing_in(segment.conditions)
    ]
