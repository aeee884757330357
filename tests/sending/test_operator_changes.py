"""Operators' changes during a run apply before each account's next message."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState
from accounts.transitions import disable_account, enable_account, rest_account
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import cancel_run, pause_run, resume_run
from qqhttp.simulator import GatewaySimulator
from sending.lanes.context import LaneContext
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.sending.conftest import ACCOUNTS, FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until


def arrived(gateway: GatewaySimulator, account: Account | None = None) -> int:
    if account is None:
        return gateway.control.figures().arrived
    return len(gateway.control.messages(uin=account.uin))


def wait_for_messages(gateway: GatewaySimulator, count: int) -> None:
    wait_until(lambda: arrived(gateway) >= count, what=f"{count} messages")


@pytest.mark.slow
def test_after_a_pause_at_most_the_one_in_flight_of_each_account(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_for_messages(engine, ACCOUNTS + 1)
        pause_run(run=run)
        at_the_click = {account.pk: arrived(engine, account) for account in senders}
        wait_until(lambda: not worker.runtime.lanes, what="the lanes to rest")
        for account in senders:
            assert arrived(engine, account) - at_the_click[account.pk] <= 1
        assert states_of(run).get("sending", 0) == 0
        assert check_figures(run=run) == []
        resume_run(run=run)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_cancel_ends_it_and_what_was_in_flight_counts(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.05)
    engine.control.set_faults("latency:after,seconds=0.2,command=CLTMSG")
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_for_messages(engine, ACCOUNTS)
        cancel_run(run=run)
        wait_until(lambda: not worker.runtime.lanes, what="the lanes to rest")
        wait_until(lambda: "pending" not in states_of(run), what="the rest to be cancelled")
    states = states_of(run)
    assert set(states) == {"sent", "cancelled"}
    assert states["sent"] == arrived(engine)
    assert check_figures(run=run) == []


@pytest.mark.slow
def test_a_gap_that_is_changed_holds_at_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    account = senders[0]
    Account.objects.update(min_interval=60.0)
    run = start(accounts=[account])
    with LocalWorker():
        # The gap is counted from the login's reply too: the lane waits for a minute now.
        wait_until(lambda: engine.control.figures().logins["accepted"], what="the login")
        Account.objects.update(min_interval=0.05)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)
    gaps = [after.at - before.at for before, after in pairwise(engine.control.messages())]
    assert min(gaps) >= 0.05


@pytest.mark.slow
def test_a_limit_a_minute_holds(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(per_minute=4)
    run = start(accounts=senders[:2])
    with LocalWorker() as worker:
        wait_for_messages(engine, 8)
        wait_until(
            lambda: not any(lane.pacing.wake.is_set() for lane in worker.runtime.lanes.values()),
            what="the lanes to wait",
        )
        assert [arrived(engine, account) for account in senders[:2]] == [4, 4]
        Account.objects.update(per_minute=None)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_flush_of_redis_during_a_run_does_not_exceed_the_limit(
    engine: GatewaySimulator, senders: list[Account], start: Start, clean_redis: Any
) -> None:
    Account.objects.update(per_minute=4)
    run = start(accounts=senders[:1])
    with LocalWorker() as worker:
        wait_for_messages(engine, 4)
        clean_redis.flushall()
        # The window is seeded with four messages again, and the lane keeps waiting.
        worker.runtime.wake_all()
        key = f"pace:account:{senders[0].pk}"
        wait_until(lambda: clean_redis.zcard(key) > 0, what="the seeding")
        worker.runtime.wake_all()
        wait_until(lambda: clean_redis.zcard(key) == 5, what="the four and the seed")
        assert arrived(engine) == 4
        Account.objects.update(per_minute=None)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_disabled_account_stops_and_an_enabled_one_goes_on(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.1)
    run = start(accounts=senders[:2], on_lost_account="wait")
    with LocalWorker():
        wait_for_messages(engine, 4)
        disable_account(account=senders[0])
        before = arrived(engine, senders[0])
        wait_until(lambda: arrived(engine, senders[1]) == FRIENDS, what="the other account")
        assert arrived(engine, senders[0]) - before <= 1
        assert run.deliveries.filter(account=senders[0], state="pending").exists()
        senders[0].refresh_from_db()
        enable_account(account=senders[0])
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_disabled_accounts_messages_go_to_others_with_the_same_friend_or_fail(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    shared = list(senders[0].friends.values_list("uin", flat=True))[6:]
    for uin in shared:
        senders[1].friends.create(uin=uin)
    Account.objects.update(min_interval=0.3)
    run = start(accounts=senders[:2])
    with LocalWorker():
        wait_for_messages(engine, 2)
        disable_account(account=senders[0])
        Account.objects.filter(pk=senders[1].pk).update(min_interval=0.0)
        wait_until(lambda: is_finished(run), what="the end of the run")
    failed = run.deliveries.filter(state="failed")
    assert {(one.reason, one.account_id) for one in failed} == {("no_account", senders[0].pk)}
    assert not {one.uin for one in failed} & set(shared)
    assert_exact(run, engine)


@pytest.mark.slow
def test_an_account_that_is_to_rest_rests_and_comes_back_by_itself(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders[:1])
    with LocalWorker() as worker:
        wait_for_messages(engine, 2)
        rest_account(account=senders[0], seconds=1.5)
        at_the_click = arrived(engine)
        wait_until(lambda: not worker.runtime.lanes, what="the lane to end")
        assert arrived(engine) - at_the_click <= 1
        wait_until(lambda: is_finished(run), what="the end of the run")
    messages = engine.control.messages()
    assert max(after.at - before.at for before, after in pairwise(messages)) >= 1.2
    assert_exact(run, engine)


def test_a_run_whose_window_closes_waits(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1])
    CampaignRun.objects.filter(pk=run.pk).update(windows="00:00-00:00:01", timezone="Etc/GMT+12")
    with LocalWorker(is_looking=False) as worker:
        worker.open_lane(senders[0]).join()
    assert (arrived(engine), states_of(run)) == (0, {"pending": FRIENDS})
    assert CampaignRun.objects.get(pk=run.pk).state == RunState.RUNNING


@pytest.mark.slow
def test_a_run_that_begins_shares_a_busy_account_at_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.25)
    first = start(accounts=senders[:1], text="first")
    with LocalWorker():
        wait_for_messages(engine, 2)
        second = start(accounts=senders[:1], text="second", name="autumn")
        before = arrived(engine)
        wait_until(lambda: is_finished(first) and is_finished(second), what="the end of both")
    texts = [message.text for message in engine.control.messages(uin=senders[0].uin)]
    # The control loop reads it within half a second, which is two messages; one is under way.
    assert texts.index("second") <= before + 4
    assert texts[before + 4 : before + 12].count("second") == 4
    assert sorted(map(str, texts)) == ["first"] * FRIENDS + ["second"] * FRIENDS


@pytest.mark.slow
def test_an_account_in_the_middle_of_a_run_does_an_account_task_at_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.25)
    run = start(accounts=senders[:1])
    with LocalWorker() as worker:
        wait_for_messages(engine, 2)
        account_task = request_account_task(account=senders[0], kind=AccountTaskKind.SYNC)
        wait_until(
            lambda: AccountTask.objects.filter(
                pk=account_task.pk, state=AccountTaskState.DONE
            ).exists(),
            what="the account task",
        )
        assert arrived(engine) < FRIENDS
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert_exact(run, engine)


@pytest.mark.slow
def test_an_account_that_is_renamed_signs_with_its_new_name_at_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.25, name="Old")
    run = start(accounts=senders[:1], text="from {{ account.name }}")
    with LocalWorker():
        wait_for_messages(engine, 1)
        Account.objects.update(name="New")
        wait_until(lambda: is_finished(run), what="the end of the run")
    said = [message.text for message in engine.control.messages()]
    assert (said[0], said[-1]) == ("from Old", "from New")
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_new_lane_learns_its_accounts_row_even_if_the_lane_before_it_had_the_same_row(
    engine: GatewaySimulator,
    senders: list[Account],
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No lane has room, as when other accounts wait: so this one hands back at the end of its slice.
    monkeypatch.setattr(LaneContext, "has_room", property(lambda _context: False))
    Account.objects.update(min_interval=0.25, state="online")
    run = start(accounts=senders[:1])
    with LocalWorker() as worker:
        wait_for_messages(engine, 1)
        lanes = worker.runtime.lanes
        (first,) = lanes.values()
        wait_until(lambda: first.last_row, what="the lane to be told")
        first.note_account_task(0)  # its slice is over
        wait_until(
            lambda: any(lane.last_row for lane in lanes.values() if lane is not first),
            what="the next to be told",
        )
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)
