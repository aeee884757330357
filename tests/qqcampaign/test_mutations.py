"""Each mutation changes a text that occurs exactly once in the source."""

from __future__ import annotations

import pytest

from tests.model.mutations import MUTATIONS as MODEL_MUTATIONS
from tests.mutated_copy import ROOT
from tests.torture.mutations import MUTATIONS as TORTURE_MUTATIONS

CHANGES = [
    *((one.name, one.file, one.old) for one in TORTURE_MUTATIONS),
    *((one.name, path, old) for one in MODEL_MUTATIONS for path, old, _new in one.changes),
]


@pytest.mark.parametrize(("name", "path", "old"), CHANGES, ids=[name for name, *_ in CHANGES])
def test_a_mutation_finds_its_text(name: str, path: str, old: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8").count(old) == 1
