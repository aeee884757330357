"""Pace, pause, cancel, retry, promises, windows: what an operator says holds."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.black_box.behaviour import Manners, Mishap
from tests.black_box.conftest import Arrive
from tests.black_box.gateway import Gateway
from tests.black_box.operator_cli import Stranger
from tests.black_box.population import (
    World,
    assert_all_arrived,
    import_people,
    launch_campaign,
    move_in,
)

TEXT = "hello {not} 你好"


def _under_way(stranger: Stranger, gateway: Gateway, count: int) -> None:
    stranger.until(lambda: len(gateway.arrived.messages) >= count)


def test_at_the_gateways_own_limit_it_never_says_3(arrive: Arrive) -> None:
    world = World(5, 30)
    stranger, gateway = arrive(world, Manners(min_interval=0.5, penalty=2))
    stranger.up()
    move_in(stranger, world, min_interval=0.5)
    launch_campaign(stranger, "one", TEXT)
    stranger.wait("one")
    assert_all_arrived(gateway, TEXT, world.people)
    assert gateway.arrived.too_soon == []
    for uin in world.uins:
        gaps = sorted(gateway.arrived.gaps[uin])
        print(uin, gaps[0], gaps[len(gaps) // 2], gaps[-1])
        assert gaps[len(gaps) // 2] < 0.75, gaps


def test_too_fast_accounts_learn_and_cost_the_others_nothing(arrive: Arrive) -> None:
    world = World(4, 40)
    stranger, gateway = arrive(world, Manners(min_interval=0.3, penalty=1))
    stranger.up()
    move_in(stranger, world, min_interval=0.3)
    fast = world.uins[:2]
    file = stranger.write(
        "fast.csv", "uin,min_interval\n" + "".join(f"{uin},0.05\n" for uin in fast)
    )
    assert stranger.ok("import_accounts", file)["updated"] == 2
    launch_campaign(stranger, "one", TEXT)
    figures = stranger.wait("one", seconds=240)
    assert figures["sent"] == 160
    assert figures["res"]["3"] == len(gateway.arrived.too_soon)
    assert_all_arrived(gateway, TEXT, world.people)
    by = Counter(message.sender for message in gateway.arrived.too_soon)
    print(by, figures["res"])
    assert set(by) <= set(fast), by
    assert all(count <= 12 for count in by.values()), by


def test_pause_resume_cancel_and_a_second_campaign(arrive: Arrive) -> None:
    world = World(5, 60)
    stranger, gateway = arrive(world, Manners(delay=0.1))
    stranger.up()
    move_in(stranger, world, min_interval=0.9)
    import_people(stranger, "few", world.people[::20])
    launch_campaign(stranger, "one", TEXT)
    _under_way(stranger, gateway, 20)
    stranger.ok("campaign", "pause", "one")
    at = time.monotonic()
    time.sleep(3)
    late = Counter(m.sender for m in gateway.arrived.messages if m.at > at)
    assert all(count <= 1 for count in late.values()), late
    paused = stranger.status("one")
    assert (paused["state"], paused["sending"], paused["eta"]) == ("paused", 0, None)
    assert paused["sent"] == len(gateway.arrived.messages)
    stranger.ok("campaign", "resume", "one")
    _under_way(stranger, gateway, paused["sent"] + 10)
    launch_campaign(stranger, "two", TEXT + " two", "--list", "few")
    stranger.until(lambda: bool(gateway.arrived.of(b" two")))
    stranger.ok("campaign", "cancel", "one")
    at = time.monotonic()
    two = stranger.wait("two")
    assert two["sent"] == 15
    one = stranger.status("one")
    assert one["state"] == "cancelled"
    assert one["sent"] + one["cancelled"] == 300
    assert len(gateway.arrived.messages) == one["sent"] + two["sent"]
    late = Counter(m.sender for m in gateway.arrived.messages if m.at > at and b"two" not in m.text)
    assert all(count <= 1 for count in late.values()), late
    assert gateway.arrived.twice() == {}
    for refused in ("pause", "resume", "cancel", "retry"):
        assert "cancelled" in stranger.refused("campaign", refused, "one")
    said = stranger.manage("campaign", "wait", "one", "--timeout", 5, "--json")
    assert (said.status, said.json["error"]) == (1, "cancelled")


def test_at_and_window_and_strangers_and_never_missed(arrive: Arrive) -> None:
    world = World(3, 10)
    stranger, gateway = arrive(world, QQ_GATEWAY_TRUSTS_SEQ="0")
    stranger.up()
    move_in(stranger, world, min_interval=0.05)
    soon = datetime.now(UTC) + timedelta(seconds=25)
    launch_campaign(stranger, "later", TEXT + " later", "--at", soon.isoformat())
    assert stranger.status("later")["state"] == "scheduled"
    here = datetime.now(UTC)
    window = f"{here + timedelta(hours=2):%H:%M}-{here + timedelta(hours=3):%H:%M}"
    launch_campaign(stranger, "night", TEXT + " night", "--window", window, "--timezone", "UTC")
    assert stranger.wait("later")["sent"] == 30
    began = datetime.now(UTC) - timedelta(seconds=time.monotonic() - gateway.arrived.messages[0].at)
    assert soon <= began + timedelta(milliseconds=50), (soon, began)
    assert began - soon < timedelta(seconds=6), (soon, began)
    night = stranger.status("night")
    assert night["sent"] == 0
    assert any(f"{here + timedelta(hours=2):%H:%M}" in why for why in night["why"]), night
    assert stranger.manage("campaign", "wait", "night", "--timeout", 1).status == 1
    import_people(stranger, "strangers", [9_000_001, 9_000_002])
    launch_campaign(stranger, "known", TEXT, "--list", "strangers")
    known = stranger.wait("known")
    assert (known["skipped"], known["reasons"]) == (2, {"skipped": {"not_a_friend": 2}})
    assert {row["reason"] for row in stranger.report("known")} == {"not_a_friend"}
    launch_campaign(stranger, "open", TEXT + " open", "--list", "strangers", "--strangers")
    assert stranger.wait("open")["sent"] == 2
    gateway.manners.has_seq_guard = False
    gateway.manners.mishaps = {Mishap.EMPTY_AFTER: 0.2, Mishap.RESET_BEFORE: 0.2}
    launch_campaign(stranger, "missed", TEXT + " missed", "--promise", "never-missed")
    missed = stranger.wait("missed", seconds=240)
    assert missed["sent"] == 30, missed
    assert {m.to for m in gateway.arrived.of(b"missed")} == set(world.people)
    launch_campaign(stranger, "twice", TEXT + " twice", "--promise", "never-twice")
    twice = stranger.wait("twice", seconds=240)
    assert twice["unknown"] > 0, twice
    assert twice["sent"] + twice["unknown"] == 30, twice
    assert not any(b"twice" in text for _to, text in gateway.arrived.twice())
    gateway.manners.mishaps = {}
    retried = stranger.ok("campaign", "retry", "twice", "--state", "unknown")
    assert retried["retried"] == twice["unknown"]
    assert stranger.wait("twice")["sent"] == 30


def test_accounts_that_cannot(arrive: Arrive) -> None:
    world = World(3, 20)
    stranger, gateway = arrive(world)
    stranger.up()
    wrong, unknown, fine = world.uins
    passwords = {**world.passwords, wrong: "not that one"}
    del gateway.digests[unknown]
    stranger.ok("import_accounts", stranger.accounts_file(passwords, columns={"min_interval": 0}))
    import_people(stranger, "all", world.people)
    said = stranger.manage("accounts", "login", "--all", "--json")
    assert said.status == 1
    rows = {row["uin"]: row for row in said.json}
    print(rows)
    assert "密码错误" in rows[wrong]["sentence"]
    assert rows[fine]["state"] == "online"
    assert rows[unknown]["sentence"]
    assert {rows[uin]["state"] for uin in (wrong, unknown)} <= {"quarantined", "disabled"}
    stranger.ok("accounts", "sync", fine)
    launch_campaign(stranger, "one", TEXT)
    figures = stranger.wait("one")
    assert (figures["sent"], figures["skipped"]) == (20, 40), figures
    assert gateway.arrived.logins(wrong) == 1, "a wrong password is not hammered"
    assert gateway.arrived.logins(unknown) == 1
    # It is mended: the right password, a fresh start.
    stranger.ok("import_accounts", stranger.accounts_file(world.passwords))
    stranger.ok("accounts", "enable", wrong)
    stranger.ok("accounts", "sync", wrong)
    launch_campaign(stranger, "two", TEXT + " two")
    assert stranger.wait("two")["sent"] == 40
    rest = stranger.ok("accounts", "rest", wrong, "--seconds", 3600)
    assert rest[0]["state"] == "resting"
