"""Finds entries by time, by who and by what they are about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

from audit.models import AuditEntry
from foundation.admin.key_fields import is_key
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def find_entries(
    *, since: datetime | None = None, who: str = "", about: str = "", channel: str = ""
) -> QuerySet[AuditEntry]:
    """Return entries, newest first.

    Args:
        since: not before this moment.
        who: the name of who acted, whole.
        about: "type:id" or a type, such as "campaigns.campaign:12"; or the name of a row.
        channel: browser, command, api or system.

    Raises:
        Refusal: `about` names a type that does not exist.
    """
    found = AuditEntry.objects.order_by("-id")
    if since is not None:
        found = found.filter(at__gte=since)
    if who:
        found = found.filter(who=who)
    if channel:
        found = found.filter(channel=channel)
    return found.filter(_about(about)) if about else found


def _about(about: str) -> Q:
    label, _colon, key = about.partition(":")
    if "." not in label:
        return Q(object_name=about)
    try:
        label = apps.get_model(label)._meta.label_lower
    except (LookupError, ValueError):
        raise Refusal(
            _("There is no type %(type)s. Write it as campaigns.campaign:12, or give a name.")
            % {"type": label[:80]},
            code="no_such_type",
        ) from None
    wanted: dict[str, Any] = {"object_type": label}
    if key:
        if not is_key(key):
            return Q(pk=None)
        wanted["object_id"] = key
    return Q(pk__in=AuditEntry.objects.keys_about(**wanted))
