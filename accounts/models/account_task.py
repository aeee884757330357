"""The account task: a request to an account other than sending a message."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import AccountTaskQuerySet
from foundation.sentence_field import SentenceField


class AccountTaskKind(models.TextChoices):
    LOGIN = "login", _("log in")
    SYNC = "sync", _("sync the friend list")
    LOGOUT = "logout", _("log out")
    ACCEPT = "accept", _("accept a friend request")
    REFUSE = "refuse", _("refuse a friend request")
    STATUS = "status", _("show the status")
    PRESENCE = "presence", _("ask who is online")
    INFO = "info", _("fetch profiles")
    ADD = "add", _("make a friend")
    ASK = "ask", _("ask a person to be a friend")
    REMOVE = "remove", _("end a friendship")
    FIND = "find", _("search for people")


class AccountTaskState(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class AccountTask(models.Model):
    """A request to the account's lane: log in, sync friends, answer a friend request.

    Account tasks are rows because the database is the queue: losing a wake-up loses no task, and
    the outcome is stored as a sentence for the operator. A background task makes one request at a
    time between messages, see docs/decisions/0036-friends-and-status.md.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="account_tasks", verbose_name=_("account")
    )
    kind = models.CharField(_("what"), max_length=16, choices=AccountTaskKind.choices)
    state = models.CharField(
        _("state"), max_length=8, choices=AccountTaskState.choices, default=AccountTaskState.OPEN
    )
    #: The person it is about; 0 for none.
    uin = models.BigIntegerField(_("about (UIN)"), default=0, db_default=0)
    #: What is told to the person.
    text = models.TextField(_("text"), blank=True, db_default="")
    is_background = models.BooleanField(_("between messages"), default=False, db_default=False)
    #: The SEQ of its request that has no definite answer yet, and when it first left (shared time).
    seq = models.BigIntegerField(_("SEQ"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    #: It is not performed before this (shared time).
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    outcome = SentenceField(_("outcome"), max_length=500, blank=True)
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = models.Manager.from_queryset(AccountTaskQuerySet)()

    class Meta:
        verbose_name = _("account task")
        verbose_name_plural = _("account tasks")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "uin"],
                condition=models.Q(state="open"),
                name="account_task_unique_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
