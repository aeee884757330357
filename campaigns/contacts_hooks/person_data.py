"""A person's friendships and messages: page sections and erasure. Registered at start-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import Friend, InboundKind, InboundMessage
from campaigns.models import OWNERS_OF_DELIVERIES, TestRun, owner_of
from campaigns.reason_text import reason_text
from contacts.models import Contact
from contacts.people.erase import register_eraser
from contacts.people.person_page import Section, register_section
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.runs.texts import TEXTS, text_of, variant_of
from sending.states import DeliveryState

#: The most rows a section shows.
MOST_ROWS = 200
#: States in which the engine, or an operator, may still act on a delivery.
_UNSETTLED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


def friendships(contact: Contact) -> Section:
    """Return the accounts whose friend a person is or was."""
    rows = Friend.objects.filter(uin=contact.uin).select_related("account").order_by("-known_since")
    return Section(
        "friends",
        _("Friend of"),
        [_("account"), _("nickname"), _("presence"), _("known since"), _("ended at")],
        [
            (
                row.account,
                row.nickname,
                row.get_presence_display() or "",
                row.first_known_since or row.known_since,
                row.ended_at,
            )
            for row in rows[:MOST_ROWS]
        ],
    )


def messages(contact: Contact) -> Section:
    """Return all deliveries to a person and all messages from them, newest first.

    A delivery that was not sent is placed at the time when its run was planned.
    """
    rows = sorted([*_sent(contact), *_written(contact)], key=lambda row: row[0], reverse=True)
    titles = [_("at"), _("run"), _("account"), _("state"), _("reason"), _("RES"), _("variant")]
    titles.append(_("text"))
    return Section(
        "messages",
        _("Messages"),
        titles,
        [row for _moment, row in rows[:MOST_ROWS]],
        is_complete=len(rows) <= MOST_ROWS,
    )


def _sent(contact: Contact) -> list[tuple[datetime, Sequence[Any]]]:
    deliveries = (
        Delivery.objects.filter(contact=contact)
        .select_related("run__campaign_run__campaign", "account")
        .prefetch_related(TEXTS)
        .order_by("-id")[: MOST_ROWS + 1]
    )
    return [
        (
            row.sent_at or row.run.planned_at or row.run.created_at,
            (
                row.sent_at,
                row.run.campaign_run,
                row.account,
                format_html(
                    '<a class="q-link" href="{}">{}</a>',
                    reverse("admin:sending_delivery_change", args=[row.pk]),
                    row.get_state_display(),
                ),
                reason_text(row.reason),
                row.last_res,
                variant_of(row),
                _text(row),
            ),
        )
        for row in deliveries
    ]


def _text(row: Delivery) -> str:
    """Return the text that a person got or is to get; what was skipped was never written."""
    is_unwritten = row.state == DeliveryState.SKIPPED or (
        row.state == DeliveryState.CANCELLED and not row.attempt_count
    )
    return "" if is_unwritten else text_of(row)


def _written(contact: Contact) -> list[tuple[datetime, Sequence[Any]]]:
    written = (
        InboundMessage.objects.filter(uin=contact.uin)
        .select_related("account")
        .order_by("-received_at", "-position")[: MOST_ROWS + 1]
    )
    return [
        (
            row.received_at,
            (
                row.received_at,
                "",
                row.account,
                _("received") if row.kind == InboundKind.USER else row.get_kind_display(),
                "",
                "",
                "",
                row.text,
            ),
        )
        for row in written
    ]


def sequences(contact: Contact) -> Section:
    """Return the sequences that a person is or was in, the newest first."""
    rows = contact.in_sequences.select_related("sequence").order_by("-entered_at", "-pk")
    titles = [_("sequence"), _("state"), _("reason"), _("step"), _("entered at"), _("next step at")]
    shown = list(rows[: MOST_ROWS + 1])
    return Section(
        "sequences",
        _("Sequences"),
        titles,
        [
            (
                row.sequence,
                row.get_state_display(),
                row.get_reason_display(),
                row.step,
                row.entered_at,
                row.next_at,
            )
            for row in shown[:MOST_ROWS]
        ],
        is_complete=len(shown) <= MOST_ROWS,
    )


def erase(contact: Contact) -> None:
    """Erase a person from deliveries, the inbox and friend lists.

    Delivery rows stay, without the person, because the figures count them.

    Raises:
        Refusal: a run still has an open or unknown delivery for the person (`open_delivery`).
    """
    deliveries = Delivery.objects.filter(contact=contact)
    # A test's deliveries have no contact. Tests are few, and found by their runs.
    tested = Delivery.objects.filter(run__in=TestRun.objects.values("pk"), uin=contact.uin)
    for rows in (deliveries, tested):
        open_one = rows.filter(state__in=_UNSETTLED).select_related(*OWNERS_OF_DELIVERIES).first()
        if open_one is not None:
            raise Refusal(
                _(
                    "%(run)s still has an open or unknown delivery for this person. Suppress "
                    "the person, cancel the run or wait until it ends, then erase again."
                )
                % {"run": owner_of(open_one.run)},
                code="open_delivery",
            )
    # The empty text also keeps a retry from sending: a delivery without a text is not sent.
    deliveries.update(contact=None, uin=0, text="")
    tested.update(uin=0, text="")
    InboundMessage.objects.filter(uin=contact.uin).delete()
    Friend.objects.filter(uin=contact.uin).delete()


def register_person_data() -> None:
    """Register the sections and the erasure with contacts."""
    register_section("friends", friendships)
    register_section("messages", messages)
    register_section("sequences", sequences)
    register_eraser(erase)
