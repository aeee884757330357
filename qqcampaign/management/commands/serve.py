"""`manage.py serve KIND`: run one process of the stack, as containers do.

With `--check` it checks instead that the process in this container works.
"""

from __future__ import annotations

import argparse
import os
import platform
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from qqcampaign.stack import home, process_specs, readiness
from qqcampaign.stack.child import ProcessSpec

KINDS = ("web", "worker", "jobs", "beat")
DEFAULT_ADDRESS = "0.0.0.0:8000"


class Command(OperatorCommand):
    is_an_act = False
    help = "Run one process of the stack (for containers), or check it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument(
            "--check", action="store_true", help="exit with status 0 if the process works"
        )
        parser.add_argument(
            "--bind", default=DEFAULT_ADDRESS, help="ADDRESS:PORT that web listens on"
        )
        parser.add_argument(
            "--worker-concurrency",
            type=int,
            default=process_specs.DEFAULT_CONCURRENCY,
            metavar="N",
            help="how many accounts may send at the same time",
        )

    def perform(self, **options: Any) -> None:
        """Replace this process by the requested one, or check it.

        Raises:
            Refusal: the check failed.
        """
        kind = options["kind"]
        # Each container has its own address, so by default it is its own egress.
        if not options["check"]:
            home.make_private(settings.QQCAMPAIGN_HOME)
        egress = settings.EGRESS_NAME if os.environ.get("EGRESS_NAME") else platform.node()
        if not options["check"]:
            spec = _spec(kind, egress, options["bind"], options["worker_concurrency"])
            os.environ["EGRESS_NAME"] = egress
            os.execv(spec.argv[0], spec.argv)  # noqa: S606 - the program is ours
        if not _works(kind, egress, options["bind"]):
            raise Refusal(
                _("%(kind)s does not work. See its log for the reason.") % {"kind": kind},
                code="unhealthy",
            )


def _spec(kind: str, egress: str, bind: str, concurrency: int) -> ProcessSpec:
    if kind == "web":
        return process_specs.web_spec(bind=bind)
    if kind == "worker":
        return process_specs.worker_spec(egress=egress, concurrency=concurrency)
    if kind == "jobs":
        return process_specs.jobs_spec(egress=egress)
    settings.QQCAMPAIGN_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    return process_specs.beat_spec(home=settings.QQCAMPAIGN_HOME)


def _works(kind: str, egress: str, bind: str) -> bool:
    if kind == "web":
        return readiness.console_is_ready(f"http://127.0.0.1:{bind.rpartition(':')[2]}/")
    if kind == "beat":
        return readiness.beat_is_alive(settings.QQCAMPAIGN_HOME)
    return readiness.workers_answer([process_specs.node_name(kind, egress)], seconds=5)
