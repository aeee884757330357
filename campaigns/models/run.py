"""The run: one execution of a campaign, with its own copy of what it executes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.querysets import RunQuerySet
from campaigns.states import ACTIVE_RUN_STATES, OnLostAccount, Promise, RunState
from contacts.models import ContactList, Segment
from foundation.sentence_field import SentenceField


class Run(models.Model):
    """One execution of a campaign.

    Text, window, promise, lists, exclusions and segments are copied when the run is made: an edit
    of the campaign afterwards changes the next run, not this one. The accounts are not copied:
    while a run is under way an operator has to be able to add one, or to take one out.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="runs", verbose_name=_("campaign")
    )
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=20, choices=RunState.choices, default=RunState.DRAFT
    )
    state_detail = SentenceField(_("in words"), max_length=500, blank=True)
    state_changed_at = models.DateTimeField(_("since"), default=timezone.now)

    lists = models.ManyToManyField(
        ContactList, related_name="runs", blank=True, verbose_name=_("to these lists")
    )
    segments = models.ManyToManyField(
        Segment, related_name="runs", blank=True, verbose_name=_("and to these segments")
    )
    excluded_lists = models.ManyToManyField(
        ContactList, related_name="excluding_runs", blank=True, verbose_name=_("but not to these")
    )
    text = models.TextField(_("text"))
    promise = models.CharField(_("promise"), max_length=16, choices=Promise.choices)
    on_lost_account = models.CharField(
        _("without an account"),
        max_length=8,
        choices=OnLostAccount.choices,
        default=OnLostAccount.FAIL,
    )
    allows_strangers = models.BooleanField(_("also to strangers"), default=False)
    window_start = models.TimeField(_("sends from"), null=True, blank=True)
    window_end = models.TimeField(_("sends until"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)

    #: Planning goes by contact id, in chunks: what is at or below this is planned.
    planned_through = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    planned_at = models.DateTimeField(_("planned at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = models.Manager.from_queryset(RunQuerySet)()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="run_number_once"),
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(state__in=ACTIVE_RUN_STATES),
                name="run_one_active_a_campaign",
            ),
            models.CheckConstraint(
                name="run_state_known", condition=models.Q(state__in=RunState.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                name="run_active",
                condition=models.Q(state__in=ACTIVE_RUN_STATES),
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} #{self.number}"


class RunEvent(models.Model):
    """Something that happened to a run, by whom and why: its timeline."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="events", verbose_name=_("run")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    state = models.CharField(_("state"), max_length=20, choices=RunState.choices)
    detail = SentenceField(_("in words"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("run event")
        verbose_name_plural = _("run events")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.state}"
