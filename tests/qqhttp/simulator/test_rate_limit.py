"""The minimum interval between messages, and the SEQ guard against duplicates."""

import time
from collections.abc import Callable

import pytest

from qqhttp.simulator import GatewaySimulator

from .raw_client import ALICE, BOB, FRIEND, RawClient, ask, log_in, message

Start = Callable[..., GatewaySimulator]


def test_a_message_too_soon_is_answered_after_the_penalty_and_not_delivered(start: Start) -> None:
    gateway = start(min_interval=60, penalty=0.3)
    log_in(gateway)
    assert ask(gateway, message(1, "one")).endswith("&RES=0&")
    began = time.monotonic()
    assert ask(gateway, message(2, "two")) == f"VER=1.1&CMD=CLTMSG&SEQ=2&UIN={ALICE}&RES=3"
    assert time.monotonic() - began >= 0.3
    assert [item.text for item in gateway.control.messages()] == ["one"]
    (entry,) = gateway.control.too_soon()
    assert (entry.uin, entry.un, entry.seq) == (ALICE, FRIEND, "2")
    assert 0 < entry.by <= 60
    # Its SEQ was not remembered: sent again later, it is delivered.
    gateway.control.change(min_interval=0)
    assert ask(gateway, message(2, "two")).endswith("&RES=0&")
    assert gateway.control.figures().arrived == 2


@pytest.mark.slow
def test_the_interval_starts_with_the_last_reply(start: Start) -> None:
    gateway = start(min_interval=0.2, latency=0.1)
    log_in(gateway)
    for seq in (1, 2, 3):
        assert ask(gateway, message(seq)).endswith("&RES=0&")
        time.sleep(0.2)  # from the reply on, as a client that keeps the interval does
    assert gateway.control.figures().too_soon == 0
    assert ask(gateway, message(4)).endswith("&RES=0&")
    gateway.control.change(min_interval=60)
    assert ask(gateway, message(5)).endswith("&RES=3")


@pytest.mark.slow
def test_a_second_message_before_the_first_reply_is_too_soon(start: Start) -> None:
    gateway = start(min_interval=0.05, latency=1.0, penalty=0.1)
    log_in(gateway)
    with RawClient(gateway.port) as first, RawClient(gateway.port) as second:
        first.post(message(1))
        while gateway.control.figures().arrived == 0:
            pass
        second.post(message(2))
        assert second.body().endswith("&RES=3")
        assert first.body().endswith("&RES=0&")


def test_a_penalty_does_not_delay_other_accounts(start: Start) -> None:
    gateway = start(min_interval=60, penalty=30)
    log_in(gateway)
    log_in(gateway, BOB)
    with RawClient(gateway.port) as punished:
        punished.post(message(1))
        punished.body()
        punished.post(message(2))
        while gateway.control.figures().too_soon == 0:
            pass
        assert ask(gateway, message(1, uin=BOB)).endswith("&RES=0&")


@pytest.mark.parametrize("code", ["20", "5", "NULL"])
def test_a_refused_message_does_not_start_the_interval(start: Start, code: str) -> None:
    gateway = start(min_interval=60)
    log_in(gateway)
    other = {"20": message(1, uin=BOB), "5": message(1, un=100), "NULL": message(1, "%ff")}[code]
    ask(gateway, other)
    assert ask(gateway, message(2)).endswith("&RES=0&")


def test_a_repeated_seq_is_answered_but_not_delivered_again(start: Start) -> None:
    gateway = start(min_interval=60)
    log_in(gateway)
    for _ in range(3):
        # A repeat is never too soon.
        assert ask(gateway, message(7)) == f"VER=1.1&CMD=CLTMSG&SEQ=7&UIN={ALICE}&RES=0&"
    figures = gateway.control.figures()
    assert (figures.arrived, figures.repeats, figures.repeats_of_other) == (1, 2, 0)
    assert figures.too_soon == 0


def test_another_message_with_a_used_seq_is_lost_and_counted(gateway: GatewaySimulator) -> None:
    assert ask(gateway, message(7, "one")).endswith("&RES=0&")
    assert ask(gateway, message(7, "two")).endswith("&RES=0&")
    assert ask(gateway, message(7, "one", un=FRIEND + 1)).endswith("&RES=0&")
    figures = gateway.control.figures()
    assert (figures.arrived, figures.repeats, figures.repeats_of_other) == (1, 2, 2)


def test_accounts_may_use_the_same_seq(gateway: GatewaySimulator) -> None:
    log_in(gateway, BOB)
    ask(gateway, message(7))
    ask(gateway, message(7, uin=BOB))
    assert gateway.control.figures().arrived == 2


@pytest.mark.parametrize("settings", [{"is_replay_known": False}, {"replay_window": 0}])
def test_a_repeat_is_delivered_twice_without_the_guard(
    start: Start, settings: dict[str, bool]
) -> None:
    gateway = start(**settings)
    log_in(gateway)
    ask(gateway, message(7))
    time.sleep(0.01)  # longer than a window of 0 seconds
    ask(gateway, message(7))
    figures = gateway.control.figures()
    assert (figures.arrived, figures.twice, figures.repeats) == (2, 1, 0)


def test_null_h_applies_only_to_an_unescaped_lowercase_h(start: Start) -> None:
    gateway = start(null_h=1.0)
    log_in(gateway)
    assert ask(gateway, message(1, "oh")) == ""
    assert ask(gateway, message(1, "o%68")).endswith("&RES=0&")
    assert ask(gateway, message(2, "OH")).endswith("&RES=0&")
    assert [item.text for item in gateway.control.messages()] == ["oh", "OH"]
