"""The verb `report`: one row per delivery, in a file."""

from __future__ import annotations

import argparse

from django.utils.translation import ngettext

from campaigns.commands.report_file import STANDARD_OUTPUT, write_report_file
from campaigns.commands.run_argument import add_run_argument
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.reports.run_report import WRITERS


def _add_arguments(report: argparse.ArgumentParser) -> None:
    report.add_argument("--format", choices=list(WRITERS), default="csv")
    report.add_argument(
        "--out", required=True, metavar="FILE", help="output file; - for standard output"
    )
    add_run_argument(report)


def _report(call: Call) -> Answer:
    options = call.options
    run, file = find_run(campaign=call.campaign(), number=options["run"]), options["out"]
    if file == STANDARD_OUTPUT and options["json"]:
        call.refuse_usage("--json and --out - both write to standard output: choose one")
    rows = write_report_file(run=run, format=options["format"], file=file, stdout=call.stdout)
    words = ngettext("%(n)s row in %(file)s.", "%(n)s rows in %(file)s.", rows)
    return Answer(
        {"rows": rows, "file": file, "format": options["format"], "run": run.number},
        "" if file == STANDARD_OUTPUT else words % {"n": f"{rows:,}", "file": file},
    )


VERBS = (Verb("report", "write one row per delivery of the newest run", _report, _add_arguments),)
