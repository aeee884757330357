"""The outbox of notifications: what was sent to whom, what failed and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.admin.own_notifications import OwnNotifications
from campaigns.admin.page_urls import campaign_url, run_url, sequence_url
from campaigns.commands.notification_arguments import shown_target
from campaigns.creation.notification_choice import CHANGE
from campaigns.models import Notification, Sequence
from campaigns.notification_states import NotificationState
from campaigns.notifications.retry import retry_notifications
from foundation.admin import ReadOnlyMixin, UncountedAdmin
from foundation.display import choice_words
from foundation.refusals import Refusal

NOTIFICATION_COLOURS = {
    NotificationState.QUEUED: "info",
    NotificationState.SENDING: "info",
    NotificationState.SENT: "success",
    NotificationState.FAILED: "danger",
}


@admin.register(Notification)
class NotificationAdmin(OwnNotifications, ReadOnlyMixin, UncountedAdmin):
    """The list of notifications. Those that failed can be sent again."""

    list_display = ["about", "event", "badge", "to", "happened", "tries", "last_error"]
    list_display_links = None
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("event", ChoicesDropdownFilter),
        ("target_kind", ChoicesDropdownFilter),
    ]
    list_select_related = ["campaign", "sequence", "run__campaign"]
    search_fields = ["campaign__name", "target"]
    ordering = ["-id"]
    actions = ["retry"]
    empty_sentence = gettext_lazy(
        "A notification is made when something happens to a campaign and somebody is to be told: "
        "an operator by “My notifications”, others by the tab “Notifications” of a campaign."
    )
    empty_step = (gettext_lazy("My notifications"), "admin:campaigns_notification_own")

    def address_of(self, request: HttpRequest, obj: Notification) -> str:
        """Return the URL of what it is about: a notification has no form."""
        return _address(obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of an operator's own settings."""
        own = self.admin_site.admin_view(self.own_view)
        return [path("own/", own, name="campaigns_notification_own"), *super().get_urls()]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether the user may send notifications again; the rows are otherwise read-only."""
        return bool(request.user.has_perm(CHANGE))

    @admin.action(description=gettext_lazy("Send again"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Queue the selected ones that failed."""
        try:
            n = retry_notifications(notifications=queryset, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return
        words = ngettext(
            "%(n)d notification is sent again.", "%(n)d notifications are sent again.", n
        )
        messages.success(request, words % {"n": n})

    @display(description=gettext_lazy("about"), ordering="campaign__name")
    def about(self, row: Notification) -> str:
        """The run, campaign or sequence, linked to its page, with the sentence."""
        named = row.run if row.run is not None else row.about
        return format_html(
            '<a class="text-link" href="{}" title="{}">{}</a>', _address(row), row.sentence, named
        )

    @display(description=gettext_lazy("state"), label=NOTIFICATION_COLOURS, ordering="state")
    def badge(self, row: Notification) -> tuple[str, Any]:
        """The state, coloured."""
        return row.state, choice_words(row, "state")

    @display(description=gettext_lazy("to"), ordering="target")
    def to(self, row: Notification) -> str:
        """The address, or the host of the webhook: its path may hold a secret."""
        return shown_target(row.target_kind, row.target)

    @display(description=gettext_lazy("happened at"), ordering="at")
    def happened(self, row: Notification) -> Any:
        """When it happened."""
        return row.at


def _address(row: Notification) -> str:
    """Return the URL of what a notification is about."""
    if row.run is not None:
        return run_url(row.run)
    about = row.about
    return sequence_url(about) if isinstance(about, Sequence) else campaign_url(about)
