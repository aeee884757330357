"""What becomes of a delivery after an answer: a pure decision, by the policies (rule 4)."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.gateway.conversation import Answer
from sending.ledger.entries import REPLAY_MARGIN_SECONDS
from sending.ledger.sql import NEVER_LEFT
from sending.models import PolicyAction
from sending.policies import Policy
from sending.states import DeliveryState, Promise, Reason

#: Answers about this very request: after an unanswered one they leave open what became of it.
ABOUT_THE_REQUEST = frozenset({"3", "20", *NEVER_LEFT})
#: Times a message whose attempts all ended openly is sent anew under *never missed*.
MOST_ATTEMPTS = 10
#: With less time left than this an attempt is given up, seconds.
SHORTEST_LEFT_SECONDS = 1.0
#: The longest pause between two repeats, seconds, whatever a policy says: the window is short.
LONGEST_REPLAY_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an attempt stands when an answer comes.

    Attributes:
        answer: the answer.
        policy: what its code means.
        was_open: whether an earlier request of the same attempt stayed without a definite answer.
        replays: how often the request was repeated so far.
        attempts: which attempt of its delivery this is; 1 is the first.
        age: seconds since the attempt was marked.
        replay_window: how long the gateway remembers a SEQ, seconds; 0 when that is not trusted.
        promise: the campaign's.
    """

    answer: Answer
    policy: Policy
    was_open: bool
    replays: int
    attempts: int
    age: float
    replay_window: float
    promise: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write and what to do.

    Attributes:
        to: the delivery's state; "sending" means that the same request is repeated.
        reason: why, for failed and unknown ones.
        is_ended: whether the attempt is over.
        pause: seconds before the repeat, or before a pending delivery's next attempt.
    """

    to: str
    reason: str = ""
    is_ended: bool = True
    pause: float = 0.0


def judge(situation: Situation) -> Verdict:
    """Decide what becomes of a delivery.

    An answer that is not definite is not an answer: it is asked again under the same SEQ, as long
    as the gateway can be trusted to know that SEQ. A "too fast" or "not logged in" that comes to a
    repeat speaks of the repeat: the first request may have got through all the same.
    """
    answer, policy = situation.answer, situation.policy
    speaks_of_repeat = situation.was_open and answer.code in ABOUT_THE_REQUEST
    if speaks_of_repeat or not answer.is_definite:
        return _open(situation)
    if answer.code in NEVER_LEFT:
        # Nothing left this machine. It is tried again as soon as the gateway is back.
        return Verdict(DeliveryState.PENDING)
    if policy.action == PolicyAction.DONE:
        return Verdict(DeliveryState.SENT)
    if policy.action == PolicyAction.LATER and situation.attempts < policy.max_tries:
        is_resting = answer.code == "3"  # the account waits, so its deliveries need not
        return Verdict(
            DeliveryState.PENDING, pause=0.0 if is_resting else policy.pause(situation.attempts)
        )
    return Verdict(DeliveryState.FAILED, reason_of(answer.code))


def reason_of(code: str) -> str:
    """Return a result code as a reason: 5 becomes RES_5, NULL stays NULL."""
    return f"RES_{code}" if code.lstrip("-").isdigit() else code


def _open(situation: Situation) -> Verdict:
    """Decide for an attempt that may or may not have arrived.

    While the gateway remembers the SEQ there is an answer to be had, so it is asked for, at growing
    pauses, however often that is; the last time is right before the end.
    """
    policy, answer = situation.policy, situation.answer
    if not answer.is_definite:
        # By default all of these say "replay"; an operator may know better.
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
    # Nothing left this machine: the gateway is waited for (`sending.lanes.gateway_watch`).
    never_left = answer.code in NEVER_LEFT
    pause = 0.0 if never_left else policy.pause(situation.replays + 1)
    pause = min(pause, LONGEST_REPLAY_PAUSE_SECONDS, left - SHORTEST_LEFT_SECONDS / 2)
    return Verdict(DeliveryState.SENDING, is_ended=False, pause=pause)


def give_up(situation: Situation, reason: str) -> Verdict:
    """Decide for an attempt whose answer is not to be had any more, as the campaign promised."""
    if situation.promise == Promise.NEVER_MISSED:
        return _again(situation)
    return Verdict(DeliveryState.UNKNOWN, reason)


def _again(situation: Situation) -> Verdict:
    """Send under a new SEQ, at the risk of a second message: the campaign chose so."""
    if situation.attempts >= MOST_ATTEMPTS:
        return Verdict(DeliveryState.UNKNOWN, Reason.TOO_MANY_TRIES)  # any of them may have arrived
    return Verdict(DeliveryState.PENDING, pause=situation.policy.pause(situation.attempts))
