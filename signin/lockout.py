"""Counts failures to sign in, and locks a name at an address, or an address, for a while.

A name is locked only for the address the failures came from, so nobody can lock out somebody else.
An address is locked for all names after many more failures: it tries names.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from metrics.catalogue import SIGN_IN_FAILURES
from signin.models import FailedSignIns

logger = logging.getLogger("qqcampaign.signin")

#: Failures in a row after which a name is locked at an address, and an address for all names.
NAME_FAILURES, ADDRESS_FAILURES = 5, 50
#: How long a lock lasts, and after how long a failure no longer counts.
LOCKED_FOR = timedelta(minutes=15)
#: Rows older than this are deleted with the next failure.
KEPT_FOR = timedelta(days=1)
ALL_NAMES = ""
#: Mails with a link to a new password that one mailbox gets, and that one address may ask for, in
#: the time of a lock. They are counted beside the failures, under names that no user has.
MAILS, MAILS_ASKED = 3, 20
_MAIL_TO, _MAILS_FROM = "mail to ", "mails asked for"
_counting = threading.Lock()


def locked_until(name: str, address: str) -> datetime | None:
    """Return until when nobody signs in by this name from this address; None: it is not locked."""
    rows = FailedSignIns.objects.filter(
        Q(name=_key(name)) | Q(name=ALL_NAMES), address=address, locked_until__gt=timezone.now()
    )
    found: datetime | None = (
        rows.order_by("-locked_until").values_list("locked_until", flat=True).first()
    )
    return found


def count_failure(name: str, address: str) -> None:
    """Count a failure, and lock if it is one too many."""
    now = timezone.now()
    FailedSignIns.objects.filter(failed_at__lt=now - KEPT_FOR).delete()
    with _counting:
        SIGN_IN_FAILURES.add()
    in_a_row = _count(_key(name), address, NAME_FAILURES, now)
    _count(ALL_NAMES, address, ADDRESS_FAILURES, now)
    logger.warning(
        "Signing in failed: name %r, address %s, %d in a row.", _key(name), address, in_a_row
    )


def may_mail(mailbox: str, address: str) -> bool:
    """Count a wish for a link to a new password; return whether it is sent.

    A mailbox is counted wherever the wish comes from: nobody fills somebody else's.
    """
    now, anywhere = timezone.now(), ""
    counted = (
        _count(_key(_MAIL_TO + mailbox), anywhere, MAILS + 1, now),
        _count(_MAILS_FROM, address, MAILS_ASKED + 1, now),
    )
    is_sent = counted[0] <= MAILS and counted[1] <= MAILS_ASKED
    logger.info("A new password was asked for, address %s, sent: %s.", address, is_sent)
    return is_sent


def forget_failures(name: str, address: str) -> None:
    """Forget the failures of a name at an address: it has signed in."""
    FailedSignIns.objects.filter(name=_key(name), address=address).delete()


def unlock(name: str) -> int:
    """Lift the locks of a name, and of the addresses it is locked at; return how many."""
    rows = FailedSignIns.objects.filter(name=_key(name))
    addresses = list(rows.values_list("address", flat=True))
    locked = FailedSignIns.objects.filter(
        Q(name=_key(name)) | Q(name=ALL_NAMES, address__in=addresses)
    )
    deleted, _by_model = locked.delete()
    return deleted


def _count(name: str, address: str, most: int, now: datetime) -> int:
    with transaction.atomic():
        row, _is_new = FailedSignIns.objects.get_or_create(
            name=name, address=address, defaults={"failed_at": now}
        )
        rows = FailedSignIns.objects.filter(pk=row.pk)
        # Old failures do not count; counted in the database, because two may fail at once.
        rows.filter(failed_at__lt=now - LOCKED_FOR).update(failures=0)
        rows.update(failures=F("failures") + 1, failed_at=now)
        rows.filter(failures__gte=most).update(locked_until=now + LOCKED_FOR)
        row.refresh_from_db()
    return row.failures


def _key(name: str) -> str:
    return name.strip().casefold()[:150].replace("\0", "")
