"""Read and store the choices of a campaign about its planning.

They are the sender, the order, the people of earlier runs, and the limits on messages to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from campaigns.earlier_people import EarlierPeople, stored_rules
from campaigns.models import Campaign
from campaigns.states import SenderChoice, SendingOrder
from contacts.models import ContactList
from contacts.people.attributes import attribute_names_in_use
from foundation.caps import LONGEST_DAYS, MOST_MESSAGES, Cap, cap_of
from foundation.refusals import Refusal
from labels.labelling import find_labels
from labels.models import Label

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class PlanningChoices:
    """The choices of a campaign about its planning.

    Attributes:
        sender: a SenderChoice.
        order: a SendingOrder.
        order_attribute: the attribute of the order by an attribute, else "".
        order_descending: whether the highest comes first.
        cap: the campaign's own frequency cap; None for the one for all campaigns, if any.
        cap_label: the label of the campaigns whose messages count for it; None: all count.
        online_within: seconds for which messages wait for their person to be online; None: they
            do not wait.
        once_across: the campaigns that count together with this one.
        earlier: people of earlier runs who are in the audience.
        excluded_earlier: people of earlier runs who are left out.
    """

    sender: str = SenderChoice.KEEP
    order: str = SendingOrder.IMPORTED
    order_attribute: str = ""
    order_descending: bool = False
    cap: Cap | None = None
    cap_label: Label | None = None
    online_within: int | None = None
    once_across: Sequence[Campaign] = ()
    earlier: Sequence[EarlierPeople] = ()
    excluded_earlier: Sequence[EarlierPeople] = ()


#: The choices of a campaign that makes none.
AS_USUAL = PlanningChoices()


def columns_of(choices: PlanningChoices) -> dict[str, Any]:
    """Return the columns of a campaign that hold the choices, except `once_across`."""
    return {
        "sender": choices.sender,
        "order": choices.order,
        "order_attribute": choices.order_attribute,
        "order_descending": choices.order_descending,
        "online_within": choices.online_within,
        "cap_most": choices.cap.most if choices.cap else None,
        "cap_label": choices.cap_label if choices.cap else None,
        "cap_days": choices.cap.seconds / _DAY if choices.cap else None,
        "earlier_people": stored_rules(choices.earlier),
        "excluded_earlier_people": stored_rules(choices.excluded_earlier),
    }


def refuse_choices(choices: PlanningChoices, *, lists: Sequence[ContactList] | None) -> None:
    """Refuse choices with which a run cannot be planned.

    Args:
        choices: the choices.
        lists: the lists of the audience; None if it has other people too.

    Raises:
        Refusal: the sender or the order is unknown, or no person has the order's attribute.
    """
    if choices.sender not in SenderChoice.values:
        raise Refusal(
            _("There is no choice of sender “%(sender)s”: choose keep or spread.")
            % {"sender": choices.sender},
            code="sender_unknown",
        )
    if choices.order not in SendingOrder.values:
        raise _unknown_order(choices.order)
    if choices.order == SendingOrder.ATTRIBUTE:
        refuse_attribute(choices.order_attribute, lists=lists)


def refuse_attribute(name: str, *, lists: Sequence[ContactList] | None) -> None:
    """Refuse an order by an attribute that no person has.

    Args:
        name: the attribute.
        lists: the lists of the audience; None if it has other people too.

    Raises:
        Refusal: no attribute is named (`order_attribute_missing`), or no person in the lists has
            it (`order_attribute_unknown`).
    """
    if not name:
        raise Refusal(
            _("Name the attribute that the order goes by, as in attribute:points:desc."),
            code="order_attribute_missing",
        )
    known = sorted(attribute_names_in_use(lists=lists))
    if name in known:
        return
    sentence = _("No person in the audience has an attribute “%(name)s”.") % {"name": name}
    near = get_close_matches(name, known, n=1)
    if near:
        sentence += " " + _("Did you mean “%(near)s”?") % {"near": near[0]}
    elif known:
        sentence += " " + _("There are: %(names)s.") % {"names": ", ".join(known[:10])}
    raise Refusal(sentence, code="order_attribute_unknown", name=name)


def read_order(text: str) -> tuple[str, str, bool]:
    """Return (order, attribute, whether the highest comes first) of a text such as attribute:X.

    Raises:
        Refusal: the text is none of these (`order_unknown`), or names no attribute.
    """
    kind, _colon, rest = text.strip().partition(":")
    if kind not in SendingOrder.values or (rest and kind != SendingOrder.ATTRIBUTE):
        raise _unknown_order(text)
    name, colon, direction = rest.rpartition(":")
    if not colon or direction not in ("asc", "desc"):
        name, direction = rest, "asc"
    return kind, name.strip(), direction == "desc"


def _unknown_order(text: str) -> Refusal:
    return Refusal(
        _(
            "The order “%(order)s” is not known: write imported, random, attribute:NAME or "
            "attribute:NAME:desc."
        )
        % {"order": text},
        code="order_unknown",
    )


def read_cap_and_label(text: str) -> tuple[Cap, Label | None]:
    """Return the frequency cap written as 2/7d or 2/7d@label:NAME, with its label.

    Raises:
        Refusal: it cannot be read (`cap_malformed`), or the label is unknown (`label_unknown`).
    """
    cap, sign, scope = text.partition("@")
    if not sign:
        return read_cap(text), None
    kind, colon, name = scope.partition(":")
    if kind.strip() != "label" or not colon:
        raise _malformed_cap(text)
    return read_cap(cap), find_labels(names=[name])[0]


def read_cap(text: str) -> Cap:
    """Return the frequency cap written as 2/7d or 1/12h.

    Raises:
        Refusal: it cannot be read, or is out of bounds (`cap_malformed`).
    """
    cap = cap_of(text)
    if cap is None:
        raise _malformed_cap(text)
    return cap


def _malformed_cap(text: str) -> Refusal:
    return Refusal(
        _(
            "The cap “%(cap)s” cannot be read: write it like 2/7d, which is at most 2 messages "
            "in 7 days to a person (at most %(most)s messages, %(days)s days)."
        )
        % {"cap": text, "most": MOST_MESSAGES, "days": LONGEST_DAYS},
        code="cap_malformed",
    )
