"""The verdict on an answer: a delivery's next state by the result policies (rule 4). No I/O.

See docs/decisions/0012-result-policies.md.
"""

from __future__ import annotations

from typing import NamedTuple

from accounts.gateway.conversation import Answer
from sending.ledger.entries import REPLAY_MARGIN_SECONDS
from sending.ledger.sql import NEVER_LEFT
from sending.models import AccountAction, PolicyAction
from sending.policies import Policy
from sending.states import ABOUT_THE_REQUEST, DeliveryState, Promise, Reason

#: The most attempts of a message under *never missed* if none of them got a definite answer.
MOST_ATTEMPTS = 10
#: An attempt is given up when less than this is left of the replay window, seconds.
SHORTEST_LEFT_SECONDS = 1.0
#: The longest pause between two repeats, seconds, even if a policy says more: the replay window is
#: short.
LONGEST_REPLAY_PAUSE_SECONDS = 30.0


class Situation(NamedTuple):
    """Everything that the verdict on an answer depends on.

    Attributes:
        answer: the answer.
        policy: the result policy for its code.
        was_open: whether an earlier request of the same attempt got no definite answer.
        replays: how many requests of the attempt got no definite answer so far.
        attempts: the number of this attempt among its delivery's; 1 is the first.
        age: seconds since the attempt was marked.
        replay_window: how long the gateway remembers a SEQ, seconds; 0 if that is not trusted.
        promise: the run's (`sending.states.Promise`).
    """

    answer: Answer
    policy: Policy
    was_open: bool
    replays: int
    attempts: int
    age: float
    replay_window: float
    promise: str


class Verdict(NamedTuple):
    """The decision on an answer.

    Attributes:
        to: the delivery's next state; "sending" means that the same request is repeated.
        reason: the reason, for the states failed and unknown; MAY_HAVE_ARRIVED for a message that
            is sent again without knowing whether it arrived.
        is_ended: whether the attempt is over.
        pause: seconds before the repeat, or before a pending delivery's next attempt.
    """

    to: str
    reason: str = ""
    is_ended: bool = True
    pause: float = 0.0


def judge(situation: Situation) -> Verdict:
    """Return the verdict on an answer.

    After an answer that is not definite the request is repeated under the same SEQ, as long as the
    gateway remembers that SEQ. "Too fast" or "not logged in" in answer to a repeat is about the
    repeat only: the first request may have been carried out.
    """
    answer, policy = situation.answer, situation.policy
    is_about_repeat = situation.was_open and answer.code in (*ABOUT_THE_REQUEST, *NEVER_LEFT)
    if is_about_repeat or not answer.is_definite:
        return _open(situation)
    if answer.code in NEVER_LEFT:
        # Nothing left this host. The message is sent again once the gateway can be reached.
        return Verdict(DeliveryState.PENDING)
    if policy.action == PolicyAction.DONE:
        return Verdict(DeliveryState.SENT)
    if policy.action == PolicyAction.LATER and situation.attempts < policy.max_tries:
        # An account that rests sends nothing, so its deliveries need no pause of their own.
        is_resting = policy.account_action == AccountAction.REST
        return Verdict(
            DeliveryState.PENDING, pause=0.0 if is_resting else policy.pause(situation.attempts)
        )
    return Verdict(DeliveryState.FAILED, reason_of(answer.code))


def reason_of(code: str) -> str:
    """Return a result code as a reason: 5 becomes RES_5, NULL stays NULL."""
    return f"RES_{code}" if code.lstrip("-").isdigit() else code


def _open(situation: Situation) -> Verdict:
    """Return the verdict on an attempt that may or may not have arrived.

    As long as the gateway remembers the SEQ, a repeat can still get an answer. So the request is
    repeated at growing pauses, without a limit on the number; the last repeat is shortly before the
    end of the replay window.
    """
    policy, answer = situation.policy, situation.answer
    if not answer.is_definite:
        # The default policy for these codes is "replay"; an operator may have chosen another.
        if policy.action == PolicyAction.DONE:
            return Verdict(DeliveryState.SENT)
        if policy.action == PolicyAction.FAIL:
            return Verdict(DeliveryState.FAILED, reason_of(answer.code))
        if policy.action == PolicyAction.LATER:
            return _again(situation)
    left = situation.replay_window - REPLAY_MARGIN_SECONDS - situation.age
    if left < SHORTEST_LEFT_SECONDS:
        is_late = situation.replay_window > 0
        return give_up(situation, Reason.REPLAY_WINDOW_OVER if is_late else reason_of(answer.code))
    # Nothing left this host: `sending.lanes.gateway_watch` decides when to try again.
    never_left = answer.code in NEVER_LEFT
    pause = 0.0 if never_left else policy.pause(situation.replays + 1)
    pause = min(pause, LONGEST_REPLAY_PAUSE_SECONDS, left - SHORTEST_LEFT_SECONDS / 2)
    return Verdict(DeliveryState.SENDING, is_ended=False, pause=pause)


def give_up(situation: Situation, reason: str) -> Verdict:
    """Return the verdict, by the promise, on an attempt whose answer can no longer be obtained."""
    if situation.promise == Promise.NEVER_MISSED:
        return _again(situation)
    return Verdict(DeliveryState.UNKNOWN, reason)


def _again(situation: Situation) -> Verdict:
    """Return the verdict "send under a new SEQ": the chosen promise accepts a second message."""
    if situation.attempts >= MOST_ATTEMPTS:
        return Verdict(DeliveryState.UNKNOWN, Reason.TOO_MANY_TRIES)  # any of them may have arrived
    return Verdict(
        DeliveryState.PENDING,
        Reason.MAY_HAVE_ARRIVED,
        pause=situation.policy.pause(situation.attempts),
    )
