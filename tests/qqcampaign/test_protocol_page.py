"""docs/protocol.md says where the product uses each command; the code there does."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: A code's row: its commands, and what the page says of them.
ROW = re.compile(r"^\| ([A-Za-z_, ]+) \| (.+) \|$", re.MULTILINE)


def test_each_command_is_used_where_the_page_says() -> None:
    page = (ROOT / "docs/protocol.md").read_text("utf-8")
    _before, table, used = re.split(
        r"^## Commands$|^Where the product uses each:$", page, flags=re.M
    )
    classes = dict(re.findall(r"^\| (\w+) \| `(\w+)` \|", table, re.M))
    assert len(classes) == 12
    places: dict[str, str] = {}
    for names, says in ROW.findall(used.partition("\n## ")[0]):
        places |= dict.fromkeys(names.split(", "), says)
    for command, name in classes.items():
        files = [ROOT / file for file in re.findall(r"`(\w+/[\w/]+\.py)`", places[command])]
        assert files, command
        code = [file.read_text("utf-8") for file in files]
        assert any(re.search(rf"\b{name}\(", text) for text in code), (command, files)
