"""The form of a sequence, and those of its steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.admin.campaign_form import timezone_choices
from campaigns.admin.schedule_widgets import WindowsField
from campaigns.creation.pool_shares import refuse_too_many
from campaigns.creation.sequence_steps import MOST_STEPS, Step, When, read_when, refuse_steps
from campaigns.models import Sequence, SequenceStep
from campaigns.sequence_states import END, OF_SEGMENT, OnlyIf
from foundation.admin.inline_edits import SEEN, InlineEditedForm
from foundation.admin.key_fields import KeyFieldsMixin
from foundation.admin.paged_rows import LabelledInline
from foundation.refusals import Refusal
from foundation.spans import span_text, span_words

#: The steps to which people can be sent on, of a sequence that has no more of them.
OFFERED_STEPS = 12


def _place_words(place: int | None) -> str:
    """Return where people go from a step, in words."""
    if place is None:
        return gettext("the next step")
    return gettext("the end") if place == END else gettext("step %(n)s") % {"n": place}


def _places(steps: int) -> list[tuple[Any, str]]:
    """Return the choices of where people go, in a sequence of so many steps."""
    places = [*range(2, steps + 1), END]
    return [("", _place_words(None)), *((place, _place_words(place)) for place in places)]


class SequenceForm(forms.ModelForm):
    """Who enters, who sends, and when."""

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=timezone_choices,
        initial="Asia/Shanghai",
        widget=UnfoldAdminSelect2Widget,
    )
    windows = WindowsField(
        label=_("Sending windows"),
        help_text=_(
            "Like 09:00-11:30, 14:00-18:00. All empty: at any hour. A day left empty is closed. A "
            "window may pass midnight: 22:00-02:00."
        ),
    )

    class Meta:
        model = Sequence
        fields = [
            "name",
            "lists",
            "segments",
            "friends_of",
            "excluded_lists",
            "includes_existing",
            "accounts",
            "pools",
            "stops_on_reply",
            "windows",
            "timezone",
        ]

    def clean(self) -> dict[str, Any] | None:
        """Require an audience: a list, a segment or accounts."""
        data = super().clean()
        if not any(self.cleaned_data.get(name) for name in ("lists", "segments", "friends_of")):
            self.add_error(
                "lists", _("Choose who enters: a list, a segment, or new friends of an account.")
            )
        try:
            refuse_too_many(list(self.cleaned_data.get("pools") or ()))
        except Refusal as refusal:
            self.add_error("pools", refusal.sentence)
        return data


def _may_change(sequence: Sequence | None) -> bool:
    return sequence is None or sequence.is_editable


class PlaceField(forms.TypedChoiceField):
    """Where people go from a step; which steps there are to go to, the form set says."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            coerce=int,
            empty_value=None,
            required=False,
            # The script that moves rows writes the new number of the step that is meant.
            widget=UnfoldAdminSelectWidget(attrs={"data-order-of": ""}),
            **options,
        )


class StepForm(InlineEditedForm):
    """One step: when, to whom, and the text or the template."""

    wait = forms.CharField(
        label=_("Wait, like 0m, 4h or 1d"),
        max_length=10,
        initial="0m",
        widget=UnfoldAdminTextInputWidget(
            attrs={"title": _("After the message before, or after entering: 0m, 4h, 1d")}
        ),
    )

    then_to = PlaceField(label=_("Then to"))
    else_to = PlaceField(label=_("The others to"))

    class Meta:
        model = SequenceStep
        fields = ["number", "only_if", "segment", "template", "text", "then_to", "else_to"]
        widgets = {
            "number": UnfoldAdminIntegerFieldWidget(
                attrs={"data-order": "", "data-up": _("Move up"), "data-down": _("Move down")}
            ),
            "text": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["wait"] = span_text(self.instance.wait_seconds)
            self.initial[SEEN] = self._values(self.initial)

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the number to the formset: steps that change places take each other's."""
        return {*super()._get_validation_exclusions(), "number"}  # type: ignore[misc]

    def _names(self) -> list[str]:
        """Return the fields of a step that the operator sees, its wait included."""
        return [*super()._names(), "wait"]

    def _in_words(self, name: str) -> str:
        """Return a value of the step as it is stored now."""
        return span_text(self.instance.wait_seconds) if name == "wait" else super()._in_words(name)

    def clean(self) -> dict[str, Any] | None:
        """Drop what the condition does not need: the page does not show it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("only_if") not in OF_SEGMENT:
            data["segment"] = None
        if data.get("only_if") == OnlyIf.ANY:
            data["else_to"] = None
        return data

    def clean_wait(self) -> str:
        """Return the wait as it was written, if it can be read."""
        text: str = self.cleaned_data["wait"]
        try:
            found = read_when(text)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        if found != When(found.wait_seconds):
            raise forms.ValidationError(_("Choose to whom in the column beside it."))
        self.instance.wait_seconds = found.wait_seconds
        return text


class StepFormSet(forms.BaseInlineFormSet):
    """The steps of a sequence together."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer every step of a long sequence as a place to go."""
        super().add_fields(form, index)
        for name in ("then_to", "else_to"):
            if name in form.fields:
                places = _places(max(OFFERED_STEPS, self.total_form_count()))
                form.fields[name].choices = places

    def save(self, commit: bool = True) -> Any:
        """Save the steps; those that move leave their numbers first, which others may take."""
        moved = [form.instance.pk for form in self.initial_forms if "number" in form.changed_data]
        if commit and moved:
            SequenceStep.objects.filter(pk__in=moved).update(number=F("number") + MOST_STEPS)
        return super().save(commit)

    def clean(self) -> None:
        """Require steps that are numbered 1, 2, 3 and that can be sent."""
        super().clean()
        if any(self.errors):
            return
        rows = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        rows.sort(key=lambda row: row["number"])
        if [row["number"] for row in rows] != list(range(1, len(rows) + 1)):
            raise forms.ValidationError(_("Number the steps 1, 2, 3 and so on."))
        steps = [
            Step(
                read_when(row["wait"]).wait_seconds,
                row["only_if"],
                row["text"],
                row["template"],
                row["segment"],
                row["then_to"],
                row["else_to"],
            )
            for row in rows
        ]
        try:
            refuse_steps(steps, lists=None, stops_on_reply=self.instance.stops_on_reply)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None


class StepInline(KeyFieldsMixin, LabelledInline):
    """The steps on the form of a sequence."""

    class Media:
        js = ("console/order.js",)

    model = SequenceStep
    form = StepForm
    formset = StepFormSet
    fields = [
        *("number", "wait", "only_if", "segment", "template", "text", "then_to", "else_to"),
    ]
    autocomplete_fields = ["template", "segment"]
    extra = 1
    max_num = MOST_STEPS
    hide_title = True
    ordering = ["number"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; of a sequence that cannot change any more, as people read them."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return [
            *("number", "wait_in_words", "only_if", "segment", "template", "text"),
            *("then_in_words", "else_in_words"),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is only shown."""
        return ["wait_in_words", "then_in_words", "else_in_words"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the steps may change: before the start."""
        return _may_change(obj) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether steps may be added: before the start."""
        return _may_change(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether steps may be deleted: before the start."""
        return _may_change(obj) and super().has_delete_permission(request, obj)

    @display(description=_("wait"))
    def wait_in_words(self, step: SequenceStep) -> str:
        """Return the wait before the step."""
        return span_words(step.wait_seconds) if step.wait_seconds else gettext("at once")

    @display(description=_("then to"))
    def then_in_words(self, step: SequenceStep) -> str:
        """Return where those go who got it."""
        return _place_words(step.then_to)

    @display(description=_("the others to"))
    def else_in_words(self, step: SequenceStep) -> str:
        """Return where those go for whom it is not."""
        return "" if step.only_if == OnlyIf.ANY else _place_words(step.else_to)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the steps together: no more forms are made than a sequence may have steps."""
        return super().get_formset(request, obj, absolute_max=MOST_STEPS, **kwargs)
