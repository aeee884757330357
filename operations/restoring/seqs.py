"""Raises the SEQs of a restored installation beyond all that can have been used since the backup.

SEQs are never below the clock (decision 0004), which is enough for accounts that use at most one a
second. An account that used more was ahead of the clock, and by how much is not known here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import BigIntegerField, F, Max, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.models import Lease
from foundation.refusals import Refusal

#: SEQs a second that one account may have used in any hour, and on average over a longer time. A
#: request takes milliseconds, and the pace of an account is counted in messages a minute.
FASTEST, STEADY = 50, 5
HOUR = 3600
#: The highest SEQ: the protocol's numbers have 32 bits with a sign.
HIGHEST = 2**31 - 1


def possible_since(elapsed: timedelta) -> int:
    """Return how many SEQs one account can have used in this time."""
    seconds = max(0, int(elapsed.total_seconds()))
    return FASTEST * (HOUR + min(seconds, HOUR)) + STEADY * max(0, seconds - HOUR)


def raise_seqs(*, taken_at: datetime, now: datetime) -> int:
    """Raise the last SEQ of every account; return the highest.

    Args:
        taken_at: when the backup was made.
        now: the database's clock.

    Raises:
        Refusal: a SEQ would be higher than the protocol allows (`no_seqs`).
    """
    jump = possible_since(now - taken_at)
    clock = Value(int(now.timestamp()), output_field=BigIntegerField())
    highest = Lease.objects.aggregate(n=Max("last_seq"))["n"] or 0
    if max(highest, int(now.timestamp())) + jump > HIGHEST:
        raise Refusal(
            _("The backup is too old: no SEQ is left that was certainly not used since."),
            code="no_seqs",
        )
    Lease.objects.update(last_seq=Greatest(F("last_seq"), clock) + jump)
    return int(Lease.objects.aggregate(n=Max("last_seq"))["n"] or 0)
