"""What the inbox says about how new it is: whose messages arrive, how often, and who is late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Session
from clocks import shared
from foundation.restricted import may_open
from foundation.times import span

#: An inbox that has been due for so many of its intervals is late: its worker is gone, or busy.
LATE_INTERVALS = 2
#: Seconds that are no delay, however short the interval.
NO_DELAY = 20


@dataclass(frozen=True, slots=True)
class Freshness:
    """How new the inbox is, in a sentence; a page that helps if it is not."""

    sentence: str
    is_late: bool = False
    address: str = ""
    button: Any = ""


def freshness(user: Any) -> Freshness:
    """Return how new the inbox is for a user: one query, by the index of the open sessions."""
    if not settings.QQ_INBOX:
        return Freshness(_("Messages are not fetched: QQ_INBOX is off."), is_late=True)
    # Through the accounts, of which restricted users have their own only.
    open_ones = Session.objects.filter(ended_at=None, account__in=Account.objects.all())
    found = open_ones.aggregate(n=Count("pk"), every=Max("heartbeat_seconds"), due=Min("poll_at"))
    if not found["n"]:
        return Freshness(
            _("No account is logged in, so nothing arrives."),
            is_late=True,
            address=_page(user, "accounts_account_changelist"),
            button=_("Open accounts"),
        )
    late = (shared.now() - found["due"]).total_seconds()
    if late > max(NO_DELAY, LATE_INTERVALS * found["every"]):
        return Freshness(
            _("An account's messages should have been fetched %(span)s ago.")
            % {"span": span(late)},
            is_late=True,
            address=_page(user, "accounts_worker_changelist"),
            button=_("Show workers"),
        )
    return Freshness(
        ngettext(
            "%(n)s account fetches its messages every %(span)s.",
            "%(n)s accounts fetch their messages, each every %(span)s.",
            found["n"],
        )
        % {"n": found["n"], "span": span(found["every"])}
    )


def _page(user: Any, name: str) -> str:
    """Return the address of a list, "" for a user who may not open it."""
    model = name.removesuffix("_changelist").replace("_", ".view_")
    is_open = user.has_perm(model) and may_open(user, name)
    return reverse(f"admin:{name}") if is_open else ""
