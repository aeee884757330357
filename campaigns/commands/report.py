"""The verb `report`: one row per delivery, in a file."""

from __future__ import annotations

import argparse

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.commands.output_file import (
    STANDARD_OUTPUT,
    add_out_argument,
    output_file,
    refuse_two_outputs,
)
from campaigns.commands.run_argument import add_run_argument
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.reports.run_report import WRITERS, write_report


def _add_arguments(report: argparse.ArgumentParser) -> None:
    report.add_argument("--format", choices=list(WRITERS), default="csv")
    add_out_argument(report)
    add_run_argument(report)


def _report(call: Call) -> Answer:
    options = call.options
    run, file = find_run(campaign=call.campaign(), number=options["run"]), options["out"]
    refuse_two_outputs(call)
    refusal = _("The report cannot be written to %(file)s: %(why)s.")
    with output_file(file, call.stdout, refusal=refusal) as out:
        rows = write_report(run=run, format=options["format"], out=out)
    words = ngettext("%(n)s row in %(file)s.", "%(n)s rows in %(file)s.", rows)
    return Answer(
        {"rows": rows, "file": file, "format": options["format"], "run": run.number},
        "" if file == STANDARD_OUTPUT else words % {"n": f"{rows:,}", "file": file},
    )


VERBS = (Verb("report", "write one row per delivery of the newest run", _report, _add_arguments),)
