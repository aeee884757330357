"""A chunk of a rehearsal: the picks of planning for some people, and their texts rendered."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import Account, Friend
from campaigns.planning.plan_sql import Picks, prepare_for_chunk
from campaigns.planning.preflight_people import Audience
from campaigns.planning.preflight_result import Sample
from campaigns.rehearsals.figures import RehearsalFigures
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.runs.costly_texts import MOST_TOO_COSTLY
from sending.text_context import Recipient, context_for, sendable_text
from texts.faults import TextFault, Unsendable
from texts.forbidden import ForbiddenWords
from texts.rendering import CompiledText, Reference

#: People of a chunk. The page shows progress after each, and a worker that takes over repeats one.
CHUNK = 5_000

# The picks of the preflight, with what the texts need of each person, by primary key.
_PEOPLE = """
SELECT p.id, p.uin, p.picked_account, p.is_suppressed, p.has_friend,
       COALESCE(p.picked_account = p.kept, FALSE),
       COALESCE(p.picked_account <> p.friend, p.picked_account IS NOT NULL),
       p.over_limit, p.text_number, p.is_held_out{columns}
  FROM ({picks}) p{contacts}
"""
_COLUMNS = ", c.name, c.attributes, c.readings"
_CONTACTS = " JOIN contacts_contact c ON c.id = p.id"


@dataclass(frozen=True, slots=True)
class TextsAtHand:
    """The texts of a rehearsal.

    Attributes:
        texts: the texts by number.
        now: the time that they tell.
        variables: those of the variables of each text that can be empty.
        refused_words: the words that no text may hold; None for none.
        held_words: the words for which a text needs an approval; None for none.
    """

    texts: Mapping[int, CompiledText]
    now: datetime
    variables: Mapping[int, Sequence[Reference]]
    refused_words: ForbiddenWords | None
    held_words: ForbiddenWords | None


@dataclass(frozen=True, slots=True)
class _Person:
    """A recipient of the chunk with the account that would write to them."""

    recipient: Recipient
    account_id: int
    text_number: int


def rehearse_chunk(
    *,
    audience: Audience,
    text: TextsAtHand | None,
    after: int,
    accounts: Mapping[int, Account],
    figures: RehearsalFigures,
    look: Callable[[], None],
) -> int | None:
    """Rehearse the next people; return the contact id of the last one, None if none is left.

    Args:
        audience: the audience.
        text: the text; None if it cannot be compiled, and nothing is rendered.
        after: only people with a higher contact id.
        accounts: the accounts of the campaign, by id.
        figures: what is found is added here.
        look: called before each text; what it raises ends the chunk.
    """
    chunk = audience.people.filter(pk__gt=after)[:CHUNK]
    rows = _read(audience.pick(chunk), has_texts=text is not None)
    if not rows:
        return None
    figures.add_people(row[1] for row in rows)
    recipients = []
    for row in rows:
        account_id, is_suppressed, over_limit = row[2], bool(row[3]), row[7]
        number, is_held_out = int(row[8]), bool(row[9])
        standing = (is_suppressed, bool(row[4]), bool(row[5]), bool(row[6]))
        figures.picks[account_id, *standing, over_limit, number, is_held_out] += 1
        is_skipped = is_suppressed or over_limit or is_held_out
        if account_id in accounts and not is_skipped and text is not None:
            recipients.append(_Person(_recipient(row), account_id, number))
    if text is not None:
        _render(recipients, text=text, accounts=accounts, figures=figures, look=look)
    return int(max(row[0] for row in rows))


def _read(picks: Picks, *, has_texts: bool) -> list[tuple[Any, ...]]:
    sql = _PEOPLE.format(
        picks=picks.sql,
        columns=_COLUMNS if has_texts else "",
        contacts=_CONTACTS if has_texts else "",
    )
    # On SQLite a transaction would hold up all writers.
    is_postgresql = connection.vendor == "postgresql"
    with transaction.atomic() if is_postgresql else nullcontext(), connection.cursor() as cursor:
        prepare_for_chunk(cursor)
        cursor.execute(sql, picks.params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _recipient(row: tuple[Any, ...]) -> Recipient:
    name, attributes, readings = row[10:13]
    return Recipient(row[1], name, _json(attributes), _json(readings))


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _render(
    people: Sequence[_Person],
    *,
    text: TextsAtHand,
    accounts: Mapping[int, Account],
    figures: RehearsalFigures,
    look: Callable[[], None],
) -> None:
    has_nicknames = any("nickname" in one.variables for one in text.texts.values())
    nicknames: dict[tuple[int, int], str] = {}
    if has_nicknames:
        nicknames = Friend.objects.nicknames(
            uins=[person.recipient.uin for person in people],
            accounts={person.account_id for person in people},
        )
    for person in people:
        look()
        account, recipient = accounts[person.account_id], person.recipient
        figures.rendered += 1
        nickname = nicknames.get((account.pk, recipient.uin), "")
        context = context_for(contact=recipient, account=account, nickname=nickname)
        empty = [
            one.name for one in text.variables[person.text_number] if _is_empty(context, one.path)
        ]
        figures.empty.update(empty)
        try:
            made = sendable_text(
                text.texts[person.text_number], context, now=text.now, forbidden=text.refused_words
            )
        except Unsendable as problem:
            figures.unsendable[problem.reason.value] += 1
            _refuse_costly(problem, figures)
            continue
        figures.add_text(
            Sample(recipient.uin, recipient.name, account.uin, made),
            words=text.held_words.all_in(made) if text.held_words is not None else (),
            has_empty=bool(empty),
        )


def _refuse_costly(problem: Unsendable, figures: RehearsalFigures) -> None:
    """Refuse to go on with texts that each take as long as a text may take.

    Raises:
        Refusal: half of the texts and at least MOST_TOO_COSTLY take too much (`too_costly`).
    """
    costly = figures.unsendable[TextFault.RENDER_TOO_COSTLY.value]
    if problem.reason == TextFault.RENDER_TOO_COSTLY and costly >= max(
        MOST_TOO_COSTLY, figures.rendered / 2
    ):
        raise Refusal(
            _(
                "Most of its texts take too much time or memory to render, so the rehearsal "
                "stopped. Write a simpler text."
            ),
            code="too_costly",
        )


def _is_empty(context: Mapping[str, Any], path: Sequence[str]) -> bool:
    """Return whether a variable shows nothing for a person."""
    value: Any = context
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value is None or (isinstance(value, str) and not value.strip())


def variables_of(compiled: CompiledText, *, attributes: Collection[str]) -> list[Reference]:
    """Return the variables of a text that can be empty, each once by its name.

    Args:
        compiled: the text.
        attributes: the names of the attributes that are known of the audience.
    """
    found: dict[str, Reference] = {}
    for one in compiled.references:
        root, *below = one.path
        is_attribute = root in attributes or (
            root == "attributes" and len(below) == 1 and below[0] in attributes
        )
        if is_attribute or one.path in (("name",), ("nickname",), ("account", "name")):
            found.setdefault(one.name, one)
    return list(found.values())
