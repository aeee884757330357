"""The language of message texts: Liquid, fenced in.

A text is written by an operator, rendered for every recipient inside a worker that many accounts
share, and must never stall or fill it. So: no other templates and no files (`include`, `render`),
no HTML tables, bounded loops, bounded output, no ranges that become lists, no filter that
multiplies its input. What a text may do is decided when it is compiled, as far as it can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from io import StringIO
from typing import Any

from liquid import BoundTemplate, Environment, Node, RenderContext
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import OutputStreamLimitError
from liquid.expression import Expression
from liquid.filter import string_filter
from liquid.output import LimitedStringIO
from liquid.token import Token

#: Rounds of all loops of one text together.
MOST_LOOP_ROUNDS = 1_000
#: Bytes that `assign` and `capture` may keep.
MOST_LOCAL_BYTES = 64 * 1024
#: A character is at most this many bytes of UTF-8.
UTF8_BYTES = 4
#: Tags that read other templates, or make HTML.
UNAVAILABLE_TAGS = ("include", "render", "tablerow")


class _Text(BoundTemplate):
    """A compiled text whose line ends come out as they went in."""

    def _get_buffer(self) -> StringIO:
        # The library's own buffer turns CR LF into LF: newline="" keeps every byte.
        return LimitedStringIO(limit=self.env.output_stream_limit or 0, newline="")


def environment(*, longest: int) -> Environment:
    """Return the Liquid environment for texts of at most `longest` characters."""
    return _environment(longest)


@lru_cache(maxsize=4)
def _environment(longest: int) -> Environment:
    most_bytes = longest * UTF8_BYTES

    class TextEnvironment(Environment):
        template_class = _Text
        loop_iteration_limit = MOST_LOOP_ROUNDS
        local_namespace_limit = MOST_LOCAL_BYTES
        output_stream_limit = most_bytes

    made = TextEnvironment()
    for tag in UNAVAILABLE_TAGS:
        del made.tags[tag]
    made.add_filter("replace", _bounded_replace(most_bytes))
    return made


def _bounded_replace(most: int) -> Any:
    @string_filter
    def replace(val: str, seq: Any, sub: Any = "") -> str:
        """Replace, unless that would make far more than a message: it multiplies, and can be
        chained."""
        old, new = str(seq), str(sub)
        if len(val) + val.count(old) * len(new) > most:
            raise OutputStreamLimitError("replace makes the text too long", token=None)
        return str(val).replace(old, new)

    return replace


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
