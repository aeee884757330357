"""`make release VERSION=0.2.0`: check everything, set the version, date the changelog, tag.

Nothing is published: the last lines say how.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


class NoRelease(Exception):
    """A release is refused; the text says why."""


def dated(changelog: str, version: str, day: str) -> str:
    """Return the changelog with this version's date in place of "unreleased".

    Raises:
        NoRelease: it has no section of that version, or the section is empty.
    """
    heading = f"## {version} (unreleased)"
    if heading not in changelog:
        raise NoRelease(f"CHANGELOG.md has no section “{heading}”: write what is new.")
    section = changelog.partition(heading)[2].partition("\n## ")[0]
    if not section.strip():
        raise NoRelease(f"The section of {version} in CHANGELOG.md is empty.")
    return changelog.replace(heading, f"## {version} ({day})", 1)


def with_version(text: str, version: str, *, before: str) -> str:
    """Return a text with the version after `before`, in quotation marks, replaced."""
    found, count = re.subn(rf'({re.escape(before)})"[^"]*"', rf'\g<1>"{version}"', text, count=1)
    if not count:
        raise NoRelease(f"There is no line {before}")
    return found


def release(version: str) -> None:
    """Make a release commit with a tag.

    Raises:
        NoRelease: something is not as a release needs it.
    """
    if not _VERSION.fullmatch(version):
        raise NoRelease(f"A version is three numbers like 0.2.0, not {version!r}.")
    if _git("status", "--porcelain"):
        raise NoRelease("There are changes that are not committed: commit or stash them.")
    if _git("rev-parse", "--abbrev-ref", "HEAD") != "main":
        raise NoRelease("A release is made on the branch main.")
    if _git("tag", "--list", f"v{version}"):
        raise NoRelease(f"The tag v{version} exists.")
    changelog = ROOT / "CHANGELOG.md"
    new_changelog = dated(changelog.read_text("utf-8"), version, f"{datetime.date.today()}")
    for check in (["make", "lint"], ["make", "test", "ARGS=--all"]):
        if subprocess.run(check, cwd=ROOT, check=False).returncode:
            raise NoRelease(f"{' '.join(check)} found something: nothing was changed.")
    changelog.write_text(new_changelog, "utf-8")
    for name, before in (("qqcampaign/version.py", "VERSION = "), ("pyproject.toml", "version = ")):
        file = ROOT / name
        file.write_text(with_version(file.read_text("utf-8"), version, before=before), "utf-8")
    # The next version is tested beside this one's processes.
    previous = ROOT / "tests" / "operations" / "previous_release.txt"
    previous.write_text(f"v{version}\n", "ascii")
    _git("add", "CHANGELOG.md", "qqcampaign/version.py", "pyproject.toml", str(previous))
    _git("commit", "--quiet", "-m", f"Version {version}")
    _git("tag", "--annotate", f"v{version}", "-m", f"Version {version}")
    print(f"Committed and tagged v{version}. To publish: git push --follow-tags")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoRelease(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def main() -> None:
    """Make the release that the command line names."""
    try:
        release(sys.argv[1] if len(sys.argv) > 1 else "")
    except NoRelease as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
