"""The tables of runs and of their timelines."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactList
from foundation.sentence_field import SentenceField
from sending.querysets import RunQuerySet
from sending.states import (
    ACTIVE_RUN_STATES,
    DEFAULT_PRIORITY,
    LOWEST_PRIORITY,
    URGENT,
    Promise,
    RunState,
)


class Run(models.Model):
    """The unit of work: messages to a set of people, with a copy of all their settings.

    Runs are made by other apps (campaigns, conversations), which write `origin`. An origin has at
    most one active run. Text, window, promise and lists are copied when the run is made, so an edit
    of the origin changes its next run, not this one.
    """

    #: What made the run, as "kind:id": `campaign:17`.
    origin = models.CharField(max_length=64)
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=20, choices=RunState.choices, default=RunState.DRAFT
    )
    state_detail = SentenceField(_("in words"), max_length=500, blank=True)
    state_changed_at = models.DateTimeField(_("since"), default=timezone.now)

    #: The lists of its recipients: an opt-out from one of them applies to this run.
    lists = models.ManyToManyField(
        ContactList, related_name="runs", blank=True, verbose_name=_("to these lists")
    )
    #: At most so many messages to a person in so many seconds, those of all runs counted; NULL: no
    #: such limit. See `sending.limits`.
    cap_most = models.PositiveSmallIntegerField(_("messages at most"), null=True, blank=True)
    cap_seconds = models.PositiveIntegerField(_("in seconds"), null=True, blank=True)
    #: Whether all messages count for the cap, or those of `CapOrigin` only.
    cap_counts_all = models.BooleanField(default=True)
    #: At most so many requests in a sliding minute, over all accounts; NULL: no rate of its own.
    per_minute = models.PositiveIntegerField(_("messages a minute"), null=True, blank=True)
    #: Runs share an account by these weights; see `sending.states.URGENT`.
    priority = models.PositiveSmallIntegerField(_("priority"), default=DEFAULT_PRIORITY)
    #: Its text, or the one with the number 0 of several (`sending.models.RunText`).
    text = models.TextField(_("text"))
    promise = models.CharField(_("promise"), max_length=16, choices=Promise.choices)
    #: The sending windows as `foundation.weekly` writes them; empty: at any hour.
    windows = models.TextField(_("sending windows"), blank=True, default="")
    #: Dates on which nothing is sent ("holiday") or which count as working days ("workday").
    calendar = models.JSONField(default=dict, blank=True)
    overrides_quiet_hours = models.BooleanField(_("also in quiet hours"), default=False)
    #: Its messages go to people who opted out, too: an operator answers a person who wrote.
    overrides_suppressions = models.BooleanField(
        _("also to suppressed people"), default=False, db_default=False
    )
    timezone = models.CharField(_("time zone"), max_length=64)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    #: From this moment of the database's clock on, what is pending is cancelled.
    deadline_at = models.DateTimeField(_("deadline"), null=True, blank=True)

    #: It does not finish when everything is sent: people are added to it as long as this holds.
    stays_open = models.BooleanField(_("stays open"), default=False)
    #: Its deliveries with a negative rank are not sent as long as this holds.
    holds_rest = models.BooleanField(_("holds the rest"), default=False)
    #: Until then, its deliveries with a negative rank wait for their person to be online, and are
    #: released one by one (`sending.online_waits`); NULL: none waits.
    online_until = models.DateTimeField(_("waits for presence until"), null=True, blank=True)
    #: The account up to which who is online was looked at in the present round.
    online_through = models.BigIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    planned_at = models.DateTimeField(_("planned at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = models.Manager.from_queryset(RunQuerySet)()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "number"], name="run_unique_number_of_origin"
            ),
            models.UniqueConstraint(
                fields=["origin"],
                condition=models.Q(state__in=ACTIVE_RUN_STATES),
                name="run_unique_active_of_origin",
            ),
            models.CheckConstraint(
                name="run_state_known", condition=models.Q(state__in=RunState.values)
            ),
            models.CheckConstraint(
                name="run_cap_whole",
                condition=models.Q(cap_most=None, cap_seconds=None)
                | models.Q(cap_most__gte=1, cap_seconds__gte=1),
            ),
            models.CheckConstraint(
                name="run_rate_known",
                condition=models.Q(per_minute=None) | models.Q(per_minute__gte=1),
            ),
            models.CheckConstraint(
                name="run_priority_known",
                condition=models.Q(priority__gte=LOWEST_PRIORITY, priority__lte=URGENT),
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
        return f"{self.origin} #{self.number}"

    @property
    def holds_back(self) -> bool:
        """Whether its deliveries with a negative rank are not sent now."""
        return self.holds_rest or self.online_until is not None


class OnceAcross(models.Model):
    """An origin that counts together with a run: a person gets one message of them all.

    The rows are written when the run is made. They do not change while it runs.
    """

    run = models.ForeignKey(
        Run,
        on_delete=models.CASCADE,
        related_name="once_across",
        verbose_name=_("run"),
        db_index=False,  # the unique constraint serves it
    )
    origin = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("origin that counts together")
        verbose_name_plural = _("origins that count together")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "origin"], name="onceacross_unique_origin_of_run"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.origin}"


class RunEvent(models.Model):
    """One entry of a run's timeline: the new state, the reason, and the operator."""

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
