"""The account: a sender with its credential, pace and state, and the history of its state."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models.egress import Egress
from accounts.querysets import AccountQuerySet
from accounts.states import AccountState, FriendPolicy, PresenceStatus, StateReason
from accounts.status_schedules import LONGEST_TEXT
from foundation.encrypted_field import EncryptedTextField
from foundation.named_model import NameField
from foundation.sentence_field import SentenceField
from foundation.uins import UIN_VALIDATORS, uin_constraint
from labels.models import Label


class Account(models.Model):
    """A sender: one UIN with its credential, its pace and its state.

    What lanes write while they send (lease, SEQ, rest) is in `Lease`, so that a form that was open
    for an hour cannot write back an old SEQ.
    """

    uin = models.BigIntegerField(_("UIN"), unique=True, validators=UIN_VALIDATORS)
    name = NameField(_("name"), blank=True)
    credential = EncryptedTextField(
        _("credential"),
        editable=False,
        help_text=_("The wire digest of the password, encrypted. Never shown."),
    )
    egress = models.ForeignKey(
        Egress,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="pinned_accounts",
        verbose_name=_("pinned to egress"),
        help_text=_("Empty: the egress with the least load is chosen at login."),
    )
    presence = models.PositiveSmallIntegerField(
        _("shown as"), choices=PresenceStatus.choices, default=PresenceStatus.ONLINE
    )
    status_schedule = models.TextField(
        _("schedule"),
        max_length=LONGEST_TEXT,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "One status a line, with its hours: “online mon-fri=09:00-18:00”. The last line says "
            "what it shows otherwise: “otherwise logged-out”. Empty: only operators change it."
        ),
    )
    status_zone = models.CharField(
        _("time zone of the schedule"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("Such as Asia/Shanghai. Empty: the console's."),
    )
    #: What the schedule said when it was last followed; "" if it was not yet.
    status_scheduled = models.CharField(
        max_length=16, blank=True, default="", db_default="", editable=False
    )
    friend_policy = models.CharField(
        _("friend requests"),
        max_length=16,
        choices=FriendPolicy.choices,
        default=FriendPolicy.ASK,
        db_default=FriendPolicy.ASK.value,
        help_text=_("What the account does when a person asks to be its friend."),
    )
    min_interval = models.FloatField(
        _("minimum gap (s)"),
        default=1.0,
        help_text=_("Seconds between the gateway's last reply and the next message."),
    )
    per_minute = models.PositiveIntegerField(_("per minute"), null=True, blank=True)
    per_hour = models.PositiveIntegerField(_("per hour"), null=True, blank=True)
    per_day = models.PositiveIntegerField(_("per day"), null=True, blank=True)
    #: The limit of its day of warm-up; NULL if it is not warming up. See `accounts.models.warm_up`.
    warm_up_limit = models.PositiveIntegerField(
        _("warm-up limit"), null=True, blank=True, editable=False
    )
    labels = models.ManyToManyField(
        Label, related_name="accounts", blank=True, verbose_name=_("labels")
    )

    state = models.CharField(
        _("state"), max_length=16, choices=AccountState.choices, default=AccountState.NEW
    )
    state_reason = models.CharField(
        _("reason"), max_length=32, choices=StateReason.choices, default=StateReason.IMPORTED
    )
    state_detail = SentenceField(_("in words"), max_length=500, blank=True)
    state_changed_at = models.DateTimeField(_("since"), default=timezone.now)

    friend_count = models.PositiveIntegerField(_("friends"), null=True, blank=True, editable=False)
    friends_synced_at = models.DateTimeField(
        _("friends synced at"), null=True, blank=True, editable=False
    )
    #: Friends that the gateway counts and did not list, at the last sync.
    friends_unlisted = models.PositiveIntegerField(
        _("friends not listed"), default=0, db_default=0, editable=False
    )
    profiles_asked_at = models.DateTimeField(
        _("profiles fetched from"), null=True, blank=True, editable=False
    )
    presence_asked_at = models.DateTimeField(
        _("asked who is online at"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = models.Manager.from_queryset(AccountQuerySet)()
    history = HistoricalRecords(
        m2m_fields=[labels],
        excluded_fields=[
            "credential",
            "status_scheduled",
            "warm_up_limit",
            "state",
            "state_reason",
            "state_detail",
            "state_changed_at",
            "friend_count",
            "friends_synced_at",
            "friends_unlisted",
            "presence_asked_at",
            "profiles_asked_at",
        ],
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["uin"]
        constraints = [
            uin_constraint("account_uin_range"),
            models.CheckConstraint(
                name="account_state_known", condition=models.Q(state__in=AccountState.values)
            ),
            models.CheckConstraint(
                name="account_pace_positive",
                condition=models.Q(min_interval__gte=0)
                & (models.Q(per_minute=None) | models.Q(per_minute__gt=0))
                & (models.Q(per_hour=None) | models.Q(per_hour__gt=0))
                & (models.Q(per_day=None) | models.Q(per_day__gt=0)),
                violation_error_message=_(
                    "The gap must be zero or more; the limits above zero, or empty."
                ),
            ),
        ]
        indexes = [models.Index(fields=["state"], name="account_state")]

    def __str__(self) -> str:
        return f"{self.uin} {self.name}".strip()


class AccountEvent(models.Model):
    """A change of an account's state, an entry of the account's timeline."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="events", verbose_name=_("account")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    state = models.CharField(_("state"), max_length=16, choices=AccountState.choices)
    reason = models.CharField(_("reason"), max_length=32, choices=StateReason.choices)
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
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["account", "-at"], name="accountevent_timeline")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.state} ({self.reason})"
