"""The verbs `archive`, `restore` and `delete`."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.commands.verb import Answer, Call, Verb
from campaigns.models import Campaign
from foundation.archiving import archive_row, restore_row
from foundation.deletion import delete_row
from foundation.times import utc_iso


def _archive(call: Call) -> Answer:
    campaign = call.campaign()
    archive_row(row=campaign)
    return _kept(campaign, _("Campaign “%(name)s” is archived."))


def _restore(call: Call) -> Answer:
    campaign = call.campaign()
    restore_row(row=campaign)
    return _kept(campaign, _("Campaign “%(name)s” is restored."))


def _delete(call: Call) -> Answer:
    campaign = call.campaign()
    name, runs = campaign.name, campaign.runs.count()
    delete_row(row=campaign)
    return Answer(
        {"campaign": name, "deleted": True, "runs": runs},
        _("Campaign “%(name)s” is deleted.") % {"name": name},
    )


def _kept(campaign: Campaign, words: str) -> Answer:
    return Answer(
        {"campaign": campaign.name, "archived_at": utc_iso(campaign.archived_at)},
        words % {"name": campaign.name},
    )


VERBS = (
    Verb("archive", "take it out of lists and choices; it can be restored", _archive),
    Verb("restore", "offer an archived campaign again", _restore),
    Verb(
        "delete", "delete it with its runs and reports; refused while a run has not ended", _delete
    ),
)
