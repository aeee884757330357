"""The console's page of the messages to webhooks, with the latest answers."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from foundation.admin import ReadOnlyMixin, UncountedAdmin
from foundation.display import choice_words
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
    readonly_fields = ("readable",)
    actions = ["send_again"]
    empty_sentence = _("Each event that a webhook is told of is listed here for seven days.")
    empty_step = (_("Webhooks"), "admin:webhooks_endpoint_changelist")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether the user may send messages again; the rows are otherwise read-only."""
        return bool(request.user.has_perm("webhooks.change_endpoint"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields, with the data as it reads: no letter is escaped."""
        found = [one for one in super().get_fields(request, obj) if one != "readable"]
        return ["readable" if one == "data" else str(one) for one in found]

    @display(description=_("data"))
    def readable(self, message: Message) -> str:
        """The data of the event, as JSON."""
        words = json.dumps(message.data, ensure_ascii=False, indent=2)
        return format_html('<pre class="q-where">{}</pre>', words)

    @display(description=_("state"), ordering="state", label=COLOURS)
    def badge(self, message: Message) -> tuple[str, str]:
        """The state."""
        return message.state, choice_words(message, "state")

    @admin.action(description=_("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Queue the selected messages again."""
        n = 0
        for message in queryset.select_related("endpoint"):
            n += resend(endpoint=message.endpoint, message=message.pk)
            self.log_change(request, message.endpoint, f"{message.key}")
        words = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", n)
        messages.success(request, words % {"n": n})
