"""A YAML file as a tree whose every value knows its line.

Only plain data is read: mappings, lists and texts. The file is bounded in size, depth and number of
values before a tree is built. Anchors, aliases, tags and a second document are refused, so a small
file cannot stand for a large one, and no object is created.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from foundation.characters import is_storable
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The largest file in bytes, the deepest nesting, and the most values.
LARGEST, DEEPEST, MOST_VALUES = 1_000_000, 8, 20_000
#: The tags that a plain value may have by its form.
_SCALARS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp")
)
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as it is written; `is_null` if it is written as no value."""

    text: str
    line: int
    is_null: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list of values."""

    values: tuple[Value, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Fields:
    """Values by name, and the line of each name."""

    values: dict[str, Value]
    lines: dict[str, int]
    line: int


Value: TypeAlias = "Scalar | Items | Fields"


def read_document(data: bytes) -> Fields:
    """Return the fields of a YAML file.

    Raises:
        Refusal: it is too large (`file_too_large`), no UTF-8 (`encoding`), or no YAML of plain
            fields (`file_malformed`); the sentence names the line.
    """
    if len(data) > LARGEST:
        raise Refusal(
            _("The file is larger than %(most)s bytes: this is no definition of a campaign.")
            % {"most": f"{LARGEST:,}"},
            code="file_too_large",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _wrong(
            data[: problem.start].count(b"\n") + 1, _("This is not UTF-8. Save the file as UTF-8.")
        ) from None
    try:
        _refuse_unbounded(yaml.parse(text, Loader=yaml.SafeLoader))
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        why = _("The YAML cannot be read here: %(why)s.") % {"why": problem.problem or "?"}
        raise _wrong(mark.line + 1 if mark is not None else 1, why) from None
    except yaml.reader.ReaderError as problem:
        line = text[: problem.position].count("\n") + 1
        raise _wrong(line, _("A character here cannot be part of YAML.")) from None
    except (ValueError, OverflowError):  # such as an escape of a character that does not exist
        raise _wrong(1, _("The YAML cannot be read here: %(why)s.") % {"why": "?"}) from None
    if not isinstance(root, yaml.MappingNode):
        raise _wrong(1, _("Fields are expected here, like name: spring."))
    return _fields(root)


def _refuse_unbounded(events: Iterator[yaml.Event]) -> None:
    """Refuse what would be costly to build, or stand for more than is written."""
    depth = values = documents = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent):
            values += 1
        if depth > DEEPEST or values > MOST_VALUES:
            raise _wrong(line, _("The file is nested too deeply, or has too many values."))
        if documents > 1:
            raise _wrong(line, _("A second document begins here: a file holds one campaign."))
        if getattr(event, "anchor", None) is not None:
            raise _wrong(line, _("Anchors and aliases (& and *) are not supported."))


def _value(node: yaml.Node) -> Value:
    if isinstance(node, yaml.MappingNode):
        return _fields(node)
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        _refuse_tag(node, line, is_plain=node.tag == "tag:yaml.org,2002:seq")
        return Items(tuple(map(_value, node.value)), line)
    _refuse_tag(node, line, is_plain=node.tag in _SCALARS)
    if not is_storable(node.value):
        raise _wrong(line, _("A character here cannot be stored."))
    return Scalar(node.value, line, node.tag == _NULL)


def _fields(node: yaml.MappingNode) -> Fields:
    line = node.start_mark.line + 1
    _refuse_tag(node, line, is_plain=node.tag == "tag:yaml.org,2002:map")
    values: dict[str, Value] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _wrong(at, _("The name of a field is expected here."))
        if key.value in values:
            raise _wrong(at, _("“%(key)s” is here a second time.") % {"key": key.value[:100]})
        values[key.value], lines[key.value] = _value(value), at
    return Fields(values, lines, line)


def _refuse_tag(node: yaml.Node, line: int, *, is_plain: bool) -> None:
    if not is_plain:
        raise _wrong(line, _("Tags like %(tag)s are not supported.") % {"tag": node.tag[:100]})


def _wrong(line: int, why: str) -> Refusal:
    return Refusal(
        _("Line %(line)d: %(why)s") % {"line": line, "why": why}, code="file_malformed", line=line
    )
