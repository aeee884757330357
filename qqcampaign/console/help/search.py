"""Finds the sections of the pages that hold every word of a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from qqcampaign.console.help.library import Page, find_page, groups, names
from qqcampaign.console.help.markdown import Section, marked, page_address

#: A question is read so far; the rest of a longer one asks for nothing more.
LONGEST_QUESTION = 100
MOST_WORDS = 8
#: The most results.
MOST = 30
#: Characters of a result's text before and after the first hit.
_BEFORE, _AFTER = 60, 160
#: A section so short is about few things.
_SHORT = 1_500
#: The page that is written for those who ask here, and those that are written for engineers.
_FIRST = ("working",)
_FOR_ENGINEERS = ("failures", "performance", "performance-history", "protocol", "simulator")


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that answers a question."""

    page: Page
    section: Section
    score: int
    excerpt: SafeString

    @property
    def title(self) -> str:
        """The section's heading, with the page's title where it is another."""
        if self.section.level == 1:
            return self.page.title
        return f"{self.page.title} › {self.section.title}"

    @property
    def address(self) -> str:
        """Where it is read."""
        return page_address(self.page.name, self.section.anchor if self.section.level > 1 else "")


def words_of(question: str) -> list[str]:
    """Return the words of a question, folded."""
    return question[:LONGEST_QUESTION].casefold().split()[:MOST_WORDS]


def search(question: str, language: str, *, most: int = MOST) -> list[Hit]:
    """Return the sections with every word, the best first.

    A word may be a part of another one: Chinese has no blanks between words. A page counts in the
    reader's language, and in English where it has no other.
    """
    words = words_of(question)
    if not words:
        return []
    found = [hit for page in _pages(language) for hit in _of_page(page, words)]
    return sorted(found, key=lambda hit: (-hit.score, hit.title))[:most]


def _pages(language: str) -> Iterator[Page]:
    """Yield all pages, the listed ones first."""
    listed = [page for group in groups(language) for page in group.pages]
    yield from listed
    for name in sorted(names() - {page.name for page in listed}):
        page = find_page(name, language)
        if page is not None:
            yield page


def _of_page(page: Page, words: list[str]) -> Iterator[Hit]:
    title = page.title.casefold()
    for section in page.sections:
        heading, text = section.title.casefold(), section.text.casefold()
        if not all(word in title or word in heading or word in text for word in words):
            continue
        if not any(word in heading or word in text for word in words):
            continue
        score = sum(
            20 * (word in heading) + 8 * (word in title) + min(text.count(word), 5)
            for word in words
        )
        if len(section.text) < _SHORT:
            score += 4  # it is about little else
        if page.name in _FIRST:
            score *= 2
        if page.name.startswith("decisions/") or page.name in _FOR_ENGINEERS:
            score //= 4  # a page for operators says it in fewer words
        yield Hit(page, section, score, _excerpt(section.text, words))


def _excerpt(text: str, words: list[str]) -> SafeString:
    folded = text.casefold()
    hits = [at for word in words if (at := folded.find(word)) >= 0]
    start = max(0, min(hits, default=0) - _BEFORE)
    shown = text[start : start + _BEFORE + _AFTER]
    shown = f"{'… ' if start else ''}{shown}{' …' if start + len(shown) < len(text) else ''}"
    return mark_safe(marked(shown, words))  # noqa: S308 -- `marked` escapes the text
