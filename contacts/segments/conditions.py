"""The conditions of segments: a tree of JSON that becomes one condition of a query.

A condition is {"kind": ..., ...}; {"all": [...]}, {"any": [...]} and {"not": {...}} combine them.

    {"all": [{"kind": "attribute", "name": "city", "is": "one_of", "value": ["Bern", "Basel"]},
             {"not": {"kind": "list", "lists": [3], "names": ["VIP"]}},
             {"kind": "last_written", "is": "more_than", "days": 30}]}

For each person a condition is true, false or unknown. They are combined as in SQL: the "not" of an
unknown condition is unknown. A segment selects the people for whom its conditions are true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from contacts.segments import people_kinds  # noqa: F401 - registers the kinds of this app
from contacts.segments.kinds import (
    NOBODY,
    Answer,
    Asking,
    kind_named,
    known_kinds,
    phrase_of,
)
from contacts.segments.slots import MOST_VALUES, ValueBudget, nonsense, read_slot
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most levels and conditions of a segment. Both databases refuse larger expressions: SQLite
#: counts each "and" of a chain as one level, of at most 1000.
DEEPEST, MOST_CONDITIONS = 50, 500
_GROUPS = ("all", "any")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a tree.

    Attributes:
        path: the position in the outermost group, then in the group at that position, and so on.
        refusal: what is wrong.
    """

    path: tuple[int, ...]
    refusal: Refusal


@dataclass(slots=True)
class Understood:
    """A tree that was read.

    Attributes:
        conditions: the tree in its normal form: known keys only, values as text. Meaningless if
            there are problems.
        answer: the people who meet it, and who do not.
        problems: what is wrong with it.
    """

    conditions: Any = None
    answer: Answer = field(default_factory=lambda: Answer(NOBODY, NOBODY))
    problems: list[Problem] = field(default_factory=list)


def condition_of(conditions: Any) -> Q:
    """Return the query condition of a segment's JSON; empty JSON selects no one.

    A condition about something that was deleted is unknown for every person.

    Raises:
        Refusal: a condition is not understood, or the JSON is too large.
    """
    return understood(conditions).answer.met if conditions else NOBODY


def understood(conditions: Any, *, asking: Asking | None = None) -> Understood:
    """Return a segment's JSON in its normal form, and the people who meet it.

    Args:
        conditions: the JSON.
        asking: the time that conditions on days count from; None: now.

    Raises:
        Refusal: the first problem; its detail "path" says where.
    """
    found = understand(conditions, asking=asking)
    for problem in found.problems:
        problem.refusal.details.setdefault("path", list(problem.path))
        raise problem.refusal
    return found


def understand(conditions: Any, *, asking: Asking | None = None) -> Understood:
    """Return the result of reading a segment's JSON, with every problem in it."""
    reading = _Reading(asking or Asking())
    try:
        tree, answer = reading.node(conditions, (), DEEPEST)
    except Refusal as refusal:  # the tree as a whole is too large
        return Understood(problems=[Problem((), refusal)])
    return Understood(tree, answer, reading.problems)


class _Reading:
    """The reading of one tree."""

    def __init__(self, asking: Asking) -> None:
        self.problems: list[Problem] = []
        self._asking = asking
        self._budget = ValueBudget(MOST_VALUES)
        self._conditions = MOST_CONDITIONS

    def node(self, node: Any, path: tuple[int, ...], depth: int) -> tuple[Any, Answer]:
        self._conditions -= 1
        if depth == 0 or self._conditions < 0:
            raise Refusal(
                _("The segment has too many conditions (at most %(most)d, %(deep)d deep).")
                % {"most": MOST_CONDITIONS, "deep": DEEPEST},
                code="segment_too_large",
            )
        try:
            word = _word_of(node)
            if word == "not":
                tree, answer = self.node(node["not"], path, depth - 1)
                return {"not": tree}, Answer(answer.unmet, answer.met)
            if word in _GROUPS:
                return self._group(word, node[word], path, depth)
            return self._condition(node)
        except Refusal as refusal:
            if refusal.code in ("segment_too_large", "too_many_values"):
                raise
            self.problems.append(Problem(path, refusal))
            return None, Answer(NOBODY, NOBODY)

    def _group(
        self, word: str, parts: Any, path: tuple[int, ...], depth: int
    ) -> tuple[Any, Answer]:
        if not isinstance(parts, list):
            raise nonsense({word: parts})
        if not parts:
            raise Refusal(
                _("A group has no condition. Add one, or remove the group."), code="condition"
            )
        found = [self.node(part, (*path, n), depth - 1) for n, part in enumerate(parts)]
        met = Q(*(answer.met for _tree, answer in found))
        unmet = Q(*(answer.unmet for _tree, answer in found), _connector=Q.OR)
        if word == "any":
            met = Q(*(answer.met for _tree, answer in found), _connector=Q.OR)
            unmet = Q(*(answer.unmet for _tree, answer in found))
        return {word: [tree for tree, _answer in found]}, Answer(met, unmet)

    def _condition(self, node: Mapping[str, Any]) -> tuple[Any, Answer]:
        kind = kind_named(node.get("kind"))
        if node.get("kind") == "":
            raise Refusal(_("Choose what the condition is about, or remove it."), code="condition")
        if kind is None:
            raise Refusal(
                _("There is no condition %(kind)s. There are: %(kinds)s.")
                % {"kind": str(node.get("kind"))[:100], "kinds": ", ".join(known_kinds())},
                code="no_such_condition",
            )
        phrase = phrase_of(kind, node)
        if phrase is None:
            raise nonsense(node)
        tree: dict[str, Any] = {"kind": kind.name}
        if "name" in phrase.slots:
            tree |= read_slot("name", node, kind, self._budget)
        tree |= phrase.fixed
        for slot in phrase.slots:
            if slot != "name":
                tree |= read_slot(slot, node, kind, self._budget)
        return tree, kind.answer(tree, self._asking)


def _word_of(node: Any) -> str:
    """Return the word with which a node combines conditions; "" if the node is a condition."""
    if not isinstance(node, Mapping):
        raise nonsense(node)
    words = [word for word in ("not", *_GROUPS) if word in node]
    if len(words) > 1 or (words and len(node) > 1):
        # Reading only one of them would silently drop the others.
        raise nonsense(node)
    return words[0] if words else ""
