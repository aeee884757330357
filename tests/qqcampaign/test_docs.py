"""The documentation names only files, folders and modules that exist.

CHANGELOG.md is left out: it describes earlier versions too.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from qqcampaign.translations import PACKAGES as OUR_PACKAGES
from tests.running_stack import ROOT

PACKAGES = (*OUR_PACKAGES, "tests", "benchmarks")
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_CODE = re.compile(r"`([^`\n]+)`|^\s*python -m (\S+)", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"[\w./*-]*\w\.(?:py|md|html|toml|txt|yml)")
_PYTHON = re.compile(r"\w+\.py")
#: A unit of systemd, such as qqcampaign.target, is no module.
_MODULE = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.(?!target\b)\w+)+")
#: A test; a shorter name may be a refusal's code. And a name in a module of the protocol, which
#: docs/protocol.md writes without its package.
_TEST = re.compile(r"test(?:_[a-z0-9]+){3,}")
_OF_PROTOCOL = re.compile(r"([a-z_]+)\.(_?[A-Za-z]\w+)(?:\.\w+)?")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_what_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names = [first or second for first, second in _CODE.findall(_FENCE.sub("", text))]
    words = list(chain.from_iterable(name.split() for name in names))
    missing = [word for word in words if _is_path(word) and not list(ROOT.glob(word.rstrip("/")))]
    missing += [word for word in words if _PYTHON.fullmatch(word) and word not in _python_files()]
    missing += [word for word in words if _MODULE.fullmatch(word) and not _is_module_or_name(word)]
    missing += [word for word in words if _TEST.fullmatch(word) and word not in _tests()]
    if page.name == "protocol.md":
        missing += [word for word in words if not _may_be_of_protocol(word)]
    missing += [link for link in _LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


def _is_path(word: str) -> bool:
    """Return whether a word is a path of a Python file, or of anything below a folder of ours."""
    if "/" in word and word.endswith(".py") and _FILE.fullmatch(word):
        return True
    first, slash, rest = word.partition("/")
    if not slash or first not in {*PACKAGES, "docs", "templates", "locale"}:
        return False
    return not rest or rest.endswith("/") or bool(_FILE.fullmatch(word)) or "." not in rest


@cache
def _python_files() -> set[str]:
    """Return the names of all Python files, without their folders."""
    files = chain(ROOT.glob("*.py"), *((ROOT / package).rglob("*.py") for package in PACKAGES))
    return {file.name for file in files}


@cache
def _tests() -> set[str]:
    """Return the names of all tests and of the modules that hold them."""
    files = list((ROOT / "tests").rglob("*.py"))
    found = {file.stem for file in files} | {file.name for file in (ROOT / "tests").iterdir()}
    for file in files:
        found.update(re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE))
    return found


def _may_be_of_protocol(word: str) -> bool:
    """Return False if a word names a module of `qqhttp` and something that is not in it."""
    match = _OF_PROTOCOL.fullmatch(word)
    if match is None or match[2] in ("py", "md"):
        return True
    file = ROOT / "qqhttp" / f"{match[1]}.py"
    return not file.is_file() or bool(re.search(rf"\b{match[2]}\b", file.read_text("utf-8")))


def _is_module_or_name(dotted: str) -> bool:
    """Return whether a dotted name is a module, or a name that its longest module contains."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:end])
        sources = [
            file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()
        ]
        if sources:
            rest = parts[end:]
            return not rest or bool(re.search(rf"\b{rest[0]}\b", sources[0].read_text("utf-8")))
    return False
