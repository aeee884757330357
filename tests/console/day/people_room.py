"""People: imported from a file; found among opt-outs, suppressions and contacts."""

from __future__ import annotations

from pathlib import Path

from tests.console.colleague import Colleague


class PeopleRoom:
    """The pages of people, as somebody uses them."""

    def __init__(self, colleague: Colleague) -> None:
        self._at = colleague

    def imports(self, file: Path, *, into: str) -> None:
        """Check a file, and import its people into a new list."""
        self._at.open("/contacts/contactimport/upload/")
        self._at.look("import-upload")
        self._at.page.set_input_files("input[name=file]", file)
        self._at.fill(new_list=into)
        self._at.press("Upload and check")
        self._at.says("Dry run: nothing is loaded")
        self._at.look("import-check")
        self._at.press("Import")
        done = self._at.page.locator("#main a", has_text=self._at.words("Make a campaign"))
        done.wait_for()
        self._at.look("import-done")

    def is_listed(self, room: str, uin: int) -> bool:
        """Go to a list, and return whether a person is in it."""
        self._at.go(room)
        return bool(self._at.page.locator("#result_list tr", has_text=str(uin)).count())

    def opens(self, uin: int) -> None:
        """Open the page of a person."""
        self._at.go("Contacts")
        self._at.follow(str(uin))
