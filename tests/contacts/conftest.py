"""A QQCAMPAIGN_HOME, and so a folder of imports, for each test."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: object) -> Path:
    """Use a new QQCAMPAIGN_HOME, and return its path."""
    folder = tmp_path / "home"
    settings.QQCAMPAIGN_HOME = folder  # type: ignore[attr-defined]
    return folder
