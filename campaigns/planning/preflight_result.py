"""The result of a preflight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.planning.preflight_sql import Pick


@dataclass(frozen=True, slots=True)
class Allocation:
    """The messages one account would send, and the seconds it needs while the window is open."""

    uin: int
    name: str
    state: str
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The text one person would get, and the UIN of the account that would send it."""

    uin: int
    name: str
    account: int
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a rehearsal has read of the audience, so that a preflight need not read it again.

    Attributes:
        picks: the people by the pick of planning.
        written_to: the other runs to the same people within a week, each with how many.
        merged: memberships beyond a person's first.
    """

    picks: Sequence[Pick]
    written_to: Sequence[tuple[str, int]]
    merged: int


@dataclass(slots=True)
class Preflight:
    """What a start would do.

    Attributes:
        targeted: people in the lists and in no excluded one, each once.
        sendable: the targeted people who would get the message.
        skipped: the number of other targeted people, by reason.
        variants: the sendable people by variant; empty for a campaign without. In a test: of the
            test.
        rest: the sendable people who wait for the choice of a variant.
        kept: the sendable people to whom the account that wrote to them last writes again.
        merged: memberships beyond a person's first.
        per_account: the load of each account; accounts without messages are left out.
        starts_at: when a start now would begin to send: at once, or on the schedule's next date.
        finishes_at: when the last message would be sent; None if that is too far ahead.
        past_deadline: messages that would not be sent before the deadline.
        problems: why a start would be refused or have no recipients.
        warnings: other sentences for the operator.
        samples: the first texts.
    """

    targeted: int = 0
    sendable: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    variants: dict[str, int] = field(default_factory=dict)
    rest: int = 0
    kept: int = 0
    merged: int = 0
    per_account: list[Allocation] = field(default_factory=list)
    starts_at: datetime | None = None
    finishes_at: datetime | None = None
    past_deadline: int = 0
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
