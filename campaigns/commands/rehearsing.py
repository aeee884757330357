"""Rehearsing on the command line: progress while it lasts, the figures of the texts afterwards."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Rehearsal
from campaigns.rehearsals.lifecycle import AT_ONCE, open_rehearsal, start_rehearsal
from campaigns.rehearsals.result import longest_sentence, text_sentences
from campaigns.states import RehearsalState

#: Seconds between two lines of progress on a terminal.
EVERY_SECONDS = 1.0


def rehearse_with_progress(*, campaign: Campaign, stderr: Any) -> Rehearsal:
    """Rehearse a campaign in this process, and show on a terminal how far it is."""
    is_over = threading.Event()
    watch = threading.Thread(target=_tell, args=(campaign, stderr, is_over), daemon=True)
    is_told = bool(getattr(stderr, "isatty", lambda: False)())
    if is_told:
        watch.start()
    try:
        return start_rehearsal(campaign=campaign, is_awaited=True)
    finally:
        is_over.set()
        if is_told:
            watch.join()


def _tell(campaign: Campaign, stderr: Any, is_over: threading.Event) -> None:
    try:
        while not is_over.wait(EVERY_SECONDS):
            found = open_rehearsal(campaign)
            if found is not None and found.people > AT_ONCE:
                stderr.write(progress_sentence(found))
    finally:
        connection.close()


def progress_sentence(rehearsal: Rehearsal) -> str:
    """Return how far a rehearsal is."""
    return _("%(done)s of %(people)s people rehearsed.") % {
        "done": f"{rehearsal.seen:,}",
        "people": f"{rehearsal.people:,}",
    }


def rehearsal_lines(rehearsal: Rehearsal | None) -> list[str]:
    """Return what a rehearsal found in the texts, as lines."""
    if rehearsal is None:
        return []
    if rehearsal.state != RehearsalState.DONE:
        standing = rehearsal.problem or progress_sentence(rehearsal)
        words = {"state": rehearsal.get_state_display(), "standing": standing}
        return [_("Rehearsal: %(state)s. %(standing)s") % words]
    lines = [_("Note: %(sentence)s") % {"sentence": one} for one in text_sentences(rehearsal)]
    return [*filter(None, [longest_sentence(rehearsal)]), *lines]
