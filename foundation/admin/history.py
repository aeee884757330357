"""Pages of rows with a change history (simple_history). They are read only.

The library's own page of an earlier state is a form that saves with the permission to view. It is
replaced by a page that compares the state with the one before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from simple_history.utils import get_m2m_reverse_field_name

from foundation.admin.key_fields import is_key
from foundation.admin.permissions import require
from foundation.admin.plain_numbers import shown_number
from foundation.differences import DifferentLine, differences
from foundation.display import EMPTY
from foundation.sentence_field import SentenceField
from foundation.sentences import read

#: The most names that a value of several rows is shown with.
MOST_NAMES = 200
#: A value with more characters is compared line by line.
LONGEST_LINE = 80
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs between two states of a row.

    Attributes:
        label: the field.
        before, after: the values for people to read.
        lines: the lines of both, for texts.
    """

    label: str
    before: str
    after: str
    lines: list[DifferentLine]


class ChangeHistoryMixin:
    """Rows with a change history: the list of changes, and a page of each. Nothing is saved."""

    object_history_list_template = "console/changes.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the changes of a row; the library asks the database for any key."""
        if not is_key(unquote(object_id)):
            raise Http404
        page: HttpResponse = super().history_view(request, object_id, extra_context)  # type: ignore[misc]
        return page

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return that a change is never taken back from here: the list would offer it."""
        return True

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a row as it was after a change, and what the change was."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        require(self.has_view_or_change_permission(request))  # type: ignore[attr-defined]
        record = self._record(unquote(object_id), version_id)
        row: Any = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        before = record.prev_record
        values = field_values(record)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": _("Change of %(name)s") % {"name": str(row or record.instance)},
            "original": row,
            "record": record,
            "changes": field_changes(field_values(before) if before is not None else {}, values),
            "is_first": before is None,
            "values": values,
            "later": record.next_record,
            "earlier": before,
            "object_id": object_id,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "console/change.html", context)

    def _record(self, object_id: str, version_id: str) -> Any:
        model = self.model  # type: ignore[attr-defined]
        history = getattr(model, model._meta.simple_history_manager_attribute)
        is_number = version_id.isascii() and version_id.isdigit() and len(version_id) < 20
        try:
            key = model._meta.pk.to_python(object_id)
        except ValidationError:
            raise Http404 from None
        if not is_number or int(version_id) > LARGEST_KEY or not -1 < int(key) <= LARGEST_KEY:
            raise Http404
        records = history.filter(**{model._meta.pk.attname: key, "history_id": int(version_id)})
        record = records.select_related("history_user").first()
        if record is None:
            raise Http404
        return record


def field_values(record: Any) -> dict[str, str]:
    """Return the values of a historical record for people to read, by the field's label."""
    values = {}
    for field in type(record).tracked_fields:
        if not field.primary_key and not getattr(field, "auto_now", False):
            values[capfirst(str(field.verbose_name))] = _value(record, field)
    for field in getattr(type(record), "_history_m2m_fields", ()):
        name = get_m2m_reverse_field_name(field)
        rows = list(getattr(record, field.name).select_related(name)[: MOST_NAMES + 1])
        names = [str(_related(row, name)) for row in rows[:MOST_NAMES]]
        if len(rows) > MOST_NAMES:
            names.append(f"… ({getattr(record, field.name).count()})")
        values[capfirst(str(field.verbose_name))] = ", ".join(names) or EMPTY
    return values


def field_changes(before: dict[str, str], after: dict[str, str]) -> list[FieldChange]:
    """Return the fields whose values differ."""
    return [
        FieldChange(
            label,
            before.get(label, EMPTY),
            value,
            _lines(before.get(label, EMPTY), value),
        )
        for label, value in after.items()
        if before.get(label, EMPTY) != value
    ]


def _lines(before: str, after: str) -> list[DifferentLine]:
    is_text = "\n" in before + after or max(len(before), len(after)) > LONGEST_LINE
    plain = ["" if text == EMPTY else text for text in (before, after)]
    return differences(*plain) if is_text else []


def _value(record: Any, field: Any) -> str:
    if field.is_relation:
        related = _related(record, field.name)
        return EMPTY if related is None else str(related)
    value = getattr(record, field.attname)
    if value is None or value in ("", [], {}):
        return EMPTY
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float | Decimal):
        return shown_number(value)
    if isinstance(value, datetime):
        return localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, indent=1)
    # Only sentences are translated: what people wrote may look like one.
    return str(read(value)) if isinstance(field, SentenceField) else str(value)


def _related(row: Model, name: str) -> Any:
    """Return a related row, or a word for one that was deleted."""
    try:
        return getattr(row, name)
    except ObjectDoesNotExist:
        return _("(deleted)")
