"""How sending reacts to the gateway's answers, sessions and outages."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest

from accounts.gateway.outages import begin_outage
from accounts.leases.workers import register_worker
from accounts.models import Account, Lease, Outage
from accounts.transitions import enable_account
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import resolve_unknown
from campaigns.run_control.retry import retry_run
from qqhttp.simulator import GatewaySimulator
from sending.lanes import lane as lane_module
from sending.lanes import reactions
from sending.lanes.context import LaneContext
from sending.lanes.feed import brief, next_deliveries
from sending.lanes.run_turns import RunTurns
from sending.models import Attempt, Delivery, PolicyCommand, ResultPolicy
from sending.policies import DEFAULTS
from sending.runs.deliveries import move_deliveries
from sending.runs.figures import check_figures, figures_of
from tests.sending.conftest import ACCOUNTS, FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until


def send(run: CampaignRun) -> LocalWorker:
    """Run a worker until the run has finished."""
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    return worker


@pytest.mark.slow
def test_a_gap_as_long_as_the_gateways_is_never_too_short(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.change(min_interval=0.1)
    Account.objects.update(min_interval=0.1)
    run = start(accounts=senders)
    send(run)
    assert engine.control.figures().too_soon == 0
    assert_exact(run, engine)


@pytest.mark.slow
def test_too_fast_rests_slows_down_and_loses_nothing(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.change(min_interval=0.2)
    Account.objects.filter(pk=senders[0].pk).update(min_interval=0.15)
    _shorten("3", 0.4)
    run = start(accounts=senders[:1])
    send(run)
    assert_exact(run, engine)
    too_soon = engine.control.figures().too_soon
    assert 1 <= too_soon <= 3
    assert figures_of(run=run).res == {"0": FRIENDS, "3": too_soon}
    learnt = Lease.objects.get(account=senders[0]).learnt_interval
    assert learnt is not None
    assert learnt >= 0.2
    reasons = list(senders[0].events.order_by("pk").values_list("reason", flat=True))
    assert reasons[:3] == ["logged_in", "too_fast", "rested"]
    senders[0].refresh_from_db()
    assert senders[0].state == "online"


@pytest.mark.slow
def test_one_accounts_penalty_costs_the_others_nothing(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.change(min_interval=0.1, penalty=3.0)
    Account.objects.update(min_interval=0.1)
    Account.objects.filter(pk=senders[0].pk).update(min_interval=0.0)
    start(accounts=senders)
    with LocalWorker():
        others = [account.uin for account in senders[1:]]

        def others_are_done() -> bool:
            return all(len(engine.control.messages(uin=uin)) == FRIENDS for uin in others)

        wait_until(others_are_done, what="the other accounts")
        assert len(engine.control.messages(uin=senders[0].uin)) < FRIENDS
    assert {entry.uin for entry in engine.control.too_soon()} <= {senders[0].uin}


@pytest.mark.slow
def test_sessions_that_end_again_and_again(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders)
    with LocalWorker():
        for count in range(5, 40, 5):
            _wait_for_messages(engine, count)
            engine.control.clear_sessions()
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)
    assert figures_of(run=run).res["20"] >= 7


@pytest.mark.slow
def test_logins_that_do_not_help_are_not_hammered(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every login is accepted and its session ends at once: the account is in use elsewhere."""
    monkeypatch.setattr(reactions, "FIRST_LOGIN_REST", 0.5)
    account, run = senders[0], start(accounts=senders[:1])
    engine.control.change(idle=0)
    with LocalWorker():
        wait_until(
            lambda: account.events.filter(state="resting", reason="session_ended").count() >= 3,
            what="a third rest",
        )
        logins = figures_of(run=run).res["20"]
        engine.control.change(idle=300)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)
    assert logins <= 8
    assert "in use elsewhere" in account.events.filter(state="resting")[0].detail


@pytest.mark.slow
def test_a_lowercase_h_is_escaped_after_the_gateway_answered_null(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.change(null_h=1.0)
    run = start(accounts=senders[:1], text="hello, how is {{ nickname }}?")
    send(run)
    assert_exact(run, engine)
    assert figures_of(run=run).res == {"0": FRIENDS, "NULL": 1}  # it learns from the first


@pytest.mark.slow
def test_a_wrong_password_is_tried_once(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.set_account(uin=senders[0].uin, refusal="密码错误")
    run = start(accounts=senders[:2])
    send(run)
    senders[0].refresh_from_db()
    assert (senders[0].state, senders[0].state_reason) == ("quarantined", "login_refused")
    assert "密码错误" in senders[0].state_detail
    assert engine.control.figures().logins["refused"] == 1
    assert states_of(run) == {"sent": FRIENDS, "failed": FRIENDS}
    assert check_figures(run=run) == []
    # Once it is right, exactly these are sent.
    engine.control.set_account(uin=senders[0].uin, refusal="")
    enable_account(account=senders[0])
    assert retry_run(run=run) == FRIENDS
    send(run)
    assert states_of(run) == {"sent": 2 * FRIENDS}
    assert_exact(run, engine)


def test_an_illegal_uin_fails_and_is_not_asked_again(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1])
    # Planning knows no such people; the gateway may call others illegal than we do.
    Delivery.objects.filter(pk=run.deliveries.order_by("pk")[3].pk).update(uin=9_999)
    send(run)
    bad = Delivery.objects.get(run=run, uin=9_999)
    assert (bad.state, bad.reason, bad.attempt_count) == ("failed", "RES_5", 1)
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_gateway_that_is_away_pauses_all_and_they_go_on_by_themselves(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(min_interval=0.05)
    run = start(accounts=senders)
    with LocalWorker():
        wait_until(lambda: engine.control.figures().arrived > ACCOUNTS)
        engine.control.go_offline(seconds=60)
        wait_until(lambda: Outage.objects.filter(ended_at=None).exists(), what="the outage")
        engine.control.come_online()
        back_at = time.monotonic()
        wait_until(lambda: is_finished(run), what="the end of the run")
        # Four lanes that fail at once are one failure: a pause of half a second or one.
        assert time.monotonic() - back_at < 10
    assert Outage.objects.count() == 1
    assert Outage.objects.get().ended_at is not None
    assert_exact(run, engine)


def test_an_outage_that_a_dead_worker_noted_ends_with_the_first_answer(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    worker = register_worker(egress_name="default", source_address=None, proxy=None, version="1")
    begin_outage(egress_id=worker.egress_id, sentence="Cannot connect.")
    run = start(accounts=senders[:1])
    send(run)
    assert not Outage.objects.filter(ended_at=None).exists()


# A gateway that does not recognise SEQs, and the promise.


@pytest.mark.slow
@pytest.mark.parametrize("promise", ["never-twice", "never-missed"])
def test_the_promise_when_the_seq_is_not_trusted(
    engine: GatewaySimulator, senders: list[Account], start: Start, settings: Any, promise: str
) -> None:
    settings.QQ_GATEWAY_TRUSTS_SEQ = False
    engine.control.set_faults(
        "reset:after,command=CLTMSG,count=2", "empty:before,command=CLTMSG,count=2"
    )
    _shorten("NULL", 0.1)
    _shorten("reset", 0.1)
    run = start(accounts=senders[:1], promise=promise)
    send(run)
    figures = engine.control.figures()
    assert figures.repeats == 0  # nothing was replayed under an old SEQ
    if promise == "never-twice":
        assert states_of(run) == {"sent": FRIENDS - 4, "unknown": 4}
        assert (figures.arrived, figures.twice) == (FRIENDS - 2, 0)
        missing = Delivery.objects.filter(run=run, reason="NULL")
        arrived = Delivery.objects.filter(run=run, reason="reset")
        assert resolve_unknown(deliveries=arrived, to="sent") == 2
        assert resolve_unknown(deliveries=missing, to="pending") == 2
        send(run)
        assert states_of(run) == {"sent": FRIENDS}
        assert engine.control.figures().twice == 0
    else:
        assert states_of(run) == {"sent": FRIENDS}
        assert (figures.distinct, figures.twice) == (FRIENDS, 2)
    assert check_figures(run=run) == []


@pytest.mark.slow
def test_every_seq_is_used_for_one_message(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    for round_ in range(2):
        send(start(accounts=senders[:2], name=f"round {round_}"))
    seqs = list(Attempt.objects.values_list("account_id", "seq"))
    assert len(set(seqs)) == len(seqs)
    messages = engine.control.messages()
    assert len({(message.uin, message.seq) for message in messages}) == len(messages)


@pytest.mark.slow
def test_gaps_survive_the_end_of_a_lane(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """Each lane is short here; the gap between two of them is kept all the same."""
    engine.control.change(min_interval=0.2)
    Account.objects.update(min_interval=0.2)
    run = start(accounts=senders[:1])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lane_module, "SLICE_SECONDS", 0.3)
        # As if others waited for its place: else a lane goes on with another slice.
        patched.setattr(LaneContext, "has_room", property(lambda _context: False))
        send(run)
    assert Lease.objects.get(account=senders[0]).token > 3
    assert engine.control.figures().too_soon == 0
    at = [message.at for message in engine.control.messages()]
    assert min(after - before for before, after in pairwise(at)) >= 0.2
    assert_exact(run, engine)


def _wait_for_messages(gateway: GatewaySimulator, count: int) -> None:
    wait_until(lambda: gateway.control.figures().arrived >= count, what=f"{count} messages")


def _shorten(code: str, seconds: float) -> None:
    """Make the pause after a result code short."""
    default = next(p for p in DEFAULTS if p.command == PolicyCommand.MESSAGE and p.code == code)
    columns = {name: getattr(default, name) for name in default.__dataclass_fields__}
    columns.update(backoff_seconds=seconds, backoff_longest=seconds)
    ResultPolicy.objects.update_or_create(
        command=PolicyCommand.MESSAGE, code=code, defaults=columns
    )


@pytest.mark.parametrize("text", ["hi", "hi {{ uin }}"])
def test_a_retry_has_all_its_tries_before_it_and_what_was_tried_stays_on_record(
    senders: list[Account], start: Start, text: str
) -> None:
    run = start(accounts=senders[:1], text=text)
    move_deliveries(deliveries=run.deliveries.all(), to="failed", reason="RES_20")
    run.deliveries.update(attempt_count=10, last_res="20")
    assert move_deliveries(deliveries=run.deliveries.all(), to="pending") == FRIENDS
    dues = next_deliveries(
        account=senders[0], runs=[brief(run, quiet=())], limit=FRIENDS, turns=RunTurns()
    )
    assert [due.attempts for due in dues] == [0] * FRIENDS
    send(run)
    assert set(run.deliveries.values_list("state", "attempt_count")) == {("sent", 11)}
