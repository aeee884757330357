"""The table of result policies: what happens on each result code. Operators can change it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class PolicyCommand(models.TextChoices):
    MESSAGE = "CLTMSG", _("a message")
    LOGIN = "LOGIN", _("a login")


class PolicyAction(models.TextChoices):
    DONE = "done", _("done")
    REPLAY = "replay", _("repeat the same request (same SEQ)")
    LATER = "later", _("try again later (new SEQ)")
    FAIL = "fail", _("fail")


class AccountAction(models.TextChoices):
    NONE = "none", _("nothing")
    REST = "rest", _("rest, and go slower")
    LOG_IN = "log_in", _("log in again")
    QUARANTINE = "quarantine", _("quarantine")


class ResultPolicy(models.Model):
    """The policy for one command and result code. A code ending in * is a prefix.

    By default an answer that is not definite is never treated as a refusal. An operator who sets
    "later" or "fail" for such a code decides otherwise. See docs/decisions/0012-result-policies.md.
    """

    command = models.CharField(_("in answer to"), max_length=8, choices=PolicyCommand.choices)
    code = models.CharField(
        _("result code"),
        max_length=16,
        help_text=_("A RES, or NULL, timeout, reset, malformed, HTTP_502, HTTP_*, RS_1, *"),
    )
    action = models.CharField(_("what happens"), max_length=8, choices=PolicyAction.choices)
    max_tries = models.PositiveSmallIntegerField(
        _("tries at most"),
        default=1,
        help_text=_(
            "Tries of a message under “try again later”. A request is repeated for as long as the "
            "gateway remembers its SEQ."
        ),
    )
    backoff_seconds = models.FloatField(_("first pause (s)"), default=0.0)
    backoff_factor = models.FloatField(_("factor for each further pause"), default=2.0)
    backoff_longest = models.FloatField(_("longest pause (s)"), default=300.0)
    account_action = models.CharField(
        _("the account"),
        max_length=12,
        choices=AccountAction.choices,
        default=AccountAction.NONE,
    )
    suppresses_contact = models.BooleanField(_("suppress the contact"), default=False)
    stops_run = models.BooleanField(_("stop the run"), default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("result policy")
        verbose_name_plural = _("result policies")
        ordering = ["command", "code"]
        constraints = [
            models.UniqueConstraint(fields=["command", "code"], name="resultpolicy_once"),
            models.CheckConstraint(
                name="resultpolicy_backoff_sane",
                condition=models.Q(backoff_seconds__gte=0)
                & models.Q(backoff_factor__gte=1)
                & models.Q(backoff_longest__gte=0),
                violation_error_message=_(
                    "Pauses must be zero or more, and the factor one or more."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_command_display()}, {self.code}: {self.get_action_display()}"
