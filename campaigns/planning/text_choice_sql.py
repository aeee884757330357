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
        languages: further columns of each person, as expressions on contacts: the language tags,
            in ASCII lower case.
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
    """Return a contact's language tag, in ASCII lower case."""
    trimmed = Trim(attribute_text(attribute), output_field=TextField())
    text = Replace(trimmed, Value("_"), Value("-"), output_field=TextField())
    # SQLite's LOWER knows ASCII only. So does PostgreSQL's in the collation C.
    plain = Collate(text, "C") if connection.vendor == "postgresql" else text
    return Lower(plain)


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
        # A tag fits itself and every longer one: zh fits zh-cn, and not zha.
        cases += f" WHEN {_begins(column, len(tag) + 1)} THEN {share.numbers[tag]}"
        params.append(f"{tag}-")
    return f"CASE{cases} ELSE {default} END", params


def _begins(column: str, length: int) -> str:
    """Return the SQL condition that a tag begins with the parameter, which is so long."""
    if connection.vendor == "postgresql":
        return f"starts_with({column} || '-', %s)"
    return f"SUBSTR({column} || '-', 1, {length}) = %s"


def _is_below(choice: TextChoice, purpose: str, bound: int) -> str:
    """Return the SQL condition that a person's draw for a purpose is below a bound."""
    if bound >= PARTS:
        return "TRUE"
    first, *others = coefficients(choice.campaign_id, purpose)
    drawn = f"CAST({first} AS bigint)"  # computed with 64 bits from here on
    for coefficient in others:
        drawn = f"(({drawn} * p.uin + {coefficient}) %% {PARTS})"
    return f"{drawn} < {bound}"
