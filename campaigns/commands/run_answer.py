"""The answer of the verbs that change a run."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.status import standing
from campaigns.commands.verb import Answer
from campaigns.models import CampaignRun
from sending.runs.figures import figures_of


def run_answer(run: CampaignRun, *, more: dict[str, Any] | None = None, words: str = "") -> Answer:
    """Return the state and the figures of a run.

    Args:
        run: the run, which is read again.
        more: further keys of the JSON.
        words: a sentence before that of the state.
    """
    run.refresh_from_db()
    sentence = _("Campaign “%(name)s” is now %(state)s: %(standing)s.") % {
        "name": run.campaign.name,
        "state": run.get_state_display(),
        "standing": standing(figures_of(run=run)),
    }
    return Answer(
        {
            "campaign": run.campaign.name,
            "run": run.number,
            "state": run.state,
            "sentence": sentence,
            **(more or {}),
        },
        " ".join(filter(None, (words, sentence))),
    )
