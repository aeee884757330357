"""The command `sequence`: create, start, approve, stop, end, archive, show and list sequences."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from accounts.pools import find_pools
from campaigns.commands.decisions import decision_data, decision_sentence
from campaigns.commands.sequence_arguments import add_sequence_actions, steps_from
from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import place_data
from campaigns.find import find_lists, find_segments, find_sequence, operator_named
from campaigns.models import Sequence
from campaigns.reports.sequence_figures import SequenceFigures, StepFigures, sequence_figures
from campaigns.sequence_states import PersonEnd, PersonState
from campaigns.sequences.approve import approve_sequence, reject_sequence
from campaigns.sequences.control import end_sequence, start_sequence, stop_sequence
from foundation.archiving import archive_row, restore_row
from foundation.commands import OperatorCommand
from foundation.spans import span_text
from foundation.terminal_tables import table
from foundation.times import utc_iso
from foundation.weekly import read_windows

DECISIONS = {"approve": approve_sequence, "reject": reject_sequence}
CONTROLS = {"start": start_sequence, "stop": stop_sequence, "end": end_sequence}
KEEPING = {"archive": archive_row, "restore": restore_row}


class Command(OperatorCommand):
    """Create, start, approve, stop, end, archive, show and list sequences."""

    help = "Sequences of messages to everybody who enters an audience: create, start, approve, "
    help += "reject, stop, end, archive, restore, status, list."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_sequence_actions(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "create":
            self._create(options)
        elif action == "list":
            self._list(options)
        else:
            sequence = find_sequence(name=options["name"])
            if action in DECISIONS:
                self._decide(sequence, options)
                return
            if action in CONTROLS:
                CONTROLS[action](sequence=sequence)
            elif action in KEEPING:
                KEEPING[action](row=sequence)
            self._show(sequence, options)

    def _create(self, options: dict[str, Any]) -> None:
        if not options["steps"]:
            options["wrong_usage"]('give at least one step: --step "0m=TEXT"')
        if not (options["lists"] or options["segments"] or options["friends_of"]):
            options["wrong_usage"]("choose who enters: --list L, --segment S or --friends-of UIN")
        sequence = create_sequence(
            name=options["name"],
            steps=steps_from(options),
            lists=find_lists(names=options["lists"]),
            segments=find_segments(names=options["segments"]),
            friends_of=find_accounts(uins=options["friends_of"]),
            excluded_lists=find_lists(names=options["excluded_lists"]),
            accounts=find_accounts(uins=options["accounts"]),
            pools=find_pools(names=options["pools"]),
            windows=read_windows(options["windows"] or ()),
            timezone=options["timezone"],
            includes_existing=options["existing"],
            stops_on_reply=not options["continue_on_reply"],
        )
        self.answer(
            {
                "sequence": sequence.name,
                "id": sequence.pk,
                "state": sequence.state,
                "steps": [_definition(one) for one in sequence_figures(sequence=sequence).steps],
                "windows": sequence.windows,
                "existing": sequence.includes_existing,
                "stops_on_reply": sequence.stops_on_reply,
            },
            as_json=options["json"],
            text=_("Sequence “%(name)s” was created. Start it with sequence start.")
            % {"name": sequence.name},
        )

    def _decide(self, sequence: Sequence, options: dict[str, Any]) -> None:
        by = operator_named(options["by"])
        approval = DECISIONS[options["action"]](
            sequence=sequence, by=by, comment=options["comment"]
        )
        sentence = decision_sentence(approval)
        self.answer(
            {
                "sequence": sequence.name,
                "state": sequence.state,
                **decision_data(approval),
                "sentence": sentence,
            },
            as_json=options["json"],
            text=sentence,
        )

    def _list(self, options: dict[str, Any]) -> None:
        found = Sequence.objects.filter(archived_at__isnull=not options["archived"])
        rows = list(found.order_by("-pk"))
        items = [
            {
                "name": row.name,
                "state": row.state,
                "started_at": utc_iso(row.started_at),
                "archived_at": utc_iso(row.archived_at),
            }
            for row in rows
        ]
        text = "\n".join(f"{row.name}: {row.get_state_display()}" for row in rows)
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("There are no sequences."),
        )

    def _show(self, sequence: Sequence, options: dict[str, Any]) -> None:
        figures = sequence_figures(sequence=sequence)
        self.answer(
            {
                "sequence": sequence.name,
                "state": sequence.state,
                "sentence": str(sequence.state_detail),
                "started_at": utc_iso(sequence.started_at),
                "archived_at": utc_iso(sequence.archived_at),
                "people": {"entered": figures.entered, **figures.people},
                "reasons": figures.reasons,
                "steps": [
                    {**_definition(one), "entered": data["targeted"], **data}
                    for one in figures.steps
                    for data in [one.as_data()]
                ],
            },
            as_json=options["json"],
            text=_text(sequence, figures),
        )


def _definition(one: StepFigures) -> dict[str, Any]:
    step = one.step
    return {
        "number": step.number,
        "wait": span_text(step.wait_seconds),
        "only_if": step.only_if,
        "segment": step.segment.name if step.segment is not None else None,
        "then": place_data(step.then_to),
        "else": place_data(step.else_to),
        "template": step.template.name if step.template is not None else None,
        "campaign": step.campaign.name if step.campaign is not None else None,
    }


def _text(sequence: Sequence, figures: SequenceFigures) -> str:
    states = [f"{PersonState(state).label} {n:,}" for state, n in figures.people.items()]
    reasons = [f"  {PersonEnd(reason).label}: {n:,}" for reason, n in figures.reasons.items()]
    heading = (
        _("step"), _("wait"), _("waiting"), _("entered"), _("sent"), _("failed"), _("skipped"),
        _("replied"), _("passed over"),
    )  # fmt: skip
    rows = []
    for one in figures.steps:
        found = one.as_data()
        when = span_text(one.step.wait_seconds)
        rows.append(
            (one.step.number, when, found["waiting"], found["targeted"], found["sent"],
             found["failed"], found["skipped"], found["replied"], found["passed"])
        )  # fmt: skip
    words = f"{sequence.name}: {sequence.get_state_display()}"
    if sequence.state_detail:
        words += f" — {sequence.state_detail}"
    return "\n".join([words, ", ".join(states), *reasons, table(heading=heading, rows=rows)])
