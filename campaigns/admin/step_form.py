"""The form of one step of making a campaign: a part of the campaign's form, with all its rules."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.admin.campaign_form import CampaignForm
from campaigns.models import Campaign

#: The steps in their order: the name in the address, the title, the sentence below it, the fields.
STEPS: dict[str, tuple[Any, Any, list[str]]] = {
    "who": (
        _("Who"),
        _("The people who get the message."),
        ["name", "lists", "segments", "excluded_lists"],
    ),
    "what": (
        _("What"),
        _("The message, with each person's own values in place of the variables."),
        ["text", "template"],
    ),
    "senders": (
        _("From which accounts"),
        _("Leave both empty, and every working account sends to its own friends."),
        ["accounts", "pools"],
    ),
    "when": (
        _("When"),
        _("Leave all empty, and sending begins when you start the campaign, at any hour."),
        [
            *("starts_at", "windows", "holidays", "timezone"),
            *("repeat", "repeat_until", "repeat_times"),
        ],
    ),
    "check": (
        _("Check and start"),
        _("This is what a start would do now. Nothing has been sent yet."),
        [],
    ),
}
#: Read where a step has no field of its own: what the rules of the whole form compare.
_STORED = ("lists", "segments", "excluded_lists", "accounts", "pools")


class StepForm(CampaignForm):
    """The fields of one step. The rules see the whole campaign; errors of other steps wait there.

    The fields are those that the page's `fields` name: the rest of the form's own are left out.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(self._meta.fields or ()):
            del self.fields[name]
        if "text" in self.fields:
            self.fields["text"].help_text = _("A click on a variable puts it into the text.")

    def clean(self) -> dict[str, Any] | None:
        """Apply the rules of the whole form to this step's values and the stored others."""
        stored = {name: value for name, value in self._stored().items() if name not in self.fields}
        self.cleaned_data |= stored
        super().clean()
        for name in stored:
            self.cleaned_data.pop(name, None)
        return self.cleaned_data

    def add_error(self, field: str | None, error: Any) -> None:
        """Leave out errors of fields that other steps have: they are shown there."""
        if field is None or field in self.fields:
            super().add_error(field, error)

    def _check_message(self) -> None:
        """Leave the message of a campaign with variants alone: the whole form has them."""
        if "text" in self.fields and not self.cleaned_data.get("variants"):
            super()._check_message()

    def _stored(self) -> dict[str, Any]:
        campaign: Campaign = self.instance
        columns = {
            field.name: getattr(campaign, field.name)
            for field in Campaign._meta.concrete_fields
            if field.name in CampaignForm.Meta.fields
        }
        relations = {
            name: list(getattr(campaign, name).all()) if campaign.pk is not None else []
            for name in _STORED
        }
        variants = list(campaign.variants.all()) if campaign.pk is not None else []
        # The form writes shares as text; what is stored was read from it.
        return {**columns, **relations, "pool_shares": "", "variants": variants}

    def check_variants(self, *, lists: Any) -> None:
        """Leave the variants to the whole form, which has their fields."""


def next_step(step: str) -> str:
    """Return the step after one; the last one after itself."""
    names = list(STEPS)
    return names[min(names.index(step) + 1, len(names) - 1)]


def previous_step(step: str) -> str:
    """Return the step before one; "" for the first."""
    names = list(STEPS)
    place = names.index(step)
    return names[place - 1] if place else ""
