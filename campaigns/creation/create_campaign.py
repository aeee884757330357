"""The service that validates and creates a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.creation.planning_choices import (
    AS_USUAL,
    PlanningChoices,
    columns_of,
    refuse_choices,
)
from campaigns.creation.schedule import read_timezone, refuse_window
from campaigns.models import Campaign, MessageTemplate
from contacts.models import ContactList, Segment
from contacts.people.attributes import attribute_names_in_use
from foundation.names import clean_name
from foundation.refusals import Refusal
from sending.runs.windows import Window
from sending.states import Promise
from texts.rendering import compile_text, refuse_unknown_variables

DEFAULT_TIMEZONE = "Asia/Shanghai"


def create_campaign(
    *,
    name: str,
    lists: Sequence[ContactList],
    excluded_lists: Sequence[ContactList] = (),
    segments: Sequence[Segment] = (),
    text: str = "",
    template: MessageTemplate | None = None,
    accounts: Sequence[Account] = (),
    starts_at: datetime | None = None,
    window: Window | None = None,
    timezone: str = DEFAULT_TIMEZONE,
    promise: str = Promise.NEVER_TWICE,
    allows_strangers: bool = False,
    planning: PlanningChoices = AS_USUAL,
    by: Any = None,
) -> Campaign:
    """Create a campaign. It sends nothing until it is started.

    Args:
        name: a name by `foundation.names` that no other campaign has.
        lists: the audience; at least one list or segment is needed.
        excluded_lists: lists whose people are left out of the audience.
        segments: segments that are added to the audience, evaluated when the run is planned.
        text: the message in Liquid; either this or `template`.
        template: the template of the message.
        accounts: the sender accounts; empty for every working account.
        starts_at: the earliest time of sending: aware, in the future; None for at once.
        window: the daily sending window, in `timezone`; None for all day.
        timezone: an IANA name.
        promise: what to do about an answer that never becomes definite.
        allows_strangers: whether to send to people who are not a friend of any account.
        planning: who else is in the audience, who writes to whom, in which order, how often.
        by: the operator.

    Raises:
        Refusal: an argument is invalid; nothing was created.
        TextProblem: the text cannot be compiled or uses an unknown variable.
    """
    campaign = Campaign(name=clean_name(name))
    campaign.refuse_twin()
    if not planning.earlier:
        _refuse_audience(lists, excluded_lists, segments)
    has_others = bool(segments or planning.earlier)
    _refuse_text(text, template, lists=lists, has_segments=has_others)
    refuse_choices(planning, lists=None if has_others else lists)
    _refuse_schedule(starts_at, window, timezone)
    _refuse_promise(promise)
    campaign.text = text
    campaign.template = template
    campaign.starts_at = starts_at
    campaign.window_start, campaign.window_end = window or (None, None)
    campaign.timezone = timezone
    campaign.promise = promise
    campaign.allows_strangers = allows_strangers
    campaign.created_by = by
    for column, value in columns_of(planning).items():
        setattr(campaign, column, value)
    with transaction.atomic():
        campaign.save()
        campaign.once_across.set(planning.once_across)
        campaign.lists.set(lists)
        campaign.segments.set(segments)
        campaign.excluded_lists.set(excluded_lists)
        campaign.accounts.set(accounts)
    return campaign


def _refuse_audience(
    lists: Sequence[ContactList], excluded: Sequence[ContactList], segments: Sequence[Segment]
) -> None:
    if segments:
        return
    if not lists:
        raise Refusal(
            _("Choose the recipients: a campaign needs a list or a segment."), code="no_list"
        )
    if set(lists) <= set(excluded):
        raise Refusal(
            _("Every list of the campaign is also excluded: there would be no recipients."),
            code="nobody",
        )


def _refuse_text(
    text: str,
    template: MessageTemplate | None,
    *,
    lists: Sequence[ContactList],
    has_segments: bool,
) -> None:
    if template is not None and text:
        raise Refusal(_("Choose a template or write a text, not both."), code="text_twice")
    if template is None and not text:
        raise Refusal(_("A campaign needs a text or a template."), code="text_missing")
    compiled = compile_text(template.text if template is not None else text)
    refuse_unknown_variables(
        compiled, attributes=attribute_names_in_use(lists=None if has_segments else lists)
    )


def _refuse_schedule(starts_at: datetime | None, window: Window | None, timezone: str) -> None:
    zone = read_timezone(timezone)
    if window is not None:
        refuse_window(window)
    if starts_at is not None and starts_at <= clock.now():
        raise Refusal(
            _("The start %(start)s is in the past (%(zone)s): choose a later one, or none.")
            % {
                "start": starts_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
                "zone": timezone,
            },
            code="start_past",
        )


def _refuse_promise(promise: str) -> None:
    if promise not in Promise.values:
        raise Refusal(
            _("There is no promise “%(promise)s”: choose %(known)s.")
            % {"promise": promise, "known": ", ".join(Promise.values)},
            code="promise_unknown",
        )
