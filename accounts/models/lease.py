"""The lease: the worker whose lane may send for an account, and the data that the lane writes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.egress import Egress, Worker
from accounts.querysets import LeaseQuerySet
from foundation.display import EMPTY


class Lease(models.Model):
    """One row for each account, created with it. Only the lane that holds it writes to it.

    It has two fences: the worker's row must not have ended, and the token must be the one that the
    lane was given. Both are checked in the transaction that marks an attempt.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="lease"
    )
    worker = models.ForeignKey(
        Worker,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leases",
        verbose_name=_("worker"),
    )
    token = models.BigIntegerField(_("token"), default=0)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    woken_at = models.DateTimeField(_("woken at"), null=True, blank=True)
    #: The egress that the account is bound to now; a pinned account is bound to its own.
    egress = models.ForeignKey(
        Egress,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leases",
        verbose_name=_("egress"),
    )
    #: The highest SEQ ever reserved. SEQs are reserved in blocks and never reused.
    last_seq = models.BigIntegerField(_("last SEQ"), default=0)
    #: Whether a lane ended without handing back, so that a place in the rate windows may be taken
    #: for a message that was never sent. The next lane counts the attempts instead.
    has_lost_reservation = models.BooleanField(
        _("lost reservation"), default=False, db_default=False
    )
    last_reply_at = models.DateTimeField(_("last reply at"), null=True, blank=True)
    resting_until = models.DateTimeField(_("resting until"), null=True, blank=True)
    #: The gap learnt from RES=3, seconds; never below the account's minimum gap.
    learnt_interval = models.FloatField(_("learnt gap (s)"), null=True, blank=True)
    #: Messages that failed since the last one that was accepted; the account's breaker counts them.
    bad_results = models.PositiveSmallIntegerField(_("bad results in a row"), default=0)
    #: Sessions that ended at their first use, since the last accepted message.
    sessions_lost = models.PositiveSmallIntegerField(
        _("sessions lost in a row"), default=0, db_default=0
    )
    login_failures = models.PositiveSmallIntegerField(_("failed logins in a row"), default=0)
    login_not_before = models.DateTimeField(_("no login before"), null=True, blank=True)

    objects = models.Manager.from_queryset(LeaseQuerySet)()

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.worker_id or EMPTY}"
