"""The limits of message texts: their size, and the cost of rendering them for one person.

Work is counted in steps of about two microseconds, and size in characters. Both are counted before
the work is done, so the limits hold on every machine and for every text (decision 0015).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liquid.exceptions import LiquidSyntaxError, ResourceLimitError
from liquid.token import TOKEN_TAG, Token
from liquid.undefined import Undefined

from foundation.sentences import Sentence as _

#: Characters of a text as it is written, with its tags. If four times the longest message is more,
#: that is the limit.
MOST_SOURCE = 16_000
#: Tags and outputs of a text, and the characters inside them, all added up.
MOST_TAGS, MOST_MARKUP = 400, 4_000
#: Characters between the delimiters of one tag, and the characters that the library's expression
#: lexer may read for it: it reads to the end of the tag again from every parenthesis and bracket.
MOST_EXPRESSION, MOST_LEXING = 1_000, 20_000
#: Brackets in one expression: each is one more level of recursion in the parser.
MOST_BRACKETS = 40
#: Rounds of a loop, multiplied by those of the loops around it.
MOST_LOOP_ROUNDS = 1_000
#: Steps that one rendering may take.
MOST_STEPS = 20_000
#: Characters of a value that a filter takes or returns.
MOST_CHARACTERS = 64 * 1024
#: Bits of a whole number.
MOST_BITS = 256
#: The longest name of a variable, and the longest text that is read or written free of charge.
LONGEST_NAME = 1_000
#: Characters of a date, and of the format of a date: the library is slow with long ones.
LONGEST_DATE = 40
#: Levels of lists inside lists.
DEEPEST_VALUE = 20
#: Characters that an item of a list counts in addition to its own.
ITEM_CHARACTERS = 8
#: CPU seconds of one rendering, and the number of steps after which they are checked. This limit is
#: in addition to that of steps. Only the CPU time of this thread counts: on a busy machine a text
#: takes longer, and it must not fail for that.
MOST_SECONDS, LOOK_EVERY = 0.1, 2_000


class TooComplex(LiquidSyntaxError):
    """A text too complex to be compiled."""


class TooCostly(ResourceLimitError):
    """A text whose rendering for one person exceeds a limit."""


class Budget:
    """The remaining budget of one rendering, in steps.

    Attributes:
        now: the time of the rendering, in the time zone of its text; None if it has none.
    """

    __slots__ = ("_began", "_look_at", "now", "steps")

    def __init__(self) -> None:
        self.steps = MOST_STEPS
        self.now: datetime | None = None
        self._look_at = MOST_STEPS - LOOK_EVERY
        self._began: float | None = None

    def charge(self, steps: int) -> None:
        """Spend steps.

        Raises:
            TooCostly: the budget is used up.
        """
        self.steps -= steps
        if self.steps < self._look_at:
            self._look()

    def _look(self) -> None:
        if self.steps < 0:
            raise TooCostly(
                _("it takes too many steps: use fewer loops, filters and variables."), token=None
            )
        now = time.thread_time()
        if self._began is None:
            self._began = now
        elif now - self._began > MOST_SECONDS:
            raise TooCostly(
                _("it takes too long: use fewer loops, filters and variables."), token=None
            )
        self._look_at = max(self.steps - LOOK_EVERY, 0)

    def size_of(self, value: Any) -> int:
        """Return the size of a value in characters, including everything in it.

        Raises:
            TooCostly: they are too many.
        """
        if type(value) is str:
            size = len(value)
            if size > MOST_CHARACTERS:
                raise too_large()
            return size
        if value is None or value is True or value is False or type(value) is Undefined:
            return 0
        size = MOST_CHARACTERS - _room_after(value, MOST_CHARACTERS, 0)
        self.charge(size >> 5)
        return size


def too_large() -> TooCostly:
    """Return the error of a value that is larger than any text needs."""
    return TooCostly(
        _("a value becomes too large: shorten it before using it further."), token=None
    )


def number_too_large() -> TooCostly:
    """Return the error of a number with more digits than any text needs."""
    return TooCostly(_("a number becomes too large: use smaller numbers."), token=None)


def refuse_too_many_rounds(rounds: int, *, token: Token | None = None) -> None:
    """Refuse a loop.

    Raises:
        TooCostly: it has too many rounds.
    """
    if rounds > MOST_LOOP_ROUNDS:
        raise TooCostly(
            _(
                "the loop runs more than %(most)s times, counting the loops around it: "
                "loop over fewer items, or add a limit such as limit: 20."
            )
            % {"most": MOST_LOOP_ROUNDS},
            token=token,
        )


def too_complex(sentence: str, source: str, index: int) -> TooComplex:
    """Return the refusal of a text because of the tag or value at an index."""
    return TooComplex(sentence, token=Token(TOKEN_TAG, "", index, source))


def _room_after(value: Any, room: int, depth: int) -> int:
    """Return how much of `room` is left after a value, in characters.

    Raises:
        TooCostly: the value needs more, or a number in it is too large.
    """
    kind = type(value)
    if kind is str or isinstance(value, str):
        room -= len(value)
    elif kind is int:
        if value.bit_length() > MOST_BITS:
            raise number_too_large()
        room -= ITEM_CHARACTERS
    elif kind is list or kind is tuple:
        for item in value:
            room = _room_after(item, room - ITEM_CHARACTERS, _below(depth))
    elif kind is dict:
        for key, item in value.items():
            room = _room_after(item, room - ITEM_CHARACTERS - len(str(key)), _below(depth))
    elif isinstance(value, Mapping) and not isinstance(value, Undefined):
        # The loop itself (`forloop`): reading all of it would consume it.
        raise TooCostly(
            _("forloop is not a value: use one of its properties, such as forloop.index."),
            token=None,
        )
    else:
        room -= ITEM_CHARACTERS
    if room < 0:
        raise too_large()
    return room


def _below(depth: int) -> int:
    if depth >= DEEPEST_VALUE:
        raise TooCostly(
            _("a value has too many nested lists: use only the part you need."), token=None
        )
    return depth + 1
