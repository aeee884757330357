"""The console's page of the frequency cap for all campaigns."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.models import DefaultCap
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin


@admin.register(DefaultCap)
class DefaultCapAdmin(ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """The cap of campaigns without one of their own: one row, or that of the environment."""

    list_display = ["cap"]
    fieldsets = [
        (
            None,
            {
                "fields": [("most", "days")],
                "description": _(
                    "For campaigns without a cap of their own; it holds for runs that are started "
                    "from now on. Delete it to go by FREQUENCY_CAP of the environment again."
                ),
            },
        )
    ]

    @property
    def empty_sentence(self) -> Any:
        """Why the list is empty: the environment's cap applies."""
        if settings.FREQUENCY_CAP:
            return _(
                "The cap of the environment applies: FREQUENCY_CAP=%(cap)s. Add one here to use it "
                "in its place."
            ) % {"cap": settings.FREQUENCY_CAP}
        return _(
            "There is no frequency cap for all campaigns. Add one here so that nobody gets more "
            "than so many messages in so many days."
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow one row."""
        return bool(super().has_add_permission(request)) and not DefaultCap.objects.exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the only row."""
        obj.pk = 1
        super().save_model(request, obj, form, change)

    @display(description=_("cap"))
    def cap(self, row: DefaultCap) -> str:
        """Return the cap in words."""
        words = ngettext(
            "at most %(n)d message in %(days)g days",
            "at most %(n)d messages in %(days)g days",
            row.most,
        )
        return words % {"n": row.most, "days": row.days}
