"""The reasons for which a lane, or one of its tasks, must stop before it is done: exceptions."""

from __future__ import annotations

from foundation.sentences import Sentence as _


class LaneMustStop(Exception):
    """The account cannot continue now.

    Args:
        sentence: the reason, for the operator.
        retry_seconds: when another lane may try, or None if an operator has to act.
    """

    def __init__(self, sentence: str, *, retry_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_seconds = retry_seconds


class LoginPostponed(LaneMustStop):
    """The account is not logged in, and may try again later.

    Args:
        sentence: the reason, for the operator.
        retry_seconds: seconds until the next login may be tried.
        is_answered: whether the gateway gave a definite answer just now. None if it was not asked,
            because the account still waits after an earlier failure.
    """

    retry_seconds: float

    def __init__(
        self, sentence: str, *, retry_seconds: float, is_answered: bool | None = None
    ) -> None:
        super().__init__(sentence, retry_seconds=retry_seconds)
        self.is_answered = is_answered


class LeaseLost(LaneMustStop):
    """Another lane may hold the account's lease: this one must not send another request."""

    def __init__(self) -> None:
        super().__init__(_("Another lane holds the account's lease."), retry_seconds=0.0)


class TaskPostponed(Exception):
    """An account task cannot be done now and is tried again later.

    Args:
        sentence: the reason, for the operator.
        retry_seconds: when it may be tried again.
        is_same_request: whether the same request is repeated under its SEQ; else it is a new one.
        counts: whether this was one of the tries that a task has.
    """

    def __init__(
        self,
        sentence: str,
        *,
        retry_seconds: float,
        is_same_request: bool = False,
        counts: bool = True,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_seconds = retry_seconds
        self.is_same_request = is_same_request
        self.counts = counts


class TaskGone(Exception):
    """An account task was closed or deleted meanwhile: its request must not be made."""
