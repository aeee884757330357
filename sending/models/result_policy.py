"""The table of result policies: what happens on each result code. Operators can change it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

#: The longest pause that a policy may set, seconds: a day.
LONGEST_PAUSE_SECONDS = 86_400.0
#: Codes that can be a definite answer to a login. The others (NULL, timeout, ...) never are.
_DEFINITE_LOGIN_CODE = re.compile(r"(RS_)?(-?\d+|\*)")


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


#: The effects on the account that a policy for logins may have, by its action.
_ACCOUNT_AT_LOGIN: dict[str, str] = {
    PolicyAction.LATER: AccountAction.NONE,
    PolicyAction.FAIL: AccountAction.QUARANTINE,
}


class ResultPolicy(models.Model):
    """The policy for one command and result code. A code ending in * is a prefix.

    By default an answer that is not definite is never treated as a refusal. An operator who sets
    "later" or "fail" for such a code decides otherwise. See docs/decisions/0012-result-policies.md.

    A policy for logins has one of two effects: "later", the account waits and tries again; "fail",
    the account is quarantined. `sending.policies.PolicyTable.for_login` reads them.
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
    backoff_longest = models.FloatField(
        _("longest pause (s)"),
        default=300.0,
        validators=[
            MaxValueValidator(
                LONGEST_PAUSE_SECONDS, _("A pause lasts a day (86400 seconds) at most.")
            )
        ],
    )
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
            models.UniqueConstraint(fields=["command", "code"], name="resultpolicy_unique_code"),
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

    def clean(self) -> None:
        """Refuse what a policy for logins cannot do.

        Raises:
            ValidationError: one sentence per field.
        """
        if self.command == PolicyCommand.LOGIN:
            problems = dict(self._problems_at_login())
            if problems:
                raise ValidationError(problems)

    def _problems_at_login(self) -> Iterator[tuple[str, str]]:
        if self.code == "0":
            yield "code", gettext("A login with result code 0 has succeeded: it needs no policy.")
        expected = _ACCOUNT_AT_LOGIN.get(self.action)
        if expected is None:
            yield (
                "action",
                gettext("A failed login can only be tried again later (new SEQ), or fail."),
            )
        elif self.action == PolicyAction.FAIL and not _DEFINITE_LOGIN_CODE.fullmatch(self.code):
            yield (
                "action",
                gettext(
                    "This result code says nothing about the account, so it cannot fail: choose "
                    "“try again later”."
                ),
            )
        elif self.account_action != expected:
            yield (
                "account_action",
                gettext("A login that fails quarantines the account: choose “quarantine”.")
                if self.action == PolicyAction.FAIL
                else gettext("An account whose login is tried again only waits: choose “nothing”."),
            )
        if self.suppresses_contact:
            yield "suppresses_contact", gettext("A login has no contact: leave this off.")
        if self.stops_run:
            yield "stops_run", gettext("A login belongs to no run: leave this off.")
