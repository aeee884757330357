"""The checks of a text when it is compiled. Each refusal names the position and the remedy."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError
from liquid.static_analysis import TemplateAnalysis

from foundation.characters import UNSTORABLE
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from foundation.sentences import Sentence as _
from texts.bounds import MOST_SOURCE, TooComplex, TooCostly
from texts.faults import TextFault
from texts.language import OUTPUT_TIMES, ranges_outside_loops

#: How many names are compared at most to suggest a similar one, and how long a name may be.
MOST_NAMES, LONGEST_MEANT = 300, 100
#: The most characters kept of the library's error message, because it quotes values.
LONGEST_SAID = 300


class TextProblem(Refusal):
    """A text that cannot be compiled or uses an unknown variable, with its line and column.

    Attributes:
        problem: the sentence without the place.
        more: further data for `--json`, without the place.
    """

    def __init__(self, sentence: str, *, code: str, line: int, column: int, **more: Any) -> None:
        super().__init__(
            _("Line %(line)s, column %(column)s of the text: %(problem)s")
            % {"line": line, "column": column, "problem": sentence},
            code=code,
            line=line,
            column=column,
            **more,
        )
        self.line = line
        self.column = column
        self.problem = sentence
        self.more = more


class Positions:
    """Converts an index of a text to its line and column."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def of(self, index: int) -> tuple[int, int]:
        """Return line and column, both from 1; the end of the text for an index outside it."""
        if not 0 <= index <= self._length:
            index = self._length
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1


def refuse_filters(
    positions: Positions, analysis: TemplateAnalysis, *, known: Collection[str]
) -> None:
    """Refuse an unknown filter at compile time; the library would fail only when rendering.

    Raises:
        TextProblem: the first such filter.
    """
    for name, spans in analysis.filters.items():
        if name in known:
            continue
        line, column = positions.of(spans[0].index)
        sentence = _("there is no filter “%(name)s”.") % {"name": name}
        near = closest_names(name, known)
        if near:
            sentence += " " + _("Did you mean “%(near)s”?") % {"near": near[0]}
        raise TextProblem(sentence, code="unknown_filter", line=line, column=column, filter=name)


def refuse_source(text: str, longest: int) -> None:
    """Refuse a text that is too long to parse or that cannot be encoded as UTF-8.

    The gateway answers NULL to bytes that are not UTF-8.

    Raises:
        TextProblem: the text is too long or not encodable.
    """
    most = max(OUTPUT_TIMES * longest, MOST_SOURCE)
    if len(text) > most:
        raise TextProblem(
            _(
                "the text has %(length)s characters including its tags; the limit is "
                "%(most)s: shorten it."
            )
            % {"length": len(text), "most": most},
            code=TextFault.TOO_LONG.value,
            line=1,
            column=1,
        )
    if found := UNSTORABLE.search(text):
        line, column = Positions(text).of(found.start())
        raise TextProblem(
            _("this character cannot be sent: the text is not valid UTF-8."),
            code="not_utf8",
            line=line,
            column=column,
        )


def refuse_ranges(positions: Positions, template: BoundTemplate) -> None:
    """Refuse ranges outside loops.

    Raises:
        TextProblem: the first such range.
    """
    for token in ranges_outside_loops(template):
        line, column = positions.of(token.start_index)
        raise TextProblem(
            _("a range such as (1..9) can only be used in a for loop."),
            code="text_syntax",
            line=line,
            column=column,
        )


def refused(problem: LiquidError | RecursionError, positions: Positions) -> TextProblem:
    """Return the refusal of a text that is not valid Liquid or exceeds a limit."""
    token = problem.token if isinstance(problem, LiquidError) else None
    line, column = positions.of(token.start_index if token else -1)
    is_too_much = isinstance(problem, TooComplex | TooCostly)
    code = "text_too_costly" if is_too_much else "text_syntax"
    return TextProblem(problem_sentence(problem), code=code, line=line, column=column)


def trial_render(template: BoundTemplate) -> None:
    """Render a text without attributes. If that is too costly, the text itself is the cause.

    Raises:
        TooCostly: it costs too much.
    """
    try:
        template.render({})
    except TooCostly:
        raise
    except Exception:  # noqa: S110
        pass  # it may need attributes


def closest_names(name: str, known: Collection[str]) -> list[str]:
    """Return the most similar known name, if any; none if there are too many to compare."""
    if len(name) > LONGEST_MEANT or len(known) > MOST_NAMES:
        return []
    return get_close_matches(name, list(known), n=1)


def problem_sentence(problem: Exception) -> str:
    """Return the message of a problem as a sentence."""
    if isinstance(problem, RecursionError):
        return _("the nesting is too deep: use fewer levels.")
    said = problem.message if isinstance(problem, LiquidError) else str(problem)
    return said if isinstance(said, Sentence) else f"{str(said)[:LONGEST_SAID]}."
