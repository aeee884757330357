"""The comparisons of message texts.

Attributes with a type are compared by it. Other values are compared as numbers if one side is a
number. A text that is not a number cannot be ordered among numbers: it is refused, not guessed.
"""

from __future__ import annotations

from liquid import RenderContext
from liquid.builtin.expressions.logical import (
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
    NeExpression,
    _eq,
    _le,
    _lt,
)
from liquid.builtin.tags.case_tag import _AnyExpression
from liquid.exceptions import LiquidTypeError
from liquid.expression import Expression
from liquid.token import Token

from foundation.sentences import Sentence as _
from texts.read_text import comparable, is_number


def _equal(left: object, right: object) -> bool:
    return bool(_eq(*comparable(left, right)))


def _ordered(token: Token, left: object, right: object) -> tuple[object, object]:
    """Return two values in a form in which they can be ordered.

    Raises:
        LiquidTypeError: one is a number, and the other is a text that is not a number.
    """
    left, right = comparable(left, right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str) and is_number(other):
            raise LiquidTypeError(
                _("“%(text)s” is not a number and cannot be compared with one.")
                % {"text": one[:40]},
                token=token,
            )
    return left, right


class _Equal(EqExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return _equal(self.left.evaluate(context), self.right.evaluate(context))


class _NotEqual(NeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not _equal(self.left.evaluate(context), self.right.evaluate(context))


class _Less(LtExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        return _lt(self.token, *_ordered(self.token, left, right))


class _More(GtExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        return _lt(self.token, *_ordered(self.token, right, left))


class _LessOrEqual(LeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        return _le(*_ordered(self.token, left, right))


class _MoreOrEqual(GeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        return _le(*_ordered(self.token, right, left))


class _When(_AnyExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> list[bool]:
        left = self.left.evaluate(context)
        return [_equal(left, right.evaluate(context)) for right in self.expressions]


#: The comparisons to use in place of the library's.
COMPARISONS: dict[type[Expression], type[Expression]] = {
    EqExpression: _Equal,
    NeExpression: _NotEqual,
    LtExpression: _Less,
    GtExpression: _More,
    LeExpression: _LessOrEqual,
    GeExpression: _MoreOrEqual,
    _AnyExpression: _When,
}
