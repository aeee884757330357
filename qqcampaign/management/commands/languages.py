"""`manage.py languages`: update the Chinese catalogue from the sources and compile it."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from qqcampaign.translations import (
    missing_messages,
    our_messages,
    read_catalogue,
    write_catalogue,
)

LANGUAGE = "zh-hans"


class Command(OperatorCommand):
    is_an_act = False
    help = "Add new strings to the Chinese catalogue, remove unused ones, and compile it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Offer --json."""
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """Write both files of the catalogue.

        Raises:
            Refusal: some strings have no translation.
        """
        catalogue, messages = read_catalogue(LANGUAGE), our_messages()
        for entry in list(catalogue):
            if entry.id and entry.id not in messages:
                catalogue.delete(entry.id)
        for message in missing_messages(LANGUAGE):
            if message not in catalogue:
                catalogue.add(message)
        write_catalogue(LANGUAGE, catalogue)
        empty = [entry.id for entry in catalogue if entry.id and not any(entry.string or "")]
        if empty:
            raise Refusal(
                _("%(n)d strings of locale/ have no translation yet.") % {"n": len(empty)},
                code="untranslated",
                strings=[str(message) for message in empty],
            )
        self.answer({"strings": len(catalogue)}, as_json=options["json"], text=_("Done."))
