"""The unknown deliveries of a run: list them, and resolve them by UIN."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import resolve_unknown
from clocks import shared
from foundation.refusals import Refusal
from sending.models import Attempt, Delivery
from sending.states import DeliveryState

#: The verdicts of the command line (arrived, did not arrive, send again) with their states.
VERDICTS = {
    "sent": DeliveryState.SENT,
    "failed": DeliveryState.FAILED,
    "again": DeliveryState.PENDING,
}
#: The number of UINs that a refusal names.
_NAMED = 10


@dataclass(frozen=True, slots=True)
class UnknownDelivery:
    """A delivery whose result is unknown: it may or may not have arrived.

    Attributes:
        uin: the recipient; 0 once that person is erased.
        account: the UIN of the sender account.
        reason: why the result is unknown.
        last_res: the last result code.
        seq: the SEQ of the last attempt.
        since: when that attempt was abandoned.
    """

    uin: int
    account: int | None
    reason: str
    last_res: str
    seq: int | None
    since: datetime | None


def unknown_deliveries(*, run: CampaignRun) -> Iterator[UnknownDelivery]:
    """Yield a run's unknown deliveries in the order they were planned."""
    last = Attempt.objects.filter(delivery=OuterRef("pk"), seq=OuterRef("seq")).order_by("-pk")
    since = last.annotate(since=Coalesce("finished_at", "marked_at")).values("since")[:1]
    rows = (
        Delivery.objects.filter(run=run, state=DeliveryState.UNKNOWN)
        .order_by("pk")
        .annotate(since=Subquery(since))
        .values_list("uin", "account__uin", "reason", "last_res", "seq", "since")
    )
    for row in rows.iterator():
        unknown = UnknownDelivery(*row)
        yield replace(unknown, since=unknown.since and shared.as_wall(unknown.since))


def resolve_by_uin(*, run: CampaignRun, verdict: str, uins: Collection[int] | None) -> int:
    """Record an operator's decision on some or all unknown deliveries of a run.

    Args:
        run: the run.
        verdict: a key of VERDICTS: sent, failed or again.
        uins: the recipients; None for all.

    Returns:
        the number of deliveries that were resolved.

    Raises:
        Refusal: there are no unknown deliveries (`nothing_unknown`), some of the UINs have none
            (`not_unknown`, nothing is resolved), or the run cannot send again.
    """
    unknown = Delivery.objects.filter(run=run, state=DeliveryState.UNKNOWN)
    if uins is not None:
        _refuse_others(run, uins, known=set(unknown.values_list("uin", flat=True)))
        unknown = unknown.filter(uin__in=list(uins))
    resolved = resolve_unknown(deliveries=unknown, to=VERDICTS[verdict])
    if not resolved:
        raise Refusal(
            _("Run %(run)s has no unknown deliveries: there is nothing to resolve.") % {"run": run},
            code="nothing_unknown",
        )
    return resolved


def _refuse_others(run: CampaignRun, uins: Collection[int], *, known: set[int]) -> None:
    others = sorted(set(uins) - (known - {0}))  # 0 stands for erased people
    if not others:
        return
    words = ngettext(
        "%(uins)s has no unknown delivery in run %(run)s. Nothing was resolved. List them "
        "with manage.py campaign unknown.",
        "%(uins)s have no unknown delivery in run %(run)s. Nothing was resolved. List them "
        "with manage.py campaign unknown.",
        len(others),
    )
    named = ", ".join(map(str, others[:_NAMED])) + (" …" if len(others) > _NAMED else "")
    raise Refusal(words % {"uins": named, "run": run}, code="not_unknown", uins=others)
