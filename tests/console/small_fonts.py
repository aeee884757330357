"""The console's fonts: what is used of those of the theme, in a quarter of their size.

    python -m tests.console.small_fonts

writes them anew. It needs fonttools and brotli, which nothing else does: install them beforehand.
Run it when test_small_fonts says that an icon is missing, or when Unfold brings new fonts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import unfold

ROOT = Path(__file__).resolve().parents[2]
THEIRS = Path(unfold.__file__).parent
OURS = ROOT / "qqcampaign/console/static/console/fonts"
#: The names of the icons that our font has, a line each.
NAMES = OURS / "icons.txt"
ICONS = "Material-Symbols-Outlined.woff2"
WEIGHTS = ("Regular", "Medium", "SemiBold", "Bold")
#: The characters of Latin languages, punctuation, arrows and signs. Chinese never came from Inter.
LETTERS = (
    "U+0020-007E,U+00A0-017F,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2190-2193,"
    "U+2212,U+2215,U+2248,U+2260,U+2264-2265,U+FEFF,U+FFFD"
)
_WORD = re.compile(r"[a-z0-9_]+")
#: What a stylesheet puts beside an element: an icon, where it is a word.
IN_STYLES = re.compile(r"""content:\s*["']([a-z0-9_]+)["']""")


def sources() -> Iterator[Path]:
    """Return the files that may name an icon: our code and pages, and those of the theme."""
    for folder in sorted(ROOT.glob("*/__init__.py")):
        if folder.parent.name not in ("tests", "benchmarks"):
            yield from _sources_in(folder.parent)
    yield from _sources_in(ROOT / "templates")
    yield from _sources_in(THEIRS / "templates")
    yield from (THEIRS / "static/unfold/js").glob("*.js")
    yield from THEIRS.glob("*.py")


def _sources_in(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        is_source = file.suffix in {".py", ".html", ".js"}
        if is_source and "migrations" not in file.parts and "vendor" not in file.parts:
            yield file


def stylesheets() -> Iterator[Path]:
    """Return the stylesheets, ours and those of the theme."""
    for folder in (THEIRS / "static", OURS.parent):
        yield from sorted(folder.rglob("*.css"))


def words_of_styles() -> set[str]:
    """Return the words that stylesheets put beside elements."""
    found: set[str] = set()
    for file in stylesheets():
        found.update(IN_STYLES.findall(file.read_text(encoding="utf-8")))
    return found


def words_of_sources() -> set[str]:
    """Return every word of these files: whichever of them is an icon may be one that is shown."""
    found = words_of_styles()
    for file in sources():
        found.update(_WORD.findall(file.read_text(encoding="utf-8", errors="ignore")))
    return found


def main() -> int:
    """Write the fonts; return the exit status."""
    from fontTools.subset import main as subset
    from fontTools.ttLib import TTFont

    folder = THEIRS / "static/unfold/fonts"
    OURS.mkdir(parents=True, exist_ok=True)
    ligatures = icons_of(TTFont(folder / "material-symbols" / ICONS))
    kept = sorted(set(ligatures) & words_of_sources())
    NAMES.write_text("\n".join(kept) + "\n", encoding="ascii")
    glyphs = {ligatures[name] for name in kept} | {part for name in kept for part in _letters(name)}
    common = ("--flavor=woff2", "--layout-features=*", "--no-hinting")
    subset(
        [
            *(str(folder / "material-symbols" / ICONS), f"--output-file={OURS / ICONS}"),
            *(f"--glyphs={','.join(sorted(glyphs))}", "--no-layout-closure", *common),
        ]
    )
    for weight in WEIGHTS:
        name = f"Inter-{weight}.woff2"
        subset(
            [
                *(str(folder / "inter" / name), f"--output-file={OURS / name}"),
                *(f"--unicodes={LETTERS}", "--flavor=woff2", "--no-hinting"),
                "--layout-features=kern,liga,calt,ccmp,locl,mark,mkmk,tnum",
            ]
        )
    print({file.name: file.stat().st_size for file in sorted(OURS.glob("*.woff2"))})
    return 0


def icons_of(font: Any) -> dict[str, str]:
    """Return the glyph of each icon by its name: a ligature of the name's characters."""
    characters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    found = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            for first, sets in getattr(table, "ligatures", {}).items():
                for one in sets:
                    parts = [first, *one.Component]
                    if all(part in characters for part in parts):
                        found["".join(characters[part] for part in parts)] = one.LigGlyph
    return found


def _letters(name: str) -> Iterator[str]:
    digits = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    for one in name:
        yield "underscore" if one == "_" else f"digit_{digits[int(one)]}" if one.isdigit() else one


if __name__ == "__main__":
    sys.exit(main())
