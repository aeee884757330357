"""The service that creates a campaign from a definition file, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.creation.create_campaign import DEFAULT_TIMEZONE, create_campaign
from campaigns.creation.online_wait import read_online_wait
from campaigns.creation.pace import Pace
from campaigns.creation.planning_choices import PlanningChoices
from campaigns.creation.schedule import read_deadline, read_start, read_timezone
from campaigns.creation.variant_test import NO_TEST, TestChoices, read_test
from campaigns.creation.variants import read_holdout
from campaigns.definitions.clone import refuse_taken
from campaigns.definitions.document import read_document
from campaigns.definitions.export import VERSION
from campaigns.definitions.notifications import read_notifications, store_notifications
from campaigns.definitions.reader import FieldReader, Problem
from campaigns.definitions.references import (
    definition_accounts,
    definition_pools,
    definition_segments,
    definition_template,
    definition_variants,
    earlier_rules,
    named_rows,
)
from campaigns.find import find_campaign, find_holidays, find_lists
from campaigns.models import Campaign, HolidayCalendar
from campaigns.states import DecideBy, Late, OnLostAccount, SenderChoice, SendingOrder
from foundation.caps import LONGEST_DAYS, MOST_MESSAGES, Cap
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.weekly import Weekly, read_windows
from labels.labelling import find_labels
from labels.models import Label
from sending.states import DEFAULT_PRIORITY, Promise

#: The fields of a definition.
KEYS = (
    *("version", "name", "labels", "needs_approval", "text", "template", "variants", "holdout"),
    *("test_share", "decide_by", "decide_after"),
    *("lists", "segments", "earlier_people"),
    *("excluded_lists", "excluded_earlier_people", "strangers", "cap", "once_across", "accounts"),
    *("pools",),
    *("sender", "promise", "on_lost_account", "order", "order_attribute", "order_descending"),
    *(
        "online_within",
        "per_minute",
        "priority",
        "timezone",
        "starts_at",
        "repeat",
        "repeat_until",
        "repeat_times",
    ),
    *("windows", "holidays", "override_quiet_hours", "late", "deadline", "notifications"),
)
#: The problems that say that something does not exist here.
MISSING = frozenset(
    {"list_unknown", "account_unknown", "holidays_unknown", "campaign_unknown", "run_unknown"}
    | {"lists_unknown", "segments_unknown", "campaigns_unknown", "accounts_unknown", "not_started"}
    | {"unknown_snippet", "pool_unknown", "pools_unknown", "label_unknown", "labels_unknown"}
)
#: The field that a refusal of the creation is about, by its code.
_FIELD_OF = {
    "name_taken": "name",
    "no_list": "lists",
    "nobody": "lists",
    "text_twice": "text",
    "text_missing": "text",
    "order_attribute_missing": "order_attribute",
    "order_attribute_unknown": "order_attribute",
    "timezone_unknown": "timezone",
    "no_right": "override_quiet_hours",
}
_FIELD_OF_COLUMN = {"deadline_at": "deadline", "overrides_quiet_hours": "override_quiet_hours"}


def import_definition(*, data: bytes, name: str | None = None, by: Any = None) -> Campaign:
    """Create the campaign that a definition file describes, with its template and segments.

    A template or segment of the file that exists here must be the same; one that does not exist is
    created. Lists, accounts, pools, labels, calendars and other campaigns must exist.

    Args:
        data: the file.
        name: a name in place of the one in the file; None for that.
        by: the operator; None for the command line.

    Raises:
        Refusal: the file is too large or no YAML; or something in it is wrong (`definition_wrong`)
            or missing here (`missing`). The sentence and `problems` name the lines. Nothing is
            created in these cases.
    """
    fields, problems = read_document(data), list[Problem]()
    reader = FieldReader(fields, problems)
    with transaction.atomic():
        campaign = _read(reader, name=name, by=by)
        if campaign is None or problems:
            transaction.set_rollback(True)
    if campaign is None or problems:
        raise _refusal(problems)
    return campaign


def _read(reader: FieldReader, *, name: str | None, by: Any) -> Campaign | None:
    """Return the campaign; None if the file has problems, which are noted."""
    if reader.whole("version") != VERSION:
        reader.note(
            "version",
            _("This file has another version of the format. This installation reads version %(n)d.")
            % {"n": VERSION},
        )
        return None
    reader.refuse_unknown(KEYS)
    if name is None:
        name = reader.text("name")
    reader.attempt("name", lambda: refuse_taken(Campaign(name=clean_name(str(name)))), None)
    zone = reader.text("timezone", DEFAULT_TIMEZONE)
    is_zone = reader.attempt("timezone", lambda: bool(read_timezone(zone)), False)
    cap = _cap(reader)
    values: dict[str, Any] = {
        "name": name,
        "text": reader.text("text"),
        "template": definition_template(reader, by=by),
        "variants": definition_variants(reader, by=by),
        "holdout": _holdout(reader),
        "test": _test(reader),
        "lists": named_rows(reader, "lists", lambda one: find_lists(names=[one])[0]),
        "segments": definition_segments(reader, by=by),
        "excluded_lists": named_rows(
            reader, "excluded_lists", lambda one: find_lists(names=[one])[0]
        ),
        "allows_strangers": reader.flag("strangers"),
        "accounts": definition_accounts(reader),
        "pools": definition_pools(reader),
        "labels": named_rows(reader, "labels", lambda one: find_labels(names=[one])[0]),
        "needs_approval": reader.flag("needs_approval"),
        "promise": reader.choice("promise", Promise.values, Promise.NEVER_TWICE),
        "on_lost_account": reader.choice(
            "on_lost_account", OnLostAccount.values, OnLostAccount.FAIL
        ),
        "timezone": zone,
        "repeat": reader.text("repeat"),
        "repeat_times": reader.whole("repeat_times"),
        "windows": _windows(reader),
        "holidays": _holidays(reader),
        "late": reader.choice("late", Late.values, Late.SEND),
        "overrides_quiet_hours": reader.flag("override_quiet_hours"),
        **(_moments(reader, zone) if is_zone else {}),
        "pace": _pace(reader),
        "planning": PlanningChoices(
            sender=reader.choice("sender", SenderChoice.values, SenderChoice.KEEP),
            order=reader.choice("order", SendingOrder.values, SendingOrder.IMPORTED),
            order_attribute=reader.text("order_attribute"),
            order_descending=reader.flag("order_descending"),
            cap=cap.cap if cap is not None else None,
            cap_label=cap.label if cap is not None else None,
            online_within=_online_wait(reader),
            once_across=named_rows(reader, "once_across", lambda one: find_campaign(name=one)),
            earlier=earlier_rules(reader, "earlier_people"),
            excluded_earlier=earlier_rules(reader, "excluded_earlier_people"),
        ),
    }
    told = read_notifications(reader, by=by)
    if reader.problems:
        return None
    campaign = _created(reader, values, cap_days=cap.days if cap is not None else None, by=by)
    if campaign is not None and told is not None:
        store_notifications(campaign, told, by=by)
    return campaign


def _created(
    reader: FieldReader, values: dict[str, Any], *, cap_days: float | None, by: Any
) -> Campaign | None:
    try:
        campaign = create_campaign(**values, by=by)
    except Refusal as refusal:
        column = str(refusal.details.get("field", ""))
        key = _FIELD_OF_COLUMN.get(column, column) or _FIELD_OF.get(refusal.code, "")
        if not key:  # a text that cannot be compiled, or a rule that cannot be read
            key = "template" if values["template"] is not None else "text"
            key = "repeat" if "rule" in refusal.code or "repeat" in refusal.code else key
        reader.note(key, refusal.sentence, code=refusal.code)
        return None
    if cap_days is not None and campaign.cap_days != cap_days:
        campaign.cap_days = cap_days  # as it is written, not rounded to seconds
        campaign.save(update_fields=["cap_days"])
    return campaign


def _online_wait(reader: FieldReader) -> int | None:
    text = reader.text("online_within")
    return reader.attempt("online_within", lambda: read_online_wait(text), None) if text else None


def _moments(reader: FieldReader, zone: str) -> dict[str, Any]:
    def moment(key: str) -> datetime | None:
        text = reader.text(key)
        if not text:
            return None
        return reader.attempt(key, lambda: read_start(text, timezone=zone), None)

    deadline: tuple[datetime | None, int | None] = (None, None)
    text = reader.text("deadline")
    if text:
        deadline = reader.attempt("deadline", lambda: read_deadline(text, timezone=zone), deadline)
    return {
        "starts_at": moment("starts_at"),
        "repeat_until": moment("repeat_until"),
        "deadline_at": deadline[0],
        "deadline_after": deadline[1],
    }


@dataclass(frozen=True, slots=True)
class _WrittenCap:
    """A frequency cap, its days as they are written, and the label whose campaigns count."""

    cap: Cap
    days: float
    label: Label | None


def _cap(reader: FieldReader) -> _WrittenCap | None:
    """Return the frequency cap; None without one."""
    inside = reader.reader("cap")
    if inside is None:
        return None
    inside.refuse_unknown(("messages", "days", "label"))
    name = inside.text("label")
    label = inside.attempt("label", lambda: find_labels(names=[name])[0], None) if name else None
    most, days = inside.whole("messages"), inside.number("days")
    if most is None or days is None:
        inside.note("days", _("A frequency cap needs both its number and its days."))
        return None
    if not (1 <= most <= MOST_MESSAGES and 0.001 <= days <= LONGEST_DAYS):
        inside.note(
            "days",
            _("A frequency cap has at most %(most)s messages and %(days)s days.")
            % {"most": MOST_MESSAGES, "days": LONGEST_DAYS},
        )
        return None
    return _WrittenCap(Cap(most, max(1, round(days * 86_400))), days, label)


def _holdout(reader: FieldReader) -> Decimal:
    text = reader.text("holdout")
    if not text:
        return Decimal(0)
    return reader.attempt("holdout", lambda: read_holdout(text), Decimal(0))


def _test(reader: FieldReader) -> TestChoices:
    share = reader.text("test_share") or "0"
    by = reader.choice("decide_by", DecideBy.values, "") or None
    after = reader.text("decide_after") or None
    return reader.attempt(
        "test_share", lambda: read_test(share=share, decide_by=by, decide_after=after), NO_TEST
    )


def _pace(reader: FieldReader) -> Pace:
    priority = reader.whole("priority")
    return Pace(
        per_minute=reader.whole("per_minute"),
        priority=DEFAULT_PRIORITY if priority is None else priority,
    )


def _windows(reader: FieldReader) -> Weekly | None:
    text = reader.text("windows")
    return reader.attempt("windows", lambda: read_windows([text]), None)


def _holidays(reader: FieldReader) -> HolidayCalendar | None:
    name = reader.text("holidays")
    if not name:
        return None
    return reader.attempt("holidays", lambda: find_holidays(name=name), None)


def _refusal(problems: list[Problem]) -> Refusal:
    """Return the refusal that names every problem with its line."""
    ordered = sorted(problems, key=lambda one: one.line)
    sentences = [
        _("Line %(line)d: %(why)s") % {"line": one.line, "why": one.sentence} for one in ordered
    ]
    is_missing = all(one.code in MISSING for one in ordered)
    return Refusal(
        "\n".join([*sentences, _("Nothing was created.")]),
        code="missing" if is_missing else "definition_wrong",
        problems=[
            {"line": one.line, "field": one.field, "error": one.code, "sentence": one.sentence}
            for one in ordered
        ],
    )
