"""Finds the strings that operators see, and reads and writes the catalogues that translate them.

Babel (a dependency of python-liquid) extracts the strings and compiles the catalogues, and Django
parses the templates. So the gettext tools are not needed. Unfold ships no Chinese, so its strings
are in our catalogue too.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import unfold
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale, trans_real
from django.utils.translation.template import templatize

#: The project's own packages: each folder at the top that is one. Found on the disk, because a list
#: kept by hand forgets the newest.
PACKAGES = tuple(
    sorted(
        file.parent.name
        for file in Path(__file__).resolve().parents[1].glob("*/__init__.py")
        if file.parent.name not in {"benchmarks", "tests"}
    )
)
#: Optional parts of Unfold that are not installed.
UNUSED_OF_UNFOLD = ("constance", "guardian", "import_export", "location_field", "crispy")
KEYWORDS = {
    "_": None,
    "Sentence": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
_CALL = re.compile(
    r"""(?P<name>\b(?:gettext|ngettext|pgettext|_))\(\s*
        (?P<strings>(?:u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\s*,?\s*)+)""",
    re.VERBOSE,
)
_STRING = re.compile(r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")

#: A message as Babel keys it: one string, or the singular with its plural.
Message = str | tuple[str, str]


def catalogue_path(language: str, *, suffix: str = "po") -> Path:
    """Return the path of a language's catalogue."""
    folder = Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES"
    return folder / f"django.{suffix}"


def our_messages() -> dict[Message, str]:
    """Return the strings of the project and of Unfold, each with a file that contains it."""
    found: dict[Message, str] = {}
    for root, file in _sources():
        for message in _messages_of(file):
            found.setdefault(message, str(file.relative_to(root)))
    return found


def missing_messages(language: str) -> dict[Message, str]:
    """Return the strings that neither our catalogue nor Django's translates."""
    known = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    return {
        message: file
        for message, file in our_messages().items()
        if (message if isinstance(message, str) else (message[0], 0)) not in known
    }


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue, read from its .po file."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=to_locale(language))


def compiled(catalogue: Catalog) -> bytes:
    """Return the content of the catalogue's .mo file."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def write_catalogue(language: str, catalogue: Catalog) -> None:
    """Write a catalogue as .po and .mo file."""
    # Without dates and names, so that an unchanged catalogue gives an unchanged file.
    catalogue.header_comment = "# The console's strings, and those of django-unfold."
    with catalogue_path(language).open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, no_location=True)
    catalogue_path(language, suffix="mo").write_bytes(compiled(catalogue))


def _sources() -> Iterator[tuple[Path, Path]]:
    root = Path(settings.BASE_DIR)
    for package in (*PACKAGES, "templates"):
        for file in sorted((root / package).rglob("*")):
            if file.suffix in {".py", ".html"} and "migrations" not in file.parts:
                yield root, file
    root = Path(unfold.__file__).parent
    for file in sorted(root.rglob("*")):
        is_used = not any(part in str(file.relative_to(root)) for part in UNUSED_OF_UNFOLD)
        if file.suffix in {".py", ".html"} and is_used:
            yield root.parent, file


def _messages_of(file: Path) -> Iterator[Message]:
    if file.suffix == ".html":
        yield from _messages_of_template(file.read_text(encoding="utf-8"))
        return
    with file.open("rb") as source:
        for _line, message, _comments, _context in extract("python", source, KEYWORDS):
            if isinstance(message, str):
                yield from [message] if message else []
            else:
                yield message[0], message[1]


def _messages_of_template(text: str) -> Iterator[Message]:
    for call in _CALL.finditer(templatize(text)):
        strings = [ast.literal_eval(string) for string in _STRING.findall(call["strings"])]
        if call["name"] == "ngettext":
            yield strings[0], strings[1]
        elif call["name"] == "pgettext":
            yield strings[1]
        else:
            yield strings[0]
