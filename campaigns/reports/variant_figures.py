"""The figures of a run by variant, with the holdout beside them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from campaigns.earlier_people import replies
from campaigns.message_texts import Share
from campaigns.models import CampaignRun
from campaigns.reports.proportions import wilson
from contacts.models import Suppression, SuppressionReason
from sending.models import Delivery
from sending.states import OPEN_DELIVERY_STATES, DeliveryState, Reason

#: Suppressions that say nothing about what a person wants.
_NOT_AN_OPT_OUT = (SuppressionReason.UNREACHABLE, SuppressionReason.ERASED)


@dataclass(slots=True)
class VariantFigures:
    """The results of the people of a variant, or of the holdout.

    Attributes:
        variant: its name; "" for the holdout, and for the people of a run without variants.
        is_holdout: whether these are the people who got nothing.
        is_rest: whether these are the people outside the test, who get the chosen variant, which
            is "" until it is chosen.
        weight: its part of the people, in proportion to the others'; 0 for the holdout and the
            rest.
        assigned: all people; always the sum of the next six. People whom planning skipped for
            another reason (suppressed, not a friend) are in no variant.
        open: pending or in flight.
        replied: those of `sent` who wrote to the account within REPLY_WITHIN_DAYS.
        opted_out: those of `sent` who were suppressed within as many days; in the holdout, those
            of `assigned` who were within as many days after planning.
    """

    variant: str
    is_holdout: bool = False
    is_rest: bool = False
    weight: int = 0
    assigned: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    unknown: int = 0
    open: int = 0
    replied: int = 0
    opted_out: int = 0

    @property
    def reached(self) -> int:
        """The people whose replies and opt-outs are counted."""
        return self.assigned if self.is_holdout else self.sent

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON, with the rates. The keys are a public interface."""
        rates = {
            "sent": wilson(self.sent, self.assigned),
            "replied": None if self.is_holdout else wilson(self.replied, self.sent),
            "opted_out": wilson(self.opted_out, self.reached),
        }
        return {
            **asdict(self),
            "rates": {name: rate and asdict(rate) for name, rate in rates.items()},
        }


def is_compared(run: CampaignRun) -> bool:
    """Return whether a run has variants or a holdout."""
    return bool(run.holdout) or any(share["variant"] for share in run.text_shares)


def variant_figures(run: CampaignRun) -> list[VariantFigures]:
    """Return a run's figures by variant, then those of the rest, and the holdout last.

    It reads the run's deliveries once, by the index of the run. Replies and opt-outs are looked up
    for each person by the indexes of these.
    """
    shares = [Share(**share) for share in run.text_shares]
    found = {share.variant: VariantFigures(share.variant, weight=share.weight) for share in shares}
    if not found:
        found[""] = VariantFigures("", weight=1)
    names = {number: share.variant for share in shares for number in share.numbers.values()}
    holdout = VariantFigures("", is_holdout=True)
    rest = VariantFigures(run.chosen_variant, is_rest=True)
    for row in _counted(run):
        is_held_out = row.pop("is_held_out")
        number, is_rest = row.pop("text_number"), row.pop("is_rest")
        if is_held_out:
            row["replied"] = 0
            _add(holdout, row)
        elif is_rest:
            _add(rest, row)
        elif number in names or not shares:
            _add(found[names.get(number, "")], row)
    others = [rest] if run.test_share else []
    return [*found.values(), *others, *([holdout] if run.holdout else [])]


def opt_outs(run: CampaignRun) -> QuerySet[Suppression]:
    """Return the suppressions that count as opt-outs after the delivery of an outer query.

    The outer query has `began`: when the message was sent. Each is looked up by the unique index
    of suppressions on the UIN.
    """
    within = timedelta(days=settings.REPLY_WITHIN_DAYS)
    until = ExpressionWrapper(OuterRef("began") + within, output_field=DateTimeField())
    return Suppression.objects.filter(
        Q(contact_list=None) | Q(contact_list__in=list(run.lists.values_list("pk", flat=True))),
        uin=OuterRef("uin"),
        created_at__gte=OuterRef("began"),
        created_at__lte=until,
    ).exclude(reason__in=_NOT_AN_OPT_OUT)


def _counted(run: CampaignRun) -> list[dict[str, Any]]:
    """Return the counts for each text and for the holdout."""
    held_out = Q(state=DeliveryState.SKIPPED, reason=Reason.HOLDOUT)
    # Planning gives no account to people it skips; a lane skips a delivery that has one.
    skipped_in_planning = Q(state=DeliveryState.SKIPPED, account=None) & ~held_out
    rows = after_delivery(run).exclude(skipped_in_planning)
    sent = Q(state=DeliveryState.SENT)
    counts = {
        "assigned": Count("pk"),
        "open": Count("pk", filter=Q(state__in=OPEN_DELIVERY_STATES)),
        "replied": Count("pk", filter=sent & Q(has_replied=True)),
        "opted_out": Count("pk", filter=(sent | held_out) & Q(has_opted_out=True)),
    }
    for state in ("sent", "failed", "skipped", "cancelled", "unknown"):
        counts[state] = Count("pk", filter=Q(state=state))
    found: Any = (
        rows.annotate(
            is_held_out=Case(When(held_out, then=Value(True)), default=Value(False)),
            # In a run without a test, a negative rank waits for its person to be online.
            is_rest=Case(When(rank__lt=0, then=Value(bool(run.test_share))), default=Value(False)),
        )
        .values("text_number", "is_held_out", "is_rest")
        .annotate(**counts)
        .order_by("text_number")
    )
    return list(found)


def who_opted_out(run: CampaignRun) -> QuerySet[Any]:
    """Return the deliveries of a run that count as `opted_out`."""
    counted = Q(state=DeliveryState.SENT) | Q(reason=Reason.HOLDOUT)
    found: QuerySet[Any] = after_delivery(run).filter(counted, has_opted_out=True)
    return found


def after_delivery(run: CampaignRun) -> QuerySet[Any]:
    """Return a run's deliveries with `has_replied` and `has_opted_out`."""
    began = Case(
        When(reason=Reason.HOLDOUT, then=Value(run.planned_at, output_field=DateTimeField())),
        default=F("sent_at"),
        output_field=DateTimeField(),
    )
    rows: Any = Delivery.objects.filter(run=run).annotate(began=began)
    found: QuerySet[Any] = rows.annotate(
        has_replied=Exists(replies()), has_opted_out=Exists(opt_outs(run))
    )
    return found


def _add(figures: VariantFigures, counts: dict[str, Any]) -> None:
    for name, n in counts.items():
        setattr(figures, name, getattr(figures, name) + n)
