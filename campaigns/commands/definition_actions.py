"""The actions `campaign clone`, `export` and `import`: a definition as a whole."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from campaigns.commands.report_file import STANDARD_OUTPUT, opened_file
from campaigns.definitions.clone import MOMENTS, clone_campaign
from campaigns.definitions.document import LARGEST
from campaigns.definitions.export import export_definition
from campaigns.definitions.import_file import import_definition
from campaigns.models import Campaign
from foundation.refusals import Refusal

#: The data for JSON and the text for people.
Answer = tuple[dict[str, Any], str]


def add_definition_actions(
    add: Callable[[str, str], argparse.ArgumentParser],
    add_without_name: Callable[[str, str], argparse.ArgumentParser],
) -> None:
    """Add the actions with their arguments.

    Args:
        add: adds an action whose first argument is the campaign.
        add_without_name: adds an action without that argument.
    """
    clone = add("clone", "create a campaign with the same definition")
    clone.add_argument("new_name", metavar="NEW", help="the name of the new campaign")
    export = add("export", "write the definition to a YAML file for another installation")
    export.add_argument(
        "--out", required=True, metavar="FILE", help="output file; - for standard output"
    )
    load = add_without_name("import", "create a campaign from a definition file, or nothing")
    load.add_argument("file", metavar="FILE", help="the YAML file; - for standard input")
    load.add_argument("--name", dest="new_name", metavar="NEW", help="in place of the file's name")


def clone(campaign: Campaign, options: dict[str, Any]) -> Answer:
    """Clone a campaign, and return the answer."""
    copy = clone_campaign(campaign=campaign, name=options["new_name"])
    dropped = [name for name in MOMENTS if getattr(campaign, name) and not getattr(copy, name)]
    words = _("Campaign “%(name)s” was created. Check it with preflight, then start it.")
    return (
        {"campaign": copy.name, "id": copy.pk, "of": campaign.name, "dropped": dropped},
        words % {"name": copy.name},
    )


def export(campaign: Campaign, options: dict[str, Any], stdout: Any) -> Answer:
    """Write a campaign's definition to a file, and return the answer.

    Raises:
        Refusal: the file cannot be written (`cannot_write`).
    """
    file, written = options["out"], export_definition(campaign).encode()
    if file == STANDARD_OUTPUT and options["json"]:
        options["wrong_usage"]("--json and --out - both write to standard output: choose one")
    try:
        with opened_file(file, stdout) as out:
            out.write(written)
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise Refusal(
            _("The definition cannot be written to %(file)s: %(why)s.")
            % {"file": file, "why": problem.strerror or type(problem).__name__},
            code="cannot_write",
            file=file,
        ) from None
    words = _("The definition of “%(name)s” is in %(file)s.")
    return (
        {"campaign": campaign.name, "file": file, "bytes": len(written)},
        "" if file == STANDARD_OUTPUT else words % {"name": campaign.name, "file": file},
    )


def load(options: dict[str, Any]) -> Answer:
    """Create a campaign from a file, and return the answer.

    Raises:
        Refusal: the file cannot be read (`cannot_read`), or no campaign can be made of it.
    """
    campaign = import_definition(data=_read(options["file"]), name=options["new_name"])
    words = _("Campaign “%(name)s” was created. Check it with preflight, then start it.")
    return ({"campaign": campaign.name, "id": campaign.pk}, words % {"name": campaign.name})


def _read(file: str) -> bytes:
    """Return a file's bytes, one more than the limit at most."""
    try:
        if file == STANDARD_OUTPUT:
            return _bounded(getattr(sys.stdin, "buffer", io.BytesIO()))
        with Path(file).open("rb") as source:
            return _bounded(source)
    except (OSError, ValueError) as problem:
        raise Refusal(
            _("%(file)s cannot be read: %(why)s.")
            % {"file": file, "why": getattr(problem, "strerror", None) or type(problem).__name__},
            code="cannot_read",
            file=file,
        ) from None


def _bounded(source: BinaryIO) -> bytes:
    return source.read(LARGEST + 1)
