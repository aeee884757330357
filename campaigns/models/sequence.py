"""The tables of sequences: the definition, its steps, and the people in it.

Each step has a campaign with one run, which stays open: people are added to it when their time for
the step comes. So messages, figures and reports are those of campaigns. See
docs/decisions/0029-sequences-are-runs.md.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Account, AccountPool
from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.models.message_template import MessageTemplate
from campaigns.sequence_states import (
    PERSON_STATES,
    SEQUENCE_STATES,
    OnlyIf,
    PersonEnd,
    PersonState,
    SequenceState,
)
from contacts.models import Contact, ContactList, Segment
from foundation.archiving import Archivable
from foundation.named_model import NamedModel
from foundation.sentence_field import SentenceField
from foundation.states import StatefulQuerySet

#: The longest wait before a step, seconds.
LONGEST_WAIT = 366 * 86_400


class SequenceStates(StatefulQuerySet[Any]):
    """Sequences whose state is changed: `SequenceStates(Sequence).filter(..).transition(..)`."""

    state_table = SEQUENCE_STATES


class Sequence(NamedModel, Archivable):
    """Messages to each person who enters an audience, one after another. One step is a welcome."""

    lists = models.ManyToManyField(
        ContactList, related_name="sequences", blank=True, verbose_name=_("who enters these lists")
    )
    segments = models.ManyToManyField(
        Segment, related_name="sequences", blank=True, verbose_name=_("or these segments")
    )
    friends_of = models.ManyToManyField(
        Account,
        related_name="welcoming_sequences",
        blank=True,
        verbose_name=_("or becomes a friend of"),
    )
    excluded_lists = models.ManyToManyField(
        ContactList,
        related_name="excluding_sequences",
        blank=True,
        verbose_name=_("excluded lists"),
    )
    accounts = models.ManyToManyField(
        Account,
        related_name="sequences",
        blank=True,
        verbose_name=_("sent by"),
        help_text=_("Empty: every account that is not quarantined or disabled."),
    )
    pools = models.ManyToManyField(
        AccountPool,
        related_name="sequences",
        blank=True,
        verbose_name=_("and by these pools"),
        help_text=_("Accounts that join or leave a pool join or leave the sequence."),
    )
    #: As `foundation.weekly` writes them; empty: at any hour.
    windows = models.TextField(_("sending windows"), blank=True, default="")
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    includes_existing = models.BooleanField(
        _("also who is there already"),
        default=False,
        help_text=_("Off: only people who enter after the start."),
    )
    stops_on_reply = models.BooleanField(
        _("a reply ends it"),
        default=True,
        help_text=_(
            "For the person who replied. Off: the person only misses the steps for those who did "
            "not reply."
        ),
    )
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=SequenceState.choices,
        default=SequenceState.DRAFT,
        editable=False,
    )
    state_detail = SentenceField(_("in words"), max_length=500, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    #: When newcomers are looked for again: a search that took long is made less often.
    look_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: People up to this key were looked at in the present round over those who wait for a result.
    looked_through = models.BigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(
        m2m_fields=[lists, segments, friends_of, excluded_lists, accounts, pools],
        excluded_fields=["name_key", "look_at", "looked_through"],
    )

    class Meta:
        verbose_name = _("sequence")
        verbose_name_plural = _("sequences")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="sequence_state_known", condition=models.Q(state__in=SequenceState.values)
            )
        ]

    @property
    def is_editable(self) -> bool:
        """Whether its definition can still change: it was never started."""
        return self.started_at is None and self.state != SequenceState.ENDED

    def chosen_accounts(self) -> list[Account]:
        """Return the accounts that it names: without any, and without pools, `friends_of`."""
        named = list(self.accounts.order_by("pk"))
        if named or self.pools.exists():
            return named
        return list(self.friends_of.order_by("pk"))


class SequenceStep(models.Model):
    """One message of a sequence, and how long after the one before it is sent."""

    sequence = models.ForeignKey(
        Sequence, on_delete=models.CASCADE, related_name="steps", verbose_name=_("sequence")
    )
    number = models.PositiveSmallIntegerField(_("step"))
    #: After the message of the step before, or after the person entered.
    wait_seconds = models.PositiveIntegerField(
        _("wait (s)"), default=0, validators=[MinValueValidator(0), MaxValueValidator(LONGEST_WAIT)]
    )
    only_if = models.CharField(
        _("to whom"), max_length=12, choices=OnlyIf.choices, default=OnlyIf.ANY
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sequence_steps",
        verbose_name=_("segment"),
    )
    #: The number of a later step, END, or NULL for the next step.
    then_to = models.PositiveSmallIntegerField(_("then"), null=True, blank=True)
    #: The same for those for whom the step is not.
    else_to = models.PositiveSmallIntegerField(_("the others"), null=True, blank=True)
    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sequence_steps",
        verbose_name=_("template"),
    )
    text = models.TextField(_("text"), blank=True)
    #: Made at the start of the sequence, with the run to which people are added.
    campaign = models.OneToOneField(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="sequence_step",
        verbose_name=_("campaign"),
    )
    run = models.OneToOneField(
        CampaignRun,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="sequence_step",
        verbose_name=_("run"),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["sequence", "number"], name="sequencestep_once"),
            models.CheckConstraint(
                name="sequencestep_only_if_known", condition=models.Q(only_if__in=OnlyIf.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.number}"

    @property
    def message(self) -> str:
        """The text that the step's campaign sends."""
        return self.template.text if self.template is not None else self.text


class SequencePersonQuerySet(StatefulQuerySet[Any]):
    """People in sequences. Their state is changed only by `transition`."""

    state_table = PERSON_STATES


class SequencePerson(models.Model):
    """A person in a sequence. A person enters a sequence once."""

    sequence = models.ForeignKey(
        Sequence, on_delete=models.CASCADE, related_name="people", verbose_name=_("sequence")
    )
    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        related_name="in_sequences",
        verbose_name=_("contact"),
    )
    state = models.CharField(_("state"), max_length=8, choices=PersonState.choices)
    reason = models.CharField(
        _("reason"), max_length=12, choices=PersonEnd.choices, blank=True, default=""
    )
    #: The last step whose message was planned or passed over; 0 before the first.
    step = models.PositiveSmallIntegerField(_("step"), default=0)
    entered_at = models.DateTimeField(_("entered at"))
    #: When the next step is due. NULL while the message of `step` has no result, and at the end.
    next_at = models.DateTimeField(_("next step at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = models.Manager.from_queryset(SequencePersonQuerySet)()

    class Meta:
        verbose_name = _("person in a sequence")
        verbose_name_plural = _("people in sequences")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["sequence", "contact"], name="sequenceperson_once"),
            models.CheckConstraint(
                name="sequenceperson_state_known", condition=models.Q(state__in=PersonState.values)
            ),
            models.CheckConstraint(
                name="sequenceperson_ended",
                condition=models.Q(state=PersonState.ACTIVE) | models.Q(next_at=None),
            ),
        ]
        indexes = [
            # Those whose next step is due, and, with NULLs together, those who wait for a result.
            models.Index(
                fields=["sequence", "next_at", "id"],
                name="sequenceperson_next",
                condition=models.Q(state=PersonState.ACTIVE),
            )
        ]

    def __str__(self) -> str:
        return f"{self.sequence_id}: {self.contact_id} ({self.get_state_display()})"
