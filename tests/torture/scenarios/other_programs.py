"""A program that knows the OpenAPI document alone runs a campaign and follows it by webhooks."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.black_box.operator_cli import table
from tests.black_box.population import Population
from tests.torture.api_client import ApiClient
from tests.torture.harness import TEXT, Harness, ScenarioFailed
from tests.torture.scenarios.scenario import Scenario
from tests.webhooks.receiver import Receiver, is_signed, running_receiver, troublesome

POPULATION = Population(3, 40)
KILLED = ("web", "worker", "jobs", "beat", "web", "redis", "worker", "jobs", "web")
#: What dies besides on PostgreSQL: the server, which has to recover from its write-ahead log.
DATABASE = "database"
#: The web dies between the act and the stored answer, and between that and the answer itself.
DEATHS = "before_stored_answer=0.35,after_stored_answer=0.35"
#: The supervisor waits longer after each death.
PATIENCE = 150.0


def _follow(harness: Harness, receiver: Receiver, *, deaths: str, killed: tuple[str, ...]) -> None:
    env = {"WEBHOOK_ALLOW_PRIVATE": "1"}
    if deaths:
        env["QQCAMPAIGN_FAILPOINTS"] = deaths
    harness.start_servers(POPULATION, env=env)
    operator = harness.operator
    operator.up()
    client = ApiClient(_origin(harness), _token(harness), patience=PATIENCE)
    rows = [["uin", "password", "min_interval"]]
    rows += [[str(uin), word, "0.4"] for uin, word in POPULATION.passwords.items()]
    operator.accounts_file(POPULATION.passwords)  # its passwords must be in no log
    _done(client.call("post_accounts_import", body=table(rows).encode()))
    secret = _done(
        client.call("post_webhooks", body={"name": "crm", "url": receiver.url}, key="hook")
    )["secret"]
    people = table([["uin"], *([str(uin)] for uin in POPULATION.people)]).encode()
    made = _done(client.call("post_imports", body=people, list="all"))
    harness.wait_until(
        lambda: _done(client.call("get_imports_id", id=str(made["id"])))["state"] == "done",
        seconds=60,
        what="the import",
    )
    _done(client.call("post_accounts_sync", body={"all": True}, key="sync"))
    definition = {"name": "c", "list": ["all"], "text": f"{TEXT} c"}
    _done(client.call("post_campaigns", body=definition, key="make"))
    started = client.call("post_campaigns_name_start", name="c", key="start-1")
    _done(started)
    for name in killed:
        before, until = len(receiver.heads), time.monotonic() + 10
        while len(receiver.heads) <= before + 3 and time.monotonic() < until:
            time.sleep(0.05)
        _kill(harness, name)
        again = client.call("post_campaigns_name_start", name="c", key="start-1")
        harness.expect(again.data == started.data, f"another answer: {again.data}")
        harness.expect("idempotent-replayed" in again.headers, "the start was carried out again")
    harness.wait_until(
        lambda: "finished" in _told_states(receiver), seconds=150, what="the webhook of the end"
    )
    receiver.mood = lambda: (200, 0.0)
    harness.wait_until(
        lambda: _done(client.call("get_webhooks"))["items"][0]["backlog"] == 0,
        seconds=120,
        what="the outbox to be empty",
    )
    _check(harness, receiver, secret)
    output = (operator.folder / "up0.out").read_text("utf-8")
    log = operator.logs()
    died = (operator.home / "logs" / "web.log").read_text("utf-8").count("failpoint ")
    harness.notes.append(f"{len(receiver.heads)} calls, {died} deaths at answers")
    harness.expect("Traceback" not in output + log, "a traceback")


def _kill(harness: Harness, name: str) -> None:
    """Kill a process of the stack, or the database's server, which starts again."""
    if name != DATABASE:
        harness.operator.kill(name)
        return
    assert harness.postgresql is not None
    harness.postgresql.kill_postmaster()
    harness.notes.append("database killed")


def _check(harness: Harness, receiver: Receiver, secret: str) -> None:
    """Compare what was told with the report and with the gateway."""
    told = receiver.first_times()
    ends = {
        body["data"]["uin"]: body["data"]["state"]
        for events in told.values()
        for body in events
        if body["type"] == "delivery.ended"
    }
    report = harness.report("c")
    lost = {row["uin"]: row["state"] for row in report}.items() ^ ends.items()
    harness.expect(not lost, f"told and reported differ: {sorted(lost)[:5]}")
    harness.expect(len(report) == len(POPULATION.people), f"{len(report)} deliveries")
    runs = [about for about in told if about.startswith("run:")]
    harness.expect(len(runs) == 1, f"started {len(runs)} times")
    for about, events in told.items():
        times = [body["timestamp"] for body in events]
        harness.expect(times == sorted(times), f"out of order: {about}")
    unsigned = [one for one in receiver.heads if not is_signed(*one, secret)]
    harness.expect(not unsigned, f"{len(unsigned)} calls are not signed")
    harness.check("c", may_be_unknown=True)


def _told_states(receiver: Receiver) -> list[str]:
    return [
        body["data"]["state"] for _key, body in list(receiver.taken) if body["type"] == "run.state"
    ]


def _done(answer: Any) -> Any:
    if answer.status >= 300:
        raise ScenarioFailed(f"{answer.status}: {answer.data}")
    return answer.data


def _origin(harness: Harness) -> str:
    facts = json.loads((harness.operator.home / "stack.json").read_text("utf-8"))
    return str(facts["url"])


def _token(harness: Harness) -> str:
    name = (harness.operator.home / "operator_login").read_text("utf-8").split()[0]
    made = harness.operator.ok("users", "token", name, "--name", "program", "--scope", "admin")
    return str(made["token"])


def _over_kills(harness: Harness) -> None:
    with running_receiver() as receiver:
        receiver.mood = troublesome()
        killed: tuple[str, ...] = KILLED
        if harness.database == "postgresql":
            killed = (DATABASE, *KILLED[:5], DATABASE, *KILLED[5:])
        _follow(harness, receiver, deaths="", killed=killed)


def _over_answers(harness: Harness) -> None:
    with running_receiver() as receiver:
        _follow(harness, receiver, deaths=DEATHS, killed=())


SCENARIOS = (
    Scenario(
        "api_over_kills",
        "a program runs a campaign by the API and follows it by webhooks over kills: none lost",
        _over_kills,
        is_in_suite=True,
    ),
    Scenario(
        "api_over_answers",
        "the web dies between an act and its stored answer, or before it is sent: done once",
        _over_answers,
        is_in_suite=True,
    ),
)
