"""The verbs `clone`, `export` and `import`: a definition as a whole."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from campaigns.commands.create import created_sentence
from campaigns.commands.report_file import STANDARD_OUTPUT, opened_file
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.definitions.clone import MOMENTS, clone_campaign
from campaigns.definitions.document import LARGEST
from campaigns.definitions.export import export_definition
from campaigns.definitions.import_file import import_definition
from foundation.refusals import Refusal


def _add_clone_arguments(clone: argparse.ArgumentParser) -> None:
    clone.add_argument("new_name", metavar="NEW", help="the name of the new campaign")


def _add_export_arguments(export: argparse.ArgumentParser) -> None:
    export.add_argument(
        "--out", required=True, metavar="FILE", help="output file; - for standard output"
    )


def _add_import_arguments(load: argparse.ArgumentParser) -> None:
    load.add_argument("file", metavar="FILE", help="the YAML file; - for standard input")
    load.add_argument("--name", dest="new_name", metavar="NEW", help="in place of the file's name")


def _clone(call: Call) -> Answer:
    campaign = call.campaign()
    copy = clone_campaign(campaign=campaign, name=call.options["new_name"])
    dropped = [name for name in MOMENTS if getattr(campaign, name) and not getattr(copy, name)]
    return Answer(
        {"campaign": copy.name, "id": copy.pk, "of": campaign.name, "dropped": dropped},
        created_sentence(copy),
    )


def _export(call: Call) -> Answer:
    """Write a campaign's definition to a file, and return the answer.

    Raises:
        Refusal: the file cannot be written (`cannot_write`).
    """
    campaign, file = call.campaign(), call.options["out"]
    written = export_definition(campaign).encode()
    if file == STANDARD_OUTPUT and call.options["json"]:
        call.refuse_usage("--json and --out - both write to standard output: choose one")
    try:
        with opened_file(file, call.stdout) as out:
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
    return Answer(
        {"campaign": campaign.name, "file": file, "bytes": len(written)},
        "" if file == STANDARD_OUTPUT else words % {"name": campaign.name, "file": file},
    )


def _import(call: Call) -> Answer:
    """Create a campaign from a file, and return the answer.

    Raises:
        Refusal: the file cannot be read (`cannot_read`), or no campaign can be made of it.
    """
    data = _read(call.options["file"])
    campaign = import_definition(data=data, name=call.options["new_name"])
    return Answer({"campaign": campaign.name, "id": campaign.pk}, created_sentence(campaign))


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


VERBS = (
    Verb("clone", "create a campaign with the same definition", _clone, _add_clone_arguments),
    Verb(
        "export",
        "write the definition to a YAML file for another installation",
        _export,
        _add_export_arguments,
    ),
    Verb(
        "import",
        "create a campaign from a definition file, or nothing",
        _import,
        _add_import_arguments,
        has_name=False,
    ),
)
