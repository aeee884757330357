"""The form fields of a schedule: the repetition, and the sending windows as a weekly grid."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.scheduling.rule import Rule, read_rule
from campaigns.scheduling.words import DAY_NAMES
from foundation.refusals import Refusal
from foundation.weekly import DAYS, format_spans, format_windows, read_windows, stored_windows

KINDS = [
    ("", _("once")),
    ("daily", _("every day")),
    ("weekly", _("every week")),
    ("monthly", _("every month")),
    ("cron", _("by a cron line")),
]
_EMPTY: list[Any] = ["", "", [], "", ""]


class RepeatWidget(forms.MultiWidget):
    """Kind, time, weekdays, day of the month and cron line; the page shows those of the kind."""

    def __init__(self) -> None:
        super().__init__(
            [
                UnfoldAdminSelectWidget(choices=KINDS, attrs={"aria-label": _("Repetition")}),
                UnfoldAdminTextInputWidget(attrs={"placeholder": "09:00", "maxlength": 5}),
                forms.CheckboxSelectMultiple(choices=list(zip(DAYS, DAY_NAMES, strict=True))),
                UnfoldAdminTextInputWidget(attrs={"placeholder": "1", "maxlength": 2}),
                UnfoldAdminTextInputWidget(attrs={"placeholder": "0 9 * * 1-5"}),
            ]
        )

    def decompress(self, value: str | None) -> list[Any]:
        """Return the parts of a stored rule."""
        if not value:
            return list(_EMPTY)
        try:
            rule = read_rule(value)
        except Refusal:
            return list(_EMPTY)
        at = rule.at.isoformat("minutes")
        days = [DAYS[day] for day in rule.weekdays]
        return [
            rule.kind,
            "" if rule.kind == "cron" else at,
            days,
            str(rule.day) if rule.kind == "monthly" else "",
            rule.cron,
        ]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the parts, each with its label, and the place of the next dates."""
        parts = value if isinstance(value, list) else self.decompress(value)
        shown = [
            widget.render(f"{name}_{number}", part, {"id": f"id_{name}_{number}"}, renderer)
            for number, (widget, part) in enumerate(zip(self.widgets, parts, strict=True))
        ]
        days = [
            {"key": key, "name": day, "checked": key in (parts[2] or ())}
            for key, day in zip(DAYS, DAY_NAMES, strict=True)
        ]
        context = {"name": name, "parts": shown, "days": days}
        return render_to_string("console/campaign/repeat.html", context)


class RepeatField(forms.MultiValueField):
    """A repetition; its value is the text of the rule, empty for once."""

    def __init__(self, **options: Any) -> None:
        fields = [forms.CharField(required=False) for _part in range(5)]
        fields[2] = forms.MultipleChoiceField(  # type: ignore[call-overload]
            required=False, choices=list(zip(DAYS, DAY_NAMES, strict=True))
        )
        super().__init__(
            fields, require_all_fields=False, required=False, widget=RepeatWidget(), **options
        )

    def compress(self, data_list: Any) -> str:
        """Return the rule of the parts.

        Raises:
            ValidationError: a part is missing or cannot be read.
        """
        kind, at, days, day, cron = data_list or _EMPTY
        if not kind:
            return ""
        at, day, days = (at or "").strip(), (day or "").strip(), days or []
        if kind == "weekly" and not days:
            raise ValidationError(_("Choose at least one day of the week."))
        if kind != "cron" and not _is_clock(at):
            raise ValidationError(_("Write the time like 09:00."))
        texts = {
            "daily": f"daily@{at}",
            "weekly": f"weekly@{','.join(days)} {at}",
            "monthly": f"monthly@{day or 1} {at}",
            "cron": f"cron@{cron or ''}",
        }
        try:
            rule: Rule = read_rule(texts.get(kind, kind))
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from None
        return str(rule)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the rule differs from the stored one."""
        try:
            return (initial or "") != self.clean(data)
        except ValidationError:
            return True


class WindowsWidget(forms.MultiWidget):
    """A row for each day of the week, with its windows as text."""

    def __init__(self) -> None:
        text = {"placeholder": "", "maxlength": 200}
        super().__init__([UnfoldAdminTextInputWidget(attrs=dict(text)) for _day in range(7)])

    def decompress(self, value: str | None) -> list[str]:
        """Return the windows of each day."""
        try:
            weekly = stored_windows(value or "")
        except Refusal:
            weekly = None
        if weekly is None:
            return [""] * 7
        return [format_spans(windows).replace(",", ", ") for windows in weekly]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the grid."""
        parts = value if isinstance(value, list) else self.decompress(value)
        rows = [
            (
                day,
                f"id_{name}_{number}",
                widget.render(f"{name}_{number}", part, {"id": f"id_{name}_{number}"}, renderer),
            )
            for number, (day, widget, part) in enumerate(
                zip(DAY_NAMES, self.widgets, parts, strict=True)
            )
        ]
        context = {"rows": rows, "attrs": SafeString(flatatt({"id": f"id_{name}"}))}
        return render_to_string("console/campaign/windows.html", context)


class WindowsField(forms.MultiValueField):
    """The sending windows of a week; its value is their text, empty for at any hour."""

    def __init__(self, **options: Any) -> None:
        fields = [forms.CharField(required=False) for _day in range(7)]
        super().__init__(
            fields, require_all_fields=False, required=False, widget=WindowsWidget(), **options
        )

    def compress(self, data_list: list[str]) -> str:
        """Return the text of the windows.

        Raises:
            ValidationError: the windows of a day cannot be read; names the day.
        """
        texts = []
        for day, spans in zip(DAYS, data_list or [""] * 7, strict=True):
            text = f"{day}={spans or ''}"
            if (spans or "").strip():
                try:
                    read_windows([text])
                except Refusal as refusal:
                    raise ValidationError(
                        f"{DAY_NAMES[DAYS.index(day)]}: {refusal.sentence}"
                    ) from None
            texts.append(text)
        if not any((spans or "").strip() for spans in data_list or ()):
            return ""
        try:
            return format_windows(read_windows(texts))
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the windows differ from the stored ones."""
        try:
            return (initial or "") != self.clean(data)
        except ValidationError:
            return True


def _is_clock(text: str) -> bool:
    try:
        return time.fromisoformat(text.replace("：", ":")).second == 0
    except ValueError:
        return False
