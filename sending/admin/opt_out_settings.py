"""The console's page of the settings of opting out: one form, no list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from foundation.admin import ChangeHistoryMixin, ConsoleAdmin
from foundation.refusals import Refusal
from sending.models import OptOutSettings
from sending.models.opt_out_settings import ONLY, opt_out_settings
from sending.opt_outs.change_settings import clean_text


class OptOutSettingsForm(forms.ModelForm):
    """Whether opt-outs are confirmed, and the text."""

    class Meta:
        model = OptOutSettings
        fields = ["is_confirmed", "text"]

    def clean_text(self) -> str:
        """Return the text as it is stored; refuse one that no message can have."""
        try:
            return clean_text(self.cleaned_data["text"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None


@admin.register(OptOutSettings)
class OptOutSettingsAdmin(ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Whether people who opt out by a reply are told so."""

    form = OptOutSettingsForm
    fields = ["is_confirmed", "text"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the form of the only row."""
        if self.has_view_or_change_permission(request):
            if self.has_change_permission(request):
                OptOutSettings.objects.get_or_create(pk=ONLY)
            address = reverse("admin:sending_optoutsettings_change", args=[ONLY])
            return HttpResponseRedirect(address)
        return super().changelist_view(request, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the only row; to a viewer its defaults if it was never changed."""
        found = super().get_object(request, object_id, from_field)
        if found is None and str(object_id) == str(ONLY):
            return opt_out_settings() if not self.has_change_permission(request) else None
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: there is one row."""
        return False
