"""The lexer of message texts: makes the tokens that the library's parser reads.

It replaces the lexer of the library, which can take very long: a text of 20,000 characters took 11
seconds. The library's regular expression searches to the end of the text for every `{{`, `{%` and
`{% raw %}` that is not closed, and tries every way to split a sequence of blanks.

This lexer reads the text once. It refuses a text with more tags, longer tags or more brackets than
a message needs, before the parser sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from liquid.exceptions import LiquidSyntaxError
from liquid.token import (
    TOKEN_COMMENT,
    TOKEN_CONTENT,
    TOKEN_DOC,
    TOKEN_EOF,
    TOKEN_EXPRESSION,
    TOKEN_OUTPUT,
    TOKEN_TAG,
    Token,
)

from foundation.sentences import Sentence as _
from texts.bounds import (
    MOST_BRACKETS,
    MOST_EXPRESSION,
    MOST_LEXING,
    MOST_MARKUP,
    MOST_TAGS,
    too_complex,
)

_OPENING = re.compile(r"\{[{%]")
_NAME = re.compile(r"#|\w+")
#: Tags whose content is not Liquid, with the pattern of their end. Blanks are matched only after a
#: "{%", so a sequence of blanks is read once.
_VERBATIM = {name: re.compile(rf"\{{%-?\s*end{name}\s*(-?)%\}}") for name in ("raw", "doc")}
#: The tag whose content is a program with one tag in each line.
_PROGRAM = "liquid"


def tokenize(source: str) -> Iterator[Token]:
    """Yield the tokens of a text.

    Raises:
        LiquidSyntaxError: a tag is not closed, or has no name.
        TooComplex: there are too many tags, or they are too long.
    """
    return _Lexer(source).tokens()


def tokenize_program(source: str, token: Token) -> Iterator[Token]:
    """Yield the tokens of a `{% liquid %}` tag: each line is a tag without delimiters.

    Args:
        source: the content of the tag.
        token: the tag's token, which has its position.
    """
    at = 0
    for line in source.split("\n"):
        tag = line.strip()
        if tag:
            start = token.start_index + at + line.index(tag)
            name = _NAME.match(tag)
            if name is None:
                raise LiquidSyntaxError(
                    f"expected newline delimited tag expressions, found {tag[0]!r}",
                    token=Token(TOKEN_TAG, tag[0], start, token.source),
                )
            yield Token(TOKEN_TAG, name.group(), start, token.source)
            expression = tag[name.end() :].lstrip()
            if expression:
                index = start + len(tag) - len(expression)
                refuse_expression(expression, token.source, index)
                yield Token(TOKEN_EXPRESSION, expression, index, token.source)
        at += len(line) + 1


def refuse_expression(expression: str, source: str, index: int) -> None:
    """Refuse an expression for which the library would need too much time or stack.

    Raises:
        TooComplex: it is too long, or has too many brackets.
    """
    brackets, parentheses = expression.count("["), expression.count("(")
    if len(expression) > MOST_EXPRESSION:
        raise too_complex(
            _(
                "the tag has %(length)s characters, but at most %(most)s are allowed: "
                "split it with assign."
            )
            % {"length": len(expression), "most": MOST_EXPRESSION},
            source,
            index,
        )
    if brackets > MOST_BRACKETS or len(expression) * (4 * brackets + parentheses) > MOST_LEXING:
        raise too_complex(_("the tag has too many brackets: split it with assign."), source, index)


class _Lexer:
    """Reads a text once, from its start to its end."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tags = self._markup = 0
        #: The delimiters and tag names that do not occur between here and the end of the text.
        self._missing: set[str] = set()
        #: Whether the next content loses its leading blanks: the last tag ended with "-%}".
        self._trims = False

    def tokens(self) -> Iterator[Token]:
        at, end = 0, len(self.source)
        while at < end:
            start = self._next_opening(at)
            if start > at:
                yield from self._content(at, start)
                at = start
                continue
            found = self._markup_at(at)
            if found is None:
                # Not closed. As in the library, "{{%" is a brace followed by a tag.
                self._count_tag(at)
                start = self._next_opening(at + 1)
                yield from self._content(at, start)
                at = start
                continue
            at, tokens = found
            yield from tokens

    def _next_opening(self, at: int) -> int:
        found = _OPENING.search(self.source, at)
        return found.start() if found else len(self.source)

    def _content(self, start: int, end: int) -> Iterator[Token]:
        text = self.source[start:end]
        if self._trims:
            text = text.lstrip()
        if self.source.startswith(("{{-", "{%-"), end):
            text = text.rstrip()
        self._refuse_opening(text, start)
        if text:
            yield Token(TOKEN_CONTENT, text, start, self.source)

    def _refuse_opening(self, text: str, start: int) -> None:
        for opening, problem in (
            ("{{", "expected '}}', found end of file"),
            ("{%", "missing tag name or closing delimiter"),
        ):
            if text.startswith(opening):
                raise LiquidSyntaxError(problem, token=Token(TOKEN_EOF, text, start, self.source))

    def _markup_at(self, start: int) -> tuple[int, list[Token]] | None:
        """Return the end and the tokens of the tag or output at an index; None without one."""
        found = self._inside(start)
        if found is None:
            return None
        inside, begin, end, trims = found
        if self.source.startswith("{{", start):
            self._count(start, inside, begin)
            self._trims = trims
            opening = Token(TOKEN_OUTPUT, self.source[start:end], start, self.source)
            return end, [opening, Token(TOKEN_EXPRESSION, inside, begin, self.source)]
        name = _NAME.match(inside)
        if name is None:
            return None
        if inside in _VERBATIM and (verbatim := self._verbatim(inside, end, trims)):
            self._count(start, "", begin)
            return verbatim
        self._trims = trims
        expression = inside[name.end() :].lstrip()
        behind = begin + len(inside) - len(expression)
        self._count(start, expression, behind, is_program=name.group() == _PROGRAM)
        tag = Token(TOKEN_TAG, name.group(), begin, self.source)
        if tag.value == "comment":
            return self._comment(tag, end)
        tokens = [tag]
        if expression:
            tokens.append(Token(TOKEN_EXPRESSION, expression, behind, self.source))
        return end, tokens

    def _inside(self, start: int) -> tuple[str, int, int, bool] | None:
        """Return the content between two delimiters; None if the second is missing.

        Returns:
            the content without blanks around it, its index, the index after the closing delimiter,
            and whether that begins with "-".
        """
        closing = "}}" if self.source.startswith("{{", start) else "%}"
        begin = start + 2
        if self.source.startswith("-", begin):
            begin += 1
        close = self._find(closing, begin)
        if close < 0:
            return None
        trims = close > begin and self.source[close - 1] == "-"
        inside = self.source[begin : close - trims]
        kept = inside.strip()
        return kept, begin + (len(inside) - len(inside.lstrip())), close + 2, trims

    def _find(self, closing: str, at: int) -> int:
        if closing in self._missing:
            return -1
        found = self.source.find(closing, at)
        if found < 0:
            self._missing.add(closing)
        return found

    def _verbatim(self, name: str, begin: int, trims: bool) -> tuple[int, list[Token]] | None:
        if name in self._missing:
            return None
        end = _VERBATIM[name].search(self.source, begin)
        if end is None:
            self._missing.add(name)
            return None
        # As in the library: the opening tag of `raw`, but the closing tag of `doc`, decides whether
        # the blanks behind it are removed.
        self._trims = trims if name == "raw" else bool(end.group(1))
        kind = TOKEN_CONTENT if name == "raw" else TOKEN_DOC
        return end.end(), [Token(kind, self.source[begin : end.start()], begin, self.source)]

    def _comment(self, tag: Token, begin: int) -> tuple[int, list[Token]]:
        """Return the end of a comment and its tokens. A comment may contain other comments."""
        depth, at = 1, begin
        while True:
            start = self._next_opening(at)
            found = self._inside(start) if start < len(self.source) else None
            if found is None:
                if start >= len(self.source):
                    raise LiquidSyntaxError("comment tag was never closed", token=tag)
                at = start + 1
                continue
            inside, inner, at, trims = found
            if self.source.startswith("{{", start):
                continue
            if inside in _VERBATIM and (verbatim := self._verbatim(inside, at, trims)):
                at = verbatim[0]
                continue
            name = _NAME.match(inside)
            depth += {"comment": 1, "endcomment": -1}.get(name.group() if name else "", 0)
            if not depth:
                self._trims = trims
                end = Token(TOKEN_TAG, "endcomment", inner, self.source)
                text = Token(TOKEN_COMMENT, "", begin, self.source)
                return at, [tag, text, end]

    def _count(self, start: int, expression: str, index: int, *, is_program: bool = False) -> None:
        """Count a tag and its characters; refuse it if there are too many of either.

        The lines of a program are checked later, when they are read.
        """
        self._count_tag(start)
        self._markup += len(expression)
        if self._markup > MOST_MARKUP:
            raise too_complex(
                _("the tags of the text have more than %(most)s characters: use fewer.")
                % {"most": MOST_MARKUP},
                self.source,
                start,
            )
        if not is_program:
            refuse_expression(expression, self.source, index)

    def _count_tag(self, start: int) -> None:
        self._tags += 1
        if self._tags > MOST_TAGS:
            raise too_complex(
                _("the text has more than %(most)s tags and variables: use fewer.")
                % {"most": MOST_TAGS},
                self.source,
                start,
            )
