"""The console's page of webhooks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from foundation.admin import ConsoleAdmin, NamedMixin
from foundation.display import choice_words
from foundation.refusals import Refusal
from webhooks.endpoints import (
    checked_url,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    resend,
    rotate_secret,
    send_test,
)
from webhooks.models import Endpoint
from webhooks.outbox.subscribers import forget_subscribers
from webhooks.signature import new_secret
from webhooks.states import CHOSEN, EndpointState, MessageState

COLOURS = {
    EndpointState.ACTIVE: "success",
    EndpointState.FAILING: "danger",
    EndpointState.DISABLED: "info",
}


class EndpointForm(forms.ModelForm):
    """Name, URL and events."""

    events = forms.MultipleChoiceField(
        label=capfirst(_("events")),
        choices=[(kind.value, kind.label) for kind in CHOSEN],
        widget=forms.CheckboxSelectMultiple,
        initial=list(CHOSEN),
    )

    class Meta:
        model = Endpoint
        fields = ["name", "url", "events", "with_texts", "owner"]
        widgets = {"url": UnfoldAdminTextInputWidget}

    def clean_url(self) -> str:
        """Check the URL, as `manage.py webhooks add` does."""
        try:
            return checked_url(self.cleaned_data["url"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None


@admin.register(Endpoint)
class EndpointAdmin(NamedMixin, ConsoleAdmin):
    """Endpoints with their health."""

    form = EndpointForm
    list_display = ["name", "url", "badge", "backlog", "failures", "last_success_at"]
    list_filter = ["state"]
    search_fields = ["name", "url"]
    fields = ["name", "url", "events", "with_texts", "owner", "health"]
    readonly_fields = ["health"]
    actions = ["test", "send_again", "enable", "disable", "rotate"]
    empty_sentence = _(
        "A webhook tells another program what happens: it posts each event to a URL, signed. Add "
        "one here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Endpoints with what waits for them."""
        waiting = Count("messages", filter=Q(messages__state=MessageState.QUEUED))
        rows: QuerySet[Endpoint] = super().get_queryset(request).annotate(waiting=waiting)
        return rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save an endpoint; a new one gets a secret, which is shown this once."""
        if not change:
            obj.secret = new_secret()
            obj.owner = obj.owner or request.user
        super().save_model(request, obj, form, change)
        forget_subscribers()
        if not change:
            self._show_secret(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete an endpoint with its messages."""
        delete_endpoint(endpoint=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Delete endpoints with their messages."""
        for endpoint in queryset:
            delete_endpoint(endpoint=endpoint)

    @display(description=_("state"), ordering="state", label=COLOURS)
    def badge(self, endpoint: Endpoint) -> tuple[str, str]:
        """The state."""
        return endpoint.state, choice_words(endpoint, "state")

    @display(description=_("waiting"), ordering="waiting")
    def backlog(self, endpoint: Any) -> int:
        """How many messages wait."""
        return int(endpoint.waiting)

    @display(description=_("health"))
    def health(self, endpoint: Endpoint) -> str:
        """The state, and the last problem."""
        if not endpoint.pk:
            return "-"
        return f"{choice_words(endpoint, 'state')}. {endpoint.problem}".strip()

    @admin.action(description=_("Send a test"), permissions=["change"])
    def test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Queue a test event for each."""
        for endpoint in queryset:
            try:
                send_test(endpoint=endpoint)
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            else:
                self._note(request, endpoint, gettext("A test was sent."))

    @admin.action(description=_("Send again what failed"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Queue the failed messages of each."""
        for endpoint in queryset:
            n = resend(endpoint=endpoint)
            words = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", n)
            self._note(request, endpoint, words % {"n": n})

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Call them again."""
        for endpoint in queryset:
            if enable_endpoint(endpoint=endpoint):
                self._note(request, endpoint, gettext("Enabled."))

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Stop calling them."""
        for endpoint in queryset:
            if disable_endpoint(endpoint=endpoint):
                self._note(request, endpoint, gettext("Disabled."))

    @admin.action(description=_("Make a new secret"), permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        """Give each a new secret, shown this once."""
        for endpoint in queryset:
            self._show_secret(request, rotate_secret(endpoint=endpoint))
            self.log_change(request, endpoint, gettext("The secret was replaced."))

    def _show_secret(self, request: HttpRequest, endpoint: Endpoint) -> None:
        words = gettext("The secret of “%(name)s” is shown this once: %(secret)s")
        messages.warning(request, words % {"name": endpoint.name, "secret": endpoint.secret})

    def _note(self, request: HttpRequest, endpoint: Endpoint, words: str) -> None:
        messages.success(request, f"{endpoint.name}: {words}")
        self.log_change(request, endpoint, words)
