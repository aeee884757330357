"""People write, opt out and ask to be friends while a campaign runs and processes are killed."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from statistics import median

from tests.black_box.behaviour import Behaviour
from tests.black_box.friendships import HandedOver
from tests.black_box.history import Outcome, Rules
from tests.black_box.population import Population
from tests.black_box.traffic import Request
from tests.torture.harness import Harness
from tests.torture.scenarios.scenario import Scenario
from tests.torture.suppression_watch import LOOK_SECONDS, SuppressionWatch

#: MT of a message, a friend request, its acceptance and refusal, and a change of presence.
MESSAGE, REQUEST, ACCEPTED, REFUSED, SYSTEM = 9, 2, 3, 4, 99
OPT_OUT = "退订"
#: How every answer of this scenario begins.
ANSWER = "答 "
FIRST_STRANGER = 8_000_000
HEARTBEAT = 5
#: What a worker that was killed had received so shortly before is lost: the gateway hands a
#: message over once.
LOST_BEFORE_KILL = 1.0
#: From the gateway handing an opt-out over until it is in force, and how long a request that left
#: before may take, seconds.
IN_FORCE_SECONDS, IN_FLIGHT_SECONDS = 1.0, 0.5
KILLED = ("worker", "jobs", "web", "beat")


@dataclass(frozen=True)
class Size:
    """How much happens.

    Attributes:
        messages: inbound messages of every kind.
        seconds: the time in which they arrive.
        answers, requests: how many answers are sent, and friend requests accepted.
        kills: processes killed meanwhile.
        gap: the gap between two messages of an account, seconds.
    """

    population: Population
    messages: int
    seconds: float
    answers: int
    requests: int
    kills: int
    gap: float


SHORT = Size(Population(8, 40), 600, 45.0, 4, 4, 4, 0.5)


def many(scale: float) -> Size:
    """Return a part of 200 accounts with 500 friends each and 20,000 messages in ten minutes.

    A tenth has a tenth of the accounts and of the messages. The campaign takes as long as they do.
    """
    part = max(0.02, min(scale, 1.0))
    times = max(4, round(20 * part))
    population = Population(max(4, round(200 * part)), 500)
    seconds = max(240.0, 600.0 * part)
    gap = seconds / population.friends
    return Size(population, round(20_000 * part), seconds, times, times, times, gap)


class Crowd:
    """The people: they write at random moments, each at most one opt-out."""

    def __init__(self, harness: Harness, size: Size) -> None:
        self._gateway, self._size = harness.gateway, size
        self._rng = random.Random(12)
        self.opted_out: set[int] = set()
        self.asked: list[tuple[int, int]] = []
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def join(self) -> None:
        """Wait until everything is written."""
        self._thread.join()

    def _write(self) -> None:
        began, population = time.monotonic(), self._size.population
        for number in range(self._size.messages):
            due = began + self._size.seconds * number / self._size.messages
            time.sleep(max(0.0, due - time.monotonic()))
            account = self._rng.choice(population.uins)
            friend = self._rng.choice(population.friends_of[account])
            self._gateway.inbox[account].append(self._one(number, account, friend))

    def _one(self, number: int, account: int, friend: int) -> tuple[int, int, str]:
        drawn = self._rng.random()
        if drawn < 0.05 and friend not in self.opted_out:
            self.opted_out.add(friend)
            return MESSAGE, friend, OPT_OUT
        if drawn < 0.1:
            stranger = FIRST_STRANGER + number
            self.asked.append((account, stranger))
            return REQUEST, stranger, f"你好 {number}"
        if drawn < 0.14:
            return self._rng.choice((ACCEPTED, REFUSED)), friend, f"r{number}"
        if drawn < 0.3:
            return SYSTEM, friend, self._rng.choice(("10", "20", "30"))
        return MESSAGE, friend, f"问 {number}"


def _run(harness: Harness, size: Size, *, is_simulated: bool = False) -> None:
    behaviour = Behaviour(hi=HEARTBEAT, li=300, penalty=2.0)
    harness.start(
        size.population, min_interval=size.gap, behaviour=behaviour, is_simulated=is_simulated
    )
    harness.campaign("one")
    harness.wait_for_messages(size.population.accounts, seconds=40 + size.population.accounts)
    crowd, watch, began = Crowd(harness, size), SuppressionWatch(harness), time.monotonic()
    crowd.start()
    kills, kills_of_workers = _work_and_kill(harness, crowd, size)
    crowd.join()
    harness.wait_for_finish(seconds=120 + size.population.friends * size.gap * 3)
    harness.wait_until(
        lambda: not any(harness.gateway.inbox.values()), seconds=60, what="every inbox polled"
    )
    time.sleep(2.0)
    watch.end()
    _check_stored(harness, kills_of_workers)
    _check_opt_outs(harness, crowd, kills_of_workers)
    _check_in_force(harness, watch, kills_of_workers)
    _check_answers(harness)
    _check_requests(harness)
    _check_lateness(harness, kills_of_workers, size.gap)
    harness.check(
        "one", rules=Rules(gaps=dict.fromkeys(size.population.uins, size.gap)), beside=ANSWER
    )
    harness.notes.append(f"{len(kills)} kills in {time.monotonic() - began:.0f} s")


def _work_and_kill(harness: Harness, crowd: Crowd, size: Size) -> tuple[list[float], list[float]]:
    """Answer, accept, each twice, and kill processes in between.

    Return when any was killed, and when the worker was, which alone sends and polls.

    It is spread over the time in which people write.
    """
    kills: list[tuple[float, str]] = []
    rounds = max(size.answers, size.requests, size.kills)
    began = time.monotonic()
    for number in range(rounds):
        time.sleep(max(0.0, began + size.seconds * (number + 0.5) / rounds - time.monotonic()))
        if number < size.kills:
            part = KILLED[number % len(KILLED)]
            harness.operator.kill(part)
            kills.append((time.monotonic(), part))
        if number < size.answers:
            _answer_twice(harness, number, avoid=crowd.opted_out)
        if number < size.requests:
            _accept_twice(harness)
    return [at for at, _part in kills], [at for at, part in kills if part == "worker"]


def _answer_twice(harness: Harness, number: int, *, avoid: set[int]) -> None:
    """Answer the newest unread conversation, twice with one key, as a double click would."""
    rows = harness.operator.ok("inbox", "list", "--unread")["items"]
    row = next((one for one in rows if one["uin"] not in avoid), None)
    if row is None:
        return
    for _time in range(2):
        command = ["inbox", "answer", "--uin", row["uin"], "--account", row["account"]]
        harness.operator.manage(*command, "--text", f"{ANSWER}{number}", "--key", f"k{number}")


def _accept_twice(harness: Harness) -> None:
    """Accept the first waiting friend request, twice."""
    waiting = harness.operator.ok("friends", "requests")["items"]
    if waiting:
        row = waiting[0]
        for _time in range(2):
            harness.operator.manage("friends", "accept", row["uin"], "--account", row["account"])


def _is_lost_by_a_kill(one: HandedOver, kills: list[float]) -> bool:
    return any(0 <= killed - one.at < LOST_BEFORE_KILL for killed in kills)


def _check_stored(harness: Harness, kills: list[float]) -> None:
    """Every message is stored once; only what was handed over right before a kill may be lost."""
    handed_over = [one for one in harness.gateway.handed_over if one.kind != SYSTEM]
    expected = Counter((one.account, one.sender, one.kind, one.text) for one in handed_over)
    stored = Counter(
        (account, sender, kind, text.strip())
        for account, sender, kind, text in harness.django.call("inbound")
    )
    excused = Counter(
        (one.account, one.sender, one.kind, one.text)
        for one in handed_over
        if _is_lost_by_a_kill(one, kills)
    )
    lost, twice = expected - stored - excused, stored - expected
    harness.expect(not lost, f"{lost.total()} messages lost: {list(lost)[:3]}")
    harness.expect(not twice, f"{twice.total()} messages stored twice: {list(twice)[:3]}")
    gone = expected - stored
    before = [
        killed - one.at
        for one in handed_over
        if gone[one.account, one.sender, one.kind, one.text]
        for killed in kills
        if 0 <= killed - one.at < LOST_BEFORE_KILL
    ]
    harness.notes.append(
        f"{expected.total()} messages, {gone.total()} lost, at most "
        f"{1000 * max(before, default=0.0):.0f} ms before a kill of the worker"
    )


def _check_opt_outs(harness: Harness, crowd: Crowd, kills: list[float]) -> None:
    """Nobody gets a campaign's message later than a second after the opt-out was handed over."""
    campaign_at = {
        sent.to: sent.at
        for sent in harness.history
        if sent.outcome == Outcome.DELIVERED and sent.text.endswith(b"one")
    }
    after = [
        campaign_at[one.sender] - one.at
        for one in harness.gateway.handed_over
        if one.text == OPT_OUT and not _is_lost_by_a_kill(one, kills)
        if campaign_at.get(one.sender, 0.0) > one.at
    ]
    late = [seconds for seconds in after if seconds > IN_FORCE_SECONDS + IN_FLIGHT_SECONDS]
    harness.expect(
        not late, f"{len(late)} of {len(crowd.opted_out)} got a message after opting out"
    )
    harness.notes.append(
        f"{len(crowd.opted_out)} opted out, {len(after)} got a message after theirs was handed "
        f"over, at most {1000 * max(after, default=0.0):.0f} ms"
    )


def _check_in_force(harness: Harness, watch: SuppressionWatch, kills: list[float]) -> None:
    """Opt-outs are in force within a second after they were handed over.

    Without those around a kill of the worker, which are stored when it is back or lost with it.
    """
    waits = sorted(
        watch.seen_at.get(one.sender, float("inf")) - one.at
        for one in harness.gateway.handed_over
        if one.text == OPT_OUT and not _is_near(one.at, kills)
    )
    late = [seconds for seconds in waits if seconds > IN_FORCE_SECONDS + LOOK_SECONDS]
    harness.expect(not late, f"{len(late)} opt-outs in force after {late[-3:]} s")
    if waits:
        harness.notes.append(
            f"{len(waits)} opt-outs in force after {1000 * median(waits):.0f} ms, "
            f"{1000 * waits[-1]:.0f} at most"
        )


def _check_answers(harness: Harness) -> None:
    """Each answer was delivered once."""
    arrived = Counter(
        one.text
        for one in harness.history
        if one.outcome == Outcome.DELIVERED and one.text.startswith(ANSWER.encode())
    )
    sent = harness.django.call("answers")
    twice = [text.decode() for text, n in arrived.items() if n > 1]
    missing = [text for text in sent if text.encode() not in arrived]
    harness.expect(not twice, f"answers delivered twice: {twice}")
    harness.expect(not missing, f"answers called sent that did not arrive: {missing}")
    harness.notes.append(f"{len(sent)} answers")


def _check_requests(harness: Harness) -> None:
    """Each friend request was accepted once."""
    accepted = Counter(
        (one.account, one.to) for one in harness.gateway.friendships.verdicts if one.code == "0"
    )
    twice = [pair for pair, n in accepted.items() if n > 1]
    harness.expect(not twice, f"requests accepted twice: {twice}")
    harness.notes.append(f"{len(accepted)} requests accepted")


def _check_lateness(harness: Harness, kills: list[float], gap: float) -> None:
    """No message waits for more than one other request, and few do: one a heartbeat of each kind.

    Looked at are the gaps between an account's messages while it sends, without those around a
    kill, after which sessions and leases are found again.
    """
    before: dict[int, Request] = {}
    others: Counter[int] = Counter()
    crowded, requests = 0, 0
    plain: list[float] = []
    with_one: list[float] = []
    for one in harness.gateway.traffic.requests:
        account = int(one.text("UIN") or 0)
        if one.command != "cltmsg":
            others[account] += 1
            continue
        last, n = before.get(account), others.pop(account, 0)
        before[account] = one
        if last is None or one.at - last.at > 3 * gap or _is_near(one.at, kills):
            continue
        crowded += n > 1
        requests += n
        (with_one if n else plain).append(one.at - last.at)
    seconds = sum(plain) + sum(with_one)
    # Polls and tasks each have their own heartbeat.
    harness.expect(not crowded, f"{crowded} messages waited for more than one other request")
    most = 2 * seconds / HEARTBEAT + 2 * len(before)
    harness.expect(requests <= most, f"{requests} requests between messages, {most:.0f} at most")
    if plain and with_one:
        later = median(with_one) - median(plain)
        harness.notes.append(
            f"{len(with_one)} of {len(plain) + len(with_one)} messages after another request, "
            f"later by {1000 * later:.0f} ms; {crowded} after more than one; "
            f"{requests} requests, {most:.0f} may be"
        )


def _is_near(at: float, kills: list[float]) -> bool:
    return any(-2.0 < at - killed < 20.0 for killed in kills)


SCENARIOS = (
    Scenario(
        "conversations",
        "people write, opt out and ask to be friends while processes are killed: nothing is lost",
        lambda harness: _run(harness, SHORT),
    ),
    Scenario(
        "conversations_many",
        "the same with 200 accounts, 500 friends of each and 20,000 messages in ten minutes",
        lambda harness: _run(harness, many(harness.scale)),
        is_long=True,
    ),
    Scenario(
        "conversations_simulator",
        "conversations_many against the project's own simulator",
        lambda harness: _run(harness, many(harness.scale), is_simulated=True),
        is_long=True,
    ),
)
