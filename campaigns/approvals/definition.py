"""The definition of a campaign that is approved and rehearsed, and its hash.

The hash covers exactly the texts, the audience rule and the people it comes to, the accounts, the
schedule and the policies (decision 0030). It depends neither on an order of rows nor on the
database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet

from campaigns.approvals.people_hash import PeopleHash, people_hash_of
from campaigns.message_texts import MessageText, Share, texts_of_campaign
from campaigns.models import Campaign, HolidayCalendar, MessageTemplate, Snippet
from campaigns.writing.whole_text import whole_text
from contacts.segments.where_text import where_text
from foundation.archiving import refuse_archived
from foundation.locked_rows import locked_row
from foundation.restricted import whole_tables
from foundation.times import utc_iso
from texts.checks import TextProblem


@dataclass(frozen=True, slots=True)
class Definition:
    """What a campaign or a sequence says, except for the people it comes to.

    Attributes:
        texts: each text it may send, as {"variant", "language", "text"}.
        rules: the rest, by the name of the field.
        is_repeated: whether it is approved for its rule, not for the people of one date. A sequence
            always is.
    """

    texts: list[dict[str, Any]]
    rules: dict[str, Any]
    is_repeated: bool

    @property
    def text_hash(self) -> str:
        """The hash of the texts."""
        return digest(self.texts)

    @property
    def rules_hash(self) -> str:
        """The hash of the audience rule, the accounts, the schedule and the policies."""
        # The conditions of a segment are hashed, not their wording.
        segments = [{**segment, "where": None} for segment in self.rules["segments"]]
        return digest({**self.rules, "segments": segments})

    @property
    def rule_hash(self) -> str:
        """The hash of all of it, without the people."""
        return digest([self.text_hash, self.rules_hash])

    def hash_with(self, audience_hash: str) -> str:
        """Return the hash that is approved: with the people, unless the campaign is repeated."""
        if self.is_repeated:
            return self.rule_hash
        return digest([self.text_hash, self.rules_hash, audience_hash])

    @property
    def stored(self) -> dict[str, Any]:
        """The definition as JSON holds it."""
        return {"texts": self.texts, "rules": self.rules}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A definition and the people it comes to now."""

    definition: Definition
    people: PeopleHash

    @property
    def hash(self) -> str:
        """The hash that is approved."""
        return self.definition.hash_with(self.people.hexdigest)


def fingerprint_of(campaign: Campaign) -> Fingerprint:
    """Return the definition with its people; those of a repeated campaign are not read.

    Raises:
        Refusal: the audience cannot be evaluated.
    """
    people = PeopleHash() if campaign.repeat else people_hash_of(campaign)
    return Fingerprint(definition_of(campaign), people)


@whole_tables()
def definition_of(campaign: Campaign) -> Definition:
    """Return the definition of a campaign as it is in the database and in `campaign`."""
    texts, shares = texts_of_campaign(campaign)
    return Definition(
        texts=_whole_texts(texts),
        rules={**_audience(campaign), **_schedule(campaign), **_policies(campaign, shares)},
        is_repeated=bool(campaign.repeat),
    )


def texts_of(campaign: Campaign) -> list[dict[str, Any]]:
    """Return every text that a run of the campaign may send, in an order of its own."""
    return _whole_texts(texts_of_campaign(campaign)[0])


def _whole_texts(texts: list[MessageText]) -> list[dict[str, Any]]:
    found = {(one.variant, one.language): one.text for one in texts}
    if len(texts) > 1 and texts[1].variant:
        del found["", ""]  # in a campaign with variants, no person gets the text with the number 0
    return [
        {"variant": variant, "language": language, "text": whole_or_as_written(text)}
        for (variant, language), text in sorted(found.items())
    ]


def locked_definition(campaign: Campaign) -> tuple[Campaign, Definition]:
    """Return a campaign as it is now and its definition, locked to the end of the transaction.

    A change either is in it or waits until the caller has committed: the campaign's form locks the
    campaign before it changes anything, and the rows of its audience and text are locked here.

    Raises:
        Refusal: the campaign was deleted (`gone`) or archived (`archived`).
    """
    locked = locked_row(campaign)
    refuse_archived(locked)
    # In the order of `campaigns.run_control.new_run.hold`: the audience before the texts.
    for audience in (locked.lists, locked.excluded_lists, locked.segments):
        lock_rows(audience.all())
    if locked.template_id is not None:
        lock_rows(MessageTemplate.objects.filter(pk=locked.template_id))
    templates = locked.variants.exclude(template=None).values("template")
    lock_rows(MessageTemplate.objects.filter(pk__in=templates))
    if any("snippets" in one.text for one in texts_of_campaign(locked)[0]):
        lock_rows(Snippet.objects.all())
    return locked, definition_of(locked)


def whole_or_as_written(text: str) -> str:
    """Return a text with its snippets put in; as it is written if that is not possible."""
    try:
        return whole_text(text).text
    except TextProblem:
        return text


def lock_rows(rows: QuerySet[Any]) -> None:
    """Lock rows to the end of the caller's transaction."""
    list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def _audience(campaign: Campaign) -> dict[str, Any]:
    return {
        "lists": named(campaign.lists.all()),
        "excluded_lists": named(campaign.excluded_lists.all()),
        "segments": with_conditions(campaign.segments.all()),
        "earlier_people": _sorted(campaign.earlier_people),
        "excluded_earlier_people": _sorted(campaign.excluded_earlier_people),
        "allows_strangers": campaign.allows_strangers,
        # Empty: every working account. An account that is added later belongs to that rule.
        "accounts": sorted(campaign.accounts.values_list("uin", flat=True)),
        # Likewise: the members of a pool are not part of the rule, and change with its labels.
        "pools": _pools(campaign),
    }


def _schedule(campaign: Campaign) -> dict[str, Any]:
    return {
        "starts_at": utc_iso(campaign.starts_at),
        "repeat": campaign.repeat,
        "repeat_until": utc_iso(campaign.repeat_until),
        "repeat_times": campaign.repeat_times,
        "timezone": campaign.timezone,
        "windows": campaign.windows,
        "holidays": campaign.holidays.name if campaign.holidays is not None else None,
        "holiday_dates": _dates(campaign.holidays),
        "overrides_quiet_hours": campaign.overrides_quiet_hours,
        "late": campaign.late,
        "deadline_at": utc_iso(campaign.deadline_at),
        "deadline_after": campaign.deadline_after,
    }


def _policies(campaign: Campaign, shares: list[Share]) -> dict[str, Any]:
    return {
        "promise": campaign.promise,
        "variants": [
            f"{share.variant} {share.weight} {share.language_attribute}".strip() for share in shares
        ],
        "holdout": f"{Decimal(campaign.holdout):.1f}",
        **(_test(campaign) if campaign.test_share else {}),
        "on_lost_account": campaign.on_lost_account,
        "sender": campaign.sender,
        "order": campaign.order,
        "order_attribute": campaign.order_attribute,
        "order_descending": campaign.order_descending,
        "cap_most": campaign.cap_most,
        "cap_days": campaign.cap_days,
        "cap_label": _label(campaign),
        **_own_label(campaign),
        "once_across": named(campaign.once_across.all()),
        # A campaign that does not wait keeps the hash that it had.
        **({"online_within": campaign.online_within} if campaign.online_within else {}),
    }


def _test(campaign: Campaign) -> dict[str, Any]:
    """Return the test of the variants; a campaign without one keeps the hash that it had."""
    return {
        "test_share": f"{Decimal(campaign.test_share):.1f}",
        "decide_by": campaign.decide_by,
        "decide_after": campaign.decide_after,
    }


def named(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Return rows as {"id", "name"}: two lists that swap their names are a change."""
    return [{"id": row.pk, "name": str(row)} for row in _by_key(rows)]


def with_conditions(segments: QuerySet[Any]) -> list[dict[str, Any]]:
    """Return segments as {"id", "name", "where", "conditions"}."""
    return [
        {
            "id": segment.pk,
            "name": segment.name,
            "where": where_text(segment.conditions),
            "conditions": segment.conditions,
        }
        for segment in _by_key(segments)
    ]


def _by_key(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.order_by("pk"))


def _pools(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {**pool, "share": campaign.pool_shares.get(str(pool["id"]))}
        for pool in named(campaign.pools.all())
    ]


def _label(campaign: Campaign) -> list[dict[str, Any]]:
    if campaign.cap_label is None or campaign.cap_most is None:
        return []
    return [{"id": campaign.cap_label.pk, "name": campaign.cap_label.name}]


def _own_label(campaign: Campaign) -> dict[str, Any]:
    """Return the campaign's label by which its own messages count for its cap, if it has it.

    Its other labels change nothing that is sent.
    """
    label = _label(campaign)
    is_counted = bool(label) and campaign.labels.filter(pk=label[0]["id"]).exists()
    return {"labels": label} if is_counted else {}


def _dates(calendar: HolidayCalendar | None) -> list[str]:
    """Return all dates of a calendar, past ones too: the passing of time is no change."""
    if calendar is None:
        return []
    rows = calendar.dates.order_by("date").values_list("date", "kind")
    return [f"{day.isoformat()} {kind}" for day, kind in rows]


def _sorted(rules: Any) -> list[Any]:
    return sorted(rules or (), key=_canonical)


def digest(value: Any) -> str:
    """Return the hash of a JSON value, 64 hexadecimal digits."""
    return sha256(_canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
