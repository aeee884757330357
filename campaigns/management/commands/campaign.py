"""The command `campaign`: create, check, start, control, watch and report a campaign."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lookup import find_accounts
from campaigns.commands import definition_actions
from campaigns.commands.approval_output import approval_data, approval_sentence
from campaigns.commands.arguments import add_actions
from campaigns.commands.choose_variant import choose
from campaigns.commands.figures import figures_text
from campaigns.commands.message_arguments import message_data, message_from
from campaigns.commands.output import (
    preflight_data,
    preflight_text,
    standing,
    status_data,
    status_text,
    unknown_data,
    unknown_text,
)
from campaigns.commands.pace_arguments import pace_data, pace_from
from campaigns.commands.planning_arguments import planning_choices, planning_data
from campaigns.commands.progress import Progress, wait_for
from campaigns.commands.rehearsing import rehearsal_lines, rehearse_with_progress
from campaigns.commands.report_file import STANDARD_OUTPUT, write_report_file
from campaigns.commands.retry_arguments import retry_choice
from campaigns.commands.schedule_options import schedule_from
from campaigns.commands.test_action import is_all_sent, test_data, test_text, wait_for_test
from campaigns.creation.create_campaign import create_campaign
from campaigns.creation.pace import USUAL_PACE, pace_of
from campaigns.creation.pool_shares import read_pools
from campaigns.creation.schedule import read_start, span_text
from campaigns.find import (
    find_campaign,
    find_lists,
    find_run,
    find_segments,
    newest_run,
    operator_named,
)
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.late_comers import add_late_comers, late_comers_sentence
from campaigns.planning.preflight import preflight
from campaigns.rehearsals.lifecycle import (
    cancel_open_rehearsal,
    newest_rehearsal,
    start_rehearsal,
)
from campaigns.rehearsals.result import rehearsal_data
from campaigns.reports.figures_by import figures_by
from campaigns.reports.waiting_reasons import run_waiting_reasons
from campaigns.run_control.approve import approve, reject
from campaigns.run_control.lifecycle import cancel_run, pause_run, resume_run, start_campaign
from campaigns.run_control.pace import change_pace, pace_sentence
from campaigns.run_control.retry import retry_run
from campaigns.run_control.schedule import (
    cancel_date,
    end_schedule,
    pause_schedule,
    restore_date,
    resume_schedule,
    start_schedule,
)
from campaigns.run_control.test_send import send_test
from campaigns.run_control.unknown_deliveries import resolve_by_uin, unknown_deliveries
from campaigns.scheduling.dates import next_dates
from campaigns.scheduling.words import date_words, schedule_sentence
from campaigns.states import ScheduleState
from foundation.archiving import archive_row, restore_row
from foundation.commands import REFUSED, OperatorCommand
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from foundation.times import utc_iso
from labels.labelling import find_labels
from sending.runs.figures import Figures, figures_of
from sending.states import ACTIVE_RUN_STATES, RunState

#: The exit status after Ctrl-C.
INTERRUPTED = 130
RUN_CONTROLS = {"pause": pause_run, "resume": resume_run, "cancel": cancel_run}


class Command(OperatorCommand):
    help = (
        "Campaigns: create, preflight, start, approve, reject, occurrences, schedule, pause, "
        "resume, cancel, choose, pace, retry, add-late-comers, unknown, resolve, clone, export, "
        "import, archive, restore, delete, test, status, wait, figures, report."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_actions(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "create":
            self._create(options)
            return
        if action == "import":
            self._answer(options, definition_actions.load(options))
            return
        campaign = find_campaign(name=options["name"])
        if action in RUN_CONTROLS:
            self._control(campaign, options)
        else:
            getattr(self, f"_{action.replace('-', '_')}")(campaign, options)

    def _create(self, options: dict[str, Any]) -> None:
        if not options["lists"] and not options["segments"] and not options["earlier"]:
            options["wrong_usage"](
                "choose the recipients: --list L, --segment S, or --audience-of CAMPAIGN=GROUP"
            )
        campaign = create_campaign(
            name=options["name"],
            lists=find_lists(names=options["lists"]),
            segments=find_segments(names=options["segments"]),
            excluded_lists=find_lists(names=options["excluded_lists"]),
            **message_from(options),
            accounts=find_accounts(uins=options["accounts"]),
            pools=read_pools(options["pools"]),
            labels=find_labels(names=options["labels"]),
            **schedule_from(options),
            promise=options["promise"],
            allows_strangers=options["strangers"],
            planning=planning_choices(options),
            needs_approval=options["needs_approval"],
            pace=pace_from(options, before=USUAL_PACE),
        )
        self.answer(
            _creation_data(campaign, options),
            as_json=options["json"],
            text=_("Campaign “%(name)s” was created. Check it with preflight, then start it.")
            % {"name": campaign.name},
        )

    def _preflight(self, campaign: Campaign, options: dict[str, Any]) -> None:
        if options["cancel"]:
            cancel_open_rehearsal(campaign=campaign)
        elif options["in_background"]:
            start_rehearsal(campaign=campaign)
        else:
            rehearse_with_progress(campaign=campaign, stderr=self.stderr)
        found, rehearsal = preflight(campaign=campaign), newest_rehearsal(campaign)
        data = {**preflight_data(found), "rehearsal": rehearsal_data(rehearsal)}
        text = "\n".join([preflight_text(found), *rehearsal_lines(rehearsal)])
        self.answer(data, as_json=options["json"], text=text)
        if found.problems:
            sys.exit(REFUSED)

    def _start(self, campaign: Campaign, options: dict[str, Any]) -> None:
        by = operator_named(options["by"])
        if campaign.repeat:
            first = start_schedule(campaign=campaign, by=by)
            self._answer_schedule(campaign, options, more={"next": utc_iso(first)})
            return
        run = start_campaign(campaign=campaign, by=by)
        self._answer_run(run, options)

    def _approve(self, campaign: Campaign, options: dict[str, Any]) -> None:
        self._decide(campaign, options, approve)

    def _reject(self, campaign: Campaign, options: dict[str, Any]) -> None:
        self._decide(campaign, options, reject)

    def _decide(self, campaign: Campaign, options: dict[str, Any], decide: Any) -> None:
        by = operator_named(options["by"])
        approval = decide(campaign=campaign, by=by, comment=options["comment"])
        self.answer(
            approval_data(approval), as_json=options["json"], text=approval_sentence(approval)
        )

    def _occurrences(self, campaign: Campaign, options: dict[str, Any]) -> None:
        zone, after, most = campaign.timezone, options["after"], options["next"]
        since = read_start(after, timezone=zone) if after is not None else None
        dates = next_dates(campaign=campaign, most=most + 1, after=since)
        items = [utc_iso(at) for at in dates[:most]]
        self.answer(
            {"items": items, "next": items[-1] if len(dates) > most else None},
            as_json=options["json"],
            text="\n".join(date_words(at, zone=zone) for at in dates[:most])
            or _("“%(name)s” has no dates ahead.") % {"name": campaign.name},
        )

    def _schedule(self, campaign: Campaign, options: dict[str, Any]) -> None:
        for name, change in (("cancel_date", cancel_date), ("restore_date", restore_date)):
            if options[name] is not None:
                at = read_start(options[name], timezone=campaign.timezone)
                change(campaign=campaign, at=at)
        if options["pause"]:
            pause_schedule(campaign=campaign)
        elif options["resume"]:
            resume_schedule(campaign=campaign)
        elif options["end"]:
            end_schedule(campaign=campaign)
        self._answer_schedule(campaign, options)

    def _answer_schedule(
        self, campaign: Campaign, options: dict[str, Any], *, more: dict[str, Any] | None = None
    ) -> None:
        campaign.refresh_from_db()
        sentence = schedule_sentence(campaign)
        data = {"campaign": campaign.name, "run": None, "state": "scheduled"}
        if campaign.schedule_state == ScheduleState.AWAITING_APPROVAL:
            data["state"] = RunState.AWAITING_APPROVAL
        if more is None:
            dates = next_dates(campaign=campaign, most=1)
            data["state"] = campaign.schedule_state
            more = {"next": utc_iso(dates[0]) if dates else None}
        self.answer({**data, "sentence": sentence, **more}, as_json=options["json"], text=sentence)

    def _control(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign)
        RUN_CONTROLS[options["action"]](run=run)
        self._answer_run(run, options)

    def _pace(self, campaign: Campaign, options: dict[str, Any]) -> None:
        if options["per_minute"] is None and options["priority"] is None:
            options["wrong_usage"]("give --per-minute N, --priority N, or both")
        to = pace_from(options, before=pace_of(campaign))
        change_pace(campaign=campaign, to=to)
        sentence = pace_sentence(to)
        data = {"campaign": campaign.name, **pace_data(to), "sentence": sentence}
        self.answer(data, as_json=options["json"], text=sentence)

    def _retry(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign, number=options["run"])
        retried = retry_run(run=run, choice=retry_choice(options))
        words = ngettext(
            "%(n)s delivery will be retried.", "%(n)s deliveries will be retried.", retried
        )
        self._answer_run(run, options, more={"retried": retried}, words=words % {"n": retried})

    def _add_late_comers(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign)
        added = add_late_comers(run=run)
        words = late_comers_sentence(added)
        self._answer_run(run, options, more={"added": added}, words=words)

    def _test(self, campaign: Campaign, options: dict[str, Any]) -> None:
        test = send_test(
            campaign=campaign,
            uins=options["to"],
            account=find_accounts(uins=[options["account"]])[0],
        )
        wait_for_test(test=test, timeout=options["timeout"])
        self._answer(options, (test_data(test), test_text(test)))
        if not is_all_sent(test):
            sys.exit(REFUSED)

    def _choose(self, campaign: Campaign, options: dict[str, Any]) -> None:
        self._answer(options, choose(campaign, options))

    def _clone(self, campaign: Campaign, options: dict[str, Any]) -> None:
        self._answer(options, definition_actions.clone(campaign, options))

    def _export(self, campaign: Campaign, options: dict[str, Any]) -> None:
        self._answer(options, definition_actions.export(campaign, options, self.stdout))

    def _answer(self, options: dict[str, Any], answer: tuple[Any, str]) -> None:
        data, text = answer
        self.answer(data, as_json=options["json"], text=text)

    def _archive(self, campaign: Campaign, options: dict[str, Any]) -> None:
        archive_row(row=campaign)
        self._answer_kept(campaign, options, _("Campaign “%(name)s” is archived."))

    def _restore(self, campaign: Campaign, options: dict[str, Any]) -> None:
        restore_row(row=campaign)
        self._answer_kept(campaign, options, _("Campaign “%(name)s” is restored."))

    def _delete(self, campaign: Campaign, options: dict[str, Any]) -> None:
        name, runs = campaign.name, campaign.runs.count()
        delete_row(row=campaign)
        self.answer(
            {"campaign": name, "deleted": True, "runs": runs},
            as_json=options["json"],
            text=_("Campaign “%(name)s” is deleted.") % {"name": name},
        )

    def _answer_kept(self, campaign: Campaign, options: dict[str, Any], words: str) -> None:
        self.answer(
            {"campaign": campaign.name, "archived_at": utc_iso(campaign.archived_at)},
            as_json=options["json"],
            text=words % {"name": campaign.name},
        )

    def _unknown(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign)
        unknown = list(unknown_deliveries(run=run))
        self.answer(
            unknown_data(run=run, unknown=unknown),
            as_json=options["json"],
            text=unknown_text(run=run, unknown=unknown),
        )

    def _resolve(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign)
        resolved = resolve_by_uin(run=run, verdict=options["verdict"], uins=options["uins"])
        words = ngettext("%(n)s delivery is resolved.", "%(n)s deliveries are resolved.", resolved)
        more = {"resolved": resolved, "as": options["verdict"]}
        self._answer_run(run, options, more=more, words=words % {"n": resolved})

    def _answer_run(
        self,
        run: CampaignRun,
        options: dict[str, Any],
        *,
        more: dict[str, Any] | None = None,
        words: str = "",
    ) -> None:
        run.refresh_from_db()
        sentence = _("Campaign “%(name)s” is now %(state)s: %(standing)s.") % {
            "name": run.campaign.name,
            "state": run.get_state_display(),
            "standing": standing(figures_of(run=run)),
        }
        self.answer(
            {
                "campaign": run.campaign.name,
                "run": run.number,
                "state": run.state,
                "sentence": sentence,
                **(more or {}),
            },
            as_json=options["json"],
            text=" ".join(filter(None, (words, sentence))),
        )

    def _status(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run, figures, why = newest_run(campaign=campaign), Figures(state=RunState.DRAFT), []
        if options["run"] is not None:
            run = find_run(campaign=campaign, number=options["run"])
        if run is not None:
            figures = figures_of(run=run)
            if run.state in ACTIVE_RUN_STATES:
                why = [reason.sentence for reason in run_waiting_reasons(run=run)]
        if campaign.repeat:
            why.append(schedule_sentence(campaign))
        self.answer(
            status_data(run=run, figures=figures, why=why),
            as_json=options["json"],
            text=status_text(campaign=campaign, run=run, figures=figures, why=why),
        )

    def _wait(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign)
        try:
            figures = wait_for(run=run, timeout=options["timeout"], progress=Progress(self.stderr))
        except KeyboardInterrupt:
            self.stderr.write(_("Stopped waiting; the run continues."))
            sys.exit(INTERRUPTED)
        if run.state != RunState.FINISHED:
            raise _ended_early(run, figures)
        self.answer(
            status_data(run=run, figures=figures, why=()),
            as_json=options["json"],
            text=status_text(campaign=campaign, run=run, figures=figures, why=()),
        )

    def _figures(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run = find_run(campaign=campaign, number=options["run"])
        found = {"campaign": campaign.name, **figures_by(run=run, by=options["by"])}
        self.answer(found, as_json=options["json"], text=figures_text(found))

    def _report(self, campaign: Campaign, options: dict[str, Any]) -> None:
        run, file = find_run(campaign=campaign, number=options["run"]), options["out"]
        if file == STANDARD_OUTPUT and options["json"]:
            options["wrong_usage"]("--json and --out - both write to standard output: choose one")
        rows = write_report_file(run=run, format=options["format"], file=file, stdout=self.stdout)
        if file != STANDARD_OUTPUT:
            words = ngettext("%(n)s row in %(file)s.", "%(n)s rows in %(file)s.", rows)
            self.answer(
                {"rows": rows, "file": file, "format": options["format"], "run": run.number},
                as_json=options["json"],
                text=words % {"n": f"{rows:,}", "file": file},
            )


def _ended_early(run: CampaignRun, figures: Figures) -> Refusal:
    """Return the refusal of `wait` (exit status 1) for a run that did not finish."""
    return Refusal(
        _("The run was %(state)s: %(detail)s (%(standing)s)")
        % {
            "state": run.get_state_display(),
            "detail": run.state_detail or _("an operator said so"),
            "standing": standing(figures),
        },
        code=run.state,
        state=run.state,
    )


def _creation_data(campaign: Campaign, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "campaign": campaign.name,
        "id": campaign.pk,
        "lists": options["lists"],
        "segments": options["segments"],
        "excluded_lists": options["excluded_lists"],
        **message_data(campaign, options),
        "accounts": options["accounts"],
        "pools": options["pools"],
        "labels": [label.name for label in campaign.labels.all()],
        "starts_at": utc_iso(campaign.starts_at),
        "window": options["windows"][0] if len(options["windows"] or ()) == 1 else None,
        "windows": campaign.windows,
        "repeat": campaign.repeat,
        "until": utc_iso(campaign.repeat_until),
        "times": campaign.repeat_times,
        "holidays": options["holidays"],
        "late": campaign.late,
        "deadline": utc_iso(campaign.deadline_at) or span_text(campaign.deadline_after) or None,
        "overrides_quiet_hours": campaign.overrides_quiet_hours,
        "timezone": campaign.timezone,
        "promise": campaign.promise,
        "strangers": campaign.allows_strangers,
        "needs_approval": campaign.needs_approval,
        **planning_data(campaign, options),
        **pace_data(pace_of(campaign)),
    }
