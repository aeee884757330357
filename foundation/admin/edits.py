"""Two people, one form: the second to save sees what changed meanwhile, and chooses.

A field that only the other operator changed keeps the other's value. A field that only this
operator changed is saved. For a field that both changed, the form shows the other's value, the
operator's own and the one before, and the operator chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from foundation.acts import trail
from foundation.admin.archived import offer_unarchived
from foundation.admin.seen_values import (
    Seen,
    decoded,
    is_compared,
    is_digest,
    packed,
    posted,
    read_token,
    shown,
    token_of,
)
from foundation.display import EMPTY

#: The hidden field with the values that the form showed.
SEEN_FIELD = "_seen"
#: The prefix of the choice for one field, and the choice for all of them.
CHOICE_PREFIX, CHOICE_OF_ALL = "_choice_", "_choice_all"
THEIRS, MINE = "theirs", "mine"
#: The most names that a value of several rows is shown with.
MOST_NAMES = 30


@dataclass(frozen=True)
class Conflict:
    """A field that two people changed.

    Attributes:
        name: the field.
        label: its label.
        before, theirs, mine: the values for people to read; `before` is None if it is not known.
        choice: what the operator chose: "theirs", "mine" or "".
    """

    name: str
    label: str
    before: str | None
    theirs: str
    mine: str
    choice: str


class EditedForm(forms.BaseModelForm):
    """A form of the console, mixed in by `edited_form`."""

    #: Set by `edited_form`.
    request: HttpRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_unarchived(self)
        self.conflicts: list[Conflict] = []
        #: The fields that someone else changed and this operator did not.
        self.kept: list[str] = []
        self.seen: Seen | None = None
        if self.is_bound and not self.instance._state.adding and SEEN_FIELD in self.data:
            self._compare(read_token(str(self.data.get(SEEN_FIELD, ""))))

    def full_clean(self) -> None:
        """Validate with their values in the kept fields; refuse to save over an open choice."""
        for name in self.kept:
            self.fields[name].disabled = True  # takes the initial value, which is theirs
        super().full_clean()
        if not self.kept and not self.conflicts:
            return
        _is_computed_now = self.changed_data
        for name in self.kept:
            field = self.fields[name]
            field.disabled = False
            field.bound_data = _initial  # type: ignore[assignment, method-assign]
        if self.conflicts and self.is_bound:
            self.add_error(
                None,
                forms.ValidationError(
                    _(
                        "Nothing is saved yet: fields that you changed were changed by "
                        "someone else meanwhile. Choose for each of them, then save."
                    ),
                    code="edited_meanwhile",
                ),
            )

    @cached_property
    def seen_token(self) -> str:
        """The token of the values that the form shows now."""
        return token_of(
            self,
            user=self.request.user.pk,
            row=_row_name(self.instance),
            asked=[conflict.name for conflict in self.conflicts],
        )

    @property
    def kept_labels(self) -> list[str]:
        """The labels of the kept fields."""
        return [str(self[name].label) for name in self.kept]

    @property
    def changed_by(self) -> str:
        """Who changed the row since the form was opened, as far as the log knows."""
        if self.seen is None:
            return ""
        return ", ".join(trail().changed_by(self.instance, since=self.seen.at))

    def _compare(self, seen: Seen | None) -> None:
        """Sort the fields into those to save, those to keep and those about which to ask."""
        if seen is not None and seen.row != _row_name(self.instance):
            seen = None
        self.seen = seen
        for name, field in self.fields.items():
            if not is_compared(field):
                continue
            choice = str(self.data.get(CHOICE_PREFIX + name) or self.data.get(CHOICE_OF_ALL) or "")
            before = seen.values.get(name) if seen is not None else None
            is_known = seen is not None and name in seen.values
            is_asked = seen is not None and name in seen.asked
            is_changed = not is_known or packed(shown(self, name)) != before
            if (is_asked and choice == THEIRS) or (
                is_changed and is_known and not self._is_touched(name, before)
            ):
                self.kept.append(name)
            elif (is_changed or (is_asked and choice != MINE)) and self._differs(name):
                self.conflicts.append(
                    Conflict(
                        name=name,
                        label=str(self[name].label),
                        before=self._in_words(name, decoded(before))
                        if is_known and not is_digest(before) and not is_asked
                        else None,
                        theirs=self._in_words(name, self[name].initial),
                        mine=self._in_words(name, self[name].data, is_raw=True),
                        choice=choice if choice in (THEIRS, MINE) and not is_changed else "",
                    )
                )

    def _differs(self, name: str) -> bool:
        """Return whether what was posted differs from what stands there now."""
        return self.fields[name].has_changed(self[name].initial, self[name].data)

    def _is_touched(self, name: str, before: Any) -> bool:
        """Return whether the operator changed what the form showed."""
        if is_digest(before):
            return bool(packed(posted(self, name)) != before)
        return bool(self.fields[name].has_changed(decoded(before), self[name].data))

    def _in_words(self, name: str, value: Any, *, is_raw: bool = False) -> str:
        """Return a value for people to read."""
        field = self.fields[name]
        if is_raw:
            try:
                value = field.clean(value)
            except forms.ValidationError:
                return str(value) if value else EMPTY
        if isinstance(field, forms.ModelChoiceField):
            return _names_of(field, value)
        if isinstance(field, forms.ChoiceField):
            labels = {str(key): str(label) for key, label in _flat(field.choices)}
            return labels.get(str(value), str(value or EMPTY))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if value is None or value == "":
            return EMPTY
        return str(field.prepare_value(value))


def edited_form(form_class: Any, request: HttpRequest) -> Any:
    """Return a form class that compares what it showed with what stands there at saving."""
    return type(form_class)(form_class.__name__, (EditedForm, form_class), {"request": request})


def _initial(_data: Any, initial: Any) -> Any:
    return initial


def _row_name(row: Any) -> str:
    return f"{row._meta.label_lower}:{row.pk}" if not row._state.adding else ""


def _names_of(field: forms.ModelChoiceField, value: Any) -> str:
    if value is None or value == "":
        return EMPTY
    several = (
        not hasattr(value, "_meta") and hasattr(value, "__iter__") and not isinstance(value, str)
    )
    keys = [getattr(one, "pk", one) for one in (value if several else [value])]
    keys = [key for key in keys if key not in ("", None)]
    rows = field.queryset.model._default_manager.filter(pk__in=keys[: MOST_NAMES + 1])  # type: ignore[union-attr]
    names = [str(row) for row in rows]
    # A deleted row has no name any more.
    names += [_("(deleted)")] * max(0, min(len(keys), MOST_NAMES) - len(names))
    more = [f"… ({len(keys)})"] if len(keys) > MOST_NAMES else []
    return ", ".join(names[:MOST_NAMES] + more) or EMPTY


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    for key, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(key, label)]
    return found
