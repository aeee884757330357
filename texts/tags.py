"""Tags of message texts that replace those of the library, whose work has no bound.

A loop over a range makes only the numbers that are shown. Each block begins with a meter, which
charges the budget for the block's content every time the block is entered: in each round of a loop,
and for each match of a `when`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TextIO

from liquid import Node, RenderContext
from liquid.ast import BlockNode
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path, StringLiteral
from liquid.builtin.expressions.logical import ContainsExpression
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.case_tag import CaseNode
from liquid.builtin.tags.cycle_tag import CycleNode, CycleTag
from liquid.builtin.tags.echo_tag import EchoTag
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.liquid_tag import LiquidTag
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.token import Token
from liquid.undefined import is_undefined

from foundation.sentences import Sentence as _
from texts.bounds import MOST_BITS, MOST_CHARACTERS, refuse_too_many_rounds, too_complex, too_large
from texts.comparisons import COMPARISONS
from texts.filters import search_steps
from texts.lexer import tokenize_program

#: Steps that a block (a loop, for example) takes in addition to its content.
BLOCK_STEPS = 4
#: Additional steps of a tag that stores a value (assign, cycle).
KEEPING_STEPS = 2


class BoundedLoop(LoopExpression):
    """The items of a loop. Numbers of a range that are not shown are not made."""

    __slots__ = ("_key",)

    def __init__(self, parsed: LoopExpression) -> None:
        super().__init__(
            parsed.token,
            parsed.identifier,
            parsed.iterable,
            limit=parsed.limit,
            offset=parsed.offset,
            reversed_=parsed.reversed,
            cols=parsed.cols,
        )
        self._key = f"{self.identifier}-{self.iterable}"

    def evaluate(self, context: RenderContext) -> tuple[Iterator[object], int]:
        """Return the items, one for each round, and the number of rounds."""
        items = _items(self.iterable.evaluate(context))
        # `len` fails for a range with more items than a machine word can count.
        length = items.stop - items.start if isinstance(items, range) else len(items)
        start, stop = self._from_to(context, length)
        context.stopindex(self._key, stop)
        rounds = max(stop - start, 0)
        context.raise_for_loop_limit(rounds)
        shown = items[start : max(stop, start)]
        return (reversed(shown) if self.reversed else iter(shown)), rounds

    def _from_to(self, context: RenderContext, length: int) -> tuple[int, int]:
        limit = self._number(self.limit, context)
        if isinstance(self.offset, StringLiteral) and self.offset.value == "continue":
            offset = context.stopindex(self._key)
        else:
            offset = self._number(self.offset, context) or 0
        stop = None if limit is None else limit + offset
        return min(max(offset, 0), length), min(stop or length, length)

    def _number(self, expression: Expression | None, context: RenderContext) -> int | None:
        if expression is None:
            return None
        return self._to_int(expression.evaluate(context), token=expression.token)


def _items(value: object) -> Sequence[object]:
    if isinstance(value, range):
        return value
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, Mapping):
        return list(value.items())
    return value if isinstance(value, Sequence) else []


class _ForNode(ForNode):
    __slots__ = ()

    def __init__(
        self,
        token: Token,
        expression: LoopExpression,
        block: BlockNode,
        default: BlockNode | None = None,
    ) -> None:
        super().__init__(token, BoundedLoop(expression), block, default)


class BoundedFor(ForTag):
    """`for`."""

    node_class = _ForNode


class _OutputNode(OutputNode):
    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        kind = type(value)
        if kind is str:
            return buffer.write(value)  # type: ignore[arg-type]
        if kind is not int:
            context.budget.size_of(value)  # type: ignore[attr-defined]
        return buffer.write(to_liquid_string(value, context.autoescape))


class BoundedOutput(Output):
    """`{{ … }}`."""

    node_class = _OutputNode


class BoundedEcho(EchoTag):
    """`echo`."""

    node_class = _OutputNode  # type: ignore[assignment]


class _CycleNode(CycleNode):
    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        budget = context.budget  # type: ignore[attr-defined]
        values = [argument.evaluate(context) for argument in self.args]
        group = self.group.evaluate(context) if self.group else ""
        # A cycle without a name is stored under the text of all its values.
        size = sum(map(budget.size_of, [group, *values]))
        if size > MOST_CHARACTERS:
            raise too_large()
        budget.charge(size >> 5)
        name = "" if is_undefined(group) else str(group)
        key = name or str(values)
        chosen = values[context.cycle(key, len(values)) % len(values)]
        return buffer.write(to_liquid_string(chosen, context.autoescape))


class BoundedCycle(CycleTag):
    """`cycle`."""

    node_class = _CycleNode


class BoundedProgram(LiquidTag):
    """`liquid`."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self._tokenize = partial(tokenize_program)


class _BoundedContains(ContainsExpression):
    """`contains`; it charges for searching one text in another."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        if isinstance(left, str):
            budget = context.budget  # type: ignore[attr-defined]
            budget.size_of(right)
            budget.charge(search_steps(left, str(right)))
        return super().evaluate(context)


class _Meter(Node):
    """The first node of a block; it charges for the block."""

    __slots__ = ("steps",)

    def __init__(self, token: Token, steps: int) -> None:
        super().__init__(token)
        self.steps = steps

    def __str__(self) -> str:
        return ""

    def render_to_output(self, context: RenderContext, _buffer: TextIO) -> int:
        context.budget.charge(self.steps)  # type: ignore[attr-defined]
        return 0


def put_meters(nodes: Iterable[Node], context: RenderContext) -> None:
    """Insert a meter at the beginning of each block; replace `contains` and the comparisons.

    Raises:
        TooComplex: a number is too large for any text.
    """
    for node in nodes:
        _steps_of(node, context, 0)


def _steps_of(node: Node, context: RenderContext, depth: int) -> int:
    """Return the steps of a node, without those of the blocks in it: they get meters."""
    steps = 1 + sum(map(_steps_of_expression, node.expressions()))
    if isinstance(node, AssignNode | CycleNode):
        steps += KEEPING_STEPS
    if isinstance(node, CaseNode):  # each `when` evaluates the expression again
        steps *= len(node.blocks) + 1
    for child in list(node.children(context, include_partials=False)):
        if isinstance(child, BlockNode):
            _meter(child, context, depth + 1)
            steps += BLOCK_STEPS
        else:
            steps += _steps_of(child, context, depth)
    return steps


def _meter(block: BlockNode, context: RenderContext, depth: int) -> None:
    steps = 1 + sum(_steps_of(node, context, depth) for node in block.nodes)
    # A variable is looked up in each of the loops around it.
    block.nodes.insert(0, _Meter(block.token, steps + steps * depth // 4))


def _steps_of_expression(expression: Expression) -> int:
    steps = 1
    if isinstance(expression, Path):
        steps = len(expression.path)
        _refuse_numbers(expression, *expression.path)
    elif isinstance(expression, StringLiteral):
        steps += len(expression.value) >> 8
    elif isinstance(expression, IntegerLiteral):
        _refuse_numbers(expression, expression.value)
    elif isinstance(expression, FilteredExpression):
        steps += 2 * len(expression.filters or ())
    elif isinstance(expression, ContainsExpression):
        expression.__class__ = _BoundedContains
    elif type(expression) in COMPARISONS:
        expression.__class__ = COMPARISONS[type(expression)]
    return steps + sum(map(_steps_of_expression, expression.children()))


def _refuse_numbers(expression: Expression, *values: object) -> None:
    for value in values:
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            token = expression.token
            raise too_complex(
                _("this number is too large: use a smaller one."), token.source, token.start_index
            )


def refuse_endless_loops(nodes: Iterable[Node], context: RenderContext, around: int = 1) -> None:
    """Refuse loops over ranges of numbers that have too many rounds for every recipient.

    Raises:
        TooCostly: the first such loop.
    """
    for node in nodes:
        rounds = around
        if isinstance(node, ForNode):
            rounds *= _certain_rounds(node.expression)
            refuse_too_many_rounds(rounds, token=node.expression.iterable.token)
        refuse_endless_loops(node.children(context, include_partials=False), context, rounds)


def _certain_rounds(loop: LoopExpression) -> int:
    """Return the least number of rounds that the text alone determines; 1 if it determines none."""
    numbers = loop.iterable
    if not isinstance(numbers, RangeLiteral) or not isinstance(loop, BoundedLoop):
        return 1
    start, stop = _literal(numbers.start), _literal(numbers.stop)
    offset = _literal(loop.offset) if loop.offset else 0
    if start is None or stop is None or offset is None:
        return 1
    rounds = stop + 1 - start - max(offset, 0)
    if loop.limit:
        rounds = min(rounds, _literal(loop.limit) or 1)
    return max(rounds, 1)


def _literal(expression: Expression) -> int | None:
    return expression.value if isinstance(expression, IntegerLiteral) else None
