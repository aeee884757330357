"""The command `inbox`: conversations are listed, read, answered, assigned, closed and exported."""

from __future__ import annotations

import argparse
import time
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from campaigns.commands.output_file import STANDARD_OUTPUT, output_file
from campaigns.find import find_campaign, operator_named
from conversations.answers.canned import find_canned, text_for
from conversations.answers.send_answer import send_answer
from conversations.commands.arguments import MOST_LISTED, add_inbox_actions
from conversations.commands.data import (
    answer_data,
    conversation_data,
    conversations_text,
    messages_text,
)
from conversations.export import write_csv, write_json
from conversations.find import Filters, filtered, find_conversation
from conversations.models import Answer, Conversation
from conversations.threads.pages import page_of
from conversations.threads.thread import read_thread
from conversations.work.assign import assign_conversation, write_note
from conversations.work.state import close_conversation, mark_read, reopen_conversation
from foundation.command_log import log_changed
from foundation.commands import REFUSED, OperatorCommand
from foundation.sentences import Sentence
from labels.labelling import add_labels, find_labels, remove_labels
from sending.states import OPEN_DELIVERY_STATES, DeliveryState

LOOK_SECONDS = 0.2


class Command(OperatorCommand):
    """List, show, answer, assign, close, reopen, label and export conversations."""

    help = "Conversations: list, show, answer, assign, close, reopen, read, note, label, export."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_inbox_actions(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action in ("list", "export"):
            getattr(self, f"_{action}")(options)
            return
        accounts = find_accounts(uins=[options["account"]]) if options["account"] else [None]
        conversation = find_conversation(uin=options["uin"], account=accounts[0])
        getattr(self, f"_{action}")(conversation, options)

    def _list(self, options: dict[str, Any]) -> None:
        rows, following = page_of(
            filtered(_filters(options)), before=options["next"], limit=_limit(options)
        )
        self.answer(
            {"items": [conversation_data(row) for row in rows], "next": following},
            as_json=options["json"],
            text=conversations_text(rows),
        )

    def _export(self, options: dict[str, Any]) -> None:
        if options["json"] and options["out"] == STANDARD_OUTPUT:
            options["wrong_usage"]("--json and --out - both write to standard output: choose one")
        write = write_csv if options["format"] == "csv" else write_json
        refusal = _("The file %(file)s cannot be written: %(why)s")
        with output_file(options["out"], self.stdout, refusal=refusal) as out:
            count = write(filtered(_filters(options)), out)
        if options["out"] == STANDARD_OUTPUT:
            return
        self.answer(
            {"file": options["out"], "messages": count},
            as_json=options["json"],
            text=_("Messages written to %(file)s: %(n)s")
            % {"file": options["out"], "n": f"{count:,}"},
        )

    def _show(self, conversation: Conversation, options: dict[str, Any]) -> None:
        thread = read_thread(
            conversation=conversation, before=options["next"], limit=_limit(options)
        )
        self.answer(
            {
                "conversation": conversation_data(conversation),
                "items": [one.as_data() for one in thread.messages],
                "next": thread.next,
            },
            as_json=options["json"],
            text=messages_text(thread.messages),
        )

    def _answer(self, conversation: Conversation, options: dict[str, Any]) -> None:
        text = options["text"]
        if text is None:
            canned = find_canned(name=options["canned"])
            text = text_for(conversation=conversation, text=canned.text)
        answer = send_answer(
            conversation=conversation,
            text=text,
            by=operator_named(options["by"]),
            key=options["key"],
            also_suppressed=options["also_suppressed"],
        )
        state = _wait(answer, options["wait"])
        data = answer_data(answer)
        self.answer(data, as_json=options["json"], text=data["sentence"])
        if options["wait"] and state != DeliveryState.SENT:
            raise SystemExit(REFUSED)

    def _assign(self, conversation: Conversation, options: dict[str, Any]) -> None:
        to = operator_named(options["to"])
        if assign_conversation(conversation=conversation, to=to):
            said = Sentence("Assigned to %(name)s.") % {"name": to} if to else Sentence(
                "Assigned to nobody."
            )  # fmt: skip
            log_changed(conversation, said=said)
        self._say(conversation, options)

    def _close(self, conversation: Conversation, options: dict[str, Any]) -> None:
        if close_conversation(conversation=conversation):
            log_changed(conversation, said=Sentence("Closed."))
        self._say(conversation, options)

    def _reopen(self, conversation: Conversation, options: dict[str, Any]) -> None:
        if reopen_conversation(conversation=conversation):
            log_changed(conversation, said=Sentence("Reopened."))
        self._say(conversation, options)

    def _read(self, conversation: Conversation, options: dict[str, Any]) -> None:
        mark_read(conversation=conversation)
        self._say(conversation, options)

    def _note(self, conversation: Conversation, options: dict[str, Any]) -> None:
        if write_note(conversation=conversation, note=options["text"]):
            log_changed(conversation, fields=["note"])
        self._say(conversation, options)

    def _label(self, conversation: Conversation, options: dict[str, Any]) -> None:
        if not options["add"] and not options["remove"]:
            options["wrong_usage"]("name a label: --add L or --remove L")
        given, taken = find_labels(names=options["add"]), find_labels(names=options["remove"])
        changed = add_labels(rows=[conversation], labels=given) if given else 0
        changed += remove_labels(rows=[conversation], labels=taken) if taken else 0
        if changed:
            log_changed(conversation, fields=["labels"])
        self._say(conversation, options)

    def _say(self, conversation: Conversation, options: dict[str, Any]) -> None:
        row = find_conversation(uin=conversation.uin, account=conversation.account)
        self.answer(conversation_data(row), as_json=options["json"], text=conversations_text([row]))


def _filters(options: dict[str, Any]) -> Filters:
    account, campaign = options["account"], options["campaign"]
    if options["replied"] and campaign is None:
        options["wrong_usage"]("--replied needs --campaign: name what they replied to")
    return Filters(
        state=options["state"] or "",
        is_unread=options["unread"],
        assignee=operator_named(options["assigned_to"]),
        is_unassigned=options["unassigned"],
        account=find_accounts(uins=[account])[0] if account is not None else None,
        uin=options["uin"],
        campaign=find_campaign(name=campaign) if campaign is not None else None,
        has_replied=options["replied"],
        labels=find_labels(names=options["labels"]),
        words=options["search"],
    )


def _limit(options: dict[str, Any]) -> int:
    return max(1, min(int(options["limit"]), MOST_LISTED))


def _wait(answer: Answer, patience: float) -> str:
    """Wait until an answer is not open any more, or the time is over; return its state."""
    until = time.monotonic() + patience
    while True:
        answer.delivery.refresh_from_db()
        state: str = answer.delivery.state
        if state not in OPEN_DELIVERY_STATES or time.monotonic() >= until:
            return state
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))
