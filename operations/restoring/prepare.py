"""Makes a restored database safe to start: it is the same rows, but another place and time."""

from __future__ import annotations

from pathlib import Path

from django.contrib.sessions.models import Session as SignIn
from django.db import transaction

from accounts.models import Lease, Session, Worker
from campaigns.saved_reports.after_restore import forget_open_mails
from clocks import shared
from foundation.sentences import Sentence as _
from holds.models import Hold
from operations.restoring.erasures import erase_again
from operations.restoring.seqs import raise_seqs


def prepare(*, hold: Hold, erasures: Path | None = None) -> None:
    """Raise the SEQs, end what ran elsewhere, and repeat the erasures.

    A second call does no harm: SEQs are raised once more.

    Args:
        hold: the hold of the restored installation.
        erasures: the list of erased people; None for this host's own.
    """
    now = shared.wall()
    with transaction.atomic():
        raise_seqs(taken_at=hold.taken_at, now=max(now, hold.restored_at))
        Worker.objects.living().update(ended_at=now, end_reason=_("restored from a backup"))
        Lease.objects.update(worker=None, woken_at=None, last_reply_at=shared.now())
        Session.objects.filter(ended_at=None).update(
            ended_at=now, end_reason=_("restored from a backup")
        )
        # Sign-ins that were ended since would be valid again.
        SignIn.objects.all().delete()
        forget_open_mails()
    hold.erased_again = erase_again(path=erasures)
    hold.prepared_at = now
    hold.save(update_fields=["erased_again", "prepared_at"])
