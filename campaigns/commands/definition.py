"""The verbs `clone`, `export` and `import`: a definition as a whole."""

from __future__ import annotations

import argparse

from django.utils.translation import gettext as _

from campaigns.commands.create import created_sentence
from campaigns.commands.input_file import read_bytes
from campaigns.commands.output_file import (
    STANDARD_OUTPUT,
    add_out_argument,
    output_file,
    refuse_two_outputs,
)
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.definitions.clone import MOMENTS, clone_campaign
from campaigns.definitions.document import LARGEST
from campaigns.definitions.export import export_definition
from campaigns.definitions.import_file import import_definition


def _add_clone_arguments(clone: argparse.ArgumentParser) -> None:
    clone.add_argument("new_name", metavar="NEW", help="the name of the new campaign")


def _add_import_arguments(load: argparse.ArgumentParser) -> None:
    load.add_argument("file", metavar="FILE", help="the YAML file; - for standard input")
    load.add_argument(
        "--name", dest="new_name", metavar="NEW", help="its name, instead of the name in the file"
    )


def _clone(call: Call) -> Answer:
    campaign = call.campaign()
    copy = clone_campaign(campaign=campaign, name=call.options["new_name"], by=call.by)
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
    refuse_two_outputs(call)
    refusal = _("The definition cannot be written to %(file)s: %(why)s.")
    with output_file(file, call.stdout, refusal=refusal) as out:
        out.write(written)
    words = _("The definition of “%(name)s” is in %(file)s.")
    return Answer(
        {"campaign": campaign.name, "file": file, "bytes": len(written)},
        "" if file == STANDARD_OUTPUT else words % {"name": campaign.name, "file": file},
    )


def _import(call: Call) -> Answer:
    """Create a campaign from a file, and return the answer.

    Raises:
        Refusal: the file cannot be read (`no_such_file`), or no campaign can be made of it.
    """
    data = read_bytes(call.options["file"], most=LARGEST)
    campaign = import_definition(data=data, name=call.options["new_name"], by=call.by)
    return Answer({"campaign": campaign.name, "id": campaign.pk}, created_sentence(campaign))


VERBS = (
    Verb("clone", "create a campaign with the same definition", _clone, _add_clone_arguments),
    Verb(
        "export",
        "write the definition to a YAML file for another installation",
        _export,
        add_out_argument,
    ),
    Verb(
        "import",
        "create a campaign from a definition file; if it has a mistake, create nothing",
        _import,
        _add_import_arguments,
        has_name=False,
    ),
)
