"""The check of a text before it is saved, the same for templates, campaigns and snippets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from campaigns.writing.whole_text import whole_text
from contacts.people.attributes import attribute_names_in_use
from foundation.sentences import Sentence as _
from sending.forbidden_words import refusing_words
from texts.checks import Positions, TextProblem
from texts.forbidden import ForbiddenWords, without_tags
from texts.rendering import CompiledText, compile_text, refuse_unknown_variables
from texts.snippets import WholeText


class Unread(Enum):
    """Says that the forbidden words are to be read: None says that there are none."""

    UNREAD = "unread"


UNREAD = Unread.UNREAD


def checked_text(
    text: str,
    *,
    attributes: Collection[str] | None = None,
    given: Mapping[str, str] | None = None,
    words: ForbiddenWords | Unread | None = UNREAD,
) -> CompiledText:
    """Return a text compiled with its snippets, if it could be sent.

    Args:
        text: the text as an operator wrote it.
        attributes: the attributes that it may use; None: all that are in use.
        given: texts of snippets by `name_key`, in place of those in the database.
        words: the words that no text may hold, for who checks many texts; UNREAD: they are read.

    Raises:
        TextProblem: it is not Liquid, uses an unknown variable, filter or snippet, costs too much,
            is too long, or holds a forbidden word; with its place in `text`.
    """
    whole = whole_text(text, given=given)
    try:
        compiled = compile_text(whole.text)
        known = attribute_names_in_use() if attributes is None else attributes
        refuse_unknown_variables(compiled, attributes=known)
        refuse_forbidden_word(whole.text, words=words)
    except TextProblem as problem:
        raise _explained(problem, whole) from None
    return compiled


def refuse_texts(texts: Mapping[str, str], *, attributes: Collection[str] | None = None) -> None:
    """Refuse texts by language that could not be sent. The forbidden words are read once.

    Args:
        texts: the texts; "" is the default one.
        attributes: as for `checked_text`.

    Raises:
        TextProblem: a text is not correct; names its language, if it has one.
    """
    words = refusing_words()
    for tag, text in texts.items():
        try:
            checked_text(text, attributes=attributes, words=words)
        except TextProblem as problem:
            raise (in_language(problem, tag) if tag else problem) from None


def in_language(problem: TextProblem, tag: str) -> TextProblem:
    """Return a problem whose sentence names the language of the text."""
    return TextProblem(
        _("(%(tag)s) %(problem)s") % {"tag": tag, "problem": problem.problem},
        code=problem.code,
        line=problem.line,
        column=problem.column,
        **{**problem.more, "language": tag},
    )


def sendable_text(text: str, *, words: ForbiddenWords | Unread | None = UNREAD) -> str:
    """Return a text with its snippets, as a run keeps it. Its variables are not checked.

    Args:
        text: the text as an operator wrote it.
        words: as for `checked_text`.

    Raises:
        TextProblem: it cannot be compiled, or holds a forbidden word.
    """
    whole = whole_text(text)
    try:
        compile_text(whole.text)
        refuse_forbidden_word(whole.text, words=words)
    except TextProblem as problem:
        raise _explained(problem, whole) from None
    return whole.text


def refuse_forbidden_word(text: str, *, words: ForbiddenWords | Unread | None = UNREAD) -> None:
    """Refuse a text that holds a forbidden word outside its tags.

    Args:
        text: the text with its snippets.
        words: as for `checked_text`.

    Raises:
        TextProblem: it does (`forbidden_word`); names the first word and its place.
    """
    refused = refusing_words() if isinstance(words, Unread) else words
    found = refused.first_in(without_tags(text)) if refused is not None else None
    if found is None:
        return
    line, column = Positions(text).of(found.index)
    raise TextProblem(
        _("the word “%(word)s” is forbidden. Write it differently.") % {"word": found.word},
        code="forbidden_word",
        line=line,
        column=column,
        word=found.word,
    )


def _explained(problem: TextProblem, whole: WholeText) -> TextProblem:
    """Return a problem with its place in the text as it was written."""
    if str(problem.more.get("variable", "")).partition(".")[0].partition("[")[0] == "snippets":
        problem = TextProblem(
            _(
                "a snippet is used on its own, without filters: {{ snippets.name }}, or "
                '{{ snippets["two words"] }} if its name has blanks.'
            ),
            code="snippet_use",
            line=problem.line,
            column=problem.column,
        )
    return whole.problem_in_source(problem)
