"""Seconds of hostile requests: no answer is a 500, and none takes long."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from tests.console.whole_world import make_whole_world
from tests.fuzzing.fuzz import Fuzzer
from tests.fuzzing.requests import routes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(8, marks=pytest.mark.partial), pytest.param(30, marks=pytest.mark.exhaustive)],
)
def test_hostile_requests_have_answers(seconds: int) -> None:
    make_whole_world()
    fuzzer = Fuzzer(seed=20_261_127)
    found = fuzzer.run(seconds=seconds)
    assert not found.wrong, "\n".join(found.wrong.values())
    assert found.sent > seconds


def test_a_fault_behind_the_api_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> NoReturn:
        raise LookupError("broken")

    monkeypatch.setattr("api.view._read", broken)
    monkeypatch.setattr("tests.fuzzing.fuzz.API_SHARE", 1.0)
    make_whole_world()
    fuzzer = Fuzzer(seed=20_261_127)
    users = {name for name in fuzzer.clients if name != "stranger"}
    assert {f"program of {name}" for name in users} <= set(fuzzer.programs)
    found = fuzzer.run(seconds=5)
    assert any(one.startswith("500 get /api/v1/") for one in found.wrong), found


def test_every_address_is_known_to_the_fuzzer() -> None:
    found = routes()
    assert len(found) > 200
    # The API has one view for all its addresses; its operations are asked by name.
    assert not [one for one in found if "\\" in one and not one.startswith("api/v1/")]
