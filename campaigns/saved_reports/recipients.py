"""Who gets reports by e-mail: users with an address who may see the figures of all campaigns."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from campaigns.models import UserNotifications
from foundation.refusals import Refusal
from foundation.restricted import is_restricted
from foundation.sentences import Sentence as _

#: The permission without which nobody sees a report.
VIEW = "campaigns.view_campaignrun"


def address_of(user: Any) -> str:
    """Return where a user gets mails: the address of their notifications, or else their own."""
    own = UserNotifications.objects.filter(user=user.pk).exclude(address="").first()
    return str(own.address if own is not None else user.email)


def language_of(user: Any) -> str:
    """Return the language of a user's mails."""
    own = UserNotifications.objects.filter(user=user.pk).first()
    return (own.language if own is not None else "") or settings.LANGUAGE_CODE


def refuse_unfit(user: Any) -> None:
    """Refuse a user who cannot get reports.

    Raises:
        Refusal: they are not active or may not see reports (`recipient_right`), see only a part of
            the installation (`recipient_restricted`), or have no address (`recipient_address`).
    """
    name = user.get_username()
    if is_restricted(user):
        raise Refusal(
            _("%(who)s sees only a part of the installation, and a report shows all of it.")
            % {"who": name},
            code="recipient_restricted",
        )
    if not (user.is_active and user.has_perm(VIEW)):
        raise Refusal(
            _("%(who)s may not see reports, so none can be sent to them.") % {"who": name},
            code="recipient_right",
        )
    if not address_of(user):
        raise Refusal(
            _("%(who)s has no e-mail address. It is set at “My notifications”.") % {"who": name},
            code="recipient_address",
        )


def fit_users() -> list[Any]:
    """Return the users who can get reports, by name."""
    found = []
    for user in get_user_model().objects.filter(is_active=True).order_by("username"):
        try:
            refuse_unfit(user)
        except Refusal:
            continue
        found.append(user)
    return found
