"""Each failpoint that the code passes can be switched on, and each that can be is passed."""

from __future__ import annotations

import re

from foundation.failpoints import NAMES
from tests.running_stack import ROOT

_PASSED = re.compile(r'\bfailpoint(?:_soon)?\(\s*"(\w+)"')


def test_what_can_be_switched_on_is_what_the_code_passes() -> None:
    passed = {
        name
        for package in ROOT.glob("*/__init__.py")
        if package.parent.name != "tests"
        for path in package.parent.rglob("*.py")
        for name in _PASSED.findall(path.read_text("utf-8"))
    }
    assert passed == set(NAMES)
