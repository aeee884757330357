"""Look up campaigns, runs, lists, segments and templates by a name that looks alike."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from campaigns.models import (
    Campaign,
    CampaignRun,
    HolidayCalendar,
    MessageTemplate,
    Sequence,
    Snippet,
)
from contacts.models import Contact, ContactList, Segment
from foundation.archiving import refuse_archived
from foundation.find_named import find_named
from foundation.named_model import NamedModel
from foundation.refusals import Refusal
from foundation.uins import UIN_MAX, UIN_MIN

Named = TypeVar("Named", bound=NamedModel)


def find_campaign(*, name: str) -> Campaign:
    """Return the campaign of that name.

    Raises:
        Refusal: there is none (`campaign_unknown`).
    """
    missing = _("There is no campaign “%(name)s”.")
    return find_named(Campaign, name, missing=missing, code="campaign_unknown")


def operator_named(username: str | None) -> Any:
    """Return the active operator of that name; None for no name, which is the command line.

    Raises:
        Refusal: there is none (`operator_unknown`).
    """
    if username is None:
        return None
    found = get_user_model().objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Refusal(
            _("There is no active operator “%(name)s”.") % {"name": username[:150]},
            code="operator_unknown",
        )
    return found


def find_run(*, campaign: Campaign, number: int | None = None) -> CampaignRun:
    """Return a run of a campaign: the newest, or the one with this number.

    Raises:
        Refusal: the campaign has no run (`not_started`) or none with this number (`run_unknown`).
    """
    run = newest_run(campaign=campaign)
    if run is None:
        raise Refusal(
            _(
                "Campaign “%(name)s” has not been started yet. Start it with manage.py "
                "campaign start."
            )
            % {"name": campaign.name},
            code="not_started",
        )
    if number is not None:
        run = campaign.runs.filter(number=number).first()
    if run is None:
        raise Refusal(
            _("Campaign “%(name)s” has no run %(number)s.")
            % {"name": campaign.name, "number": number},
            code="run_unknown",
        )
    return run


def newest_run(*, campaign: Campaign) -> CampaignRun | None:
    """Return the newest run of a campaign, or None before its first."""
    return campaign.runs.order_by("-number").first()


def find_lists(*, names: Many[str]) -> list[ContactList]:
    """Return the lists of these names, each once.

    Raises:
        Refusal: one of the names is unknown (`list_unknown`), or archived (`archived`).
    """
    missing = _("There is no list “%(name)s”.")
    return [
        _offered(find_named(ContactList, name, missing=missing, code="list_unknown"))
        for name in dict.fromkeys(names)
    ]


def find_segments(*, names: Many[str]) -> list[Segment]:
    """Return the segments of these names, each once.

    Raises:
        Refusal: one of the names is unknown (`segment_unknown`), or archived (`archived`).
    """
    missing = _("There is no segment “%(name)s”.")
    return [
        _offered(find_named(Segment, name, missing=missing, code="segment_unknown"))
        for name in dict.fromkeys(names)
    ]


def find_template(*, name: str, with_archived: bool = False) -> MessageTemplate:
    """Return the message template of that name.

    Raises:
        Refusal: there is none (`template_unknown`), or it is archived (`archived`) and
            `with_archived` is false.
    """
    missing = _("There is no template “%(name)s”.")
    found = find_named(MessageTemplate, name, missing=missing, code="template_unknown")
    return found if with_archived else _offered(found)


def find_snippet(*, name: str) -> Snippet:
    """Return the snippet of that name, also an archived one.

    Raises:
        Refusal: there is none (`snippet_unknown`).
    """
    missing = _("There is no snippet “%(name)s”.")
    return find_named(Snippet, name, missing=missing, code="snippet_unknown")


def find_person(*, uin: int) -> Contact:
    """Return the contact with a UIN.

    Raises:
        Refusal: there is none (`contact_unknown`).
    """
    is_uin = UIN_MIN <= uin <= UIN_MAX
    found: Contact | None = Contact.objects.filter(uin=uin).first() if is_uin else None
    if found is None:
        raise Refusal(
            _("There is no contact %(uin)d. Import the person first.") % {"uin": uin},
            code="contact_unknown",
            uin=uin,
        )
    return found


def find_holidays(*, name: str) -> HolidayCalendar:
    """Return the holiday calendar of that name.

    Raises:
        Refusal: there is none (`holidays_unknown`).
    """
    missing = _("There is no holiday calendar “%(name)s”.")
    return find_named(HolidayCalendar, name, missing=missing, code="holidays_unknown")


def find_sequence(*, name: str) -> Sequence:
    """Return the sequence of that name.

    Raises:
        Refusal: there is none (`sequence_unknown`).
    """
    missing = _("There is no sequence “%(name)s”.")
    return find_named(Sequence, name, missing=missing, code="sequence_unknown")


def _offered(row: Named) -> Named:
    refuse_archived(row)
    return row
