"""What an operator does in the inbox: answer, assign, label, note, close, reopen, suppress."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import SuppressionReason
from contacts.suppressions import lift_suppression, suppress
from conversations.admin.inbox_filters import query_of
from conversations.admin.inbox_list import unread_badge
from conversations.answers.send_answer import send_answer, suppression_of
from conversations.answers.tick import cancel_answer
from conversations.models import Answer, Conversation
from conversations.work.assign import assign_conversation, write_note
from conversations.work.state import (
    close_conversation,
    mark_read,
    mark_unread,
    reopen_conversation,
)
from foundation.admin import require
from foundation.admin.key_fields import is_key
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from foundation.times import read_moment
from labels.labelling import add_labels, remove_labels
from labels.models import Label

#: The actions; each is a method of the same name.
VERBS = (
    "answer", "cancel", "close", "reopen", "read", "unread", "assign", "labels", "note",
    "suppress", "lift",
)  # fmt: skip
#: The actions that need another right than the one to change conversations.
RIGHTS = {
    "answer": "conversations.add_answer",
    "cancel": "conversations.add_answer",
    "suppress": "contacts.add_suppression",
    "lift": "contacts.delete_suppression",
}
#: The status of an answer without a page, and its header with the number for the sidebar.
NOTHING_NEW, UNREAD_HEADER = 204, "X-Unread"


class InboxVerbs:
    """Mixin of ConversationAdmin: each action is a POST, and leads back to the conversation."""

    def do_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Carry out an action on a conversation (POST)."""
        needed = RIGHTS.get(verb, "conversations.change_conversation")
        require(request.user.has_perm(needed))
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        conversation: Conversation = self.find(object_id)  # type: ignore[attr-defined]
        if verb not in VERBS:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(_back(request, conversation))
        act: Callable[[HttpRequest, Conversation], HttpResponse | None]
        act = getattr(self, f"_{verb}")
        try:
            shown = act(request, conversation)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            shown = None
        return shown if shown is not None else HttpResponseRedirect(_back(request, conversation))

    def _answer(self, request: HttpRequest, conversation: Conversation) -> HttpResponse | None:
        """Send the answer; if it is refused, show the page again with what was written."""
        text = request.POST.get("text", "")
        try:
            send_answer(
                conversation=conversation,
                text=text,
                by=request.user,
                key=request.POST.get("key") or None,
                also_suppressed=bool(request.POST.get("also_suppressed")),
                seen=_seen(request),
            )
        except Refusal as refusal:
            page: HttpResponse = self.inbox(  # type: ignore[attr-defined]
                request, conversation, refused=refusal.sentence, written=text
            )
            return page
        if request.POST.get("_close") and request.user.has_perm(
            "conversations.change_conversation"
        ):
            return self._close(request, conversation, is_answered=True)
        return None

    def _cancel(self, request: HttpRequest, conversation: Conversation) -> None:
        key = request.POST.get("delivery", "")
        if not (key.isascii() and key.isdecimal() and len(key) < 19):
            raise Http404
        answer = Answer.objects.filter(conversation=conversation, delivery=int(key)).first()
        if answer is None:
            raise Http404
        if cancel_answer(answer):
            self._log(request, conversation, Sentence("An answer was cancelled."))
        else:
            messages.warning(request, _("It is too late: the answer has left."))

    def _close(
        self, request: HttpRequest, conversation: Conversation, *, is_answered: bool = False
    ) -> HttpResponse | None:
        """Close it, and show the list that it left."""
        if close_conversation(conversation=conversation):
            self._log(request, conversation, Sentence("Closed."))
            sentence = (
                _("The answer is being sent, and the conversation with %(uin)s is closed.")
                if is_answered
                else _("The conversation with %(uin)s is closed.")
            )
            messages.success(request, sentence % {"uin": conversation.uin})
        return HttpResponseRedirect(f"{_inbox()}?{query_of(request).url()}")

    def _reopen(self, request: HttpRequest, conversation: Conversation) -> None:
        if reopen_conversation(conversation=conversation):
            self._log(request, conversation, Sentence("Reopened."))

    def _read(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        """Count what was shown as read; answer with the number that is left for the sidebar."""
        try:
            until = read_moment(request.POST.get("until", ""), zone=UTC)
        except ValueError:
            return HttpResponse(status=NOTHING_NEW)
        mark_read(conversation=conversation, until=until)
        headers = {UNREAD_HEADER: unread_badge(request)}
        return HttpResponse(status=NOTHING_NEW, headers=headers)

    def _unread(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        """Count it as unread, and show the list: the page of it would read it again."""
        mark_unread(conversation=conversation)
        return HttpResponseRedirect(f"{_inbox()}?{query_of(request).url()}")

    def _assign(self, request: HttpRequest, conversation: Conversation) -> None:
        key = request.POST.get("to", "")
        users: Any = get_user_model()._default_manager
        to = users.filter(pk=int(key), is_active=True).first() if is_key(key) else None
        if key and to is None:
            raise Refusal(_("There is no such operator."), code="operator_unknown")
        if assign_conversation(conversation=conversation, to=to):
            said = (
                Sentence("Assigned to %(name)s.") % {"name": to.get_username()}
                if to is not None
                else Sentence("Assigned to nobody.")
            )
            self._log(request, conversation, said)

    def _labels(self, request: HttpRequest, conversation: Conversation) -> None:
        wanted = {int(key) for key in request.POST.getlist("labels") if is_key(key)}
        now = set(conversation.labels.values_list("pk", flat=True))
        given = list(Label.objects.filter(pk__in=wanted - now))
        taken = list(Label.objects.filter(pk__in=now - wanted))
        add_labels(rows=[conversation], labels=given)
        remove_labels(rows=[conversation], labels=taken)
        if given:
            names = ", ".join(label.name for label in given)
            self._log(
                request, conversation, Sentence("Labels added: %(names)s.") % {"names": names}
            )
        if taken:
            names = ", ".join(label.name for label in taken)
            said = Sentence("Labels removed: %(names)s.") % {"names": names}
            self._log(request, conversation, said)

    def _note(self, request: HttpRequest, conversation: Conversation) -> None:
        if write_note(conversation=conversation, note=request.POST.get("note", "")):
            self._log(request, conversation, Sentence("The note was changed."))

    def _suppress(self, request: HttpRequest, conversation: Conversation) -> None:
        """Opt the person out who asked for it in words that no opt-out word is."""
        if suppress(uins=[conversation.uin], source=str(request.user)):
            self._log(request, conversation, Sentence("The person was opted out."))
        messages.success(
            request, _("No campaign writes to %(uin)s any more.") % {"uin": conversation.uin}
        )

    def _lift(self, request: HttpRequest, conversation: Conversation) -> None:
        """Lift what an operator did; an opt-out by reply is undone in the list of opt-outs."""
        suppression = suppression_of(conversation.uin)
        if suppression is None or suppression.reason != SuppressionReason.BY_HAND:
            raise Refusal(_("This suppression was lifted already."), code="already_lifted")
        lift_suppression(suppression=suppression)
        self._log(request, conversation, Sentence("The suppression is lifted."))
        messages.success(
            request, _("Campaigns write to %(uin)s again.") % {"uin": conversation.uin}
        )

    def _log(self, request: HttpRequest, conversation: Conversation, said: str) -> None:
        self.log_change(request, conversation, said)  # type: ignore[attr-defined]


def _seen(request: HttpRequest) -> int | None:
    text = request.POST.get("seen", "")
    return int(text) if is_key(text) else None


def _inbox() -> str:
    return reverse("admin:conversations_conversation_changelist")


def _back(request: HttpRequest, conversation: Conversation) -> str:
    return f"{_inbox()}?{query_of(request).url(c=conversation.pk)}"
