"""What a start would do: who is told what by whom, who is left out and why, and until when.

Nothing is sent and nothing is written. The numbers come from the same facts planning reads, in a
few set-based queries and one pass over the friendships of the audience.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Friend, Worker
from accounts.states import STOPPED_STATES, WORKING_STATES
from campaigns.models import Campaign
from campaigns.services.render import (
    CompiledText,
    TextProblem,
    Unsendable,
    compile_text,
    context_for,
    refuse_unknown_variables,
)
from campaigns.services.schedule import forecast
from campaigns.states import Reason
from contacts.models import Contact, Membership, Suppression
from contacts.services.attributes import known_attribute_names

#: Rendered texts that are shown, and texts that are tried out to warn of unsendable ones.
SAMPLES, TRIED_TEXTS = 3, 500
#: What a request takes besides the gap before it: a guess, for the forecast only; seconds.
REPLY_SECONDS = 0.05
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one account would send, and how long that takes while the window is open."""

    uin: int
    name: str
    state: str
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A text as one person would get it, and the account it would come from, if any."""

    uin: int
    name: str
    account: int | None
    text: str


@dataclass(slots=True)
class Preflight:
    """What a start would do.

    Attributes:
        targeted: people in the lists and in no excluded one, each once.
        sendable: of those, who would be written to.
        skipped: the others, by reason.
        merged: memberships beyond a person's first.
        per_account: who would send how much; accounts with nothing to send are left out.
        finishes_at: when the last message would be out; None when that is too far to say.
        problems: why a start would be refused or reach nobody.
        warnings: what the operator should know.
        samples: the first texts.
    """

    targeted: int = 0
    sendable: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    merged: int = 0
    per_account: list[Allocation] = field(default_factory=list)
    finishes_at: datetime | None = None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def preflight(*, campaign: Campaign) -> Preflight:
    """Return what a start of the campaign would do now, without doing any of it."""
    found = Preflight()
    able = list(_chosen(campaign).filter(state__in=WORKING_STATES).select_related("lease"))
    audience = _audience(campaign)
    writable = audience.exclude(_suppressed(campaign))
    found.targeted = audience.count()
    found.merged = _memberships(campaign).count() - found.targeted
    left = writable.count()
    loads, routes = _allocate(campaign, writable, able=able, left=left)
    found.sendable = sum(loads.values())
    found.skipped = {
        reason.value: n
        for reason, n in (
            (Reason.SUPPRESSED, found.targeted - left),
            (Reason.NO_ACCOUNT if not able else Reason.NOT_A_FRIEND, left - found.sendable),
        )
        if n
    }
    found.per_account = [
        Allocation(
            account.uin,
            account.name,
            account.state,
            loads[account.pk],
            round(loads[account.pk] * seconds_a_message(account), 1),
        )
        for account in able
        if loads[account.pk]
    ]
    found.finishes_at = _finishes_at(campaign, found.per_account)
    _look_at_accounts(campaign, found, able=able)
    _look_at_text(campaign, found, writable=writable, routes=routes)
    return found


def seconds_a_message(account: Account) -> float:
    """Return how long one message of an account takes, by its pace: the slowest limit decides."""
    lease = getattr(account, "lease", None)
    gap = max(account.min_interval, (lease.learnt_interval or 0.0) if lease else 0.0)
    limits = (
        (account.per_minute, MINUTE),
        (account.per_hour, HOUR),
        (account.per_day, DAY),
    )
    return max(gap + REPLY_SECONDS, *(span / limit if limit else 0.0 for limit, span in limits))


def _chosen(campaign: Campaign) -> QuerySet[Account]:
    """Return the accounts of a campaign: those it names, or all."""
    return campaign.accounts.all() if campaign.accounts.exists() else Account.objects.all()


def _memberships(campaign: Campaign) -> QuerySet[Membership]:
    excluded = Membership.objects.filter(
        contact=OuterRef("contact"), contact_list__in=_ids(campaign.excluded_lists.all())
    )
    return Membership.objects.filter(~Exists(excluded), contact_list__in=_ids(campaign.lists.all()))


def _audience(campaign: Campaign) -> QuerySet[Contact]:
    return Contact.objects.filter(Exists(_memberships(campaign).filter(contact=OuterRef("pk"))))


def _suppressed(campaign: Campaign) -> Exists:
    """Return the condition that a contact must not be written to by this campaign."""
    return Exists(
        Suppression.objects.filter(
            Q(contact_list=None) | Q(contact_list__in=_ids(campaign.lists.all())),
            uin=OuterRef("uin"),
        )
    )


def _ids(lists: QuerySet) -> list[int]:  # type: ignore[type-arg]
    return list(lists.values_list("pk", flat=True))


def _allocate(
    campaign: Campaign, writable: QuerySet[Contact], *, able: Sequence[Account], left: int
) -> tuple[Counter[int], dict[int, int]]:
    """Route every person to the friend of theirs who would be done first.

    Returns:
        messages by account, and the account of the first people by UIN.
    """
    pace = {account.pk: seconds_a_message(account) for account in able}
    loads: Counter[int] = Counter()
    routes: dict[int, int] = {}
    friendships = (
        Friend.objects.current()
        .filter(Exists(writable.filter(uin=OuterRef("uin"))), account__in=list(pace))
        .order_by("uin")
        .values_list("uin", "account_id")
    )
    befriended = 0
    for uin, pairs in groupby(friendships.iterator(chunk_size=5_000), key=itemgetter(0)):
        chosen = min((pk for _uin, pk in pairs), key=lambda pk: (loads[pk] + 1) * pace[pk])
        loads[chosen] += 1
        befriended += 1
        if len(routes) < TRIED_TEXTS:
            routes[uin] = chosen
    if campaign.allows_strangers and pace:
        _spread(left - befriended, loads=loads, pace=pace)
    return loads, routes


def _spread(messages: int, *, loads: Counter[int], pace: dict[int, float]) -> None:
    """Give messages that any account may send to the accounts, so that all end together."""
    rates = {pk: 1 / seconds for pk, seconds in pace.items()}
    total = sum(rates.values())
    share = {pk: int(messages * rate / total) for pk, rate in rates.items()}
    fastest = max(rates, key=lambda pk: rates[pk])
    share[fastest] += messages - sum(share.values())
    loads.update(share)


def _finishes_at(campaign: Campaign, allocations: Sequence[Allocation]) -> datetime | None:
    if not allocations:
        return None
    now = clock.now()
    window = None
    if campaign.window_start is not None and campaign.window_end is not None:
        window = campaign.window_start, campaign.window_end
    return forecast(
        now=max(now, campaign.starts_at or now),
        seconds=max(allocation.seconds for allocation in allocations),
        window=window,
        timezone=campaign.timezone,
    )


def _look_at_accounts(campaign: Campaign, found: Preflight, *, able: Sequence[Account]) -> None:
    if not found.targeted:
        found.problems.append(_("Nobody is in the lists of this campaign."))
    if not able:
        found.problems.append(
            _("None of the accounts may send: log in or enable one (manage.py accounts).")
        )
    elif found.targeted and not found.sendable:
        found.problems.append(
            _("Nobody would be written to: see the reasons, and sync the accounts' friends.")
        )
    for account in _chosen(campaign).filter(state__in=STOPPED_STATES):
        found.warnings.append(
            _("Account %(uin)s is %(state)s and sends nothing: %(reason)s")
            % {
                "uin": account.uin,
                "state": account.get_state_display(),
                "reason": account.state_detail or account.get_state_reason_display(),
            }
        )
    unsynced = sum(1 for account in able if account.friends_synced_at is None)
    if unsynced:
        found.warnings.append(
            ngettext(
                "The friends of %(n)s account are not known yet: it learns them when it starts.",
                "The friends of %(n)s accounts are not known yet: they learn them when they start.",
                unsynced,
            )
            % {"n": unsynced}
        )
    if not Worker.objects.living().exclude(pk__in=Worker.objects.silent()).exists():
        found.warnings.append(_("No worker is running: nothing is sent until one is started."))


def _look_at_text(
    campaign: Campaign,
    found: Preflight,
    *,
    writable: QuerySet[Contact],
    routes: dict[int, int],
) -> None:
    try:
        compiled = compile_text(campaign.message)
        attributes = known_attribute_names(lists=list(campaign.lists.all()))
        refuse_unknown_variables(compiled, attributes=attributes)
    except TextProblem as problem:
        found.problems.append(problem.sentence)
        return
    failures = _try_texts(compiled, found, writable=writable, routes=routes)
    for reason, n in failures.items():
        found.warnings.append(
            _("Of the first %(tried)s texts %(n)s cannot be sent: %(reason)s.")
            % {"tried": min(TRIED_TEXTS, found.sendable), "n": n, "reason": Reason(reason).label}
        )


def _try_texts(
    compiled: CompiledText,
    found: Preflight,
    *,
    writable: QuerySet[Contact],
    routes: dict[int, int],
) -> Counter[str]:
    """Render the first texts; keep some as samples, and count those that cannot be sent."""
    failures: Counter[str] = Counter()
    people = writable.filter(uin__in=list(routes)) if routes else writable.none()
    accounts = Account.objects.in_bulk(set(routes.values()))
    nicknames = dict(
        Friend.objects.current()
        .filter(uin__in=list(routes), account__in=accounts)
        .values_list("uin", "nickname")
    )
    for contact in people.order_by("pk")[:TRIED_TEXTS]:
        account = accounts.get(routes[contact.uin])
        context = context_for(
            contact=contact, account=account, nickname=nicknames.get(contact.uin, "")
        )
        try:
            text = compiled.render(context)
        except Unsendable as problem:
            failures[problem.reason.value] += 1
            continue
        if len(found.samples) < SAMPLES:
            sender = account.uin if account else None
            found.samples.append(Sample(contact.uin, contact.name, sender, text))
    return failures
