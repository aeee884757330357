"""The sections of a campaign's form. What is rarely needed is folded until it is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign

#: Always open: a first campaign needs no more.
OPEN = [
    (_("What"), ["name", "template", "text"]),
    (_("Recipients"), ["lists", "segments", "excluded_lists"]),
    (_("Sender accounts"), ["accounts", "pools"]),
    (_("When"), ["starts_at", "repeat", "repeat_until", "repeat_times", "timezone"]),
]
#: Folded while every field has its default.
FOLDED: list[tuple[Any, list[Any]]] = [
    (
        _("Variants and holdout"),
        ["variants", "holdout", "test_share", ("decide_by", "decide_after")],
    ),
    (
        _("More about the recipients"),
        ["earlier_people", "excluded_earlier_people", "allows_strangers"],
    ),
    (
        _("How often a person may be written to"),
        [("cap_most", "cap_days"), "cap_label", "once_across"],
    ),
    (
        _("Who sends to whom, and in which order"),
        [
            *("pool_shares", "sender", "promise", "on_lost_account", "order"),
            ("order_attribute", "order_descending"),
        ],
    ),
    (
        _("At what hours, and how fast"),
        [
            *("windows", "holidays", "overrides_quiet_hours", ("per_minute", "priority")),
            "online_within",
        ],
    ),
    (_("Late starts and the deadline"), ["late", "deadline_at", "deadline_after"]),
    (_("Labels and approval"), ["labels", "needs_approval"]),
]


def sections(campaign: Campaign | None, *, given: Iterable[str] = ()) -> list[Any]:
    """Return the sections of the form.

    Args:
        campaign: the campaign; None for a new one.
        given: fields that the address of the page fills.
    """
    found: list[Any] = [(title, {"fields": fields}) for title, fields in OPEN]
    for title, fields in FOLDED:
        classes = [] if _is_used(campaign, fields, given) else ["collapse"]
        found.append((title, {"fields": fields, "classes": classes}))
    return found


def _is_used(campaign: Campaign | None, fields: Iterable[Any], given: Iterable[str]) -> bool:
    names = [name for one in fields for name in ([one] if isinstance(one, str) else one)]
    if not set(names).isdisjoint(given):
        return True
    return campaign is not None and any(_is_set(campaign, name) for name in names)


def _is_set(campaign: Campaign, name: str) -> bool:
    """Return whether a field has another value than in a new campaign."""
    if name == "variants":
        return campaign.variants.exists()
    field: Any = Campaign._meta.get_field(name)
    value = getattr(campaign, name)
    if field.many_to_many:
        return bool(value.exists())
    return value not in (None, "", [], {}) and value != field.get_default()
