"""The service that validates and creates a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.creation.online_wait import refuse_wait_and_test
from campaigns.creation.pace import USUAL_PACE, Pace, refuse_pace
from campaigns.creation.planning_choices import (
    AS_USUAL,
    PlanningChoices,
    columns_of,
    refuse_choices,
)
from campaigns.creation.pool_shares import NO_POOLS, PoolChoices
from campaigns.creation.schedule import refuse_schedule
from campaigns.creation.variant_test import NO_TEST, TestChoices, refuse_test
from campaigns.creation.variants import NewVariant, add_variants, refuse_variants
from campaigns.models import Campaign, HolidayCalendar, MessageTemplate
from campaigns.scheduling.rule import read_rule
from campaigns.states import Late, OnLostAccount
from campaigns.writing.check import refuse_texts
from contacts.models import ContactList, Segment
from contacts.people.attributes import attribute_names_in_use
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.weekly import Weekly, format_windows
from labels.models import Label
from sending.states import Promise

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
    pools: PoolChoices = NO_POOLS,
    labels: Sequence[Label] = (),
    starts_at: datetime | None = None,
    windows: Weekly | None = None,
    repeat: str = "",
    repeat_until: datetime | None = None,
    repeat_times: int | None = None,
    holidays: HolidayCalendar | None = None,
    late: str = Late.SEND,
    deadline_at: datetime | None = None,
    deadline_after: int | None = None,
    overrides_quiet_hours: bool = False,
    timezone: str = DEFAULT_TIMEZONE,
    promise: str = Promise.NEVER_TWICE,
    allows_strangers: bool = False,
    on_lost_account: str = OnLostAccount.FAIL,
    planning: PlanningChoices = AS_USUAL,
    needs_approval: bool = False,
    variants: Sequence[NewVariant] = (),
    holdout: Decimal = Decimal(0),
    test: TestChoices = NO_TEST,
    pace: Pace = USUAL_PACE,
    by: Any = None,
) -> Campaign:
    """Create a campaign. It sends nothing until it is started.

    Args:
        name: a name by `foundation.names` that no other campaign has.
        lists: the audience; at least one list or segment is needed.
        excluded_lists: lists whose people are left out of the audience.
        segments: segments that are added to the audience, evaluated when the run is planned.
        text: the message in Liquid; either this, or `template`, or `variants`.
        template: the template of the message.
        accounts: the sender accounts; with no account and no pool, every working account.
        pools: the pools of sender accounts, with their shares.
        labels: its labels.
        starts_at: the earliest time of sending: aware, in the future; None for at once.
        windows: the sending windows, in `timezone`; None for at any hour.
        repeat: the repetition, see `campaigns.scheduling.rule`; empty for once.
        repeat_until: the last moment of a repetition.
        repeat_times: the number of its dates; this or `repeat_until`, or neither.
        holidays: the calendar on whose holidays nothing is sent.
        late: what to do with a start that could not happen in time.
        deadline_at: when the rest of a run is cancelled.
        deadline_after: the same, seconds after each start; this or `deadline_at`, or neither.
        overrides_quiet_hours: whether it sends in the quiet hours too; needs a permission.
        timezone: an IANA name.
        promise: what to do about an answer that never becomes definite.
        allows_strangers: whether to send to people who are not a friend of any account.
        on_lost_account: what to do with messages of a lost account that no other can send.
        planning: who else is in the audience, who writes to whom, in which order, how often.
        needs_approval: whether nothing is sent until a second person has approved it.
        variants: the variants of the message.
        holdout: how many of a hundred people get nothing.
        test: whether the variants are tested on a share of the people first.
        pace: how fast it sends, and before which other campaigns.
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
    if variants:
        _refuse_second_text(text, template)
        refuse_variants(variants, lists=None if has_others else lists)
    else:
        _refuse_text(text, template, lists=lists, has_segments=has_others)
    refuse_test(test, variants=len(variants))
    refuse_choices(planning, lists=None if has_others else lists)
    refuse_wait_and_test(waits=planning.online_within is not None, tests=bool(test.share))
    refuse_pace(pace)
    refuse_schedule(
        timezone=timezone,
        starts_at=starts_at,
        repeat=repeat,
        repeat_until=repeat_until,
        repeat_times=repeat_times,
        deadline_at=deadline_at,
    )
    if overrides_quiet_hours:
        refuse_override_without_right(by)
    _refuse_promise(promise)
    campaign.text = text
    campaign.template = template
    campaign.starts_at = starts_at
    campaign.windows = format_windows(windows)
    campaign.repeat = str(read_rule(repeat)) if repeat else ""
    campaign.repeat_until = repeat_until
    campaign.repeat_times = repeat_times
    campaign.holidays = holidays
    campaign.late = late
    campaign.deadline_at = deadline_at
    campaign.deadline_after = deadline_after
    campaign.overrides_quiet_hours = overrides_quiet_hours
    campaign.timezone = timezone
    campaign.promise = promise
    campaign.allows_strangers = allows_strangers
    campaign.on_lost_account = on_lost_account
    campaign.needs_approval = needs_approval
    campaign.holdout, campaign.test_share = holdout, test.share
    campaign.decide_by, campaign.decide_after = test.decide_by, test.decide_after
    campaign.per_minute, campaign.priority = pace.per_minute, pace.priority
    campaign.created_by = by
    campaign.pool_shares = dict(pools.shares or {})
    for column, value in columns_of(planning).items():
        setattr(campaign, column, value)
    with transaction.atomic():
        campaign.save()
        campaign.once_across.set(planning.once_across)
        campaign.lists.set(lists)
        campaign.segments.set(segments)
        campaign.excluded_lists.set(excluded_lists)
        campaign.accounts.set(accounts)
        campaign.pools.set(pools.pools)
        campaign.labels.set(labels)
        add_variants(campaign=campaign, variants=variants)
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
    attributes = attribute_names_in_use(lists=None if has_segments else lists)
    texts = template.texts_by_language() if template is not None else {"": text}
    refuse_texts(texts, attributes=attributes)


def _refuse_second_text(text: str, template: MessageTemplate | None) -> None:
    if text or template is not None:
        raise Refusal(
            _("A campaign with variants has no other text: give each variant its own."),
            code="text_twice",
        )


def refuse_override_without_right(by: Any) -> None:
    """Refuse to send in quiet hours for an operator without the permission.

    Args:
        by: the operator; None for the command line, which has every right.

    Raises:
        Refusal: they may not (`no_right`).
    """
    if by is not None and not by.has_perm("campaigns.override_quiet_hours"):
        raise Refusal(
            _(
                "You may not let a campaign send in quiet hours. Ask an administrator for the "
                "permission “Can let a campaign send in quiet hours”, or turn this off."
            ),
            code="no_right",
            field="overrides_quiet_hours",
        )


def _refuse_promise(promise: str) -> None:
    if promise not in Promise.values:
        raise Refusal(
            _("There is no promise “%(promise)s”: choose %(known)s.")
            % {"promise": promise, "known": ", ".join(Promise.values)},
            code="promise_unknown",
        )
