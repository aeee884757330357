"""Fields that choose rows: a posted key that cannot be one is refused at its field."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin
from django.forms import Field

#: The longest key, in digits. A larger number does not fit into the column: a query would fail.
MOST_DIGITS = 18
#: What stands for a key that cannot be one: no row has it.
NO_KEY = "–"


def is_key(value: object) -> bool:
    """Return whether a posted value can be a row's key."""
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


class OnlyKeys:
    """Mixin of a select of rows that reads and shows only what can be a key."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was posted; what is no key is replaced by `NO_KEY`, which is refused."""
        found: Any = super().value_from_datadict(data, files, name)  # type: ignore[misc]
        if isinstance(found, list):
            return [one if not one or is_key(one) else NO_KEY for one in found]
        return found if not found or is_key(found) else NO_KEY

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """Return the options, of which those are selected that can be a row's."""
        keys = [one for one in value if is_key(one)]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]


@cache
def _only_keys(kind: type) -> type:
    return type(kind.__name__, (OnlyKeys, kind), {})


class KeyFieldsMixin:
    """Mixin of an admin page: its selects that search for rows stand any posted value."""

    def formfield_for_foreignkey(self, *args: Any, **kwargs: Any) -> Any:
        """Return the field of a reference."""
        return guarded(super().formfield_for_foreignkey(*args, **kwargs))  # type: ignore[misc]

    def formfield_for_manytomany(self, *args: Any, **kwargs: Any) -> Any:
        """Return the field of several references."""
        return guarded(super().formfield_for_manytomany(*args, **kwargs))  # type: ignore[misc]


def guarded(field: Field | None) -> Field | None:
    """Return the field; if its select searches for rows, the select stands any posted value."""
    if field is not None and isinstance(field.widget, AutocompleteMixin):
        field.widget.__class__ = _only_keys(type(field.widget))
    return field
