"""The words of the glossary that a text uses, so that they can be looked up where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qqcampaign.console.help.library import find_page
from qqcampaign.console.help.markdown import Section, page_address

PAGE = "glossary"
#: The most words that are named beside a section.
MOST = 12


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary.

    Attributes:
        word: as it is written in the language.
        anchor: where it stands, the same in every language.
        sentence: what it means.
    """

    word: str
    anchor: str
    sentence: str

    @property
    def address(self) -> str:
        """Where it is read."""
        return page_address(PAGE, self.anchor)


def terms(language: str) -> list[Term]:
    """Return the words of the glossary in a language, in its order."""
    page = find_page(PAGE, language)
    sections = page.sections if page is not None else ()
    return [Term(one.title, one.anchor, one.text) for one in sections if one.level == 3]


def terms_in(section: Section | None, language: str) -> list[Term]:
    """Return the words of the glossary that a section uses."""
    if section is None:
        return []
    text = f"{section.title} {section.text}".casefold()
    return [term for term in terms(language) if _is_used(term, text)][:MOST]


def _is_used(term: Term, text: str) -> bool:
    words = [word.strip() for word in re.split(r"[,，、]", term.word.casefold())]
    return any(
        re.search(rf"\b{re.escape(word)}s?\b", text) if word.isascii() else word in text
        for word in words
        if word
    )
