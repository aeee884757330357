"""The kinds of conditions about what this app knows: attributes, names, lists, suppressions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy

from contacts.models import Membership, Suppression
from contacts.segments.comparisons import ATTRIBUTE_PHRASES, NAME_PHRASES, compare
from contacts.segments.kinds import (
    NOBODY,
    Answer,
    Asking,
    Kind,
    Phrase,
    known,
    register_kind,
)
from contacts.segments.references import names_in, reference_to
from contacts.segments.subjects import attribute_subject, name_subject


def _after(first: str, phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """Return phrases that begin with a subject."""
    return tuple(
        Phrase(f"{first} {phrase.text}", phrase.fixed, phrase.label, phrase.is_synonym)
        for phrase in phrases
    )


def time_ago(node: Mapping[str, Any], asking: Asking) -> datetime:
    """Return the time that is a condition's "days" ago."""
    return asking.now - timedelta(days=node["days"])


def among(node: Mapping[str, Any], *, key: str, of_known: Any) -> Answer:
    """Return the answer of a condition such as "in one of these lists".

    If one of the rows was deleted, it is unknown who is related to it. A person related to one of
    the other rows meets the condition; for all others it is unknown.

    Args:
        node: the condition.
        key: the key of its ids.
        of_known: returns the condition on a person, given the ids that exist.
    """
    names = names_in(node, reference_to(key))
    existing = [number for number, name in names.items() if name is not None]
    met = of_known(existing) if existing else NOBODY
    return known(met) if len(existing) == len(names) else Answer(met, NOBODY)


def _attribute(node: Mapping[str, Any], asking: Asking) -> Answer:
    name = node["name"]
    return compare(attribute_subject(name, asking.type_of(name)), node, asking)


def _name(node: Mapping[str, Any], asking: Asking) -> Answer:
    return compare(name_subject(), node, asking)


def _list(node: Mapping[str, Any], _asking: Asking) -> Answer:
    def in_them(ids: Collection[int]) -> Q:
        members = Membership.objects.filter(contact=OuterRef("pk"), contact_list_id__in=ids)
        return Q(Exists(members))

    return among(node, key="lists", of_known=in_them)


def _suppressed(_node: Mapping[str, Any], _asking: Asking) -> Answer:
    in_force = Suppression.objects.in_force().filter(uin=OuterRef("uin"), contact_list=None)
    return known(Q(Exists(in_force)))


def _known_since(node: Mapping[str, Any], asking: Asking) -> Answer:
    moment = time_ago(node, asking)
    if node["is"] == "more_than":
        return known(Q(created_at__lt=moment))
    return known(Q(created_at__gte=moment))


register_kind(
    Kind(
        name="attribute",
        label=gettext_lazy("attribute"),
        phrases=(
            *_after("{name}", ATTRIBUTE_PHRASES),
            # The word alone means the attribute "birthday".
            *(
                Phrase(phrase.text, {**phrase.fixed, "name": "birthday"}, is_synonym=True)
                for phrase in ATTRIBUTE_PHRASES
                if phrase.text.startswith("birthday")
            ),
        ),
        answer=_attribute,
        usual="equals",
    )
)
register_kind(
    Kind(
        name="name",
        label=gettext_lazy("name"),
        phrases=_after("name|姓名", NAME_PHRASES),
        answer=_name,
        usual="equals",
    )
)
register_kind(
    Kind(
        name="list",
        label=gettext_lazy("list"),
        phrases=(Phrase("in list|列表 : {lists}", {}, gettext_lazy("in one of the lists")),),
        answer=_list,
        refers_to="lists",
    )
)
register_kind(
    Kind(
        name="known_since",
        label=gettext_lazy("became a contact"),
        phrases=(
            Phrase(
                "known for less than {days} days|day|天",
                {"is": "less_than"},
                gettext_lazy("within the last … days"),
            ),
            Phrase(
                "known for more than {days} days|day|天",
                {"is": "more_than"},
                gettext_lazy("longer ago than … days"),
            ),
        ),
        answer=_known_since,
        usual="less_than",
    )
)
register_kind(
    Kind(
        name="suppressed",
        label=gettext_lazy("suppressed"),
        phrases=(Phrase("suppressed", {}, gettext_lazy("in every campaign")),),
        answer=_suppressed,
    )
)
