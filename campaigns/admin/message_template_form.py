"""The form of a template: a text that cannot be rendered is refused next to its field."""

from __future__ import annotations

from django import forms

from campaigns.models import MessageTemplate


class MessageTemplateForm(forms.ModelForm):
    """Name and text."""

    class Meta:
        model = MessageTemplate
        fields = ["name", "text"]
