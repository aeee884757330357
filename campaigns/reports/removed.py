"""What was removed of a run because of its age, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.models import CampaignRun
from foundation.refusals import Refusal
from foundation.times import clock
from retention.models import Removed, removals_of


def removed_sentences(run: CampaignRun) -> list[str]:
    """Return a sentence for each kind of rows that were removed of a run."""
    words = {
        Removed.DELIVERIES: _(
            "Its deliveries were removed on %(at)s because of their age. The figures are kept."
        ),
        Removed.ATTEMPTS: _("Its attempts were removed on %(at)s because of their age."),
        Removed.TEXTS: _("The texts of its messages were removed on %(at)s because of their age."),
    }
    removed = removals_of(run.pk)
    return [
        sentence % {"at": clock(removed[kind].began_at)}
        for kind, sentence in words.items()
        if kind in removed
    ]


def refuse_removed(run: CampaignRun) -> None:
    """Refuse to report rows that are not there any more.

    Raises:
        Refusal: the deliveries were removed (`removed`).
    """
    removed = removals_of(run.pk).get(Removed.DELIVERIES)
    if removed is not None:
        raise Refusal(
            _(
                "The deliveries of %(run)s were removed on %(at)s because of their age. Use "
                "campaign status and campaign figures: the figures are kept."
            )
            % {"run": run, "at": clock(removed.began_at)},
            code="removed",
        )
