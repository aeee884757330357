"""The endpoint: a program that is told of events by HTTP."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.encrypted_field import EncryptedTextField
from foundation.named_model import NamedModel
from foundation.sentence_field import SentenceField
from foundation.states import StatefulQuerySet
from webhooks.states import ENDPOINT_STATES, EndpointState


class EndpointStates(StatefulQuerySet[Any]):
    """Endpoints whose state is changed: `EndpointStates(Endpoint).filter(..).transition(..)`."""

    state_table = ENDPOINT_STATES


class Endpoint(NamedModel):
    """A URL, the events it is told of, its secrets, and how its calls go."""

    url = models.CharField(_("URL"), max_length=500)
    #: Kinds of events.
    events = models.JSONField(_("events"), default=list)
    with_texts = models.BooleanField(
        _("with texts"),
        default=False,
        help_text=_("Events then contain the texts of messages, not only their ids."),
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=EndpointState.choices,
        default=EndpointState.ACTIVE,
        editable=False,
    )
    #: `whsec_` and the key in base64.
    secret = EncryptedTextField(_("secret"), editable=False)
    #: The one before, which signs as well until `old_secret_until`.
    old_secret = EncryptedTextField(_("former secret"), blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    #: Who is told when it fails.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    #: Failed calls since the last success, the time of the first of them, and the last problem.
    failures = models.PositiveIntegerField(_("failed calls in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    problem = SentenceField(_("problem"), max_length=500, blank=True, editable=False)
    last_success_at = models.DateTimeField(_("last success at"), null=True, editable=False)
    #: Not called before this time.
    rests_until = models.DateTimeField(_("rests until"), null=True, editable=False)
    #: Who calls it now: the number of the claim, and its end unless it is renewed.
    claim = models.PositiveBigIntegerField(default=0, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta(NamedModel.Meta):
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
