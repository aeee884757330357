"""The API does what the command line does, with the same JSON and the same refusals."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.db import transaction

from api.operations import OPERATIONS
from api.pipeline.command_parameters import actions_of
from campaigns.models import Campaign
from foundation.commands import OperatorCommand
from tests.api.asking import administrator
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage

#: Commands that the API does not have, and why.
WITHOUT = {
    "up": "starts the processes that serve the API",
    "serve": "starts one of them",
    "gateway_simulator": "is a gateway for trying the system out",
    "languages": "is for translators",
    "api_tokens": "a token issues no token; one's own are listed and revoked at /tokens",
    **dict.fromkeys(
        (
            f"users {verb}"
            for verb in ("add", "role", "disable", "enable", "token", "restrict", "lift")
        ),
        "a token makes no user and no token, so that it cannot give more than it has",
    ),
    **dict.fromkeys(
        ("backup", "restore", "prune", "rotate_keys", "upgrade"),
        "is for those who keep the installation",
    ),
    **dict.fromkeys(
        (
            f"signin {verb}"
            for verb in (
                *("list", "unlock", "end-sessions", "reset-second-factor"),
                *("connect", "disconnect"),
            )
        ),
        "a program does not decide who signs in",
    ),
    "campaign wait": "waits in a terminal; a program asks for the status, or gets a webhook",
}


def test_every_command_has_an_operation_or_a_reason() -> None:
    known = {operation.command for operation in OPERATIONS}
    missing = []
    for name, app in get_commands().items():
        command = load_command_class(app, name) if isinstance(app, str) else app
        if not isinstance(command, OperatorCommand) or name in WITHOUT:
            continue
        words = [f"{name} {action}".strip() for action in actions_of(name) or [""]]
        missing += [one for one in words if one not in known and one not in WITHOUT]
    assert missing == []


def test_addresses_are_told_apart() -> None:
    addresses = [(operation.method, operation.path) for operation in OPERATIONS]
    assert len(addresses) == len(set(addresses))


#: The arguments of a command, and the request that does the same.
READING: list[tuple[list[Any], str]] = [
    (["campaign", "status", "spring"], "campaigns/spring/status"),
    (["campaign", "status", "nosuch"], "campaigns/nosuch/status"),
    (["campaign", "status", "spring", "--run", 7], "campaigns/spring/status?run=7"),
    (["campaign", "figures", "spring"], "campaigns/spring/figures"),
    (["campaign", "occurrences", "spring"], "campaigns/spring/occurrences"),
    (["accounts", "status"], "accounts/status"),
    (["accounts", "status", 10_001], "accounts/status?uins=10001"),
    (["accounts", "status", 99_999], "accounts/status?uins=99999"),
    (["template", "list"], "templates"),
    (["segment", "list"], "segments"),
    (["segment", "show", "nosuch"], "segments/nosuch"),
    (["sequence", "list"], "sequences"),
    (["suppressions", "list"], "suppressions"),
    (["friends", "list", "--limit", 2], "friends?limit=2"),
    (["friends", "requests"], "friends/requests"),
    (["inbox", "list"], "inbox"),
    (["pool", "list"], "pools"),
    (["label", "list"], "labels"),
    (["holidays", "list"], "holidays"),
    (["quiet_hours", "list"], "quiet-hours"),
    (["frequency_cap", "show"], "frequency-cap"),
    (["forbidden_words", "list"], "forbidden-words"),
    (["opt_out_words", "list"], "opt-out-words"),
    (["reply_rules", "list"], "reply-rules"),
    (["canned_answer", "list"], "canned-answers"),
    (["notifications", "list"], "notifications"),
    (["approval", "show"], "approval"),
    (["report", "saved"], "reports"),
    (["report", "mails"], "report-mails"),
    (["report", "--saved", "nosuch"], "report?saved=nosuch"),
    (["attributes", "list"], "attributes"),
    (["warm_up_curve", "list"], "warm-up-curves"),
]


@pytest.fixture
def spring(db: None) -> Campaign:
    """A campaign to two people by one account."""
    account = make_account(10_001, friends=[20_001, 20_002, 20_003])
    members = make_list("VIP", [20_001, 20_002])
    return make_campaign("spring", lists=[members], accounts=[account])


def test_reading_answers_the_same_json(spring: Campaign) -> None:
    root = administrator()
    for command, address in READING:
        said = manage(*command, "--json")
        answer, expected = root.get(address), said.json
        if said.status == 0:
            assert (answer.status_code, answer.json()) == (200, expected), address
        else:
            assert answer.status_code in (404, 409), address
            assert {key: answer.json()[key] for key in expected} == expected
            assert answer.json()["detail"] == expected["sentence"]


#: A command, the request that does the same in another installation, keys that differ by name.
CHANGING: list[tuple[list[Any], str, str, dict[str, Any]]] = [
    (
        ["campaign", "create", "MADE", "--list", "VIP", "--text", "hi {{ name }}", "--at",
         "2031-01-02T03:04:05Z", "--holdout", "5", "--per-minute", "30"],
        "POST", "campaigns",
        {"name": "MADE", "list": ["VIP"], "text": "hi {{ name }}", "at": "2031-01-02T03:04:05Z",
         "holdout": "5", "per_minute": 30},
    ),
    (
        ["campaign", "create", "MADE", "--list", "nosuch", "--text", "hi"],
        "POST", "campaigns", {"name": "MADE", "list": ["nosuch"], "text": "hi"},
    ),
    (["campaign", "clone", "spring", "MADE"], "POST", "campaigns/spring/clone",
     {"new_name": "MADE"}),
    (["campaign", "pause", "spring"], "POST", "campaigns/spring/pause", {}),
    (
        ["template", "create", "MADE", "--text", "hi {{ name }}"],
        "POST", "templates",
     {"name": "MADE", "text": "hi {{ name }}"},
    ),
    (
        ["template", "create", "MADE", "--text", "hi {{ name"],
        "POST", "templates",
     {"name": "MADE", "text": "hi {{ name"},
    ),
    (
        ["segment", "create", "MADE", "--where", "city = 昆明"],
        "POST", "segments", {"name": "MADE", "where": "city = 昆明"},
    ),
    (["segment", "create", "MADE", "--where", "city ="], "POST", "segments",
     {"name": "MADE", "where": "city ="}),
    (["pool", "create", "MADE", "--account", 10_001], "POST", "pools",
     {"name": "MADE", "account": [10_001]}),
    (["label", "create", "MADE", "--colour", "red"], "POST", "labels",
     {"name": "MADE", "colour": "red"}),
    (["accounts", "rest", 10_001, "--seconds", 60], "POST", "accounts/rest",
     {"uins": [10_001], "seconds": 60}),
    (["canned_answer", "save", "MADE", "--text", "hi"], "PUT", "canned-answers/MADE",
     {"text": "hi"}),
    (["suppressions", "add", 20_001, "--reason", "asked"], "POST", "suppressions",
     {"uins": [20_001], "reason": "asked"}),
    (["forbidden_words", "add", "MADE"], "POST", "forbidden-words", {"words": ["MADE"]}),
    (["report", "save", "MADE", "--period", "last-7-days"], "PUT", "reports/MADE",
     {"period": "last-7-days"}),
    (["report", "delete", "nosuch"], "DELETE", "reports/nosuch", {}),
    (["quiet_hours", "add", "21:00-09:00"], "POST", "quiet-hours", {"hours": "21:00-09:00"}),
]  # fmt: skip


def test_changing_answers_the_same_json(spring: Campaign) -> None:
    root = administrator()
    for command, method, address, body in CHANGING:
        with transaction.atomic():
            said = manage(*command, "--json")
            transaction.set_rollback(True)
        with transaction.atomic():
            answer = root.ask(method, address, body)
            transaction.set_rollback(True)
        data, expected = answer.json(), said.json
        if said.status == 0:
            assert answer.status_code in (200, 201), (address, answer.content)
        else:
            assert answer.status_code in (404, 409), (address, answer.content)
            data = {key: data[key] for key in expected}
        assert _without_moments(data) == _without_moments(expected), address


def _without_moments(data: Any) -> Any:
    """Return data without keys of rows, moments and seconds, which differ between two calls."""
    if isinstance(data, dict):
        kept = {key: one for key, one in data.items() if key not in ("id", "updated_at")}
        return {key: _without_moments(one) for key, one in kept.items()}
    if isinstance(data, list):
        return [_without_moments(one) for one in data]
    return re.sub(r"(\d\d:\d\d):\d\d(\.\d+)?", r"\1", data) if isinstance(data, str) else data
