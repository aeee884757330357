"""The pages of docs/ as the console shows them: which there are, and each in a reader's language.

The same files that `make docs` builds, in the order of mkdocs.yml. They are part of a version, so
each process reads a page once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.utils.translation import get_language

from qqcampaign.console.help.markdown import Section, render
from qqcampaign.console.help.pictures import folder

#: The languages of the pages: the suffix of the file by the code of the language.
SUFFIXES = {"en": "", "zh": ".zh"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one language.

    Attributes:
        name: the file without its suffixes, such as "console" or "decisions/0001-two-kinds-...".
        language: in which it is written; "en" where there is no other.
        title: its first heading.
        sections: its parts, from one heading to the next; the first one is the page's beginning.
        html: the whole page.
    """

    name: str
    language: str
    title: str
    sections: tuple[Section, ...]
    html: str

    def section(self, anchor: str) -> Section | None:
        """Return the part with an anchor; None if there is none."""
        return next((one for one in self.sections if one.anchor == anchor), None)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages under one title of the list."""

    title: str
    pages: tuple[Page, ...]


def reading_language() -> str:
    """Return the language in which the reader gets pages, where they have it."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def find_page(name: str, language: str) -> Page | None:
    """Return a page in a language, or in English where it has no other; None if there is none."""
    if name not in names():
        return None
    for one in (language, "en"):
        file = folder() / f"{name}{SUFFIXES[one]}.md"
        if file.is_file():
            return _read(name, one)
    return None


@cache
def names() -> frozenset[str]:
    """Return the names of all pages, those of the decisions included."""
    files = (file.relative_to(folder()).as_posix() for file in folder().rglob("*.md"))
    return frozenset(
        name.removesuffix(".md") for name in files if not name.endswith(f"{SUFFIXES['zh']}.md")
    )


def groups(language: str) -> list[Group]:
    """Return the list of pages as mkdocs.yml has it, in a language."""
    nav, words = _contents()
    found = []
    for entry in nav:
        ((title, below),) = entry.items()
        listed = [below] if isinstance(below, str) else [next(iter(one.values())) for one in below]
        pages = [find_page(file.removesuffix(".md"), language) for file in listed]
        shown = words.get(title, title) if language == "zh" else title
        found.append(Group(shown, tuple(page for page in pages if page is not None)))
    return found


@cache
def _read(name: str, language: str) -> Page:
    file = folder() / f"{name}{SUFFIXES[language]}.md"
    rendered = render(file.read_text(encoding="utf-8"), name)
    title = rendered.sections[0].title or name
    return Page(name, language, title, rendered.sections, rendered.html)


@cache
def _contents() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the list of pages, and its titles in Chinese, from mkdocs.yml."""
    text = folder().with_name("mkdocs.yml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=_Loader)  # noqa: S506 -- our own file, and a safe loader
    (i18n,) = (one["i18n"] for one in data["plugins"] if isinstance(one, dict) and "i18n" in one)
    (chinese,) = (one for one in i18n["languages"] if one["locale"] == "zh")
    return data["nav"], chinese["nav_translations"]


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without the Python objects that only mkdocs needs."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_parts: None)
