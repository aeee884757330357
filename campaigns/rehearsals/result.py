"""The result of a rehearsal, as JSON keeps it and as it is told."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Rehearsal
from campaigns.planning.preflight import preflight
from campaigns.planning.preflight_result import Counted, Preflight, Sample
from campaigns.planning.preflight_sql import Pick
from campaigns.reason_text import reason_text
from campaigns.rehearsals.figures import RehearsalFigures
from campaigns.states import RehearsalState
from foundation.times import utc_iso
from sending.states import Reason


def result_of(counted: Counted | None, figures: RehearsalFigures) -> dict[str, Any]:
    """Return the result of a finished rehearsal for its row.

    Args:
        counted: what a preflight needs of the audience; None if it cannot be evaluated.
        figures: the figures of the texts.
    """
    return {
        "counted": asdict(counted) if counted is not None else None,
        "rendered": figures.rendered,
        "unsendable": dict(figures.unsendable),
        "empty_variables": {
            name: {"people": n, "share": round(n / figures.rendered, 6)}
            for name, n in sorted(figures.empty.items())
        },
        "longest": {
            "characters": figures.longest_characters,
            "bytes": figures.longest_bytes,
            "uin": figures.longest_uin or None,
        },
        "forbidden_words": {"people": figures.with_words, "words": dict(figures.words)},
        "samples": figures.samples,
        "longest_sample": figures.longest_sample,
        "empty_sample": figures.empty_sample,
    }


def preflight_of(rehearsal: Rehearsal) -> Preflight:
    """Return the preflight of a finished rehearsal, in the language of the reader.

    The people and texts are those that were rehearsed; accounts and times are as they are now.
    """
    kept = rehearsal.result.get("counted")
    counted = None
    if kept is not None:
        picks = [Pick(**pick) for pick in kept["picks"]]
        runs = [(str(run), int(people)) for run, people in kept["written_to"]]
        counted = Counted(picks, runs, kept["merged"])
    found = preflight(campaign=rehearsal.campaign, counted=counted)
    found.samples = [Sample(**sample) for sample in rehearsal.result["samples"]]
    return found


def rehearsal_data(rehearsal: Rehearsal | None) -> dict[str, Any] | None:
    """Return a rehearsal for JSON. The keys are a public interface."""
    if rehearsal is None:
        return None
    result = rehearsal.result
    unsendable = result.get("unsendable", {})
    return {
        "id": rehearsal.pk,
        "state": rehearsal.state,
        "problem": rehearsal.problem,
        "people": rehearsal.people,
        "people_done": rehearsal.seen,
        "started_at": utc_iso(rehearsal.started_at),
        "finished_at": utc_iso(rehearsal.finished_at),
        "hash": rehearsal.hash,
        "text_hash": rehearsal.text_hash,
        "audience_hash": rehearsal.audience_hash,
        "rules_hash": rehearsal.rules_hash,
        "rendered": result.get("rendered", 0),
        "unsendable": unsendable,
        "too_long": unsendable.get(Reason.TOO_LONG, 0),
        "empty": unsendable.get(Reason.EMPTY_TEXT, 0),
        "empty_variables": result.get("empty_variables", {}),
        "longest": result.get("longest"),
        "forbidden_words": result.get("forbidden_words"),
        "doubled": (result.get("counted") or {}).get("merged", 0),
    }


def text_sentences(rehearsal: Rehearsal) -> list[str]:
    """Return what a finished rehearsal found in the texts, as sentences; problems first."""
    if rehearsal.state != RehearsalState.DONE:
        return []
    result = rehearsal.result
    sentences = []
    for reason, n in result["unsendable"].items():
        sentence = ngettext(
            "%(n)s text cannot be sent: %(reason)s.",
            "%(n)s texts cannot be sent: %(reason)s.",
            n,
        )
        sentences.append(sentence % {"n": f"{n:,}", "reason": reason_text(reason)})
    words = result["forbidden_words"]
    if words["people"]:
        sentence = ngettext(
            "%(n)s text holds a forbidden word: %(words)s.",
            "%(n)s texts hold a forbidden word: %(words)s.",
            words["people"],
        )
        values = {"n": f"{words['people']:,}", "words": ", ".join(words["words"])}
        sentences.append(sentence % values)
    for name, found in result["empty_variables"].items():
        sentence = ngettext(
            "{{ %(name)s }} is empty for %(n)s person (%(share)s).",
            "{{ %(name)s }} is empty for %(n)s people (%(share)s).",
            found["people"],
        )
        values = {"name": name, "n": f"{found['people']:,}", "share": _percent(found["share"])}
        sentences.append(sentence % values)
    return sentences


def longest_sentence(rehearsal: Rehearsal) -> str:
    """Return the length of the longest text, in a sentence; "" if there is none."""
    longest = rehearsal.result.get("longest") or {}
    if not longest.get("characters"):
        return ""
    return _("The longest text has %(characters)s characters; the largest has %(bytes)s bytes.") % {
        "characters": f"{longest['characters']:,}",
        "bytes": f"{longest['bytes']:,}",
    }


def _percent(share: float) -> str:
    """Return a share as a percentage that is not rounded to 0 or 100 %."""
    percent = 100 * share
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    return f"{percent:.1f} %"
