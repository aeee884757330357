"""`make release` dates the changelog and sets the version, and refuses what is no release."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import release as tool

pytestmark = pytest.mark.one_database
LOG = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- New.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n"


def test_the_changelog_gets_a_date() -> None:
    assert "## 0.2.0 (2026-12-01)\n\n- New." in tool.dated(LOG, "0.2.0", "2026-12-01")


@pytest.mark.parametrize("version", ["0.3.0", "0.1.0"])
def test_a_version_without_a_section_is_refused(version: str) -> None:
    with pytest.raises(tool.NoRelease):
        tool.dated(LOG, version, "2026-12-01")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a Makefile whose checks pass."""
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    for name, text in {
        "CHANGELOG.md": LOG,
        "Makefile": "lint test:\n\t@true\n",
        "pyproject.toml": '[project]\nversion = "0.1.0"\n',
        "qqcampaign/version.py": 'VERSION = "0.1.0"\n',
        "tests/operations/previous_release.txt": "abc\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "config", "user.name", "a")
    git(tmp_path, "config", "user.email", "a@example.com")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_a_release_is_a_commit_and_a_tag(repository: Path) -> None:
    tool.release("0.2.0")
    assert git(repository, "tag", "--points-at", "HEAD") == "v0.2.0"
    assert git(repository, "status", "--porcelain") == ""
    assert (repository / "qqcampaign/version.py").read_text() == 'VERSION = "0.2.0"\n'
    assert 'version = "0.2.0"' in (repository / "pyproject.toml").read_text()
    with pytest.raises(tool.NoRelease, match="exists"):
        tool.release("0.2.0")


def test_nothing_is_changed_when_a_check_fails(repository: Path) -> None:
    (repository / "Makefile").write_text("lint:\n\t@false\n")
    with pytest.raises(tool.NoRelease, match="not committed"):
        tool.release("0.2.0")
    git(repository, "commit", "--quiet", "-am", "broken")
    with pytest.raises(tool.NoRelease, match="lint"):
        tool.release("0.2.0")
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "tag") == ""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
