"""What a definition file refers to: found by name here, or created from the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from accounts.models import Account, AccountPool
from accounts.pools import find_pools
from campaigns.creation.pool_shares import PoolChoices, read_share, refuse_too_many
from campaigns.creation.variants import NewVariant
from campaigns.definitions.reader import FieldReader
from campaigns.earlier_people import EarlierPeople
from campaigns.find import find_campaign, find_run
from campaigns.models import Campaign, MessageTemplate
from campaigns.models.message_template import LANGUAGE_ATTRIBUTE
from campaigns.states import EarlierGroup
from campaigns.writing.templates import checked_attribute, create_template
from contacts.models import Segment
from contacts.segments.save import create_segment
from contacts.segments.where import parse_where
from contacts.segments.where_text import where_text
from foundation.archiving import refuse_archived
from foundation.refusals import Refusal
from tabular.numbers import CellProblem, qq_number

Row = TypeVar("Row")


def named_rows(reader: FieldReader, key: str, find: Callable[[str], Row]) -> list[Row]:
    """Return the rows that a list of names means, each once; what is missing is noted."""
    found: list[Row] = []
    for name, line in reader.texts(key):
        row = reader.attempt(key, lambda name=name: find(name), None, line=line)  # type: ignore[misc]
        if row is not None and row not in found:
            found.append(row)
    return found


def definition_accounts(reader: FieldReader) -> list[Account]:
    """Return the accounts of a definition, by UIN."""

    def account(text: str) -> Account:
        try:
            return find_accounts(uins=[qq_number(text, least=1, most=10**18)])[0]
        except CellProblem as problem:
            raise Refusal(str(problem.reason), code="malformed") from None

    return named_rows(reader, "accounts", account)


def definition_template(reader: FieldReader, *, by: Any) -> MessageTemplate | None:
    """Return the template of a definition: the one that is here if it is the same, or a new one.

    Creates it in the caller's transaction.
    """
    inside = reader.reader("template")
    if inside is None:
        return None
    inside.refuse_unknown(("name", "text", "languages", "language_attribute"))
    name = inside.text("name")
    texts = {"": inside.text("text"), **inside.texts_by_name("languages")}
    attribute = inside.text("language_attribute", LANGUAGE_ATTRIBUTE)
    found: MessageTemplate | None = MessageTemplate.objects.named(name)
    if found is None:
        return inside.attempt("text", lambda: _new_template(name, texts, attribute, by=by), None)
    has_attribute = len(texts) == 1 or found.language_attribute == attribute
    if inside.has("text") and not (found.texts_by_language() == texts and has_attribute):
        inside.note(
            "text",
            _(
                "There is a template “%(name)s” already, with another text. Rename one of them, or "
                "take the text out of the file to use the one that is there."
            )
            % {"name": found.name},
            code="template_differs",
        )
        return None
    return inside.attempt("name", lambda: _offered(found), None)


def definition_variants(reader: FieldReader, *, by: Any) -> list[NewVariant]:
    """Return the variants of a definition, with their templates as for `definition_template`."""
    variants = []
    for inside in reader.readers("variants"):
        inside.refuse_unknown(("name", "weight", "text", "template"))
        weight = inside.whole("weight")
        variants.append(
            NewVariant(
                name=inside.text("name"),
                weight=1 if weight is None else weight,
                text=inside.text("text"),
                template=definition_template(inside, by=by),
            )
        )
    return variants


def definition_pools(reader: FieldReader) -> PoolChoices:
    """Return the pools of a definition with their shares; a pool must be here already."""
    pools: list[AccountPool] = []
    shares: dict[str, float] = {}
    for inside in reader.readers("pools"):
        inside.refuse_unknown(("name", "share"))
        name, share = inside.text("name"), inside.text("share")
        pool = inside.attempt("name", lambda name=name: find_pools(names=[name])[0], None)  # type: ignore[misc]
        if pool is None or pool in pools:
            continue
        pools.append(pool)
        if share:
            read = inside.attempt("share", lambda share=share: read_share(share), None)  # type: ignore[misc]
            shares |= {str(pool.pk): read} if read is not None else {}
    reader.attempt("pools", lambda: refuse_too_many(pools), None)
    return PoolChoices(pools, shares)


def definition_segments(reader: FieldReader, *, by: Any) -> list[Segment]:
    """Return the segments of a definition: those that are here if they are the same, or new ones.

    Creates them in the caller's transaction.
    """
    segments = []
    for inside in reader.readers("segments"):
        inside.refuse_unknown(("name", "where"))
        found = _segment(inside, by=by)
        if found is not None and found not in segments:
            segments.append(found)
    return segments


def earlier_rules(reader: FieldReader, key: str) -> list[EarlierPeople]:
    """Return the groups of earlier runs that a field names."""
    rules = []
    for inside in reader.readers(key):
        inside.refuse_unknown(("campaign", "run", "group"))
        group = inside.choice("group", EarlierGroup.values, "")
        if not inside.has("group"):
            inside.note(
                "group", _("Expected here: %(what)s.") % {"what": ", ".join(EarlierGroup.values)}
            )
        name, number = inside.text("campaign"), inside.whole("run")
        rule = inside.attempt(
            "campaign",
            lambda name=name, number=number, group=group: _rule(name, number, group),  # type: ignore[misc]
            None,
        )
        if rule is not None:
            rules.append(rule)
    return rules


def _rule(name: str, number: int | None, group: str) -> EarlierPeople:
    campaign: Campaign = find_campaign(name=name)
    if number is not None:
        find_run(campaign=campaign, number=number)
    return EarlierPeople(campaign.pk, number, group)


def _segment(inside: FieldReader, *, by: Any) -> Segment | None:
    name, where = inside.text("name"), inside.text("where")
    found: Segment | None = Segment.objects.named(name)
    if found is None:
        return inside.attempt("where", lambda: _new_segment(name, where, by=by), None)
    if inside.has("where") and where_text(found.conditions) != _normal(where):
        inside.note(
            "where",
            _(
                "There is a segment “%(name)s” already, with other conditions. Rename one of them, "
                "or take the conditions out of the file to use the one that is there."
            )
            % {"name": found.name},
            code="segment_differs",
        )
        return None
    return inside.attempt("name", lambda: _offered(found), None)


def _normal(where: str) -> str:
    """Return conditions as they are written out; as they are if they are not understood."""
    try:
        return where_text(parse_where(where)) or where
    except Refusal:
        return where


def _new_segment(name: str, where: str, *, by: Any) -> Segment:
    _refuse_without(
        by, "contacts.add_segment", _("You may not create segments: ask for the right.")
    )
    return create_segment(name=name, conditions=parse_where(where), by=by)


def _new_template(name: str, texts: dict[str, str], attribute: str, *, by: Any) -> MessageTemplate:
    _refuse_without(
        by, "campaigns.add_messagetemplate", _("You may not create templates: ask for the right.")
    )
    return create_template(
        name=name, texts=texts, language_attribute=checked_attribute(attribute), by=by
    )


def _refuse_without(by: Any, permission: str, sentence: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise Refusal(sentence, code="no_right")


def _offered(row: Row) -> Row:
    refuse_archived(row)
    return row
