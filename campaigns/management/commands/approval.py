"""The command `approval show|require|lift`: whether every campaign needs approval."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from campaigns.approvals.waiting import waiting_requests
from campaigns.find import operator_named
from campaigns.models import Approval, ApprovalRequest
from campaigns.models.approval_settings import settings_row
from campaigns.run_control.require_approval import require_approval
from foundation.commands import OperatorCommand
from foundation.times import utc_iso

HELP = {
    "show": "whether every campaign needs approval, and what waits for one",
    "require": "every campaign needs approval from now on",
    "lift": "only campaigns that say so need approval",
}


class Command(OperatorCommand):
    """Show and change whether every campaign needs approval."""

    help = "Approval: whether every campaign needs one, and what waits."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            if action != "show":
                one.add_argument("--by", metavar="USER", help="the operator who changes it")
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action != "show":
            require_approval(is_required=action == "require", by=operator_named(options["by"]))
        is_required = settings_row().is_required
        items = [_item(request) for request in waiting_requests()]
        lines = [
            _("Every campaign needs approval.")
            if is_required
            else _("Only campaigns that say so need approval.")
        ]
        lines += [
            _("“%(name)s” waits for an approval.") % {"name": item["campaign"] or item["sequence"]}
            for item in items
        ]
        self.answer(
            {"required": is_required, "items": items, "next": None},
            as_json=options["json"],
            text="\n".join(lines),
        )


def _item(request: ApprovalRequest) -> dict[str, Any]:
    """Return what waits, for JSON: a run, the rule of a repeated campaign, or a sequence."""
    found: dict[str, Any] = {"campaign": None, "sequence": None, "run": None, "people": None}
    if isinstance(request, Approval):
        found["campaign"] = request.campaign.name
        if request.run is not None:
            found |= {"run": request.run.number, "people": request.people}
    else:
        found["sequence"] = request.subject.name
    return {
        **found,
        "requested_by": str(request.requested_by) if request.requested_by else None,
        "at": utc_iso(request.at),
        "hash": request.hash,
    }
