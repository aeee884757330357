"""The console's page of the approval settings: one form, no list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from campaigns.models import ApprovalSettings
from campaigns.models.approval_settings import ONLY, settings_row
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin


@admin.register(ApprovalSettings)
class ApprovalSettingsAdmin(ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Whether every campaign needs approval."""

    fields = ["is_required"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the form of the only row."""
        if self.has_view_or_change_permission(request):
            if self.has_change_permission(request):
                ApprovalSettings.objects.get_or_create(pk=ONLY)
            address = reverse("admin:campaigns_approvalsettings_change", args=[ONLY])
            return HttpResponseRedirect(address)
        return super().changelist_view(request, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the only row; to a viewer its defaults if it was never changed."""
        found = super().get_object(request, object_id, from_field)
        if found is None and str(object_id) == str(ONLY):
            return settings_row() if not self.has_change_permission(request) else None
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: there is one row."""
        return False
