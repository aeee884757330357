"""The inbox: conversations on the left, one of them on the right, as a messenger shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.admin.inbox_filters import InboxQuery, box_names, choices, query_of
from conversations.admin.inbox_freshness import freshness
from conversations.admin.inbox_list import list_context, list_stamp, unread_badge
from conversations.admin.inbox_thread import side_context, thread_context, thread_stamp
from conversations.admin.inbox_verbs import NOTHING_NEW, UNREAD_HEADER, InboxVerbs
from conversations.answers.canned import text_for
from conversations.export import csv_pieces
from conversations.find import filtered
from conversations.models import CannedAnswer, Conversation
from foundation.acts import take_out
from foundation.admin import UncountedAdmin, require
from foundation.refusals import Refusal


@admin.register(Conversation)
class ConversationAdmin(InboxVerbs, UncountedAdmin):
    """The list of conversations is the inbox; a conversation is a part of the same page."""

    #: For the open ones; the other boxes have sentences of their own, in inbox/list.html.
    empty_sentence = gettext_lazy(
        "Nobody waits for an answer. What people write to the accounts appears here by itself."
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the first message makes a conversation."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a conversation is closed; erasing the person deletes it."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the parts that the page polls, the actions and the export."""
        wrap, name = self.admin_site.admin_view, "conversations_conversation"
        return [
            path("list/", wrap(self.list_view), name=f"{name}_list"),
            path("freshness/", wrap(self.freshness_view), name=f"{name}_freshness"),
            path("export/", wrap(self.export_view), name=f"{name}_export"),
            path("<int:object_id>/thread/", wrap(self.thread_view), name=f"{name}_thread"),
            path("<int:object_id>/do/<slug:verb>/", wrap(self.do_view), name=f"{name}_do"),
            path(
                "<int:object_id>/canned/<int:canned_id>/",
                wrap(self.canned_view),
                name=f"{name}_canned",
            ),
            *super().get_urls(),
        ]

    def address_of(self, request: HttpRequest, obj: Any) -> str:
        """Return the URL of a conversation in the inbox, whatever its state."""
        return f"{_inbox()}?box=all&c={obj.pk}"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the inbox, with the conversation that `c` names."""
        require(self.has_view_permission(request))
        return self.inbox(request, self.shown_in(request))

    def inbox(
        self, request: HttpRequest, conversation: Conversation | None, **more: Any
    ) -> HttpResponse:
        """Return the page.

        Args:
            request: the request.
            conversation: the conversation beside the list; None for none.
            more: what a refused answer adds: the sentence, and what was written.
        """
        query = query_of(request)
        context: dict[str, Any] = {}
        if conversation is not None:
            context |= thread_context(request, conversation)
            context |= side_context(request, conversation)
        context |= list_context(request, query, conversation.pk if conversation else None)
        context |= {
            **self.admin_site.each_context(request),
            **choices(),
            "opts": Conversation._meta,
            "title": _("Inbox"),
            "is_section": True,
            "fresh": freshness(request.user),
            "boxes": _boxes(query),
            "may_export": request.user.has_perm("accounts.view_inboundmessage"),
            **more,
        }
        return TemplateResponse(request, "console/inbox/page.html", context)

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the list alone, if it differs from the one that has the stamp."""
        require(self.has_view_permission(request))
        query = query_of(request)
        if query.filters.words:  # a search is not repeated by itself: it may be dear
            return HttpResponse(status=NOTHING_NEW)
        try:
            stamp = list_stamp(query, before=request.GET.get("before", ""))
        except Refusal:
            return HttpResponse(status=NOTHING_NEW)
        if stamp == request.GET.get("stamp"):
            return HttpResponse(status=NOTHING_NEW)
        shown = request.GET.get("c", "")
        key = int(shown) if shown.isascii() and shown.isdecimal() else None
        context = list_context(request, query, key)
        headers = {UNREAD_HEADER: unread_badge(request)}
        return TemplateResponse(request, "console/inbox/list.html", context, headers=headers)

    def freshness_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with how new the inbox is."""
        require(self.has_view_permission(request))
        context = {"fresh": freshness(request.user)}
        return TemplateResponse(request, "console/inbox/freshness.html", context)

    def thread_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the messages alone, if they differ from those that have the stamp."""
        require(self.has_view_permission(request))
        stamp = thread_stamp(object_id)
        if not stamp or stamp == request.GET.get("stamp"):
            return HttpResponse(status=NOTHING_NEW)
        context = thread_context(request, self.find(object_id))
        context["query"] = query_of(request)
        return TemplateResponse(request, "console/inbox/messages.html", context)

    def canned_view(self, request: HttpRequest, object_id: int, canned_id: int) -> JsonResponse:
        """Answer with the text of a canned answer, made for the person."""
        require(request.user.has_perm("conversations.add_answer"))
        canned = CannedAnswer.objects.filter(pk=canned_id).first()
        if canned is None:
            raise Http404
        try:
            text = text_for(conversation=self.find(object_id), text=canned.text)
        except Refusal as refusal:
            return JsonResponse({"error": refusal.sentence})
        return JsonResponse({"text": text})

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send the messages of the conversations that the filters select, as CSV."""
        require(
            self.has_view_permission(request)
            and request.user.has_perm("accounts.view_inboundmessage")
        )
        rows = filtered(query_of(request).filters)
        filters = request.GET.urlencode()[:500]
        take_out(what=Conversation._meta.label_lower, format="csv", filters=filters)

        def pieces() -> Iterator[bytes]:
            for piece, _count in csv_pieces(rows):
                yield piece

        response = StreamingHttpResponse(pieces(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="inbox.csv"'
        return response

    def shown_in(self, request: HttpRequest) -> Conversation | None:
        """Return the conversation that the URL names, or None."""
        text = request.GET.get("c", "")
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            return None
        return self._conversations().filter(pk=int(text)).first()

    def find(self, object_id: int) -> Conversation:
        """Return the conversation.

        Raises:
            Http404: there is none.
        """
        found: Conversation | None = self._conversations().filter(pk=object_id).first()
        if found is None:
            raise Http404
        return found

    def _conversations(self) -> Any:
        rows = Conversation.objects.select_related("account", "assignee")
        return rows.prefetch_related("labels")


def _boxes(query: InboxQuery) -> list[tuple[str, str, bool]]:
    """Return the boxes: name, URL, and whether it is shown."""
    names = box_names()
    return [(words, f"?{query.url(box=box)}", box == query.box) for box, words in names.items()]


def _inbox() -> str:
    return reverse("admin:conversations_conversation_changelist")
