"""The language of message texts: Liquid with limits.

An operator writes a text, and a worker renders it for every recipient. Many accounts share the
worker, so no text may use up its time or memory. Therefore a text cannot read other templates or
files (`include`, `render`) and has no HTML tables; the lexer is our own; filters and loops are
charged; values and output are bounded (decision 0015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache, partial, reduce
from io import StringIO
from operator import mul
from typing import Any

from liquid import BoundTemplate, Environment, Node, RenderContext
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import (
    LiquidError,
    LiquidInterrupt,
    OutputStreamLimitError,
    UnknownFilterError,
)
from liquid.expression import Expression
from liquid.token import TOKEN_CONTENT, TOKEN_ILLEGAL, TOKEN_OUTPUT, Token
from liquid.undefined import UNDEFINED

from texts.bounds import (
    LONGEST_NAME,
    MOST_BITS,
    MOST_LOOP_ROUNDS,
    Budget,
    number_too_large,
    refuse_too_many_rounds,
    too_large,
)
from texts.filters import BoundedFilter, bounded
from texts.lexer import tokenize
from texts.read_text import ReadText, plain_text
from texts.tags import (
    BoundedCycle,
    BoundedEcho,
    BoundedFor,
    BoundedOutput,
    BoundedProgram,
    put_meters,
    refuse_endless_loops,
)

#: Rendering stops when the output is this many times as long as the longest message.
OUTPUT_TIMES = 4
#: The tags of the language. The library has others, which read other templates or make HTML.
TAGS = frozenset({
    TOKEN_CONTENT, TOKEN_ILLEGAL, TOKEN_OUTPUT, "#", "assign", "break", "capture", "case",
    "comment", "continue", "cycle", "decrement", "doc", "echo", "for", "if", "ifchanged",
    "increment", "liquid", "unless",
})  # fmt: skip


class _Buffer(StringIO):
    """Keeps line ends as they are, and counts characters."""

    def __init__(self, room: int, budget: Budget) -> None:
        super().__init__(newline="")
        self.room = room
        self._budget = budget

    def write(self, text: str) -> int:
        size = len(text)
        self.room -= size
        if self.room < 0:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        if size > LONGEST_NAME:
            self._budget.charge(size >> 9)
        return StringIO.write(self, text)


class _Context(RenderContext):
    """The variables of one rendering, and its budget."""

    __slots__ = ("budget",)

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.budget = Budget()

    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        """Return a variable. Reading a large one is charged, whether or not it is shown."""
        for name in path:
            if type(name) is str and len(name) > LONGEST_NAME:
                raise too_large()  # the library would copy an unknown name into its error
            if type(name) is ReadText:
                path = [plain_text(part) for part in path]
        value: Any = super().get(path, token=token, default=default)
        kind = type(value)
        if kind is str:
            if len(value) > LONGEST_NAME:
                self.budget.charge(len(value) >> 9)
        elif kind is int:
            if value.bit_length() > MOST_BITS:
                raise number_too_large()
        elif kind is list or kind is dict or kind is tuple:
            self.budget.size_of(value)
        return value

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Return a filter that spends this rendering's budget."""
        try:
            found: BoundedFilter = self.env.filters[name]  # type: ignore[assignment]
        except KeyError:
            raise UnknownFilterError(f"unknown filter '{name}'", token=token) from None
        return partial(found, self.budget, token)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Refuse a loop if its rounds, multiplied by those around it, are too many."""
        refuse_too_many_rounds(reduce(mul, (loop.length for loop in self.loops), length))

    def get_buffer(self, buf: Any = None) -> StringIO:
        """Return a buffer for a part of the text."""
        room = buf.room if isinstance(buf, _Buffer) else self.env.output_stream_limit or 0
        return _Buffer(room, self.budget)


class _Text(BoundTemplate):
    """A compiled text."""

    context_class = _Context
    nodes: list[Node]

    def render(self, *args: Any, now: datetime | None = None, **kwargs: Any) -> str:
        """Render the text within its bounds, at the time `now` where it asks for the time.

        Raises:
            TooCostly: it takes too many steps, or a value becomes too large.
            OutputStreamLimitError: it is far too long.
        """
        context = _Context(self, globals=dict(*args, **kwargs))
        context.budget.now = now
        buffer = context.get_buffer()
        token: Token | None = None
        try:
            for node in self.nodes:
                token = node.token
                node.render_to_output(context, buffer)
        except LiquidInterrupt as problem:
            raise LiquidError(f"unexpected '{problem}'", token=token) from None
        except LiquidError as problem:
            problem.token = problem.token or token
            raise
        return buffer.getvalue()


class _Language(Environment):
    template_class = _Text

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        return tokenize


def environment(*, longest: int) -> Environment:
    """Return the Liquid environment for texts of at most `longest` characters."""
    return _environment(longest)


@lru_cache(maxsize=4)
def _environment(longest: int) -> Environment:
    class Language(_Language):
        output_stream_limit = longest * OUTPUT_TIMES
        loop_iteration_limit = MOST_LOOP_ROUNDS

    made = Language()
    made.tags = {name: tag for name, tag in made.tags.items() if name in TAGS}
    for tag in (BoundedCycle, BoundedEcho, BoundedFor, BoundedOutput, BoundedProgram):
        made.add_tag(tag)
    made.filters = bounded(made.filters, environment=made)
    return made


def apply_bounds(template: BoundTemplate) -> None:
    """Add the cost meters to a parsed text, and refuse what exceeds a limit in any rendering.

    Raises:
        TooComplex: a number in it is too large.
        TooCostly: a loop in it always runs too often.
    """
    context = RenderContext(template)
    refuse_endless_loops(template.nodes, context)
    put_meters(template.nodes, context)


def ranges_outside_loops(template: BoundTemplate) -> list[Token]:
    """Return where a text uses a range such as `(1..9)` other than to loop over it.

    A loop counts through a range; anything else would make a list of it first, of any length.
    """
    context = RenderContext(template)
    return [
        found.token
        for node in _nodes(template.nodes, context)
        for expression in node.expressions()
        for found in _ranges(expression)
    ]


def _nodes(nodes: Any, context: RenderContext) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children(context, include_partials=False), context)


def _ranges(expression: Expression) -> Iterator[RangeLiteral]:
    if isinstance(expression, RangeLiteral):
        yield expression
    for child in expression.children():
        if isinstance(expression, LoopExpression) and isinstance(child, RangeLiteral):
            continue
        yield from _ranges(child)
