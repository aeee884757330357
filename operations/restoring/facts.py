"""What an operator is told about a restored installation, in JSON and in sentences."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models.owners import OWNERS, owner_of
from foundation.times import clock, utc_iso
from operations.restoring.release import Doubts
from operations.restoring.unreadable import accounts_without_key
from sending.models import Run

#: The most accounts that a sentence names.
NAMED = 10


def owners_of(keys: list[int]) -> dict[int, str]:
    """Return the names of runs by key."""
    runs = Run.objects.filter(pk__in=keys).select_related(*OWNERS)
    return {run.pk: str(owner_of(run)) for run in runs}


def doubts_as_json(doubts: Doubts) -> dict[str, Any]:
    """Return what is in doubt as `restore --status --json` shows it."""
    hold = doubts.hold
    names = owners_of(
        [one.run.pk for one in doubts.open_runs] + [run.pk for run in doubts.unplanned]
    )
    return {
        "held": True,
        "taken_at": utc_iso(hold.taken_at),
        "restored_at": utc_iso(hold.restored_at),
        "erased_again": hold.erased_again,
        "unreadable_accounts": accounts_without_key(),
        "runs": [
            *(
                {
                    "run": one.run.pk,
                    "name": names[one.run.pk],
                    "state": one.run.state,
                    "pending": one.pending,
                    "sending": one.sending,
                }
                for one in doubts.open_runs
            ),
            *(
                {
                    "run": run.pk,
                    "name": names[run.pk],
                    "state": run.state,
                    "pending": None,
                    "sending": None,
                }
                for run in doubts.unplanned
            ),
        ],
    }


def unknown_sentences(facts: dict[str, Any], doubts: Doubts) -> list[str]:
    """Return the sentences that say what is not known after the restore."""
    told = [
        _(
            "Nothing is sent until you release it. The backup is of %(taken_at)s: what was sent, "
            "received, changed or suppressed between then and the restore (%(restored_at)s) is not "
            "known here."
        )
        % {
            "taken_at": clock(doubts.hold.taken_at),
            "restored_at": clock(doubts.hold.restored_at),
        },
        _("Make sure that the old installation is stopped: both must never run at once."),
    ]
    if doubts.hold.erased_again is None:
        told.append(
            _(
                "There is no list of erased people here. Who was erased since the backup is not "
                "known, and is in the database again."
            )
        )
    unreadable = facts["unreadable_accounts"]
    if unreadable:
        told.append(
            ngettext(
                "%(n)d account cannot log in, because CREDENTIAL_KEYS lacks the key of its "
                "password: %(uins)s",
                "%(n)d accounts cannot log in, because CREDENTIAL_KEYS lacks the key of their "
                "passwords: %(uins)s",
                len(unreadable),
            )
            % {"n": len(unreadable), "uins": _named(unreadable)}
        )
    return told


def _named(uins: list[int]) -> str:
    return ", ".join(map(str, uins[:NAMED])) + (" …" if len(uins) > NAMED else "")
