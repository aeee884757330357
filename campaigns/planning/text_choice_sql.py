"""The SQL by which planning decides who gets which text: the same as `text_choice` in Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate, Lower, Replace, Trim

from campaigns.message_texts import Share
from campaigns.planning.text_choice import (
    HOLDOUT,
    PARTS,
    TEST,
    VARIANT,
    TextChoice,
    bound_of_percent,
    bounds,
    coefficients,
    languages_of,
)
from contacts.people.attribute_sql import attribute_text


@dataclass(frozen=True, slots=True)
class ChoiceSql:
    """The pieces of the statement that plans people.

    Attributes:
        languages: further columns of each person, as expressions on contacts: the language tags.
        text_number: from these columns and `p.uin`, the number of the text.
        text_params: its parameters.
        is_held_out: from `p.uin`, whether a sendable person is held out; no parameters.
        is_rest: from `p.uin`, whether a person waits for the choice of a variant, or would have;
            no parameters.
    """

    languages: dict[str, Combinable]
    text_number: str
    text_params: tuple[Any, ...]
    is_held_out: str
    is_rest: str


def choice_sql(choice: TextChoice) -> ChoiceSql:
    """Return the SQL of a choice. Without variants, languages and holdout it costs nothing."""
    attributes = sorted({share.language_attribute for share in choice.shares if _asks(share)})
    is_rest = _is_rest_sql(choice)
    if choice.chosen_share is not None:
        number, number_params = _language_number_sql(choice.chosen_share, attributes)
    else:
        number, number_params = _number_sql(choice, attributes)
        if choice.test_share and choice.shares:
            number = f"CASE WHEN {is_rest} THEN 0 ELSE {number} END"
    return ChoiceSql(
        languages={
            f"language_{place}": _language(attribute) for place, attribute in enumerate(attributes)
        },
        text_number=number,
        text_params=tuple(number_params),
        is_held_out=_is_below(choice, HOLDOUT, bound_of_percent(choice.holdout))
        if choice.holdout
        else "FALSE",
        is_rest=is_rest,
    )


def _is_rest_sql(choice: TextChoice) -> str:
    if not choice.test_share:
        return "FALSE"
    if choice.chosen:
        return "TRUE"
    return f"NOT ({_is_below(choice, TEST, bound_of_percent(choice.test_share))})"


def _asks(share: Share) -> bool:
    """Return whether a share asks for a person's language."""
    return len(share.numbers) > 1


def _language(attribute: str) -> Combinable:
    """Return a contact's language tag: on PostgreSQL normalised, on SQLite as it is written."""
    trimmed = Trim(attribute_text(attribute), output_field=TextField())
    if connection.vendor == "sqlite":
        return trimmed
    text = Replace(trimmed, Value("_"), Value("-"), output_field=TextField())
    return Lower(Collate(text, "C"))  # in this collation, LOWER knows ASCII only


def _number_sql(choice: TextChoice, attributes: list[str]) -> tuple[str, list[Any]]:
    shares = choice.shares
    if not shares:
        return "0", []
    branches, params = "", list[Any]()
    for share, bound in zip(shares[:-1], bounds(shares)[:-1], strict=True):
        number, number_params = _language_number_sql(share, attributes)
        branches += f" WHEN {_is_below(choice, VARIANT, bound)} THEN {number}"
        params += number_params
    number, number_params = _language_number_sql(shares[-1], attributes)
    params += number_params
    return (f"CASE{branches} ELSE {number} END" if branches else number), params


def _language_number_sql(share: Share, attributes: list[str]) -> tuple[str, list[Any]]:
    """Return the SQL of the number of a share's text for a person's language."""
    default = str(share.numbers[""])
    if not _asks(share):
        return default, []
    column = f"language_{attributes.index(share.language_attribute)}"
    cases, params = "", list[Any]()
    for tag in languages_of(share):
        fits, fits_params = _fits(column, tag)
        cases += f" WHEN {fits} THEN {share.numbers[tag]}"
        params += fits_params
    return f"CASE{cases} ELSE {default} END", params


def _fits(column: str, tag: str) -> tuple[str, list[Any]]:
    """Return the SQL condition that a tag fits a person's: zh fits zh and zh-cn, and not zha."""
    if connection.vendor == "postgresql":
        return f"starts_with({column} || '-', %s)", [f"{tag}-"]
    # Every call of a function counts, and most people are decided by the first one: each part is
    # compared where it stands, and what is behind it. NOCASE knows ASCII only.
    parts, conditions, place = tag.split("-"), list[str](), 1
    for number, part in enumerate(parts, start=1):
        behind = place + len(part)
        ends = "'-', '_'" if number < len(parts) else "'', '-', '_'"
        conditions.append(f"SUBSTR({column}, {place}, {len(part)}) = %s COLLATE NOCASE")
        conditions.append(f"SUBSTR({column}, {behind}, 1) IN ({ends})")
        place = behind + 1
    return " AND ".join(conditions), parts


def _is_below(choice: TextChoice, purpose: str, bound: int) -> str:
    """Return the SQL condition that a person's draw for a purpose is below a bound."""
    if bound >= PARTS:
        return "TRUE"
    first, *others = coefficients(choice.campaign_id, purpose)
    drawn = f"CAST({first} AS bigint)"  # computed with 64 bits from here on
    for coefficient in others:
        drawn = f"(({drawn} * p.uin + {coefficient}) %% {PARTS})"
    return f"{drawn} < {bound}"
