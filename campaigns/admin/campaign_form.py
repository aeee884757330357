"""The form of a campaign. Each error is shown next to its field."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2Widget

from campaigns.admin.planning_fields import FIELDS, PlanningFields
from campaigns.admin.text_widget import TextWidget
from campaigns.models import Campaign
from contacts.people.attributes import attribute_names_in_use
from texts.rendering import TextProblem, compile_text, refuse_unknown_variables


@lru_cache(maxsize=1)
def timezone_choices() -> list[tuple[str, str]]:
    """Return the known time zones as choices of a select."""
    return [(name, name) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class CampaignForm(PlanningFields):
    """Recipients, message, sender accounts and schedule."""

    timezone = forms.ChoiceField(
        label=_("Time zone of the window"),
        help_text=_("The sending window is in this time zone, wherever the server is."),
        choices=timezone_choices,
        initial="Asia/Shanghai",
        widget=UnfoldAdminSelect2Widget,
    )

    class Meta:
        model = Campaign
        fields = [
            "name",
            "template",
            "text",
            "lists",
            "segments",
            "excluded_lists",
            "allows_strangers",
            "accounts",
            "promise",
            "on_lost_account",
            "starts_at",
            "window_start",
            "window_end",
            "timezone",
            *FIELDS,
        ]
        widgets = {"text": TextWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "starts_at" in self.fields:
            self.fields["starts_at"].help_text = _(
                "Empty: sending begins as soon as the campaign is started. Enter the time "
                "in the console's time zone (%(zone)s)."
            ) % {"zone": settings.TIME_ZONE}

    def clean(self) -> dict[str, Any] | None:
        """Require either a template or a text, recipients, and both ends of a window or none."""
        data = super().clean()
        template, text = self.cleaned_data.get("template"), self.cleaned_data.get("text", "")
        if template is None and not text.strip():
            self.add_error("text", _("Write a text here, or choose a template above."))
        if template is not None and text.strip():
            self.add_error("text", _("Choose a template or write a text, not both."))
        audience = ("lists", "segments", "earlier_people")
        if not any(self.cleaned_data.get(name) for name in audience):
            self.add_error(
                "lists", _("Choose the recipients: a campaign needs a list or a segment.")
            )
        self._check_text()
        self._check_window()
        self.check_planning()
        return data

    def _check_text(self) -> None:
        """Refuse a text that cannot be compiled or uses a variable unknown for these lists."""
        template, text = self.cleaned_data.get("template"), self.cleaned_data.get("text", "")
        message = template.text if template is not None else text
        if not message.strip() or "text" in self.errors:
            return
        try:
            compiled = compile_text(message)
            lists, segments = self.cleaned_data.get("lists"), self.cleaned_data.get("segments")
            others = segments or self.cleaned_data.get("earlier_people")
            if lists or others:
                known = attribute_names_in_use(lists=None if others else list(lists or ()))
                refuse_unknown_variables(compiled, attributes=known)
        except TextProblem as problem:
            self.add_error("text" if template is None else "template", problem.sentence)

    def _check_window(self) -> None:
        start, end = self.cleaned_data.get("window_start"), self.cleaned_data.get("window_end")
        if "window_start" in self.errors or "window_end" in self.errors:
            return
        if (start is None) != (end is None):
            missing = "window_start" if start is None else "window_end"
            self.add_error(missing, _("A sending window needs both its start and its end."))
        if start is not None and start == end:
            self.add_error(
                "window_end", _("The sending window is empty: it starts and ends at the same time.")
            )
