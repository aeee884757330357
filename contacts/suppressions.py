"""Services for suppressions: suppressing UINs, and lifting suppressions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

from clocks import shared
from contacts.models import ContactList, Suppression, SuppressionReason
from contacts.webhook_events import tell_suppressed
from foundation.queries import chunks
from foundation.refusals import Refusal
from foundation.times import read_moment


def suppress(
    *,
    uins: Iterable[int],
    reason: str = SuppressionReason.BY_HAND,
    source: str = "",
    contact_list: ContactList | None = None,
    until: datetime | None = None,
) -> int:
    """Suppress UINs; return how many were not suppressed before.

    A UIN that is suppressed already keeps the suppression that holds longer, with its reason and
    source; one for good that a reply made is replaced by one for good. One whose suppression has
    ended counts as not suppressed before.

    Args:
        uins: the UINs.
        reason: a SuppressionReason.
        source: the origin in words (a file, a reply, a person's letter), cut to 255 characters.
        contact_list: the list whose campaigns it applies to; None: every campaign.
        until: when it ends, aware; None: never. After it, campaigns write to them again.

    Raises:
        Refusal: `until` is not in the future (`until_past`).
    """
    refuse_past_end(until)
    now, new = shared.wall(), 0
    wanted = sorted(set(uins))
    with transaction.atomic():
        for chunk in chunks(wanted):
            known = Suppression.objects.in_force().filter(uin__in=chunk, contact_list=contact_list)
            new += len(chunk) - known.count()
            written = Suppression.objects.put(
                Suppression(
                    uin=uin,
                    contact_list=contact_list,
                    reason=reason,
                    source=source,
                    created_at=now,
                    until=until,
                )
                for uin in chunk
            )
            tell_suppressed(written)
    return new


def read_until(text: str) -> datetime:
    """Return the end of a suppression, in UTC, parsed from ISO 8601.

    Args:
        text: the time; without an offset it is in the console's time zone.

    Raises:
        Refusal: the text cannot be parsed (`until_malformed`).
    """
    try:
        return read_moment(text, zone=get_current_timezone())
    except ValueError:
        raise Refusal(
            _("The end “%(text)s” cannot be read: write it like 2026-12-24T09:00.")
            % {"text": text},
            code="until_malformed",
        ) from None


def refuse_past_end(until: datetime | None) -> None:
    """Refuse an end that has passed: the suppression would hold at no time.

    Raises:
        Refusal: it is not in the future (`until_past`).
    """
    if until is not None and until <= shared.wall():
        raise Refusal(
            _("The end %(until)s is in the past: choose a later one, or none.")
            % {"until": localtime(until).strftime("%Y-%m-%d %H:%M:%S")},
            code="until_past",
        )


def lift_suppression(*, suppression: Suppression) -> None:
    """Lift one suppression. Only the audit trail keeps a record of it."""
    suppression.delete()


def lift_suppressions(*, uins: Iterable[int], contact_list: ContactList | None = None) -> int:
    """Lift the suppressions of all these UINs or of none; return how many UINs they are.

    Args:
        uins: the UINs.
        contact_list: the list whose suppressions are lifted; None: those for every campaign.

    Raises:
        Refusal: one of the UINs is not suppressed (`not_suppressed`).
    """
    wanted = sorted(set(uins))
    with transaction.atomic():
        for chunk in chunks(wanted):
            held = Suppression.objects.filter(uin__in=chunk, contact_list=contact_list)
            missing = set(chunk) - set(held.values_list("uin", flat=True))
            if missing:
                raise Refusal(
                    _("There is no suppression of %(uin)d for %(scope)s. Nothing was lifted.")
                    % {"uin": min(missing), "scope": contact_list or _("every campaign")},
                    code="not_suppressed",
                    uins=sorted(missing),
                )
            held.delete()
    return len(wanted)
