"""Searches for people on the gateway (Finger), each by one account, between its messages."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

OLDEST = 150
#: The longest province, characters.
LONGEST_PROVINCE = 40


@dataclass(frozen=True, slots=True)
class Question:
    """What people are searched by.

    Attributes:
        age: years.
        sex: a value of `qqhttp.Sex`.
        province: its name; "" for any.
    """

    age: int
    sex: int
    province: str


def request_search(*, account: Account, question: Question, by: Any = None) -> AccountTask:
    """Request a search; return its task, whose people `people_found` returns once it is done.

    Args:
        account: the account that asks the gateway.
        question: what is searched by.
        by: the operator.

    Raises:
        Refusal: the account cannot ask, or is busy with another search (`busy`).
    """
    text = json.dumps(asdict(question))
    task = request_account_task(account=account, kind=AccountTaskKind.FIND, text=text, by=by)
    if question_of(task) != question:
        raise Refusal(
            _("Account %(uin)s is busy with another search. Try again in a minute, or by another.")
            % {"uin": account.uin},
            code="busy",
        )
    return task


def question_of(task: AccountTask) -> Question:
    """Return what a search asked."""
    asked = json.loads(task.text)
    return Question(asked["age"], asked["sex"], asked["province"])


def people_found(task: AccountTask) -> list[dict[str, Any]]:
    """Return the people that a search found: `uin`, `nickname`, `status` and `face` of each."""
    people: list[dict[str, Any]] = json.loads(task.text).get("people", [])
    return people
