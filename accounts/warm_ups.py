"""The services of warm-up: curves, and putting accounts on them.

See docs/decisions/0028-warm-up.md. The days are counted in `sending.warm_up_days`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, ngettext

from accounts.models import Account, AccountEvent, WarmUp, WarmUpCurve
from accounts.models.warm_up import MOST_A_DAY, MOST_DAYS
from accounts.states import StateReason
from clocks import shared
from foundation.find_named import find_named
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The length of a day of warm-up.
DAY = timedelta(hours=24)
_BETWEEN = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True, slots=True)
class WarmUpProgress:
    """Where an account is on its curve.

    Attributes:
        curve: the name of the curve.
        day, days: the present day, from 1, and the number of days.
        limit: the most messages in any 24 hours of that day.
        sent: the attempts since the day began.
    """

    curve: str
    day: int
    days: int
    limit: int
    sent: int

    @property
    def sentence(self) -> str:
        """The progress in one sentence."""
        return gettext("day %(day)d of %(days)d: %(limit)d a day; %(sent)d sent today") % {
            "day": self.day,
            "days": self.days,
            "limit": self.limit,
            "sent": self.sent,
        }


def find_curve(*, name: str) -> WarmUpCurve:
    """Return the warm-up curve of that name.

    Raises:
        Refusal: there is none (`curve_unknown`).
    """
    missing = gettext("There is no warm-up curve “%(name)s”.")
    return find_named(WarmUpCurve, name, missing=missing, code="curve_unknown")


def read_limits(text: str) -> list[int]:
    """Return the messages of each day, written like "10, 20, 40".

    Raises:
        Refusal: it cannot be read, or is out of bounds (`curve_malformed`).
    """
    parts = [part for part in _BETWEEN.split(text.strip()) if part]
    is_good = all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts)
    limits = [int(part) for part in parts] if is_good else []
    if not 1 <= len(limits) <= MOST_DAYS or not all(1 <= one <= MOST_A_DAY for one in limits):
        raise Refusal(
            _(
                "Write the messages of each day, like 10, 20, 40: at most %(days)d days, each "
                "from 1 to %(most)d."
            )
            % {"days": MOST_DAYS, "most": MOST_A_DAY},
            code="curve_malformed",
        )
    return limits


def create_curve(
    *, name: str, limits: Sequence[int], worst_percent: int = 5, by: Any = None
) -> WarmUpCurve:
    """Create a warm-up curve.

    Args:
        name: a name that no other curve has.
        limits: the messages of each day, as `read_limits` returns them.
        worst_percent: the share of bad codes above which a day does not count, percent.
        by: the operator, for the history.

    Raises:
        Refusal: the name is taken or cannot be one, or the percentage is out of bounds.
    """
    if not 1 <= worst_percent <= 100:
        raise Refusal(_("The share of bad codes is from 1 to 100 %."), code="percent_out_of_range")
    curve: Any = WarmUpCurve(name=name, limits=list(limits), worst_percent=worst_percent)
    curve.set_name()
    curve.refuse_twin()
    if by is not None:
        curve._history_user = by
    curve.save()
    made: WarmUpCurve = curve
    return made


def start_warm_up(*, account: Account, curve: WarmUpCurve, by: Any = None) -> None:
    """Put an account on the first day of a curve; its lane obeys within a second.

    An account that is on another curve begins the new one.

    Raises:
        Refusal: it is on this curve already (`warming_up`), or was deleted (`gone`).
    """
    with transaction.atomic():
        found = locked_row(account)
        if WarmUp.objects.filter(account=found, curve=curve).exists():
            raise Refusal(
                _("Account %(uin)s is warming up by “%(curve)s” already.")
                % {"uin": found.uin, "curve": curve.name},
                code="warming_up",
                uin=found.uin,
            )
        now = shared.now()
        WarmUp.objects.update_or_create(
            account=found,
            defaults={
                "curve": curve, "began_at": now, "day_began_at": now, "day": 1, "bad_days": 0,
            },
        )  # fmt: skip
        Account.objects.filter(pk=found.pk).update(warm_up_limit=curve.limit_on(1))
        note_warm_up(
            found,
            _("Warms up by “%(curve)s”: %(n)d messages on the first of %(days)d days.")
            % {"curve": curve.name, "n": curve.limit_on(1), "days": curve.days},
            by=by,
        )


def stop_warm_up(*, account: Account, by: Any = None) -> None:
    """Take an account off its curve: its own limits apply.

    Raises:
        Refusal: it is not warming up (`not_warming_up`), or was deleted (`gone`).
    """
    with transaction.atomic():
        found = locked_row(account)
        if not WarmUp.objects.filter(account=found).delete()[0]:
            raise Refusal(
                _("Account %(uin)s is not warming up.") % {"uin": found.uin},
                code="not_warming_up",
                uin=found.uin,
            )
        lift_warm_up_limit(found, detail=_("The warm-up was ended: its own limits apply."), by=by)


def apply_curve(curve: WarmUpCurve) -> None:
    """Give the accounts on a curve that was changed the limits of their days."""
    with transaction.atomic():
        on_it = WarmUp.objects.filter(curve=curve).order_by("pk")
        # The account is locked, not its warm-up, as by everything else that changes a day.
        accounts = Account.objects.select_for_update().filter(pk__in=on_it.order_by().values("pk"))
        list(accounts.order_by("pk").values_list("pk"))
        for warm_up in on_it:
            # A curve that became shorter: the last day it has.
            day = min(warm_up.day, curve.days)
            WarmUp.objects.filter(pk=warm_up.pk).update(day=day)
            Account.objects.filter(pk=warm_up.pk).update(warm_up_limit=curve.limit_on(day))


def lift_warm_up_limit(account: Account, *, detail: str, by: Any = None) -> None:
    """Let an account's own limits apply after its warm-up, and say why in its timeline."""
    Account.objects.filter(pk=account.pk).update(warm_up_limit=None)
    note_warm_up(account, detail, by=by)


def note_warm_up(account: Account, detail: str, *, by: Any = None) -> None:
    """Add an entry about warm-up to an account's timeline."""
    AccountEvent.objects.create(
        account=account, state=account.state, reason=StateReason.WARM_UP, detail=detail, by=by
    )


def progress_of(account: Account) -> WarmUpProgress | None:
    """Return where an account is on its curve; None if it is not warming up."""
    found = WarmUp.objects.filter(account=account).select_related("curve", "account").first()
    return progress_by(found) if found is not None else None


def progress_by(warm_up: WarmUp) -> WarmUpProgress | None:
    """Return where the account of a warm-up is on its curve; None after the last day."""
    limit = warm_up.curve.limit_on(warm_up.day)
    if limit is None:
        return None
    sent = attempts_since(warm_up.account, warm_up.day_began_at, most=2 * limit)
    return WarmUpProgress(warm_up.curve.name, warm_up.day, warm_up.curve.days, limit, sent)


def attempts_since(account: Account, since: datetime, *, most: int) -> int:
    """Return how many of an account's newest attempts were marked since a moment.

    Attempts belong to the app `sending` above; the reverse relation reads them without an import.

    Args:
        account: the account.
        since: the moment, shared time.
        most: the most attempts that are looked at, by their unique index.
    """
    newest = account.attempts.order_by("-seq").values("pk")[:most]
    return account.attempts.filter(pk__in=newest, marked_at__gte=since).count()


def warm_up_done(n: int, *, curve: str = "") -> str:
    """Return the result message for n accounts that were put on a curve, or taken off."""
    if not curve:
        return ngettext(
            "%(n)d account no longer warms up.", "%(n)d accounts no longer warm up.", n
        ) % {"n": n}
    return ngettext(
        "%(n)d account warms up by “%(curve)s”.", "%(n)d accounts warm up by “%(curve)s”.", n
    ) % {"n": n, "curve": curve}
