"""A folder of imports for each test alone."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: object) -> Path:
    """A QQCAMPAIGN_HOME that holds nothing else."""
    folder = tmp_path / "home"
    settings.QQCAMPAIGN_HOME = folder  # type: ignore[attr-defined]
    return folder
