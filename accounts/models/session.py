"""The session: an account's login through an egress."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.egress import Egress
from accounts.querysets import SessionQuerySet
from foundation.sentence_field import SentenceField


class Session(models.Model):
    """A login that the gateway accepted; open while `ended_at` is empty."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("account")
    )
    egress = models.ForeignKey(
        Egress, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("egress")
    )
    opened_at = models.DateTimeField(_("logged in at"))
    #: HI of the login reply: the interval at which an idle client sends a heartbeat, seconds.
    heartbeat_seconds = models.PositiveIntegerField(_("heartbeat (s)"), default=60)
    #: LI of the login reply: how long the gateway keeps an idle session, seconds.
    idle_seconds = models.PositiveIntegerField(_("kept for (s)"), default=300)
    last_used_at = models.DateTimeField(_("last used at"))
    #: When the inbox is due next (shared time).
    poll_at = models.DateTimeField(_("next inbox poll at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = SentenceField(_("how it ended"), max_length=64, blank=True)

    objects = models.Manager.from_queryset(SessionQuerySet)()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(ended_at=None),
                name="session_unique_open_of_account",
            )
        ]
        indexes = [
            models.Index(
                fields=["egress", "poll_at"],
                name="session_inbox",
                condition=models.Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.opened_at):%Y-%m-%d %H:%M:%S}"
