"""Fetch profiles (GetInfo), and search for people (Finger)."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial

from accounts.gateway.conversation import Conversation
from accounts.gateway.task_outcomes import Continued, Done, Outcome
from accounts.gateway.task_requests import send_for_task
from accounts.models import AccountTask
from accounts.people_search import question_of
from accounts.profiles import next_person, store_profile
from foundation.database_turn import database_turn
from foundation.sentences import Sentence as _
from qqhttp import Finger, GetInfo, IllegalUin, OtherRefusal

#: LV of the requests: the complete profile.
LEVEL = 3


def fetch_profile(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Fetch one profile: of the task's person, or of the newest friend without one."""
    account_id, uin = account_task.account_id, account_task.uin
    if not uin:
        with database_turn():
            found = next_person(account_id=account_id, skipped=account_task.tries)
        if found is None:
            return Done(_("No profile is left to fetch today."))
        uin = found
    try:
        reply = send_for_task(
            conversation=conversation,
            account_task=account_task,
            make=lambda seq: GetInfo(seq=seq, uin=conversation.account.uin, un=uin, lv=LEVEL),
            is_marked=False,
        )
    except (IllegalUin, OtherRefusal):
        if account_task.uin:
            raise
        return Continued(partial(store_profile, account_id=account_id, uin=uin, reply=None))
    store = partial(store_profile, account_id=account_id, uin=uin, reply=reply)
    return Done(_("The profile is stored."), store) if account_task.uin else Continued(store)


def find_people(conversation: Conversation, account_task: AccountTask) -> Outcome:
    """Search for people; the task's text holds the question, and afterwards the people found."""
    asked = question_of(account_task)
    reply = send_for_task(
        conversation=conversation,
        account_task=account_task,
        make=lambda seq: Finger(
            seq=seq,
            uin=conversation.account.uin,
            ag=asked.age,
            sx=asked.sex,
            pv=asked.province,
        ),
        is_marked=False,
    )
    people = [
        {"uin": one.uin, "nickname": one.nickname, "status": one.status, "face": one.face}
        for one in reply.presences
    ]

    def store() -> None:
        text = json.dumps({**asdict(asked), "people": people}, ensure_ascii=False)
        AccountTask.objects.filter(pk=account_task.pk).update(text=text.replace("\\u0000", ""))

    return Done(_("People found: %(n)d.") % {"n": len(people)}, store)
