"""Pace, pause, resume, cancel, retry, promises, schedules and windows, as an operator sets them."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.conftest import MakeOperator
from tests.black_box.population import (
    Population,
    assert_all_arrived,
    import_people,
    import_population,
    launch_campaign,
    wait_for_messages,
)

TEXT = "hello {not} 你好"


def test_sending_at_the_gateways_limit_never_gets_res_3(make_operator: MakeOperator) -> None:
    population = Population(5, 30)
    operator, gateway = make_operator(population, Behaviour(min_interval=0.5, penalty=2))
    operator.up()
    import_population(operator, population, min_interval=0.5)
    launch_campaign(operator, "one", TEXT)
    operator.wait("one")
    assert_all_arrived(gateway, TEXT, population.people)
    assert gateway.traffic.too_soon == []
    for uin in population.uins:
        gaps = sorted(gateway.traffic.gaps[uin])
        print(uin, gaps[0], gaps[len(gaps) // 2], gaps[-1])
        assert gaps[len(gaps) // 2] < 0.75, gaps


def test_accounts_that_are_too_fast_slow_down_and_do_not_delay_the_others(
    make_operator: MakeOperator,
) -> None:
    population = Population(4, 40)
    operator, gateway = make_operator(population, Behaviour(min_interval=0.3, penalty=1))
    operator.up()
    import_population(operator, population, min_interval=0.3)
    fast = population.uins[:2]
    file = operator.write(
        "fast.csv", "uin,min_interval\n" + "".join(f"{uin},0.05\n" for uin in fast)
    )
    assert operator.ok("import_accounts", file)["updated"] == 2
    launch_campaign(operator, "one", TEXT)
    figures = operator.wait("one", seconds=240)
    assert figures["sent"] == 160
    assert figures["res"]["3"] == len(gateway.traffic.too_soon)
    assert_all_arrived(gateway, TEXT, population.people)
    by = Counter(message.sender for message in gateway.traffic.too_soon)
    print(by, figures["res"])
    assert set(by) <= set(fast), by
    assert all(count <= 12 for count in by.values()), by


def test_pause_and_cancel_stop_a_run_and_leave_another_one_alone(
    make_operator: MakeOperator,
) -> None:
    population = Population(5, 60)
    operator, gateway = make_operator(population, Behaviour(delay=0.1))
    operator.up()
    import_population(operator, population, min_interval=0.9)
    import_people(operator, "few", population.people[::20])
    launch_campaign(operator, "one", TEXT)
    wait_for_messages(operator, gateway, 20)
    operator.ok("campaign", "pause", "one")
    at = time.monotonic()
    time.sleep(3)
    late = Counter(m.sender for m in gateway.traffic.messages if m.at > at)
    assert all(count <= 1 for count in late.values()), late
    paused = operator.status("one")
    assert (paused["state"], paused["sending"], paused["eta"]) == ("paused", 0, None)
    assert paused["sent"] == len(gateway.traffic.messages)
    operator.ok("campaign", "resume", "one")
    wait_for_messages(operator, gateway, 10)
    launch_campaign(operator, "two", TEXT + " two", "--list", "few")
    operator.wait_until(lambda: bool(gateway.traffic.containing(b" two")))
    operator.ok("campaign", "cancel", "one")
    at = time.monotonic()
    two = operator.wait("two")
    assert two["sent"] == 15
    one = operator.status("one")
    assert one["state"] == "cancelled"
    assert one["sent"] + one["cancelled"] == 300
    assert len(gateway.traffic.messages) == one["sent"] + two["sent"]
    late = Counter(m.sender for m in gateway.traffic.messages if m.at > at and b"two" not in m.text)
    assert all(count <= 1 for count in late.values()), late
    assert gateway.traffic.duplicates() == {}
    for refused in ("pause", "resume", "cancel", "retry"):
        assert "cancelled" in operator.refused("campaign", refused, "one")
    result = operator.manage("campaign", "wait", "one", "--timeout", 5, "--json")
    assert (result.status, result.json["error"]) == (1, "cancelled")


def test_schedule_window_strangers_and_promises_are_kept(make_operator: MakeOperator) -> None:
    population = Population(3, 10)
    operator, gateway = make_operator(population, QQ_GATEWAY_TRUSTS_SEQ="0")
    operator.up()
    import_population(operator, population, min_interval=0.05)
    soon = datetime.now(UTC) + timedelta(seconds=25)
    launch_campaign(operator, "later", TEXT + " later", "--at", soon.isoformat())
    assert operator.status("later")["state"] == "scheduled"
    here = datetime.now(UTC)
    window = f"{here + timedelta(hours=2):%H:%M}-{here + timedelta(hours=3):%H:%M}"
    launch_campaign(operator, "night", TEXT + " night", "--window", window, "--timezone", "UTC")
    assert operator.wait("later")["sent"] == 30
    began = datetime.now(UTC) - timedelta(seconds=time.monotonic() - gateway.traffic.messages[0].at)
    assert soon <= began + timedelta(milliseconds=50), (soon, began)
    assert began - soon < timedelta(seconds=6), (soon, began)
    night = operator.status("night")
    assert night["sent"] == 0
    assert any(f"{here + timedelta(hours=2):%H:%M}" in why for why in night["why"]), night
    assert operator.manage("campaign", "wait", "night", "--timeout", 1).status == 1
    import_people(operator, "strangers", [9_000_001, 9_000_002])
    launch_campaign(operator, "known", TEXT, "--list", "strangers")
    known = operator.wait("known")
    assert (known["skipped"], known["reasons"]) == (2, {"skipped": {"not_a_friend": 2}})
    assert {row["reason"] for row in operator.report("known")} == {"not_a_friend"}
    launch_campaign(operator, "open", TEXT + " open", "--list", "strangers", "--strangers")
    assert operator.wait("open")["sent"] == 2
    gateway.behaviour.has_seq_guard = False
    gateway.behaviour.fault_rates = {Fault.EMPTY_AFTER: 0.2, Fault.RESET_BEFORE: 0.2}
    launch_campaign(operator, "missed", TEXT + " missed", "--promise", "never-missed")
    missed = operator.wait("missed", seconds=240)
    assert missed["sent"] == 30, missed
    assert {m.to for m in gateway.traffic.containing(b"missed")} == set(population.people)
    launch_campaign(operator, "twice", TEXT + " twice", "--promise", "never-twice")
    twice = operator.wait("twice", seconds=240)
    assert twice["unknown"] > 0, twice
    assert twice["sent"] + twice["unknown"] == 30, twice
    assert not any(b"twice" in text for _to, text in gateway.traffic.duplicates())
    gateway.behaviour.fault_rates = {}
    retried = operator.ok("campaign", "retry", "twice", "--state", "unknown")
    assert retried["retried"] == twice["unknown"]
    assert operator.wait("twice")["sent"] == 30


def test_accounts_that_cannot_log_in_are_reported_and_not_retried(
    make_operator: MakeOperator,
) -> None:
    population = Population(3, 20)
    operator, gateway = make_operator(population)
    operator.up()
    wrong, unknown, fine = population.uins
    passwords = {**population.passwords, wrong: "not that one"}
    del gateway.digests[unknown]
    operator.ok("import_accounts", operator.accounts_file(passwords, columns={"min_interval": 0}))
    import_people(operator, "all", population.people)
    result = operator.manage("accounts", "login", "--all", "--json")
    assert result.status == 1
    rows = {row["uin"]: row for row in result.json}
    print(rows)
    assert "密码错误" in rows[wrong]["sentence"]
    assert rows[fine]["state"] == "online"
    assert rows[unknown]["sentence"]
    assert {rows[uin]["state"] for uin in (wrong, unknown)} <= {"quarantined", "disabled"}
    operator.ok("accounts", "sync", fine)
    launch_campaign(operator, "one", TEXT)
    figures = operator.wait("one")
    assert (figures["sent"], figures["skipped"]) == (20, 40), figures
    assert gateway.traffic.logins(wrong) == 1, "the login with a wrong password was repeated"
    assert gateway.traffic.logins(unknown) == 1
    # The operator corrects the password and enables the account.
    operator.ok("import_accounts", operator.accounts_file(population.passwords))
    operator.ok("accounts", "enable", wrong)
    operator.ok("accounts", "sync", wrong)
    launch_campaign(operator, "two", TEXT + " two")
    assert operator.wait("two")["sent"] == 40
    rest = operator.ok("accounts", "rest", wrong, "--seconds", 3600)
    assert rest[0]["state"] == "resting"
