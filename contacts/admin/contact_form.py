"""The form of a contact, with its attributes as lines of "name: value"."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from contacts.models import Contact
from contacts.people.attribute_lines import attributes_of, lines_of
from contacts.people.attributes import names_to_store
from foundation.names import blank_if_invisible
from foundation.refusals import Refusal


class LinesField(forms.CharField):
    """Text of several lines, with \\n as line end."""

    def to_python(self, value: Any) -> str:
        """Return the text with \\n as line end: a browser's \\r\\n is not a change."""
        text = str(super().to_python(value))
        return text.replace("\r\n", "\n").replace("\r", "\n")


class ContactForm(forms.ModelForm):
    """UIN, name and attributes."""

    attributes = LinesField(
        label=_("Attributes"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_(
            "One per line: a name, a colon and the value, such as “city: 北京”. Templates and "
            "segments use the name."
        ),
    )

    class Meta:
        model = Contact
        fields = ["uin", "name", "attributes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance.attributes
        self._before = known if isinstance(known, dict) else {}
        self.initial["attributes"] = lines_of(self._before)

    def clean_name(self) -> str:
        """Return the name, blank if it shows nothing."""
        return blank_if_invisible(self.cleaned_data["name"])

    def clean_attributes(self) -> dict[str, Any]:
        """Return the attributes that the lines contain, or refuse a bad line."""
        try:
            return attributes_of(
                self.cleaned_data["attributes"],
                before=self._before,
                stored_name=lambda name: names_to_store([name])[0],
            )
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
