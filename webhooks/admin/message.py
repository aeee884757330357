"""The console's page of the messages to webhooks, with the latest answers."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from foundation.admin import ReadOnlyMixin, UncountedAdmin
from webhooks.endpoints import resend
from webhooks.models import Message
from webhooks.states import MessageState

COLOURS = {
    MessageState.QUEUED: "info",
    MessageState.DELIVERED: "success",
    MessageState.FAILED: "danger",
}


@admin.register(Message)
class MessageAdmin(ReadOnlyMixin, UncountedAdmin):
    """The messages of the last days; each can be sent again."""

    list_display = [
        "endpoint", "kind", "object_key", "badge", "tries", "status", "answer", "problem",
        "happened_at", "tried_at",
    ]  # fmt: skip
    list_display_links = None
    list_filter = [
        ("endpoint", RelatedDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
    ]
    list_select_related = ["endpoint"]
    search_fields = ["object_key"]
    ordering = ["-id"]
    actions = ["send_again"]
    empty_sentence = _("Each event that a webhook is told of is listed here for seven days.")
    empty_step = (_("Webhooks"), "admin:webhooks_endpoint_changelist")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether the user may send messages again; the rows are otherwise read-only."""
        return bool(request.user.has_perm("webhooks.change_endpoint"))

    @display(description=_("state"), ordering="state", label=COLOURS)
    def badge(self, message: Message) -> tuple[str, str]:
        """The state."""
        return message.state, message.get_state_display()

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Queue the selected messages again."""
        n = 0
        for message in queryset.select_related("endpoint"):
            n += resend(endpoint=message.endpoint, message=message.pk)
            self.log_change(request, message.endpoint, f"{message.key}")
        words = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", n)
        messages.success(request, words % {"n": n})
