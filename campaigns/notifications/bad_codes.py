"""Finds runs whose latest answers of the gateway are too often no success."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from campaigns.models import CampaignNotifications, CampaignRun
from campaigns.models.notification_settings import DEFAULT_BAD_SHARE
from foundation.sentences import Sentence as _
from sending.models.result_policy import PolicyAction, PolicyCommand
from sending.policies import load_policies
from sending.runs.latest_attempts import latest_attempts
from sending.states import RunState

#: The share is that of so many latest answers of a run. With fewer than LEAST it says nothing.
ANSWERS, LEAST = 200, 50
#: The newest attempts of all runs that are looked at; they are found by the primary key alone.
LATEST_ATTEMPTS = 4_000


@dataclass(frozen=True, slots=True)
class BadCodes:
    """A run, and the codes of its latest answers that are no success."""

    run: CampaignRun
    answers: int
    codes: Counter[str]

    @property
    def percent(self) -> float:
        """Their share."""
        return 100 * self.codes.total() / self.answers

    def sentence(self) -> str:
        """Return what is wrong, and what to do."""
        return _(
            "%(run)s: %(bad)d of the last %(n)d answers were no success (%(codes)s). Look at the "
            "attempts, and pause the campaign if they should not go on."
        ) % {
            "run": str(self.run),
            "bad": self.codes.total(),
            "n": self.answers,
            "codes": ", ".join(f"{code} × {n}" for code, n in self.codes.most_common(3)),
        }

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {"answers": self.answers, "bad": dict(self.codes.most_common(20))}


def runs_with_bad_codes() -> list[BadCodes]:
    """Return the running runs of which more answers are bad than their campaign allows."""
    running = CampaignRun.objects.filter(state=RunState.RUNNING).select_related("campaign")
    runs = {run.pk: run for run in running}
    if not runs:
        return []
    latest = latest_attempts().values_list("run_id", "res")
    answers: dict[int, list[str]] = defaultdict(list)
    for run_id, res in latest[:LATEST_ATTEMPTS]:
        if run_id in runs and res and len(answers[run_id]) < ANSWERS:
            answers[run_id].append(res)
    shares = dict(
        CampaignNotifications.objects.filter(
            campaign__in={run.campaign_id for run in runs.values()}
        ).values_list("campaign_id", "bad_share")
    )
    policies = load_policies()
    found = []
    for run_id, codes in answers.items():
        bad = Counter(
            code
            for code in codes
            if policies.find(command=PolicyCommand.MESSAGE, code=code).action != PolicyAction.DONE
        )
        one = BadCodes(runs[run_id], len(codes), bad)
        allowed = shares.get(runs[run_id].campaign_id, DEFAULT_BAD_SHARE)
        if len(codes) >= LEAST and one.percent > allowed:
            found.append(one)
    return found
