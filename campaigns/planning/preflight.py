"""The preflight of a campaign: recipients, accounts, skipped people, samples, estimated end.

It sends nothing and writes nothing. The figures come from the same query that planning uses.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Friend, Worker
from accounts.pacing.limits import daily_limit
from accounts.states import WORKING_STATES
from campaigns.audience_query import merged_memberships
from campaigns.message_texts import texts_of_campaign
from campaigns.models import Campaign
from campaigns.planning.preflight_people import Audience, audience_of, first_routes
from campaigns.planning.preflight_result import Allocation as Allocation
from campaigns.planning.preflight_result import Counted, Sample
from campaigns.planning.preflight_result import Preflight as Preflight
from campaigns.planning.preflight_schedule import check_schedule
from campaigns.planning.preflight_segments import warnings_about_segments
from campaigns.planning.preflight_sql import PreflightGroup, count_picks
from campaigns.planning.preflight_warm_up import growing_paces
from campaigns.planning.preflight_warnings import (
    old_friend_lists_warning,
    online_wait_warnings,
    other_campaigns_warnings,
    runs_to_the_same_people,
    strangers_warning,
)
from campaigns.planning.senders import accounts_of, as_planned
from campaigns.planning.text_choice import TextChoice, people_by_variant
from campaigns.writing.check import checked_text
from clocks import shared
from contacts.models import Contact
from contacts.people.attributes import attribute_names_in_use
from foundation.refusals import Refusal
from sending.account_waits import find_account_waits, summarise_waits
from sending.forbidden_words import refusing_words
from sending.states import Reason
from sending.text_context import context_for, sendable_text
from texts.faults import Unsendable
from texts.rendering import CompiledText, TextProblem

#: The number of sample texts shown, and of texts rendered to find those that cannot be sent.
SAMPLES, TRIED_TEXTS = 3, 500
#: CPU seconds after which no further text is rendered, because each may take up to its own limit.
TRYING_SECONDS = 1.0
#: Seconds that a request takes in addition to the gap before it: an estimate for the forecast.
REPLY_SECONDS = 0.05
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def preflight(*, campaign: Campaign, counted: Counted | None = None) -> Preflight:
    """Return what starting the campaign would do now, without doing it.

    Args:
        campaign: the campaign.
        counted: what a rehearsal read of the audience; None to read it, and some texts, now.
    """
    with as_planned(campaign):
        return _preflight(campaign, counted)


def _preflight(campaign: Campaign, counted: Counted | None) -> Preflight:
    found = Preflight()
    able = list(
        accounts_of(campaign=campaign).filter(state__in=WORKING_STATES).select_related("lease")
    )
    try:
        audience = audience_of(campaign=campaign)
    except Refusal as refusal:
        found.problems.append(refusal.sentence)
        audience = None
    if counted is None and audience is not None:
        counted = count_people(campaign=campaign, audience=audience)
        tried: Audience | None = audience
    else:
        tried = None
    loads = _count(campaign, found, counted) if counted is not None else Counter()
    found.per_account = [
        Allocation(
            account.uin,
            account.name,
            account.state,
            loads[account.pk],
            round(loads[account.pk] * seconds_per_message(account), 1),
        )
        for account in able
        if loads[account.pk]
    ]
    growing = growing_paces(
        seconds={
            account.pk: (
                seconds_per_message(account, is_day_counted=False),
                seconds_per_message(account, is_warm_up_counted=False),
            )
            for account in able
            if account.warm_up_limit is not None
        },
    )
    uins = {account.pk: account.uin for account in able}
    check_schedule(
        campaign=campaign, found=found, growing={uins[pk]: pace for pk, pace in growing.items()}
    )
    found.warnings += warnings_about_segments(campaign=campaign)
    found.warnings += online_wait_warnings(campaign)
    _check_accounts(campaign, found, able=able)
    _check_text(campaign, found, audience=tried)
    return found


def count_people(*, campaign: Campaign, audience: Audience) -> Counted:
    """Return what a preflight reads of the audience. Nothing else in it reads the whole of it."""
    return Counted(
        picks=count_picks(picks=audience.pick(audience.people)),
        written_to=runs_to_the_same_people(campaign=campaign, people=audience.people),
        merged=merged_memberships(of=campaign),
    )


def seconds_per_message(
    account: Account, *, is_day_counted: bool = True, is_warm_up_counted: bool = True
) -> float:
    """Return the seconds per message of an account. Its slowest limit decides.

    Args:
        account: the account.
        is_day_counted: whether a limit a day counts.
        is_warm_up_counted: whether that of its warm-up counts as one.
    """
    warm_up_limit = account.warm_up_limit if is_warm_up_counted else None
    per_day = daily_limit(account.per_day, warm_up_limit) if is_day_counted else None
    lease = getattr(account, "lease", None)
    gap = max(account.min_interval, (lease.learnt_interval or 0.0) if lease else 0.0)
    limits = (
        (account.per_minute, MINUTE),
        (account.per_hour, HOUR),
        (per_day, DAY),
    )
    return max(gap + REPLY_SECONDS, *(span / limit if limit else 0.0 for limit, span in limits))


def _count(campaign: Campaign, found: Preflight, counted: Counted) -> Counter[int]:
    """Fill in the figures of the audience; return the messages by account id."""
    loads: Counter[int] = Counter()
    skipped: Counter[str] = Counter()
    numbers: Counter[int] = Counter()
    strangers = 0
    for pick in counted.picks:
        found.targeted += pick.people
        if pick.is_suppressed:
            skipped[Reason.SUPPRESSED.value] += pick.people
        elif pick.over_limit:
            skipped[pick.over_limit] += pick.people
        elif pick.account_id is not None and pick.is_held_out:
            skipped[Reason.HOLDOUT.value] += pick.people
        elif pick.account_id is not None:
            numbers[pick.text_number] += pick.people
            loads[pick.account_id] += pick.people
            found.kept += pick.people if pick.is_kept else 0
            strangers += pick.people if pick.is_stranger else 0
        elif pick.has_friend:
            skipped[Reason.NO_ACCOUNT.value] += pick.people
        else:
            skipped[Reason.NOT_A_FRIEND.value] += pick.people
    found.skipped = dict(skipped)
    found.sendable = sum(loads.values())
    found.variants = people_by_variant(campaign, numbers)
    # Number 0 is nobody's in a campaign with variants, but that of the rest.
    found.rest = numbers[0] if campaign.test_share else 0
    found.warnings += strangers_warning(strangers=strangers, sendable=found.sendable)
    found.warnings += other_campaigns_warnings(counted.written_to)
    found.merged = counted.merged
    return loads


def _check_accounts(campaign: Campaign, found: Preflight, *, able: Sequence[Account]) -> None:
    unsynced = sum(1 for account in able if account.friends_synced_at is None)
    if not found.targeted and not found.problems:
        found.problems.append(_("The audience of this campaign is empty."))
    if not able:
        found.problems.append(
            _("No account can send: check the reasons, and log in or enable an account.")
        )
    elif found.targeted and not found.sendable and not unsynced:
        found.problems.append(
            _(
                "There would be no recipients: check the reasons, and sync the accounts' "
                "friend lists."
            )
        )
    held_up = find_account_waits(accounts=accounts_of(campaign=campaign))
    found.warnings += [summarise_waits(waits) for waits in held_up.values()]
    if unsynced:
        found.warnings.append(
            ngettext(
                "The friend list of %(n)s account is not known yet: it is synced when the "
                "campaign starts.",
                "The friend lists of %(n)s accounts are not known yet: they are synced "
                "when the campaign starts.",
                unsynced,
            )
            % {"n": unsynced}
        )
    found.warnings += old_friend_lists_warning(accounts=able)
    if not Worker.objects.living().exclude(pk__in=Worker.objects.silent()).exists():
        found.warnings.append(_("No worker is running: nothing is sent until one is started."))


def _check_text(campaign: Campaign, found: Preflight, *, audience: Audience | None) -> None:
    if not campaign.message.strip():
        found.problems.append(_("There is no text yet: write one."))
        return
    texts, shares = texts_of_campaign(campaign)
    try:
        has_others = campaign.segments.exists() or campaign.earlier_people
        lists = None if has_others else list(campaign.lists.all())
        attributes = attribute_names_in_use(lists=lists)
        words = refusing_words()
        compiled = {
            one.number: checked_text(one.text, attributes=attributes, words=words) for one in texts
        }
    except TextProblem as problem:
        found.problems.append(problem.sentence)
        return
    if audience is None:
        return
    most = min(TRIED_TEXTS, found.sendable)
    routes = first_routes(audience=audience, group=PreflightGroup.SENDABLE, most=most)
    now = (found.starts_at or shared.wall()).astimezone(ZoneInfo(campaign.timezone))
    choice = TextChoice(campaign.pk, shares, campaign.holdout, campaign.test_share)
    tried, failures = _try_texts(compiled, found, choice=choice, routes=routes, now=now)
    for reason, n in failures.items():
        found.warnings.append(
            _("%(n)s of the first %(tried)s texts cannot be sent: %(reason)s.")
            % {"tried": tried, "n": n, "reason": Reason(reason).label}
        )


def _try_texts(
    texts: Mapping[int, CompiledText],
    found: Preflight,
    *,
    choice: TextChoice,
    routes: Mapping[int, int | None],
    now: datetime,
) -> tuple[int, Counter[str]]:
    """Render the first texts and keep some as samples.

    Returns:
        the number of texts rendered within TRYING_SECONDS, and the failures by reason.
    """
    tried = 0
    failures: Counter[str] = Counter()
    people = Contact.objects.in_bulk(list(routes))
    accounts = Account.objects.in_bulk({pk for pk in routes.values() if pk is not None})
    forbidden = refusing_words()
    uins = [contact.uin for contact in people.values()]
    nicknames = Friend.objects.current().nicknames(uins=uins, accounts=accounts)
    began = time.thread_time()
    for contact_id, account_id in routes.items():
        if tried and time.thread_time() - began > TRYING_SECONDS:
            break
        contact, account = people.get(contact_id), accounts.get(account_id or 0)
        if contact is None or account is None:
            continue  # deleted in the meantime
        tried += 1
        nickname = nicknames.get((account.pk, contact.uin), "")
        try:
            number = choice.number_of(uin=contact.uin, attributes=contact.attributes or {})
            text = sendable_text(
                texts[number],
                context_for(contact=contact, account=account, nickname=nickname),
                now=now,
                forbidden=forbidden,
            )
        except Unsendable as problem:
            failures[problem.reason.value] += 1
            continue
        if len(found.samples) < SAMPLES:
            found.samples.append(Sample(contact.uin, contact.name, account.uin, text))
    return tried, failures
