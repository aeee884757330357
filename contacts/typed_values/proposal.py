"""Proposing a type for a column from a sample of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contacts.typed_values.dates import possible_orders, read_date
from contacts.typed_values.numbers import looks_like_a_code, read_number
from contacts.typed_values.types import AttributeType, ValueType
from contacts.typed_values.yes_no import read_yes_no

#: A type is proposed if at least this part of the cells can be read as it.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed type.

    Attributes:
        value_type: the type.
        unread: how many cells of the sample cannot be read as it.
        needs_order: whether the cells are dates such as 3/1/26 whose order only a person knows.
    """

    value_type: ValueType
    unread: int = 0
    needs_order: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether it may be used unconfirmed: all cells can be read, in one way."""
        return not self.unread and not self.needs_order


def propose_type(cells: Sequence[str]) -> Proposal:
    """Return the type that the cells of a sample suggest; empty cells are passed over."""
    cells = [cell for cell in cells if cell.strip()]
    text = Proposal(ValueType(AttributeType.TEXT))
    if not cells:
        return Proposal(ValueType())
    enough = len(cells) * ENOUGH
    dates = _dates(cells)
    if dates and len(cells) - dates.unread >= enough:
        return dates
    is_yes_no = [read_yes_no(cell) is not None for cell in cells]
    is_worded = any(
        yes and cell.strip() not in "01" for cell, yes in zip(cells, is_yes_no, strict=True)
    )
    if sum(is_yes_no) >= enough and is_worded:
        return Proposal(ValueType(AttributeType.YES_NO), unread=is_yes_no.count(False))
    if any(looks_like_a_code(cell) for cell in cells):
        return text
    is_number = [read_number(cell) is not None for cell in cells]
    if sum(is_number) >= enough:
        return Proposal(ValueType(AttributeType.NUMBER), unread=is_number.count(False))
    return text


def _dates(cells: Sequence[str]) -> Proposal | None:
    """Return the proposal of dates, with the order if the cells allow only one."""
    orders = [possible_orders(cell) for cell in cells]
    unread = sum(not possible for possible in orders)
    known = [possible for possible in orders if possible]
    if not known or _are_plain_numbers(cells):
        return None
    common = set.intersection(*known)
    if not common:  # no order fits all cells: only the unambiguous ones are read
        plain = sum(read_date(cell) is None for cell in cells)
        return Proposal(ValueType(AttributeType.DATE), unread=plain)
    if len(common) == 1:
        (order,) = common
        return Proposal(ValueType(AttributeType.DATE, order), unread=unread)
    is_open = any(
        read_date(cell) is None for cell, possible in zip(cells, orders, strict=True) if possible
    )
    return Proposal(ValueType(AttributeType.DATE), unread=unread, needs_order=is_open)


def _are_plain_numbers(cells: Sequence[str]) -> bool:
    """Return whether cells of eight digits are numbers: as dates, their years would be unlikely."""
    return any(
        len(cell.strip()) == 8
        and cell.strip().isdigit()
        and not "1900" <= cell.strip()[:4] <= "2100"
        for cell in cells
    )
