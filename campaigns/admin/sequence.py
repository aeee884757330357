"""Sequences: the list, the form, and the page with the people and the figures of each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from campaigns.admin.page_urls import sequence_url
from campaigns.admin.sequence_approval import SequenceApprovalPage
from campaigns.admin.sequence_figures import figures_context
from campaigns.admin.sequence_form import SequenceForm, StepInline
from campaigns.approvals.sequence_coverage import has_void_request
from campaigns.models import Sequence
from campaigns.sequence_states import SequenceState
from campaigns.sequences.control import end_sequence, start_sequence, stop_sequence
from foundation.admin import (
    ChangeHistoryMixin,
    ConsoleAdmin,
    NamedMixin,
    after_saving,
    confirmation,
    require,
)
from foundation.display import choice_words
from foundation.refusals import Refusal

SEQUENCE_COLOURS = {
    SequenceState.DRAFT: "default",
    SequenceState.AWAITING_APPROVAL: "warning",
    SequenceState.RUNNING: "success",
    SequenceState.STOPPED: "warning",
    SequenceState.ENDED: "primary",
}
#: For each action: its label, the sentence of its confirmation, and the service.
VERBS: dict[str, tuple[Any, Any, Callable[..., Any]]] = {
    "start": (
        gettext_lazy("Start"),
        gettext_lazy(
            "People who enter from now on get the steps, each in its time. Its steps cannot be "
            "edited afterwards."
        ),
        start_sequence,
    ),
    "continue": (
        gettext_lazy("Continue"),
        gettext_lazy("People who entered meanwhile get the first step now, others their next one."),
        start_sequence,
    ),
    "stop": (
        gettext_lazy("Stop"),
        gettext_lazy("Nobody enters or moves on, and nothing is sent, until you continue it."),
        stop_sequence,
    ),
    "ask": (
        gettext_lazy("Ask again"),
        gettext_lazy("A second person is asked to approve the sequence as it is now."),
        start_sequence,
    ),
    "withdraw": (
        gettext_lazy("Withdraw"),
        gettext_lazy(
            "The request for an approval is withdrawn, and the sequence is again what it was: not "
            "started, or stopped."
        ),
        stop_sequence,
    ),
    "end": (
        gettext_lazy("End"),
        gettext_lazy("It ends permanently: what is not sent is cancelled."),
        end_sequence,
    ),
}
OFFERED: dict[str, list[str]] = {
    SequenceState.DRAFT: ["start"],
    SequenceState.AWAITING_APPROVAL: ["ask", "withdraw"],
    SequenceState.RUNNING: ["stop", "end"],
    SequenceState.STOPPED: ["continue", "end"],
}


@admin.register(Sequence)
class SequenceAdmin(
    SequenceApprovalPage, NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin
):
    """A sequence is edited until it is started, and controlled on its page."""

    form = SequenceForm
    inlines = [StepInline]
    list_display = ["named", "badge", "started_at", "created_at"]
    list_display_links = None
    search_fields = ["name"]
    autocomplete_fields = ["lists", "segments", "friends_of", "excluded_lists", "accounts"]
    autocomplete_fields += ["pools"]
    fieldsets = [
        (None, {"fields": ["name"]}),
        (
            gettext_lazy("Who enters"),
            {
                "fields": [
                    "lists",
                    "segments",
                    "friends_of",
                    "excluded_lists",
                    "includes_existing",
                    "stops_on_reply",
                ]
            },
        ),
        (
            gettext_lazy("Who sends, and when"),
            {"fields": ["accounts", "pools", "timezone", "windows"]},
        ),
    ]
    empty_sentence = gettext_lazy(
        "A sequence writes to each person who enters a list or a segment or becomes a friend: a "
        "welcome, and further messages after some time. Add one, with its steps."
    )

    change_form_outer_before_template = "console/sequence/edit.html"
    object_history_template = "console/sequence/history.html"

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return the sequence for the tabs above its form."""
        return {"sequence": obj}

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the changes of a sequence below its tabs."""
        tabs = {"sequence": self.get_object(request, object_id), **(extra_context or {})}
        return super().history_view(request, object_id, tabs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the operator may edit it: only before its start."""
        return self.may_control(request) and (obj is None or obj.is_editable)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the operator may delete it: only before its start, for nothing is lost then."""
        is_draft = obj is None or obj.state == SequenceState.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def may_control(self, request: HttpRequest) -> bool:
        """Return whether the operator may start, stop and end sequences."""
        return bool(super().has_change_permission(request))

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a sequence and its actions."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:object_id>/page/", wrap(self.page_view), name="campaigns_sequence_page"),
            path(
                "<int:object_id>/do/<slug:verb>/",
                wrap(self.do_view),
                name="campaigns_sequence_do",
            ),
            path(
                "<int:object_id>/approval/",
                wrap(self.approval_view),
                name="campaigns_sequence_approval",
            ),
            path(
                "<int:object_id>/decide/<slug:verb>/",
                wrap(self.decide_view),
                name="campaigns_sequence_decide",
            ),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the creator."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """After "Save" the sequence's page is the next step."""
        answer = super().response_add(request, obj, post_url_continue)
        return after_saving(request, answer, page=sequence_url(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        """After "Save" the sequence's page is the next step."""
        answer = super().response_change(request, obj)
        return after_saving(request, answer, page=sequence_url(obj))

    @display(description=gettext_lazy("sequence"), ordering="name")
    def named(self, sequence: Sequence) -> SafeString:
        """The name, linked to the page."""
        return format_html(
            '<a class="q-name" href="{}">{}</a>', sequence_url(sequence), sequence.name
        )

    @display(description=gettext_lazy("state"), label=SEQUENCE_COLOURS, ordering="state")
    def badge(self, sequence: Sequence) -> tuple[str, Any]:
        """The state, coloured."""
        return sequence.state, choice_words(sequence, "state")

    def page_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the sequence: its people by state, and the figures of each step."""
        require(self.has_view_permission(request))
        sequence = self._find(object_id)
        offered = _offered(sequence) if self.may_control(request) else []
        context = {
            **self.admin_site.each_context(request),
            "opts": Sequence._meta,
            "title": sequence.name,
            "original": sequence,
            "sequence": sequence,
            "colour": SEQUENCE_COLOURS[SequenceState(sequence.state)],
            "verbs": [(verb, VERBS[verb][0]) for verb in offered],
            **figures_context(sequence),
        }
        return TemplateResponse(request, "console/sequence/page.html", context)

    def do_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Ask for confirmation (GET), or perform an action (POST)."""
        require(self.may_control(request))
        sequence = self._find(object_id)
        if verb not in VERBS:
            raise Http404
        words, sentence, act = VERBS[verb]
        if request.method == "POST":
            try:
                act(sequence=sequence, by=request.user)
                messages.success(request, str(sequence.state_detail))
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            return HttpResponseRedirect(sequence_url(sequence))
        return confirmation(
            request,
            self,
            title=_("%(verb)s: %(what)s?") % {"verb": words, "what": sequence},
            sentences=[sentence],
            verb=str(words),
            back=sequence_url(sequence),
            is_dangerous=verb == "end",
        )

    def _find(self, object_id: int) -> Sequence:
        sequence = Sequence.objects.filter(pk=object_id).first()
        if sequence is None:
            raise Http404
        return sequence


def _offered(sequence: Sequence) -> list[str]:
    """Return the actions that are possible now; asking again only if the open request is void."""
    offered = OFFERED.get(sequence.state, [])
    if "ask" in offered and not has_void_request(sequence):
        return [verb for verb in offered if verb != "ask"]
    return offered
