"""Tells the owner of an endpoint that it fails."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from webhooks.models import Endpoint

log = logging.getLogger(__name__)


def tell_owner(endpoint: Endpoint) -> None:
    """Send the owner an e-mail, where e-mail is set up; the page of the endpoint says it anyway."""
    log.warning("Webhook %s is failing and is not called any more.", endpoint.pk)
    owner = endpoint.owner
    if owner is None or not owner.email or not owner.is_active or not settings.EMAIL_IS_ON:
        return
    try:
        send_mail(
            _("The webhook “%(name)s” is failing") % {"name": endpoint.name},
            _(
                "%(problem)s\n\nIts events are kept. Enable the webhook again once the program "
                "behind it answers."
            )
            % {"problem": endpoint.problem},
            None,
            [owner.email],
        )
    except OSError as problem:  # smtplib's exceptions are OSErrors
        log.warning("The owner of webhook %s was not told: %s", endpoint.pk, type(problem).__name__)
