"""Markdown of docs/ as HTML: safe, with anchors at headings, and links that stay in the console."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.urls import reverse
from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from qqcampaign.console.help.pictures import picture_size

#: An anchor that a heading names itself, as mkdocs reads it: "Speed {#speed}".
_NAMED = re.compile(r"\s*\{\s*#([\w-]+)\s*\}\s*$")
_NO_SLUG = re.compile(r"[^\w\- ]")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page, from a heading to the next one.

    Attributes:
        anchor: of its heading; the page's own title has one too.
        title: the heading's words.
        level: 1 for the page's title, 2 for its sections, and so on.
        text: all its words, for the search.
        html: what is below the heading.
    """

    anchor: str
    title: str
    level: int
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as HTML, whole and in parts."""

    html: str
    sections: tuple[Section, ...]


def render(text: str, name: str) -> Rendered:
    """Return a page as HTML.

    Raw HTML in it is shown as text. Links to pages and pictures of docs/ lead to the console's
    own, and stay as they are if they lead out of it.

    Args:
        text: the Markdown.
        name: the page's name, from which its links are read.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    taken: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[index + 1], taken))
        elif token.type == "inline":
            _lead_within(token.children or [], name)
    renderer, options = parser.renderer, parser.options
    assert isinstance(renderer, RendererHTML)
    sections = tuple(
        Section(anchor, title, level, _words(body), _scrolling(renderer.render(body, options, {})))
        for anchor, title, level, body in _parts(tokens)
    )
    return Rendered(_scrolling(renderer.render(tokens, options, {})), sections)


def slug(title: str) -> str:
    """Return the anchor of a heading, as the site that `make docs` builds has it."""
    return _NO_SLUG.sub("", title.lower()).strip().replace(" ", "-")


def page_address(name: str, anchor: str = "") -> str:
    """Return the address of a page in the console."""
    return reverse("help-page", args=[name]) + (f"#{quote(anchor)}" if anchor else "")


def _anchor(heading: Token, taken: set[str]) -> str:
    """Return the anchor of a heading, and take `{#name}` out of its words."""
    last = heading.children[-1] if heading.children else None
    named = _NAMED.search(last.content) if last is not None and last.type == "text" else None
    if named is not None and last is not None:
        last.content = last.content[: named.start()]
        anchor = named[1]
    else:
        anchor = slug(_plain(heading.children or []))
    base, n = anchor, 1
    while anchor in taken:
        anchor = f"{base}_{n}"
        n += 1
    taken.add(anchor)
    return anchor


def _lead_within(children: Sequence[Token], name: str) -> None:
    for child in children:
        if child.type == "link_open":
            target = str(child.attrGet("href") or "")
            if _OUTSIDE.match(target):
                child.attrSet("rel", "noopener noreferrer")
                child.attrSet("target", "_blank")
            else:
                child.attrSet("href", _page_link(target, name))
        elif child.type == "image":
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(name), str(child.attrGet("src") or ""))
            )
            child.attrSet("src", reverse("help-picture", args=[target]))
            child.attrSet("loading", "lazy")
            # The browser keeps the place of a picture free, so that nothing jumps when it comes.
            for attribute, pixels in zip(("width", "height"), picture_size(target), strict=False):
                child.attrSet(attribute, str(pixels))


def _page_link(target: str, name: str) -> str:
    path, _hash, anchor = target.partition("#")
    if not path:
        return f"#{anchor}"
    found = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))
    page = found.removesuffix(".md").removesuffix(".zh")
    return page_address(page, unquote(anchor)) if found.endswith(".md") else target


def _parts(tokens: Sequence[Token]) -> list[tuple[str, str, int, list[Token]]]:
    """Return the parts of a page: anchor, title, level, and the tokens below the heading."""
    found: list[tuple[str, str, int, list[Token]]] = []
    inside = False
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _plain(tokens[index + 1].children or [])
            found.append((str(token.attrGet("id")), title, int(token.tag[1:]), []))
            inside = True
        elif token.type == "heading_close":
            inside = False
        elif not inside:
            if not found:
                found.append(("", "", 1, []))
            found[-1][3].append(token)
    return found


def _plain(children: Sequence[Token]) -> str:
    words = (child.content for child in children if child.type in ("text", "code_inline"))
    return "".join(words).strip()


def _words(tokens: Sequence[Token]) -> str:
    parts = []
    for token in tokens:
        if token.type == "inline":
            parts.append(
                "".join(
                    " " if child.type in ("softbreak", "hardbreak") else child.content
                    for child in token.children or []
                )
            )
        elif token.type in ("fence", "code_block"):
            parts.append(token.content)
    return _SPACE.sub(" ", " ".join(parts)).strip()


def _scrolling(html: str) -> str:
    """Return HTML in which a wide table or block of code scrolls by itself, also by keyboard."""
    html = html.replace("<table>", '<div class="q-wide" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    return html.replace("<pre>", '<pre tabindex="0">')


def marked(text: str, words: Sequence[str]) -> str:
    """Return a text as HTML with the words of a search marked."""
    if not words:
        return escape(text)
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    parts, at = [], 0
    for hit in pattern.finditer(text):
        parts += [escape(text[at : hit.start()]), f"<mark>{escape(hit[0])}</mark>"]
        at = hit.end()
    return "".join([*parts, escape(text[at:])])
