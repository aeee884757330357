"""The form of a campaign. Each error is shown next to its field."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from campaigns.admin.planning_fields import FIELDS
from campaigns.admin.pool_fields import PoolFields
from campaigns.admin.schedule_widgets import RepeatField, WindowsField
from campaigns.admin.text_widget import TextWidget
from campaigns.admin.variant_fields import VariantFields
from campaigns.approvals.rights import refuse_lifting
from campaigns.creation.create_campaign import refuse_override_without_right
from campaigns.creation.schedule import known_timezones, read_deadline, refuse_schedule
from campaigns.models import Campaign
from campaigns.writing.check import refuse_texts
from contacts.people.attributes import attribute_names_in_use
from foundation.refusals import Refusal
from foundation.restricted import is_restricted
from foundation.spans import span_text
from sending.states import DEFAULT_PRIORITY
from texts.checks import TextProblem

#: The fields of a schedule. If one of them changes, the future dates change.
SCHEDULE_FIELDS = frozenset(
    {"starts_at", "repeat", "repeat_until", "repeat_times", "timezone", "windows", "holidays"}
    | {"overrides_quiet_hours", "late", "deadline_at", "deadline_after"}
)
#: The fields that a run under way takes over at once.
PACE_FIELDS = frozenset({"per_minute", "priority"})


@lru_cache(maxsize=1)
def timezone_choices() -> list[tuple[str, str]]:
    """Return the known time zones as choices of a select."""
    return [(name, name) for name in sorted(known_timezones()) if "/" in name or name == "UTC"]


class CampaignForm(VariantFields, PoolFields):
    """Recipients, message, sender accounts and schedule."""

    timezone = forms.ChoiceField(
        label=_("Time zone of the campaign"),
        help_text=_(
            "Its dates, its sending windows and the time in its texts are in this time zone, "
            "wherever the server is."
        ),
        choices=timezone_choices,
        initial="Asia/Shanghai",
        widget=UnfoldAdminSelect2Widget,
    )

    repeat = RepeatField(label=_("Repeated"))
    windows = WindowsField(
        label=_("Sending windows"),
        help_text=_(
            "Like 09:00-11:30, 14:00-18:00. All empty: at any hour. A day left empty is closed. A "
            "window may pass midnight: 22:00-02:00."
        ),
    )
    deadline_after = forms.CharField(
        label=_("Deadline after each start"),
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Like 90m, 4h or 2d. After it, what is not sent is cancelled."),
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
            "pools",
            "pool_shares",
            "labels",
            "promise",
            "on_lost_account",
            "starts_at",
            "repeat",
            "repeat_until",
            "repeat_times",
            "timezone",
            "windows",
            "holidays",
            "overrides_quiet_hours",
            "late",
            "deadline_at",
            "deadline_after",
            "needs_approval",
            "holdout",
            "test_share",
            "decide_by",
            "decide_after",
            "per_minute",
            "priority",
            *FIELDS,
        ]
        widgets = {"text": TextWidget}

    #: The operator; set by the page.
    operator: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "deadline_after" in self.fields:
            self.initial["deadline_after"] = span_text(self.instance.deadline_after)
        if "priority" in self.fields:
            self.fields["priority"].required = False  # empty: the usual one
        if "starts_at" in self.fields:
            self.fields["starts_at"].help_text = _(
                "Empty: sending begins as soon as the campaign is started. Enter the time "
                "in the console's time zone (%(zone)s)."
            ) % {"zone": settings.TIME_ZONE}

    def clean(self) -> dict[str, Any] | None:
        """Require either a template or a text, recipients, and both ends of a window or none."""
        data = super().clean()
        self._check_message()
        audience = ("lists", "segments", "earlier_people")
        if not any(self.cleaned_data.get(name) for name in audience):
            self.add_error(
                "lists", _("Choose the recipients: a campaign needs a list or a segment.")
            )
        self._check_senders()
        self._check_text()
        self.check_test(variants=len(self.cleaned_data.get("variants") or ()))
        self._check_schedule()
        self.check_planning()
        self.check_pools()
        return data

    def clean_deadline_after(self) -> int | None:
        """Return the deadline as seconds after a start."""
        text: str = self.cleaned_data["deadline_after"].strip()
        if not text:
            return None
        try:
            _moment, seconds = read_deadline(text, timezone="UTC")
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        if seconds is None:
            raise forms.ValidationError(_("Write a time after the start, like 90m, 4h or 2d."))
        return seconds

    def clean_needs_approval(self) -> bool:
        """Return the choice; only a second person may turn it off."""
        is_needed = bool(self.cleaned_data["needs_approval"])
        if self.instance.pk is not None and "needs_approval" in self.changed_data and not is_needed:
            try:
                refuse_lifting(self.instance, by=self.operator)
            except Refusal as refusal:
                raise forms.ValidationError(refusal.sentence) from None
        return is_needed

    def _check_message(self) -> None:
        """Require a text, or a template, or variants: exactly one of them."""
        template, text = self.cleaned_data.get("template"), self.cleaned_data.get("text", "")
        if self.cleaned_data.get("variants") or "variants" in self.errors:
            if template is not None or text.strip():
                self.add_error(
                    "variants",
                    _("A campaign with variants has no other text: give each variant its own."),
                )
        elif template is None and not text.strip():
            self.add_error("text", _("Write a text here, or choose a template above."))
        elif template is not None and text.strip():
            self.add_error("text", _("Choose a template or write a text, not both."))

    def _check_senders(self) -> None:
        """Require accounts or pools of a restricted user: without them, all accounts send."""
        if not is_restricted(self.operator):
            return
        if not self.cleaned_data.get("accounts") and not self.cleaned_data.get("pools"):
            self.add_error("accounts", _("Choose the accounts or pools that send."))

    def clean_priority(self) -> int:
        """Return the priority; the usual one if the field was left empty."""
        priority: int | None = self.cleaned_data["priority"]
        return DEFAULT_PRIORITY if priority is None else priority

    def _check_text(self) -> None:
        """Refuse a text that cannot be compiled or uses a variable unknown for these lists."""
        template, text = self.cleaned_data.get("template"), self.cleaned_data.get("text", "")
        texts = template.texts_by_language() if template is not None else {"": text}
        others = self.cleaned_data.get("segments") or self.cleaned_data.get("earlier_people")
        lists = list(self.cleaned_data.get("lists") or ())
        of_lists = None if others or not lists else lists
        if self.cleaned_data.get("variants"):
            self.check_variants(lists=of_lists)
            return
        if not texts[""].strip() or "text" in self.errors:
            return
        try:
            known = attribute_names_in_use(lists=of_lists)
            refuse_texts(texts, attributes=known)
        except TextProblem as problem:
            self.add_error("text" if template is None else "template", problem.sentence)

    def _check_schedule(self) -> None:
        """Refuse an impossible schedule, at its field; an unchanged time may be past."""
        data = self.cleaned_data
        if data.get("deadline_at") and data.get("deadline_after"):
            self.add_error("deadline_after", _("Choose one deadline, not both."))
            return
        if data.get("deadline_at") and data.get("repeat"):
            self.add_error(
                "deadline_at",
                _(
                    "A repeated campaign needs a deadline after each start, like 4h, "
                    "not a fixed one."
                ),
            )
        if self.errors.keys() & SCHEDULE_FIELDS:
            return
        moments = {
            name: data.get(name) if name in self.changed_data or self.instance.pk is None else None
            for name in ("starts_at", "repeat_until", "deadline_at")
        }
        try:
            refuse_schedule(
                timezone=data.get("timezone") or "",
                repeat=data.get("repeat") or "",
                repeat_times=data.get("repeat_times"),
                **moments,
            )
            if data.get("repeat_until") and data.get("repeat_times"):
                raise Refusal(
                    _("Choose a last date or a number of dates, not both."),
                    code="two_ends",
                    field="repeat_times",
                )
            if data.get("overrides_quiet_hours"):
                refuse_override_without_right(self.operator)
        except Refusal as refusal:
            field = refusal.details.get("field", "repeat")
            self.add_error(field if field in self.fields else None, refusal.sentence)
