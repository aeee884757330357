"""The tables of saved reports, of their mails, and of the figures of ended runs by account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.report_states import MAIL_STATES, OPEN_MAIL_STATES, MailState, ReportPeriod
from foundation.named_model import NamedModel
from foundation.sentence_field import SentenceField
from foundation.states import StatefulQuerySet
from labels.models import Label


class SavedReport(NamedModel):
    """An overall report with a name, and the dates on which it is sent by e-mail, if any."""

    period = models.CharField(_("period"), max_length=16, choices=ReportPeriod.choices)
    #: The first of `labels`, which the previous version reads and writes: see `chosen_labels`.
    label = models.ForeignKey(
        Label,
        on_delete=models.CASCADE,  # `campaigns.uses` says so before a label is deleted
        null=True,
        blank=True,
        related_name="saved_reports",
        verbose_name=_("label"),
    )
    labels = models.ManyToManyField(
        Label, blank=True, related_name="reports", verbose_name=_("labels")
    )
    campaigns = models.ManyToManyField(
        Campaign, blank=True, related_name="saved_reports", verbose_name=_("campaigns")
    )
    accounts = models.ManyToManyField(
        Account, blank=True, related_name="saved_reports", verbose_name=_("accounts")
    )
    #: A rule of `campaigns.scheduling.rule`, such as "weekly@mon 09:00"; empty: not sent.
    every = models.CharField(_("sent"), max_length=60, blank=True, default="")
    timezone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("to")
    )
    #: The next date; NULL while it is not sent.
    next_at = models.DateTimeField(_("next"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        ordering = ["name"]
        indexes = [
            models.Index(
                fields=["next_at"], name="savedreport_next", condition=Q(next_at__isnull=False)
            )
        ]

    def chosen_labels(self) -> list[Label]:
        """Return the labels of the campaigns it is about.

        The previous version knows `label` alone. If it has changed that one, `labels` are old.
        """
        if self.label is None:
            return []
        found = list(self.labels.all())
        return found if self.label in found else [self.label]


class ReportMailQuerySet(StatefulQuerySet[Any]):
    """Mails of reports; only `transition` changes their state."""

    state_table = MAIL_STATES


class ReportMail(models.Model):
    """One saved report on one date to one user. See docs/decisions/0061-help-and-reports.md."""

    report = models.ForeignKey(
        SavedReport, on_delete=models.CASCADE, related_name="mails", verbose_name=_("saved report")
    )
    due_at = models.DateTimeField(_("due"))
    since = models.DateField(_("first day"))
    until = models.DateField(_("last day"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    address = models.EmailField(_("e-mail address"))
    state = models.CharField(
        _("state"), max_length=8, choices=MailState.choices, default=MailState.QUEUED
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    #: When it is tried next; while it is being sent, when its process is presumed dead.
    next_at = models.DateTimeField(_("next try at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    last_error = SentenceField(_("last problem"), max_length=500, blank=True)

    objects = models.Manager.from_queryset(ReportMailQuerySet)()

    class Meta:
        verbose_name = _("mail of a report")
        verbose_name_plural = _("mails of reports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["report", "due_at", "user"], name="reportmail_once"),
            models.CheckConstraint(
                name="reportmail_state_known", condition=Q(state__in=MailState.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="reportmail_open", condition=Q(state__in=OPEN_MAIL_STATES)
            ),
            models.Index(fields=["due_at"], name="reportmail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.report}: {self.address}"


class AccountsOfRun(models.Model):
    """The figures of a run by account, counted once: right as long as its states are the run's."""

    run = models.OneToOneField(
        CampaignRun, on_delete=models.CASCADE, primary_key=True, related_name="accounts_counted"
    )
    #: The number of deliveries by state when they were counted. Another one: count again.
    states = models.JSONField(default=dict)
    #: By the key of the account ("" for none), the number of deliveries by state.
    accounts = models.JSONField(default=dict)
    #: By the key of the account, the number of deliveries by "state:reason"; NULL: not counted.
    reasons = models.JSONField(null=True)

    class Meta:
        verbose_name = _("figures of a run by account")
        verbose_name_plural = _("figures of runs by account")

    def __str__(self) -> str:
        return str(self.run_id)
