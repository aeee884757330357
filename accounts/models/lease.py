"""The lease: which worker's lane may send for an account, and what only that lane writes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.egress import Egress, Worker
from accounts.querysets import LeaseQuerySet
from foundation.display import EMPTY


class Lease(models.Model):
    """One row an account, made with it. Only the lane that holds it writes to it.

    It is fenced twice: the worker must be living (its row not ended) and the token must be the one
    the lane was given. Both are checked in the transaction that marks an attempt.
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
    #: The egress the account is bound to now; a pinned account's is its own.
    egress = models.ForeignKey(
        Egress,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leases",
        verbose_name=_("egress"),
    )
    #: The highest SEQ ever handed out: reserved in blocks, persisted, never reused.
    last_seq = models.BigIntegerField(_("last SEQ"), default=0)
    last_reply_at = models.DateTimeField(_("last reply at"), null=True, blank=True)
    resting_until = models.DateTimeField(_("resting until"), null=True, blank=True)
    #: The gap the gateway has taught us, never below the operator's; seconds.
    learnt_interval = models.FloatField(_("learnt gap (s)"), null=True, blank=True)
    #: Messages that ended badly since the last one that was taken; the breaker counts them.
    bad_results = models.PositiveSmallIntegerField(_("bad results in a row"), default=0)
    #: Sessions that ended as soon as they were used, since a message was last taken.
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
