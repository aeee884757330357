"""Acts whose process ended after their first change and before their entry was written."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from audit.models import AuditEntry, OpenAct
from clocks import shared
from foundation.sentences import Sentence as _

#: An act without an entry after so long has no process any more, or one that is stuck.
GIVEN_UP_AFTER = timedelta(hours=6)
MOST_AT_ONCE = 200


def write_unfinished() -> int:
    """Write an entry for each act that was left open; return how many."""
    oldest = shared.wall() - GIVEN_UP_AFTER
    written = 0
    for left in OpenAct.objects.filter(at__lt=oldest).order_by("at")[:MOST_AT_ONCE]:
        with transaction.atomic():
            if not OpenAct.objects.filter(pk=left.pk).delete()[0]:
                continue  # another process wrote it
            _entry, is_new = AuditEntry.objects.get_or_create(
                key=left.key,
                defaults={
                    "at": left.at,
                    "user_id": left.user_id,
                    "who": left.who,
                    "channel": left.channel,
                    "address": left.address,
                    "verb": left.verb or "change",
                    "sentence": _(
                        "It changed something, and its process ended before the changes were "
                        "written down."
                    ),
                },
            )
            written += is_new
    return written
