"""The service that sends a campaign's message to chosen people as a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Friend
from accounts.states import WORKING_STATES
from campaigns.models import Campaign, TestRun
from campaigns.writing.preview import preview_text
from campaigns.writing.whole_text import whole_text
from clocks import shared
from contacts.models import Contact, Suppression
from foundation.refusals import Refusal
from foundation.times import clock
from sending.models import Delivery, TallyKind
from sending.querysets.tally import TallyKey, add_tallies
from sending.runs.transitions import change_run_state
from sending.runs.windows import sending_times
from sending.states import ACTIVE_RUN_STATES, DeliveryState, RunState
from sending.wake_ups.wake import wake_lanes

#: The most people of one test.
MOST_PEOPLE = 20
#: After so long, what a test could not send is cancelled, so that another one can begin.
LONGEST_TEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Person:
    uin: int
    text: str


def send_test(
    *, campaign: Campaign, uins: Sequence[int], account: Account, by: Any = None
) -> TestRun:
    """Send a campaign's message to chosen people, rendered for each, and return the test.

    It goes through the account's lane and the ledger like any message, at the account's own pace,
    and obeys suppressions and quiet hours. The campaign may be a draft. Its windows, its deadline
    and limits on messages to one person do not apply; see docs/decisions/0031-test-sends.md.

    Args:
        campaign: the campaign.
        uins: the people: contacts that are friends of the account.
        account: the account that sends.
        by: the operator; None for the command line.

    Raises:
        Refusal: no one or too many people are named, one is unknown, suppressed or not a friend of
            the account, the text cannot be made for one, the account cannot send, it is a quiet
            hour, or a test is under way (`test_active`). Nothing is sent in these cases.
        TextProblem: the text cannot be compiled.
    """
    people = list(dict.fromkeys(uins))
    if not 1 <= len(people) <= MOST_PEOPLE:
        raise Refusal(
            _("Name from 1 to %(most)d people for a test.") % {"most": MOST_PEOPLE},
            code="test_people",
        )
    if account.state not in WORKING_STATES:
        raise Refusal(
            _("The account %(uin)s is %(state)s and cannot send.")
            % {"uin": account.uin, "state": account.get_state_display()},
            code="account_stopped",
        )
    _refuse_people(campaign, people, account)
    rendered = _rendered(campaign, people, account)
    try:
        with transaction.atomic():
            test = _make(campaign, account, rendered, by=by)
    except IntegrityError:
        _refuse_active(campaign)
        raise
    wake_lanes(account_ids=[account.pk])
    test.refresh_from_db()
    return test


def _make(campaign: Campaign, account: Account, people: list[_Person], *, by: Any) -> TestRun:
    now = shared.wall()
    last = campaign.tests.aggregate(n=Max("number"))["n"] or 0
    test: TestRun = TestRun(
        campaign=campaign,
        account=account,
        created_by=by,
        number=last + 1,
        text=whole_text(campaign.message).text,
        promise=campaign.promise,
        timezone=campaign.timezone,
        overrides_quiet_hours=campaign.overrides_quiet_hours,
        deadline_at=now + LONGEST_TEST,
    )
    opening = sending_times(test).next_opening(now)
    if opening is None or opening > now:
        raise Refusal(
            _("It is a quiet hour until %(at)s: no message is sent, also no test.")
            % {"at": clock(opening, zone=campaign.timezone) if opening else "?"},
            code="quiet_hours",
        )
    test.save()
    test.lists.set(campaign.lists.all())
    change_run_state(run_id=test.pk, to=RunState.PREPARING, by=by)
    Delivery.objects.bulk_create(
        Delivery(run_id=test.pk, contact=None, uin=one.uin, account=account, text=one.text)
        for one in people
    )
    changes: Counter[TallyKey] = Counter()
    changes[test.pk, TallyKind.TARGETED, ""] = len(people)
    changes[test.pk, TallyKind.STATE, DeliveryState.PENDING] = len(people)
    add_tallies(shard=0, changes=changes)
    change_run_state(run_id=test.pk, to=RunState.RUNNING, by=by, planned_at=now)
    return test


def _rendered(campaign: Campaign, uins: Sequence[int], account: Account) -> list[_Person]:
    """Return the people with their texts, in the order named.

    Raises:
        Refusal: the text cannot be made for one of them.
    """
    contacts = {one.uin: one for one in Contact.objects.filter(uin__in=uins)}
    people = []
    for uin in uins:
        made = preview_text(
            text=campaign.message, person=contacts[uin], account=account, zone=campaign.timezone
        )
        if made.problem or not made.text:
            raise Refusal(
                _("The text cannot be made for %(uin)s: %(why)s")
                % {"uin": uin, "why": made.problem or _("it is empty.")},
                code="text_unsendable",
                uin=uin,
            )
        people.append(_Person(uin, made.text))
    return people


def _refuse_people(campaign: Campaign, uins: list[int], account: Account) -> None:
    known = set(Contact.objects.filter(uin__in=uins).values_list("uin", flat=True))
    _refuse_those(
        [uin for uin in uins if uin not in known],
        ngettext(
            "There is no contact %(uins)s: import this person first.",
            "There are no contacts %(uins)s: import these people first.",
            len(set(uins) - known),
        ),
        code="contact_unknown",
    )
    suppressed = set(
        Suppression.objects.filter(uin__in=uins)
        .filter(Q(until=None) | Q(until__gt=shared.wall()))
        .filter(Q(contact_list=None) | Q(contact_list__in=campaign.lists.all()))
        .values_list("uin", flat=True)
    )
    _refuse_those(
        sorted(suppressed),
        _("Suppressed, and never written to: %(uins)s."),
        code="suppressed",
    )
    friends = set(
        Friend.objects.current().filter(account=account, uin__in=uins).values_list("uin", flat=True)
    )
    _refuse_those(
        [uin for uin in uins if uin not in friends],
        _("Not a friend of the account: %(uins)s. Choose another account or other people."),
        code="not_a_friend",
    )


def _refuse_those(uins: Sequence[int], sentence: str, *, code: str) -> None:
    if uins:
        raise Refusal(sentence % {"uins": ", ".join(map(str, uins))}, code=code, uins=list(uins))


def _refuse_active(campaign: Campaign) -> None:
    active = campaign.tests.filter(state__in=ACTIVE_RUN_STATES).first()
    if active is not None:
        raise Refusal(
            _(
                "A test of “%(name)s” is under way. Wait for its end: what it cannot send within "
                "%(minutes)d minutes is cancelled."
            )
            % {"name": campaign.name, "minutes": LONGEST_TEST.seconds // 60},
            code="test_active",
        )
