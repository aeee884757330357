"""Texts in Liquid: compiled once, checked against what is known of the contacts, rendered often.

A process compiles a run's text once and keeps the result. Nothing here reads the database, because
each lane calls `render` before each message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from liquid import BoundTemplate
from liquid.builtin.content import ContentNode
from liquid.exceptions import LiquidError, OutputStreamLimitError
from liquid.static_analysis import TemplateAnalysis

from foundation.sentences import Sentence as _
from texts.bounds import TooCostly
from texts.checks import (
    Positions,
    closest_names,
    problem_sentence,
    refuse_filters,
    refuse_ranges,
    refuse_source,
    refused,
    trial_render,
)
from texts.checks import TextProblem as TextProblem
from texts.faults import TextFault, Unsendable
from texts.language import apply_bounds, environment
from texts.plain_pieces import Variable, joined, plain_pieces

#: Characters a text may have when the setting LONGEST_TEXT does not say otherwise. The protocol
#: names no limit (docs/cli.md, "How long a text may be").
LONGEST_TEXT = 4_000
#: The variables that every text may use, in addition to the attributes of the contacts.
BUILT_IN = ("uin", "name", "nickname", "attributes", "account.uin", "account.name")
_TOP_LEVEL = frozenset(name.partition(".")[0] for name in BUILT_IN)
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")
#: Names that mean something else when they stand alone.
_TAKEN = _TOP_LEVEL | {
    *("true", "false", "nil", "null", "empty", "blank", "and", "or", "not", "contains", "in", "if"),
    *("else", "with", "for", "as", "limit", "offset", "reversed", "cols", "required", "continue"),
    *("forloop", "snippets"),
}
_OF_ACCOUNT = frozenset({"uin", "name"})
#: The number of compiled texts that a process keeps; more than there are runs that send at a time.
KEPT_TEXTS = 128


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable where a text uses it: its path from the root, its line and column (from 1)."""

    name: str
    path: tuple[str, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CompiledText:
    """A text ready to be rendered.

    Attributes:
        source: the text as it was written.
        variables: the names of the variables that it uses and does not assign.
        references: each use of these variables with its position, in the order of the text.
        is_constant: whether every contact gets `source` unchanged.
        longest: how many characters a rendered text may have.
        template: the text as Liquid renders it.
        pieces: the text as `joined` puts it together; None if only Liquid can render it.
    """

    source: str
    variables: frozenset[str]
    references: tuple[Reference, ...]
    is_constant: bool
    longest: int
    template: BoundTemplate
    pieces: tuple[str | Variable, ...] | None

    def render(self, context: Mapping[str, Any], *, now: datetime | None = None) -> str:
        """Return the text for one contact.

        Args:
            context: the names the text may use, with their values.
            now: the time that the text tells, in its campaign's time zone; None: the process's.

        Raises:
            Unsendable: the result is empty or too long, or rendering fails.
        """
        text = self.source if self.is_constant else self._rendered(context, now)
        if not text or text.isspace():
            raise Unsendable(TextFault.EMPTY_TEXT, _("The text is empty for this contact."))
        if len(text) > self.longest:
            raise Unsendable(
                TextFault.TOO_LONG,
                _("The text has %(length)s characters; the limit is %(longest)s.")
                % {"length": len(text), "longest": self.longest},
            )
        return text

    def _rendered(self, context: Mapping[str, Any], now: datetime | None) -> str:
        if self.pieces is not None:
            text = joined(self.pieces, context)
            if text is not None and len(text) <= self.longest:
                return text
        try:
            return self.template.render(context, now=now)
        except OutputStreamLimitError:
            raise Unsendable(
                TextFault.TOO_LONG,
                _("The text is far longer than %(longest)s characters.")
                % {"longest": self.longest},
            ) from None
        except TooCostly as problem:
            raise Unsendable(
                TextFault.RENDER_TOO_COSTLY,
                _("The text cannot be rendered: %(problem)s")
                % {"problem": problem_sentence(problem)},
            ) from None
        # An attribute of one contact must not end the lane of an account.
        except Exception as problem:
            raise Unsendable(TextFault.RENDER_ERROR, problem_sentence(problem)) from None


def longest_text() -> int:
    """Return how many characters a message may have: the setting LONGEST_TEXT, or 4,000."""
    return int(getattr(settings, "LONGEST_TEXT", LONGEST_TEXT))


def compile_text(text: str) -> CompiledText:
    """Return a text compiled; the results of the latest texts are kept.

    Raises:
        TextProblem: it is not Liquid, uses an unknown filter or tag, or cannot be sent as it is.
    """
    return _compiled(text, longest_text())


@lru_cache(maxsize=KEPT_TEXTS)
def _compiled(text: str, longest: int) -> CompiledText:
    refuse_source(text, longest)
    positions = Positions(text)
    language = environment(longest=longest)
    try:
        template = language.from_string(text)
        analysis = template.analyze(include_partials=False)
        refuse_filters(positions, analysis, known=language.filters)
        refuse_ranges(positions, template)
        is_constant = _is_constant(template, text)
        pieces = plain_pieces(template.nodes)
        apply_bounds(template)
        trial_render(template)
    except (LiquidError, RecursionError) as problem:
        raise refused(problem, positions) from None
    references = _references(positions, analysis)
    compiled = CompiledText(
        source=text,
        variables=frozenset(reference.name for reference in references),
        references=references,
        is_constant=is_constant,
        longest=longest,
        template=template,
        pieces=pieces,
    )
    _refuse_constant(compiled)
    return compiled


def _is_constant(template: BoundTemplate, text: str) -> bool:
    return (
        all(isinstance(node, ContentNode) for node in template.nodes)
        and "".join(str(node) for node in template.nodes) == text
    )


def unknown_variables(
    compiled: CompiledText, *, attributes: Collection[str]
) -> tuple[Reference, ...]:
    """Return the variables that are neither built in nor an attribute of the contacts.

    Args:
        compiled: the text.
        attributes: the names of the attributes that are known of the audience.
    """
    return tuple(
        reference
        for reference in compiled.references
        if not _is_known(reference.path, attributes=attributes)
    )


def refuse_unknown_variables(compiled: CompiledText, *, attributes: Collection[str]) -> None:
    """Refuse a text that uses an unknown variable; name it, its line, and the known ones.

    Raises:
        TextProblem: the first such variable.
    """
    for reference in unknown_variables(compiled, attributes=attributes):
        known = sorted({*BUILT_IN, *map(spelled_variable, attributes)})
        below = {f"attributes.{name}" for name in attributes}
        near = closest_names(reference.name, sorted({*known, *below}))
        sentence = _(
            "{{ %(variable)s }} is neither a built-in variable nor an attribute of these contacts."
        ) % {"variable": reference.name}
        if near:
            sentence += " " + _("Did you mean {{ %(near)s }}?") % {"near": near[0]}
        raise TextProblem(
            sentence + " " + _("Known: %(known)s.") % {"known": ", ".join(known)},
            code="unknown_variable",
            line=reference.line,
            column=reference.column,
            variable=reference.name,
            known=known,
        )


def spelled_variable(attribute: str) -> str:
    """Return how a text names an attribute.

    A name that is not an identifier of Liquid, or has another meaning there, is a member of
    `attributes`: attributes["e-mail.1"]. Liquid has no escapes, so a name with both kinds of
    quotes cannot be written in a text.
    """
    if _IDENTIFIER.fullmatch(attribute) and attribute not in _TAKEN:
        return attribute
    quote = "'" if '"' in attribute else '"'
    return f"attributes[{quote}{attribute}{quote}]"


def _is_known(path: tuple[str, ...], *, attributes: Collection[str]) -> bool:
    root, below = path[0], path[1] if len(path) > 1 else None
    if root == "account":
        return below in _OF_ACCOUNT
    if root == "attributes":
        return below is None or below in attributes
    return root in _TOP_LEVEL or root in attributes


def _references(positions: Positions, analysis: TemplateAnalysis) -> tuple[Reference, ...]:
    found = [
        (variable.span.index, str(variable), tuple(map(str, variable.segments)))
        for uses in analysis.globals.values()
        for variable in uses
    ]
    return tuple(Reference(name, path, *positions.of(at)) for at, name, path in sorted(found))


def _refuse_constant(compiled: CompiledText) -> None:
    """Refuse a constant text that cannot be sent."""
    if not compiled.is_constant:
        return
    try:
        compiled.render({})
    except Unsendable as problem:
        raise TextProblem(
            problem.sentence
            if problem.reason is TextFault.TOO_LONG
            else _("the text is empty: write a text."),
            code=problem.reason.value,
            line=1,
            column=1,
        ) from None
