"""The types of an import's attributes: chosen, kept, or proposed from the file's first rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contacts.imports.cells import meant
from contacts.imports.columns import attribute_names
from contacts.imports.fields import ATTRIBUTE
from contacts.imports.layout import inspect_import
from contacts.models import Attribute, ContactImport
from contacts.people.attributes import find_attribute, names_to_store
from contacts.typed_values.proposal import Proposal, propose_type
from contacts.typed_values.types import ValueType, type_named
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Rows from which types are proposed.
SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of the attribute that a column goes into.

    Attributes:
        chosen: the type that an operator chose for this import, or that the attribute has from
            before; None if there is neither.
        proposal: what the sample suggests.
    """

    chosen: ValueType | None
    proposal: Proposal

    @property
    def shown(self) -> ValueType:
        """The type to show an operator, who confirms it."""
        return self.chosen or self.proposal.value_type

    @property
    def used(self) -> ValueType:
        """The type to use if no operator is asked: text if the sample leaves a doubt."""
        if self.chosen is not None:
            return self.chosen
        return self.proposal.value_type if self.proposal.is_certain else ValueType()


def column_types(contact_import: ContactImport) -> dict[str, ColumnType]:
    """Return the types of an import's attributes, by name.

    Raises:
        Refusal: the file cannot be read.
    """
    sample = inspect_import(contact_import=contact_import, rows=SAMPLE_ROWS).sample
    known = {
        row.name: row.value_type
        for row in Attribute.objects.filter(name__in=attribute_names(contact_import.mapping))
        if row.kind
    }
    found = {}
    for number, field in enumerate(contact_import.mapping):
        if not field.startswith(ATTRIBUTE):
            continue
        name = field.removeprefix(ATTRIBUTE)
        cells = [meant(cells[number].strip()) for _l, cells, _p in sample if number < len(cells)]
        chosen = contact_import.types.get(name)
        found[name] = ColumnType(
            type_named(chosen) if chosen else known.get(name), propose_type(cells)
        )
    return found


def choose_types(*, contact_import: ContactImport, types: Mapping[str, str]) -> None:
    """Set the types of some attributes of an import.

    Args:
        contact_import: an import that has not been started.
        types: "number", "date:dmy", ... by the name of the attribute.

    Raises:
        Refusal: the import has no such attribute, or there is no such type.
    """
    names: list[str] = attribute_names(contact_import.mapping)
    chosen = dict(contact_import.types)
    for name, words in types.items():
        place = _place(name, contact_import, names)
        if place is None:
            raise Refusal(
                _("The import has no attribute %(name)s. It has: %(names)s.")
                % {"name": name[:100], "names": ", ".join(names[:20]) or "-"},
                code="no_such_attribute",
            )
        chosen[place] = str(type_named(words))
    contact_import.types = chosen
    contact_import.save(update_fields=["types"])


def _place(name: str, contact_import: ContactImport, names: list[str]) -> str | None:
    """Return the attribute of a name: exactly, by the title of its column, or by its looks."""
    if name in names:
        return name
    for title, field in zip(contact_import.columns, contact_import.mapping, strict=False):
        if title == name and field.startswith(ATTRIBUTE):
            return str(field).removeprefix(ATTRIBUTE)
    found = find_attribute(name)
    if found is not None and found.name in names:
        return str(found.name)
    try:
        (cleaned,) = names_to_store([name])
    except Refusal:
        return None
    return cleaned if cleaned in names else None


def refuse_open_dates(types: Mapping[str, ColumnType]) -> None:
    """Refuse dates such as 3/1/26 before an operator says what their order is.

    Raises:
        Refusal: the first attribute with such dates.
    """
    for name, column in types.items():
        if column.chosen == ValueType("date") and column.proposal.needs_order:
            raise Refusal(
                _(
                    "The dates of %(name)s can be read in more than one order. Choose the order of "
                    "day, month and year; on the command line: --types %(name)s=date:dmy (or "
                    "date:mdy, date:ymd)."
                )
                % {"name": name},
                code="date_order",
                attribute=name,
            )
