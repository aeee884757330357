"""A request to the API as the log keeps it: who asked for what, and how it was answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from api.models.token import Token

#: Answers from this status on are refusals or failures.
REFUSED = 400


class ApiRequest(models.Model):
    """One request, or several equal refusals of the same second.

    It names the operation and not the address, which may hold a name or a UIN, and never a body.
    """

    at = models.DateTimeField(_("time"), db_index=True)
    #: NULL: nobody was signed in, or the token is gone with its user.
    token = models.ForeignKey(
        Token,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # `apirequest_token` serves it
        verbose_name=_("token"),
    )
    #: The names of then, so that a line says who it was when the user is gone.
    who = models.CharField(_("user"), max_length=150, blank=True)
    token_name = models.CharField(_("name of the token"), max_length=100, blank=True)
    method = models.CharField(_("method"), max_length=10)
    #: Such as "people/{uin}"; empty: there is nothing at the address that was asked for.
    operation = models.CharField(_("operation"), max_length=120, blank=True)
    status = models.PositiveSmallIntegerField(_("status"))
    #: The code of the refusal, such as "campaign_unknown".
    error = models.CharField(_("refusal"), max_length=64, blank=True)
    #: The parameter of the operation that was refused.
    field = models.CharField(_("parameter"), max_length=100, blank=True)
    took_ms = models.PositiveIntegerField(_("milliseconds"))
    address = models.CharField(_("IP address"), max_length=45, blank=True)
    #: The X-Request-ID of the answer, which log lines have too.
    request = models.CharField(_("request ID"), max_length=64, blank=True)
    #: How often: equal refusals of one second are one row.
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("API request")
        verbose_name_plural = _("API requests")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["token", "id"], name="apirequest_token"),
            models.Index(fields=["operation", "id"], name="apirequest_operation"),
            # Most requests succeed. Lists of refusals begin here.
            models.Index(
                fields=["id"], name="apirequest_refused", condition=Q(status__gte=REFUSED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.operation or '–'} {self.status}"
