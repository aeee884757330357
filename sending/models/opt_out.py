"""The table of replies that were taken for an opt-out, or for an opt-in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, InboundMessage
from sending.models.opt_out_word import OptDirection
from sending.querysets.opt_out import OptOutQuerySet
from texts.replies import LONGEST_WORD


class Confirmation(models.TextChoices):
    """Whether the person is told that they opted out."""

    NONE = "none", _("none")
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("given to the account")
    DROPPED = "dropped", _("dropped")


class OptOut(models.Model):
    """A reply that was taken for an opt-out or an opt-in, and what it did.

    The suppression that it made has the reason `replied` and its `at` as `created_at`. A later one
    by an operator takes its place, so that an opt-in lifts only what replies did.
    """

    #: Goes with the message when a person is erased.
    message = models.OneToOneField(
        InboundMessage, on_delete=models.CASCADE, related_name="opt_out", verbose_name=_("reply")
    )
    uin = models.BigIntegerField(_("UIN"), db_index=True)
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("account"),
        db_index=False,  # an account with inbound messages is not deleted
    )
    word = models.CharField(_("word"), max_length=LONGEST_WORD)
    direction = models.CharField(_("what it does"), max_length=4, choices=OptDirection.choices)
    at = models.DateTimeField(_("at"))
    #: Whether it suppressed the person, or lifted a suppression: False if nothing was to be done.
    took_effect = models.BooleanField(_("took effect"), default=True)
    #: The temporary suppression whose place it took, put back when it is undone.
    replaced = models.JSONField(null=True, editable=False)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )
    #: The reply by which the person opted in again.
    undone_by_reply = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="undid",
        verbose_name=_("undone by the reply"),
    )
    confirmation = models.CharField(
        _("confirmation"),
        max_length=8,
        choices=Confirmation.choices,
        default=Confirmation.NONE,
    )

    objects = models.Manager.from_queryset(OptOutQuerySet)()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(confirmation="waiting"),
                name="optout_to_confirm",
            )
        ]

    def __str__(self) -> str:
        return f"{self.uin}, {timezone.localtime(self.at):%Y-%m-%d %H:%M:%S}"
