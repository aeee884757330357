"""Snippets in a text: `{{ snippets.name }}` is replaced by the snippet's text before compiling.

A name that is not a plain word is written in brackets and quotation marks:
{{ snippets["two words"] }}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.names import name_key
from foundation.sentences import Sentence as _
from texts.checks import Positions, TextProblem

#: The most characters of a text after its snippets are put in. Compiling refuses less than this.
LONGEST_WHOLE = 200_000
#: Snippets inside snippets, at most.
DEEPEST = 10
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")
_USE = re.compile(
    r"""(?P<left>\s*\{\{-|\{\{)\s*snippets\s*
        (?:\.\s*(?P<plain>[^\W\d][\w-]*)|\[\s*(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)')\s*\])
        \s*(?P<right>-\}\}\s*|\}\})""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class SnippetUse:
    """A place where a text uses a snippet.

    Attributes:
        name: the snippet's name, as the text writes it.
        start, end: the place in the text.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WholeText:
    """A text with its snippets put in, and where each part of it comes from.

    Attributes:
        text: the text.
        source: the text as it was written.
        parts: (start in `text`, start in `source`, name of the snippet or "") of each part.
    """

    text: str
    source: str
    parts: tuple[tuple[int, int, str], ...] = field(default=())

    def problem_in_source(self, problem: TextProblem) -> TextProblem:
        """Return a problem of the whole text with its place in the text as it was written."""
        index = _index(self.text, problem.line, problem.column)
        start, origin, name = next(part for part in reversed(self.parts) if part[0] <= index)
        at = origin if name else origin + index - start
        line, column = Positions(self.source).of(at)
        sentence: Any = problem.problem
        if name:
            sentence = _("in the snippet “%(name)s”: %(problem)s") % {
                "name": name,
                "problem": sentence,
            }
        return TextProblem(sentence, code=problem.code, line=line, column=column, **problem.more)


def uses_in(text: str) -> list[SnippetUse]:
    """Return where a text uses snippets, in the order of the text."""
    return [
        SnippetUse(next(filter(None, found.group("plain", "double", "single")), ""), *found.span())
        for found in _USE.finditer(text)
    ]


def spelled_snippet(name: str) -> str:
    """Return the tag by which a text uses the snippet of a name."""
    if _IDENTIFIER.fullmatch(name):
        return f"{{{{ snippets.{name} }}}}"
    quote = "'" if '"' in name else '"'
    return f"{{{{ snippets[{quote}{name}{quote}] }}}}"


def is_spellable(name: str) -> bool:
    """Return whether a text can name a snippet: Liquid has no escapes for quotation marks."""
    return not ('"' in name and "'" in name)


def put_in(text: str, *, read: Callable[[set[str]], Mapping[str, str]]) -> WholeText:
    """Return a text with its snippets, and those in them, put in.

    Args:
        text: the text as it was written.
        read: returns the texts of snippets by `name_key`; a snippet that does not exist is left
            out.

    Raises:
        TextProblem: a snippet does not exist (`unknown_snippet`), contains itself
            (`snippet_circle`), or the text becomes too long (`too_long`).
    """
    known = all_snippets(text, read=read)
    return _Putting(known).whole(text)


def all_snippets(text: str, *, read: Callable[[set[str]], Mapping[str, str]]) -> dict[str, str]:
    """Return the texts of all snippets that a text needs, a query for each level of nesting."""
    known: dict[str, str] = {}
    asked: set[str] = set()
    wanted = {name_key(use.name) for use in uses_in(text)}
    while wanted := wanted - asked:
        asked |= wanted
        found = read(wanted)
        known |= found
        wanted = {name_key(use.name) for one in found.values() for use in uses_in(one)}
    return known


class _Putting:
    """Puts snippets into texts; each snippet's own text is made whole once."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._made: dict[str, str] = {}

    def whole(self, text: str, *, around: tuple[str, ...] = ()) -> WholeText:
        """Return a text with its snippets. `around` are the keys of the snippets it stands in."""
        pieces: list[str] = []
        parts: list[tuple[int, int, str]] = []
        length = end = 0
        for found, use in zip(_USE.finditer(text), uses_in(text), strict=True):
            kept = text[end : use.start]
            snippet = self._snippet(use, text=text, around=around)
            # The hyphen of {{- takes the blanks beside the tag, and those inside the snippet.
            snippet = snippet.lstrip() if found["left"].endswith("-") else snippet
            snippet = snippet.rstrip() if found["right"].startswith("-") else snippet
            parts += [(length, end, ""), (length + len(kept), use.start, use.name)]
            length += len(kept) + len(snippet)
            if length > LONGEST_WHOLE:
                raise _problem(
                    text, use, _("with its snippets the text becomes too long."), "too_long"
                )
            pieces += [kept, snippet]
            end = use.end
        parts.append((length, end, ""))
        return WholeText("".join([*pieces, text[end:]]), text, tuple(parts))

    def _snippet(self, use: SnippetUse, *, text: str, around: tuple[str, ...]) -> str:
        key = name_key(use.name)
        if key in self._made:
            return self._made[key]
        if key not in self._known:
            sentence = _("there is no snippet “%(name)s”.") % {"name": use.name[:128]}
            raise _problem(text, use, sentence, "unknown_snippet", snippet=use.name[:128])
        if key in around or len(around) >= DEEPEST:
            sentence = _("the snippet “%(name)s” contains itself.") % {"name": use.name}
            if key not in around:
                sentence = _("snippets are nested more than %(most)d deep.") % {"most": DEEPEST}
            raise _problem(text, use, sentence, "snippet_circle", snippet=use.name)
        try:
            made = self.whole(self._known[key], around=(*around, key)).text
        except TextProblem as problem:
            sentence = _("in the snippet “%(name)s”: %(problem)s") % {
                "name": use.name,
                "problem": problem.problem,
            }
            raise _problem(text, use, sentence, problem.code, **problem.more) from None
        self._made[key] = made
        return made


def _problem(text: str, use: SnippetUse, sentence: Any, code: str, **more: Any) -> TextProblem:
    line, column = Positions(text).of(use.start)
    return TextProblem(sentence, code=code, line=line, column=column, **more)


def _index(text: str, line: int, column: int) -> int:
    """Return the index of a line and column, both from 1."""
    start = 0
    for _number in range(line - 1):
        start = text.find("\n", start) + 1
    return start + column - 1
