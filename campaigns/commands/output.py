"""The output of `manage.py campaign`, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, CampaignRun
from campaigns.planning.preflight import Preflight
from campaigns.planning.preflight_warnings import kept_senders_sentence
from campaigns.reason_text import reason_text
from campaigns.run_control.unknown_deliveries import UnknownDelivery
from foundation.terminal_tables import table
from foundation.times import utc_iso
from sending.runs.figures import Figures
from sending.states import DeliveryState, RunState


def _local(moment: datetime) -> str:
    """Return a time in the console's time zone, to the second."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")


def status_data(*, run: CampaignRun | None, figures: Figures, why: Sequence[str]) -> dict[str, Any]:
    """Return a campaign's status for JSON. The keys are a public interface."""
    return {
        "state": figures.state,
        "targeted": figures.targeted,
        **{state.value: getattr(figures, state.value) for state in DeliveryState},
        "res": figures.res,
        "rate_per_second": figures.rate_per_second,
        "eta": utc_iso(figures.eta),
        "run": run.number if run else None,
        "reasons": figures.reasons,
        "why": list(why),
    }


def status_text(
    *, campaign: Campaign, run: CampaignRun | None, figures: Figures, why: Sequence[str]
) -> str:
    """Return a campaign's status as text."""
    if run is None:
        unstarted = _("Campaign “%(name)s” has not been started.") % {"name": campaign.name}
        return "\n".join(why) or unstarted
    lines = [
        f"{campaign.name} #{run.number}: {RunState(figures.state).label}"
        + (f" — {run.state_detail}" if run.state_detail else ""),
        standing(figures),
    ]
    for state, by_reason in figures.reasons.items():
        for reason, n in sorted(by_reason.items(), key=lambda item: -item[1]):
            lines.append(f"  {DeliveryState(state).label}: {reason_text(reason)}: {n}")
    if figures.res:
        lines.append("RES: " + ", ".join(f"{res}: {n}" for res, n in sorted(figures.res.items())))
    lines.extend(why)
    return "\n".join(lines)


def standing(figures: Figures) -> str:
    """Return a run's figures in one line."""
    line = _("%(ended)s of %(targeted)s done") % {
        "ended": f"{figures.ended:,}",
        "targeted": f"{figures.targeted:,}",
    }
    parts = [
        f"{DeliveryState(state).label} {getattr(figures, state):,}"
        for state in DeliveryState.values
        if getattr(figures, state)
    ]
    if figures.rate_per_second:
        parts.append(_("%(rate)s per second") % {"rate": figures.rate_per_second})
    if figures.eta is not None:
        parts.append(_("until about %(eta)s") % {"eta": _local(figures.eta)})
    return ": ".join(filter(None, (line, ", ".join(parts))))


def unknown_data(*, run: CampaignRun, unknown: Sequence[UnknownDelivery]) -> dict[str, Any]:
    """Return a run's unknown deliveries for JSON. The keys are a public interface."""
    rows = [{**asdict(one), "since": utc_iso(one.since)} for one in unknown]
    return {"campaign": run.campaign.name, "run": run.number, "unknown": rows}


def unknown_text(*, run: CampaignRun, unknown: Sequence[UnknownDelivery]) -> str:
    """Return a run's unknown deliveries as text."""
    if not unknown:
        return _("Run %(run)s has no unknown deliveries.") % {"run": run}
    heading = (_("UIN"), _("account"), _("reason"), _("last RES"), _("SEQ"), _("since"))
    rows = [
        (
            one.uin or None,
            one.account,
            reason_text(one.reason),
            one.last_res,
            one.seq,
            one.since and _local(one.since),
        )
        for one in unknown
    ]
    advice = _("Resolve them with manage.py campaign resolve NAME --as sent|failed|again.")
    return "\n".join((table(heading=heading, rows=rows), advice))


def preflight_data(found: Preflight) -> dict[str, Any]:
    """Return a preflight for JSON. The keys are a public interface."""
    return {
        **asdict(found),
        "starts_at": utc_iso(found.starts_at),
        "finishes_at": utc_iso(found.finishes_at),
    }


def preflight_text(found: Preflight) -> str:
    """Return a preflight as text."""
    lines = [
        _("%(sendable)s of %(targeted)s people would get the message.")
        % {"sendable": f"{found.sendable:,}", "targeted": f"{found.targeted:,}"}
    ]
    lines += [f"  {reason_text(reason)}: {n:,}" for reason, n in found.skipped.items()]
    if found.variants:
        shares = ", ".join(f"{name} {people:,}" for name, people in found.variants.items())
        lines.append(_("Variants: %(shares)s") % {"shares": shares})
    if found.rest:
        lines.append(
            ngettext(
                "%(n)s person waits for the choice of the variant.",
                "%(n)s people wait for the choice of the variant.",
                found.rest,
            )
            % {"n": f"{found.rest:,}"}
        )
    if found.kept:
        lines.append(kept_senders_sentence(found.kept))
    if found.merged:
        lines.append(
            _("%(n)s people are in several lists; each counts once.") % {"n": f"{found.merged:,}"}
        )
    if found.per_account:
        heading = (_("account"), _("name"), _("state"), _("messages"), _("seconds"))
        rows = [(a.uin, a.name, a.state, a.messages, a.seconds) for a in found.per_account]
        lines.append(table(heading=heading, rows=rows))
    if found.finishes_at is not None:
        lines.append(
            _("The last message would be sent at about %(at)s.") % {"at": _local(found.finishes_at)}
        )
    lines += [f"{sample.uin} {sample.name}\n{sample.text}" for sample in found.samples]
    lines += [_("Note: %(sentence)s") % {"sentence": warning} for warning in found.warnings]
    lines += [_("Problem: %(sentence)s") % {"sentence": problem} for problem in found.problems]
    return "\n".join(lines)
