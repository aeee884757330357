"""The table of deliveries."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from contacts.models import Contact
from sending.models.run import Run
from sending.querysets import DeliveryQuerySet
from sending.states import EXCEPTIONAL_DELIVERY_STATES, DeliveryState


class Delivery(models.Model):
    """One message of a run to one contact, with its state.

    This table is the queue (rule 1). It is the second largest table, so it has few columns and
    indexes.
    """

    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="deliveries",
        verbose_name=_("run"),
        db_index=False,  # `delivery_of_run` serves it
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        related_name="deliveries",
        verbose_name=_("contact"),
        db_index=False,  # the unique constraint serves it
    )
    #: The place in its account's queue: lower ones are sent first, equal ones by key. Negative ones
    #: are the rest of a run that tests its variants (`Run.holds_rest`).
    rank = models.IntegerField(_("rank"), default=0, db_default=0)
    #: The person's UIN at planning, so that a report needs no join; 0 once the person is erased.
    uin = models.BigIntegerField(_("UIN"))
    account = models.ForeignKey(
        Account,
        # Sent messages stay on record: an account that has sent is disabled, not deleted.
        on_delete=models.PROTECT,
        null=True,
        related_name="deliveries",
        verbose_name=_("account"),
        db_index=False,  # the partial indexes serve it
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    reason = models.CharField(_("reason"), max_length=32, blank=True, default="")
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    #: The number of attempts at an operator's latest retry: policies count from there. NULL without
    #: a retry.
    counted_from = models.PositiveSmallIntegerField(_("attempts before the retry"), null=True)
    last_res = models.CharField(_("last RES"), max_length=16, blank=True, default="")
    seq = models.BigIntegerField(_("SEQ"), null=True)
    not_before = models.DateTimeField(_("not before"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    #: Which of its run's texts it gets: 0 is `Run.text`, others are rows of RunText.
    text_number = models.PositiveSmallIntegerField(_("number of the text"), default=0, db_default=0)
    #: The rendered text, stored with the first mark: a replay must send exactly the same text. NULL
    #: if it is the run's text of that number, unchanged.
    text = models.TextField(_("text"), null=True)

    objects = models.Manager.from_queryset(DeliveryQuerySet)()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["id"]
        constraints = [
            # In this order it also finds a person's messages, by run: the latest sender and the
            # limits are looked up there for each person of a plan.
            models.UniqueConstraint(
                fields=["contact", "run"], name="delivery_unique_contact_in_run"
            ),
            models.CheckConstraint(
                name="delivery_state_known", condition=models.Q(state__in=DeliveryState.values)
            ),
        ]
        indexes = [
            # A lane's next deliveries, run by run.
            models.Index(
                fields=["account", "run", "rank", "id"],
                name="delivery_next",
                condition=models.Q(state=DeliveryState.PENDING),
            ),
            # A run's deliveries in their order: its page, its report, what is removed of it.
            models.Index(fields=["run", "id"], name="delivery_of_run"),
            # The deliveries that a new lane must settle before it sends anything.
            models.Index(
                fields=["account"],
                name="delivery_in_flight",
                condition=models.Q(state=DeliveryState.SENDING),
            ),
            # The exceptions in reports. Most rows are sent ones; they need no index.
            models.Index(
                fields=["run", "state", "reason", "id"],
                name="delivery_exceptions",
                condition=models.Q(state__in=EXCEPTIONAL_DELIVERY_STATES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uin or gettext('erased')} ({self.get_state_display()})"
