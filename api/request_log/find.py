"""Requests of the log that an administrator asks for."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from api.models import ApiRequest
from api.models.request import REFUSED
from foundation.refusals import Refusal

#: What stands for all refusals and failures.
ALL_REFUSED = "refused"
_CODE, _CLASS = re.compile(r"[1-5]\d\d"), re.compile(r"([1-5])xx")


def find_requests(
    *,
    user: str = "",
    token: str = "",
    operation: str = "",
    status: str = "",
    since: datetime | None = None,
) -> QuerySet[ApiRequest]:
    """Return requests; each argument narrows them.

    Args:
        user: the name of a user.
        token: the name of a token.
        operation: such as "people/{uin}" or "GET people/{uin}".
        status: such as "404" or "4xx"; "refused" for all from 400 on.
        since: not before.

    Raises:
        Refusal: the status cannot be read (`status_unknown`).
    """
    found: QuerySet[ApiRequest] = ApiRequest.objects.all()
    if user:
        found = found.filter(who=user)
    if token:
        found = found.filter(token_name=token)
    if operation:
        method, _blank, path = operation.rpartition(" ")
        found = found.filter(operation=path.strip("/"))
        if method:
            found = found.filter(method=method.strip().upper())
    if status:
        found = found.filter(_of_status(status))
    return found if since is None else found.filter(at__gte=since)


def _of_status(text: str) -> Q:
    if text == ALL_REFUSED:
        return Q(status__gte=REFUSED)
    if _CODE.fullmatch(text):
        return Q(status=int(text))
    if of_class := _CLASS.fullmatch(text):
        least = int(of_class[1]) * 100
        # The redundant condition lets the index of refusals serve.
        refused = Q(status__gte=REFUSED) if least >= REFUSED else Q()
        return Q(status__gte=least, status__lt=least + 100) & refused
    raise Refusal(
        _("There is no status “%(status)s”: write 404, 4xx or %(refused)s.")
        % {"status": text[:20], "refused": ALL_REFUSED},
        code="status_unknown",
    )
